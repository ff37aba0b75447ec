"""npm's download counts: what is asked, and what of an answer is believed."""

from datetime import date, timedelta

import pytest

from regforensics.model.downloads import Days, DownloadCounts, LastWeek, RegistryDay
from regforensics.model.package import PackageRef
from regforensics.registries.downloads import npm
from tests.support.counts import MONDAY, NPM, Counted, days, npm_range

PAINT, SCOPED = PackageRef.parse("npm:paint"), PackageRef.parse("npm:@art/brush")


def urls(*packages: PackageRef, first: str, last: str) -> list[str]:
    asked = Days(date.fromisoformat(first), date.fromisoformat(last))
    return [q.url.removeprefix(NPM) for q in npm.range_queries(packages, asked, NPM)]


def test_one_name_is_asked_in_windows_of_eighteen_months() -> None:
    assert urls(PAINT, first="2024-01-01", last="2025-06-30") == [
        "downloads/range/2024-01-01:2025-06-30/paint"]
    assert urls(PAINT, first="2023-01-01", last="2025-06-30") == [
        "downloads/range/2023-01-01:2024-06-30/paint",
        "downloads/range/2024-07-01:2025-06-30/paint"]


def test_counts_begin_in_2015() -> None:
    assert urls(PAINT, first="2014-12-01", last="2015-02-01") == [
        "downloads/range/2015-01-10:2015-02-01/paint"]
    assert urls(PAINT, first="2014-12-01", last="2014-12-31") == []


def test_several_names_are_asked_together_but_scoped_ones_singly() -> None:
    found = urls(PAINT, PackageRef.parse("npm:easel"), SCOPED, first="2024-01-01",
                 last="2025-01-31")
    assert found == ["downloads/range/2024-01-01:2024-12-30/paint,easel",
                     "downloads/range/2024-12-31:2025-01-31/paint,easel",
                     "downloads/range/2024-01-01:2025-01-31/@art/brush"]


def test_a_bulk_question_names_128_at_the_most_and_no_subject() -> None:
    many = [PackageRef("npm", f"p{n}") for n in range(257)]
    asked = npm.range_queries(many, days("2025-01-01", 7), NPM)
    assert [q.url.count(",") + 1 for q in asked] == [128, 128, 1]
    assert [q.subject for q in asked] == [None, None, many[256]]


@pytest.mark.parametrize("first", [date(2015, 1, 10), date(2020, 2, 29)])
@pytest.mark.parametrize("length", [1, 364, 365, 366, 547, 548, 3000])
def test_windows_hold_every_day_once(first: date, length: int) -> None:
    asked = npm.range_queries([PAINT], days(first, length), NPM)
    texts = [q.url.split("/")[-2] for q in asked]
    windows = [Days(date.fromisoformat(t[:10]), date.fromisoformat(t[11:])) for t in texts]
    assert [d for window in windows for d in window] == list(days(first, length))
    assert all(len(window) <= npm.MOST_DAYS for window in windows)


def test_versions_of_a_scoped_name_are_one_path_segment() -> None:
    (asked,) = npm.version_queries([SCOPED.at("1.0.0")], NPM)
    assert asked.url == f"{NPM}versions/@art%2Fbrush/last-week"
    assert asked.subject == SCOPED


def test_each_day_cites_its_own_object() -> None:
    case = Counted().range("npm:paint", days(MONDAY, 14), lambda d: d.day)
    (record,) = case.reader().history(PAINT).of(DownloadCounts)
    assert record.covers == record.asked == days(MONDAY, 14)
    assert [row.downloads.value for row in record.rows] == list(range(5, 19))
    cited = record.rows[3].downloads.citations[0]
    assert cited.where == "/downloads/3"
    assert cited.quote == b'{"downloads": 8, "day": "2026-01-08"}'
    assert case.bodies["EX-000001"][cited.start:cited.end] == cited.quote


