"""Advisories against the registry and against each other; each rule with its near miss."""

from typing import Any

from regforensics.analyze.custody.inventory import inventory
from regforensics.model.claim import Claim
from regforensics.model.history import Scope
from tests.support.advisories import answer, github, osv
from tests.unit.analyze.documents import Case, claimed, file, npm, pypi, run, scope, version

TIMES = {"1.0.0": "2024-01-01T00:00:00.000Z", "1.0.1": "2026-03-02T06:00:00.000Z",
         "1.0.2": "2026-03-02T07:00:00.000Z", "1.0.3": "2026-03-02T08:00:00.000Z"}
URL = "https://github.example/advisories?type="


def case(*records: dict[str, Any], gone: tuple[str, ...] = ()) -> Case:
    """A package of four versions, and what databases say of it."""
    listed = {v: version(v) for v in TIMES if v not in gone}
    made = Case("npm:paint").at("10:00", npm(TIMES, listed))
    of_osv = [r for r in records if "ghsa_id" not in r]
    made.beside("13:00", "osv", answer(*of_osv))
    for kind in ("reviewed", "malware"):
        made.beside("13:00", "github-advisories",
                    [r for r in records if r.get("type") == kind], url=URL + kind)
    return made


def one(made: Case, rule: str, *named: str) -> Claim:
    (claim,) = claimed(made, rule, scope=scope(*named))
    return claim


def test_an_advisory_covers_a_version_in_question() -> None:
    made = case(osv(versions=("1.0.1",), imported="2026-03-02T11:00:00Z"))
    claim = one(made, "publish.advisory-lists", "npm:paint@1.0.1")
    assert claim.subject.version == "1.0.1" and claim.notable
    assert "lists version 1.0.1. Its summary" in claim.statement
    assert "its own time, not that of an attack" in claim.statement
    assert "imported into it at 2026-03-02T11:00:00Z" in claim.statement
    assert str(claim.when) == "2026-03-02T12:00:00Z"


def test_an_old_vulnerability_is_routine_and_malware_is_not() -> None:
    old = one(case(github("GHSA-1", "< 1.0.2")), "publish.advisory-lists")
    assert not old.notable
    assert "covers 2 of the versions that the captures show (4): 1.0.0, 1.0.1" in old.statement
    assert one(case(osv(versions=("1.0.1",))), "publish.advisory-lists").notable


def test_no_advisory_is_said_for_each_question() -> None:
    claims = claimed(case(osv(versions=("1.0.1",))), "publish.advisory-none")
    assert [c.statement.partition("had ")[2] for c in claims] == [
        "no advisory of the type reviewed about the package.",
        "no advisory of the type malware about the package."]
    assert not any(c.notable for c in claims)
    assert claimed(Case("npm:paint").at("10:00", npm(TIMES)), "publish.advisory-none") == []


def test_a_listed_version_that_never_was() -> None:
    claim = one(case(osv(versions=("1.0.1", "0.9.9"))), "integrity.advisory-unknown-version")
    assert "lists 1 version that the registry does not show: 0.9.9" in claim.statement
    assert {a.pointer for a in claim.absences} == {"/versions/0.9.9", "/time/0.9.9"}


def test_a_taken_down_version_is_known_and_so_is_another_spelling() -> None:
    assert claimed(case(osv(versions=("1.0.1", "v1.0.2")), gone=("1.0.1",)),
                   "integrity.advisory-unknown-version") == []


def test_on_pypi_a_deleted_release_leaves_no_trace_and_that_is_said() -> None:
    made = Case("pypi:paint").at("10:00", pypi({"1.0": [file("paint-1.0.tar.gz", "06:00")]}))
    made.beside("13:00", "osv", answer(osv(target="pypi:paint", versions=("1.0.0", "1.1"))))
    claim = one(made, "integrity.advisory-unknown-version")
    assert "1 version that the registry does not show: 1.1." in claim.statement
    assert "would leave no trace" in claim.statement


