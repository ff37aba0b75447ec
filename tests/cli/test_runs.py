"""What a run leaves behind: its custody lines, its one useful line, its summary."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regforensics.evidence.schemas import validate
from simulator import Npm, serve
from tests.support.command import run
from tests.support.patience import impatient

__all__ = ["impatient"]

TOKEN = "npm_Zx9Yw8Vu7Ts6Rq5Po4Nm3"
NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    registry = Npm()
    for name in ("paint", "brush"):
        registry.publish(name, "1.0.0", by="ada <ada@paint.example>")
    with serve(registry) as urls:
        yield urls.npm


def lines(evidence: Path) -> list[dict[str, Any]]:
    text = (evidence / "custody.jsonl").read_text()
    return [line for line in map(json.loads, text.splitlines()) if line["how"] == "run"]


def test_a_run_has_a_line_at_its_start_and_at_its_end(npm: str, tmp_path: Path) -> None:
    evidence = tmp_path / "e"
    done = run("snapshot", "npm:paint", "npm:brush", "npm:none", "--npm-registry", npm, "-e",
               evidence, "--json")
    assert done.code == 0
    start, end = lines(evidence)
    for line in (start, end):
        validate("custody-line", line)
        assert (line["what"], line["subject"], line["exhibit"]) == ("snapshot", None, None)
    assert (start["kind"], end["kind"]) == ("start", "end")
    said = dict(end["options"])
    assert (said["exit"], said["targets"], said["new"], said["absent"], said["failed"]) == (
        "0", "3", "2", "1", "0")
    assert "npm:paint" in dict(start["options"])["argv"]
    custody = (evidence / "custody.jsonl").read_text().splitlines()
    asked = [line for line in map(json.loads, custody) if line["how"] == "http"]
    assert {line["run"] for line in asked} == {start["run"]} == {end["run"]}
    validate("snapshot", done.document)
    assert done.document["run"]["name"] == start["run"]
    assert done.document["run"]["bytes"] == int(said["bytes"]) > 0


def test_what_was_typed_is_kept_without_its_secrets(npm: str, tmp_path: Path) -> None:
    with_password = npm.replace("://", f"://ada:{TOKEN}@")
    run("snapshot", "npm:paint", "--npm-registry", with_password, "-e", tmp_path / "e")
    assert TOKEN not in (tmp_path / "e" / "custody.jsonl").read_text()
    start, _ = lines(tmp_path / "e")
    assert "[redacted]@127.0.0.1" in dict(start["options"])["argv"]


def test_ingest_leaves_them_too(tmp_path: Path) -> None:
    path = tmp_path / "saved.bin"
    path.write_bytes(b"bytes")
    assert run("ingest", path, "--format", "raw", "-e", tmp_path / "e").code == 0
    assert [(line["kind"], line["what"]) for line in lines(tmp_path / "e")] == [
        ("start", "ingest"), ("end", "ingest")]


def test_a_quiet_run_says_nothing_where_all_is_well(npm: str, tmp_path: Path) -> None:
    done = run("snapshot", "-q", "npm:paint", "npm:brush", "--npm-registry", npm, "-e",
               tmp_path / "e")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_quiet_run_says_in_one_line_what_failed(impatient: None, tmp_path: Path) -> None:
    words = ("snapshot", "-q", "npm:a", "npm:b", "npm:c", "npm:d", "--npm-registry", NOWHERE,
             "-e", tmp_path / "e")
    first, second = run(*words), run(*words)
    assert (first.code, first.out) == (3, "")
    assert first.err == ("error: 4 of 4 targets failed: 127.0.0.1:9: connection refused"
                         " (npm:a, npm:b, npm:c and 1 more)\n")
    assert second.err == first.err.replace("\n", "; 2 runs in a row had failures\n")
    end = lines(tmp_path / "e")[-1]
    assert end["note"] == second.err.removeprefix("error: ").strip()
    assert dict(end["options"])["in-a-row"] == "2"


def test_failures_of_other_targets_are_not_in_a_row(impatient: None, tmp_path: Path) -> None:
    words = ("--npm-registry", NOWHERE, "-e", tmp_path / "e")
    run("snapshot", "-q", "npm:a", *words)
    assert "in a row" not in run("snapshot", "-q", "npm:b", *words).err


def test_success_between_failures_ends_the_row(npm: str, impatient: None, tmp_path: Path) -> None:
    for url in (NOWHERE, npm):
        run("snapshot", "-q", "npm:paint", "--npm-registry", url, "-e", tmp_path / "e")
    last = run("snapshot", "-q", "npm:paint", "--npm-registry", NOWHERE, "-e", tmp_path / "e")
    assert "in a row" not in last.err


@pytest.mark.parametrize(("sent", "ends"), [(signal.SIGTERM, 1), (signal.SIGKILL, 0)])
def test_a_run_that_is_stopped_says_so_and_one_that_is_killed_leaves_a_start_alone(
        sent: signal.Signals, ends: int, tmp_path: Path) -> None:
    """The address accepts connections and never answers."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        process = subprocess.Popen(
            [sys.executable, "-m", "regforensics", "snapshot", "-q", "npm:paint",
             "--npm-registry", url, "-e", str(tmp_path / "e")],
            env=os.environ | {"NO_PROXY": "127.0.0.1", "HOME": str(tmp_path)},
            stderr=subprocess.PIPE, text=True)
        silent.settimeout(20)
        with silent.accept()[0]:
            time.sleep(0.2)
            process.send_signal(sent)
            _, err = process.communicate(timeout=20)
    found = lines(tmp_path / "e")
    assert [line["kind"] for line in found] == ["start", "end"][:1 + ends]
    assert run("verify", "-e", tmp_path / "e").code == 0
    if ends:
        assert process.returncode == 3
        assert found[1]["error"] == "interrupted"
        assert err == "interrupted: what was captured is kept\n"


def test_verify_is_quiet_where_all_is_well(tmp_path: Path) -> None:
    path = tmp_path / "saved.bin"
    path.write_bytes(b"bytes")
    run("ingest", path, "--format", "raw", "-e", tmp_path / "e")
    done = run("verify", "-q", "-e", tmp_path / "e")
    assert (done.code, done.out, done.err) == (0, "", "")
    stored, = (tmp_path / "e" / "exhibits").iterdir()
    stored.chmod(0o644)
    stored.write_bytes(b"other")
    done = run("verify", "-q", "-e", tmp_path / "e")
    assert done.code == 4 and done.out
