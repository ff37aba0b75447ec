"""npm's search for one maintainer: pages, and what hostile answers become."""

import hashlib
import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.errors import UnreadableInput
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.jsontree import Document
from regforensics.model.account import AccountAnswer
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation
from regforensics.registries.accounts.npm_search import KIND, NpmUser, read
from regforensics.registries.base import Part, Wanted
from tests.support.documents import holds
from tests.unit.analyze.accounts.test_reach import hit

ADA = PackageRef.parse("npm-user:ada")
BASE = "https://npm.example/"


def page(body: object, start: int = 0) -> Part:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    digest = hashlib.sha256(raw).hexdigest()
    return Part(KIND, Document("EX-000001", digest, raw),
                Observation(label="EX-000001", sha256=digest, status=200), ADA,
                Entry(how="http", kind=KIND, run="r", url=f"{BASE}?size=250&from={start}"))


def following(*pages: Part) -> list[str]:
    return [q.url for q in NpmUser().follow_ups(ADA, BASE, pages, Wanted())]


def test_pages_go_on_while_there_is_more_and_no_further_than_the_bound() -> None:
    full = {"objects": [hit("paint")], "total": 10 ** 9}
    assert NpmUser().queries(PackageRef.parse("npm-user:a&b"), BASE)[0].url == (
        f"{BASE}-/v1/search?text=maintainer%3Aa%26b&size=250&from=0")
    assert following(page(full)) == [f"{BASE}-/v1/search?text=maintainer%3Aada&size=250&from=250"]
    assert following(*(page(full, 250 * i) for i in range(20))) == []
    for last in ({"objects": [], "total": 999}, {"objects": [hit("paint")], "total": 250},
                 {"objects": [hit("paint")], "total": "many"}, {"objects": 7}):
        assert following(page(last)) == []
    assert following() == []


def test_every_fact_quotes_its_bytes() -> None:
    body = json.dumps({"objects": [hit("@ada/paint")], "total": 1}).encode()
    (found,) = read(ADA, page(body))
    assert isinstance(found, AccountAnswer)
    (row,) = found.packages
    assert row.package == PackageRef.parse("npm:@ada/paint")
    for fact in (row.name, row.role, row.version, row.date, row.publisher, found.total):
        assert fact is not None
        assert all(holds(citation, body) for citation in fact.citations)


def test_what_is_no_page_of_results_is_refused() -> None:
    with pytest.raises(UnreadableInput):
        list(read(ADA, page(b'{"message":"no"}')))


@given(st.recursive(st.none() | st.integers() | st.text(max_size=6), lambda inner:
       st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
           ["objects", "package", "name", "maintainers", "username", "total", "date", "version",
            "publisher"]), inner, max_size=6)))
def test_any_document_is_read_or_refused(value: object) -> None:
    if isinstance(value, dict | list):
        for package in (ADA, PackageRef.parse("npm:paint")):
            with suppress(UnreadableInput):
                list(read(package, page(value)))
        following(page(value))


def test_huge_pages_take_no_time() -> None:
    people = tuple(f"p{i}" for i in range(5000))
    body = json.dumps({"objects": [hit(f"p{i}", people=people) for i in range(100)] + [
        hit("x") for _ in range(20_000)], "total": 1}).encode()
    started = time.process_time()
    list(read(ADA, page(body)))
    assert time.process_time() - started < 1.0
