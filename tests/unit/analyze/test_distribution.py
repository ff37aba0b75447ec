"""Tags and availability: what was served is known at the captures, and between them only so far."""

from regforensics.model.instant import Interval
from tests.unit.analyze.documents import Case, claimed, moment, npm, run, scope, stamp, version

TIMES = {"1.0.0": "06:00", "1.1.0": "07:00"}
OLD = npm(TIMES, tags={"latest": "1.0.0", "next": "1.1.0"})
NEW = npm(TIMES, tags={"latest": "1.1.0", "beta": "1.1.0"})


def test_a_tag_is_told_for_as_long_as_captures_show_it() -> None:
    case = Case("npm:paint").at("08:00", OLD).at("09:00", OLD).at("10:00", NEW)
    told = [c.statement for c in claimed(case, "distribution.tag") if "latest" in c.statement]
    assert told[0].startswith(f"The dist-tag latest pointed at 1.0.0 in the captures from"
                              f" {stamp('08:00')} to {stamp('09:00')}")
    assert told[1].startswith(f"The dist-tag latest pointed at 1.1.0 in the capture of"
                              f" {stamp('10:00')}")


def test_moved_set_and_removed() -> None:
    case = Case("npm:paint").at("09:00", OLD).at("10:00", NEW)
    moved, gone, added = claimed(case, "distribution.tag-moved")
    assert "latest moved from 1.0.0 to 1.1.0" in moved.statement
    assert "next, which pointed at 1.1.0, was removed" in gone.statement
    assert "beta was set to 1.1.0" in added.statement
    assert (moved.notable, gone.notable, added.notable) == (True, False, False)
    assert moved.when == Interval(moment("09:00"), moment("10:00"))
    other = Case("npm:paint").at("09:00", OLD).at("10:00", OLD | {"readme": "x"})
    assert claimed(other, "distribution.tag-moved") == []


def test_a_tag_that_points_at_a_version_in_question_is_notable() -> None:
    case = Case("npm:paint").at("09:00", OLD)
    found = claimed(case, "distribution.tag", scope=scope("npm:paint@1.0.0"))
    assert {c.subject.version: c.notable for c in found} == {"1.0.0": True, "1.1.0": False}


def test_how_long_a_withdrawn_version_could_be_had() -> None:
    gone = npm(TIMES, {"1.0.0": version("1.0.0")})
    case = Case("npm:paint").at("08:00", OLD).at("09:30", gone)
    (claim,) = claimed(case, "distribution.available")
    assert claim.statement.endswith("for at least 1 h and at most 2 h 30 min.")
    (claim,) = claimed(Case("npm:paint").at("09:30", gone), "distribution.available")
    assert claim.statement.endswith("could be had from the registry for at most 2 h 30 min.")
    assert claimed(Case("npm:paint").at("08:00", OLD), "distribution.available") == []


def test_downloads_are_not_in_the_evidence() -> None:
    gaps = run(Case("npm:paint").at("08:00", OLD))[1]
    assert next(g.ask for g in gaps if "downloaded" in g.question)
