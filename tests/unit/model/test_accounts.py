"""Accounts as targets and as subjects of custody."""

import pytest

from regforensics.errors import WrongUsage
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.naming import file_name
from regforensics.model.package import PackageRef


@pytest.mark.parametrize("target", ["npm-user:ada", "pypi-user:Ada.L"])
def test_an_account_is_read_back_from_its_text(target: str) -> None:
    account = PackageRef.parse(target)
    assert account.is_account
    assert account.home == target.partition("-")[0]
    assert str(account) == account.target == target
    assert PackageRef.parse(str(account)) == account.at(None)


def test_a_package_is_none() -> None:
    package = PackageRef.parse("npm:ada")
    assert (package.is_account, package.home) == (False, "npm")


@pytest.mark.parametrize("text", ["npm-user:", "npm-user:a b", "npm-user:a/b", "npm-user:ada@1",
                                  "maven-user:x", "npm-user:" + "a" * 300, "npm-user:a?b"])
def test_what_names_no_account_is_refused(text: str) -> None:
    with pytest.raises(WrongUsage):
        PackageRef.parse(text)


def test_its_exhibits_are_named_after_it() -> None:
    entry = Entry(how="http", kind="npm-search", what="search", subject="npm-user:ada")
    assert file_name("EX-000001", entry) == "EX-000001.npm-user.ada.search.json"
