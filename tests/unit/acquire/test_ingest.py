"""A handed-over file arrives byte for byte, or not at all with one line that says why."""

import os
from pathlib import Path

import pytest

from regforensics.acquire.ingest import HEAD, Recognised, ingest
from regforensics.errors import EvidenceUnwritable, UnreadableInput
from tests.hostile.fakes import MemoryStore


def as_log(path: Path, head: bytes) -> Recognised:
    return Recognised("log", "pkg:npm/demo", "access", path.suffix)


def test_a_file_is_recorded_as_it_is(tmp_path: Path) -> None:
    data = os.urandom(3 << 20)
    path, seen = tmp_path / "access.log", list[bytes]()
    path.write_bytes(data)

    def recognise(given: Path, head: bytes) -> Recognised:
        seen.append(head)
        return as_log(given, head)

    store = MemoryStore()
    line = ingest(path, store=store, recognise=recognise, note="from the proxy team",
                  observed_at="2026-11-20T10:00:00Z")
    assert store.body(line) == data
    assert seen == [data[:HEAD]]
    entry = line.entry
    assert (entry.how, entry.kind, entry.subject, entry.path) == (
        "file", "log", "pkg:npm/demo", str(path))
    assert (entry.observed_at, entry.note, entry.suffix) == (
        "2026-11-20T10:00:00Z", "from the proxy team", ".log")


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, reason in ((pipe, "is not a regular file"), (tmp_path, "is not a regular file"),
                         (tmp_path / "gone", "cannot be read: No such file"),
                         (Path("nul\0byte"), "cannot be read: embedded null byte")):
        store = MemoryStore()
        with pytest.raises(UnreadableInput, match=reason):
            ingest(path, store=store, recognise=as_log)
        assert store.lines == []


def test_a_file_over_the_cap_is_refused_before_it_is_copied(tmp_path: Path) -> None:
    path, store = tmp_path / "big", MemoryStore()
    path.write_bytes(bytes(11))
    with pytest.raises(UnreadableInput, match=r"big has 11 bytes, more than 10 bytes$"):
        ingest(path, store=store, recognise=as_log, largest=10)
    assert store.lines == []
    assert all(not body.data and body.closed for body in store.handed)


def test_a_file_that_nobody_recognises_leaves_nothing_behind(tmp_path: Path) -> None:
    def refuse(path: Path, head: bytes) -> Recognised:
        raise UnreadableInput("unknown format")

    path, store = tmp_path / "odd", MemoryStore()
    path.write_bytes(b"?")
    with pytest.raises(UnreadableInput, match="unknown format"):
        ingest(path, store=store, recognise=refuse)
    assert (store.lines, store.handed[0].closed) == ([], True)


def test_a_full_disk_is_the_stores_error(tmp_path: Path) -> None:
    path, store = tmp_path / "log", MemoryStore(room=3)
    path.write_bytes(b"four")
    with pytest.raises(EvidenceUnwritable):
        ingest(path, store=store, recognise=as_log)
    assert store.handed[0].closed
