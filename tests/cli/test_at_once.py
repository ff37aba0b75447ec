"""Two at once, and places that cannot be written: one clear line, and nothing is lost."""

import errno
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from regforensics.evidence.store import EvidenceStore
from simulator import Npm, serve
from tests.support.command import one_clear_line, run


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    registry = Npm()
    for number in range(8):
        registry.publish(f"paint-{number}", "1.0.0", by="ada <ada@paint.example>")
    with serve(registry) as urls:
        yield urls.npm


def test_two_cron_jobs_and_an_analyst_at_once(npm: str, tmp_path: Path) -> None:
    evidence, saved = tmp_path / "e", tmp_path / "saved.bin"
    saved.write_bytes(b"handed over")
    targets = [f"npm:paint-{number}" for number in range(8)]
    python = [sys.executable, "-m", "regforensics"]
    jobs = [subprocess.Popen([*python, *words, "-e", str(evidence)], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for words in (["snapshot", "--json", *targets, "--npm-registry", npm],
                          ["snapshot", "--json", *targets, "--npm-registry", npm],
                          ["ingest", "-q", str(saved), "--format", "raw"])]
    ended = [(job.communicate(timeout=60), job.returncode) for job in jobs]
    assert [code for _, code in ended] == [0, 0, 0], ended
    outcomes = [row["outcome"] for (told, _), _ in ended[:2]
                for row in json.loads(told)["captures"]]
    assert sorted(outcomes) == ["new"] * 8 + ["unchanged"] * 8
    assert run("verify", "-e", evidence).code == 0
    status = run("status", "--json", "-e", evidence).document
    assert [row["captures"] for row in status["targets"]] == [2] * 8
    assert (status["runs"]["count"], status["runs"]["without_end"]) == (3, [])


def test_a_lock_that_is_not_got_is_one_line_and_a_hint(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = tmp_path / "e"
    EvidenceStore.create_or_open(evidence)
    opened = EvidenceStore.create_or_open

    def impatient(root: Path, **more: object) -> EvidenceStore:
        return opened(root, lock_timeout=0.1)

    monkeypatch.setattr(EvidenceStore, "create_or_open", staticmethod(impatient))
    holder = os.open(evidence, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    ended = run("snapshot", "-q", "npm:x", "-e", evidence, "--metrics", tmp_path / "m.prom")
    os.close(holder)
    assert ended.code == 3
    assert "is locked by another process" in one_clear_line(ended)
    assert "hint: wait until the other command ends" in ended.err
    assert "regforensics_snapshot_exit_code" in (tmp_path / "m.prom").read_text()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_named_so(
        number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(fd: int, kind: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    ended = run("snapshot", "-q", "npm:x", "-e", tmp_path / "e")
    assert ended.code == 3
    assert "is on a file system without locks" in one_clear_line(ended)
    assert "hint: without locks two writers could damage custody" in ended.err


def test_reading_needs_no_lock(npm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("snapshot", "-q", "npm:paint-1", "--npm-registry", npm, "-e", tmp_path / "e")

    def refuse(fd: int, kind: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    for words in (("list",), ("status",), ("verify",), ("timeline", "show")):
        assert run(*words, "-e", tmp_path / "e").code == 0, words


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_is_read_only(tmp_path: Path) -> None:
    evidence = tmp_path / "e"
    EvidenceStore.create_or_open(evidence)
    evidence.chmod(0o555)
    ended = run("snapshot", "-q", "npm:x", "-e", evidence)
    evidence.chmod(0o755)
    assert ended.code == 3
    assert "cannot write" in one_clear_line(ended)
