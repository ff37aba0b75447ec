"""Source: one exhibit as the check sees it: its bytes, its digest, where its places are."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from regforensics.errors import RegForensicsError
from regforensics.evidence.lines import Place, place_of
from regforensics.evidence.places import Malformed, Span, form_of, leads, locate
from regforensics.evidence.pointers import tokens
from regforensics.report.shell import CUSTODY, NAMES, line_number
from regforensics.report.stated import Absent, Quoted
from regforensics.report.text import visible

Fault = tuple[str, str]
_SHOWN = 60
_HELD = 16 << 20  # bytes of an exhibit that is read whole


class Bytes(Protocol):
    """Where stored bytes come from. Each method raises RegForensicsError for what is not there."""

    def read(self, label: str) -> bytes:
        """The bytes of an exhibit."""

    def stored(self, label: str) -> tuple[str, int]:
        """SHA-256 hex and size in bytes of an exhibit, as custody says."""

    def file(self, label: str) -> str:
        """Its path inside the evidence directory."""

    def custody_bytes(self) -> bytes:
        """The bytes of the custody file."""

    def quoted(self, label: str, member: str | None, spans: Collection[tuple[int, int]]
               ) -> Mapping[tuple[int, int], tuple[int, bytes]]:
        """(line number, bytes) of each span of what an exhibit unpacks to; none for one that is
        not there."""

    def derivation_fault(self, label: str) -> str | None:
        """Why an exhibit that was taken out of another one is not what that gives, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a report says about one exhibit is held against this.

    ``fault`` says why there are no bytes, ``malformed`` at which byte they stop being JSON or XML.
    ``digests`` and ``lines`` are keyed by byte offset, ``spans`` by pointer, ``names`` by the
    pointer of an array: what its items are called, ``unpacked`` by what a line is of and a span.
    Of a ``large`` exhibit of which only lines are cited no more than these are held, as those of
    what it unpacks to are.
    """

    label: str
    data: bytes = field(default=b"", repr=False)
    fault: str | None = None
    digest: str = ""
    digests: Mapping[int, str] = field(default_factory=dict)
    lines: Mapping[int, int] = field(default_factory=dict)
    spans: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    malformed: int | None = None
    unpacked: Mapping[tuple[str | None, int, int], tuple[int, bytes]] = field(default_factory=dict)
    large: bool = False

    def quote_fault(self, quote: Quoted) -> Fault | None:
        """The kind and the detail of what is wrong with a citation, or None."""
        if self.fault is not None:
            return "exhibit", self.fault
        place = place_of(quote.where)
        if place is not None and (place.member is not None or self.large):
            return self._unpacked_fault(quote, place)
        stored = self.data[quote.start:quote.end]
        if not stored or stored != quote.quote or len(stored) != quote.end - quote.start:
            return "quote", _difference(quote, stored)
        digest = self.digests.get(quote.end, "") if self.label == CUSTODY else self.digest
        if digest != quote.sha256:
            return "digest", f"the sha256 is {digest}, the report says {quote.sha256}"
        return self._place_fault(quote)

    def _unpacked_fault(self, quote: Quoted, place: Place) -> Fault | None:
        number, stored = self.unpacked.get((place.member, quote.start, quote.end), (0, b""))
        if not stored or stored != quote.quote:
            return "quote", _difference(quote, stored)
        if self.digest != quote.sha256:
            return "digest", f"the sha256 is {self.digest}, the report says {quote.sha256}"
        if number != place.number:
            return "where", f"the quote stands in line {number}"
        return None

    def absence_fault(self, absent: Absent) -> Fault | None:
        """The kind and the detail of what is wrong with an absence, or None."""
        if self.fault is not None:
            return "exhibit", self.fault
        if self.digest != absent.sha256:
            return "digest", f"the sha256 is {self.digest}, the report says {absent.sha256}"
        path = tokens(absent.pointer)
        if path is None or not leads(self.data, absent.pointer):
            return "absence", f"this is not a place in {form_of(self.data)}"
        if self.malformed is not None:
            return "absence", (f"not {form_of(self.data)} at byte {self.malformed}: no absence can"
                               " be shown")
        if form_of(self.data) == "XML" and not self.spans[_root(absent.pointer)]:
            return "absence", "this is a path of another kind of document"
        names = self.names.get(_parent(absent.pointer))
        if names is not None and path:
            return ("absence", "stated as absent, but an item of this name is there") \
                if path[-1] in names else None
        spans = self.spans[absent.pointer]
        if spans:
            return "absence", f"stated as absent, but bytes {spans[0][0]} to {spans[0][1]} hold it"
        return None

    def _place_fault(self, quote: Quoted) -> Fault | None:
        number = line_number(quote.where)
        if number is not None:
            real = self.lines[quote.start]
            return None if real == number else ("where", f"the quote stands in line {real}")
        if not leads(self.data, quote.where):
            return "where", f"this is neither a place in {form_of(self.data)} nor a line number"
        if self.malformed is not None:
            return "where", (f"not {form_of(self.data)} at byte {self.malformed}: the pointer leads"
                             " nowhere")
        spans = self.spans[quote.where]
        if not spans:
            return "where", "nothing stands at this pointer"
        if not any(quote.start <= start and end <= quote.end for start, end in spans):
            return "where", (f"the pointer leads to bytes {spans[-1][0]} to {spans[-1][1]}, "
                             f"outside the quote")
        return None


def open_source(label: str, evidence: Bytes, quotes: Iterable[Quoted],
                absences: Iterable[Absent]) -> Source:
    """Read an exhibit once and find every place that the report names in it."""
    quotes, absences = tuple(quotes), tuple(absences)
    large = _large(label, evidence, quotes) if label != CUSTODY and not absences else None
    if large is not None:
        return large
    try:
        data = evidence.custody_bytes() if label == CUSTODY else evidence.read(label)
    except RegForensicsError as error:
        return Source(label=label, fault=error.message)
    try:
        unpacked = _unpacked(label, evidence, quotes)
    except RegForensicsError as error:
        return Source(label=label, fault=error.message)
    pointers = {q.where for q in quotes if place_of(q.where) is None}
    parents = {_parent(absent.pointer) for absent in absences if absent.pointer}
    pointers |= parents | {absent.pointer for absent in absences}
    pointers |= {_root(absent.pointer) for absent in absences}
    spans: Mapping[str, tuple[Span, ...]] = {}
    names: Mapping[str, frozenset[str]] = {}
    malformed = None
    try:
        spans = locate(data, [p for p in pointers if leads(data, p)]) if pointers else {}
        names = {p: _names(data, spans[p]) for p in parents
                 if any(data[start:start + 1] == b"[" for start, _ in spans.get(p, ()))}
    except Malformed as error:
        malformed = error.offset
    return Source(
        label=label, data=data, spans=spans, unpacked=unpacked, names=names, malformed=malformed,
        digest=hashlib.sha256(data).hexdigest(),
        digests=_prefix_digests(data, {q.end for q in quotes}) if label == CUSTODY else {},
        lines=_line_numbers(data, {q.start for q in quotes
                                   if line_number(q.where) is not None}))


def _large(label: str, evidence: Bytes, quotes: Iterable[Quoted]) -> Source | None:
    """An exhibit that is too large to hold, and of which lines are cited; None for any other."""
    try:
        digest, size = evidence.stored(label)
        if size <= _HELD or any(place_of(quote.where) is None for quote in quotes):
            return None
        found = _unpacked(label, evidence, quotes, plain=True)
    except RegForensicsError as error:
        return Source(label=label, fault=error.message)
    return Source(label=label, digest=digest, unpacked=found, large=True)


def _unpacked(label: str, evidence: Bytes, quotes: Iterable[Quoted], *, plain: bool = False,
              ) -> Mapping[tuple[str | None, int, int], tuple[int, bytes]]:
    """What stands at the spans that are of what the exhibit unpacks to (``plain``: and of the
    exhibit itself), and in which line."""
    wanted: defaultdict[str | None, set[tuple[int, int]]] = defaultdict(set)
    for quote in quotes:
        place = place_of(quote.where)
        if place is not None and (plain or place.member is not None) and label != CUSTODY:
            wanted[place.member].add((quote.start, quote.end))
    return {(member, *span): seen for member, spans in wanted.items()
            for span, seen in evidence.quoted(label, member, spans).items()}


def _parent(pointer: str) -> str:
    return pointer.rpartition("/")[0]


def _root(pointer: str) -> str:
    """The first step of a pointer."""
    return "/".join(pointer.split("/")[:2])


def _names(data: bytes, spans: Iterable[Span]) -> frozenset[str]:
    """What the items of an array are called. Raises Malformed where it cannot be read."""
    found: set[str] = set()
    for start, end in spans:
        try:
            value = json.loads(data[start:end].decode("utf-8", "surrogateescape"), strict=False)
        except (ValueError, RecursionError) as error:
            raise Malformed(start) from error
        for item in value if isinstance(value, (list, dict)) else ():
            called = [item.get(name) for name in NAMES] if isinstance(item, dict) else [item]
            found.update(name for name in called if isinstance(name, str))
    return frozenset(found)


def _prefix_digests(data: bytes, ends: set[int]) -> dict[int, str]:
    """The digest of the bytes before each offset, in one pass."""
    digest, done, found = hashlib.sha256(), 0, {}
    for end in sorted(ends):
        digest.update(data[done:end])
        done, found[end] = end, digest.hexdigest()
    return found


def _line_numbers(data: bytes, starts: set[int]) -> dict[int, int]:
    """The 1-based number of the line that holds each offset, in one pass."""
    number, done, found = 1, 0, {}
    for start in sorted(starts):
        number += data.count(b"\n", done, start)
        done, found[start] = start, number
    return found


def _difference(quote: Quoted, stored: bytes) -> str:
    """What differs, in a few visible characters around the first difference."""
    if quote.quote is None:
        return "the quote in the report stands for no bytes"
    if len(stored) != quote.end - quote.start or not stored:
        return f"bytes {quote.start} to {quote.end} are not all there"
    same = next((n for n, (a, b) in enumerate(zip(stored, quote.quote, strict=False)) if a != b),
                min(len(stored), len(quote.quote)))
    begin = max(0, same - _SHOWN // 2)
    ours, theirs = (visible(text[begin:begin + _SHOWN]) for text in (stored, quote.quote))
    return f"byte {quote.start + same} differs: stored {ours!r}, the report quotes {theirs!r}"
