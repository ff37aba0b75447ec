"""Rows of a CSV export with their byte spans. The csv module gives no offsets.

RFC 4180: quoted cells may hold commas, doubled quotes and line ends, so one row may be several
lines. Some exporters do not double inner quotes: such a row is split at ``","`` where that gives
as many cells as the header has, and is said to be damaged.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from regforensics.logs.base import Unparsed
from regforensics.logs.jsonrows import Row

_CELL = re.compile(rb'"((?:[^"]++|"")*+)"|([^",\r\n]*+)')
_END = re.compile(rb"\r?\n|\Z")
_WHOLE = re.compile(rb"(?:,|\r?\n|\Z)")
_BOM = b"\xef\xbb\xbf"
_CELLS = 2000  # of one row


class CsvRow(NamedTuple):
    """The bytes [start, end) of a row, its cells, and whether its quoting was mended."""

    start: int
    end: int
    cells: tuple[str, ...]
    damaged: bool = False


def header(body: bytes) -> CsvRow | None:
    """The first row; None where there is none. A byte order mark is no part of it."""
    return next(rows(body), None)


def rows(body: bytes, columns: int = 0) -> Iterator[CsvRow]:
    """Every row that is not empty; ``columns`` is how many cells a damaged row must give.

    A row that cannot be mended has no cells.
    """
    at = len(_BOM) if body.startswith(_BOM) else 0
    while at < len(body):
        found = _row(body, at)
        if found is None or (columns and len(found.cells) != columns):
            found = _mended(body, at, columns) or found or _line(body, at)
        if found.end > found.start:
            yield found
        at = _behind(body, found.end)


def _row(body: bytes, start: int) -> CsvRow | None:
    """The row by the strict grammar; None where a quote stands where none may."""
    cells: list[str] = []
    at = start
    while len(cells) < _CELLS:
        cell = _CELL.match(body, at)
        if cell is None:
            return None
        end = cell.end()
        if not _WHOLE.match(body, end):
            return None
        raw = cell[2] if cell[1] is None else cell[1].replace(b'""', b'"')
        cells.append(raw.decode("utf-8", "surrogateescape"))
        if body[end:end + 1] != b",":
            return CsvRow(start, end, tuple(cells))
        at = end + 1
    return None


def _mended(body: bytes, start: int, columns: int) -> CsvRow | None:
    line = _line(body, start)
    inner = body[line.start:line.end].removesuffix(b'"').removeprefix(b'"')
    cells = inner.split(b'","')
    if len(cells) != columns:
        return None
    return line._replace(damaged=True, cells=tuple(
        c.replace(b'""', b'"').decode("utf-8", "surrogateescape") for c in cells))


def _line(body: bytes, start: int) -> CsvRow:
    cut = body.find(b"\n", start)
    end = len(body) if cut < 0 else cut - (body[cut - 1:cut] == b"\r" and cut > start)
    return CsvRow(start, end, ())


def _behind(body: bytes, end: int) -> int:
    found = _END.match(body, end)
    return max(found.end() if found else end + 1, end + (end == len(body)))


def named(row: CsvRow, names: Sequence[str]) -> Row | Unparsed:
    """The row's cells by column; empty cells are left out."""
    if not row.cells:
        return Unparsed("the row's quoting cannot be read")
    if len(row.cells) != len(names):
        return Unparsed(f"{len(row.cells)} cells where the header names {len(names)}")
    return {name: cell for name, cell in zip(names, row.cells, strict=True) if cell}
