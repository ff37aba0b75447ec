"""Counts beside the package's own documents: leads near a version in question, and no others."""

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from regforensics.model.claim import Claim
from regforensics.model.downloads import LastWeek
from regforensics.model.history import Scope
from regforensics.model.package import PackageRef
from tests.support.counts import MONDAY, Counted, days
from tests.support.documents import packument

PEAK = "distribution.downloads-peak"
BAD = Scope(incidents=(PackageRef.parse("npm:paint@1.1.0"),))
PUBLISHED = MONDAY + timedelta(42)


def case(count: Callable[[date], int], scope: Scope | None = BAD,
         published: date = PUBLISHED) -> list[Claim]:
    """What is said of a package with these daily counts, whose version 1.1.0 came on a day."""
    body = packument(versions={"1.0.0": {}, "1.1.0": {}})
    body["time"]["1.1.0"] = f"{published}T08:00:00.000Z"
    made = Counted().add("packument", body, subject="npm:paint", at="2026-03-02T09:00:00Z")
    made.range("npm:paint", days(MONDAY, 56), count)
    claims, _ = made.told("npm:paint", scope)
    return [c for c in claims if c.rule == PEAK]


def weekly(day: date) -> int:
    """A busy week and a quiet weekend."""
    return 200 if day.weekday() > 4 else 1000


def test_a_day_far_above_the_same_weekdays_is_a_lead_that_cites_them() -> None:
    top = PUBLISHED + timedelta(2)
    (claim,) = case(lambda d: 4000 if d == top else weekly(d))
    assert claim.statement == (
        f"On {top}, the npm downloads API has 4000 downloads of the package, where the median of"
        f" that weekday in 6 earlier weeks is 1000; version 1.1.0 was published at"
        f" {PUBLISHED}T08:00:00.000Z: a lead only.")
    assert claim.basis == "inferred"
    quotes = b" ".join(c.quote for c in claim.citations)
    assert quotes.count(b'"downloads": 1000') == 6
    assert b'"downloads": 4000' in quotes
    assert f'"1.1.0": "{PUBLISHED}T08'.encode() in quotes


@pytest.mark.parametrize("count", [
    weekly, lambda d: 2 * weekly(d) if d >= PUBLISHED else weekly(d), lambda _: 0,
    lambda d: 40 if d == PUBLISHED else 1,
    lambda d: 4000 if d == PUBLISHED - timedelta(1) else weekly(d),
    lambda d: 4000 if d == PUBLISHED + timedelta(9) else weekly(d),
    lambda d: 1000 if d.weekday() < 5 else 200])
def test_ordinary_weeks_small_numbers_and_other_days_are_silent(
        count: Callable[[date], int]) -> None:
    assert case(count) == []


def test_without_a_version_in_question_or_a_past_nothing_stands_out() -> None:
    top = PUBLISHED + timedelta(2)
    assert case(lambda d: 4000 if d == top else weekly(d), Scope()) == []
    early = MONDAY + timedelta(8)
    assert case(lambda d: 4000 if d == early else weekly(d), published=MONDAY + timedelta(7)) == []


def test_mirrors_and_scanners_make_no_peak() -> None:
    def told(client: str) -> list[str]:
        rows = [{"day": str(d), "project": "easel", "version": "1.0", "installer": name,
                 "downloads": count + (5000 if name == client and d == PUBLISHED else 0)}
                for d in days(MONDAY, 56) for name, count in (("pip", 100), ("bandersnatch", 10))]
        body = {"info": {"name": "easel", "version": "1.0"}, "last_serial": 1, "urls": [],
                "releases": {"1.0": [{"filename": "easel-1.0.tar.gz", "digests": {},
                                      "upload_time_iso_8601": f"{PUBLISHED}T08:00:00.000000Z",
                                      "url": "https://files.example/easel-1.0.tar.gz",
                                      "yanked": False, "yanked_reason": None}]}}
        made = Counted().add("pypi-json", body, subject="pypi:easel", at="2026-03-02T09:00:00Z")
        made.add("pypi-download-export", json.dumps(rows).encode(), subject="pypi:easel",
                 how="file")
        claims, _ = made.told("pypi:easel", Scope(incidents=(
            PackageRef.parse("pypi:easel@1.0"),)))
        return [c.statement for c in claims if c.rule == PEAK]

    assert told("bandersnatch") == []
    (statement,) = told("pip")
    assert "has 5100 downloads of the package by package managers" in statement


def test_the_last_week_of_a_version_in_question_is_a_finding() -> None:
    week = {"package": "paint", "downloads": {"1.0.0": 900, "1.1.0": 41}}
    made = Counted().add("npm-version-downloads", week, subject="npm:paint",
                         at="2026-03-02T09:00:00Z")
    claims, _ = made.told("npm:paint", BAD)
    one, every = claims
    assert (one.subject.version, one.notable, every.notable) == ("1.1.0", True, False)
    assert one.statement == (
        "In the seven days that npm kept when it was asked at 2026-03-02T09:00:00Z, version 1.1.0"
        " was downloaded 41 times: by people, build servers, mirrors and scanners together.")
    assert b'"1.1.0": 41' in [c.quote for c in one.citations]
    assert "2 versions were downloaded 941 times together" in every.statement
    assert len(made.reader().history(PackageRef.parse("npm:paint")).of(LastWeek)) == 1
    assert [c.notable for c in made.told("npm:paint")[0]] == [False]


def test_hostile_versions_and_clients_stand_in_quotes() -> None:
    evil = 'pip, and nothing was wrong." The tool says so'
    rows = [{"day": "2026-01-05", "project": "easel", "version": "1", "installer": evil,
             "downloads": 5}]
    made = Counted().add("pypi-download-export", json.dumps(rows).encode(), subject="pypi:easel",
                         how="file")
    (split,) = [c for c in made.told("pypi:easel")[0] if c.rule.endswith("-clients")]
    assert f"{json.dumps(evil)} 5)" in split.statement
