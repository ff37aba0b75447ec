"""The printed commands, run by sh: they show the cited bytes, whatever keys and names hold."""

import hashlib
import json
import re
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regforensics.evidence import places
from regforensics.evidence.jsonwalk import locate
from regforensics.evidence.pointers import named, tokens
from regforensics.report.shell import absence_command, commands, digest_command, line_number
from simulator.sigstore import Ci, Sigstore, provenance
from tests.support.tools import needs

HOSTILE = ["a b", "'; touch pwned; '", "$(touch pwned)", "`touch pwned`", '"', "\\", "-n", "*",
           "a\nb", "~root", "#x", "é", "|", "&& x", "--arg", "a=b"]
KEYS = [*HOSTILE, "", "/", "~", "~1", "a/b~c", "\x00", "\x7f\u202e", "\U0001f600", "0", "__proto__"]
NAMES = st.text(st.characters(exclude_characters="/\x00", exclude_categories=["Cs"]),
                min_size=1, max_size=20).filter(lambda name: name not in {".", ".."})


def sh(command: str, folder: Path) -> bytes:
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b""), command
    assert not (folder / "pwned").exists()
    return done.stdout


def pointer(*path: str) -> str:
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)


@pytest.mark.parametrize("name", [*(n for n in HOSTILE if "/" not in n), "-", "--"])
def test_hostile_file_names(name: str, tmp_path: Path) -> None:
    data = b'x\n{"k": "v"}\nlast'
    (tmp_path / name).write_bytes(data)
    person, exact = commands("line 2", 2, 12, name)
    assert sh(person, tmp_path) == b'{"k": "v"}\n'
    assert sh(exact, tmp_path) == data[2:12]
    digest = sh(digest_command(name, 12), tmp_path).decode()
    assert hashlib.sha256(data).hexdigest() in digest


@pytest.mark.parametrize("key", KEYS)
def test_hostile_keys(key: str, tmp_path: Path) -> None:
    listed = [1, {"x": "found"}, key + "!", {"name": key + "#"}]
    document = {"versions": {key: {"list": listed}, key + "?": 2}}
    data = json.dumps(document).encode()
    (tmp_path / "f.json").write_bytes(data)
    where = pointer("versions", key, "list", "1")
    (start, end), = locate(data, [where])[where]
    person, exact = commands(where, start, end, "f.json")
    assert person.isascii()
    assert person.isprintable()
    assert json.loads(sh(person, tmp_path)) == {"x": "found"}
    assert json.loads(sh(exact, tmp_path)) == {"x": "found"}
    for gone, parent, keys in (
            (pointer("versions", key, "list", "?"), "array", 4),
            (pointer("versions", key, "list", "x"), "array", 4),
            (pointer("versions", key + "!"), "object", 2),
            (pointer("no", key, "y"), "missing", 0),
            (pointer("versions", key, "list", "9", "y"), "missing", 0),
            (pointer("versions", key + "?", "z"), "number", 0)):
        assert json.loads(sh(absence_command(gone, "f.json"), tmp_path)) == {
            "parent": parent, "keys": keys, "has": False}
    for there in (pointer("versions", key), pointer("versions", key, "list", key + "!"),
                  pointer("versions", key, "list", key + "#")):
        assert json.loads(sh(absence_command(there, "f.json"), tmp_path))["has"] is True


@settings(max_examples=15, deadline=None)
@given(NAMES, st.binary(min_size=1, max_size=300), st.data())
def test_any_span_of_any_bytes_in_any_file(name: str, data: bytes, draw: st.DataObject) -> None:
    start = draw.draw(st.integers(0, len(data) - 1))
    end = draw.draw(st.integers(start + 1, len(data)))
    number = data.count(b"\n", 0, start) + 1
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(data)
        person, exact = commands(f"line {number}", start, end, name)
        assert sh(exact, Path(folder)) == data[start:end]
        line = data.split(b"\n")[number - 1]
        assert sh(person, Path(folder)).removesuffix(b"\n") == line


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=1,
                max_size=3), st.text(st.characters(exclude_categories=["Cs"])))
