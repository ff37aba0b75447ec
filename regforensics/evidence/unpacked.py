"""What a handed-over file unpacks to, as blocks of whole lines, forward only and within bounds.

A compressed log stays as it was handed over. Line numbers and byte offsets of what it holds are
of the unpacked bytes, and of a zip's member those of that member; anybody unpacks it again with
stock tools. Lines end at LF and nowhere else.
"""

import importlib
import os
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, BinaryIO

from regforensics.archives.entry import Stopped
from regforensics.archives.streams import Stream, compression
from regforensics.evidence.lines import UNPACKED

BLOCK = 4 << 20
LONGEST = 16 << 20  # bytes of a line that is kept; of a longer one only its place is
_LEAST, _RATIO = 256 << 20, 100  # a file may unpack to this many bytes, or times its own size
_MEMBERS = 10_000
_PIECE = 1 << 20
_LF = 10
_ZIP = b"PK\x03\x04"
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError,
           ValueError)


Count = Callable[[int, int], int]


def _counting(data: bytes) -> Count:
    """Counts the line feeds between two offsets; quicker where numpy is there."""
    numpy = _numpy()
    if numpy is None:
        return partial(data.count, b"\n")
    feeds = numpy.frombuffer(data, "u1") == _LF
    return lambda start, end: int(numpy.count_nonzero(feeds[start:end]))


@cache
def _numpy() -> Any:
    try:
        return importlib.import_module("numpy")
    except ImportError:
        return None


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines: the first one's 1-based number, the offset of its first byte, the bytes.

    ``skipped`` is the length of a line that is too long to keep; there are no bytes then.
    ``counted`` tells how many line feeds stand between two offsets in the bytes.
    """

    number: int
    start: int
    data: bytes = field(repr=False)
    skipped: int = 0
    counted: Count | None = field(default=None, repr=False, compare=False)

    def feeds(self, start: int, end: int) -> int:
        """How many line feeds stand between two offsets."""
        return self.counted(start, end) if self.counted else self.data.count(b"\n", start, end)


@dataclass(slots=True)
class Member:
    """One run of lines. ``name`` is None for the stored bytes themselves, "" for what they unpack
    to, else a zip's member. ``stopped`` says, after reading, why it was not read to its end."""

    name: str | None
    pieces: Iterator[bytes]
    stopped: str | None = None
    size: int = 0

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """Its lines, in blocks of about ``size`` bytes. What unpacks before a break is given."""
        number, start, held, length = 1, 0, [b""], 0
        skipped = 0
        for piece in self._given():
            held.append(piece)
            length += len(piece)
            if length < size:
                continue
            data = b"".join(held)
            cut = data.rfind(b"\n") + 1
            if skipped and cut:
                first = data.index(b"\n") + 1
                yield Block(number, start, b"", skipped + first)
                number, start, skipped = number + 1, start + skipped + first, 0
                data, cut = data[first:], cut - first
            if cut:
                rest, data = data[cut:], data[:cut]
                count = _counting(data)
                yield Block(number, start, data, counted=count)
                number, start, data, cut = number + count(0, cut), start + cut, rest, 0
            elif skipped or len(data) > LONGEST:
                skipped, data = skipped + len(data), b""
            held, length = [data[cut:]], len(data) - cut
        yield from self._last(number, start, b"".join(held), skipped)

    def _given(self) -> Iterator[bytes]:
        try:
            for piece in self.pieces:
                self.size += len(piece)
                yield piece
        except Stopped as stop:
            self.stopped = stop.detail
        except _BROKEN as error:
            self.stopped = f"broken after {self.size} unpacked bytes: {error}"

    @staticmethod
    def _last(number: int, start: int, data: bytes, skipped: int) -> Iterator[Block]:
        if skipped:
            first = data.find(b"\n") + 1 or len(data)
            yield Block(number, start, b"", skipped + first)
            number, start, data = number + 1, start + skipped + first, data[first:]
        if data:
            yield Block(number, start, data)


def members(file: BinaryIO) -> Iterator[Member]:
    """Everything in a file, one after the other; a zip's members in its directory's order."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    if head == _ZIP:
        yield from _zipped(file, max(_LEAST, size * _RATIO))
        return
    stream = Stream(file, max(_LEAST, size * _RATIO), _PIECE)
    yield Member(UNPACKED if stream.form else None,
                 iter(lambda: stream.some(_PIECE), b""))


def packing(head: bytes) -> str:
    """The suffix of what a file that begins like this is packed with; "" where it is not."""
    form = "zip" if head.startswith(_ZIP) else compression(head)
    return f".{form}" if form else ""


def _zipped(file: BinaryIO, most: int) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(file) as archive:
            left = most
            for info in archive.infolist()[:_MEMBERS]:
                if not info.is_dir():
                    member = Member(info.filename, _inflated(archive, info, left))
                    yield member
                    left -= member.size
    except _BROKEN as error:
        yield Member("", iter(()), f"no zip file that can be read: {error}")


def _inflated(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    done = 0
    with archive.open(info) as file:
        while piece := file.read(1 << 20):
            done += len(piece)
            if done > most:
                raise Stopped("stopped", f"the zip file unpacks to more than {most} bytes")
            yield piece


Spans = Collection[tuple[int, int]]
OpenFile = Callable[[], BinaryIO]


def quoted(open_file: OpenFile, member: str | None, spans: Spans
           ) -> Mapping[tuple[int, int], tuple[int, bytes]]:
    """(line number, bytes) of each span that stands within the unpacked bytes of a member.

    A span that is not there, or is longer than LONGEST, has no entry.
    """
    wanted = sorted(spans)
    found: dict[tuple[int, int], tuple[int, bytes]] = {}
    with open_file() as file:
        for one in members(file):
            if one.name == member:
                _find(one, wanted, found)
                break
    return found


def _find(member: Member, wanted: list[tuple[int, int]],
          found: dict[tuple[int, int], tuple[int, bytes]]) -> None:
    place, held = 0, None
    for given in member.blocks():
        block = given if held is None or given.skipped else Block(
            held.number, held.start, held.data + given.data)
        held, number, seen = None, block.number, 0
        while place < len(wanted) and wanted[place][0] < block.start + len(block.data):
            start, stop = (offset - block.start for offset in wanted[place])
            if stop > len(block.data) and len(block.data) < LONGEST:
                held = block  # the span goes on in the next block
                break
            if start >= 0 and stop <= len(block.data):
                number, seen = number + block.feeds(seen, start), start
                found[wanted[place]] = (number, block.data[start:stop])
            place += 1
        if place == len(wanted):
            return
