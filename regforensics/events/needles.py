"""Needles: which lines of a block may be about a package, found without reading the others.

A line that is about a package spells the longest part of its name somewhere: as it is, or with
some of its characters escaped (percent signs, backslashes, the byte numbers of a journal). Lines
that hold either are given to the line reader, which alone says what they are about; the others
cannot be about it. Headers go along, because later lines are read by them.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from regforensics.evidence.unpacked import Block
from regforensics.model.package import PackageRef

_WORD = re.compile(r"[a-z0-9]+", re.IGNORECASE | re.ASCII)
_NUMBERS = re.compile(rb"\[\s{0,8}\d")


class Hits(NamedTuple):
    """Number, start and bytes of the lines that may be about it; of the others nothing is said."""

    rest: Sequence[tuple[int, int, bytes]]
    rows: tuple[()] = ()
    format: str = ""
    layer: str = ""
    times: Sequence[datetime] = ()


class Needles:
    """What the lines about one package have in them."""

    block = 1 << 19  # what the processor keeps at hand

    def __init__(self, package: PackageRef) -> None:
        parts = [package.name, package.namespace or ""]
        self._folds = package.registry != "npm"  # other indexes compare names without case
        if self._folds:
            parts = _WORD.findall(package.full_name)
        self._word = max(parts, key=len).removeprefix("@").encode()
        if self._folds:
            self._word = self._word.lower()
        self._spelling = re.compile(re.escape(self._word) + rb"(?![0-9A-Za-z])[^\n]*")
        spelled = {*self._word, *(self._word.upper() if self._folds else b"")}
        codes = b"|".join(sorted({_hex(code) for code in spelled}))
        self._escaped = {mark: re.compile(start + rb"(?:25)*(?:" + codes + rb")")
                         for mark, start in ((b"%", b"%"), (b"\\", rb"\\(?:x|u00)"))}

    def take(self, block: Block, _member: str | None, /) -> Hits:
        """The lines of a block that may be about the package."""
        data = block.data
        found: list[tuple[int, int, bytes]] = []
        past, number, seen = -1, block.number, 0
        for at in sorted(self._places(data)):
            if at < past:
                continue
            begin = data.rfind(b"\n", 0, at) + 1
            end = data.find(b"\n", at)
            past = end = len(data) if end < 0 else end
            number, seen = number + block.feeds(seen, begin), begin
            found.append((number, block.start + begin, data[begin:end]))
        return Hits(found)

    def _places(self, data: bytes) -> Iterator[int]:
        yield from self._spelled(data)
        for mark, escaped in self._escaped.items():
            if mark in data:
                yield from (found.start() for found in escaped.finditer(data))
        if b"{" in data:
            yield from (found.start() for found in _NUMBERS.finditer(data)
                        if data[max(0, found.start() - 8):found.start()].rstrip()[-1:] == b":")
        if data[:1] == b"#":
            yield 0
        if b"#" in data:
            yield from (at + 1 for at in _each(data, b"\n#"))

    def _spelled(self, data: bytes) -> Iterator[int]:
        """Where the word stands and does not go on, once for a line."""
        text = data.lower() if self._folds else data
        return (found.start() for found in self._spelling.finditer(text))


def _hex(code: int) -> bytes:
    """The two digits of a character's code, in either case."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit
                   for digit in f"{code:02x}").encode()


def _each(data: bytes, what: bytes) -> Iterator[int]:
    at = data.find(what)
    while at >= 0:
        yield at
        at = data.find(what, at + 1)
