"""Which format a line is of: asked line by line, the format that knew the last line first."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from regforensics.logs.base import Context, LineFormat, Parsed, ReadLine, Skipped, Unparsed
from regforensics.logs.containers import held
from regforensics.logs.faults import fault
from regforensics.logs.wrappers import Peeled, peel, prefixed
from regforensics.model.event import AccessEvent, AccountEvent, Event

_LONGEST = 1 << 18  # characters of a line that is parsed; a longer one is stored and said unparsed
_WRAPPED = 4  # layers that are taken off a line
_RECORDS = 10_000  # of a container on one line
_APART = 300.0  # seconds between an event and the record that carries it
_MARK = "\ufeff"  # a byte order mark before the first line


class Read(NamedTuple):
    """What one line turned out to be. ``format`` is None where no format knows it."""

    format: str | None
    parsed: Parsed
    wrappers: tuple[str, ...] = ()


class Recogniser:
    """Reads the lines of one file. Formats are tried most recently successful first."""

    def __init__(self, formats: Iterable[LineFormat], context: Context) -> None:
        self._readers: list[tuple[str, ReadLine]] = [(f.name, f.reader(context)) for f in formats]
        self._last: str | None = None  # the format of the last event

    def expect(self, form: str) -> None:
        """Lines of a format stood before the next, and were read by somebody else."""
        self._last = form

    def read(self, line: str) -> Read:
        """What a line is; wrappers are peeled off it where no format knows it as it stands."""
        if len(line) > _LONGEST:
            return Read(None, Unparsed(f"the line has {len(line)} characters, more than are read"))
        peeled: list[Peeled] = []
        found = self._unwrapped(line.removeprefix(_MARK), peeled)
        if found is not None:
            name, parsed = found
            if not isinstance(parsed, Skipped | Unparsed):
                self._last = name
            return Read(name, _completed(parsed, peeled), tuple(p.wrapper for p in peeled))
        text = peeled[-1].text if peeled else line
        return Read(None, Unparsed(f"no line of {self._last}, as those around it are:"
                                   f" {fault(self._last, text)}" if self._last else
                                   "no known format"), tuple(p.wrapper for p in peeled))

    def _unwrapped(self, text: str, peeled: list[Peeled]) -> tuple[str, Parsed] | None:
        """What a text is; ``peeled`` takes the wrappers that were taken off it.

        What stands in front of a line as plain text comes off first, because formats that begin
        with names or addresses would take it for some; other wrappers where no format knows the
        text as it stands.
        """
        found: tuple[str, Parsed] | None = None
        inner = prefixed(text) if len(peeled) < _WRAPPED else None
        deeper = [*peeled, inner] if inner else []
        if inner is not None:
            found = self._unwrapped(inner.text, deeper)
            if found is not None and not isinstance(found[1], Skipped | Unparsed):
                peeled[:] = deeper
                return found
        bare = self._merged(text) if "\n" in text and text[:1] != "{" else self._known(text)
        if bare is not None:
            return bare
        if inner is None and len(peeled) < _WRAPPED and (inner := peel(text)) is not None:
            deeper = [*peeled, inner]
            found = self._unwrapped(inner.text, deeper)
        if found is None and inner is None:
            return self._contained(text, peeled)
        peeled[:] = deeper
        return found

    def _contained(self, text: str, peeled: list[Peeled]) -> tuple[str, Parsed] | None:
        """The events of the records of a container: one that a shipper delivered as one line."""
        if len(peeled) >= _WRAPPED:
            return None
        inner = Peeled("", "container of records")
        read = []
        for record in held(text, _RECORDS):
            below = [*peeled, inner]
            one = self._unwrapped(record, below)
            read.append((one[0], _completed(one[1], below[len(peeled):])) if one else None)
        known = [one for one in read if one is not None]
        events = tuple(event for _, parsed in known for event in events_of(parsed))
        if not known:
            return None
        peeled.append(inner)
        unread = sum(one is None or isinstance(one[1], Unparsed) for one in read)
        if events and unread:
            events = tuple(_doubted(event, f"one of {len(read)} records that stand in one line,"
                                    f" {unread} of which cannot be read") for event in events)
        return known[0][0], (events[0] if len(events) == 1 else events) or known[0][1]

    def _known(self, text: str) -> tuple[str, Parsed] | None:
        for place, (name, reader) in enumerate(self._readers):
            parsed = reader(text)
            if parsed is not None:
                if place:
                    self._readers.insert(0, self._readers.pop(place))
                return name, parsed
        return None

    def _merged(self, text: str) -> tuple[str, Parsed] | None:
        """Several lines that a collector made one record of: the events of all of them."""
        lines = [line.removesuffix("\r") for line in text.split("\n") if line.strip()]
        found = [self._known(line) for line in lines]
        known = [one for one in found if one is not None]
        events = tuple(event for _, parsed in known for event in events_of(parsed))
        if not events:
            return known[0] if known else None
        unread = sum(1 for one in found if one is None or isinstance(one[1], Unparsed))
        if len(lines) > 1:  # a client that smuggles a line end into a record looks the same
            doubt = f"one of {len(lines)} lines that stand in one record" + (
                f", {unread} of which cannot be read" if unread else "")
            events = tuple(_doubted(event, doubt) for event in events)
        return known[0][0], events[0] if len(events) == 1 else events


def events_of(parsed: Parsed) -> tuple[Event, ...]:
    """The events that a line or record turned out to be: none, one or several."""
    if isinstance(parsed, AccessEvent | AccountEvent):
        return (parsed,)
    return () if isinstance(parsed, Unparsed | Skipped) else parsed


def _completed(parsed: Parsed, peeled: list[Peeled]) -> Parsed:
    """The event with what its wrappers say of it: a key where it has none, a time that differs."""
    if not isinstance(parsed, AccessEvent | AccountEvent):
        return parsed
    event: Event = parsed
    key = next((p.key for p in reversed(peeled) if p.key), None)
    if key and event.key is None:
        event = replace(event, key=key)
    for recorded in (p.recorded for p in peeled if p.recorded):
        apart = abs((recorded.utc - event.at.utc).total_seconds()) if event.at else 0.0
        if apart > _APART:
            event = _doubted(event, f"the record around it was made {apart:.0f} s apart from the"
                             " time that the event states")
    return event


def _doubted(event: Event, doubt: str) -> Event:
    return replace(event, doubts=(*event.doubts, doubt))
