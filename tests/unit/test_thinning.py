"""Drift over some captures is drift over all of them, and most captures are never read in full."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regforensics.analyze.compare.drift import find_drift
from regforensics.evidence.ahead import read_ahead
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.store import EvidenceStore
from regforensics.model.drift import Drift
from regforensics.model.history import History
from regforensics.model.package import PackageRef
from regforensics.reading import Reader
from regforensics.thinning import thinned
from tests.unit.analyze.documents import MIRROR, ORIGIN, npm, version

PAINT = PackageRef.parse("npm:paint")
TIMES = {"1.0.0": "06:00", "1.1.0": "07:00"}


def packument(seeds: dict[str, str], **more: Any) -> bytes:
    listed = {v: version(v, bytes_of=seed) for v, seed in seeds.items()}
    return json.dumps(npm(dict.fromkeys(seeds, "06:00"), listed, tags={}, **more)).encode()


class Shelf:
    """An evidence directory of captures, an hour apart."""

    def __init__(self, root: Path) -> None:
        self.store, self.count = EvidenceStore.create_or_open(root), 0

    def add(self, body: bytes, place: str | None = ORIGIN, status: int = 200) -> "Shelf":
        self.count += 1
        at = f"2026-03-{self.count:02}T10:00:00.000Z"
        self.store.record(Entry(
            how="http" if place else "file", kind="packument", subject=str(PAINT), observed_at=at,
            requested_at=at, status=status if place else None, registry=place,
            run=f"run-{self.count}"), body)
        return self

    def thin(self) -> tuple[History, int]:
        return thinned(self.store, Reader(self.store), PAINT)

    def whole(self) -> History:
        return Reader(self.store).history(PAINT)


def said(found: tuple[Drift, ...]) -> list[tuple[Any, ...]]:
    return [(d.version, d.file, d.grade, d.across,
             [(o.algorithm, o.value, o.observed_at) for o in d.observations]) for d in found]


def test_captures_that_say_the_same_of_every_file_are_not_read(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for number in range(1, 20):
        shelf.add(packument({f"1.{n}.0": "x" for n in range(number)}))
    history, captures = shelf.thin()
    assert (history.snapshots, captures) == ((), 19)
    assert find_drift([shelf.whole()]) == ()


def test_there_and_back_again_is_seen(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for seed in "aaabba":
        shelf.add(packument({"1.0.0": seed, "1.1.0": "y"}, readme=str(shelf.count)))
    history, captures = shelf.thin()
    assert captures == 6
    assert len(history.snapshots) < 6
    assert said(find_drift([history])) == said(find_drift([shelf.whole()]))
    assert len(find_drift([history])) == 1


def test_a_version_that_went_and_came_back_otherwise_is_seen(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path).add(packument({"1.0.0": "a"})).add(packument({"1.1.0": "y"}))
    shelf.add(packument({"1.0.0": "b", "1.1.0": "y"}))
    assert len(find_drift([shelf.thin()[0]])) == 1


def test_what_has_no_prints_is_read(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path).add(packument({"1.0.0": "a"})).add(b"<html>")
    shelf.add(b'{"name":"paint","versions":{"1.0.0":7}}').add(packument({"1.0.0": "a"}))
    history, captures = shelf.thin()
    assert captures == 4
    assert [s.state for s in history.snapshots].count("unreadable") == 1
    assert len(history.snapshots) == 2


def test_an_absent_package_is_an_answer_without_prints(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path).add(packument({"1.0.0": "a"}))
    shelf.add(b'{"name":"paint","versions":{}}', status=404)
    assert [s.state for s in shelf.thin()[0].snapshots] == ["absent"]


@pytest.mark.parametrize("place", [None, MIRROR])
def test_other_places_count(tmp_path: Path, place: str | None) -> None:
    shelf = Shelf(tmp_path).add(packument({"1.0.0": "a"})).add(packument({"1.0.0": "b"}), place)
    found = find_drift([shelf.thin()[0]])
    assert said(found) == said(find_drift([shelf.whole()]))
    assert found[0].across == (place is not None)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["1.0.0", "1.1.0", "1.2.0"]),
                                st.sampled_from("ab"), min_size=1), min_size=1, max_size=8))
def test_drift_is_the_same_whatever_is_left_unread(
        tmp_path_factory: pytest.TempPathFactory, states: list[dict[str, str]]) -> None:
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    for state in states:
        shelf.add(packument(state))
    assert said(find_drift([shelf.thin()[0]])) == said(find_drift([shelf.whole()]))


def test_reading_ahead_keeps_order_and_raises_at_its_turn() -> None:
    def read(label: str, _: bytearray) -> memoryview:
        if label == "c":
            raise ValueError(label)
        return memoryview(label.encode())

    found = read_ahead(read, "abcd")
    assert [next(found), next(found)] == [("a", memoryview(b"a")), ("b", memoryview(b"b"))]
    with pytest.raises(ValueError, match="c"):
        next(found)
    assert list(read_ahead(read, "")) == []
