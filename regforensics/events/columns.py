"""Whole blocks of one format at once: split into columns, and read only what is new in them.

The line reader of the format stays the one place that says what a line means: it is shown one line
for every distinct value of the columns that a field depends on, and what it says stands for all
of them. A line that does not fit goes to the line reader as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from regforensics.events.scan import Tally
from regforensics.events.schema import SCHEMA
from regforensics.evidence.unpacked import Block
from regforensics.logs.artifactory import ArtifactoryRequest
from regforensics.logs.base import Context, ReadLine
from regforensics.model.event import AccessEvent

_REMEMBERED = 400_000  # distinct values whose reading is kept
_LONGEST = 1 << 18  # characters; a longer line is the line reader's to refuse
_LEAST = 0.5  # of a block's lines must fit


class Split(NamedTuple):
    """A format whose fields stand between single characters.

    ``shape`` is a pattern (RE2) of the lines that are read here, ``plain`` a line that has a value
    in each of the ``fields``, ``reads`` which columns of the table depend on which fields alone.
    """

    name: str
    reader: ReadLine
    separator: str
    fields: int
    shape: str
    plain: tuple[str, ...]
    reads: Mapping[tuple[int, ...], tuple[str, ...]]


_REQUEST = Split(
    "artifactory-request", ArtifactoryRequest().reader(Context()), "|", 11,
    r"^[1-9]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z(\|[^|]*){3}\|[A-Z-]{1,20}\|([^|h][^|]*)?"
    r"\|\d{3}\|-?\d{1,15}\|-?\d{1,15}\|-?\d{1,15}\|",
    ("2025-01-01T00:00:00.000Z", "t", "10.0.0.1", "u", "GET", "/", "200", "0", "0", "0", "a"),
    {(4, 5): ("registry", "package", "version", "filename", "action"),
     (4, 6, 7, 8): ("status_code", "outcome", "size"), (2,): ("remote_addr",), (3,): ("user",),
     (10,): ("user_agent",), (): ("layer", "source", "event_type")})


@dataclass(slots=True)
class Columns:
    """Reads the blocks of one file; see the module."""

    split: Split = _REQUEST
    known: dict[tuple[int, ...], dict[str, tuple[Any, ...]]] = field(default_factory=dict)

    def take(self, block: Block, member: str | None, tally: Tally,
             ) -> tuple[pa.Table, Sequence[tuple[int, int, bytes]]] | None:
        """The rows of a block, and (number, start, bytes) of the lines that do not fit; None
        where the block is not of the format, or not plain ASCII with LF."""
        if not block.data.isascii() or b"\r" in block.data or not block.data:
            return None
        lines = pc.split_pattern(pa.array([block.data.decode("ascii")]), "\n").flatten()
        if block.data.endswith(b"\n"):
            lines = lines.slice(0, len(lines) - 1)
        length = pc.cast(pc.binary_length(lines), pa.int64())
        end = pc.add(pc.cumulative_sum(pc.add(length, 1)), block.start - 1)
        start = pc.subtract(end, length)
        number = pa.array(range(block.number, block.number + len(lines)), pa.int64())
        fits = pc.and_(pc.match_substring_regex(lines, self.split.shape),
                       pc.less(length, _LONGEST))
        if pc.sum(fits).as_py() < _LEAST * len(lines):
            return None
        good = lines.filter(fits)
        parts = self._parts(good)
        try:
            stamps = pc.cast(pc.utf8_slice_codeunits(parts[0], 0, 23), pa.timestamp("us"))
        except pa.ArrowInvalid:
            return None
        columns = {name: array for fields, names in self.split.reads.items()
                   for name, array in self._read(fields, names, parts)}
        count = len(good)
        columns |= {"timestamp": stamps, "account": pa.repeat(False, count),
                    "format": pa.repeat(self.split.name, count),
                    "member": pa.array([member] * count, pa.string()),
                    "line": number.filter(fits), "start": start.filter(fits),
                    "end": end.filter(fits), "event": pa.nulls(count, pa.binary()),
                    "quote": pa.nulls(count, pa.binary()) if member is None
                    else good.cast(pa.binary())}
        self._count(tally, stamps)
        bad = pc.invert(fits)
        rest = [(n, s, line.encode()) for n, s, line in zip(
            *(a.filter(bad).to_pylist() for a in (number, start, lines)), strict=True)]
        return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA), rest

    def _parts(self, lines: Any) -> dict[int, Any]:
        """The fields that are read, by their place; the first is the time."""
        split = pc.split_pattern(lines, self.split.separator, max_splits=self.split.fields - 1)
        needed = {0, *(n for fields in self.split.reads for n in fields)}
        return {n: pc.list_element(split, n) for n in needed}

    def _read(self, fields: tuple[int, ...], names: tuple[str, ...], parts: Mapping[int, Any],
              ) -> list[tuple[str, Any]]:
        """The columns that depend on some fields, by one line for each distinct value of these."""
        keys = pc.binary_join_element_wise(*(parts[n] for n in fields), self.split.separator) \
            if fields else pa.repeat("", len(parts[0]))
        coded = keys.dictionary_encode()
        known = self.known.setdefault(fields, {})
        if len(known) > _REMEMBERED:
            known.clear()
        rows = []
        for key in coded.dictionary.to_pylist():
            row = known.get(key)
            if row is None:
                row = known[key] = self._one(fields, names, key)
            rows.append(row)
        return [(name, pa.array([row[n] for row in rows], SCHEMA.field(name).type)
                 .take(coded.indices)) for n, name in enumerate(names)]

    def _one(self, fields: tuple[int, ...], names: tuple[str, ...], key: str) -> tuple[Any, ...]:
        line = list(self.split.plain)
        width = len(fields)
        for place, value in zip(fields, key.split(self.split.separator, width - 1)
                                if width > 1 else [key] * width, strict=True):
            line[place] = value
        event = self.split.reader(self.split.separator.join(line))
        if not isinstance(event, AccessEvent):
            raise TypeError(f"{self.split.name}: a line of the shape is no event")
        return tuple(getattr(event, name) for name in names)

    def _count(self, tally: Tally, stamps: Any) -> None:
        count = len(stamps)
        tally.events += count
        tally.formats[self.split.name] += count
        tally.layers.add("proxy")
        minutes = pa.table({"minute": pc.floor_temporal(stamps, unit="minute"), "at": stamps}) \
            .group_by("minute").aggregate([("at", "min"), ("at", "max")])
        for name in ("at_min", "at_max"):
            for at in minutes[name].to_pylist():
                tally.saw(at.replace(tzinfo=UTC))
