"""Tar archives: ustar (POSIX.1-1988), pax (POSIX.1-2001) and the GNU extensions, as a stream."""

from collections.abc import Iterator

from regforensics.archives.entry import Bounds, Entry, Finding, Kind, Stopped
from regforensics.archives.streams import CHUNK, Stream

BLOCK = 512
_KINDS: dict[bytes, Kind] = {
    b"0": "file", b"\0": "file", b"7": "file", b"1": "hardlink", b"2": "symlink", b"3": "device",
    b"4": "device", b"5": "dir", b"6": "fifo"}
_PAX, _GLOBAL, _LONG_NAME, _LONG_LINK, _SPARSE = b"x", b"g", b"L", b"K", b"S"
_SOLARIS_PAX, _OLD_LONG_NAME = b"X", b"N"
_NAMES = {_LONG_NAME: b"path", _LONG_LINK: b"linkpath", _OLD_LONG_NAME: b"path"}
_FIRST_EXTENSIONS = (_PAX, _GLOBAL, _LONG_NAME, _LONG_LINK)  # all that form 1 of a listing knows
_EXTENSIONS = (*_FIRST_EXTENSIONS, _SOLARIS_PAX, _OLD_LONG_NAME)
_USED = (b"path", b"linkpath", b"size", b"GNU.sparse.name")  # the keys of pax headers that matter
_SPARSE_KEY = b"GNU.sparse."
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
    """The members of a tar archive, in order; ``findings`` is complete when they are through.

    Where readers differ (a directory or link that states a body, names and sizes for all members,
    unknown types) one reading is followed, and a ``disagreement`` says that there is another.
    ``form`` 1 reads as the first form of listings did.
    """

    def __init__(self, stream: Stream, bounds: Bounds, form: int = 2) -> None:
        self.form = f"tar.{stream.form}" if stream.form else "tar"
        self.findings: list[Finding] = []
        self._stream, self._bounds = stream, bounds
        self._left = 0  # bytes of the present member, with its padding, that were not read
        self._global: dict[bytes, bytes] = {}
        self._first = form == 1
        self._number, self._headers = 0, 0  # members, and bytes of extension headers
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
        over: dict[bytes, bytes] = {}
        while self.whole and (block := self._block()) is not None:
            kind, size = block[156:157], self._size(block, over)
            if kind in (_FIRST_EXTENSIONS if self._first else _EXTENSIONS):
                self._merge(over, kind, self._extension(kind, size))
                continue
            self._number += 1
            if self._number > self._bounds.members:
                raise Stopped("stopped", f"it holds more than {self._bounds.members} members")
            entry = self._entry(block, kind, size, {**self._global, **over})
            if not self._first:
                self._disagreements(entry, kind, size, over)
            yield entry
            if self.whole:
                self._skip()
            over = {}

    def _merge(self, over: dict[bytes, bytes], kind: bytes, found: dict[bytes, bytes]) -> None:
        if kind == _OLD_LONG_NAME:
            found[_OLD_LONG_NAME] = b""
        for key, value in found.items():
            if not self._first and over.get(key, value) != value:
                self._disagree(over[key] if key == b"path" else b"", "two headers before one member"
                               f" state another {key.decode('ascii', 'replace')}; readers differ in"
                               " which one counts")
            over[key] = value

    def _disagreements(self, entry: Entry, kind: bytes, size: int,
                       over: dict[bytes, bytes]) -> None:
        """What other readers see otherwise in a member."""
        if _OLD_LONG_NAME in over:
            self._disagree(entry.path, "its name stands in an old GNU header, which some readers"
                           " take for a member")
        if not over.get(b"size", b"0").isdigit():
            self._disagree(entry.path, "a pax header states a size that is no number")
        if entry.kind == "other" and not entry.unread and size:
            self._disagree(entry.path, f"a member of type {_ascii(kind)}, which some readers unpack"
                           " as a file and others leave out")
        elif entry.kind not in ("file", "other") and size:
            self._disagree(entry.path, f"a {entry.kind} that states a body of {size} bytes: some"
                           " readers leave these bytes out, others read members in them")

    def _disagree(self, path: bytes, detail: str) -> None:
        self.findings.append(Finding("disagreement", path, detail))

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
        known = over if self._first else {**self._global, **over}
        stated = known.get(b"size", b"")
        if stated.isdigit() and len(stated) < 20 and block[156:157] not in _EXTENSIONS:
            return int(stated)
        size = _number(block[124:136])
        if size is None or size < 0:
            raise Stopped("damaged", f"a member before unpacked byte {self._stream.done} states no"
                          " readable size")
        return size

    def _extension(self, kind: bytes, size: int) -> dict[bytes, bytes]:
        self._headers += BLOCK + size
        if size > self._bounds.header:
            raise Stopped("stopped", f"a header of {size} bytes before unpacked byte"
                          f" {self._stream.done}")
        if self._headers > self._bounds.headers(self._number):
            raise Stopped("stopped", f"headers of {self._headers} bytes before unpacked byte"
                          f" {self._stream.done}, for {self._number} members")
        data = self._stream.read(size)
        self._stream.read(-size % BLOCK)
        if kind in _NAMES:
            return {_NAMES[kind]: data.partition(b"\0")[0]}
        records = {key: value for key, value in _records(data)
                   if key in _USED or key.startswith(_SPARSE_KEY)}
        sparse = [key for key in records if key not in _USED]
        for key in sparse[1:]:  # that there is one is all that matters
            del records[key]
        if kind != _GLOBAL:
            return records
        self._global |= records
        if records and not self._first:
            self._disagree(b"", "a header for all members states their "
                           + ", ".join(sorted(_ascii(key) for key in records))
                           + ", which some readers follow and others do not")
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
        held = found in ("file", "other") or (self._first and found == "dir")
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


def _ascii(text: bytes) -> str:
    return text.decode("latin-1").encode("unicode_escape").decode("ascii")


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
