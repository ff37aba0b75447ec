"""The tables that look custody up tell what plain dicts and lists would, for any input."""

import os
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regforensics.errors import IntegrityError
from regforensics.evidence import numbers, tape
from regforensics.evidence.numbers import Numbers
from regforensics.evidence.shelf import Shelf, number_of
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.tape import Tape
from tests.unit.evidence.cases import entry, filled

KEYS = st.integers(0, 40) | st.just(2**64 - 1)


@given(st.lists(st.tuples(KEYS, st.integers(1, 2**32 - 1))))
def test_numbers_are_a_map(pairs: list[tuple[int, int]]) -> None:
    plain, found = dict[int, int](), Numbers()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbers, "_FEW", 3)
        for key, number in pairs:
            plain[key] = number
            found.set(key, number)
            assert found.get(key) == number
    keys, values = found.settled()
    assert dict(zip(keys, values, strict=True)) == plain
    assert list(keys) == sorted(plain)
    assert found.get(41) == 0


@given(st.lists(st.binary(max_size=40), max_size=12), st.data())
def test_a_tape_is_the_bytes_that_it_took(pieces: list[bytes], data: st.DataObject) -> None:
    whole, read = b"".join(pieces), os.memfd_create("tape")
    os.write(read, whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tape, "_BLOCK", 16)
        patch.setattr(tape, "_KEPT", 2)
        found = Tape(read, "tape")
        for piece in pieces:
            assert found.ahead(len(piece)) == piece
            found.take(piece)
        assert (found.size, found.sha256) == (len(whole), sha256(whole).hexdigest())
        for _ in range(4):
            start = data.draw(st.integers(0, len(whole)))
            end = data.draw(st.integers(start, len(whole)))
            assert found.read(start, end) == whole[start:end]
            assert found.digest_before(end) == sha256(whole[:end]).hexdigest()


@pytest.mark.parametrize("change", [b"y", b""])
def test_a_tape_notices_bytes_that_changed_or_are_gone(tmp_path: Path, change: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 200_000)
    found = Tape(os.open(path, os.O_RDONLY), "the file")
    found.take(found.ahead(200_000))
    path.write_bytes(change * 200_000)
    for read in (lambda: found.read(70_000, 70_001), lambda: found.digest_before(70_000)):
        with pytest.raises(IntegrityError, match="the file was changed while it was in use"):
            read()
    assert found.read(199_999, 200_000) == b"x"  # of the end, which is held


def test_a_shelf_is_a_map_of_exhibits() -> None:
    shelf = Shelf()
    for number, body in enumerate((b"a", b"b", b"a"), 1):
        shelf.add(f"EX-{number:06d}.x.json", sha256(body).hexdigest(), len(body))
        shelf.used(number)
    shelf.used(0)
    shelf.used(2)
    shelf.pin("EX-000002")
    shelf["EX-000002"].places.append("/var/log/x")
    assert list(shelf) == ["EX-000001", "EX-000002", "EX-000003"]
    assert [list(stored.lines) for stored in shelf.values()] == [[1], [2, 5], [3]]
    assert [stored.file for stored in shelf.values()] == [
        "EX-000001.x.json", "EX-000002.x.json", "EX-000003.x.json"]
    assert shelf["EX-000002"].places == ["/var/log/x"]
    assert shelf.get("EX-000004") is shelf.get("EX-1") is shelf.get("EX-0000002") is None
    latest = shelf.holding(sha256(b"a").hexdigest())
    assert latest is not None
    assert latest.label == "EX-000003"
    assert shelf.holding(sha256(b"c").hexdigest()) is None
    assert shelf.says(2, sha256(b"b").hexdigest(), 1)
    assert not shelf.says(2, sha256(b"b").hexdigest().upper(), 1)
    assert not shelf.says(4, sha256(b"b").hexdigest(), 1)


def test_two_digests_that_begin_alike_are_told_apart() -> None:
    shelf = Shelf()
    shelf.add("EX-000001.json", "ab" * 8 + "00" * 24, 1)
    assert shelf.holding("ab" * 8 + "01" * 24) is None
    shelf.add("EX-000002.json", "ab" * 8 + "01" * 24, 1)
    assert shelf.holding("ab" * 8 + "01" * 24) is not None
    assert shelf.holding("ab" * 8 + "00" * 24) is None  # stored again, then: no harm
    assert len(shelf.beginning("ab" * 8)) == 2


@pytest.mark.parametrize(("name", "number"), [
    ("EX-000001", 1), ("EX-1234567", 1234567), ("EX-0000001", 0), ("EX-1", 0), ("ex-000001", 0),
    ("EX-00000a", 0), ("", 0), ("EX-٠٠٠٠٠١", 0), ("EX-000000", 0)])
def test_a_label_is_written_in_one_way(name: str, number: int) -> None:
    assert number_of(name) == number


def test_a_line_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    store = filled(tmp_path / "e")
    store.record(entry(note="n" * 3_000_000), b"x")
    store.record(entry(), b"y")
    read = EvidenceStore.open(tmp_path / "e")
    assert len(read.acquisitions()) == 8
    assert read.custody_bytes() == (tmp_path / "e" / "custody.jsonl").read_bytes()
    assert read.acquisitions()[6].entry.note == "n" * 3_000_000


def test_answers_are_found_by_their_question(tmp_path: Path) -> None:
    root, url = tmp_path / "e", "https://registry.example/left-pad"
    store = filled(root)
    accept = (("ACCEPT", "text/html"),)
    store.record(entry(request_headers=accept, final_url=url + "/moved"), b"html")
    store.record(entry(request_body="{}"), b"posted")
    store.record(entry(how="file"), b"handed over")
    for one in (store, EvidenceStore.open(root)):
        line = {name: found.seq if found else 0 for name, found in {
            "asked": one.last_answer(url, "", ""), "html": one.last_answer(url, "text/html", ""),
            "posted": one.last_answer(url, "", "{}"), "never": one.last_answer(url, "x", ""),
            "full": one.last_full(url, ""), "moved": one.last_full(url + "/moved", "text/html"),
            "not here": one.last_full(url, "text/html")}.items()}
        assert line == {"asked": 6, "html": 7, "posted": 8, "never": 0, "full": 6, "moved": 7,
                        "not here": 0}
        assert (one.first_full(url), one.first_full(url + "/moved"), one.last_line()) == (2, 0, 9)
