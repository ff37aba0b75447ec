"""The earliest moment that an answer can stand for, by what its headers say."""

import pytest

from regforensics.evidence.exhibit import Entry, Headers
from regforensics.evidence.freshness import freshness

ASKED, HEARD = "2026-03-02T09:00:00.250Z", "2026-03-02T09:00:00.900Z"
HIT, SECOND = ("X-Cache", "MISS, HIT"), "Mon, 02 Mar 2026 09:00:00 GMT"


def stated(*headers: tuple[str, str]) -> tuple[str | None, str]:
    entry = Entry(how="http", kind="packument", requested_at=ASKED, observed_at=HEARD,
                  headers=headers)
    found = freshness(entry)
    return (found.since.text if found.since else None), found.served


@pytest.mark.parametrize("headers", [
    (), (("Age", "0"),), (("Date", SECOND),), (("Age", "-5"),), (("Age", "1e3"),),
    (("Age", "9" * 40),), (("Date", "yesterday"),), (("Date", "Mon, 02 Mar 2026 10:00:00 GMT"),),
    (("X-Cache", "MISS"),)])
def test_a_fresh_answer_stands_for_the_time_of_the_request(headers: Headers) -> None:
    assert stated(*headers) == (ASKED, "")


def test_an_age_is_taken_off_the_time_of_the_request() -> None:
    since, served = stated(("age", "3500"), ("Date", SECOND))
    assert since == "2026-03-02T08:01:40.250Z"
    assert served == "served from a cache 3500 s old"


def test_the_origins_date_is_not_counted_twice_and_an_older_one_wins() -> None:
    twice = stated(("Age", "3600"), ("Date", "Mon, 02 Mar 2026 08:00:00 GMT"))
    assert twice[0] == "2026-03-02T08:00:00.250Z"
    old = stated(("Age", "60"), ("Date", "Mon, 02 Mar 2026 07:00:00 GMT"))
    assert old == ("2026-03-02T07:00:00.000Z", "served from a cache 60 s old")
    alone = stated(("Date", "Mon, 02 Mar 2026 07:00:00 GMT"))
    assert alone == ("2026-03-02T07:00:00.000Z", "dated 2026-03-02T07:00:00.000Z by its server")


def test_a_hit_without_an_age_is_bounded_by_its_lifetime_or_by_nothing() -> None:
    since, served = stated(HIT, ("Cache-Control", "max-age=900, public"))
    assert since == "2026-03-02T08:45:00.250Z"
    assert served.endswith("at most 900 s by its Cache-Control")
    assert stated(HIT)[0] is None
    assert stated(HIT, ("Age", "10"))[0] == "2026-03-02T08:59:50.250Z"


def test_what_was_handed_over_stands_for_the_time_that_was_stated() -> None:
    found = freshness(Entry(how="file", kind="packument", observed_at=HEARD))
    assert found.since and found.since.text == HEARD
    assert freshness(Entry(how="file", kind="packument")).since is None
