"""CustodyWalk: read a custody file that may be damaged, and say everything that is wrong with it.

``Chain`` refuses at the first fault, because everything that follows would rest on it; this walk
goes on, so that ``verify`` can name all damage in one run and still check the exhibits.
"""

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Literal

from regforensics.evidence.custody import (
    CUSTODY,
    HEAD,
    ZEROS,
    fault_of,
    head_bytes,
    head_of,
    take_row,
)
from regforensics.evidence.files import shown
from regforensics.evidence.forms import Stored
from regforensics.evidence.layout import AT_ONCE
from regforensics.evidence.naming import FILE_NAME
from regforensics.evidence.record import Row, row_of

Kind = Literal["changed", "missing", "extra", "chain-broken", "reordered", "truncated",
               "unreadable", "manifest", "head", "case", "derived", "checkpoint"]
_SHOWN = 20  # line numbers that one sentence lists


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is not as it was written. ``path`` is relative to the directory."""

    kind: Kind
    path: str
    detail: str


@dataclass(slots=True)
class Findings:
    """Damage, and notes on what is odd but no damage."""

    damage: list[Damage] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, kind: Kind, path: str, detail: str) -> None:
        """One more damage; ``path`` may be hostile."""
        self.damage.append(Damage(kind, shown(path), detail))


class CustodyWalk:
    """The readable lines of custody.jsonl, and the exhibits that they name.

    ``whole`` is False where a line is unreadable or gone: then some exhibits are named by no line
    that can be read. ``digest`` is of the last complete line.
    """

    def __init__(self, data: bytes | None, findings: Findings, *, interrupted: bool) -> None:
        self._findings, self._interrupted = findings, interrupted
        self.rows: list[Row | None] = []
        self.exhibits: dict[str, Stored] = {}
        self.digest = ZEROS
        self.whole = data is not None
        self._starts, self._digests = [0], [ZEROS]
        for number, line in enumerate(BytesIO(data or b""), 1):
            if line.endswith(b"\n"):
                self._take(number, line)
            else:
                self._torn(number, line)
        self._check_order()
        self._take_exhibits()

    def _take(self, number: int, line: bytes) -> None:
        row = row_of(line)
        if isinstance(row, str):
            self._findings.add("unreadable", CUSTODY, f"line {number} is unreadable: {row}")
        elif row.prev != self.digest:
            self._findings.add(
                "chain-broken", CUSTODY, "line 1 does not begin the chain" if number == 1 else
                f"line {number} does not carry the digest of line {number - 1}: one of the two was"
                " changed, or lines between them are gone")
        self.rows.append(None if isinstance(row, str) else row)
        self.digest = hashlib.sha256(line).hexdigest()
        self._digests.append(self.digest)
        self._starts.append(self._starts[-1] + len(line))

    def _torn(self, number: int, line: bytes) -> None:
        if self._interrupted:
            self._findings.notes.append(
                f"{CUSTODY}: {len(line)} bytes of an unfinished line {number}")
        else:
            self._findings.add("unreadable", CUSTODY,
                               f"line {number} has no end: {len(line)} bytes")

    def _check_order(self) -> None:
        """Name lines that stand at another place than they say, twice, or not at all."""
        seqs = [row.seq for row in self.rows if row]
        every = list(range(1, len(self.rows) + 1))
        self.whole = self.whole and sorted(seqs) == every
        if self.whole and seqs != every:
            moved = [f"line {seq} at place {place}" for place, seq in enumerate(seqs, 1)
                     if seq != place]
            self._findings.add("reordered", CUSTODY,
                               f"lines stand in another order: {_some(moved)}")
        elif seqs != every:
            self._name_gaps(Counter(seqs))

    def _name_gaps(self, counts: Counter[int]) -> None:
        twice = sorted(seq for seq, times in counts.items() if times > 1)
        if twice:
            self._findings.add("chain-broken", CUSTODY,
                               f"line numbers that stand twice: {_some(twice)}")
        nowhere = [f"line {row.seq} at place {place}" for place, row in enumerate(self.rows, 1)
                   if row is not None and row.seq < 1]
        if nowhere:
            self._findings.add("chain-broken", CUSTODY,
                               f"line numbers that no line has: {_some(nowhere)}")
        there, gone, last = sorted(counts), [], 0
        for place, row in enumerate(self.rows, 1):
            if row is not None and row.seq > last + 1:
                gone += [_numbers(*span) for span in _missing(last + 1, row.seq, there)]
            last = max(last, row.seq if row else place)
        if gone:
            self._findings.add("chain-broken", CUSTODY, f"lines that are gone: {_some(gone)}")

    def _take_exhibits(self) -> None:
        numbered = (row for row in self.rows if row and row.seq > 0)
        for row in sorted(numbered, key=lambda row: row.seq):
            fault = fault_of(row, self.exhibits) if self.whole or row.forms else None
            if fault and not self.whole:
                continue
            if fault:
                self._findings.add("unreadable", CUSTODY, f"line {row.seq} {fault}")
            elif self.whole or row.exhibit in self.exhibits or row.forms or _says_all(row):
                take_row(row, self.exhibits)

    def check_head(self, data: bytes) -> None:
        """Compare the end of the chain with what custody-head.json says it is."""
        findings, count, end = self._findings, len(self.rows), self._starts[-1]
        if data == self._head(0) and count:
            return
        head = head_of(data)
        back = count - head.seq if head else 0
        if self._interrupted and 0 < back < count and back <= AT_ONCE and data == self._head(back):
            findings.notes.append(f"{HEAD} lags {back} line{'s' * (back > 1)} behind {CUSTODY}")
            return
        if head is None:
            findings.add("head", HEAD, "is not in the one form that it may have")
            return
        if head.seq > count or head.size > end or not count:
            self.whole = False
            findings.add("truncated", CUSTODY, f"ends at line {count}, byte {end}; {HEAD} names"
                         f" line {head.seq}, byte {head.size}")
        elif head.seq < count:
            findings.add("chain-broken", CUSTODY,
                         f"has {count - head.seq} more lines than {HEAD} names")
        else:
            findings.add("chain-broken", CUSTODY, f"line {head.seq} is not the last line that"
                         f" {HEAD} names: one of the two was changed")
        findings.add("head", HEAD, f"does not agree with {CUSTODY}: it names line {head.seq}, byte"
                     f" {head.size}, sha256 {head.sha256}")

    def _head(self, back: int) -> bytes:
        seq = len(self.rows) - back
        return head_bytes(seq, self._starts[seq], self._digests[seq])


def _says_all(row: Row) -> bool:
    """True where a line alone says everything of its exhibit (the lines before may be gone)."""
    name = FILE_NAME.fullmatch(row.file or "")
    return bool(name and name[1] == row.exhibit and row.sha256 and row.size is not None)


def _missing(start: int, end: int, there: list[int]) -> Iterator[tuple[int, int]]:
    """The spans [first, last] of [start, end) in which no number is ``there`` (sorted).

    Spans, because a hostile file may skip to any number.
    """
    for number in there[bisect_left(there, start):bisect_left(there, end)]:
        if start < number:
            yield start, number - 1
        start = number + 1
    if start < end:
        yield start, end - 1


def _numbers(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _some(items: Iterable[object]) -> str:
    every = [str(item) for item in items]
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
