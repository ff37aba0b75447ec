"""Owners frozen at each publish: a change that no capture saw."""

from typing import Any

from regforensics.model.instant import Interval
from tests.unit.analyze.documents import Case, claimed, moment, npm, quotes, scope, version

RULE = "account.owners-at-publish"


def case(*owners: tuple[str, ...], by: tuple[str, ...] = ()) -> Case:
    """Versions an hour apart, each with its frozen owners."""
    listed: dict[str, Any] = {
        f"1.{i}.0": version(f"1.{i}.0", by=by[i] if by else "ada",
                            maintainers=[{"name": name} for name in names])
        for i, names in enumerate(owners)}
    return Case("npm:paint").at("10:00", npm(
        {v: f"0{6 + i}:00" for i, v in enumerate(listed)}, listed))


def test_owners_that_came_and_went_between_two_publishes() -> None:
    (claim,) = claimed(case(("ada", "ben"), ("ada", "mallory")), RULE)
    assert claim.when == Interval(moment("06:00"), moment("07:00"))
    assert claim.statement.endswith("mallory came; ben went.")
    assert len([q for q in quotes(claim) if q.startswith('"maintainers"')]) == 2
    assert not claim.notable
    (claim,) = claimed(case(("ada", "ben"), ("ada", "mallory")), RULE,
                       scope=scope("npm:paint@1.1.0"))
    assert claim.notable


def test_a_new_owner_who_publishes_at_once() -> None:
    (claim,) = claimed(case(("ada",), ("ada", "mallory"), by=("ada", "mallory")), RULE)
    assert claim.statement.endswith("mallory published this version, the first of their own.")


def test_the_same_owners_in_another_order_and_a_missing_list_are_silent() -> None:
    assert claimed(case(("ada", "ben"), ("ben", "ada"), ()), RULE) == []
