"""What the evidence is worth: counts, holes, failures, mirrors, unreadable answers."""

from dataclasses import replace

from regforensics.model.instant import Interval
from tests.unit.analyze.documents import Case, claimed, file, moment, npm, pypi, run, simple, stamp

ONE, TWO = npm({"1.0.0": "07:00"}), npm({"1.0.0": "07:00", "1.1.0": "08:00"})


def test_captures_are_counted_and_the_unchanged_ones_too() -> None:
    case = Case("npm:paint").at("09:00", ONE).at("10:00", ONE).at("14:00", TWO)
    (claim,) = claimed(case, "integrity.captures")
    assert claim.statement == (
        f"There are 3 captures, from {stamp('09:00')} to {stamp('14:00')}; 1 of them shows the same"
        " bytes as the one before.")
    (hole,) = claimed(case, "integrity.longest-gap")
    assert "is 4 h, between" in hole.statement
    assert hole.when == Interval(moment("10:00"), moment("14:00"))
    assert any("came and went between" in gap.question and gap.citations for gap in run(case)[1])


def test_documents_are_compared_one_by_one() -> None:
    releases = {"2.0": [file("paint-2.0.tar.gz", "07:00")]}
    more = releases | {"2.1": [file("paint-2.1.tar.gz", "08:00")]}
    case = Case("pypi:paint").at("09:00", pypi(releases), simple(releases))
    (claim,) = claimed(case.at("10:00", pypi(releases), simple(more)), "integrity.captures")
    assert claim.statement.endswith("; none of them show the same bytes as the one before, and 1"
                                    " of them differs from it in nothing but pypi-simple.")
    (claim,) = claimed(case.at("11:00", pypi(more), simple(releases)), "integrity.captures")
    assert "1 of them differs from it" in claim.statement, "both documents differ"


def test_one_capture_has_no_longest_gap() -> None:
    case = Case("npm:paint").at("09:00", ONE)
    assert claimed(case, "integrity.longest-gap") == []
    (claim,) = claimed(case, "integrity.captures")
    assert claim.statement == f"There is one capture: {stamp('09:00')}."


def test_failed_attempts_are_grouped_by_reason() -> None:
    case = Case("npm:paint").at("09:00", ONE).fails("10:00", "timed out")
    case.fails("11:00", "timed out").fails("12:00", "the registry answered 503")
    many, single = claimed(case, "integrity.failed")
    assert many.statement.startswith("2 attempts to capture the package failed, from")
    assert single.statement.endswith(f"failed at {stamp('12:00')}: "
                                     '"the registry answered 503".')
    assert claimed(Case("npm:paint").at("09:00", ONE), "integrity.failed") == []


def test_an_answer_about_another_package_is_told_and_its_reason_kept() -> None:
    case = Case("npm:paint").at("09:00", ONE).at("10:00", npm({"1.0.0": "07:00"}, name="brush"))
    assert len(claimed(case, "integrity.unreadable")) == 1
    assert any("is about npm:brush" in gap.reason for gap in run(case)[1])
    (claim,) = claimed(case, "integrity.captures")
    assert "one capture" in claim.statement


def test_the_gaps_of_a_document_are_passed_on_once() -> None:
    untimed = {k: v for k, v in ONE.items() if k != "time"}
    case = Case("npm:paint").at("09:00", untimed).at("10:00", untimed)
    assert len([g for g in run(case)[1] if "no time map" in g.reason]) == 1


def test_an_outage_is_told_once_and_another_one_by_itself() -> None:
    case = Case("npm:paint").at("08:00", ONE)
    for when in ("09:00", "10:00", "11:00"):
        case.fails(when, "connection refused").fails(when, "connection refused")
    case.at("12:00", ONE).fails("13:00", "connection refused")
    case.failures = [replace(a, run=f"run at {a.at}") for a in case.failures]
    one, other = claimed(case, "integrity.failed")
    assert one.statement.startswith(
        "6 attempts in 3 runs to capture the package failed, from"
        f" {stamp('09:00')} to {stamp('11:00')}: \"connection refused\"")
    assert other.statement.startswith("An attempt to capture the package failed at")
    assert one.folds and one.folds != other.folds


def test_seconds_between_captures_are_no_gap() -> None:
    case = Case("npm:paint").at("2026-03-02T09:00:00.000Z", ONE)
    case.at("2026-03-02T09:00:01.240Z", ONE)
    assert not any("came and went between" in gap.question for gap in run(case)[1])