def test_any_key_of_any_document(path: list[str], value: str) -> None:
    document: Any = value
    for key in reversed(path):
        document = {key: document}
    data = json.dumps(document, ensure_ascii=False).encode()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "f").write_bytes(data)
        shown = sh(commands(pointer(*path), 0, 1, "f")[0], Path(folder))
    assert json.loads(shown) == value


def test_the_custody_file_is_digested_up_to_the_cited_end(tmp_path: Path) -> None:
    (tmp_path / "custody.jsonl").write_bytes(b"one\ntwo\n")
    shown = sh(digest_command("custody.jsonl", 3), tmp_path).decode()
    assert shown.split()[0] == hashlib.sha256(b"one").hexdigest()


def test_a_place_of_another_form_gives_the_exact_bytes_alone() -> None:
    assert commands("somewhere", 0, 1, "f") == ("tail -c +1 f | head -c 1",)
    assert tokens("/a~2") is None
    assert tokens("a") is None
    assert tokens("") == []
    assert line_number("line 0") is None
    assert line_number("line 10") == 10
    assert re.search(r"head -c 9$", commands("", 1, 10, "f")[-1])


@pytest.mark.parametrize("where", ["/versions/1\ud800", "/a\udcff/b"])
def test_a_key_that_is_no_text_gets_no_jq(where: str) -> None:
    assert commands(where, 3, 7, "exhibits/x.json") == ("tail -c +4 exhibits/x.json | head -c 4",)
    assert absence_command(where, "exhibits/x.json").startswith("# ")
    assert absence_command(where, "exhibits/x.json").isascii()


def test_what_an_attestation_encodes_is_shown_decoded(tmp_path: Path) -> None:
    store, ci = Sigstore(), Ci()
    subject = {"name": "pkg:npm/paint@1.0.0", "digest": {"sha512": "00"}}
    bundle = store.bundle(provenance(subject, ci), ci, datetime(2026, 3, 1, tzinfo=UTC))
    (tmp_path / "f.json").write_text(json.dumps({"attestations": [{"bundle": bundle}]}))
    at = pointer("attestations", "0", "bundle")
    _, statement, _ = commands(at + "/dsseEnvelope/payload", 0, 1, "f.json")
    assert json.loads(sh(statement, tmp_path))["subject"] == [subject]
    place = at + "/verificationMaterial/x509CertificateChain/certificates/0/rawBytes"
    _, certificate, _ = commands(place, 0, 1, "f.json")
    assert ci.commit in sh(certificate, tmp_path).decode()
    assert len(commands("/versions/payload", 0, 1, "f.json")) == 2


XML = (b'<m xmlns="urn:m"><versions><version>1.0</version><version> a\'b </version></versions>'
       b"</m>")


@needs("xmllint")
@pytest.mark.parametrize("path", ["/m/versions/version[2]", "/m/versions"])
def test_paths_of_xml_show_their_element_and_its_bytes(path: str, tmp_path: Path) -> None:
    (tmp_path / "f.xml").write_bytes(XML)
    (start, end), = places.locate(XML, [path])[path]
    person, exact = commands(path, start, end, "f.xml")
    assert sh(exact, tmp_path) == XML[start:end]
    assert sh(person, tmp_path).strip().replace(b' xmlns="urn:m"', b"") == XML[start:end]


@needs("xmllint")
@pytest.mark.parametrize(("text", "count"), [("1.0", b"1"), ("a'b", b"1"), ("2.0", b"0"),
                                             ("'; touch pwned; '", b"0"), ("a/b~&c", b"0")])
def test_absences_in_xml_count_nothing(text: str, count: bytes, tmp_path: Path) -> None:
    (tmp_path / "f.xml").write_bytes(XML)
    command = absence_command(named("/m/versions", "version", text), "f.xml")
    assert sh(command, tmp_path).strip() == count


@pytest.mark.parametrize("text", ['"', "\u00e9", "a  b"])
def test_what_xpath_cannot_ask_for_is_a_remark(text: str, tmp_path: Path) -> None:
    command = absence_command(named("/m", "version", text), "f.xml")
    assert command.startswith("# ")
    assert sh(command, tmp_path) == b""
