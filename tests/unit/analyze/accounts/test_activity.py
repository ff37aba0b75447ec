"""Account activity around a publish: rows, joins and journeys, and what they do not show."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.analyze.accounts import activity
from regforensics.analyze.accounts.travel import distance
from regforensics.model.citation import derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import Scope
from regforensics.model.placing import Placed
from tests.support.logged import Stored, events, log
from tests.unit.analyze.documents import Case, npm, scope
from tests.unit.analyze.logs.test_logged import row as request

LISBON = ("Lisbon", "Portugal", 38.7, -9.1)
OSAKA = ("Osaka", "Japan", 34.7, 135.5)


def signed(at: str, actor: str = "ada@corp.example", address: str = "203.0.113.77", *,
           kind: str = "user.session.start", place: tuple[str, str, float, float] | None = LISBON,
           result: str = "SUCCESS", session: str | None = None) -> str:
    """One row of an identity provider's log on the day of the small scenarios."""
    where: Any = None
    if place is not None:
        where = {"city": place[0], "country": place[1],
                 "geolocation": {"lat": place[2], "lon": place[3]}}
    stamp = f"{at}Z" if "T" in at else f"2026-03-02T{at}Z"
    return json.dumps({
        "uuid": f"{stamp}{actor}", "published": stamp, "eventType": kind,
        "actor": {"alternateId": actor}, "outcome": {"result": result}, "target": None,
        "authenticationContext": {"externalSessionId": session},
        "client": {"ipAddress": address, "geographicalContext": where}}) + "\n"


def told(*logs: Stored, on: Scope | None = None) -> tuple[list[Claim], list[Gap]]:
    """What is said about paint 1.1.0, published at 07:00 by ada."""
    made = Case("npm:paint").at("08:00", npm({"1.0.0": "06:00", "1.1.0": "07:00"}))
    history = replace(made.history(), events=events(*logs))
    stored = {one.label: one.body for one in logs}
    found = list(activity.run(history, on or scope("npm:paint@1.1.0")))
    claims = [f for f in found if isinstance(f, Claim)]
    for claim in claims:
        for cited in claim.citations:
            if cited.exhibit in stored:
                assert stored[cited.exhibit][cited.start:cited.end] == cited.quote
    return claims, [f for f in found if isinstance(f, Gap)]


def of(claims: list[Claim], rule: str) -> list[Claim]:
    """The claims of one rule."""
    return [claim for claim in claims if claim.rule == f"account.{rule}"]


def test_what_the_publishers_account_did_around_the_publish() -> None:
    claims, _ = told(log("okta.log", "".join((
        signed("2026-03-01T06:00:00.000"), signed("05:00:00.000", result="FAILURE"),
        signed("05:01:00.000"), signed("06:50:00.000", kind="user.mfa.factor.activate"),
        signed("08:00:00.000", "bob@corp.example")))))
    (claim,) = of(claims, "around-publish")
    assert ("the identity logs have of ada@corp.example, whose name before the @ is that of the"
            " registry account ada (a possible match, no more): sign-in failed 1, sign-in 1, factor"
            " 1;") in claim.statement
    assert "203.0.113.77" in claim.statement and "Lisbon" in claim.statement
    (changed,) = of(claims, "changed-near-publish")
    assert "10 min before the publish of version 1.1.0" in changed.statement
    assert "a factor of ada@corp.example" in changed.statement
    (others,) = of(claims, "others-around-publish")
    assert "1 row of 1 account" in others.statement and not others.notable
    assert "bob" not in " ".join(c.statement for c in claims)
    assert not of(claims, "travel") and not of(claims, "same-address")


def test_the_window_can_be_set() -> None:
    body = signed("2026-03-01T06:00:00.000") + signed("08:00:00.000", "bob@corp.example")
    wide = replace(scope("npm:paint@1.1.0"), window=scope().window * 2)
    assert not of(told(log("okta.log", body))[0], "around-publish")
    assert of(told(log("okta.log", body), on=wide)[0], "around-publish")


def test_no_row_of_the_publisher_is_said_with_its_coverage() -> None:
    claims, _ = told(log("okta.log", signed("06:00:00.000", "bob@corp.example")
                         + signed("18:00:00.000", "bob@corp.example"), usual=1e9))
    (claim,) = of(claims, "no-activity")
    assert "names ada; they cover 25 % of that time" in claim.statement
    assert not of(told(log("okta.log", signed("06:00:00.000")))[0], "no-activity")


def test_an_equal_address_joins_and_a_different_one_says_nothing() -> None:
    upload = request("06:59:59.000", "198.51.100.9", path="/api/npm/npm-local/paint", method="PUT",
                     status=201)
    claims, _ = told(log("okta.log", signed("06:40:00.000", address="198.51.100.9")),
                     log("proxy.log", upload, "EX-000102"))
    (claim,) = of(claims, "same-address")
    assert "The address 198.51.100.9 stands in a row of ada@corp.example" in claim.statement
    assert "06:59:59.000Z" in claim.statement
    assert {c.exhibit for c in claim.citations} >= {"EX-000101", "EX-000102"}
    claims, _ = told(log("okta.log", signed("06:40:00.000")), log("proxy.log", upload, "EX-000102"))
    assert not of(claims, "same-address")


