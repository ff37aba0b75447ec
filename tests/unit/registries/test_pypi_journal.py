"""PyPI's journal by XML-RPC: rows of one project out of answers about all."""

import time
from dataclasses import replace
from typing import Any
from xmlrpc.client import Fault, dumps

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regforensics.errors import UnreadableInput
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.lines import Line, LineFact
from regforensics.evidence.xmltree import XmlDocument
from regforensics.model.claim import Gap
from regforensics.model.journal import ACTS, JournalRow, StatedRole
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation
from regforensics.registries import pypi_journal
from regforensics.registries.base import Part, Wanted
from tests.support.documents import holds

PACKAGE = PackageRef.parse("pypi:paint-lines")
AT = 1_772_445_600  # 2026-03-02T10:00:00Z
ROWS = [["other", "9", AT, "new release", 5], ["Paint.Lines", "1.0", AT, "new release", 6],
        ["paint_lines", None, AT + 1, "add Owner eve", 8]]


def part(body: bytes, kind: str = pypi_journal.JOURNAL, *, status: int = 200,
         since: int | None = 4) -> Part:
    line = LineFact("t", Line("custody.jsonl", "0" * 64, 1, 0, b"{}"))
    asked = f"<methodName>changelog_since_serial</methodName><int>{since}</int>"
    return Part(kind, None, Observation(label="EX-000001", sha256="0" * 64, status=status,
                                        line=line), PACKAGE,
                Entry(how="http", kind=kind, request_body=asked), lambda: body,
                XmlDocument("EX-000001", "0" * 64, body))


def response(value: Any) -> bytes:
    return dumps((value,), methodresponse=True, allow_none=True).encode()


def rows(value: Any) -> list[JournalRow | Gap]:
    return list(pypi_journal.read_rows(PACKAGE, part(response(value))))


def read(value: Any) -> list[JournalRow]:
    return [row for row in rows(value) if isinstance(row, JournalRow)]


def test_rows_of_the_project_under_any_spelling_with_their_bytes() -> None:
    first, second = read(ROWS)
    assert (first.serial.value, first.at.value.text, first.action.value, first.act) == (
        6, "2026-03-02T10:00:00Z", "new release", "release-added")
    assert first.version is not None
    assert first.version.value == "1.0"
    assert second.version is None
    assert second.login is not None
    assert second.login.value == "eve"
    citation = second.at.citations[0]
    assert len(second.at.citations) == 1
    assert holds(citation, response(ROWS))
    assert b"add Owner eve" in citation.quote
    assert b"new release" not in citation.quote


@pytest.mark.parametrize(("action", "act", "named"), [
    ("create", "created", {}), ("new release", "release-added", {}),
    ("add py3 file x-1-py3-none-any.whl", "file-added", {"file": "x-1-py3-none-any.whl"}),
    ("add source file a b.tar.gz", "file-added", {"file": "a b.tar.gz"}),
    ("remove file x-1.tar.gz", "file-removed", {"file": "x-1.tar.gz"}),
    ("remove release", "release-removed", {}), ("yank release", "yanked", {}),
    ("unyank release", "unyanked", {}), ("remove project", "project-removed", {}),
    ("add Maintainer ben", "role-added", {"role": "Maintainer", "login": "ben"}),
    ("change Owner ben to Maintainer", "role-changed", {"role": "Owner", "login": "ben"}),
    ("remove Owner ben", "role-removed", {"role": "Owner", "login": "ben"}),
    ("invite Owner ben", "invited", {"role": "Owner", "login": "ben"}),
    ("revoke_invite Owner ben", "invite-revoked", {"role": "Owner", "login": "ben"}),
    ("accepted Owner ben", "invite-accepted", {"role": "Owner", "login": "ben"}),
    ("project quarantined", "quarantined", {}),
    ("project quarantine cleared", "quarantine-cleared", {}),
    ("release quarantined", "release-quarantined", {}),
    ("release quarantine cleared", "release-quarantine-cleared", {}),
    ("update description", "other", {}), ("Yank release", "other", {}), ("nuke user", "other", {}),
])
def test_actions_are_known_by_their_words(action: str, act: str, named: dict[str, str]) -> None:
    row, = read([["paint-lines", "1", AT, action, 6]])
    assert row.act == act
    assert {n: f.value for n in ("file", "role", "login") if (f := getattr(row, n))} == named
    assert set(ACTS) >= {act}


def test_a_fault_is_a_gap_that_cites_it() -> None:
    body = dumps(Fault(-32500, "HTTPTooManyRequests: limit may reset in 7 seconds.")).encode()
    gap, = pypi_journal.read_rows(PACKAGE, part(body))
    assert isinstance(gap, Gap)
    assert "-32500" in gap.reason
    assert "reset in 7 seconds" in gap.reason
    assert holds(gap.citations[0], body)
    assert list(pypi_journal.read_pages(PACKAGE, part(body))) == []


