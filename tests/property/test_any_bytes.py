"""Whatever bytes a registry sends, reading them gives a state, soon, and what it cites is there."""

import re
import time
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from regforensics.evidence.jsontree import Leaf, View
from regforensics.evidence.jsonwalk import locate
from regforensics.model.citation import Absence, Citation, Derived, Fact
from regforensics.model.snapshot import STATES, Release, Snapshot
from regforensics.reading import Reader
from tests.support.archive import MemoryArchive
from tests.support.documents import encoded, packument
from tests.unit.registries.test_pypi import file, project, simple

PACKUMENT = encoded(packument(versions={
    "1.0.0": {"deprecated": "old", "scripts": {"install": "x"}, "_npmUser": {
        "name": "ada", "approver": {"name": "bo"}}}, "1.1.0beta": {}, "1.1.0-beta": {}}))
FILES = [file("brush-1.0.tar.gz"), file("brush-1.0-py3-none-any.whl"), file("brush-0.9.egg")]
JSON = project({"1.0": FILES[:2], "0.9": FILES[2:]}, ownership={
    "roles": [{"user": "ada", "role": "Owner"}], "organization": None})
SIMPLE = simple(FILES, ["0.9", "1.0"])
MEMBER = re.compile(rb'"[^"]*":(?:"[^"]*"|\d+|null|\{[^{}]*\}|\[[^\[\]]*\]),?')
ODD = st.sampled_from([b"\xff", b"\x00", rb"\ud800", rb"\udc00", b"\xed\xa0\x80", b'"', b"{", b"]",
                       b"\\", b"9" * 5000, b"1e999", b"-0", b"null", b"[" * 2000, b",", b":",
                       b"\xef\xbb\xbf", rb"\u0000", b"/", b"~"])


@st.composite
def mutated(draw: st.DrawFn, body: bytes) -> bytes:
    """The document with some of its bytes flipped, cut out, put in, and members repeated."""
    for kind in draw(st.lists(st.sampled_from(["flip", "cut", "put", "over", "twice"]),
                              max_size=5)):
        at = draw(st.integers(0, max(len(body) - 1, 0)))
        if kind == "flip":
            body = body[:at] + bytes([(body[at:at + 1] or b"x")[0] ^ 1 << draw(
                st.integers(0, 7))]) + body[at + 1:]
        elif kind == "cut":
            body = body[:at] + body[at + draw(st.integers(1, 40)):]
        elif kind == "put":
            body = body[:at] + draw(ODD) + body[at:]
        elif kind == "over":
            odd = draw(ODD)
            body = body[:at] + odd + body[at + len(odd):]
        else:
            member = MEMBER.search(body, at)
            if member:
                body = body[:member.start()] + member[0].rstrip(b",") + b"," + body[
                    member.start():]
    return body


def facts(value: object) -> Iterator[Fact[object]]:
    """Every fact in a release or a file."""
    if isinstance(value, View | Leaf | Derived):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from facts(part)
    elif hasattr(value, "values"):
        for part in value.values():
            yield from facts(part)


def all_of(state: Snapshot) -> Iterator[Fact[object]]:
    """Every fact of a state."""
    for release in state.releases.values():
        assert isinstance(release, Release)
        yield from facts(tuple(release))
    yield from (*state.times.values(), *state.dist_tags.values())
    if state.owners is not None:
        yield from state.owners.values()
    for fact in (state.state_fact, state.created, state.modified, state.status, state.revision,
                 *(tell.fact for tell in state.origin)):
        if fact is not None:
            yield fact


def hold(citations: list[Citation], label: str, body: bytes) -> None:
    """The quotes stand in the bytes, and a second reading finds each place inside its quote."""
    mine = [c for c in citations if c.exhibit == label]
    places = locate(body, {c.where for c in mine}) if mine else {}
    for citation in mine:
        assert body[citation.start:citation.end] == citation.quote
        assert any(citation.start <= start and end <= citation.end
                   for start, end in places[citation.where])


def read(package: str, *parts: tuple[str, bytes]) -> None:
    """Read the answers as one observation, with everything that a state leaves for later."""
    archive = MemoryArchive()
    for kind, body in parts:
        archive.add(package, kind, body, run="one")
    start = time.process_time()
    (history,) = Reader(archive).histories()
    (state,) = history.snapshots
    found = list(all_of(state))
    assert state.state in STATES
    assert [*state.gaps, state.withdrawn, state.respelled]
    assert isinstance(state.releases.absence("\ud800/x"), Absence)
    if state.top is not None:
        state.top.value()
    assert time.process_time() - start < 1.0
    assert all(isinstance(repr(fact.value), str) for fact in found)
    citations = [citation for fact in found for citation in fact.citations]
    for index, (_, body) in enumerate(parts, 1):
        hold(citations, f"EX-{index:06}", body)


@settings(max_examples=250, deadline=None)
@given(mutated(PACKUMENT))
@example(PACKUMENT)
def test_any_packument_is_read(body: bytes) -> None:
    read("pkg:npm/paint", ("packument", body))


@settings(max_examples=200, deadline=None)
@given(mutated(JSON), mutated(SIMPLE))
@example(JSON, SIMPLE)
def test_any_answers_of_pypi_are_read(one: bytes, other: bytes) -> None:
    read("pkg:pypi/brush", ("pypi-json", one), ("pypi-simple", other))


BIG = [
    (b'{"name":"paint","versions":{' + b",".join(
        b'"1.0.%d-\xff":{"dist":{"shasum":"a","\xff":1}}' % n for n in range(2000)) + b"}}"),
    b'{"name":"paint","time":{' + b",".join([b'"1.0.0":"x"'] * 7000) + b"}}",
    b'{"name":"paint","versions":{"' + rb"\"" * 45_000 + b'":{}}}',
    b'{"name":"paint","versions":{"' + rb"\\" * 45_000 + b'\xff":{}}}',
    b'{"name":"paint",' + b'"time":{},' * 9000 + b'"versions":{}}',
    b'{"name":"paint","versions":{"\xff":' + b'{"dist":' * 400 + b"1" + b"}" * 402,
]


@pytest.mark.parametrize("body", BIG, ids=range(len(BIG)))
def test_a_hundred_kilobytes_of_malice_are_read_in_a_second(body: bytes) -> None:
    assert len(body) < 100_000
    read("pkg:npm/paint", ("packument", body))