def test_a_bulk_answer_is_read_for_each_of_its_packages() -> None:
    body = {"paint": npm_range("paint", days(MONDAY, 2), lambda _: 7), "ghost": None}
    case = Counted().add("npm-downloads", body, subject=None,
                         url=f"{NPM}downloads/range/2026-01-05:2026-01-06/paint,ghost")
    (record,) = case.reader().history(PAINT).of(DownloadCounts)
    assert [row.downloads.citations[0].where for row in record.rows] == [
        "/paint/downloads/0", "/paint/downloads/1"]
    (gap,) = case.reader().history(PackageRef.parse("npm:ghost")).gaps_in(DownloadCounts)
    assert "nothing under its name" in gap.reason
    assert gap.citations[0].quote == b'"ghost": null'
    assert case.reader().history(PackageRef.parse("npm:other")).companions(DownloadCounts) == ()


def test_a_range_that_was_moved_without_a_word_is_told() -> None:
    case = Counted().range("npm:paint", days("2025-01-01", 30), lambda _: 5,
                           asked=days("2024-12-01", 61))
    found = case.told("npm:paint")[1]
    (gap,) = [g for g in found if "every day that was asked" in g.question]
    assert "2024-12-01 to 2025-01-30 was asked for, and the answer is about" in gap.reason
    assert b'"start": "2025-01-01"' in [c.quote for c in gap.citations]
    assert any(c.exhibit == "custody.jsonl" and b"2024-12-01" in c.quote for c in gap.citations)


def test_an_answer_about_what_was_asked_is_no_gap() -> None:
    case = Counted().range("npm:paint", days("2025-01-01", 30), lambda _: 5)
    assert not [g for g in case.told("npm:paint")[1] if "every day" in g.question]


def test_a_zero_of_a_busy_package_is_missing_and_of_a_quiet_one_is_a_zero() -> None:
    lost = MONDAY + timedelta(16)
    busy = Counted().range("npm:paint", days(MONDAY, 40), lambda d: 0 if d == lost else 9000)
    claims, gaps = busy.told("npm:paint")
    assert "days without a count: 1" in claims[0].statement
    assert any(f"did not count: {lost}" in g.reason and g.citations for g in gaps)
    quiet = Counted().range("npm:paint", days(MONDAY, 40), lambda d: 0 if d == lost else 3)
    claims, gaps = quiet.told("npm:paint")
    assert "without a count" not in claims[0].statement
    assert gaps == []


def test_weekends_without_downloads_are_not_lost_days() -> None:
    case = Counted().range("npm:paint", days(MONDAY, 40), lambda d: 0 if d.weekday() > 4 else 900)
    assert case.told("npm:paint")[1] == []


def test_days_before_the_first_publish_are_not_lost_days() -> None:
    start = MONDAY + timedelta(20)
    case = Counted().range("npm:paint", days(MONDAY, 40), lambda d: 9000 * (d >= start))
    assert case.told("npm:paint")[1] == []


def test_a_zero_of_the_whole_registry_makes_a_quiet_day_missing_too() -> None:
    lost = MONDAY + timedelta(16)
    total = {"downloads": 0, "start": str(lost), "end": str(lost)}
    case = Counted().range("npm:paint", days(MONDAY, 40), lambda d: 0 if d == lost else 3).add(
        "npm-total-downloads", total, subject=None, url=f"{NPM}downloads/point/{lost}:{lost}")
    (gap,) = case.told("npm:paint")[1]
    assert "whole registry" in gap.reason
    assert b'"downloads": 0' in [c.quote for c in gap.citations]
    assert len(case.reader().history(PAINT).of(RegistryDay)) == 1


def test_days_that_were_not_over_or_not_counted_are_missing_and_not_zero() -> None:
    case = Counted().range("npm:paint", days("2026-02-20", 12), lambda d: 40 * (d.day != 2),
                           at="2026-03-02T00:10:00Z")
    claims, gaps = case.told("npm:paint")
    assert claims[0].statement == ("The npm downloads API has 400 downloads of the package from"
                                   " 2026-02-20 to 2026-03-01.")
    assert any("not over when it was asked: 2026-03-02, 2026-03-03" in g.reason for g in gaps)


