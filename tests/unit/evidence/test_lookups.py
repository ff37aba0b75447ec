"""Lookups by package and by kind find what walking every custody line finds, and nothing else."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.threads import Threads
from tests.unit.evidence.cases import entry, filled


@given(st.lists(st.sampled_from("abc")))
def test_a_thread_holds_the_lines_of_its_key_in_order(keys: list[str]) -> None:
    threads = Threads()
    for key in keys:
        threads.add(key)
    for key in "abcd":
        assert list(threads.of(key)) == [n for n, one in enumerate(keys, 1) if one == key]


def test_a_package_is_found_with_its_versions_and_without_its_namesakes(tmp_path: Path) -> None:
    store = filled(tmp_path / "e")
    store.record(entry(kind="artifact", subject="pkg:npm/left-pad@1.3.0"), b"a")
    store.record(entry(subject="pkg:npm/left-pad-2"), b"b")
    read = EvidenceStore.open(tmp_path / "e")
    for one in (store, read):
        assert [a.seq for a in one.of_subject("pkg:npm/left-pad")] == [2, 3, 4, 7]
        assert [a.seq for a in one.of_subject("pkg:npm/left-pad@9.9.9")] == [2, 3, 4, 7]
        assert [a.seq for a in one.of_subject("pkg:npm/left")] == []
        assert [a.seq for a in one.of_subject("")] == []
        assert one.subjects() == ("pkg:npm/left-pad", "pkg:npm/%40scope/gone", "pkg:npm/left-pad-2")


def test_kinds_are_found_and_those_about_nothing_apart(tmp_path: Path) -> None:
    store = filled(tmp_path / "e")
    store.record(entry(kind="npm-keys"), b"[]")
    for one in (store, EvidenceStore.open(tmp_path / "e")):
        assert [a.seq for a in one.of_kind("npm-keys")] == [6, 7]
        assert [a.seq for a in one.of_no_subject("npm-keys")] == [6]
        assert [a.seq for a in one.of_kind("npm-keys", "case", "case", "log")] == [1, 6, 7]
        assert not one.of_kind("log")


def test_a_past_state_knows_no_later_line(tmp_path: Path) -> None:
    store = filled(tmp_path / "e")
    head = store.custody_head
    store.record(entry(), b"later")
    assert [a.seq for a in store.as_of(head).of_subject("pkg:npm/left-pad")] == [2, 3, 4]