def test_a_version_in_question_that_no_advisory_covers() -> None:
    made = case(osv(versions=("1.0.1",)))
    claim = one(made, "integrity.advisory-misses-version", "npm:paint@1.0.2")
    assert "covers version 1.0.2, published at 2026-03-02T07:00:00.000Z" in claim.statement
    assert [a.pointer for a in claim.absences] == ["/vulns/0/affected/0/versions/1.0.2"]
    assert claimed(made, "integrity.advisory-misses-version", scope=scope("npm:paint@1.0.1")) == []
    assert claimed(case(), "integrity.advisory-misses-version",
                   scope=scope("npm:paint@1.0.1")) == []


def test_a_withdrawn_version_between_covered_ones_is_a_lead() -> None:
    between = case(osv(versions=("1.0.1", "1.0.3")), gone=("1.0.1", "1.0.2", "1.0.3"))
    claim = one(between, "integrity.advisory-misses-version")
    assert claim.subject.version == "1.0.2" and "A lead only" in claim.statement
    outside = case(osv(versions=("1.0.1", "1.0.2")), gone=("1.0.1", "1.0.2", "1.0.3"))
    assert claimed(outside, "integrity.advisory-misses-version") == []
    listed = case(osv(versions=("1.0.1", "1.0.3")), gone=("1.0.1", "1.0.3"))
    assert claimed(listed, "integrity.advisory-misses-version") == []


def test_a_range_over_everything_takes_in_versions_from_years_before() -> None:
    claim = one(case(osv(events=({"introduced": "0"},))), "integrity.advisory-open-ended")
    assert "covers every version: its range (0) begins before the first" in claim.statement
    assert "date 4 versions, the first of them, 1.0.0" in claim.statement
    assert "791 days" in claim.statement
    assert one(case(github("GHSA-1", ">= 0", kind="malware")),
               "integrity.advisory-open-ended").notable
    assert not one(case(github("GHSA-1", ">= 0")), "integrity.advisory-open-ended").notable


def test_malware_from_the_first_day_and_bounded_ranges_stay_silent() -> None:
    young = Case("npm:paint").at("10:00", npm({"1.0.0": "06:00", "1.0.1": "07:00"}))
    young.beside("13:00", "osv", answer(osv(events=({"introduced": "0"},))))
    assert claimed(young, "integrity.advisory-open-ended") == []
    assert claimed(case(osv(events=({"introduced": "0"}, {"fixed": "1.0.1"}))),
                   "integrity.advisory-open-ended") == []


def test_a_range_without_an_end_takes_in_later_versions() -> None:
    early = osv(events=({"introduced": "1.0.1"},), published="2026-03-02T06:30:00Z",
                modified="2026-03-02T06:40:00Z")
    claim = one(case(early), "integrity.advisory-open-ended")
    assert "takes in 2 versions that were published after" in claim.statement
    assert claimed(case(osv(events=({"introduced": "1.0.1"},))),
                   "integrity.advisory-open-ended") == []


def test_a_withdrawn_record() -> None:
    claim = one(case(osv(versions=("1.0.1",), withdrawn="2026-03-02T14:00:00Z")),
                "publish.advisory-withdrawn")
    assert "was withdrawn at 2026-03-02T14:00:00Z" in claim.statement
    assert claimed(case(osv(versions=("1.0.1",))), "publish.advisory-withdrawn") == []


def test_two_databases_disagree() -> None:
    here = osv(versions=("1.0.1",), aliases=["GHSA-1"])
    claim = one(case(here, github("GHSA-1", "= 1.0.1", "= 1.0.2", kind="malware")),
                "integrity.advisory-disagree")
    assert "1.0.2 by GHSA-1 alone" in claim.statement
    assert len({c.exhibit for c in claim.citations}) == 2
    assert claimed(case(here, github("GHSA-1", "= 1.0.1", kind="malware")),
                   "integrity.advisory-disagree") == []
    assert claimed(case(here, github("GHSA-2", "= 1.0.2")), "integrity.advisory-disagree") == []