def test_yesterday_at_zero_is_not_counted_yet() -> None:
    case = Counted().range("npm:paint", days("2026-02-20", 10), lambda d: 4 * (d.month == 2),
                           at="2026-03-02T00:10:00Z")
    gaps = case.told("npm:paint")[1]
    assert any("had not counted the day when it was asked: 2026-03-01" in g.reason for g in gaps)


def test_two_answers_that_disagree_on_a_day_are_one_claim_that_cites_both() -> None:
    odd = MONDAY + timedelta(3)
    case = Counted().range("npm:paint", days(MONDAY, 9), lambda _: 10).range(
        "npm:paint", days(MONDAY, 9), lambda d: 12 if d == odd else 10)
    (claim,) = [c for c in case.told("npm:paint")[0] if c.rule == "distribution.downloads-disagree"]
    assert f"{odd}: 10 and 12" in claim.statement
    assert [c.exhibit for c in claim.citations] == ["EX-000001", "EX-000002"]
    same = Counted().range("npm:paint", days(MONDAY, 9), lambda _: 10).range(
        "npm:paint", days(MONDAY, 30), lambda _: 10)
    assert [c.rule for c in same.told("npm:paint")[0]] == ["distribution.downloads"]


def test_a_day_that_is_counted_later_is_no_disagreement() -> None:
    case = Counted().range("npm:paint", days("2026-02-20", 10), lambda d: 4 * (d.month == 2),
                           at="2026-03-02T00:10:00Z").range(
        "npm:paint", days("2026-02-20", 10), lambda _: 4, at="2026-03-03T10:00:00Z")
    assert [c.rule for c in case.told("npm:paint")[0]] == ["distribution.downloads"]
    assert case.told("npm:paint")[1] == []


def test_an_unknown_name_is_a_gap_with_the_custody_line() -> None:
    case = Counted().add("npm-downloads", {"error": "package paint not found"}, status=404,
                         subject="npm:paint", url=f"{NPM}downloads/range/x/paint")
    (gap,) = case.told("npm:paint")[1]
    assert "does not know the name" in gap.reason
    assert gap.citations[0].exhibit == "custody.jsonl"


@pytest.mark.parametrize("body", [
    b"", b"[]", b"null", b"<html>", b'{"downloads":{},"start":"x","end":"y","package":"paint"}',
    b'{"downloads":[{"day":"9999-99-99","downloads":1}],"start":"2026-01-01","end":"2026-01-02",'
    b'"package":"paint"}',
    b'{"downloads":[],"start":"0001-01-01","end":"9999-12-31","package":"paint"}',
    b'{"downloads":[{"day":"2026-01-01","downloads":-1e400}],"start":"2026-01-01",'
    b'"end":"2026-01-02","package":"paint"}',
    b'{"downloads":[],"start":"2026-01-01","end":"2026-01-02","package":"other"}'])
def test_what_is_no_answer_is_a_gap(body: bytes) -> None:
    case = Counted().add("npm-downloads", body, subject="npm:paint",
                         url=f"{NPM}downloads/range/2026-01-01:2026-01-02/paint")
    claims, gaps = case.told("npm:paint")
    assert claims == []
    assert gaps


def test_last_week_by_version() -> None:
    body = {"package": "@art/brush", "downloads": {"1.0.0": 12, "1.0.1": 3, "x": "many"}}
    case = Counted().add("npm-version-downloads", body, subject="npm:@art/brush")
    (week,) = case.reader().history(SCOPED).of(LastWeek)
    assert {v: f.value for v, f in week.versions.items()} == {"1.0.0": 12, "1.0.1": 3}
    assert week.versions["1.0.1"].citations[0].quote == b'"1.0.1": 3'
    (gap,) = case.reader().history(SCOPED).gaps_in(LastWeek)
    assert "no numbers" in gap.reason
