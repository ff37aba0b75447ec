"""Zip archives (PKWARE APPNOTE 6.3): the central directory, held against the local headers."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from regforensics.archives.entry import Bounds, Entry, Finding, Kind, Stopped
from regforensics.archives.streams import CHUNK

_LOCAL, _CENTRAL, _END, _END64, _LOCATOR = (b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\6\7")
_LARGEST_DIRECTORY = 16 << 20
_DEFERRED, _ENCRYPTED, _UNICODE = 0x08, 0x01, 0x800
_BIG, _HUGE = 0xFFFF, 0xFFFFFFFF
_STORED, _DEFLATED = 0, 8
_DESCRIPTORS = (0, 12, 16, 20, 24)  # with or without a signature, and zip64's
_LONGEST_LINK = 4096
_RECORD64 = 56  # bytes of a zip64 end record without extensions
_KINDS: dict[int, Kind] = {0o10: "file", 0o04: "dir", 0o12: "symlink", 0o02: "device",
                           0o06: "device", 0o01: "fifo", 0: "file"}


@dataclass(slots=True)
class _Header:
    """One record of the central directory. ``at`` is where its local header begins."""

    path: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    kind: Kind
    at: int


def is_zip(file: BinaryIO, size: int) -> bool:
    """True where an end record stands in the last 64 KiB, or the file begins as a zip does."""
    file.seek(0)
    if file.read(4) in (_LOCAL, _END):
        return True
    file.seek(max(0, size - 22 - _BIG))
    return _END in file.read(22 + _BIG)


def has_directory(file: BinaryIO, size: int) -> bool:
    """True where an end record leads to a central directory: readers of zip files take it."""
    try:
        return Zip(file, size, Bounds.of(size)).begins()
    except Stopped:
        return False


class Zip:
    """The members of a zip archive in the order of its central directory, which is what installers
    read; ``findings`` is complete when they are through. ``form`` 1 reads as the first form of
    listings did."""

    form = "zip"

    def __init__(self, file: BinaryIO, size: int, bounds: Bounds, form: int = 2) -> None:
        self._first = form == 1
        self.findings: list[Finding] = []
        self._file, self._size, self._bounds = file, size, bounds
        self._done = 0
        self._shift = 0  # bytes that were put before the archive
        self.whole = True

    def __iter__(self) -> Iterator[Entry]:
        try:
            start, directory = self._directory()
            headers = list(self._headers(directory))
            self._between(headers, start)
            for header in headers:
                if self.whole:
                    yield self._entry(header)
        except Stopped as stop:
            self.whole = False
            self._found(stop.kind, b"", stop.detail)

    def begins(self) -> bool:
        """True where a central directory with members begins where it should. Raises Stopped."""
        return self._directory()[1][:4] == _CENTRAL

    def _directory(self) -> tuple[int, bytes]:
        """Where the central directory begins, and its bytes."""
        back = min(self._size, 22 + _BIG)
        self._file.seek(self._size - back)
        tail = self._file.read(back)
        at = tail.rfind(_END)
        if at < 0 or len(tail) - at < 22:
            raise Stopped("damaged", "no end record: it is cut off, or no zip archive")
        length, offset, comment = struct.unpack("<LLH", tail[at + 12:at + 22])
        end = self._size - back + at
        if end + 22 + comment < self._size:
            self.findings.append(Finding("trailing", b"", f"{self._size - end - 22 - comment} bytes"
                                         " stand behind the end record"))
        if tail[at - 20:at - 16] == _LOCATOR and at >= 20:
            short = length, offset
            end, length, offset = self._end64(tail[at - 20:at], end - 20)
            if not self._first and any(one not in (_HUGE, other) for one, other in zip(
                    short, (length, offset), strict=True)):
                self._found("disagreement", b"", "the end record and the zip64 end record name two"
                            " central directories")
        start = end - length
        if length > _LARGEST_DIRECTORY:
            raise Stopped("stopped", f"a central directory of {length} bytes")
        if start < 0 or start < offset:
            raise Stopped("damaged", "the end record names a central directory that is not there")
        self._shift = start - offset
        if self._shift:
            self.findings.append(Finding("leading", b"", f"{self._shift} bytes stand before the"
                                         " archive"))
        self._file.seek(start)
        return start, self._file.read(length)

    def _end64(self, locator: bytes, at: int) -> tuple[int, int, int]:
        """Where the zip64 end record stands, and the length and offset of the directory that it
        names. ``at`` is where the locator stands: some readers take the record before it, others
        the one that it names."""
        named, before = struct.unpack("<Q", locator[8:16])[0], at - _RECORD64
        start = named
        if not self._first and self._record64(before):
            start = before
        record = self._record64(start)
        if not record:
            raise Stopped("damaged", "the zip64 end record is not where it should be")
        length, offset = struct.unpack("<QQ", record[40:56])
        shift = start - length - offset
        if not self._first and (start != before or named + shift != start):
            self._found("disagreement", b"", "the zip64 end record that its locator names does not"
                        " stand right before the locator; readers differ in which one counts")
        return start, length, offset

    def _record64(self, at: int) -> bytes:
        """The zip64 end record at that place, or nothing."""
        self._file.seek(max(0, min(at, self._size)))
        record = self._file.read(_RECORD64)
        return record if len(record) == _RECORD64 and record[:4] == _END64 else b""

    def _headers(self, directory: bytes) -> Iterator[_Header]:
        at, number = 0, 0
        while at < len(directory):
            if directory[at:at + 4] != _CENTRAL or len(directory) - at < 46:
                raise Stopped("damaged", f"no central header at byte {at} of the directory")
            number += 1
            if number > self._bounds.members:
                raise Stopped("stopped", f"it holds more than {self._bounds.members} members")
            (made, _, flags, method, _, _, crc, packed, size, name, extra, comment, _, _, outer,
             offset) = struct.unpack("<HHHHHHLLLHHHHHLL", directory[at + 4:at + 46])
            path = directory[at + 46:at + 46 + name]
            more = directory[at + 46 + name:at + 46 + name + extra]
            size, packed, offset = _wide(more, size, packed, offset)
            mode = outer >> 16 if made >> 8 == 3 else 0
            kind = "dir" if path.endswith(b"/") else _KINDS.get(mode >> 12, "other")
            yield _Header(path, flags, method, crc, packed, size, mode & 0o7777, kind,
                          offset + self._shift)
            at += 46 + name + extra + comment

    def _between(self, headers: list[_Header], end: int) -> None:
        """Members that share bytes, and local headers that the central directory leaves out."""
        done, deferred = self._shift, False
        for header in sorted(headers, key=lambda header: header.at):
            if header.at < done:
                self._found("overlap", header.path, "its bytes are another member's too")
            self._gap(done, header.at, deferred)
            length = self._local_length(header)
            done = max(done, header.at + (length or 30 + len(header.path)) + header.packed)
            deferred = bool(header.flags & _DEFERRED)
        self._gap(done, end, deferred)

    def _gap(self, start: int, end: int, deferred: bool) -> None:
        """Between two listed members stands nothing, or the one data descriptor."""
        for at in (start + length for length in (_DESCRIPTORS if deferred else (0,))):
            self._file.seek(at)
            if at == end or self._file.read(min(4, max(0, end - at))) == _LOCAL:
                if at < end:
                    self._found("unlisted", b"", f"a member at byte {at} is not in the central"
                                " directory")
                return

    def _local_length(self, header: _Header) -> int:
        self._file.seek(header.at)
        local = self._file.read(30)
        if len(local) < 30 or local[:4] != _LOCAL:
            return 0
        name, extra = struct.unpack("<HH", local[26:30])
        return 30 + int(name) + int(extra)

    def _found(self, kind: str, path: bytes, detail: str) -> None:
        self.findings.append(Finding(kind, path, detail))

    def _entry(self, header: _Header) -> Entry:
        length = self._agreed(header)
        entry = Entry(header.path, header.kind, header.size, header.mode)
        if header.kind == "dir":
            return entry
        if not length:
            entry.unread = "no local header where the central directory says"
        elif header.flags & _ENCRYPTED:
            entry.unread = "encrypted"
        elif header.method not in (_STORED, _DEFLATED):
            entry.unread = f"packed by method {header.method}"
        elif header.kind == "symlink" and header.size > _LONGEST_LINK:
            entry.unread = f"a link target of {header.size} bytes"
        elif header.kind == "symlink":
            entry.link = next(self._content(entry, header, length), b"")[:_LONGEST_LINK]
        elif header.kind == "file":
            entry.chunks = self._content(entry, header, length)
        return entry

    def _agreed(self, header: _Header) -> int:
        """The length of the local header, 0 where there is none; says where it disagrees."""
        self._file.seek(header.at)
        local = self._file.read(30)
        if len(local) < 30 or local[:4] != _LOCAL:
            return 0
        flags, method, _, _, crc, packed, size, name, extra = struct.unpack("<HHHHLLLHH",
                                                                            local[6:30])
        path, more = self._file.read(name), self._file.read(extra)
        size, packed, _ = _wide(more, size, packed, 0)
        differs = [word for word, here, there in (
            ("name", path, header.path), ("method", method, header.method),
            ("encryption", flags & _ENCRYPTED, header.flags & _ENCRYPTED)) if here != there]
        if not flags & _DEFERRED:
            differs += [word for word, here, there in (
                ("size", size, header.size), ("packed size", packed, header.packed),
                ("checksum", crc, header.crc)) if here != there]
        if differs:
            named = "" if path == header.path else f"; the local header names {_ascii(path)}"
            self._found("disagreement", header.path, "local and central header state another "
                        + ", ".join(differs) + named)
        return 30 + int(name) + int(extra)

    def _content(self, entry: Entry, header: _Header, length: int) -> Iterator[bytes]:
        try:
            yield from self._unpacked(header, header.at + length)
        except Stopped as stop:
            entry.unread = stop.detail
            self.whole = self.whole and stop.kind != "stopped"
            self._found(stop.kind, header.path, stop.detail)

    def _unpacked(self, header: _Header, at: int) -> Iterator[bytes]:
        """The unpacked bytes. Raises Stopped where they are broken or too many."""
        inflate = zlib.decompressobj(-15) if header.method == _DEFLATED else None
        left, done, crc, data = header.packed, 0, 0, b""
        while left or data:
            if not data:
                self._file.seek(at)
                data = self._file.read(min(left, CHUNK))
                at, left = at + len(data), left - len(data)
                if not data:
                    raise Stopped("damaged", f"cut off after {done} unpacked bytes")
            try:
                piece = inflate.decompress(data, CHUNK) if inflate else data
            except zlib.error as error:
                raise Stopped("damaged", f"broken after {done} unpacked bytes") from error
            data = inflate.unconsumed_tail if inflate else b""
            self._done, done = self._done + len(piece), done + len(piece)
            if self._done > self._bounds.unpacked:
                raise Stopped("stopped",
                              f"it unpacks to more than {self._bounds.unpacked} bytes")
            crc = zlib.crc32(piece, crc)
            yield piece
            if inflate and inflate.eof:
                break
        if (done, crc) != (header.size, header.crc):
            raise Stopped("damaged", f"{done} bytes that do not have the stated size or checksum")


def _wide(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """The 64-bit values of the zip64 extra field, for each one that the header leaves to it."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack("<HH", extra[at:at + 4])
        if kind == 1:
            values = [value for (value,) in struct.iter_unpack(
                "<Q", extra[at + 4:at + 4 + length // 8 * 8][:length // 8 * 8])] \
                if at + 4 + length <= len(extra) else []
            wide = iter(values)
            size = next(wide, size) if size == _HUGE else size
            packed = next(wide, packed) if packed == _HUGE else packed
            offset = next(wide, offset) if offset == _HUGE else offset
        at += 4 + length
    return size, packed, offset


def _ascii(text: bytes) -> str:
    return text[:200].decode("latin-1").encode("unicode_escape").decode("ascii")
