"""A story whose captures are packed says the same, cites the same, and opens with stock tools."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from regforensics.evidence import packing
from regforensics.evidence.schemas import validate
from simulator.stories import PACKAGE
from tests.support.command import run
from tests.support.played import Played, play
from tests.support.tools import needs

COMMANDS = (["list"], ["drift", "--json"], ["diff", f"npm:{PACKAGE}", "--json"],
            ["inventory", "--json"], ["show", "EX-000001:1"], ["cat", "EX-000002"],
            ["show", "EX-000001#/versions"])


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Played:
    """A take-over with the package files and their listings; the captures are small."""
    monkeypatch.setattr(packing, "LEAST", 200)
    return play("takeover", tmp_path, monkeypatch)


def quoted(line: dict[str, Any]) -> bytes:
    """The bytes that an entry of the appendix quotes."""
    return line["quote"].encode() if "quote" in line else base64.b64decode(line["quote_base64"])


def test_nothing_that_is_said_changes(told: Played, tmp_path: Path) -> None:
    before, report = told.report(), tmp_path / "before.json"
    assert told.run("timeline", "report", "-o", report).code == 0
    said = [(ended.code, ended.out) for ended in (told.run(*words) for words in COMMANDS)]
    packed = told.run("pack", f"npm:{PACKAGE}", "--json")
    assert packed.code == 0, packed.err
    validate("pack", packed.document)
    assert any(form["keyframe"] for form in packed.document["exhibits"])
    for line in (told.evidence / "custody.jsonl").read_bytes().splitlines():
        validate("custody-line", json.loads(line))
    assert told.run("verify").code == 0
    assert [(ended.code, ended.out) for ended in (told.run(*words) for words in COMMANDS)] == said
    listed = told.run("list", "--json").document
    validate("list", listed)
    assert sum("packed" in row for row in listed["exhibits"]) == len(packed.document["exhibits"])
    after = told.report()
    assert [c["statement"] for c in after["claims"]] == [c["statement"] for c in before["claims"]]
    assert [c["citations"] for c in after["claims"]] == [c["citations"] for c in before["claims"]]
    checked = told.run("timeline", "check", report)
    assert checked.code == 0, checked.out + checked.err


@needs("zstd", "jq")
def test_the_appendix_opens_them_with_stock_tools(told: Played, tmp_path: Path) -> None:
    assert told.run("pack").code == 0
    report = told.report()
    shown = 0
    for line in report["appendix"]["lines"]:
        *_, exact, digest = line["commands"]
        assert sh(exact, told.evidence) == quoted(line)
        if line["file"].endswith(".zst"):
            assert sh(digest, told.evidence).decode().split()[0] == line["sha256"]
            shown += "--patch-from" in exact
            for command in line["commands"]:
                sh(command, told.evidence)
    assert shown
    for gone in report["appendix"]["absences"]:
        assert b'"has":false' in sh(gone["commands"][0], told.evidence)


def sh(command: str, folder: Path) -> bytes:
    """What a command prints; it says nothing else, and leaves nothing behind."""
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b""), command
    return done.stdout


def test_a_report_of_packed_evidence_holds_after_unpacking(told: Played, tmp_path: Path) -> None:
    assert told.run("pack").code == 0
    report = tmp_path / "packed.json"
    assert told.run("timeline", "report", "-o", report).code == 0
    assert told.run("unpack", "-q").code == 0
    assert not list((told.evidence / "exhibits").glob("*.zst"))
    assert told.run("timeline", "check", report).code == 0
    assert told.run("verify").code == 0


def test_damage_of_a_packed_capture_is_integrity(told: Played) -> None:
    assert told.run("pack").code == 0
    row = next(r for r in told.run("list", "--json").document["exhibits"]
               if r.get("packed", {}).get("keyframe"))
    path = told.evidence / "exhibits" / row["packed"]["file"]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-3])
    verified = told.run("verify")
    assert (verified.code, row["packed"]["file"] in verified.out) == (4, True)
    assert told.run("cat", row["exhibit"]).code == 4
    assert told.run("timeline", "report").code == 4
    assert told.run("unpack").code == 4


@pytest.mark.parametrize("command", ["pack", "unpack"])
def test_refusals(told: Played, tmp_path: Path, command: str) -> None:
    unseen = told.run(command, "npm:never-seen")
    assert (unseen.code, len(unseen.err.splitlines())) == (2, 2)
    assert told.run(command, f"npm:{PACKAGE}@1.0.0").code == 2

    assert run(command, "-e", tmp_path / "none").code == 2
    assert not (tmp_path / "none").exists()
    nothing = told.run("unpack")
    assert (nothing.code, nothing.out) == (0, "0 exhibits unpacked: 0 B are 0 B now\n")
