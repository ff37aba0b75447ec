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


def test_a_tag_that_moved_back_is_told_as_that() -> None:
    new = npm(TIMES, tags={"latest": "1.0.0", "next": "1.1.0"})
    case = Case("npm:paint").at("09:00", npm(TIMES)).at("10:00", new)
    (claim,) = claimed(case, "distribution.tag-back")
    assert "The dist-tag latest moved back, to a lower version, from 1.1.0 to 1.0.0 between" \
        in claim.statement
    assert claim.notable
    assert not [c for c in claimed(case, "distribution.tag-moved") if "moved" in c.statement]
    odd = Case("npm:paint").at("09:00", npm(TIMES, tags={"latest": "gamma"})) \
        .at("10:00", npm(TIMES))
    assert claimed(odd, "distribution.tag-back") == []


def test_latest_behind_a_stable_version_that_was_there_before() -> None:
    times = {"2.0.0": "06:00", "1.0.1": "07:00"}
    (claim,) = claimed(Case("npm:paint").at("10:00", npm(times, tags={"latest": "1.0.1"})),
                       "distribution.latest-behind")
    assert "latest points to 1.0.1" in claim.statement
    assert "lower than 2.0.0, which was published before it" in claim.statement
    assert not claim.notable
    (claim,) = claimed(Case("npm:paint").at("10:00", npm(times, tags={"latest": "1.0.1"})),
                       "distribution.latest-behind", scope=scope("npm:paint@2.0.0"))
    assert claim.notable


def test_latest_behind_a_later_version_of_its_own_line() -> None:
    rule, times = "distribution.latest-behind", {"1.0.0": "06:00", "1.0.1": "07:00"}
    (claim,) = claimed(Case("npm:paint").at("10:00", npm(times, tags={"latest": "1.0.0"})), rule)
    assert "lower than 1.0.1, which was published after it" in claim.statement
    assert not claim.notable
    for tags in ({"latest": "1.0.0", "next": "1.0.1"}, {"latest": "1.0.1"}):
        assert claimed(Case("npm:paint").at("10:00", npm(times, tags=tags)), rule) == []
    old_line = npm({"2.0.0": "06:00", "1.0.1": "07:00"}, tags={"latest": "2.0.0"})
    assert claimed(Case("npm:paint").at("10:00", old_line), rule) == []


def test_latest_that_waits_for_a_later_or_unfinished_version_is_silent() -> None:
    rule = "distribution.latest-behind"
    for times, more in (({"1.0.1": "06:00", "2.0.0": "07:00"}, {}),
                        ({"2.0.0-rc.1": "06:00", "1.0.1": "07:00"}, {}),
                        ({"2.0.0": "06:00", "1.0.1": "07:00"}, {"deprecated": "broken"})):
        listed = {v: version(v) | (more if v == "2.0.0" else {}) for v in times}
        case = Case("npm:paint").at("10:00", npm(times, listed, tags={"latest": "1.0.1"}))
        assert claimed(case, rule) == []


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
