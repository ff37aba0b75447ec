"""How far a version in question lies from the announcement, and when nobody can tell."""

from dataclasses import replace
from typing import Any

from regforensics.model.claim import Claim, Gap
from regforensics.model.instant import Interval
from tests.unit.analyze.documents import (
    Case,
    file,
    moment,
    npm,
    pypi,
    quotes,
    run,
    scope,
    simple,
    stamp,
    version,
)

BEFORE = npm({"1.0.0": "07:00", "1.2.1": "08:00"})
AFTER = npm({"1.0.0": "07:00", "1.2.1": "08:00"}, {"1.0.0": version("1.0.0")})


def told(case: Case, when: str, target: str = "npm:paint@1.2.1"
         ) -> tuple[dict[str, Claim], list[Gap]]:
    """The claims about the announcement by rule, and its gaps."""
    claims, gaps = run(case, replace(scope(target), announced=moment(when)))
    mine = [c for c in claims if "announcement" in c.statement]
    assert len({c.rule for c in mine}) == len(mine)
    assert {c.basis for c in mine} <= {"inferred"}
    return {c.rule: c for c in mine}, [g for g in gaps if "announcement" in g.question]


def test_published_before_and_gone_before_the_announcement() -> None:
    claims, gaps = told(Case("npm:paint").at("09:00", BEFORE).at("10:00", AFTER), "10:30")
    said = claims["publish.announced"].statement
    assert said == (f"Version 1.2.1 was published at {stamp('08:00')}, 2 h 30 min before"
                    f" the announcement (given as {stamp('10:30')}).")
    gone = claims["publish.gone-by-announcement"]
    assert f"was gone by {stamp('10:00')}, 30 min before" in gone.statement
    assert gone.when == Interval(moment("09:00"), moment("10:00"))
    assert [a.pointer for a in gone.absences] == ["/versions/1.2.1"]
    assert gaps == []


def test_still_there_after_the_announcement() -> None:
    case = Case("npm:paint").at("09:00", BEFORE)
    for seen in (case, Case("npm:paint").at("09:00", BEFORE).at("10:00", AFTER)):
        claims, gaps = told(seen, "08:45")
        assert f"was still listed at {stamp('09:00')}, 15 min after" in claims[
            "publish.gone-by-announcement"].statement
        assert gaps == []
    claims, _ = told(case, "07:45")
    assert "15 min after the announcement" in claims["publish.announced"].statement


def test_an_announcement_inside_the_window_is_a_gap_with_its_lines() -> None:
    claims, (gap,) = told(Case("npm:paint").at("09:00", BEFORE).at("10:00", AFTER), "09:30")
    assert set(claims) == {"publish.announced"}
    assert gap.subject and gap.subject.version == "1.2.1"
    assert len(gap.citations) == 2
    assert gap.ask
    _, (late,) = told(Case("npm:paint").at("09:00", BEFORE), "09:30")
    assert "no list of versions was captured after" in late.reason
    copy = Case("npm:paint").at(None, AFTER, registry="")
    _, (undated,) = told(copy, "09:30")
    assert undated.reason == "the document that shows it gone is of unknown date"
    _, unknown = told(Case("npm:paint").at("09:00", BEFORE), "09:30", "npm:paint@9.9.9")
    assert len(unknown) == 2


def test_a_tombstone_dates_the_takedown_exactly() -> None:
    stone = npm({"1.2.1": "08:00"}, unpublished={"time": stamp("09:00"), "versions": ["1.2.1"]})
    claims, gaps = told(Case("npm:paint").at("10:00", stone), "08:30")
    gone = claims["publish.gone-by-announcement"]
    assert gone.when == moment("09:00")
    assert "30 min after the announcement" in gone.statement
    assert any(stamp("09:00") in q for q in quotes(gone))
    assert gaps == []


def test_a_quarantine_ends_what_could_be_had() -> None:
    one: dict[str, list[dict[str, Any]]] = {"2.0": [file("paint-2.0.tar.gz", "07:00")],
                                            "2.1": [file("paint-2.1.tar.gz", "07:30")]}
    case = Case("pypi:paint").at("08:00", pypi(one), simple(one)) \
        .at("09:00", None, simple({}, status="quarantined"))
    claims, _ = told(case, "09:10", "pypi:paint@2.1")
    assert f"was quarantined with the whole package by {stamp('09:00')}, 10 min before" in claims[
        "publish.gone-by-announcement"].statement
    case.at("12:00", pypi({"2.0": one["2.0"]}), simple({"2.0": one["2.0"]}))
    claims, gaps = told(case, "09:10", "pypi:paint@2.1")
    assert "as the project was quarantined, by" in claims["publish.gone-by-announcement"].statement
    assert gaps == []


def test_a_mirrors_publish_time_is_not_held_against_an_announcement() -> None:
    claims, gaps = told(Case("npm:paint").at("09:00", BEFORE | {"_uplinks": {}}), "08:30")
    assert "publish.announced" not in claims
    assert any("known from a mirror only" in gap.reason for gap in gaps)


def test_nothing_is_said_without_an_announcement() -> None:
    claims, gaps = run(Case("npm:paint").at("09:00", BEFORE), scope("npm:paint@1.2.1"))
    assert not [c for c in claims if "announcement" in c.statement]
    assert not [g for g in gaps if "announcement" in g.question]
