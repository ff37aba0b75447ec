"""What an account could publish; each rule with its near miss."""

from typing import Any

from regforensics.analyze.custody.inventory import inventory
from regforensics.model.coverage import Coverage
from tests.unit.analyze.documents import NO_SCOPE, Case, claimed, npm, run

ADA = "npm-user:ada"
SEARCH = "https://registry.example/-/v1/search?text=maintainer%3Aada&size=250&from="


def hit(name: str, *, by: str = "ada", people: tuple[str, ...] = ("ada",)) -> dict[str, Any]:
    """One result of npm's search."""
    return {"package": {"name": name, "version": "1.2.0", "date": "2026-03-01T08:00:00.000Z",
                        "publisher": {"username": by},
                        "maintainers": [{"username": person} for person in people]}}


def found(when: str, *names: str, of: str = ADA, total: int | None = None, start: int = 0,
          case: Case | None = None, hits: tuple[dict[str, Any], ...] = ()) -> Case:
    """One page of a search."""
    body = {"objects": [*map(hit, names), *hits], "time": "x",
            "total": len(names) + len(hits) if total is None else total}
    return (case or Case(of)).beside(when, "npm-search", body, subject=ADA,
                                     url=f"{SEARCH}{start}")


def test_the_packages_of_an_account_are_named_with_the_reservation() -> None:
    (claim,) = claimed(found("10:00", "paint", "brush"), "account.can-publish")
    assert "the account ada is a maintainer of 2 packages: brush, paint." in claim.statement
    assert "there may be more" in claim.statement
    assert str(claim.subject) == ADA
    (nothing,) = claimed(found("10:00"), "account.can-publish")
    assert "named no package that the account ada maintains" in nothing.statement


def test_many_packages_are_counted_and_the_first_named() -> None:
    (claim,) = claimed(found("10:00", *(f"p{i:03}" for i in range(120))), "account.can-publish")
    assert "of 120 packages: p000" in claim.statement
    assert claim.statement.count(", p") == 19 and "100 more" in claim.statement
    assert len(claim.citations) < 60


def test_results_that_do_not_name_the_account_are_left_out_and_said() -> None:
    case = found("10:00", "paint", hits=(hit("other", people=("ben",)),))
    (claim,) = claimed(case, "account.can-publish")
    assert "of 1 package: paint." in claim.statement
    assert "1 of 2 results do not name it as a maintainer" in {g.reason for g in run(case)[1]}


def test_a_package_in_the_evidence_is_joined() -> None:
    case = found("10:00", "paint", "brush", of="npm:paint")
    case.at("09:00", npm({"1.0.0": "08:00"}, owners=("ada",)))
    (claim,) = claimed(case, "account.reaches")
    assert "it shows is 1.2.0, published at 2026-03-01T08:00:00.000Z by ada" in claim.statement
    assert not claim.notable
    other = found("10:00", "brush", of="npm:paint").at("09:00", npm({"1.0.0": "08:00"}))
    assert claimed(other, "account.reaches") == []


def test_a_package_whose_own_document_does_not_name_the_account() -> None:
    case = found("10:00", "paint", of="npm:paint").at(
        "09:00", npm({"1.0.0": "08:00"}, owners=("ben",)))
    (claim,) = claimed(case, "account.reaches")
    assert claim.notable and "does not name it" in claim.statement
    assert [a.pointer for a in claim.absences] == ["/maintainers/ada"]


def test_packages_gained_and_lost_between_two_answers() -> None:
    case = found("11:00", "paint", "rollers", case=found("10:00", "paint", "brush"))
    (gained,) = claimed(case, "account.packages-gained")
    assert "in rollers, that of 2026-03-02T10:00:00.000Z does not." in gained.statement
    (lost,) = claimed(case, "account.packages-lost")
    assert "in brush, that of 2026-03-02T11:00:00.000Z does not any more" in lost.statement
    same = found("11:00", "brush", "paint", case=found("10:00", "paint", "brush"))
    assert claimed(same, "account.packages-gained", "account.packages-lost") == []


def test_an_answer_with_missing_pages_loses_nothing() -> None:
    early = found("10:00", "paint", "brush")
    assert claimed(found("11:00", "paint", total=400, case=early), "account.packages-lost") == []
    cut = run(found("11:00", "paint", total=400))[1]
    assert "1 packages were read, and the registry says that it found 400" in {
        gap.reason for gap in cut}


def test_what_is_unknown_is_said_once_and_no_registry_state_is_missed() -> None:
    claims, gaps = run(found("10:00", "paint"))
    assert {c.rule for c in claims} == {"account.can-publish"}
    assert [g.question for g in gaps] == ["what else the account could publish"]
    assert "data export" in (gaps[0].ask or "")


def test_the_inventory_says_how_far_the_answer_goes() -> None:
    (row,) = inventory([found("10:00", "paint").history()], NO_SCOPE)
    assert isinstance(row, Coverage)
    assert (row.question, row.authority) == ("account", "limited")
    assert "leaves packages out" in row.source


def test_a_registry_without_search_is_a_gap() -> None:
    case = Case(ADA).beside("10:00", "npm-search", {"error": "none"}, subject=ADA, status=404)
    claims, gaps = run(case)
    assert claims == []
    assert "the registry does not answer searches" in gaps[0].reason
