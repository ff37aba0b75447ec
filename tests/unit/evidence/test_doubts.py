"""Repeated keys: what is cited below them comes with a gap, what is absent there is not stated."""

import json
from dataclasses import dataclass

import pytest

from regforensics.analyze.compare.compare import compare
from regforensics.analyze.running import run_all
from regforensics.errors import IntegrityError
from regforensics.evidence.doubts import sift
from regforensics.evidence.jsontree import Document
from regforensics.model.citation import Absence, Citation
from regforensics.model.claim import Claim, Gap
from regforensics.model.package import PackageRef
from tests.support.documents import encoded, packument, read
from tests.unit.analyze.documents import NO_SCOPE, Case, check, npm, version

SHA = "0" * 64


@dataclass(frozen=True)
class Said:
    """A statement of one kind or the other."""

    citations: tuple[Citation, ...] = ()
    absences: tuple[Absence, ...] = ()


def cited(body: bytes, pointer: str) -> Said:
    leaf = Document("EX-1", SHA, body).at(pointer)
    assert leaf is not None
    return Said(leaf.citations)


def missing(pointer: str) -> Said:
    return Said(absences=(Absence("EX-1", SHA, pointer),))


def sifted(body: bytes, *said: Said) -> tuple[tuple[Said, ...], tuple[Gap, ...]]:
    return sift(said, lambda label, sha256: body)


def test_what_stands_once_is_not_doubted() -> None:
    body = b'{"a":{"b":[1,{"c":2}]},"names":["x"]}'
    said = [cited(body, "/a/b/1/c"), cited(body, "/a/b/0"), missing("/a/x"), missing("/names/0"),
            missing("/none/below")]
    assert sifted(body, *said) == (tuple(said), ())


@pytest.mark.parametrize(("body", "pointer", "twice"), [
    (b'{"v":{"u":{"n":"mallory","n":"alice"}}}', "/v/u/n", [b'"n":"mallory"', b'"n":"alice"']),
    (b'{"v":{"u":{"n":1},"u":{"n":2}}}', "/v/u/n", [b'"u":{"n":1}', b'"u":{"n":2}']),
    (b'{"v":0,"\\u0076":{"n":2}}', "/v/n", [b'"v":0', b'"\\u0076":{"n":2}']),
    (b'{"v":[{"n":1,"n":2}]}', "/v/0/n", [b'"n":1', b'"n":2']),
])
def test_a_value_below_a_repeated_key_comes_with_a_gap(
        body: bytes, pointer: str, twice: list[bytes]) -> None:
    said = cited(body, pointer)
    kept, (gap,) = sifted(body, said, said)
    assert kept == (said, said)
    assert [c.quote for c in gap.citations] == twice
    assert gap.question.startswith("which of the 2 values at /v")


def test_nothing_is_absent_below_a_repeated_key() -> None:
    body = b'{"t":{"created":1},"\\u0074":{"1":2},"u":{}}'
    fine = missing("/u/created")
    kept, gaps = sifted(body, missing("/t/created"), missing("/t/other"), fine)
    assert kept == (fine,)
    assert [gap.question for gap in gaps] == [
        "whether anything stands at /t/created of EX-1", "whether anything stands at /t/other of"
        " EX-1"]


def test_a_huge_member_is_not_quoted() -> None:
    body = b'{"v":"%s","v":{"n":1}}' % (b"x" * 5000)
    _, (gap,) = sifted(body, cited(body, "/v/n"))
    assert gap.citations == ()
    assert gap.reason.endswith("the values start at the bytes 5, 5012")


def test_what_two_readers_see_differently_is_a_gap_and_no_statement() -> None:
    body = b'{"a":1,"b":2}'
    wrong = Said((Citation("EX-1", SHA, 1, 6, "/b", b'"a":1'),))
    kept, gaps = sifted(body, wrong, missing("/a"))
    assert kept == ()
    assert len(gaps) == 2
    kept, (gap,) = sifted(b'{"a":1', wrong)
    assert (kept, gap.reason) == ((), "a second reader stops at byte 6")


def test_an_exhibit_that_cannot_be_had_is_the_checks_business() -> None:
    def gone(label: str, sha256: str) -> bytes:
        raise IntegrityError(f"{label} is gone")

    assert sift([missing("/a")], gone) == ((missing("/a"),), ())


def test_claims_and_changes_can_be_sifted() -> None:
    body = json.dumps(npm({"1.0.0": "06:00", "1.1.0": "07:00"}, {"1.0.0": version("1.0.0")})
                      ).encode()
    twice = body.replace(b'"versions":', b'"versions":{"1.1.0":{}},"versions":')
    assert twice != body
    case = Case("npm:paint").at("09:00", twice)
    claims, _, failed = run_all([case.history()], NO_SCOPE)
    assert failed == ()

    def subject(claim: Claim) -> PackageRef | None:
        return claim.subject

    kept, gaps = sift(claims, lambda label, sha256: case.stored[label], subject)
    assert len(kept) < len(claims)
    assert all(gap.subject == case.package for gap in gaps)
    for claim in kept:
        check(case, claim)
    old, new = read(encoded(packument())), read(encoded(packument(versions={"2.0.0": {}})))
    changes = compare(old, new)
    assert changes
    bodies = {old.observation.sha256: encoded(packument()),
              new.observation.sha256: encoded(packument(versions={"2.0.0": {}}))}
    assert sift(changes, lambda label, sha256: bodies[sha256]) == (changes, ())
