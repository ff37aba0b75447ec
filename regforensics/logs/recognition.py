"""Which format a line is of: asked line by line, the format that knew the last line first."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from regforensics.logs.base import Context, LineFormat, Parsed, ReadLine, Skipped, Unparsed
from regforensics.logs.wrappers import peel
from regforensics.model.event import AccessEvent, AccountEvent, Event

_LONGEST = 1 << 18  # characters of a line that is parsed; a longer one is stored and said unparsed
_WRAPPED = 3


class Read(NamedTuple):
    """What one line turned out to be. ``format`` is None where no format knows it."""

    format: str | None
    parsed: Parsed
    wrappers: tuple[str, ...] = ()


class Recogniser:
    """Reads the lines of one file. Formats are tried most recently successful first."""

    def __init__(self, formats: Iterable[LineFormat], context: Context) -> None:
        self._readers: list[tuple[str, ReadLine]] = [(f.name, f.reader(context)) for f in formats]

    def read(self, line: str) -> Read:
        """What a line is; wrappers are peeled off it where no format knows it as it stands."""
        if len(line) > _LONGEST:
            return Read(None, Unparsed(f"the line has {len(line)} characters, more than are read"))
        wrappers: list[str] = []
        keys: list[str] = []
        for text in self._peeled(line, wrappers, keys):
            name, parsed = self._merged(text) if "\n" in text and text[:1] != "{" else \
                self._known(text)
            if parsed is not None:
                return Read(name, _keyed(parsed, keys), tuple(wrappers))
        return Read(None, Unparsed("no known format"), tuple(wrappers))

    def _known(self, text: str) -> tuple[str | None, Parsed | None]:
        for place, (name, reader) in enumerate(self._readers):
            parsed = reader(text)
            if parsed is not None:
                if place:
                    self._readers.insert(0, self._readers.pop(place))
                return name, parsed
        return None, None

    def _merged(self, text: str) -> tuple[str | None, Parsed | None]:
        """Several lines that a collector made one record of: the events of all of them."""
        found = [self._known(line.removesuffix("\r")) for line in text.split("\n")]
        known = [(name, parsed) for name, parsed in found if parsed is not None]
        events = tuple(event for _, parsed in known for event in events_of(parsed))
        if len(events) < 2:
            return known[0] if known else (None, None)
        return known[0][0], events

    def _peeled(self, line: str, wrappers: list[str], keys: list[str]) -> Iterator[str]:
        yield line
        for _ in range(_WRAPPED):
            inner = peel(line)
            if inner is None:
                return
            wrappers.append(inner.wrapper)
            keys += [inner.key] if inner.key else []
            line = inner.text
            yield line


def events_of(parsed: Parsed) -> tuple[Event, ...]:
    """The events that a line or record turned out to be: none, one or several."""
    if isinstance(parsed, AccessEvent | AccountEvent):
        return (parsed,)
    return () if isinstance(parsed, Unparsed | Skipped) else parsed


def _keyed(parsed: Parsed, keys: list[str]) -> Parsed:
    """The event with the key of the innermost wrapper that has one, where it has none itself."""
    if keys and isinstance(parsed, AccessEvent | AccountEvent) and parsed.key is None:
        return replace(parsed, key=keys[-1])
    return parsed
