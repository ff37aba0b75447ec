"""Every step of a record is on the disk before the next one begins."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regforensics.evidence.layout import AT_ONCE
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from tests.unit.evidence.cases import PACKUMENT, entry, filled


def traced(patch: pytest.MonkeyPatch, root: Path) -> list[str]:
    """A list that fills with ``call name`` for each write, fsync and rename below ``root``."""
    names: dict[tuple[int, int], str] = {}
    trace: list[str] = []

    def name_of(fd: int) -> str:
        found = os.fstat(fd)
        for path in [root, *root.rglob("*")]:
            there = path.lstat()
            if (there.st_dev, there.st_ino) == (found.st_dev, found.st_ino):
                names[there.st_dev, there.st_ino] = path.name.split("-")[0]
        return names[found.st_dev, found.st_ino]

    def watched(call: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*args: Any, **named: Any) -> Any:
            named_file = args[0] if call.__name__ == "rename" else name_of(args[0])
            result = call(*args, **named)
            trace.append(f"{call.__name__} {str(named_file).split('-')[0]}")
            return result
        return noting

    for name in ("write", "fsync", "rename"):
        patch.setattr(os, name, watched(getattr(os, name)))
    return trace


AFTER_THE_BODY = ["write custody.jsonl", "fsync custody.jsonl"]
HEAD = ["write .custody", "fsync .custody", "rename .custody", "fsync e"]


def test_new_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = filled(tmp_path / "e")
    trace = traced(monkeypatch, tmp_path / "e")
    store.record(entry(), b"new")
    assert trace == ["write .incoming", "fsync .incoming", "rename .incoming", "fsync exhibits",
                     *AFTER_THE_BODY, "write manifest", "fsync manifest", *HEAD]


def test_known_bytes_and_no_body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = filled(tmp_path / "e")
    trace = traced(monkeypatch, tmp_path / "e")
    store.record(entry(), PACKUMENT)
    assert trace == [*AFTER_THE_BODY, *HEAD]
    trace.clear()
    store.record(entry(status=None), None)
    assert trace == [*AFTER_THE_BODY, *HEAD]


def test_several_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bodies one by one, all else once, the mark durable before any of it."""
    store = filled(tmp_path / "e")
    trace = traced(monkeypatch, tmp_path / "e")
    done = store.record_all([(entry(), b"one"), (entry(status=None), None), (entry(), b"two"),
                             (entry(), b"one"), (entry(), PACKUMENT)])
    assert [a.seq for a in done] == [7, 8, 9, 10, 11]
    assert [a.exhibit for a in done] == ["EX-000004", None, "EX-000005", "EX-000004", "EX-000001"]
    assert [a.new for a in done] == [True, False, True, False, False]
    bodies = ["write .incoming", "fsync .incoming"]
    assert sorted(trace[:6]) == sorted(bodies * 3)
    assert trace[6:] == ["fsync e", "rename .incoming", "rename .incoming",
                     "fsync exhibits", *AFTER_THE_BODY, "write manifest", "fsync manifest", *HEAD]
    assert verify(tmp_path / "e").ok
    assert EvidenceStore.open(tmp_path / "e").read("EX-000005") == b"two"


def test_more_than_can_be_settled_is_refused(tmp_path: Path) -> None:
    store = filled(tmp_path / "e")
    with pytest.raises(ValueError, match="at most 64"):
        store.record_all([(entry(), b"x")] * (AT_ONCE + 1))
