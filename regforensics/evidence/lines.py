"""Line: one line of an exhibit, byte for byte, that can cite itself.

Lines end at LF and nowhere else, so that line numbers are those of sed, grep -n and awk
(``str.splitlines`` also cuts at CR, NEL, U+2028 and more).
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from regforensics.model.citation import Citation, Citations

T = TypeVar("T")
UNPACKED = ""  # the member that a compressed file unpacks to
_PLACE = re.compile(r'line ([1-9][0-9]{0,17})(?: of (the unpacked bytes|member ("[ -~]*")))?')


class Place(NamedTuple):
    """A line: its 1-based number, and of what. ``member`` is None for the stored bytes as they
    are, ``UNPACKED`` for what a compressed file unpacks to, else the name of a zip's member."""

    number: int
    member: str | None = None

    def __str__(self) -> str:
        if self.member is None:
            return f"line {self.number}"
        return f"line {self.number} of " + (
            f"member {json.dumps(self.member)}" if self.member else "the unpacked bytes")


def place_of(where: str) -> Place | None:
    """The line that ``where`` of a citation names, or None where it names no line."""
    found = _PLACE.fullmatch(where)
    if found is None:
        return None
    try:
        name = json.loads(found[3]) if found[3] else UNPACKED if found[2] else None
    except ValueError:
        return None
    return Place(int(found[1]), name)


@dataclass(frozen=True, slots=True)
class Line:
    """The bytes [start, end) of an exhibit without the LF, and the line's 1-based number.

    ``member`` as in Place: number and offsets are then of the unpacked bytes.
    """

    exhibit: str
    sha256: str
    number: int
    start: int
    data: bytes = field(repr=False)
    member: str | None = None

    @property
    def citation(self) -> Citation:
        """The whole line, cited. Raises ValueError for an empty line: there is nothing to quote."""
        return Citation(self.exhibit, self.sha256, self.start, self.start + len(self.data),
                        str(Place(self.number, self.member)), self.data)


@dataclass(frozen=True, slots=True)
class LineFact(Generic[T]):
    """A value read from a line."""

    value: T
    line: Line

    @property
    def citations(self) -> Citations:
        """The line."""
        return (self.line.citation,)


def split_lines(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(1-based number, start, end without LF) of each line; a final LF opens no further line."""
    start, number, size = 0, 0, len(data)
    while start < size:
        cut = data.find(b"\n", start)
        end = size if cut < 0 else cut
        number += 1
        yield number, start, end
        start = end + 1


def lines_of(exhibit: str, sha256: str, data: bytes) -> Iterator[Line]:
    """Every line of a stored exhibit."""
    for number, start, end in split_lines(data):
        yield Line(exhibit, sha256, number, start, data[start:end])


def custody_lines(data: bytes, name: str = "custody.jsonl") -> Iterator[Line]:
    """Every line of a custody file; each carries the digest of the file's bytes before its end."""
    digest = hashlib.sha256()
    for number, start, end in split_lines(data):
        line = data[start:end]
        digest.update(line)
        yield Line(name, digest.hexdigest(), number, start, line)
        digest.update(b"\n")


def line_in(exhibit: str, sha256: str, found: tuple[int, bytes], start: int,
            member: str | None) -> Citation:
    """A span of a member's unpacked bytes, cited: ``found`` is its line's number and its bytes."""
    return Line(exhibit, sha256, found[0], start, found[1], member).citation


def line_at(data: bytes, start: int) -> tuple[int, int, int]:
    """(1-based number, start, end without LF) of the line that holds byte offset ``start``."""
    begin = data.rfind(b"\n", 0, start) + 1
    end = data.find(b"\n", start)
    return data.count(b"\n", 0, begin) + 1, begin, len(data) if end < 0 else end


def span_of(exhibit: str, sha256: str, data: bytes, start: int, end: int) -> Citation:
    """The bytes [start, end) of an exhibit, cited by the number of the line they start on."""
    number, _, _ = line_at(data, start)
    return Citation(exhibit, sha256, start, end, f"line {number}", data[start:end])
