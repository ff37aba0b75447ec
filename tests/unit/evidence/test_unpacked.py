"""Blocks of whole lines out of plain and packed files: same numbers, same offsets, same bytes."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from regforensics.evidence import unpacked
from regforensics.evidence.lines import Place, place_of, split_lines
from regforensics.evidence.unpacked import Member, members, packing, quoted

LINES = b"".join(b"line %d\r\n" % n for n in range(1, 5000)) + b"\n\xff\xfe no end"


def zipped(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("first.log", b"one line\n")
        archive.writestr("a folder/second.log", data)
    return made.getvalue()


PACKED: dict[str, tuple[Callable[[bytes], bytes], str | None]] = {
    "": (bytes, None), ".gz": (gzip.compress, ""), ".bz2": (bz2.compress, ""),
    ".xz": (lzma.compress, ""), ".zst": (zstd.compress, ""),
    ".zip": (zipped, "a folder/second.log")}
each = pytest.mark.parametrize("suffix", PACKED)


def stored(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "log"
    path.write_bytes(data)
    return path


def lines_of(member: Member, size: int = unpacked.BLOCK) -> list[tuple[int, int, bytes]]:
    return [(block.number + number - 1, block.start + start, block.data[start:end])
            for block in member.blocks(size) for number, start, end in split_lines(block.data)]


def whole(data: bytes) -> list[tuple[int, int, bytes]]:
    return [(number, start, data[start:end]) for number, start, end in split_lines(data)]


@each
def test_every_line_keeps_its_number_and_offset(suffix: str, tmp_path: Path) -> None:
    pack, name = PACKED[suffix]
    with stored(tmp_path, pack(LINES)).open("rb") as file:
        found = {m.name: lines_of(m, 1000) for m in members(file)}
    assert found[name] == whole(LINES)
    assert packing(io.BytesIO(pack(LINES))) == suffix


@each
def test_spans_are_found_again_with_the_number_of_their_line(suffix: str, tmp_path: Path) -> None:
    pack, name = PACKED[suffix]
    path = stored(tmp_path, pack(LINES))
    number, start, data = whole(LINES)[4321]
    span, beyond = (start, start + len(data)), (len(LINES), len(LINES) + 1)
    found = quoted(lambda: path.open("rb"), name, [beyond, span, (0, 4)])
    assert found == {span: (number, data), (0, 4): (1, b"line")}


@given(st.binary(max_size=400), st.lists(st.integers(1, 30), min_size=1), st.integers(1, 60))
def test_any_bytes_in_any_pieces_give_the_same_lines(data: bytes, cuts: list[int], size: int,
                                                     ) -> None:
    pieces, rest = [], data.replace(b"\x00", b"\n")
    data = rest
    for cut in cuts * 400:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    assert lines_of(Member(None, iter([*pieces, rest])), size) == whole(data)


def test_a_span_of_many_lines_is_found_across_blocks(tmp_path: Path) -> None:
    data = b"".join(b"%08d\n" % n for n in range(1_500_000))
    path = stored(tmp_path, gzip.compress(data, 1))
    span = ((4 << 20) - 100, (8 << 20) + 100)
    found = quoted(lambda: path.open("rb"), "", [(9, 17), span, (13_000_000, 13_000_004)])
    assert {s: data[s[0]:s[1]] for s in found} == {s: text for s, (_, text) in found.items()}
    assert found[span][0] == data.count(b"\n", 0, span[0]) + 1
    assert len(found) == 3


def test_members_that_follow_one_another_are_one_stream(tmp_path: Path) -> None:
    for pack in (gzip.compress, bz2.compress, zstd.compress):
        with stored(tmp_path, pack(b"a\nb") + pack(b"c\nd\n")).open("rb") as file:
            assert [data for m in members(file) for _, _, data in lines_of(m)] == [
                b"a", b"bc", b"d"]


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_what_decodes_of_a_cut_file_is_kept(pack: Callable[[bytes], bytes], tmp_path: Path,
                                            ) -> None:
    data = b"".join(b"%d %x\n" % (n, n * 7919) for n in range(300_000))
    with stored(tmp_path, pack(data)[:-2000]).open("rb") as file:
        member = next(members(file))
        found = lines_of(member)
    assert len(found) > 1000
    assert found[:-1] == whole(data)[:len(found) - 1]
    assert member.stopped is not None
    assert "ends early" in member.stopped


def test_a_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked, "_LEAST", 1 << 20)
    for pack in (gzip.compress, zipped):
        with stored(tmp_path, pack(b"\n" * (64 << 20))).open("rb") as file:
            *_, last = [(m, sum(len(b.data) for b in m.blocks())) for m in members(file)]
        assert last[0].stopped is not None
        assert last[1] < 32 << 20


def test_a_line_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked, "LONGEST", 100)
    pieces = [b"one\n", *[b"x" * 90] * 5, b"\ntwo\n", b"y" * 30]
    blocks = list(Member(None, iter(pieces)).blocks(50))
    assert [(b.number, b.start, b.data, b.skipped) for b in blocks] == [
        (1, 0, b"one\n", 0), (2, 4, b"", 451), (3, 455, b"two\n" + b"y" * 30, 0)]


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 200, b"\x1f\x8b",
                                  b"\x28\xb5\x2f\xfd\xff", b"BZh9", b""])
def test_broken_files_raise_nothing(data: bytes, tmp_path: Path) -> None:
    with stored(tmp_path, data).open("rb") as file:
        for member in members(file):
            lines_of(member)


@given(st.integers(1, 10**9), st.none() | st.text())
def test_a_place_is_read_back_from_its_words(number: int, member: str | None) -> None:
    place = Place(number, member)
    assert place_of(str(place)) == place
    assert "\n" not in str(place)


@pytest.mark.parametrize("where", ["line 0", "line 3 of", "line 3 of member x", "/line 3",
                                   'line 3 of member "\\"', "line 3 of the unpacked bytes "])
def test_other_words_are_no_place(where: str) -> None:
    assert place_of(where) is None