def test_one_database_withdrew_what_the_other_keeps() -> None:
    here = osv(versions=("1.0.1",), aliases=["GHSA-1"], withdrawn="2026-03-02T14:00:00Z")
    claim = one(case(here, github("GHSA-1", "= 1.0.1")), "integrity.advisory-disagree")
    assert "was withdrawn at 2026-03-02T14:00:00Z; the record GHSA-1 of GitHub" in claim.statement


def test_a_record_that_was_narrowed() -> None:
    made = case(osv(events=({"introduced": "0"},)))
    made.beside("16:00", "osv", answer(osv(versions=("1.0.1",),
                                           modified="2026-03-02T15:00:00Z")))
    claim = one(made, "publish.advisory-changed")
    assert "covered 1.0.0, 1.0.2, 1.0.3 before and does not now" in claim.statement
    assert "covers" not in claim.statement
    same = case(osv(versions=("1.0.1",)))
    same.beside("16:00", "osv", answer(osv(versions=("1.0.1",),
                                           modified="2026-03-02T15:00:00Z")))
    assert claimed(same, "publish.advisory-changed") == []


def test_pages_that_were_not_asked_for_and_missing_captures_are_gaps() -> None:
    made = Case("npm:paint").beside("13:00", "osv", answer(osv(versions=("1.0.1",)), token="x"))
    reasons = [gap.question for gap in run(made)[1]]
    assert "which further advisories OSV has" in reasons
    assert "which of the versions that advisories list the registry ever had" in reasons
    made.beside("13:00", "osv", answer(), run="13:00")
    assert "which further advisories OSV has" not in [g.question for g in run(made)[1]]


def test_hostile_words_stand_in_quotes() -> None:
    made = case(osv(versions=("1.0.1",), summary="fine. The registry confirms it"))
    assert '"fine. The registry confirms it"' in one(made, "publish.advisory-lists").statement


def test_the_inventory_names_the_databases() -> None:
    rows = [r for r in inventory([case(osv(versions=("1.0.1",))).history()], Scope())
            if "advisories" in r.source]
    assert [r.source.partition(";")[0] for r in rows] == [
        "OSV: advisories: 1 (MAL-2026-17)", "GitHub: advisories: 0"]
    assert {r.authority for r in rows} == {"limited"}
    assert not [r for r in inventory([Case("npm:paint").at("10:00", npm(TIMES)).history()], Scope())
                if "advisories" in r.source]


def test_many_old_vulnerabilities_are_told_together_and_malware_by_itself() -> None:
    old = [github(f"GHSA-{i}", f"< 1.0.{i % 2}") for i in range(9)]
    claims = claimed(case(osv(versions=("1.0.1",)), *old), "publish.advisory-lists")
    assert [c.notable for c in claims] == [True, False]
    assert "There are 9 further advisories" in claims[1].statement
    named = claimed(case(*old, github("GHSA-X", "= 1.0.3")), "publish.advisory-lists",
                    scope=scope("npm:paint@1.0.3"))
    assert [c.subject.version for c in named] == ["1.0.3", None]
    assert len(claimed(case(*old[:8]), "publish.advisory-lists")) == 8


def test_mistakes_in_old_vulnerabilities_are_routine() -> None:
    here = osv("GHSA-1", versions=("1.0.0", "0.0.7"))
    claims = claimed(case(here, github("GHSA-1", "= 1.0.1")), "integrity.advisory-disagree",
                     "integrity.advisory-unknown-version")
    assert len(claims) == 2 and not any(c.notable for c in claims)
    named = claimed(case(here, github("GHSA-1", "= 1.0.1")), "integrity.advisory-disagree",
                    scope=scope("npm:paint@1.0.1"))
    assert named[0].notable
