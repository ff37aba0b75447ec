"""Lockfiles: what they pin, with the bytes that do, and files that are none."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.errors import UnreadableInput
from regforensics.locks import read

NEW = {"lockfileVersion": 3, "packages": {
    "": {"name": "app", "version": "1.0.0"}, "node_modules/chalk": {"version": "5.6.1"},
    "node_modules/a/node_modules/@s/b": {"version": "2.0.0"},
    "node_modules/alias": {"name": "debug", "version": "4.4.2"},
    "node_modules/link": {"link": True}}}
OLD = {"lockfileVersion": 1, "dependencies": {
    "chalk": {"version": "5.6.1", "dependencies": {"@s/b": {"version": "2.0.0"}}}}}
YARN = '# yarn lockfile v1\n\n"@s/b@^2.0.0", "@s/b@^2":\n  version "2.0.0"\n  resolved "x"\n\n' \
       'chalk@^5.0.0:\n  version "5.6.1"\n'
BERRY = '__metadata:\n  version: 8\n\n"chalk@npm:^5.0.0":\n  version: 5.6.1\n'
TOML = '[[package]]\nname = "Foo_Bar"\nversion = "1.0"\n[package.metadata]\nname = "x"\n' \
       'version = "9"\n'
PIP = "# c\nfoo[extra]==1.0 ; python_version > '3'\nbar>=2\nbaz === 3.0 --hash=sha256:aa\n"


@pytest.mark.parametrize(("name", "body", "pins"), [
    ("package-lock.json", json.dumps(NEW), {("chalk", "5.6.1"), ("@s/b", "2.0.0"),
                                            ("debug", "4.4.2")}),
    ("npm-shrinkwrap.json", json.dumps(OLD), {("chalk", "5.6.1"), ("@s/b", "2.0.0")}),
    ("yarn.lock", YARN, {("@s/b", "2.0.0"), ("chalk", "5.6.1")}),
    ("yarn.lock", BERRY, {("chalk", "5.6.1")}),
    ("uv.lock", TOML, {("Foo_Bar", "1.0")}),
    ("requirements-dev.txt", PIP, {("foo", "1.0"), ("baz", "3.0")}),
], ids=["npm", "old npm", "yarn", "yarn 2", "toml", "pip"])
def test_what_a_lockfile_pins(name: str, body: str, pins: set[tuple[str, str]]) -> None:
    found = list(read(f"app/{name}", body.encode()))
    assert {(one.name, one.version) for one in found} == pins
    for one in found:
        cited = one.line.citations[0]
        assert body.encode()[cited.start:cited.end] == cited.quote
        assert one.version.encode() in cited.quote


@pytest.mark.parametrize(("name", "body"), [
    ("notes.txt", b"x"), ("package-lock.json", b"{"), ("package-lock.json", b"{}")])
def test_what_is_no_lockfile(name: str, body: bytes) -> None:
    with pytest.raises(UnreadableInput):
        list(read(name, body))


@given(st.sampled_from(["package-lock.json", "yarn.lock", "poetry.lock", "requirements.txt"]),
       st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(name: str, body: bytes) -> None:
    with suppress(UnreadableInput):
        list(read(name, body))
