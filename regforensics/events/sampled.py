"""What a log covers, by a sample of its lines: the ground under "no line of it is about this".

A search looks at every line and reads none of the others. So that a file in which it finds nothing
is not taken for a log without a reason, some lines are read: all of a small file, and of a large
one the first thousand, and the first and the last of every further block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import BinaryIO

from regforensics.events.needles import Hits
from regforensics.events.scan import UNKNOWN, Tally, scan
from regforensics.evidence.unpacked import Block
from regforensics.model.events import Silence

_FIRST = 1000  # lines that are read from the start of every file
_EDGE = 2  # lines at either end of each later block
_HEADERS = 100  # header lines of a block: later lines are read by them


@dataclass(frozen=True, slots=True)
class Sampled:
    """What a log holds by its sample. ``lines`` counts all, ``read`` those of the sample, of which
    ``formats`` are the known kinds and ``unknown`` could not be read, first of all for ``reason``.
    ``first`` and ``last`` are the earliest and latest time read (UTC). ``silences`` are known
    where every line was read, else None. ``stopped`` says what was not looked at.
    """

    lines: int
    read: int
    unknown: int
    formats: tuple[str, ...]
    first: datetime | None
    last: datetime | None
    silences: tuple[Silence, ...] | None
    stopped: tuple[str, ...]
    reason: str | None


class _Sampler:
    """Takes of every block the lines that are to be read, and counts all."""

    block = 1 << 20

    def __init__(self) -> None:
        self.lines = self.taken = 0

    def take(self, block: Block, _member: str | None, /) -> Hits:
        """The lines of a block that are read."""
        data = block.data
        count = block.feeds(0, len(data)) + bool(data and not data.endswith(b"\n"))
        self.lines += count + bool(block.skipped)
        room = max(_FIRST - self.taken, _EDGE)
        if count <= room + _EDGE:
            chosen = list(_places(data, count))
        else:
            head = list(_places(data, room))
            chosen = sorted({*head, *_headers(data), *_tail(data)})
        self.taken += len(chosen)
        return Hits(_numbered(block, chosen))


def _places(data: bytes, most: int) -> Sequence[int]:
    """Where the first lines start."""
    found, at = list[int](), 0
    while at < len(data) and len(found) < most:
        found.append(at)
        at = data.find(b"\n", at) + 1 or len(data)
    return found


def _tail(data: bytes) -> Sequence[int]:
    """Where the last lines start."""
    found, end = list[int](), len(data) - data.endswith(b"\n")
    for _ in range(_EDGE):
        found.append(data.rfind(b"\n", 0, max(end, 0)) + 1)
        end = found[-1] - 1
    return found


def _headers(data: bytes) -> Sequence[int]:
    found, at = list[int](), data.find(b"\n#")
    while at >= 0 and len(found) < _HEADERS:
        found.append(at + 1)
        at = data.find(b"\n#", at + 1)
    return found


def _numbered(block: Block, starts: Sequence[int]) -> list[tuple[int, int, bytes]]:
    rows, number, seen = [], block.number, 0
    for start in starts:
        number, seen = number + block.feeds(seen, start), start
        end = block.data.find(b"\n", start)
        rows.append((number, block.start + start,
                     block.data[start:end if end >= 0 else len(block.data)]))
    return rows


def sampled(file: BinaryIO, name: str, zone: tzinfo | None = None, form: str | None = None,
            ) -> Sampled:
    """What a log covers. Never raises for what the file holds."""
    sampler, tally = _Sampler(), Tally()
    for _ in scan(file, tally, name=name, zone=zone, form=form, wholesale=sampler):
        pass
    lines = max(sampler.lines, tally.lines)  # a document is read whole, and not by lines
    span = tally.span or (None, None)
    return Sampled(
        lines=lines, read=tally.lines, unknown=tally.unparsed,
        formats=tuple(form for form in tally.formats if form != UNKNOWN),
        first=span[0], last=span[1], silences=tally.silences() if tally.lines == lines else None,
        stopped=tuple(tally.stopped),
        reason=f"{tally.problems[0].place}: {tally.problems[0].reason}" if tally.problems else None)
