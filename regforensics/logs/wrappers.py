"""What shippers put around a line: syslog, docker, CRI, compose, journald, CloudWatch, Kafka.

A wrapper's clock is not the event's. Peeling gives the inner text and says which wrapper it was;
the citation is always of the whole stored line.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from regforensics.logs import times
from regforensics.model.instant import Instant

_SYSLOG = re.compile(r"(?:<\d{1,3}>)?(?:1 )?(?:[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}"
                     r"|\d{4}-\d{2}-\d{2}T\S{8,30}) \S{1,255} \S{1,255}?(?:\[\d{1,10}\])?: ")
_CRI = re.compile(r"\d{4}-\d{2}-\d{2}T\S{8,25} (?:stdout|stderr) (?P<part>[FP]) ")
_COMPOSE = re.compile(r"[\w.-]{1,100}  ?\| ")
_CONSOLE = re.compile(r"\[[\w./-]{1,200}\] - ")
_CONSUMED = re.compile(r"(?:CreateTime|LogAppendTime):(?P<at>\d{10,16})\t(?:[^\t]*\t)*"
                       r"(?P<value>[^\t]*)")
_LONGEST = 1 << 20
_MEMBERS = ("message", "@message", "MESSAGE", "log", "event", "line", "_raw")
_INNER = (("_source", "event", "original"), ("_source", "message"), ("event", "original"),
          ("result", "_raw"), ("detail", "message"), ("CloudTrailEvent",))


class Peeled(NamedTuple):
    """The text inside, the wrapper's name, and whether it goes on in the next line.

    ``key`` tells the record apart where the wrapper does: a record of Kafka by its place.
    ``recorded`` is the wrapper's own time, where it is one that events are compared with.
    """

    text: str
    wrapper: str
    partial: bool = False
    key: str | None = None
    recorded: Instant | None = None


def peel(line: str) -> Peeled | None:
    """The inner text of one wrapper, or None where there is none."""
    if len(line) > _LONGEST:
        return None
    return next((found for wrapper in _WRAPPERS if (found := wrapper(line)) is not None), None)


def prefixed(line: str) -> Peeled | None:
    """The inner text of a wrapper that stands in front of the line as plain text; else None."""
    if len(line) > _LONGEST or line[:1] == "{":
        return None
    for wrapper in _PREFIXES:
        found = wrapper(line)
        if found is not None:
            return found
    return None


def _syslog(line: str) -> Peeled | None:
    found = _SYSLOG.match(line)
    return Peeled(line[found.end():], "syslog") if found else None


def _cri(line: str) -> Peeled | None:
    found = _CRI.match(line)
    return Peeled(line[found.end():], "CRI", found["part"] == "P") if found else None


def _compose(line: str) -> Peeled | None:
    found = _COMPOSE.match(line)
    return Peeled(line[found.end():], "docker compose") if found else None


def _console(line: str) -> Peeled | None:
    found = _CONSOLE.match(line)
    return Peeled(line[found.end():], "merged console") if found else None


def _json(line: str) -> Peeled | None:
    if not line.startswith("{"):
        return None
    try:
        outer = msgspec.json.decode(line.encode("utf-8", "surrogateescape"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    if not isinstance(outer, dict):
        return None
    record = _kafka(outer)
    if record is not None:
        return record
    for path in (*_INNER, *((name,) for name in _MEMBERS)):
        inner = _text(_at(outer, path))
        if inner is not None:
            partial = path == ("log",) and "stream" in outer and not inner.endswith("\n")
            return Peeled(inner.rstrip("\r\n"), f"JSON member {'.'.join(path)}", partial)
    return None


def _kafka(outer: dict[str, Any]) -> Peeled | None:
    """A record as ``kcat -J`` prints it: the value is text, the place is its key."""
    value = outer.get("payload")
    place = [outer.get(name) for name in ("topic", "partition", "offset")]
    if not isinstance(value, str) or None in place:
        return None
    try:
        recorded = times.epoch(str(outer.get("ts")))
    except ValueError:
        recorded = None
    return Peeled(value, "Kafka record", key="/".join(map(str, place)), recorded=recorded)


def _consumed(line: str) -> Peeled | None:
    """A record as the console consumer prints it with its time: the value stands last."""
    found = _CONSUMED.fullmatch(line)
    if found is None:
        return None
    try:
        recorded = times.epoch(found["at"])
    except ValueError:
        recorded = None
    return Peeled(found["value"], "Kafka record", recorded=recorded)


def _at(outer: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        outer = outer.get(name) if isinstance(outer, dict) else None
    return outer


def _text(value: Any) -> str | None:
    """A string, or journald's array of byte numbers."""
    if isinstance(value, str) and value:
        return value
    if isinstance(value, list) and value and all(
            isinstance(v, int) and 0 <= v < 256 for v in value):
        return bytes(value).decode("utf-8", "surrogateescape")
    return None


_PREFIXES: tuple[Callable[[str], Peeled | None], ...] = (
    _cri, _syslog, _consumed, _console, _compose)
_WRAPPERS = (_json, *_PREFIXES)
