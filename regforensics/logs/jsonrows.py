"""Rows that are JSON objects: decoding them, and looking into them without trusting their shape.

Any member may be missing, null, or of another type than the vendor says. Looking never raises:
what is not there is None, and what is no object has no members.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

import msgspec

from regforensics.logs import times
from regforensics.logs.base import Parsed, ReadLine, Unparsed
from regforensics.logs.fields import text
from regforensics.model.instant import Instant

Row = Mapping[str, Any]
_LONGEST = 500  # characters of a value that is carried along in a reason


def reader(read: Callable[[Row], Parsed | None], *marks: str) -> ReadLine:
    """A reader of lines that are JSON objects and hold every one of ``marks``.

    A line that holds them and is no JSON is Unparsed: the marks are told from nobody else's.
    """

    def line_reader(line: str) -> Parsed | None:
        if not (line.startswith("{") and all(mark in line for mark in marks)):
            return None
        row = decoded(line)
        if row is None:
            return Unparsed("the row is no JSON")
        return read(row) if isinstance(row, dict) else None

    return line_reader


def decoded(value: str) -> Any:
    """The JSON value of a text, or None where it is none.

    A text with lone surrogates or bytes that are no UTF-8 is read too: a client can write such
    bytes into a row, and must not be able to hide it.
    """
    try:
        return msgspec.json.decode(value.encode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def inside(row: object, *path: str) -> Any:
    """What stands at a path of members, or None."""
    for name in path:
        row = row.get(name) if isinstance(row, Mapping) else None
    return row


def said(row: object, *path: str) -> str | None:
    """The text or number at a path, as text; None for nothing and its spellings."""
    value = inside(row, *path)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return text(str(value))


def whole(row: object, *path: str) -> int | None:
    """The whole number at a path, also where it is written as text; None below zero."""
    value = said(row, *path)
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 19 else None


def first(row: object, *names: str) -> str | None:
    """What the first of the members says that says something."""
    return next((found for name in names if (found := said(row, name)) is not None), None)


def objects(value: object) -> tuple[Row, ...]:
    """The objects of an array; none for anything else."""
    return tuple(v for v in value if isinstance(v, Mapping)) if isinstance(value, list) else ()


def joined(*parts: str | None) -> str | None:
    """The parts that say something, with commas between them."""
    return ", ".join(part for part in parts if part) or None


def extras(**members: str | None) -> Mapping[str, str]:
    """What is carried along beside an event's own fields: only what says something."""
    return {name: value[:_LONGEST] for name, value in members.items() if value}


def when(value: object, *, utc: bool = False) -> Instant | None:
    """The time that a member states: ISO text, or a number since 1970 by its magnitude.

    ``utc`` where the vendor documents that times without a zone are UTC. None for no time.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    shown = str(value)
    try:
        if shown[:4].isdigit() and shown[4:5] == "-":
            return times.iso(shown, UTC if utc else None)
        return times.epoch(shown)
    except ValueError:
        return None


def untimed(value: object, at: Instant | None) -> str | None:
    """The doubt of an event without a time, and why it has none."""
    if at is not None:
        return "the time states no zone; it is documented as UTC" if at.zone == "assumed" else None
    return f"{str(value)[:40]!r} is no time" if value is not None else "the row states no time"
