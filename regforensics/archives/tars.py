"""Tar archives: ustar (POSIX.1-1988), pax (POSIX.1-2001) and the GNU extensions, as a stream."""

from collections.abc import Iterator

from regforensics.archives.entry import Bounds, Entry, Finding, Kind, Stopped
from regforensics.archives.streams import CHUNK, Stream

BLOCK = 512
_KINDS: dict[bytes, Kind] = {
    b"0": "file", b"\0": "file", b"7": "file", b"1": "hardlink", b"2": "symlink", b"3": "device",
    b"4": "device", b"5": "dir", b"6": "fifo"}
_PAX, _GLOBAL, _LONG_NAME, _LONG_LINK, _SPARSE = b"x", b"g", b"L", b"K", b"S"
_EMPTY = bytes(BLOCK)


def is_header(block: bytes) -> bool:
    """True where 512 bytes are a tar header: its checksum is right."""
    if len(block) < BLOCK or block == _EMPTY:
        return False
    stated = _number(block[148:156])
    plain = block[:148] + b" " * 8 + block[156:BLOCK]
    signed = sum(b - 256 if b > 127 else b for b in plain) if max(plain) > 127 else None
    return stated is not None and stated in (sum(plain), signed)


class Tar:
    """The members of a tar archive, in order; ``findings`` is complete when they are through."""

    def __init__(self, stream: Stream, bounds: Bounds) -> None:
        self.form = f"tar.{stream.form}" if stream.form else "tar"
        self.findings: list[Finding] = []
        self._stream, self._bounds = stream, bounds
        self._left = 0  # bytes of the present member, with its padding, that were not read
        self._global: dict[bytes, bytes] = {}
        self._odd_end = False
        self.whole = True

    def __iter__(self) -> Iterator[Entry]:
        try:
            yield from self._members()
            if self.whole:
                self._end()
        except Stopped as stop:
            self._stop(stop, b"")

    def _stop(self, stop: Stopped, path: bytes) -> None:
        self.whole = False
        self.findings.append(Finding(stop.kind, path, stop.detail))

    def _members(self) -> Iterator[Entry]:
        number = 0
        over: dict[bytes, bytes] = {}
        while self.whole and (block := self._block()) is not None:
            kind, size = block[156:157], self._size(block, over)
            if kind in (_PAX, _GLOBAL, _LONG_NAME, _LONG_LINK):
                over |= self._extension(kind, size)
                continue
            number += 1
            if number > self._bounds.members:
                raise Stopped("stopped", f"it holds more than {self._bounds.members} members")
            yield self._entry(block, kind, size, {**self._global, **over})
            if self.whole:
                self._skip()
            over = {}

    def _block(self) -> bytes | None:
        """The next header, or None at the end of the archive."""
        at = self._stream.done
        block = self._stream.read(BLOCK)
        if block == _EMPTY:
            block = self._stream.read(BLOCK)
            if block == _EMPTY or not is_header(block):
                self._odd_end = block not in (_EMPTY, b"")
                return None
            self.findings.append(Finding("disagreement", b"", "an empty block stands before the"
                                         f" member at unpacked byte {at + BLOCK}: some readers stop"
                                         " there"))
        if not block:
            self.findings.append(Finding("damaged", b"", "the end mark is missing"))
            return None
        if not is_header(block):
            raise Stopped("damaged", f"no tar header at unpacked byte {at}")
        return block

    def _size(self, block: bytes, over: dict[bytes, bytes]) -> int:
        stated = over.get(b"size", b"")
        if stated.isdigit() and len(stated) < 20 and block[156:157] not in (_PAX, _GLOBAL):
            return int(stated)
        size = _number(block[124:136])
        if size is None or size < 0:
            raise Stopped("damaged", f"a member before unpacked byte {self._stream.done} states no"
                          " readable size")
        return size

    def _extension(self, kind: bytes, size: int) -> dict[bytes, bytes]:
        if size > self._bounds.header:
            raise Stopped("stopped", f"a header of {size} bytes before unpacked byte"
                          f" {self._stream.done}")
        data = self._stream.read(size)
        self._stream.read(-size % BLOCK)
        if kind in (_LONG_NAME, _LONG_LINK):
            return {b"path" if kind == _LONG_NAME else b"linkpath": data.partition(b"\0")[0]}
        records = dict(_records(data))
        if kind == _PAX:
            return records
        self._global |= records
        return {}

    def _entry(self, block: bytes, kind: bytes, size: int, over: dict[bytes, bytes]) -> Entry:
        name = _text(block[:100])
        if block[257:262] == b"ustar" and block[345:500] != bytes(155) \
                and block[257:265] != b"ustar  \0":
            name = _text(block[345:500]) + b"/" + name
        path = over.get(b"path", over.get(b"GNU.sparse.name", name))
        sparse = kind == _SPARSE or any(key.startswith(b"GNU.sparse.") for key in over)
        found: Kind = "other" if sparse else _KINDS.get(kind, "other")
        if found == "file" and path.endswith(b"/"):
            found = "dir"
        held = found in ("file", "other", "dir")
        if kind == _SPARSE:
            self._sparse_map(block)
        self._left = size + -size % BLOCK if held else 0
        entry = Entry(path, found, size if held else 0, (_number(block[100:108]) or 0) & 0o7777,
                      over.get(b"linkpath", _text(block[157:257]))
                      if found in ("symlink", "hardlink") else b"")
        if sparse:
            entry.unread = "a sparse file"
        elif found == "file":
            entry.chunks = self._content(entry, size)
        return entry

    def _sparse_map(self, block: bytes) -> None:
        more = block[482]
        while more:
            extension = self._stream.read(BLOCK)
            more = extension[504] if len(extension) == BLOCK else 0

    def _content(self, entry: Entry, size: int) -> Iterator[bytes]:
        try:
            yield from self._pieces(size)
        except Stopped as stop:
            entry.unread = stop.detail
            self._stop(stop, entry.path)

    def _pieces(self, size: int) -> Iterator[bytes]:
        while size:
            piece = self._stream.some(min(size, CHUNK))
            if not piece:
                raise Stopped("damaged", f"the archive ends {size} bytes before this member")
            size -= len(piece)
            self._left -= len(piece)
            yield piece

    def _skip(self) -> None:
        for _ in self._pieces(self._left):
            pass

    def _end(self) -> None:
        """Behind the end mark stand zeros and nothing else."""
        extra = self._odd_end
        while piece := self._stream.some(CHUNK):
            extra = extra or piece.count(0) < len(piece)
        if extra:
            self.findings.append(Finding("trailing", b"", "data stands behind the end of the tar"
                                         " archive"))
        if self._stream.trailing:
            self.findings.append(Finding("trailing", b"", f"{self._stream.trailing} bytes stand"
                                         f" behind the {self._stream.form} stream"))
        if self._stream.parts > 1:
            self.findings.append(Finding("parts", b"", f"it consists of {self._stream.parts}"
                                         f" {self._stream.form} streams"))


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _number(field: bytes) -> int | None:
    """An octal number, or GNU's base-256 one; None where it is neither."""
    if field[:1] in (b"\x80", b"\xff"):
        return int.from_bytes(field[1:], "big", signed=False) if field[0] == 0x80 else -1
    text = field.partition(b"\0")[0].strip(b" ")
    return int(text or b"0", 8) if not text.strip(b"01234567") else None


def _records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Pax records: ``LENGTH KEY=VALUE\\n``. Raises Stopped where they are not."""
    at, end = 0, len(data.rstrip(b"\0"))
    while at < end:
        length, space, _ = data[at:at + 12].partition(b" ")
        after = at + int(length) if space and length.isdigit() else at
        key, equals, value = data[at + len(length) + 1:max(after - 1, at)].partition(b"=")
        if not equals or data[after - 1:after] != b"\n":
            raise Stopped("damaged", "a pax header is not readable")
        yield key, value
        at = after
