"""Order, numbers, silence."""

import random

from regforensics.model.instant import Instant, Interval
from regforensics.report.times import clock, when_text
from tests.support.report_case import GAPS, Evidence, at, claims_of, report


def test_sections_in_order_and_within_a_section_by_time() -> None:
    made = report()
    assert [part.section for part in made.parts] == [
        "publish", "account", "distribution", "integrity"]
    publish = made.parts[0]
    assert [one.claim.rule for one in publish.notable] == ["publish", "ghost-version"]
    assert [one.claim.rule for one in publish.undated] == ["deprecated"]
    assert [one.claim.statement for one in publish.routine] == ["Version 1.0.0 was published."]
    assert [one.id for one in made.claims] == ["C1", "C2", "C3", "C4", "C5"]
    assert [one.incident for one in made.claims] == [True, True, True, False, True]


def test_each_line_stands_once_and_is_numbered_by_first_use() -> None:
    evidence = Evidence()
    twice = [*claims_of(evidence), *claims_of(evidence)]
    made = report(evidence, claims=twice)
    assert [line.id for line in made.lines] == [f"A{n}" for n in range(1, 9)]
    assert len({line.citation for line in made.lines}) == 8
    assert made.claims[0].lines == ("A1", "A2")
    assert made.claims[1].lines == ("A3", "A4", "A5", "N1")
    assert made.missing[0].absence.pointer == "/versions/1.0.1"


def test_the_order_given_does_not_matter() -> None:
    evidence, gaps = Evidence(), list(GAPS)
    first, shuffled = claims_of(evidence), claims_of(evidence)
    random.Random(7).shuffle(shuffled)
    assert report(evidence, claims=first, gaps=gaps) == report(
        evidence, claims=shuffled, gaps=gaps[::-1])


def test_an_empty_section_says_what_was_looked_at_and_whom_to_ask() -> None:
    account, integrity = report().parts[1], report().parts[3]
    assert account.silence == (
        "No identity log, account export or owner change is in this evidence directory: "
        "nothing is said about account activity.",
        "Ask: the project's owners: the account's security history",
        "Ask: the identity provider: sign-ins of mallory@mail.example, 30 days")
    assert "nothing is said" in integrity.silence[0]
    looked = report(claims=[]).parts[2]
    assert looked.silence == (
        "What was looked at gives no claim: npm:@acme/widget: proxy log (limited, 2 lines). "
        "That is no statement that nothing happened.",)
    assert "clean" not in str([part.silence for part in report(claims=[]).parts])


def test_claims_outside_the_window_are_counted_not_hidden() -> None:
    made = report(since=at("2026-03-07T00:00:00Z"), until=at("2026-03-08T00:00:00Z"))
    assert [one.claim.rule for one in made.claims] == ["publish", "deprecated", "download"]
    assert made.left_out == 2
    assert made.recompute.endswith("--since 2026-03-07T00:00:00Z --until 2026-03-08T00:00:00Z")


def test_a_window_is_printed_as_a_window() -> None:
    a, b = at("2026-03-07T22:14:05.511Z"), at("2026-03-08T06:00:00Z")
    assert when_text(Interval(a, b)) == (
        "between 2026-03-07 22:14:05.511Z and 2026-03-08 06:00:00Z")
    assert when_text(Interval(a, None)) == "after 2026-03-07 22:14:05.511Z"
    assert when_text(Interval(None, b)) == "at or before 2026-03-08 06:00:00Z"
    assert when_text(Interval(None, None)) == "time not known"
    assert when_text(None) == "time not stated"


def test_other_zones_are_printed_in_utc_and_an_assumed_zone_says_so() -> None:
    assert clock(at("2026-03-07T23:14:05.5+01:00")) == "2026-03-07 22:14:05.500Z"
    assumed = Instant.parse("2026-03-07T22:14:05.123456", assume_utc=True)
    assert clock(assumed) == "2026-03-07 22:14:05.123456Z (zone assumed)"
