"""Owners and publishers: what changed between which captures, and who published first."""

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
    stamp,
    version,
)

TIMES = {"1.0.0": "06:00", "1.1.0": "07:00", "1.2.0": "08:00"}


def by(**publishers: str) -> dict[str, Any]:
    """A packument whose versions 1.N.0 are published by v0, v1, v2."""
    return npm(TIMES, {v: version(v, by=publishers.get(f"v{v[2]}", "ada")) for v in TIMES})


def test_an_owner_swap_lies_between_the_captures() -> None:
    case = Case("npm:paint").at("09:00", npm(TIMES, owners=("ada", "ben"))) \
        .at("10:00", npm(TIMES, owners=("mallory", "ada")))
    added, removed = claimed(case, "account.owner-added", "account.owner-removed")
    assert added.statement.startswith(f"mallory became an owner between {stamp('09:00')} and")
    assert removed.statement.startswith("ben ceased to be an owner")
    assert added.when == removed.when == Interval(moment("09:00"), moment("10:00"))
    assert '{"name": "mallory"}' in quotes(added)
    assert added.absences[0].pointer == "/maintainers/mallory"


def test_the_order_of_owners_and_a_list_that_is_not_stated_say_nothing() -> None:
    one, other = npm(TIMES, owners=("ada", "ben")), npm(TIMES, owners=("ben", "ada"))
    rules = ("account.owner-added", "account.owner-removed", "account.role-changed")
    assert claimed(Case("npm:paint").at("09:00", one).at("10:00", other), *rules) == []
    del other["maintainers"]
    assert claimed(Case("npm:paint").at("09:00", one).at("10:00", other), *rules) == []


def test_a_role_changes() -> None:
    releases = {"2.0": [file("paint-2.0.tar.gz", "07:00")]}
    case = Case("pypi:paint").at("09:00", pypi(releases, roles={"ada": "Owner", "m": "Maintainer"}))
    case.at("10:00", pypi(releases, roles={"ada": "Owner", "m": "Owner"}))
    (claim,) = claimed(case, "account.role-changed")
    assert "The role of m changed from Maintainer to Owner" in claim.statement


def test_the_first_version_of_a_new_publisher_cites_both_neighbours() -> None:
    (claim,) = claimed(Case("npm:paint").at("10:00", by(v2="mallory")), "account.first-publish")
    assert claim.subject.version == "1.2.0"
    assert claim.when == moment("08:00")
    assert '"name": "mallory"' in quotes(claim)
    assert f'"1.1.0": "{stamp("07:00")}"' in quotes(claim)


def test_the_first_publisher_of_all_and_one_who_returns_are_no_newcomers() -> None:
    assert claimed(Case("npm:paint").at("10:00", by()), "account.first-publish") == []
    returns = claimed(Case("npm:paint").at("10:00", by(v1="ben")), "account.first-publish")
    assert [c.subject.version for c in returns] == ["1.1.0"]


def test_a_rewritten_publisher_is_one_claim_for_all_versions() -> None:
    case = Case("npm:paint").at("09:00", by()).at("10:00", by(v0="npm", v1="npm", v2="npm"))
    (claim,) = claimed(case, "account.publisher-rewritten")
    assert "of 3 published versions (1.0.0, 1.1.0, 1.2.0) changed from ada to npm" \
        in claim.statement
    assert claimed(case, "account.first-publish", "publish.drift") == []
    email = by()
    email["versions"]["1.0.0"]["_npmUser"]["email"] = "other@inbox.example"
    assert claimed(Case("npm:paint").at("09:00", by()).at("10:00", email),
                   "account.publisher-rewritten") == []


def test_pypi_names_no_uploader_and_the_gap_says_whom_to_ask() -> None:
    _, gaps = run(Case("pypi:paint").at("10:00", pypi({"2.0": [file("p-2.0.tar.gz", "07:00")]})))
    (gap,) = [g for g in gaps if "uploaded" in g.question]
    assert gap.ask is not None
    assert "security history" in gap.ask
    assert not [g for g in run(Case("npm:paint").at("10:00", by()))[1] if "uploaded" in g.question]
