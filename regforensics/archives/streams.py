"""Stream: the unpacked bytes of a compressed file, forward only, within bounds."""

import bz2
import importlib
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from regforensics.archives.entry import Stopped

CHUNK = 1 << 16
_LZMA_MEMORY = 128 << 20



def _soft(*names: str) -> Any:
    """The first of these modules that is there, or None."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


#: Faster than the standard library's, where it is there: the same streams, the same bounds.
_ZLIB = _soft("isal.isal_zlib") or zlib
_ZSTD = _soft("compression.zstd", "backports.zstd")
_BROKEN = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, _ZLIB.error,
           *((_ZSTD.ZstdError,) if _ZSTD else ()))


class Readable(Protocol):
    """A file, as far as it is needed here."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""

    def seek(self, offset: int, /) -> int:
        """Back to the start, which only the first bytes are read from before."""


class _Forward:
    """A file that knows its first bytes and is otherwise read forward."""

    def __init__(self, read: Callable[[int], bytes], head: bytes) -> None:
        self._read, self._head, self._peeked = read, head, False

    def read(self, size: int, /) -> bytes:
        """The first call peeks at the head."""
        if not self._peeked:
            self._peeked = True
            return self._head[:size]
        return self._read(size)

    def seek(self, offset: int, /) -> int:
        """To the start, where it stands."""
        return offset


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool:
        """True where the compressed stream has ended."""

    @property
    def unused_data(self) -> bytes:
        """What was fed and stands behind its end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most ``max_length`` further bytes."""


class _Inflater(_Unpacker, Protocol):
    @property
    def unconsumed_tail(self) -> bytes:
        """What was fed and is not read yet."""


class _Inflate:
    """zlib's decompressor with the interface of the other two."""

    def __init__(self) -> None:
        self._inner: _Inflater = _ZLIB.decompressobj(wbits=31)
        self._rest = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        out = self._inner.decompress(self._rest + data, max_length)
        self._rest = self._inner.unconsumed_tail
        return out


_FORMS: dict[str, tuple[bytes, Callable[[], _Unpacker]]] = {
    "gz": (b"\x1f\x8b", _Inflate),
    "bz2": (b"BZh", bz2.BZ2Decompressor),
    "xz": (b"\xfd7zXZ\x00",
           lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY)),
    "zst": (b"\x28\xb5\x2f\xfd", lambda: _zstd()),
}


def _zstd() -> _Unpacker:
    if _ZSTD is None:
        raise Stopped("stopped", "zstd is not read by this installation")
    made: _Unpacker = _ZSTD.ZstdDecompressor(
        options={_ZSTD.DecompressionParameter.window_log_max: 27})
    return made


def compression(head: bytes) -> str:
    """``gz``, ``bz2``, ``xz``, or nothing for bytes that are not compressed in a known way."""
    return next((form for form, (magic, _) in _FORMS.items() if head.startswith(magic)), "")


class Stream:
    """``read`` gives what the file unpacks to. ``parts`` counts the compressed streams in it,
    ``trailing`` the bytes behind the last one. Raises Stopped past ``most`` bytes. ``piece`` is
    how many it unpacks at once."""

    def __init__(self, file: "Readable", most: int, piece: int = CHUNK) -> None:
        self._file, self._most, self._piece = file, most, piece
        self.form = compression(file.read(8))
        file.seek(0)
        self.parts, self.trailing, self.done = 0, 0, 0
        self._held, self._at = b"", 0
        self._pieces = self._unpacked() if self.form else self._plain()

    @classmethod
    def over(cls, read: Callable[[int], bytes], head: bytes, most: int) -> Iterator[bytes]:
        """What something that is read forward alone unpacks to; ``head`` are its first bytes."""
        stream = cls(_Forward(read, head), most)
        return iter(lambda: stream.some(CHUNK), b"")

    def read(self, count: int) -> bytes:
        """``count`` bytes, fewer only at the end."""
        got, size = [], 0
        while size < count:
            piece = self.some(count - size)
            if not piece:
                break
            got.append(piece)
            size += len(piece)
        return b"".join(got)

    def some(self, most: int) -> bytes:
        """Between one and ``most`` bytes; none at the end."""
        if self._at >= len(self._held):
            self._held, self._at = next(self._pieces, b""), 0
        piece = self._held[self._at:self._at + most]
        self._at += len(piece)
        self.done += len(piece)
        return piece

    def _plain(self) -> Iterator[bytes]:
        while piece := self._file.read(self._piece):
            yield piece

    def _unpacked(self) -> Iterator[bytes]:
        total, rest = 0, self._file.read(CHUNK)
        while compression(rest) == self.form:
            self.parts += 1
            unpacker = _FORMS[self.form][1]()
            for piece in self._one(unpacker, rest):
                total += len(piece)
                if total > self._most:
                    raise Stopped("stopped", f"it unpacks to more than {self._most} bytes")
                yield piece
            rest = unpacker.unused_data
            rest += self._file.read(max(0, 8 - len(rest)))
        while rest:
            self.trailing += len(rest)
            rest = self._file.read(CHUNK)

    def _one(self, unpacker: _Unpacker, data: bytes) -> Iterator[bytes]:
        while not unpacker.eof:
            try:
                piece = unpacker.decompress(data, self._piece)
            except _BROKEN as error:
                raise Stopped("damaged", f"the {self.form} stream is broken after"
                              f" {self.done} unpacked bytes") from error
            data = b""
            if piece:
                yield piece
            elif not unpacker.eof:
                data = self._file.read(CHUNK)
                if not data:
                    raise Stopped("damaged", f"the {self.form} stream ends early, after"
                                  f" {self.done} unpacked bytes")
