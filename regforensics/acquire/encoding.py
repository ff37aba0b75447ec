"""Content decoding while streaming: gzip, deflate, zstd, and br where a library for it is there.

We ask for ``identity``; this is for servers that encode all the same. Each decoder hands out at
most ``CHUNK`` bytes at a time, so that a bomb is stopped by the caller's cap, not by memory.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from regforensics.acquire.failures import Broken

CHUNK = 1 << 18
MOST_LAYERS = 3


class Decoder(Protocol):
    """Bytes in, decoded chunks out."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decode ``data``. Raises Broken where it does not decode."""

    def finish(self) -> None:
        """Raises Broken where the encoded stream has not ended."""


class _Zlib:
    """gzip (with further members) and deflate (zlib-wrapped, or raw as some servers send it)."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._start = b""
        self._engine: Any = zlib.decompressobj(31) if name == "gzip" else None
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._begun = self._begun or bool(data)
        if self._engine is None:
            self._start = data = self._start + data
            if len(data) < 2:
                return
            self._engine = zlib.decompressobj(15 if _zlib_wrapped(data) else -15)
        full = False
        while data or full:
            if self._engine.eof:
                if self._name != "gzip":
                    raise Broken(f"bytes follow the end of the {self._name} stream")
                self._engine = zlib.decompressobj(31)
            try:
                out = self._engine.decompress(data, CHUNK)
            except zlib.error as error:
                raise Broken(f"the body is not valid {self._name}: {error}") from error
            data = self._engine.unconsumed_tail or self._engine.unused_data
            # A full chunk may leave output behind although all input is taken.
            full = len(out) == CHUNK and not self._engine.eof
            yield out

    def finish(self) -> None:
        if self._begun and not (self._engine and self._engine.eof):
            raise Broken(f"the {self._name} body ends early")


def _zlib_wrapped(start: bytes) -> bool:
    """True where the first two bytes are a zlib header (RFC 1950, 2.2) and not raw deflate."""
    return start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0


class _Zstd:
    """Zstandard frames, one after another."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._engine = module.ZstdDecompressor()
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._begun = self._begun or bool(data)
        while data or not (self._engine.needs_input or self._engine.eof):
            if self._engine.eof:
                self._engine = self._module.ZstdDecompressor()
            try:
                out = self._engine.decompress(data, CHUNK)
            except self._module.ZstdError as error:
                raise Broken(f"the body is not valid zstd: {error}") from error
            data = self._engine.unused_data if self._engine.eof else b""
            yield out

    def finish(self) -> None:
        if self._begun and not self._engine.eof:
            raise Broken("the zstd body ends early")


class _Brotli:
    """Brotli, by a library that can bound its output (brotli 1.2 and later)."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._engine = module.Decompressor()
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._begun = self._begun or bool(data)
        try:
            out = self._engine.process(data, output_buffer_limit=CHUNK)
            while out or not self._engine.can_accept_more_data():
                yield out
                out = self._engine.process(b"", output_buffer_limit=CHUNK)
        except self._module.error as error:
            raise Broken(f"the body is not valid br: {error}") from error

    def finish(self) -> None:
        if self._begun and not self._engine.is_finished():
            raise Broken("the br body ends early")


class _Chain:
    """Several encodings, the last one applied taken off first."""

    def __init__(self, layers: list[Decoder]) -> None:
        self._layers = layers

    def feed(self, data: bytes) -> Iterator[bytes]:
        return self._through(self._layers, data)

    def _through(self, layers: list[Decoder], data: bytes) -> Iterator[bytes]:
        if not layers:
            yield data
            return
        for part in layers[0].feed(data):
            yield from self._through(layers[1:], part)

    def finish(self) -> None:
        for layer in self._layers:
            layer.finish()


def names_of(header: str) -> tuple[str, ...]:
    """The encodings that a Content-Encoding header lists, in the order they were applied."""
    listed = (name.strip().lower() for name in header.split(","))
    return tuple(name.removeprefix("x-") for name in listed if name not in ("", "identity"))


def decoder_for(names: tuple[str, ...]) -> Decoder | None:
    """A decoder for the encodings, or None where one of them cannot be decoded here."""
    if len(names) > MOST_LAYERS:
        return None
    makers = [_maker(name) for name in reversed(names)]
    known = [make for make in makers if make is not None]
    return _Chain([make() for make in known]) if len(known) == len(makers) else None


def _maker(name: str) -> Callable[[], Decoder] | None:
    if name in ("gzip", "deflate"):
        return lambda: _Zlib(name)
    if name == "zstd":
        module = _first("compression.zstd", "backports.zstd")
        return (lambda: _Zstd(module)) if module else None
    if name == "br":
        module = _first("brotli")
        usable = module is not None and hasattr(module.Decompressor, "can_accept_more_data")
        return (lambda: _Brotli(module)) if usable else None
    return None


def _first(*names: str) -> Any:
    """The first of the modules that is installed, or None."""
    from importlib import import_module

    for name in names:
        try:
            return import_module(name)
        except ModuleNotFoundError:
            continue
    return None
