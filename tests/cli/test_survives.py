"""Inputs that must be survived: one clear line, the right exit code, nothing captured is lost."""

import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from regforensics.acquire.limits import Limits
from regforensics.cli import capturing
from regforensics.model.package import PackageRef
from regforensics.registries.npm import Npm
from tests.hostile.fakes import QUICK
from tests.hostile.server import HostileServer, serving
from tests.support.command import one_clear_line, run
from tests.support.documents import encoded, packument

FOUND, INTEGRITY, NO_ANSWER, UNREADABLE, USAGE = 10, 4, 3, 5, 2

PATIENT = replace(QUICK, connect=5.0, read=1.0, deadline=3.0)  # for a busy machine


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
    monkeypatch.setattr(capturing, "Limits", lambda **_: PATIENT)
    monkeypatch.setenv("HOME", "/nonexistent")
    with serving() as hostile:
        yield hostile


@pytest.mark.parametrize(("name", "code", "words", "kept"), [
    ("html", UNREADABLE, "not JSON", True),
    ("empty", UNREADABLE, "empty", True),
    ("long-length", NO_ANSWER, "", True),
    ("huge", NO_ANSWER, "more than", False),
    ("gzip-bomb", NO_ANSWER, "", False),
    ("to-metadata", NO_ANSWER, "169.254.169.254", False),
    ("to-file", NO_ANSWER, "file", False),
    ("loop-a", NO_ANSWER, "redirect", False),
    ("garbage", NO_ANSWER, "", False),
])
def test_a_bad_answer_fails_its_target_alone(
        server: HostileServer, tmp_path: Path, name: str, code: int, words: str, kept: bool
        ) -> None:
    evidence = tmp_path / "evidence"
    ended = run("snapshot", "npm:demo", f"npm:{name}", "--npm-registry", server.url,
                "-e", evidence, "--json")
    assert ended.code == code
    good, bad = ended.document["captures"]
    assert (good["target"], good["outcome"]) == ("npm:demo", "new")
    assert (bad["target"], bad["outcome"]) == (f"npm:{name}", "failed")
    assert words in bad["error"]
    assert "\n" not in bad["error"]
    assert (bad["exhibit"] is not None) == kept
    assert run("verify", "-e", evidence).code == 0


def test_the_default_cap_refuses_a_body_of_300_mb(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capturing, "Limits", functools.partial(Limits, attempts=1))
    with serving() as hostile:
        ended = run("snapshot", "npm:huge", "--npm-registry", hostile.url,
                    "-e", tmp_path / "evidence", "--json")
    assert ended.code == NO_ANSWER
    assert "256 MiB" in ended.document["captures"][0]["error"]


def deep(closed: bool) -> bytes:
    return b'{"name":"demo","time":' + b"[" * 100_000 + (b"]" * 100_000 + b"}" if closed else b"")


@pytest.mark.parametrize(("body", "words"), [
    (b"", "empty"), (b"<!doctype html><p>no", "HTML"), (b'{"name":"demo","versions":{', "byte 27"),
    (deep(True), "nested deeper"), (deep(False), "nested deeper"), (b"\x00\xff\xfe", "byte 0"),
    (b'{"name":"demo"}', "no registry document"), (b"[1,2]", "no registry document")])
def test_a_broken_document_is_refused_with_its_offset(
        tmp_path: Path, body: bytes, words: str) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_bytes(encoded(packument()))
    new.write_bytes(body)
    for ended in (run("diff", old, new), run("ingest", new, "-e", tmp_path / "evidence")):
        assert ended.code == UNREADABLE
        assert words in one_clear_line(ended)
        assert "new.json" in one_clear_line(ended)