@pytest.mark.parametrize("row", [
    ["paint-lines", "1", "soon", "new release", 6], ["paint-lines", "1", AT, "", 6],
    ["paint-lines", "1", 10**11 * 9, "new release", 6], ["paint-lines", "1", AT, [], 6]])
def test_a_row_of_another_form_is_a_gap(row: Any) -> None:
    value = [[str(cell) if isinstance(cell, int) and cell > 2**31 else cell for cell in row]]
    gap, = rows(value)
    assert isinstance(gap, Gap)
    assert "row 6" in gap.question


@pytest.mark.parametrize("value", [[], 7, "x", {}, [[]], [["paint-lines"]], [[1, 2, 3, 4, 5, 6]],
                                   [["paint-lines", "1", AT, "create", "x"]], [None], [[None] * 5]])
def test_other_values_hold_no_rows(value: Any) -> None:
    assert rows(value) == []


def test_an_answer_that_is_no_response_is_a_gap() -> None:
    gap, = pypi_journal.read_rows(PACKAGE, part(b"<methodResponse/>"))
    assert isinstance(gap, Gap)
    broken = replace(part(b"<a/>"), xml=None)
    with pytest.raises(UnreadableInput):
        list(pypi_journal.read_rows(PACKAGE, broken))
    assert list(pypi_journal.read_rows(PACKAGE, part(b"<a/>", status=404))) == []


def test_pages_say_how_far_they_go() -> None:
    page, = pypi_journal.read_pages(PACKAGE, part(response(ROWS)))
    assert (page.since, page.last, page.rows) == (4, 8, 3)
    empty, = pypi_journal.read_pages(PACKAGE, part(response([])))
    assert (empty.last, empty.rows) == (None, 0)


def test_roles() -> None:
    found = [r for r in pypi_journal.read_roles(PACKAGE, part(
        response([["Owner", "ada"], ["x"], "y", ["Maintainer", "ben"]]), pypi_journal.ROLES))
        if isinstance(r, StatedRole)]
    assert [(r.login.value, r.role.value) for r in found] == [("ada", "Owner"),
                                                              ("ben", "Maintainer")]


def test_nothing_is_asked_where_it_is_not_wanted_or_nothing_moved() -> None:
    def kinds(wanted: Wanted, package: PackageRef = PACKAGE) -> list[str]:
        return [q.kind for q in pypi_journal.ask(package, "https://pypi.example/", [], wanted)]

    assert kinds(Wanted()) == []
    assert kinds(Wanted(journal=True)) == [pypi_journal.ROLES]
    assert kinds(Wanted(journal=True, journal_since=lambda _: 5)) == [
        pypi_journal.ROLES, pypi_journal.JOURNAL]
    assert kinds(Wanted(journal=True), PackageRef.parse("npm:x")) == []


def test_a_page_that_goes_back_ends_the_reading() -> None:
    wanted = Wanted(journal=True, journal_since=lambda _: 9)
    asked = pypi_journal.ask(PACKAGE, "https://pypi.example/", [part(response(ROWS))], wanted)
    assert [q.kind for q in asked] == [pypi_journal.ROLES]


CELL = st.none() | st.integers(-2**31, 2**31 - 1) | st.text("abc <&]\u00e9", max_size=8) \
    | st.sampled_from(["paint-lines", "add Owner x", "remove file y", "change Owner a to b"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.lists(CELL, min_size=5, max_size=5) | CELL,
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=3), inner, max_size=2), max_leaves=10)


@settings(max_examples=150, deadline=None)
@given(VALUES, st.integers(0, 2000), st.binary(max_size=6))
def test_any_answer_is_read_or_refused(value: Any, place: int, odd: bytes) -> None:
    whole = response(value)
    for body in (whole, whole[:place] + odd + whole[place:], whole[:place]):
        try:
            answer = part(body)
        except UnreadableInput:
            continue
        for kind in pypi_journal.JOURNAL, pypi_journal.ROLES:
            one = replace(answer, kind=kind)
            for reader in (pypi_journal.read_rows, pypi_journal.read_pages,
                           pypi_journal.read_roles):
                assert all(found is not None for found in reader(PACKAGE, one))
        wanted = Wanted(journal=True, journal_since=lambda _: 0)
        assert len(list(pypi_journal.ask(PACKAGE, "https://p.example/", [answer], wanted))) <= 2


def test_a_full_page_is_read_in_seconds() -> None:
    many = [["other", "1.0", AT, "add source file other-1.0.tar.gz", n] for n in range(1, 50_000)]
    body = response([*many, ["paint-lines", "1", AT, "yank release", 50_000]])
    began = time.process_time()
    row, = pypi_journal.read_rows(PACKAGE, part(body))
    assert isinstance(row, JournalRow)
    assert row.at.citations[0].where.endswith("value[50000]")
    assert time.process_time() - began < 20
