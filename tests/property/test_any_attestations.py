"""Attestations and keys of any content: read in bounded time, never believed by accident."""

import base64
import copy
import json
from datetime import UTC, datetime
from functools import reduce
from operator import getitem
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regforensics.analyze.signed import attestations as analyzer
from regforensics.attest.keys import keys_in
from regforensics.attest.roots import installed, read_roots
from regforensics.attest.verify import certificate_bytes, judge
from regforensics.errors import UnreadableInput
from regforensics.evidence.jsontree import Document
from regforensics.model.attestation import Attestation
from regforensics.model.history import History, Scope
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation
from regforensics.registries.attestations import KINDS, read_attestations
from regforensics.registries.base import Part
from regforensics.registries.bundles import as_bundle
from simulator.sigstore import Ci, Sigstore, npm_subject, pep_740, provenance
from tests.support.documents import document, encoded

STORE = Sigstore()
ROOTS = read_roots(STORE.trusted_root(), "the simulated root")
SUBJECT = npm_subject("paint", "1.0.0", "sha512-" + base64.b64encode(b"x" * 64).decode())
BUNDLE = STORE.bundle(provenance(SUBJECT, Ci()), Ci(), datetime(2026, 3, 1, tzinfo=UTC))
PAINT = PackageRef.parse("npm:paint")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2**70, 2**70) | st.text(max_size=12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.binary(max_size=40).map(lambda b: base64.b64encode(b).decode()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner,
                                                                max_size=3), max_leaves=6)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) \
        if isinstance(value, list) else ()
    return [at, *(path for key, inner in steps for path in paths(inner, (*at, key)))]


def put(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(whole)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


PATHS = paths(BUNDLE)
#: Every text in a bundle but its media type and the key's name, which nothing signs.
SIGNED = [path for path in PATHS if path and path[-1] not in ("mediaType", "keyid")
          and isinstance(reduce(getitem, path, BUNDLE), str)]


def read(kind: str, body: bytes) -> list[Attestation]:
    try:
        part = Part(kind, document(body), Observation(label="EX-000001", sha256="0" * 64), PAINT)
        found = [a for a in read_attestations(PAINT, part) if isinstance(a, Attestation)]
    except UnreadableInput:
        return []
    history = History(PAINT, (), companions=lambda k: tuple(found) if k is Attestation else ())
    for claim in analyzer.run(history, Scope()):
        assert claim.citations
    return found


@settings(max_examples=200, deadline=1000)
@given(st.sampled_from(PATHS), JSON)
def test_any_part_of_a_bundle_may_be_anything(path: tuple[Any, ...], value: Any) -> None:
    changed = put(BUNDLE, path, value)
    for roots in (ROOTS, installed(), None):
        verdict = judge(changed, (), roots)
        assert verdict.judgement in ("verified", "refused", "unverified")
        assert verdict.reason or verdict.judgement == "verified"


@settings(max_examples=200, deadline=1000)
@given(st.sampled_from(SIGNED), st.integers(0, 10_000), st.integers(1, 255))
def test_a_flipped_byte_is_never_believed(path: tuple[Any, ...], place: int, flip: int) -> None:
    text = str(reduce(getitem, path, BUNDLE))
    try:
        data = bytearray(base64.b64decode(text, validate=True))
        data[place % len(data)] ^= flip
        other = base64.b64encode(data).decode()
    except ValueError:
        data = bytearray(text.encode())
        data[place % len(data)] = 33 + flip % 90
        other = data.decode()
    if other != text:
        assert judge(put(BUNDLE, path, other), (), ROOTS).judgement != "verified"


@settings(max_examples=150, deadline=1000)
@given(st.sampled_from(KINDS), st.sampled_from(PATHS), JSON)
def test_any_answer_is_read_and_claimed_of(kind: str, path: tuple[Any, ...], value: Any) -> None:
    bundle = put(BUNDLE, path, value)
    try:
        entry = {"predicateType": "p", "bundle": bundle} if kind == KINDS[0] else pep_740(bundle)
    except (KeyError, TypeError, IndexError):
        return
    inside = {"attestations": [entry]}
    whole = inside if kind == KINDS[0] else {"attestation_bundles": [
        {"publisher": value, **inside}]}
    read(kind, encoded(whole))


@settings(max_examples=150, deadline=1000)
@given(st.sampled_from(KINDS), JSON)
def test_any_json_is_read(kind: str, value: Any) -> None:
    read(kind, json.dumps(value).encode())
    read(kind, json.dumps({"attestations": value, "attestation_bundles": value}).encode())
    as_bundle(value)


@settings(max_examples=150, deadline=1000)
@given(st.recursive(JSON, lambda inner: st.fixed_dictionaries({"keys": inner}), max_leaves=3))
def test_any_list_of_keys_is_read(value: Any) -> None:
    for wrapped in (value, {"keys": value}, {"keys": [value]},
                    {"keys": [{"keyid": value, "key": value, "expires": value}]}):
        list(keys_in(Document("EX", "0" * 64, json.dumps(wrapped).encode()), ""))


@pytest.mark.parametrize("depth", [100, 100_000])
def test_deep_statements_and_many_bundles(depth: int) -> None:
    deep = put(BUNDLE, ("dsseEnvelope", "payload"),
               base64.b64encode(b"[" * depth + b"]" * depth).decode())
    many = {"attestations": [{"bundle": BUNDLE}] * 200}
    assert len(read(KINDS[0], encoded({"attestations": [{"bundle": deep}]}))) == 1
    assert len(read(KINDS[0], encoded(many))) == 64


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=3))
def test_any_bytes_of_a_certificate_end_in_a_verdict(changes: list[tuple[int, int]]) -> None:
    at: tuple[Any, ...] = ("verificationMaterial", "x509CertificateChain", "certificates", 0,
                           "rawBytes")
    der = bytearray(certificate_bytes(BUNDLE) or b"")
    for place, value in changes:
        der[place % len(der)] = value
    altered = put(BUNDLE, at, base64.b64encode(bytes(der)).decode())
    for roots in (ROOTS, None):
        assert judge(altered, (), roots).judgement in ("refused", "unverified") \
            or altered == BUNDLE
    part = Part("npm-attestations", document(encoded({"attestations": [{"bundle": altered}]})),
                Observation(label="EX-000001", sha256="0" * 64))
    assert [r for r in read_attestations(PAINT, part) if isinstance(r, Attestation)]