def test_a_journey_that_nobody_makes() -> None:
    claims, _ = told(log("okta.log", signed("05:00:00.000")
                         + signed("06:00:00.000", address="198.51.100.9", place=OSAKA)))
    (claim,) = of(claims, "travel")
    assert 'from 203.0.113.77, "Lisbon, Portugal"' in claim.statement
    assert "11077 km apart in 1 h, which would take 11077 km/h" in claim.statement


@pytest.mark.parametrize("second", [
    signed("06:00:00.000", place=("Porto", "Portugal", 41.1, -8.6)),
    signed("18:30:00.000", place=OSAKA),
    signed("06:00:00.000", place=OSAKA, result="FAILURE"),
    signed("06:00:00.000", "bob@corp.example", place=OSAKA),
    signed("06:00:00.000", place=None),
    signed("06:00:00.000", place=("Nowhere", "", 999.0, 0.0)),
], ids=["near", "slow", "refused", "another account", "no place", "no such place"])
def test_ordinary_journeys(second: str) -> None:
    assert not of(told(log("okta.log", signed("05:00:00.000") + second))[0], "travel")


@given(st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
       st.tuples(st.floats(-90, 90), st.floats(-180, 180)))
def test_distances_are_those_of_a_globe(one: tuple[float, float],
                                        other: tuple[float, float]) -> None:
    assert 0 <= distance(one, other) <= 20016
    assert distance(one, other) == pytest.approx(distance(other, one), abs=1e-6)


def test_without_identity_logs_or_a_publish_time() -> None:
    assert told() == ([], [])
    claims, gaps = told(log("okta.log", signed("05:00:00.000")), on=scope("npm:paint@9.9.9"))
    assert not claims and "publish of version 9.9.9" in gaps[0].question


def test_a_session_of_several_addresses_is_told() -> None:
    rows = "".join((
        signed("06:00:00.000", session="102abc"), signed("06:10:00.000", session="102abc"),
        signed("06:40:00.000", address="198.51.100.4", session="102abc"),
        signed("06:50:00.000", "bob@corp.example", "192.0.2.1", session="103"),
        signed("06:51:00.000", "bob@corp.example", "192.0.2.2", session="103")))
    mine, other = of(told(log("okta.log", rows))[0], "session-shared")
    assert mine.notable and not other.notable
    assert mine.statement == (
        "The session 102abc of ada@corp.example was used from 2 addresses, each first at:"
        " 203.0.113.77 (2026-03-02T06:00:00.000Z), 198.51.100.4 (2026-03-02T06:40:00.000Z)."
        " A lead only.")
    assert len(mine.citations) == 2 and "103" in other.statement


@pytest.mark.parametrize("rows", [
    signed("06:00:00.000", session="1") + signed("06:10:00.000", session="1"),
    signed("06:00:00.000", session="1") + signed("06:10:00.000", address="192.0.2.1", session="2"),
    signed("06:00:00.000") + signed("06:10:00.000", address="192.0.2.1"),
    signed("06:00:00.000", session="1") + signed("06:10:00.000", address="192.0.2.1", session="1",
                                                  result="FAILURE")])
def test_a_session_of_one_address_is_not(rows: str) -> None:
    assert not of(told(log("okta.log", rows))[0], "session-shared")


PLACES = {"203.0.113.77": Placed(latitude=38.7, longitude=-9.1, country="PT", tables=("T",)),
          "192.0.2.200": Placed(latitude=34.7, longitude=135.5, country="JP", tables=("T",))}


def placed_told(*rows: str) -> list[Claim]:
    """As ``told``, with an offline table."""
    stored = log("okta.log", "".join(rows))
    fact = stored.covered.source
    known = replace(events(stored), places={a: derive(p, fact) for a, p in PLACES.items()})
    made = Case("npm:paint").at("08:00", npm({"1.0.0": "06:00", "1.1.0": "07:00"}))
    found = activity.run(replace(made.history(), events=known), scope("npm:paint@1.1.0"))
    return of([f for f in found if isinstance(f, Claim)], "travel")


def test_a_table_says_where_rows_were_that_do_not() -> None:
    claim, = placed_told(signed("05:00:00.000", place=None),
                         signed("06:00:00.000", address="192.0.2.200", place=None))
    assert "from 203.0.113.77, 38.70 -9.10 in PT by T at" in claim.statement
    assert "km apart in 1 h" in claim.statement
    assert any(c.exhibit == "custody.jsonl" for c in claim.citations)


def test_places_of_two_sources_are_not_compared() -> None:
    assert not placed_told(signed("05:00:00.000", address="198.51.100.9"),
                           signed("06:00:00.000", address="192.0.2.200", place=None))
    both, = placed_told(signed("05:00:00.000"),
                        signed("06:00:00.000", address="192.0.2.200", place=None))
    assert "38.70 -9.10 in PT by T" in both.statement