def test_raw_bytes_are_kept_when_asked_for(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_bytes(b'{"name":')
    ended = run("ingest", broken, "--format", "raw", "-e", tmp_path / "evidence", "--json")
    assert ended.code == 0
    label = ended.document["files"][0]["exhibit"]
    done = subprocess.run(
        [sys.executable, "-m", "regforensics", "cat", label, "-e", str(tmp_path / "evidence")],
        capture_output=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout == b'{"name":'


HOSTILE = {
    "../../etc/passwd": {"description": "\x1b[2J\x1b]0;owned\x07"},
    "<script>alert(1)</script>": {"description": "\u202egnp.exe\u2066"},
    "1.0.0\nfake: line": {"deprecated": "\x1b[31mred\x1b[0m | `x` [a](javascript:1) \r\n=cmd()"}}


def test_hostile_fields_are_inert_on_the_terminal_and_exact_in_json(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_bytes(encoded(packument()))
    new.write_bytes(encoded(packument(versions={"1.0.0": {}, **HOSTILE})))
    text = run("diff", old, new, "--all")
    assert text.code == FOUND
    assert not set(text.out) & set("\x1b\x07\r\u202e\u2066")
    assert "fake: line" not in [line.strip() for line in text.out.splitlines()]
    found = run("diff", old, new, "--json").document
    assert {c["version"] for c in found["changes"] if c["kind"] == "version-added"} == set(HOSTILE)
    assert run("diff", old, new, "--json").out.isascii()


@pytest.mark.parametrize("target", [
    "npm:a/b", "npm:../x", "npm:a\nb", "npm:@scope", "npm:", "left-pad", "pkg:npm/", "pkg:cargo/x",
    "npm:@/x", "pypi:@a/b", "maven:only-one", "npm:a\x1b[2J", "npm:.."])
def test_a_target_that_is_none_is_wrong_usage(tmp_path: Path, target: str) -> None:
    ended = run("snapshot", target, "-e", tmp_path / "evidence")
    assert ended.code == USAGE
    assert "\x1b" not in one_clear_line(ended)
    assert not (tmp_path / "evidence").exists()


def test_a_watchlist_with_a_bad_line_says_which(tmp_path: Path) -> None:
    watch = tmp_path / "watch.txt"
    watch.write_text("# packages\n\n\nnot a target\n")
    ended = run("snapshot", "--from", watch, "-e", tmp_path / "evidence")
    assert ended.code == USAGE
    assert "watch.txt, line 4" in one_clear_line(ended)


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """An evidence directory with one packument."""
    document = tmp_path / "paint.json"
    document.write_bytes(encoded(packument()))
    root = tmp_path / "evidence"
    assert run("ingest", document, "-e", root).code == 0
    return root


def test_a_directory_of_a_newer_format_is_left_alone(evidence: Path) -> None:
    case = evidence / "case.json"
    newer = json.loads(case.read_bytes()) | {"format": 99}
    case.chmod(0o644)
    case.write_text(json.dumps(newer))
    before = sorted((p.name, p.stat().st_size) for p in evidence.rglob("*"))
    for words in (["list"], ["snapshot", "npm:left-pad"], ["timeline", "show"]):
        ended = run(*words, "-e", evidence)
        assert ended.code == UNREADABLE
        assert "99" in one_clear_line(ended)
    assert sorted((p.name, p.stat().st_size) for p in evidence.rglob("*")) == before


def test_a_directory_that_is_a_link_is_refused(evidence: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(evidence)
    for words in (["list"], ["snapshot", "npm:left-pad"]):
        ended = run(*words, "-e", link)
        assert ended.code == USAGE
        assert "link" in one_clear_line(ended)


def test_a_directory_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("dear ada")
    for root in (tmp_path / "letters", tmp_path / "nowhere"):
        ended = run("list", "-e", root)
        assert ended.code == USAGE
        one_clear_line(ended)


def test_a_full_disk_keeps_what_is_there(evidence: Path, tmp_path: Path) -> None:
    big = tmp_path / "big.json"
    big.write_bytes(encoded(packument(readme="x" * 3_000_000)))
    limit = f"ulimit -f 1000; exec {sys.executable} -m regforensics ingest {big} -e {evidence}"
    done = subprocess.run(["bash", "-c", limit], capture_output=True, text=True, check=False,
                          cwd=Path(__file__).parents[2], env={**os.environ, "LC_ALL": "C"})
    assert done.returncode == NO_ANSWER
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert run("verify", "-e", evidence).code == 0
    assert run("list", "-e", evidence, "--json").document["exhibits"]


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_damage_stops_every_reader_with_exit_4(evidence: Path, damage: str) -> None:
    exhibit = next((evidence / "exhibits").iterdir())
    exhibit.chmod(0o644)
    if damage == "missing":
        exhibit.unlink()
    else:
        exhibit.write_bytes(exhibit.read_bytes().replace(b"ada", b"eve"))
    assert run("verify", "-e", evidence).code == INTEGRITY
    for words in (["timeline", "show"], ["cat", "EX-000001"], ["diff", "npm:paint"]):
        ended = run(*words, "-e", evidence)
        assert ended.code == INTEGRITY
        assert exhibit.name in one_clear_line(ended)


def test_a_reader_that_crashes_fails_its_target_and_the_run_goes_on(
        server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: object, package: PackageRef, *__: object) -> tuple[()]:
        if package.name == "ok":
            raise KeyError("no such thing")
        return ()

    monkeypatch.setattr(Npm, "follow_ups", crash)
    evidence = tmp_path / "evidence"
    ended = run("snapshot", "npm:ok", "npm:demo", "--npm-registry", server.url, "-e", evidence,
                "--json")
    assert ended.code == UNREADABLE
    rows = [(r["target"], r["outcome"]) for r in ended.document["captures"]]
    assert ("npm:ok", "failed") in rows
    assert ("npm:demo", "new") in rows
    assert any("KeyError" in r.get("error", "") for r in ended.document["captures"])
    assert run("verify", "-e", evidence).code == 0
