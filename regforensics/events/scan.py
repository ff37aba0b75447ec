"""Reading a log: every line to an event, or to the reason why it is none."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from itertools import chain, pairwise
from typing import Any, BinaryIO, NamedTuple, Protocol

from regforensics.archives.entry import Stopped
from regforensics.errors import UnreadableInput
from regforensics.events.apart import apart
from regforensics.events.needles import Needles
from regforensics.evidence.ahead import ahead
from regforensics.evidence.lines import Place, split_lines
from regforensics.evidence.unpacked import BLOCK, LONGEST, Block, Member, members, packed
from regforensics.logs import DOCUMENT_FORMATS, LINE_FORMATS
from regforensics.logs.base import Context, DocumentFormat, LineFormat, Parsed, Skipped, Unparsed
from regforensics.logs.forwarded import Network, believed
from regforensics.logs.recognition import Recogniser
from regforensics.model.event import AccessEvent, AccountEvent, Event
from regforensics.model.events import ACCOUNT, Silence, asks

REASONS = 1000  # unparsed lines of a file that are listed one by one
UNKNOWN = "unknown"
_HEAD = 1 << 16
_DOCUMENT = 512 << 20  # bytes of a document that is read whole
_MINUTES = 2_000_000
_USUAL = 10  # times the usual distance between two busy minutes: a silence
_SHORTEST = 600.0  # seconds of a silence worth telling
# What wheels, eggs, jars and zipped source distributions hold, and bundles of logs do not.
_OF_PACKAGES = re.compile(r"^(?:[^/]+\.dist-info/(?:METADATA|WHEEL)|EGG-INFO/PKG-INFO"
                          r"|META-INF/MANIFEST\.MF|(?:[^/]+/)?(?:PKG-INFO|setup\.py|pyproject\.toml"
                          r"|package\.json))$")


class Row(NamedTuple):
    """One event and the bytes that it was read from; places as in ``Place``."""

    member: str | None
    number: int
    start: int
    end: int
    format: str
    event: Event
    quote: bytes | None


class Problem(NamedTuple):
    """A line that could not be read, and why."""

    place: str
    reason: str


@dataclass(slots=True)
class Tally:
    """What a log turned out to hold. ``unparsed`` counts every line that could not be read, of
    which ``problems`` lists the first. ``kinds`` are the layers and formats that tell who asked for
    packages. ``forwarded`` counts requests of which a peer says that they were for another address,
    which is not believed. ``stopped`` says what was not read."""

    lines: int = 0
    events: int = 0
    unparsed: int = 0
    forwarded: int = 0
    formats: Counter[str] = field(default_factory=Counter)
    layers: set[str] = field(default_factory=set)
    kinds: set[tuple[str, str]] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    minutes: dict[int, tuple[datetime, datetime]] = field(default_factory=dict)

    def saw(self, at: datetime) -> None:
        """An event's time."""
        minute = int(at.timestamp()) // 60
        known = self.minutes.get(minute)
        if known is None:
            if len(self.minutes) < _MINUTES:
                self.minutes[minute] = (at, at)
        elif not known[0] <= at <= known[1]:
            self.minutes[minute] = (min(known[0], at), max(known[1], at))

    def took(self, taken: "Taken") -> None:
        """The rows of a block that was read at once."""
        count = len(taken.rows)
        if not count:
            return
        self.lines += count
        self.events += count
        self.formats[taken.format] += count
        self.layers.add(taken.layer)
        self.kinds.add((taken.layer, taken.format))
        for at in taken.times:
            self.saw(at)

    def fail(self, place: Place, reason: str) -> None:
        """A line that could not be read."""
        self.unparsed += 1
        if len(self.problems) < REASONS:
            self.problems.append(Problem(str(place), reason))

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """The earliest and the latest event time."""
        if not self.minutes:
            return None
        return self.minutes[min(self.minutes)][0], self.minutes[max(self.minutes)][1]

    def silences(self) -> tuple[Silence, ...]:
        """Stretches without an event, longer than is usual in this log."""
        spans = [self.minutes[m] for m in sorted(self.minutes)]
        found = [Silence(a[1], b[0]) for a, b in pairwise(spans)]
        lengths = sorted(s.seconds for s in found)
        if not lengths:
            return ()
        usual = max(lengths[(len(lengths) - 1) * 9 // 10], 60.0)
        longest = max(_SHORTEST, _USUAL * usual)
        return tuple(s for s in found if s.seconds > longest) \
            if bisect_right(lengths, longest) < len(lengths) else ()


def known_formats() -> tuple[str, ...]:
    """The words for ``--format``."""
    return (*(f.name for f in LINE_FORMATS), *(f.name for f in DOCUMENT_FORMATS))


def looks_like_log(file: BinaryIO, name: str) -> bool:
    """Whether a member's head is of a document format, or holds a line of a known one.

    A package file is none, although it may hold a log among other things.
    """
    found, names = False, []
    for member in members(file):
        names.append(member.name or "")
        block = None if found else next(member.blocks(_HEAD), None)
        found = found or (block is not None and _is_log(block.data[:_HEAD], name))
    return found and not any(_OF_PACKAGES.search(name) for name in names)


def _is_log(head: bytes, name: str) -> bool:
    if any(f.recognises(head) for f in DOCUMENT_FORMATS):
        return True
    recogniser = Recogniser(LINE_FORMATS, Context(name=name))
    return any(recogniser.read(decoded(head[start:end])).format is not None
               for _, start, end in split_lines(head))


class Taken(Protocol):
    """What was read of a block at once: rows, all of one format; the times to tell; and number,
    start and bytes of the lines that are left."""

    @property
    def rows(self) -> Any:
        """A table of events."""

    @property
    def format(self) -> str:
        """The format of every row."""

    @property
    def layer(self) -> str:
        """The layer of every row."""

    @property
    def times(self) -> Sequence[datetime]:
        """The first and the last time of every minute."""

    @property
    def rest(self) -> Sequence[tuple[int, int, bytes]]:
        """The lines that are left."""


class Wholesale(Protocol):
    """Reads the lines of known shapes block by block; ``block`` is how many bytes it likes."""

    @property
    def block(self) -> int:
        """Bytes of a block."""

    def take(self, block: Block, member: str | None, /) -> Taken | None:
        """What is read of a block; None for no such block. Called in order, by any thread."""


def scan(file: BinaryIO, tally: Tally, *, name: str = "", zone: tzinfo | None = None,
         form: str | None = None, wholesale: Wholesale | None = None,
         trusted: Sequence[Network] = ()) -> Iterator[Any]:
    """The events of a log, a list for each block; ``tally`` is complete when they are read.

    ``form`` names the one format that is expected, ``zone`` that of times which state none.
    ``wholesale`` is offered every block first; what it makes is given as it is. ``trusted`` are the
    networks of proxies whose forwarded addresses are believed.
    """
    context = Context(name=name, zone=zone)
    lines = [f for f in LINE_FORMATS if form in (None, f.name)]
    for member in members(file):
        yield from _Scan(member, tally, context, lines, form, wholesale, trusted).rows()
        if member.stopped:
            tally.stopped.append(f"{_called(member)}{member.stopped}")


def _called(member: Member) -> str:
    return f"member {member.name!r}: " if member.name else ""


def decoded(line: bytes) -> str:
    """A line as the readers of formats are given it: without its LF, and the CR before that."""
    return line.removesuffix(b"\r").decode("utf-8", "surrogateescape")


def _lines(block: Block) -> Iterator[tuple[int, int, bytes]]:
    for number, start, end in split_lines(block.data):
        yield block.number + number - 1, block.start + start, block.data[start:end]


class _Scan:
    def __init__(self, member: Member, tally: Tally, context: Context,
                 lines: Iterable[LineFormat], form: str | None,
                 wholesale: Wholesale | None, trusted: Sequence[Network]) -> None:
        self._wholesale, self._trusted = wholesale, trusted
        self._member, self._tally, self._context = member, tally, context
        self._recogniser, self._form = Recogniser(lines, context), form

    def rows(self) -> Iterator[Any]:
        blocks = self._member.blocks(
            self._wholesale.block if self._wholesale else BLOCK)
        first = next(blocks, None)
        if first is None:
            return
        if self._member.name and packed(first.data[:512]):
            self._tally.stopped.append(f"{_called(self._member)}it is packed itself: unpack it"
                                       " and hand it over by itself")
            return
        document = self._document(first.data[:_HEAD])
        if document is not None:
            yield list(self._records(document, self._whole(first.data, blocks)))
            return
        beside = apart(self._member, first, blocks, self._wholesale) \
            if isinstance(self._wholesale, Needles) else None
        read: Any = beside or ahead(self._taken(ahead(chain((first,), blocks))))
        with closing(read):
            try:
                for block, taken in read:
                    yield from self._block(block, taken)
            except Stopped as stop:
                self._member.stopped = stop.detail

    def _taken(self, blocks: Iterable[Block]) -> Iterator[tuple[Block, Taken | None]]:
        for block in blocks:
            yield block, self._wholesale.take(block, self._member.name) if self._wholesale else None

    def _block(self, block: Block, taken: Taken | None) -> Iterator[Any]:
        """A block's rows: those that were read at once, and those of line after line."""
        if block.skipped:
            self._tally.lines += 1
            self._tally.fail(Place(block.number, self._member.name),
                             f"the line has {block.skipped} bytes, more than {LONGEST}")
        if taken is not None:
            self._tally.took(taken)
            if taken.format:
                self._recogniser.expect(taken.format)
            yield taken.rows
        found: list[Row] = []
        for number, start, data in _lines(block) if taken is None else taken.rest:
            self._tally.lines += 1
            if data.strip():
                read = self._recogniser.read(decoded(data))
                found += self._took(Place(number, self._member.name), start, data,
                                    read.format, self._edged(read.parsed, number, start, data,
                                                             block))
        yield found

    def _whole(self, body: bytes, blocks: Iterator[Block]) -> bytes:
        held = [body]
        for block in blocks:
            if block.start + len(block.data) > _DOCUMENT or block.skipped:
                self._tally.stopped.append(f"{_called(self._member)}a document of more than"
                                           f" {_DOCUMENT} bytes is read up to there")
                break
            held.append(block.data)
        return b"".join(held)

    def _edged(self, parsed: Parsed, number: int, start: int, data: bytes, block: Block) -> Parsed:
        """At either edge of a file a line may be a part of one: a reason says that too."""
        if not isinstance(parsed, Unparsed):
            return parsed
        if start + len(data) == block.start + len(block.data):  # no line end behind it
            return Unparsed(f"{parsed.reason}; the last line, without its end: perhaps a part of"
                            " one")
        return Unparsed(f"{parsed.reason}; the first line: perhaps the end of one") \
            if number == 1 else parsed

    def _from(self, event: Event) -> Event:
        """The event with its client's address, as far as forwarded ones are to be believed."""
        if not isinstance(event, AccessEvent) or not event.chain:
            return event
        told = believed(event, self._trusted)
        self._tally.forwarded += told.remote_addr == event.remote_addr
        return told

    def _document(self, head: bytes) -> DocumentFormat | None:
        return next((f for f in DOCUMENT_FORMATS if self._form in (None, f.name)
                     and f.recognises(head)), None)

    def _records(self, form: DocumentFormat, body: bytes) -> Iterator[Row]:
        self._tally.lines += body.count(b"\n") + (not body.endswith(b"\n"))
        done, number = 0, 1
        try:
            for piece in form.read(body, self._context):
                number += body.count(b"\n", done, piece.start)
                done = max(done, piece.start)
                end = piece.end + (body[piece.end:piece.end + 2] == b"\r\n")  # as lines are cited
                yield from self._took(Place(number, self._member.name), piece.start,
                                      body[piece.start:end], piece.format or form.name,
                                      piece.parsed)
        except UnreadableInput as error:
            self._tally.stopped.append(f"{_called(self._member)}{error.message}")

    def _took(self, place: Place, start: int, data: bytes, form: str | None, parsed: Parsed,
              ) -> Iterator[Row]:
        self._tally.formats[form or UNKNOWN] += 1
        if isinstance(parsed, Unparsed):
            self._tally.fail(place, parsed.reason)
        elif not isinstance(parsed, Skipped):
            for made in (parsed,) if isinstance(parsed, AccessEvent | AccountEvent) else parsed:
                event = self._from(made)
                self._tally.events += 1
                self._tally.layers.add(getattr(event, "layer", ACCOUNT))
                if isinstance(event, AccessEvent) and asks(event):
                    self._tally.kinds.add((event.layer, form or UNKNOWN))
                if event.at is not None:
                    self._tally.saw(event.at.utc.astimezone(UTC))
                yield Row(place.member, place.number, start, start + len(data), form or UNKNOWN,
                          event, data if place.member is not None else None)
