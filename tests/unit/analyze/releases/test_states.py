"""The package as a whole: unpublished, held, absent, quarantined, and back."""

from typing import Any

from regforensics.model.instant import Interval
from tests.unit.analyze.documents import (
    Case,
    claimed,
    file,
    moment,
    npm,
    pypi,
    quotes,
    run,
    simple,
    stamp,
    version,
)

TIMES = {"1.0.0": "07:00", "1.1.0": "08:00"}
LISTED = npm(TIMES)
RELEASES: dict[str, list[dict[str, Any]]] = {"2.0": [file("paint-2.0.tar.gz", "07:00")]}


def test_a_tombstone_says_when_and_who_and_counts_as_one_claim() -> None:
    stone = npm(TIMES, unpublished={"name": "ada", "time": stamp("09:00"),
                                    "versions": ["1.0.0", "1.1.0"]})
    case = Case("npm:paint").at("08:30", LISTED).at("10:00", stone).at("11:00", stone)
    (claim,) = claimed(case, "publish.unpublished")
    assert claim.when == moment("09:00")
    assert claim.statement == (f"The whole package was unpublished at {stamp('09:00')} by ada."
                               " The publish times of 2 versions are left.")
    assert claim.basis == "evidenced"
    assert claimed(case, "publish.withdrawn", "publish.removed", "publish.tombstone-omits") == []


def test_a_bare_tombstone_names_nobody() -> None:
    case = Case("npm:paint").at("10:00", npm(TIMES, unpublished=stamp("09:00")))
    (claim,) = claimed(case, "publish.unpublished")
    assert "by whom is not recorded" in claim.statement
    undated = Case("npm:paint").at("08:30", LISTED) \
        .at("10:00", npm(TIMES, unpublished={"versions": []}))
    (claim,) = claimed(undated, "publish.unpublished")
    assert claim.when == Interval(moment("08:30"), moment("10:00"))


def test_a_name_created_anew_does_not_withdraw_its_old_versions_once_more() -> None:
    stone = npm(TIMES, unpublished={"time": stamp("09:00"), "versions": ["1.0.0", "1.1.0"]})
    anew = npm(TIMES | {"2.0.0": "10:30"}, {"2.0.0": version("2.0.0", by="mallory")},
               created=stamp("10:29"))
    case = Case("npm:paint").at("08:30", LISTED).at("10:00", stone).at("11:00", anew)
    assert claimed(case, "publish.withdrawn", "publish.removed", "distribution.available") == []
    assert len(claimed(case, "publish.unpublished", "publish.back", "publish.created-later")) == 3
    unseen = Case("npm:paint").at("08:30", LISTED).at("11:00", anew)
    assert len(claimed(unseen, "publish.withdrawn")) == 2


def test_what_the_tombstone_leaves_out_and_when_it_was_written_again() -> None:
    stone = npm(TIMES, unpublished={"time": stamp("09:00"), "versions": ["1.0.0"]},
                modified=stamp("09:50"))
    case = Case("npm:paint").at("10:00", stone)
    (claim,) = claimed(case, "publish.tombstone-omits")
    assert "leaves out 1.1.0" in claim.statement
    assert [a.pointer for a in claim.absences] == ["/time/unpublished/versions/1.1.0"]
    (written,) = claimed(case, "publish.tombstone-written")
    assert "50 min after" in written.statement
    (life,) = claimed(case, "publish.lifetime")
    assert "are 2 h:" in life.statement
    at_once = npm(TIMES, unpublished={"time": stamp("09:00"), "versions": ["1.0.0", "1.1.0"]},
                  modified="2026-03-02T09:00:00.001Z")
    assert claimed(Case("npm:paint").at("10:00", at_once), "publish.tombstone-written") == []


def test_a_security_holder_bounds_the_versions_that_were_there_before() -> None:
    holder = npm({"1.1.0": "08:00", "0.0.1-security": "09:00"},
                 {"0.0.1-security": version("0.0.1-security", by="npm")},
                 created="2026-03-02T08:59:59.900Z")
    case = Case("npm:paint").at("08:30", LISTED).at("10:00", holder)
    (held,) = claimed(case, "publish.held")
    assert held.when == moment("09:00")
    (gone,) = [c for c in claimed(case, "publish.withdrawn") if c.subject.version == "1.1.0"]
    assert gone.when == Interval(moment("08:30"), moment("09:00"))
    (least,) = [c for c in claimed(case, "distribution.available") if c.subject.version == "1.1.0"]
    assert "at least 30 min and at most 1 h" in least.statement
    assert claimed(Case("npm:paint").at("08:30", LISTED), "publish.held") == []


def test_absent_after_present_is_an_interval_and_absent_first_is_not_later_than() -> None:
    case = Case("npm:paint").at("08:30", LISTED).at("10:00", None).at("11:00", None)
    (claim,) = claimed(case, "publish.absent")
    assert claim.when == Interval(moment("08:30"), moment("10:00"))
    assert "(answer: 404)" in claim.statement
    first = Case("npm:paint").at("10:00", None)
    (claim,) = claimed(first, "publish.absent")
    assert claim.when == Interval(None, moment("10:00"))
    assert any(gap.ask for gap in run(first)[1])


def test_a_quarantine_is_not_a_deletion_and_ends() -> None:
    quarantined = simple({}, status="quarantined")
    case = Case("pypi:paint").at("08:00", pypi(RELEASES), simple(RELEASES)) \
        .at("09:00", None, quarantined).at("10:00", pypi(RELEASES), simple(RELEASES))
    (claim,) = claimed(case, "publish.quarantined")
    assert claim.when == Interval(moment("08:00"), moment("09:00"))
    assert '"status": "quarantined"' in quotes(claim)
    assert claimed(case, "publish.absent", "publish.removed", "integrity.state-disagrees") == []
    (back,) = claimed(case, "publish.back")
    assert back.when == Interval(moment("09:00"), moment("10:00"))
    deleted = Case("pypi:paint").at("08:00", pypi(RELEASES)).at("09:00", None, None)
    assert len(claimed(deleted, "publish.absent")) == 1
    assert claimed(deleted, "publish.quarantined") == []


def test_an_archived_project_is_a_status_and_no_takedown() -> None:
    case = Case("pypi:paint").at("08:00", pypi(RELEASES), simple(RELEASES)) \
        .at("09:00", pypi(RELEASES), simple(RELEASES, status="archived"))
    (claim,) = claimed(case, "publish.status")
    assert "from active to archived" in claim.statement
    assert claimed(case, "publish.back", "publish.quarantined") == []
