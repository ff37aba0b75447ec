"""Times as logs print them. All give an Instant: UTC, the text as printed, precision, zone.

A text without a zone is read in the zone that the user stated for the file, never in a silent
default. English month names come from a table: ``strptime`` follows the locale.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from regforensics.model.instant import Instant

_MONTHS = {name: number for number, name in enumerate(
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1)}
_COMMON = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))? "
                     r"([+-])(\d{2})(\d{2})")
_HTTP = re.compile(r"(?:[A-Z][a-z]{2}, )?(\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) "
                   r"(?:GMT|UTC)")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})")
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9}))?"
                  r" ?(Z|UTC|GMT|[+-]\d{2}:?\d{2})?")
_UNITS = ((10, 1.0), (13, 1e3), (16, 1e6), (19, 1e9))  # digits of an epoch of our time, per second
_SHORT = 40  # characters of a time that is remembered
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NoZone(ValueError):
    """A time without a zone in a file whose zone nobody stated."""


def iso(text: str, zone: tzinfo | None = None) -> Instant:
    """``2023-04-07T04:09:49.465Z`` and its relatives: blank for T, comma, ``+0000``, nanoseconds.

    Raises NoZone, and ValueError for anything else that is no time.
    """
    return _iso(text, zone) if len(text) < _SHORT else _iso.__wrapped__(text, zone)


@lru_cache(1 << 12)  # rows of one second, and times that are read more than once
def _iso(text: str, zone: tzinfo | None) -> Instant:
    found = _ISO.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no ISO 8601 time")
    day, clock, fraction, stated = found.groups()
    moment = datetime.fromisoformat(f"{day}T{clock}") \
        + timedelta(microseconds=int((fraction or "0").ljust(6, "0")[:6]))
    precision = 10.0 ** -len(fraction) if fraction else 1.0
    if stated is None:
        return _local(moment, text, precision, zone)
    return _made(moment.replace(tzinfo=_offset(stated)), text, precision)


def common(text: str) -> Instant:
    """``10/Oct/2000:13:55:36 -0700``, of the Common Log Format. Raises ValueError."""
    found = _COMMON.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        raise ValueError(f"{text!r} is no time of the Common Log Format")
    day, month, year, hour, minute, second, fraction, sign, hours, minutes = found.groups()
    moment = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second),
                      int((fraction or "0").ljust(6, "0")), tzinfo=_offset(sign + hours + minutes))
    return _made(moment, text, 10.0 ** -len(fraction) if fraction else 1.0)


def http(text: str) -> Instant:
    """``Thu, 07 Jan 2021 20:54:54 GMT`` (RFC 9110). Raises ValueError."""
    found = _HTTP.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        raise ValueError(f"{text!r} is no HTTP date")
    day, month, year, hour, minute, second = found.groups()
    moment = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second),
                      tzinfo=UTC)
    return _made(moment, text, 1.0)


def compact(text: str, zone: tzinfo | None = None) -> Instant:
    """``20230407040949``: no zone. Raises NoZone and ValueError."""
    found = _COMPACT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no compact time")
    year, month, day, hour, minute, second = map(int, found.groups())
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC).replace(tzinfo=None)
    return _local(moment, text, 1.0, zone)


def epoch(value: float | str) -> Instant:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970, by magnitude.

    Raises ValueError for what is none, or lies outside 1973 to 2286.
    """
    text = str(value)
    whole, _, fraction = text.partition(".")
    unit = next((per for digits, per in _UNITS if whole.isascii() and whole.isdigit()
                 and digits - 1 <= len(whole) <= digits), None)
    if unit is None or (fraction and not fraction.isdigit()):
        raise ValueError(f"{text[:40]!r} is no time since 1970")
    seconds, rest = divmod(int(whole), int(unit))
    micro = rest * 1_000_000 // int(unit) + int((fraction + "000000")[:6]) // int(unit)
    precision = 10.0 ** -len(fraction) / unit if fraction else 1.0 / unit
    return Instant(_EPOCH + timedelta(seconds=seconds, microseconds=micro), text, precision)


def _offset(text: str) -> tzinfo:
    if text in ("Z", "UTC", "GMT"):
        return UTC
    size = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-size if text[0] == "-" else size)


def _made(moment: datetime, text: str, precision: float) -> Instant:
    try:
        return Instant(moment.astimezone(UTC), text, precision)
    except OverflowError as error:
        raise ValueError(f"{text!r} lies outside the years 1 to 9999 in UTC") from error


def _local(moment: datetime, text: str, precision: float, zone: tzinfo | None) -> Instant:
    if zone is None:
        raise NoZone(f"{text!r} states no time zone")
    made = _made(moment.replace(tzinfo=zone), text, precision)
    return Instant(made.utc, text, precision, "assumed")
