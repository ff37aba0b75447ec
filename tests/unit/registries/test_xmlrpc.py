"""Answers of PyPI's XML-RPC: rows as facts, and what hostile answers become."""

import hashlib
import time
from contextlib import suppress
from xmlrpc.client import dumps, loads

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.errors import UnreadableInput
from regforensics.evidence.exhibit import Entry
from regforensics.model.account import AccountAnswer
from regforensics.model.claim import Gap
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation
from regforensics.registries import pypi_roles
from regforensics.registries.accounts import pypi_user
from regforensics.registries.base import Part, Wanted
from tests.support.documents import holds

ADA, PAINT = PackageRef.parse("pypi-user:ada"), PackageRef.parse("pypi:paint")


def part(body: bytes, kind: str = pypi_user.KIND, status: int = 200) -> Part:
    return Part(kind, None, Observation(label="EX-000001", status=status,
                                        sha256=hashlib.sha256(body).hexdigest()),
                ADA, Entry(how="http", kind=kind, run="r"), lambda: body)


def rows(*pairs: tuple[str, str]) -> bytes:
    return dumps(([list(pair) for pair in pairs],), methodresponse=True).encode()


def test_the_projects_of_an_account_quote_their_bytes() -> None:
    body = rows(("Owner", "Paint.Lines"), ("Maintainer", "brush"), ("Owner", "a b"))
    gap, found = pypi_user.read(ADA, part(body))
    assert isinstance(gap, Gap) and "1 rows" in gap.reason
    assert isinstance(found, AccountAnswer)
    assert [r.package.target for r in found.packages] == ["pypi:paint-lines", "pypi:brush"]
    assert [r.role.value for r in found.packages] == ["Owner", "Maintainer"]
    assert all(holds(c, body) for r in found.packages for f in (r.name, r.role)
               for c in f.citations)


def test_a_package_gets_its_own_row_and_another_account_nothing() -> None:
    body = rows(("Owner", "paint"), ("Owner", "brush"))
    (found,) = pypi_user.read(PAINT, part(body))
    assert isinstance(found, AccountAnswer) and len(found.packages) == 1
    assert list(pypi_user.read(PackageRef.parse("pypi:other"), part(body))) == []
    assert list(pypi_user.read(PackageRef.parse("pypi-user:ben"), part(body))) == []


def test_a_service_that_does_not_answer_such_calls_is_a_gap() -> None:
    (gap,) = pypi_user.read(ADA, part(b"", status=404))
    assert isinstance(gap, Gap)
    assert list(pypi_roles.read(PAINT, part(b"", pypi_roles.KIND, 404))) == []


def test_texts_without_a_type_are_texts() -> None:
    body = rows(("Owner", "paint")).replace(b"<string>", b"").replace(b"</string>", b"")
    (found,) = pypi_user.read(ADA, part(body))
    assert isinstance(found, AccountAnswer) and found.packages[0].name.value == "paint"


def test_a_call_carries_the_name_as_text() -> None:
    (query,) = pypi_user.PypiUser().queries(PackageRef.parse("pypi-user:a&<b"), "https://x.example")
    assert loads(query.body or b"") == (("a&<b",), "user_packages")
    assert (query.url, query.method) == ("https://x.example/pypi", "POST")


def test_roles_are_asked_for_after_an_absence_alone() -> None:
    def asked(kind: str, status: int) -> int:
        answered = [part(b"", kind, status)]
        return len(list(pypi_roles.ask(PAINT, "https://x.example/", answered, Wanted())))

    assert asked("pypi-json", 404) == 1
    assert asked("pypi-json", 200) == asked("pypi-simple", 404) == 0


@given(st.binary(max_size=200) | st.text(alphabet="<>/avluedtromhspn &;", max_size=80).map(
    lambda inside: f"<methodResponse>{inside}</methodResponse>".encode()))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(UnreadableInput):
        list(pypi_user.read(ADA, part(body)))
    with suppress(UnreadableInput):
        list(pypi_roles.read(PAINT, part(body, pypi_roles.KIND)))


@pytest.mark.parametrize("body", [
    rows(*[("Owner", f"p{i}") for i in range(12_000)]),
    b"<methodResponse>" * 50_000, b"<!DOCTYPE a><methodResponse/>"])
def test_huge_and_hostile_answers_end_soon(body: bytes) -> None:
    started = time.process_time()
    with suppress(UnreadableInput):
        gap, found = pypi_user.read(ADA, part(body))
        assert isinstance(gap, Gap) and "2000 rows" in gap.reason
        assert isinstance(found, AccountAnswer) and len(found.packages) == 10_000
    assert time.process_time() - started < 1.0
