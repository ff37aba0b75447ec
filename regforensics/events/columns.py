"""Whole blocks of one format at once: split into columns, and read only what is new in them.

The line reader of the format stays the one place that says what a line means: it is shown one line
for every distinct value of the fields that a column depends on, and what it says stands for all
of them. A line that does not fit goes to the line reader as it is; so does one whose fields say
something about columns that they should not touch.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from regforensics.events.known import BETWEEN, Known, Reading
from regforensics.events.schema import READ, SCHEMA
from regforensics.events.splits import AT, METHOD, SPLITS, Split
from regforensics.evidence.unpacked import Block
from regforensics.model.event import AccessEvent

_LONGEST = 1 << 18  # bytes; a longer line is the line reader's to refuse
_LEAST = 0.5  # of a block's lines must fit
_BLANKS = b"\t\x0b\x0c\x1c\x1d\x1e\x1f"  # what a line reader may take for one
_ESCAPED = b'\\"'
_HEAD = 1000  # bytes of a first piece that is cut again
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_PORT = ":[0-9]{1,5}$"
Rest = Sequence[tuple[int, int, bytes]]


class Taken(NamedTuple):
    """The rows of a block, the minutes' first and last times in it, and (number, start, bytes)
    of the lines that do not fit."""

    rows: Any
    format: str
    layer: str
    times: Sequence[datetime]
    rest: Rest


class _Lines(NamedTuple):
    number: Any
    start: Any
    end: Any
    text: Any  # without the line end


@dataclass(slots=True)
class Columns:
    """Reads the blocks of one file; see the module. ``form`` names the only format expected."""

    form: str | None = None
    block: int = 8 << 20
    _readers: dict[Split, "_Reader"] = field(default_factory=dict)
    _last: list[Split] = field(default_factory=lambda: list(SPLITS))

    def take(self, block: Block, member: str | None) -> Taken | None:
        """What is read of a block; None where it is of no format that is read here."""
        if not block.data:
            return None
        breaks = _breaks(block.data)
        lines = _lines(block, breaks)
        clean = _clean(block.data, breaks)
        for split in tuple(self._last):
            if self.form in (None, split.name):
                reader = self._readers.setdefault(split, _Reader(split))
                found = reader.take(lines, clean, member)
                if found is not None:
                    self._last.remove(split)
                    self._last.insert(0, split)
                    return found
        return None


def _breaks(data: bytes) -> bytes:
    """What ends every line: CR and LF where each CR stands before a LF, and each LF after a CR."""
    ends = data.count(b"\r\n") if b"\r" in data else 0
    return b"\r\n" if ends and ends == data.count(b"\n") == data.count(b"\r") \
        and data.endswith(b"\n") else b"\n"


def _lines(block: Block, breaks: bytes) -> _Lines:
    data = block.data
    texts = pc.split_pattern(pa.array([data], pa.binary()), breaks).flatten()
    if data.endswith(b"\n"):
        texts = texts.slice(0, len(texts) - 1)
    length = pc.add(pc.cast(pc.binary_length(texts), pa.int64()), len(breaks) - 1)
    after = pc.add(pc.cumulative_sum(pc.add(length, 1)), block.start)
    number = pc.add(pc.cumulative_sum(pa.repeat(1, len(texts))), block.number - 1)
    end = pc.subtract(after, 1)
    return _Lines(number, pc.subtract(end, length), end, texts)


def _clean(data: bytes, breaks: bytes) -> Callable[[Any], Any] | None:
    """Which lines hold plain ASCII alone; None where all do."""
    if data.isascii() and not any(bytes((mark,)) in data for mark in _BLANKS) \
            and (b"\\" not in data or _ESCAPED not in data) \
            and (b"\r" not in data or b"\r" in breaks):
        return None
    return lambda texts: pa.array([line.isascii() and line.decode().isprintable()
                                   and _ESCAPED not in line for line in texts.to_pylist()],
                                  pa.bool_())


@dataclass(slots=True)
class _Reader:
    """One format's blocks."""

    split: Split
    known: dict[tuple[str, ...], Known] = field(default_factory=dict)
    others: dict[tuple[str, ...], Callable[[Any], Any]] = field(default_factory=dict)
    plain: AccessEvent | None = None

    def take(self, lines: _Lines, clean: Callable[[Any], Any] | None, member: str | None,
             ) -> Taken | None:
        plain = self._event(self.split.plain)
        if plain is None:
            raise TypeError(f"{self.split.name}: the plain line is no event")
        self.plain = plain
        good = pc.less(pc.binary_length(lines.text), _LONGEST)
        if clean is not None:
            good = pc.and_(good, clean(lines.text))
        fields, good = self._fields(lines.text, good)
        total = len(good)
        if fields is None or (pc.sum(good).as_py() or 0) < _LEAST * total:
            return None
        columns, fits = self._columns(fields)
        if not pc.all(fits).as_py():
            columns = {name: array.filter(fits) for name, array in columns.items()}
            good = pc.replace_with_mask(good, good, fits)
        count = pc.sum(good).as_py() or 0
        if count < _LEAST * total:
            return None
        held = _Lines(*(array if count == total else array.filter(good) for array in lines))
        return Taken(self._table(columns, held, member), self.split.name, plain.layer,
                     _edges(columns["timestamp"]), _rest(lines, good) if count < total else ())

    def _fields(self, texts: Any, good: Any) -> tuple[dict[str, Any] | None, Any]:
        """The fields that are read, by name, of the lines that have as many as there must be; and
        which have."""
        split = self.split
        some = texts.filter(good)
        outer = pc.split_pattern(some, split.outer.separator.encode(), max_splits=split.outer.most)
        fits = pc.equal(pc.list_value_length(outer), split.outer.pieces)
        kept = outer if pc.all(fits).as_py() else outer.filter(fits)
        if not len(kept):
            return None, good
        if split.inner is None:
            fields = _pieces(kept, split.fields, split.read)
        else:
            after = ("", *split.fields[split.inner.pieces:])
            fields = _pieces(kept, after, {"", *split.read})
            text, blank = fields.pop(""), split.inner.separator.encode()
            head = pc.split_pattern(text, blank)
            inside = pc.and_not(pc.and_(pc.equal(pc.list_value_length(head), split.inner.pieces),
                                        pc.less(pc.binary_length(text), _HEAD)),
                                pc.match_substring(text, (blank * 2).decode()))
            if not pc.all(inside).as_py():
                fits = pc.replace_with_mask(fits, fits, inside)
                fields = {name: piece.filter(inside) for name, piece in fields.items()}
                head = head.filter(inside)
            if not len(head):
                return None, good
            fields |= _pieces(head, split.fields, split.read)
        for name in split.ports:
            fields[name] = pc.replace_substring_regex(fields[name], _PORT, ":80")
        return fields, pc.replace_with_mask(good, good, fits)

    def _columns(self, fields: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """The columns that depend on what the lines hold, and which lines could be read so."""
        columns: dict[str, Any] = {}
        columns["timestamp"], fits = self._stamps(fields)
        for keys, names in self.split.reads.items():
            found, told = self._read(keys, names, fields)
            for name, values in found.items():
                (fields if name == METHOD else columns)[name] = values
            fits = pc.and_(fits, told) if told is not None else fits
        return columns, fits

    def _stamps(self, fields: Mapping[str, Any]) -> tuple[Any, Any]:
        """The times, and which of them are some: the minute as the reader says, the seconds
        counted on from there."""
        stamp = self.split.stamp
        clock = fields[stamp.clock]
        seconds = slice(stamp.seconds, stamp.seconds + 2)
        fraction = slice(seconds.stop + 1, seconds.stop + 1 + stamp.digits)
        zero = b"00" + (b"." + b"0" * stamp.digits if stamp.digits else b"")
        bare = pc.binary_replace_slice(clock, seconds.start, fraction.stop if stamp.digits
                                       else seconds.stop, zero)
        minutes, _ = self._read(stamp.fields, (AT,), dict(fields) | {stamp.clock: bare})
        second = _number(clock, seconds)
        fits = pc.and_(minutes[AT].is_valid(), pc.less(second, 60))
        micros = pc.add(minutes[AT], pc.multiply(second, 1_000_000))
        if stamp.digits:
            dots = pc.binary_slice(clock, seconds.stop, seconds.stop + 1)
            part = _number(clock, fraction)
            fits = pc.and_(pc.and_(fits, pc.equal(dots, b".")), pc.greater_equal(part, 0))
            micros = pc.add(micros, pc.multiply(part, 10 ** (6 - stamp.digits)))
        return micros.cast(pa.timestamp("us")), pc.fill_null(fits, False)

    def _read(self, keys: tuple[str, ...], names: tuple[str, ...], fields: Mapping[str, Any],
              ) -> tuple[dict[str, Any], Any]:
        """What the reader says of some fields, as columns; and of which lines, None for all."""
        known = self.known.get(keys)
        if known is None or known.full:
            known = self.known[keys] = Known(names)
        if not keys:
            joined = pa.repeat(pa.scalar(b""), len(next(iter(fields.values()))))
        elif len(keys) == 1:
            joined = fields[keys[0]]
        else:
            joined = pc.binary_join_element_wise(*(fields[key] for key in keys), BETWEEN)
        coded = joined.dictionary_encode()
        values = coded.dictionary.to_pylist()
        fresh = [value for value in values if value not in known.places]
        known.learn(fresh, [self._one(keys, value, names) for value in fresh])
        at = pa.array(map(known.places.__getitem__, values), pa.int32(), size=len(values))
        return known.columns(at.take(coded.indices))

    def _one(self, keys: tuple[str, ...], value: bytes, names: tuple[str, ...]) -> Reading:
        """What the reader says of one value of some fields; None where that misleads."""
        shown = dict(self.split.plain)
        for key, text in zip(keys, value.decode("ascii").split(BETWEEN.decode()), strict=False):
            shown |= self.split.by_method(text) if key == METHOD else {key: text}
        event = self._event(shown)
        if event is None or self._strays(event, names, keys):
            return None
        return tuple(_micros(event) if name == AT else getattr(event, name) for name in names)

    def _strays(self, event: AccessEvent, names: tuple[str, ...], keys: tuple[str, ...]) -> bool:
        """Whether what was shown changes columns that do not depend on it."""
        others = self.others.get(keys)
        if others is None:
            others = self.others[keys] = attrgetter(*(_untouched(self.split, names, keys)))
        return event.at is None or others(event) != others(self.plain) or (
            self.split.doubted and bool(event.doubts))

    def _event(self, shown: Mapping[str, str]) -> AccessEvent | None:
        event = self.split.reader(self.split.line(shown))
        return event if isinstance(event, AccessEvent) else None

    def _table(self, columns: dict[str, Any], lines: _Lines, member: str | None) -> Any:
        count = len(lines.number)
        made = columns | {
            "account": pa.repeat(False, count), "format": _same(self.split.name, count),
            "member": _same(member, count), "line": lines.number, "start": lines.start,
            "end": lines.end, "event": pa.nulls(count, pa.binary()),
            "quote": pa.nulls(count, pa.binary()) if member is None else _whole(lines)}
        return pa.table([made[name] for name in SCHEMA.names], schema=SCHEMA)


def _whole(lines: _Lines) -> Any:
    """The lines with the CR at their ends, where they have one."""
    short = pc.subtract(pc.subtract(lines.end, lines.start), pc.binary_length(lines.text))
    return pc.binary_join_element_wise(lines.text, b"\r", b"") if pc.max(short).as_py() else \
        lines.text


def _untouched(split: Split, names: tuple[str, ...], keys: tuple[str, ...]) -> list[str]:
    """The columns on which these fields have no say, also not by the method that they state."""
    touched = {*names, *keys}
    if METHOD in touched:
        touched |= {name for fields, told in split.reads.items()
                    if METHOD in fields or METHOD in told for name in told}
    return [name for name in (*READ, AT, "chain") if name not in touched]


def _pieces(lists: Any, names: Sequence[str], wanted: Collection[str]) -> dict[str, Any]:
    """The items that are wanted, by name, of lists that are all of one length."""
    flat = lists.flatten()
    place = pc.multiply(pc.subtract(pc.cumulative_sum(pa.repeat(1, len(lists))), 1),
                        len(flat) // len(lists))
    return {name: flat.take(pc.add(place, n))
            for n, name in zip(range(len(flat) // len(lists)), names, strict=False)
            if name in wanted}


def _number(texts: Any, where: slice) -> Any:
    """The number that stands at a place; null where there is none of that many digits."""
    digits = pc.binary_slice(texts, where.start, where.stop).view(pa.string())
    good = pc.and_(pc.ascii_is_decimal(digits),
                   pc.equal(pc.binary_length(digits), where.stop - where.start))
    if not pc.all(good).as_py():
        digits = pc.if_else(good, digits, pa.scalar(None, pa.string()))
    return digits.cast(pa.int64())


def _same(value: str | None, count: int) -> Any:
    codes = pa.nulls(count, pa.int32()) if value is None else pa.repeat(
        pa.scalar(0, pa.int32()), count)
    return pa.DictionaryArray.from_arrays(codes, pa.array([value or ""], pa.string()))


def _micros(event: AccessEvent) -> int | None:
    return (event.at.utc.astimezone(UTC) - _EPOCH) // _MICRO if event.at else None


def _edges(stamps: Any) -> list[datetime]:
    """The first and the last time of every minute."""
    minutes = pa.table({"minute": pc.floor_temporal(stamps, unit="minute"), "at": stamps}) \
        .group_by("minute").aggregate([("at", "min"), ("at", "max")])
    return [at.replace(tzinfo=UTC) for at in chain.from_iterable(
        minutes[name].to_pylist() for name in ("at_min", "at_max"))]


def _rest(lines: _Lines, good: Any) -> Rest:
    bad = pc.invert(good)
    return list(_plainly(*(array.filter(bad).to_pylist()
                           for array in (lines.number, lines.start, lines.end, lines.text))))


def _plainly(numbers: list[int], starts: list[int], ends: list[int], texts: list[bytes],
             ) -> Iterator[tuple[int, int, bytes]]:
    for number, start, end, text in zip(numbers, starts, ends, texts, strict=True):
        yield number, start, text + b"\r" * (end - start - len(text))
