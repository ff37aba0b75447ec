"""The matrix is computed from what is on disk."""

from regforensics.analyze.custody.inventory import inventory
from regforensics.model.coverage import QUESTIONS
from regforensics.model.history import History, Scope
from tests.unit.analyze.documents import (
    MIRROR,
    NO_SCOPE,
    Case,
    file,
    npm,
    pypi,
    scope,
    simple,
    stamp,
    version,
)

ONE = npm({"1.0.0": "07:00"})


def matrix(case: Case, about: Scope = NO_SCOPE) -> dict[str, list[str]]:
    """Authorities by question."""
    rows = inventory([case.history()], about)
    assert all(row.ask or row.authority in {"authoritative"} for row in rows)
    return {q: [r.authority for r in rows if r.question == q] for q in QUESTIONS}


def test_one_capture_of_an_origin() -> None:
    assert matrix(Case("npm:paint").at("09:00", ONE)) == {
        "publish": ["authoritative"], "withdrawal": ["unavailable"], "install": ["unavailable"],
        "account": ["limited"]}


def test_two_captures_bound_a_withdrawal_and_a_repeated_time_does_not() -> None:
    case = Case("npm:paint").at("09:00", ONE)
    assert matrix(case.at("09:00", ONE))["withdrawal"] == ["unavailable"]
    assert matrix(case.at("10:00", ONE))["withdrawal"] == ["approximate"]
    row = next(r for r in inventory([case.history()], NO_SCOPE) if r.question == "withdrawal")
    assert row.covers == f"3 captures, {stamp('09:00')} to {stamp('10:00')}"


def test_a_tombstone_is_authoritative_and_a_mirrors_times_are_limited() -> None:
    stone = npm({"1.0.0": "07:00"}, unpublished={"time": stamp("08:00"), "versions": ["1.0.0"]})
    assert matrix(Case("npm:paint").at("09:00", stone))["withdrawal"] == ["authoritative"]
    mirrored = Case("npm:paint").at("09:00", ONE | {"_uplinks": {}}, registry=MIRROR)
    assert matrix(mirrored)["publish"] == ["limited"]
    untimed = Case("npm:paint").at("09:00", {k: v for k, v in ONE.items() if k != "time"})
    assert matrix(untimed)["publish"] == ["unavailable"]


def test_a_ghost_in_a_single_capture_is_named_but_not_dated() -> None:
    ghost = npm({"1.0.0": "07:00", "1.1.0": "08:00"}, {"1.0.0": version("1.0.0")})
    rows = inventory([Case("npm:paint").at("09:00", ghost).history()], NO_SCOPE)
    (row,) = [r for r in rows if r.question == "withdrawal"]
    assert row.authority == "unavailable"
    assert "though 1 version is gone" in row.source


def test_pypi_names_no_account() -> None:
    releases = {"2.0": [file("paint-2.0.tar.gz", "07:00")]}
    case = Case("pypi:paint").at("09:00", pypi(releases, roles={"ada": "Owner"}), simple(releases))
    rows = inventory([case.history()], NO_SCOPE)
    (row,) = [r for r in rows if r.question == "account"]
    assert row.authority == "unavailable"
    assert row.ask is not None
    assert "security history" in row.ask


def test_nothing_on_disk_is_four_unavailable_rows() -> None:
    empty = History(Case("npm:paint").package, ())
    assert [r.authority for r in inventory([empty], NO_SCOPE)] == ["unavailable"] * 4
    rows = inventory([], scope("npm:brush@1.0.0", "npm:brush@1.0.1"))
    assert [(str(r.subject), r.authority) for r in rows] == [("pkg:npm/brush", "unavailable")] * 4
