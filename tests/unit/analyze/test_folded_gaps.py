"""What could not be known of a whole registry is said once, with the packages that it concerns."""

from regforensics.analyze.running import run_all
from regforensics.analyze.silence import folded, silent
from regforensics.model.claim import Gap
from regforensics.model.package import PackageRef
from tests.unit.analyze.documents import NO_SCOPE, Case, npm

A, B, C = map(PackageRef.parse, ("npm:a", "npm:b", "pypi:c"))


def test_the_same_gap_of_one_registry_is_one_and_names_every_package() -> None:
    same = [Gap("who", "no log", p, "npm") for p in (A, B)]
    other = [Gap("who", "no log", C, "npm"), Gap("who", "another reason", A, "npm"),
             Gap("who", "no log", A.at("1.0.0"), "npm")]
    found = folded([*same, *other])
    assert found == (Gap("who", "no log (2 packages: npm:a, npm:b)", None, "npm"), *other)


def test_a_case_of_many_packages_does_not_repeat_itself() -> None:
    def gaps(count: int) -> int:
        cases = [Case(f"npm:p{n}").at("09:00", npm({"1.0.0": "07:00"}, name=f"p{n}"))
                 for n in range(count)]
        return len(run_all([case.history() for case in cases], NO_SCOPE)[1])

    assert gaps(15) == gaps(1)


def test_nothing_is_said_of_owners_where_no_document_names_any() -> None:
    def reasons(case: Case) -> list[str]:
        return [gap.reason for gap in silent(case.history(), ()) if "who could" in gap.question]

    assert reasons(Case("npm:paint").fails("09:00", "timed out")) == [
        "no document about the package is in the evidence"]
    assert reasons(Case("npm-user:ada")) == ["no document about the account is in the evidence"]
    assert "no change of owners" in reasons(Case("npm:paint").at("09:00", npm({"1.0.0": "07:00"}))
                                            )[0]
