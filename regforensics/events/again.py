"""Cited rows, read once more: by the reader of lines, from the bytes of the exhibit.

A table is no evidence. Before anything that cites its rows is told, each of them must be what the
reader makes of the line that stands there.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from regforensics.events.needles import Hits
from regforensics.events.scan import Row, Tally, scan
from regforensics.events.table import Found, encoded
from regforensics.evidence.unpacked import BLOCK, Block
from regforensics.model.event import Event

Span = tuple[str | None, int, int]  # member, start, end


class Said(NamedTuple):
    """Everything that a row says."""

    span: Span
    line: int
    format: str
    quote: bytes | None
    event: bytes


def unlike(opened: Callable[[], BinaryIO], options: Mapping[str, Any],
           rows: Iterable[tuple[Found, Event]]) -> Said | None:
    """The first of a log's rows that the log itself does not bear out; None where it does all.

    ``options`` are those of ``scan`` with which the log is read. The cited lines alone are read,
    with the headers above them; where that says otherwise, the whole log is, line by line.
    """
    left = dict.fromkeys(_said(*row) for row in rows)
    for form in dict.fromkeys(said.format for said in left):
        lines = Lines(said.span for said in left if said.format == form)
        for said in _read(opened, {**options, "form": form, "wholesale": lines}):
            left.pop(said, None)
    if left:
        for said in _read(opened, options):
            left.pop(said, None)
    return next(iter(left), None)


def _said(found: Found, event: Event) -> Said:
    return Said((found.member, found.start, found.end), found.line, found.format, found.quote,
                found.event if found.event is not None else encoded(event))


def _read(opened: Callable[[], BinaryIO], options: Mapping[str, Any]) -> Iterator[Said]:
    with opened() as file:
        for rows in scan(file, Tally(), **options):
            yield from map(_of_row, rows)


def _of_row(row: Row) -> Said:
    return Said((row.member, row.start, row.end), row.number, row.format, row.quote,
                encoded(row.event))


class Lines:
    """Lets the reader see the lines at some spans, and the headers by which they are read."""

    block = BLOCK

    def __init__(self, spans: Iterable[Span]) -> None:
        starts = defaultdict[str | None, set[int]](set)
        for member, start, _ in spans:
            starts[member].add(start)
        self._starts = {member: sorted(found) for member, found in starts.items()}

    def take(self, block: Block, member: str | None, /) -> Hits:
        """The lines of a block that are to be read."""
        data, starts = block.data, self._starts.get(member, [])
        first, last = (bisect_left(starts, at) for at in (block.start, block.start + len(data)))
        begins = {data.rfind(b"\n", 0, at - block.start) + 1 for at in starts[first:last]}
        begins.update(_headers(data))
        found, number, seen = list[tuple[int, int, bytes]](), block.number, 0
        for begin in sorted(begins):
            number, seen = number + block.feeds(seen, begin), begin
            end = data.find(b"\n", begin)
            found.append((number, block.start + begin, data[begin:len(data) if end < 0 else end]))
        return Hits(found)


def _headers(data: bytes) -> Iterator[int]:
    if data[:1] == b"#":
        yield 0
    at = data.find(b"\n#")
    while at >= 0:
        yield at + 1
        at = data.find(b"\n#", at + 1)
