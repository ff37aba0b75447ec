"""What a handed-over file unpacks to, as blocks of whole lines, forward only and within bounds.

A compressed log stays as it was handed over. Line numbers and byte offsets of what it holds are
of the unpacked bytes, and of a member of a zip or tar file those of that member, unpacked where it
is compressed itself; anybody unpacks it again with stock tools. UTF-16 counts as a way of packing:
what it unpacks to is UTF-8, as ``iconv`` makes it. Lines end at LF and nowhere else.
"""

import codecs
import importlib
import os
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, BinaryIO

from regforensics.archives.entry import Bounds, Stopped
from regforensics.archives.streams import CHUNK, Stream, compression
from regforensics.archives.tars import BLOCK as TAR_BLOCK
from regforensics.archives.tars import Tar, is_header
from regforensics.evidence.lines import UNPACKED

BLOCK = 4 << 20
LONGEST = 16 << 20  # bytes of a line that is kept; of a longer one only its place is
_LEAST, _RATIO = 256 << 20, 100  # a file may unpack to this many bytes, or times its own size
_MEMBERS = 10_000
_PIECE = 1 << 19
_LF = 10
_ZIP = b"PK\x03\x04"
UTF16 = "utf16"
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
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
    to, else a member of a zip or tar file. ``stopped`` says, after reading, why it was not read to
    its end. ``file`` is the file where it holds nothing else."""

    name: str | None
    pieces: Iterator[bytes]
    stopped: str | None = None
    size: int = 0
    file: BinaryIO | None = None

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """Its lines, in blocks of about ``size`` bytes. What unpacks before a break is given."""
        number, start, held, length = 1, 0, [b""], 0
        skipped = 0
        for piece in self._given():
            held.append(piece)
            length += len(piece)
            if length < size:
                continue
            data, rest = _cut(held)
            if skipped and data:
                first = data.index(b"\n") + 1
                yield Block(number, start, b"", skipped + first)
                number, start, skipped = number + 1, start + skipped + first, 0
                data = data[first:]
            if data:
                count = _counting(data)
                yield Block(number, start, data, counted=count)
                number, start = number + count(0, len(data)), start + len(data)
            elif skipped or len(rest) > LONGEST:
                skipped, rest = skipped + len(rest), b""
            held, length = [rest], len(rest)
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


def _cut(pieces: list[bytes]) -> tuple[bytes, bytes]:
    """The whole lines of some pieces, and what is left."""
    last = pieces[-1]
    cut = last.rfind(b"\n") + 1
    if cut:
        return b"".join((*pieces[:-1], memoryview(last)[:cut])), last[cut:]
    data = b"".join(pieces)
    cut = data.rfind(b"\n") + 1
    return data[:cut], data[cut:]


def members(file: BinaryIO) -> Iterator[Member]:
    """Everything in a file, one after the other; a zip's members in its directory's order."""
    size = file.seek(0, os.SEEK_END)
    most = max(_LEAST, size * _RATIO)
    form = packing(file)
    file.seek(0)
    if form == ".zip":
        yield from _zipped(file, most)
    elif form.startswith(".tar"):
        yield from _tarred(file, most)
    else:
        stream = Stream(file, most, _PIECE)
        pieces = iter(lambda: stream.some(_PIECE), b"")
        yield Member(UNPACKED if form else None,
                     _converted(pieces) if form.endswith(UTF16) else pieces, file=file)


def packing(file: BinaryIO) -> str:
    """What a file is packed with, as a suffix (``.gz``, ``.tar.gz``, ``.zip``, ``.utf16``); ""
    where it is not packed."""
    file.seek(0)
    if file.read(4) == _ZIP:
        return ".zip"
    file.seek(0)
    try:
        stream = Stream(file, _LEAST)
        head = stream.read(TAR_BLOCK)
    except (Stopped, *_BROKEN):
        head = b""
    file.seek(0)
    form = compression(file.read(8))
    outer = f".{form}" if form else ""
    if is_header(head):
        return f".tar{outer}"
    return f"{outer}.{UTF16}" if head[:2] in _MARKS else outer


def packed(head: bytes) -> bool:
    """Whether the first bytes of a member, which was unpacked where its name says how, are packed
    all the same."""
    return head.startswith(_ZIP) or is_header(head[:TAR_BLOCK]) or bool(compression(head)) \
        or head[:2] in _MARKS


def _converted(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """UTF-16 with its mark, as UTF-8 without one."""
    rest, done = b"", 0
    decode = None
    for piece in pieces:
        rest += piece
        if decode is None:
            if len(rest) < len(_MARKS[0]):
                continue
            decode = codecs.utf_16_le_decode if rest.startswith(_MARKS[0]) \
                else codecs.utf_16_be_decode
            rest, done = rest[len(_MARKS[0]):], len(_MARKS[0])
        try:
            text, used = decode(rest, "strict", False)
        except UnicodeDecodeError as error:
            yield decode(rest[:error.start], "strict", True)[0].encode("utf-8")
            raise Stopped("damaged", f"no UTF-16 from byte {done + error.start} on") from error
        yield text.encode("utf-8")
        rest, done = rest[used:], done + used
    if rest:
        raise Stopped("damaged", f"no UTF-16 from byte {done} on: it ends within a character")


class _Pieces:
    """Pieces of a member as a file that is read forward."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._held = pieces, b""

    def read(self, size: int) -> bytes:
        """``size`` bytes, fewer only at the end."""
        got = [self._held]
        length = len(self._held)
        while length < size and (piece := next(self._pieces, b"")):
            got.append(piece)
            length += len(piece)
        data = b"".join(got)
        self._held = data[size:]
        return data[:size]

    def back(self, data: bytes) -> None:
        """Put back what was read last."""
        self._held = data + self._held


def _inner(name: str, pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    """What a member holds; unpacked once where it is compressed and its name says so, so that
    whoever has a citation knows how to get at the line."""
    file = _Pieces(pieces)
    head = file.read(8)
    file.back(head)
    form = compression(head)
    if form and name.endswith(f".{form}"):
        yield from Stream.over(file.read, head, most)
    else:
        yield from iter(lambda: file.read(CHUNK), b"")


def _tarred(file: BinaryIO, most: int) -> Iterator[Member]:
    """Of a name that stands twice the first file counts, as ``tar --occurrence=1`` has it."""
    seen: set[str] = set()
    tar = Tar(Stream(file, most), Bounds(most, _MEMBERS))
    for entry in tar:
        name = entry.path.decode("utf-8", "surrogateescape")
        if entry.kind == "file" and not entry.unread:
            again = name in seen
            seen.add(name)
            yield Member(name, iter(()) if again else _inner(name, entry.chunks, most),
                         "a second member of that name, which is not read" if again else None)
    stops = [f for f in tar.findings if f.kind in ("stopped", "damaged")]
    if stops:
        yield Member("", iter(()), f"the tar file: {stops[0].detail}")


def _zipped(file: BinaryIO, most: int) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(file) as archive:
            left = most
            for info in archive.infolist()[:_MEMBERS]:
                if not info.is_dir():
                    member = Member(info.filename, _inner(
                        info.filename, _inflated(archive, info, left), left))
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
