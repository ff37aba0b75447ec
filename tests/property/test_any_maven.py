"""Whatever a Maven repository and an index's journal answer, reading and analysis come to an end,
and what is cited holds."""

from typing import Any
from xmlrpc.client import dumps

from hypothesis import given, settings
from hypothesis import strategies as st

from regforensics.model.package import PackageRef
from simulator import Clock, Maven, Request
from tests.support.archive import MemoryArchive
from tests.support.documents import encoded, exchanged
from tests.support.holding import holds

BASE, TARGET = "https://maven.example/", "maven:example.paint:lines"
PACKAGE = PackageRef.parse(TARGET)
PIECES = st.sampled_from([
    b"", b"<", b">", b"</version>", b"<version/>", b"<version>1.1</version>", b"&#0;", b"&amp;",
    b"\xff", b"\x00", b"<!--", b"<![CDATA[x]]>", b"</versions><versions>", b"9", b" ", b"'", b'"',
    b"<versions><version>3</version></versions>", b"~/", b"20269999999999"])
EDITS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2000), st.integers(0, 40), PIECES),
                 max_size=4)


def bent(bodies: list[bytes], edits: list[tuple[int, int, int, bytes]]) -> list[bytes]:
    """The bodies with pieces put in, at places, in the stead of some bytes."""
    made = list(bodies)
    for which, place, length, piece in edits:
        body = made[which % len(made)]
        start = place % (len(body) + 1)
        made[which % len(made)] = body[:start] + piece + body[start + length:]
    return made


def answers() -> list[Any]:
    repository = Maven(Clock("2025-01-01T00:00:00Z"), base_url=BASE)
    for version, key in (("1.0", "ada"), ("1.1", "ada"), ("1.2", "eve")):
        repository.deploy("example.paint:lines", version, key=key)
    return exchanged(TARGET, BASE, lambda q: repository.respond(Request("/" + q.url[len(BASE):])))


ANSWERS = answers()


@settings(max_examples=60, deadline=None)
@given(EDITS, EDITS, st.integers(0, len(ANSWERS) - 1))
def test_bent_maven_answers(one: Any, two: Any, missing: int) -> None:
    archive = MemoryArchive()
    bodies = [exchange.body for exchange in ANSWERS]
    for run, edits in (("first", one), ("second", two)):
        for index, (exchange, body) in enumerate(zip(ANSWERS, bent(bodies, edits), strict=True)):
            query, gone = exchange.query, run == "second" and index == missing
            archive.add(str(query.subject), query.kind, body, run=run, what=query.what,
                        suffix=query.suffix, url=query.url, headers=exchange.headers,
                        registry=BASE, status=404 if gone else 200)
    holds(archive, PACKAGE)


ROW = ["paint", "1.0", 1_772_445_600, "remove release", 7]
JOURNAL = dumps(([ROW, ["paint", None, 1_772_445_601, "add Owner eve", 9]],), methodresponse=True,
                allow_none=True).encode()
ROLES = dumps(([["Owner", "ada"]],), methodresponse=True).encode()


@settings(max_examples=80, deadline=None)
@given(EDITS)
def test_bent_journals(edits: Any) -> None:
    archive, package = MemoryArchive(), PackageRef.parse("pypi:paint")
    for serial, run in ((6, "first"), (9, "second")):
        archive.add(str(package), "pypi-json", encoded(
            {"info": {"name": "paint"}, "releases": {"1.0": []}, "last_serial": serial}), run=run)
    asked = "<methodName>changelog_since_serial</methodName><int>6</int>"
    journal, roles = bent([JOURNAL, ROLES], edits)
    archive.add(str(package), "pypi-journal", journal, run="second", suffix=".xml",
                request_body=asked)
    archive.add(str(package), "pypi-roles", roles, run="second", suffix=".xml")
    holds(archive, package)
