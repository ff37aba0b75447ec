"""Documents beside the registry states: who gets them, and what becomes of unreadable ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from regforensics import reading
from regforensics.errors import UnreadableInput
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.store import EvidenceStore
from regforensics.model.claim import Gap
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Snapshot
from regforensics.reading import Reader
from regforensics.registries import companions
from regforensics.registries.base import Part, Query, Wanted
from regforensics.registries.companions import Companion
from regforensics.registries.npm import Npm
from tests.hostile.fakes import query
from tests.support.command import run
from tests.support.documents import encoded, packument


class Lost(dict[str, Any]):
    """Members that cannot be read."""

    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)

    def __iter__(self) -> Any:
        raise KeyError("no such release")

    def values(self) -> Any:
        raise KeyError("no such release")

    def __len__(self) -> int:
        return 1

    def same(self, key: str, other: object) -> bool:
        """Nothing is alike."""
        return False


PAINT = PackageRef.parse("npm:paint")


@dataclass(frozen=True)
class Remark:
    """A record of these tests."""

    text: str


def read(package: PackageRef, part: Part) -> Iterator[Remark | Gap]:
    if part.body() == b"broken":
        raise UnreadableInput("no remark at byte 0", offset=0)
    if part.body() == b"crash":
        yield Remark("before the crash")
        raise KeyError("no such remark")
    yield Remark(f"{package.target} {part.observation.status} {part.body().decode()}")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EvidenceStore:
    monkeypatch.setattr(companions, "COMPANIONS", (Companion(("remark",), Remark, read),))
    monkeypatch.setattr(reading, "COMPANIONS", companions.COMPANIONS)
    made = EvidenceStore.create_or_open(tmp_path / "evidence")
    made.record(Entry(how="file", kind="packument", subject="pkg:npm/paint",
                      observed_at="2025-02-01T00:00:00Z"), encoded(packument()))
    for subject, body, status in (("pkg:npm/paint@1.0.0", b"mine", 200),
                                  ("pkg:npm/paint-x@1.0.0", b"another's", 200),
                                  (None, b"everybody's", 200), ("pkg:npm/paint", b"broken", 200),
                                  ("pkg:npm/paint@1.0.0", b"none", 404)):
        made.record(Entry(how="http", kind="remark", subject=subject, status=status, suffix=".txt",
                          observed_at="2025-02-01T00:00:00Z"), body)
    made.record(Entry(how="http", kind="remark", subject="pkg:npm/paint", status=500,
                      error="HTTP 500", observed_at="2025-02-01T00:00:00Z"), b"mine too")
    return made


def test_a_package_gets_the_records_about_it_and_about_all(store: EvidenceStore) -> None:
    history = Reader(store).history(PAINT)
    assert history.of(Remark) == (Remark("npm:paint 200 mine"), Remark("npm:paint 200 everybody's"),
                                  Remark("npm:paint 404 none"))
    assert history.of(int) == ()


def test_an_unreadable_one_is_a_gap(store: EvidenceStore) -> None:
    (gap,) = Reader(store).history(PAINT).gaps_in(Remark)
    assert "no remark at byte 0" in gap.reason


def test_a_reader_that_crashes_is_a_gap_and_keeps_what_it_read(store: EvidenceStore) -> None:
    store.record(Entry(how="http", kind="remark", subject="pkg:npm/paint", status=200,
                       suffix=".txt", observed_at="2025-02-01T00:00:00Z"), b"crash")
    history = Reader(store).history(PAINT)
    assert Remark("before the crash") in history.of(Remark)
    gap = history.gaps_in(Remark)[-1]
    assert "KeyError" in gap.reason
    assert "(remark) says" in gap.question


def crash(*_: object) -> Any:
    raise KeyError("no such thing")


@pytest.mark.parametrize("lazy", [
    {"tells": crash}, {"releases": Lost()}, {"findings": crash}, {"unlisted": crash},
    {"signed": crash}])
def test_a_state_that_crashes_when_it_is_looked_at_leaves_a_report(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lazy: dict[str, Any]) -> None:
    whole = Npm.snapshot

    def odd(self: Npm, package: PackageRef, parts: Sequence[Part]) -> Snapshot:
        return replace(whole(self, package, parts), **lazy)

    monkeypatch.setattr(Npm, "snapshot", odd)
    evidence = tmp_path / "evidence"
    made = EvidenceStore.create_or_open(evidence)
    made.record(Entry(how="file", kind="packument", subject="pkg:npm/paint",
                      observed_at="2025-02-01T00:00:00Z"), encoded(packument()))
    report = run("timeline", "report", "-e", evidence)
    assert "KeyError" in report.out
    for ended in (report, run("timeline", "show", "-e", evidence),
                  run("inventory", "-e", evidence)):
        assert ended.code in (0, 6)
        assert "internal error" not in ended.err


def test_a_registry_reader_that_crashes_is_a_gap(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Npm, "snapshot", crash)
    made = EvidenceStore.create_or_open(tmp_path / "evidence")
    made.record(Entry(how="file", kind="packument", subject="pkg:npm/paint",
                      observed_at="2025-02-01T00:00:00Z"), encoded(packument()))
    (state,) = Reader(made).history(PAINT).snapshots
    assert state.state == "unreadable"
    assert "KeyError" in state.gaps[0].reason


def test_they_are_no_states_and_their_failures_are_failures(store: EvidenceStore) -> None:
    history = Reader(store).history(PAINT)
    assert [s.state for s in history.snapshots] == ["present"]
    assert [f.reason for f in history.failures] == ["HTTP 500"]


def test_what_a_companion_asks_for_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(package: PackageRef, base: str, _: Sequence[Part], wanted: Wanted) -> list[Query]:
        return [query(base + package.name)] if wanted.advisories else []

    monkeypatch.setattr(companions, "COMPANIONS", (Companion(("remark",), Remark, read, ask),))
    asked = companions.follow_ups(PAINT, "https://npm.example/", (), Wanted(advisories=True))
    assert [q.url for q in asked] == ["https://npm.example/paint"]
    assert companions.follow_ups(PAINT, "https://npm.example/", (), Wanted()) == ()
