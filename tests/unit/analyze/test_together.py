"""Leads that meet in one version are lifted, others stay where they are."""

from typing import Any

from tests.unit.analyze.documents import Case, claimed, npm, version

HEAD = {"gitHead": "0123abcd", "_npmVersion": "10.2.4", "_nodeVersion": "20.1.0"}
RULES = ("account.address-changed", "account.client-changed", "account.commit-missing")


def case(last: dict[str, Any]) -> Case:
    """Three versions of one kind and another one."""
    listed = {f"1.{i}.0": version(f"1.{i}.0") | HEAD for i in range(3)}
    listed["1.3.0"] = version("1.3.0") | last
    return Case("npm:paint").at("10:00", npm({v: f"0{6 + i}:00" for i, v in enumerate(listed)},
                                             listed))


def test_three_leads_about_one_version_are_lifted() -> None:
    user = {"_npmUser": {"name": "ada", "email": "other@inbox.example"}}
    found = claimed(case(user), *RULES)
    assert {c.rule for c in found} == set(RULES)
    assert all(c.notable for c in found)


def test_two_leads_stay_routine() -> None:
    found = claimed(case({}), *RULES)
    assert {c.rule for c in found} == set(RULES[1:])
    assert not any(c.notable for c in found)
