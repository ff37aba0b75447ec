"""Every kind of lockfile and SBOM: what it pins, with the bytes that do, and what is none."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.errors import UnreadableInput
from regforensics.locks import KINDS, kind_named, kind_of, read
from regforensics.model.citation import Fact
from regforensics.model.locked import Locked, Passed
from tests.unit.locks.samples import SAMPLES, Sample

each = pytest.mark.parametrize("sample", SAMPLES, ids=[
    f"{n} {s.kind}" for n, s in enumerate(SAMPLES)])


def locked(path: str, body: bytes, kind: str | None = None) -> list[Locked]:
    found = read(path, body, kind=kind_named(kind) if kind else None)
    return [one for one in found if isinstance(one, Locked)]


def holds(fact: Fact[Any], body: bytes) -> bool:
    return all(body[c.start:c.end] == c.quote for c in fact.citations)


def test_every_kind_has_a_sample() -> None:
    assert {kind.name for kind in KINDS} == {sample.kind for sample in SAMPLES}


@each
def test_what_it_pins(sample: Sample) -> None:
    every = list(read(sample.path, sample.text.encode()))
    found = [one for one in every if isinstance(one, Locked)]
    assert {one.package.target for one in found if not one.elsewhere} == sample.pins
    assert {one.package.target for one in found if one.elsewhere} == sample.away
    assert len([one for one in every if isinstance(one, Passed)]) == sample.passed
    assert {one.form for one in found} == {sample.kind}


@each
def test_every_entry_cites_its_bytes(sample: Sample) -> None:
    body = sample.text.encode()
    for one in read(sample.path, body):
        assert one.line is not None and holds(one.line, body)
        if isinstance(one, Locked):
            assert one.package.version is None or \
                one.package.version.encode() in one.line.citations[0].quote
            for file in one.files:
                assert all(holds(fact, body) and str(fact.value).encode() in
                           fact.citations[0].quote for fact in file.digests.values())
                assert file.url is None or holds(file.url, body)


@each
def test_the_number_of_the_line_is_the_one_of_its_first_byte(sample: Sample) -> None:
    body = sample.text.encode()
    for one in read(sample.path, body):
        cited = one.line.citations[0] if one.line else None
        if cited and cited.where.startswith("line "):
            assert int(cited.where[5:]) == body.count(b"\n", 0, cited.start) + 1


@each
def test_its_digests_and_its_entry_alone(sample: Sample) -> None:
    one = next(one for one in locked(sample.path, sample.text.encode())
               if one.package.name in ("chalk", "foo-bar"))
    assert {kind for file in one.files for kind in file.digests} == sample.digests
    assert b"baz" not in one.line.citations[0].quote.replace(b'baz = ">=2"', b"")
    assert b"debug" not in one.line.citations[0].quote


@each
def test_its_kind_is_known_without_its_name(sample: Sample) -> None:
    kind = kind_of("handed-over.txt", sample.text.encode())
    assert kind is not None and kind.name == sample.kind


@each
def test_a_cut_or_a_changed_byte_is_read_or_refused(sample: Sample) -> None:
    body = sample.text.encode()
    kind = kind_named(sample.kind)
    for at in range(0, len(body), 17):
        for odd in (body[:at], body[:at] + b"\x00" + body[at + 1:], body[:at] + b"[{" + body[at:],
                    body[:at] + b"\n" + body[at:]):
            with suppress(UnreadableInput):
                for one in read(sample.path, odd, kind=kind):
                    assert one.line is None or holds(one.line, odd)


def test_flags_and_aliases_are_kept() -> None:
    every = {s.path: locked(s.path, s.text.encode()) for s in SAMPLES[:1]}["app/package-lock.json"]
    flags = {one.package.name: (one.flags, one.alias) for one in every}
    assert flags["chalk"] == (("dev",), None)
    assert flags["debug"] == ((), "alias")


def test_the_two_trees_of_version_2_need_not_agree() -> None:
    body = json.dumps({"lockfileVersion": 2, "packages": {"node_modules/a": {"version": "1.0.0"}},
                       "dependencies": {"a": {"version": "1.0.0"}, "b": {"version": "2.0.0"}}})
    assert [one.package.target for one in locked("package-lock.json", body.encode())] == [
        "npm:a@1.0.0", "npm:b@2.0.0"]


def test_what_npm_unpacked_is_told_from_what_is_wanted() -> None:
    body = b'{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0"}}}'
    assert locked("node_modules/.package-lock.json", body)[0].installed
    assert not locked("package-lock.json", body)[0].installed


def test_one_broken_table_does_not_hide_the_others() -> None:
    body = b'[[package]]\nname = "a\nversion = "1"\n\n[[package]]\nname = "b"\nversion = "2"\n'
    broken, whole = list(read("poetry.lock", body))
    assert isinstance(broken, Passed) and "cannot be read" in broken.reason
    assert isinstance(whole, Locked) and whole.package.target == "pypi:b@2"


@pytest.mark.parametrize(("name", "body"), [
    ("notes.txt", b"x"), ("package-lock.json", b"{"), ("package-lock.json", b"{}"),
    ("yarn.lock", b"nothing"[:0]), ("pnpm-lock.yaml", b"a: &x [1]\nlockfileVersion: *x\n"),
    ("pnpm-lock.yaml", b"lockfileVersion: 9\npackages:\n  a@1: {}\n  a@1: {}\n"),
    ("pnpm-lock.yaml", b"\x00"), ("bun.lockb", b"#!/usr/bin/env bun\nbun-lockfile-format-v0\n\x00"),
    ("poetry.lock", b"hello"), ("Pipfile.lock", b"{}"), ("bom.xml", b"<a/>"),
    ("sbom.spdx", b"x")])
def test_what_is_none_is_refused(name: str, body: bytes) -> None:
    with pytest.raises(UnreadableInput):
        list(read(name, body))


def test_buns_binary_form_is_refused_with_what_to_run() -> None:
    with pytest.raises(UnreadableInput) as refused:
        list(read("bun.lockb", b"#!/usr/bin/env bun\nbun-lockfile-format-v0\n\x00"))
    assert "binary" in refused.value.message and "bun bun.lockb > yarn.lock" in str(
        refused.value.hint)


HOSTILE = {
    "package-lock.json": [b'{"dependencies":{"a":' * 3000, b'{"packages":{' + b'"a":{},' * 200_000
                          + b'"b":{}}}', b'{"dependencies":' + b'{"a":{"dependencies":' * 400
                          + b"{}" + b"}}" * 400 + b"}"],
    "yarn.lock": [b"a@" * 300_000, b"a@1:\n" * 30_000, b'"' * 300_000 + b":\n",
                  b"a@1:\n" + b'  version "1"\n' * 100_000, b"a@1:\n  version " + b" " * 300_000],
    "pnpm-lock.yaml": [b"lockfileVersion: 9\npackages: " + b"[" * 100_000,
                       b"lockfileVersion: 9\npackages:\n" + b"  a@1: {}\n" * 30_000,
                       b"lockfileVersion: 9\na: &a [x]\nb: &b [" + b"*a," * 9 + b"]\n",
                       b"lockfileVersion: 9\n" + b"? " * 50_000,
                       b"lockfileVersion: 9\npackages: {" + b"a@1, " * 100_000],
    "bun.lock": [b'{"packages":{' + b"/*" * 100_000, b'{"packages":{' + b",]" * 100_000,
                 b'{"packages":{"' + b"\\" * 300_000, b"," + b" " * 300_000,
                 b'{"packages":' + b'"/' * 100_000],
    "poetry.lock": [b"[[package]]\n" * 30_000, b"[[package]]\nname = [" + b"[" * 50_000,
                    b"[[package]]\n" + b"a" + b".a" * 20_000 + b" = 1\n",
                    b"[[package]]\nname = '" + b"a" * 500_000],
    "requirements.txt": [b"a" * 300_000, b"a\\\n" * 100_000, b"a[" + b"," * 300_000,
                         b"a==" + b"1" * 300_000, b"a-" * 150_000 + b"!", b"a==1 " * 60_000,
                         b"a==1 --hash=sha256:" * 20_000, b" " * 300_000 + b"#"],
    "sbom.cdx.json": [b'{"bomFormat":"CycloneDX","components":[' + b'{"components":[' * 400
                      + b"]}" * 400 + b"]}"],
    "sbom.cdx.xml": [b"<bom>" * 500, b'<bom><components>' + b"<component><purl>pkg:npm/a@1</purl>"
                     b"</component>" * 20_000 + b"</components></bom>"],
    "sbom.spdx": [b"SPDXVersion: SPDX-2.3\n" + b"PackageName: a\n" * 50_000,
                  b"SPDXVersion: SPDX-2.3\nPackageName: " + b"a" * 500_000],
}


@pytest.mark.parametrize(("name", "body"), [
    pytest.param(name, body, id=f"{name} {n}") for name, bodies in HOSTILE.items()
    for n, body in enumerate(bodies)])
def test_hostile_files_are_read_or_refused_at_once(name: str, body: bytes) -> None:
    start = time.process_time()
    with suppress(UnreadableInput):
        for _ in read(name, body):
            pass
    assert time.process_time() - start < 2.0


@given(st.sampled_from([kind.name for kind in KINDS]), st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(kind: str, body: bytes) -> None:
    with suppress(UnreadableInput):
        list(read("x", body, kind=kind_named(kind)))


_JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8),
                     lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
                         st.sampled_from(["packages", "dependencies", "version", "resolved",
                                          "integrity", "components", "purl", "hashes", "default",
                                          "_meta", "bomFormat", "spdxVersion", "@graph",
                                          "externalRefs", "node_modules/a", "name"])
                         | st.text(max_size=5), inner, max_size=5), max_leaves=30)


@given(st.sampled_from([k.name for k in KINDS if k.suffix in (".json", ".lock")]), _JSON)
def test_any_json_is_read_or_refused(kind: str, value: Any) -> None:
    if isinstance(value, dict):
        value |= {"bomFormat": "CycloneDX"} if kind == "cyclonedx-json" else {}
    body = json.dumps(value).encode()
    with suppress(UnreadableInput):
        for one in read("x", body, kind=kind_named(kind)):
            assert one.line is None or holds(one.line, body)
