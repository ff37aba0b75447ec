"""Directories that are refused: one clear line, a hint, the right exit code, nothing changed."""

import errno
import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from regforensics.errors import (
    EvidenceUnwritable,
    IntegrityError,
    RegForensicsError,
    UnreadableInput,
    WrongUsage,
)
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from tests.unit.evidence.cases import entry, filled

BOTH = pytest.mark.parametrize("opener", [EvidenceStore.open, EvidenceStore.create_or_open])
Opener = Callable[[Path], EvidenceStore]


def refused(opener: Opener, root: Path, kind: type[RegForensicsError]) -> str:
    """The message of the refusal."""
    with pytest.raises(kind) as caught:
        opener(root)
    assert type(caught.value) is kind
    assert caught.value.hint
    assert "\n" not in caught.value.message + caught.value.hint
    return caught.value.message


def state(root: Path) -> dict[str, bytes]:
    """Every file below a directory with its bytes."""
    return {str(p): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@BOTH
def test_symbolic_link(opener: Opener, tmp_path: Path) -> None:
    filled(tmp_path / "real")
    (tmp_path / "e").symlink_to("real")
    assert "is a symbolic link to real" in refused(opener, tmp_path / "e", WrongUsage)
    (tmp_path / "dangling").symlink_to("nowhere")
    assert "symbolic link to nowhere" in refused(opener, tmp_path / "dangling", WrongUsage)
    assert not (tmp_path / "nowhere").exists()


@BOTH
@pytest.mark.parametrize("name", ["file", "file/below", "x" * 5000, "a\0b", "fifo"])
def test_impossible_path(opener: Opener, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    os.mkfifo(tmp_path / "fifo")
    refused(opener, tmp_path / name, WrongUsage)


@BOTH
@pytest.mark.parametrize("content", ["notes.txt", "case.json", "manifest-sha256.txt", "exhibits/x",
                                     "derived/x"])
def test_foreign_directory(opener: Opener, tmp_path: Path, content: str) -> None:
    (tmp_path / content).parent.mkdir(exist_ok=True)
    (tmp_path / content).write_bytes(b"{}")
    before = state(tmp_path)
    assert "is not an evidence directory" in refused(opener, tmp_path, WrongUsage)
    assert state(tmp_path) == before


def test_reader_of_nothing(tmp_path: Path) -> None:
    assert "does not exist" in refused(EvidenceStore.open, tmp_path / "e", WrongUsage)
    refused(EvidenceStore.open, tmp_path, WrongUsage)
    assert list(tmp_path.iterdir()) == []


@BOTH
def test_newer_format(opener: Opener, tmp_path: Path) -> None:
    (tmp_path / "case.json").write_bytes(
        b'{"schema":"regforensics/case/2","format":2,"title":"of a later version"}')
    assert "format 2" in refused(opener, tmp_path, UnreadableInput)
    filled(tmp_path / "e")
    (tmp_path / "case.json").replace(tmp_path / "e" / "case.json")
    before = state(tmp_path)
    assert "reads format 1" in refused(opener, tmp_path / "e", UnreadableInput)
    assert state(tmp_path) == before


@BOTH
@pytest.mark.parametrize("name", ["custody.jsonl", "custody-head.json", "manifest-sha256.txt",
                                  "case.json", "exhibits"])
def test_linked_parts(opener: Opener, tmp_path: Path, name: str) -> None:
    root = tmp_path / "e"
    filled(root)
    (root / name).rename(tmp_path / name)
    (root / name).symlink_to(tmp_path / name)
    before = state(tmp_path)
    if name == "manifest-sha256.txt" and opener == EvidenceStore.open:
        assert not verify(root).ok  # a reader has no use for the manifest
        return
    refused(opener, root, IntegrityError)
    assert state(tmp_path) == before


@BOTH
@pytest.mark.parametrize("name", ["custody.jsonl", "custody-head.json", "case.json"])
def test_missing_parts(opener: Opener, tmp_path: Path, name: str) -> None:
    filled(tmp_path)
    (tmp_path / name).unlink()
    assert name in refused(opener, tmp_path, IntegrityError)


DAMAGES: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "cut": ("custody.jsonl", lambda d: b"".join(d.splitlines(True)[:-1]), "is cut off"),
    "cut inside": ("custody.jsonl", lambda d: d[:-9], "is cut off"),
    "changed": ("custody.jsonl", lambda d: d.replace(b':304,', b':303,'),
                "line 4 does not follow"),
    "last": ("custody.jsonl", lambda d: d.replace(b"npm-keys", b"npm-kees"), "disagree about line"),
    "garbage": ("custody.jsonl", lambda d: d.replace(b'{"seq":3', b'{"seq:3'), "line 3 is unread"),
    "bytes": ("custody.jsonl", lambda d: d.replace(b'{"seq":3', b'{"\xff":3'), "line 3 is unread"),
    "deep": ("custody.jsonl", lambda d: b"[" * 100_000 + b"\n" + d, "line 1 is unreadable"),
    "empty line": ("custody.jsonl", lambda d: d.replace(b"\n", b"\n\n", 1), "line"),
    "traversal": ("custody.jsonl", lambda d: d.replace(b'"EX-000001.', b'"../00001.'), "file"),
    "head": ("custody-head.json", lambda d: b"{}", "unreadable"),
    "head ahead": ("custody-head.json", lambda d: d.replace(b'"seq":6', b'"seq":9'), "cut off"),
    "case": ("case.json", lambda d: d.replace(b"of", b"OF"), "is not the case file"),
    "case garbage": ("case.json", lambda d: b"\xff", "unreadable"),
}


@BOTH
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage(opener: Opener, tmp_path: Path, damage: str) -> None:
    filled(tmp_path)
    name, change, message = DAMAGES[damage]
    data = change((tmp_path / name).read_bytes())
    (tmp_path / name).unlink()
    (tmp_path / name).write_bytes(data)
    before = state(tmp_path)
    assert message in refused(opener, tmp_path, IntegrityError)
    assert state(tmp_path) == before


@pytest.mark.parametrize("change", [lambda d: d[:-200], lambda d: d + b"x", lambda d: b"x" + d])
def test_writer_refuses_a_damaged_manifest(tmp_path: Path,
                                           change: Callable[[bytes], bytes]) -> None:
    filled(tmp_path)
    path = tmp_path / "manifest-sha256.txt"
    path.write_bytes(change(path.read_bytes()))
    assert path.name in refused(EvidenceStore.create_or_open, tmp_path, IntegrityError)


def test_custody_cut_or_replaced_while_open(tmp_path: Path) -> None:
    store = filled(tmp_path)
    path = tmp_path / "custody.jsonl"
    data = path.read_bytes()
    path.write_bytes(data[:-300])
    with pytest.raises(IntegrityError, match="cut off"):
        store.record(entry(), b"new")
    path.unlink()
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match="replaced"):
        store.record(entry(), b"new")
    path.unlink()
    with pytest.raises(IntegrityError, match="replaced"):
        store.record(entry(), b"new")


def test_locked_by_another_process(tmp_path: Path) -> None:
    filled(tmp_path)
    script = ("import fcntl, sys; f = open(sys.argv[1], 'rb'); fcntl.flock(f, fcntl.LOCK_EX);"
              "print('held', flush=True); sys.stdin.read()")
    with subprocess.Popen([sys.executable, "-c", script, tmp_path / "custody.jsonl"], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(EvidenceUnwritable, match="locked by another process") as caught:
            EvidenceStore.create_or_open(tmp_path, lock_timeout=0.1)
        assert caught.value.exit_code == 3
        assert len(EvidenceStore.open(tmp_path).acquisitions()) == 6
        holder.communicate()
    assert EvidenceStore.create_or_open(tmp_path, lock_timeout=0.1).record(entry(), b"x").new


def test_second_writer_waits(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with (tmp_path / "custody.jsonl").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        release = threading.Timer(0.2, fcntl.flock, (held, fcntl.LOCK_UN))
        release.start()
        assert store.record(entry(), b"x").new
        release.join()


def test_lock_that_the_system_does_not_offer(tmp_path: Path,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(fd: int, kind: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    filled(tmp_path)
    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(EvidenceUnwritable, match="No locks available"):
        EvidenceStore.create_or_open(tmp_path)
