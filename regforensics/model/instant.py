"""Instant and Interval: when something happened, as exactly as the source says it and no more."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Self, cast

from regforensics.model.citation import Fact

_FRACTION = re.compile(r"[.,](\d+)")
Zone = Literal["stated", "assumed"]


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A point in time: UTC, the text it was read from, its precision in seconds, its zone.

    ``zone`` is "stated" where the text carries one, "assumed" where a reader supplied UTC.
    """

    utc: datetime
    text: str
    precision: float = 1.0
    zone: Zone = "stated"

    @classmethod
    def parse(cls, text: str, *, assume_utc: bool = False) -> Self:
        """Read an ISO 8601 / RFC 3339 time. Raises ValueError where it is none, or lacks a zone."""
        moment = datetime.fromisoformat(text)
        zone: Zone = "stated"
        if moment.tzinfo is None:
            if not assume_utc:
                raise ValueError(f"{text!r} states no time zone")
            moment, zone = moment.replace(tzinfo=UTC), "assumed"
        if moment.tzinfo is not UTC:
            try:
                moment = moment.astimezone(UTC)
            except OverflowError as error:
                raise ValueError(f"{text!r} lies outside the years 1 to 9999 in UTC") from error
        return cls(moment, text, _precision(text), zone)

    @classmethod
    def at(cls, moment: datetime) -> Self:
        """An instant of our own clock, printed to the millisecond."""
        utc = moment.astimezone(UTC)
        return cls(utc, iso(utc), 0.001)

    def __str__(self) -> str:
        return self.text


def _precision(text: str) -> float:
    """Seconds: that of the last digit which the text gives."""
    if text[-5:-4] == "." and text.endswith("Z"):  # npm's milliseconds, the common case
        return 0.001
    fraction = _FRACTION.search(text)
    return float(10.0 ** -len(fraction[1])) if fraction else 1.0


@dataclass(frozen=True, slots=True)
class Interval:
    """Something happened after one instant and not later than another; either end may be open."""

    after: Instant | None
    before: Instant | None

    def __str__(self) -> str:
        if self.after and self.before:
            return f"between {self.after} and {self.before}"
        if self.after:
            return f"after {self.after}"
        return f"before {self.before}" if self.before else "at an unknown time"


When = Instant | Interval | None


def known(fact: Fact[Instant | None] | None) -> Fact[Instant] | None:
    """``fact`` where it holds a readable time, else None."""
    return None if fact is None or fact.value is None else cast("Fact[Instant]", fact)


def iso(moment: datetime) -> str:
    """``moment`` in UTC, ISO 8601 with milliseconds and ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _machine() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Where the program learns the time. Whoever plays days in minutes sets another ``read``."""

    read: Callable[[], datetime] = staticmethod(_machine)


def now() -> datetime:
    """The time now, aware, in UTC."""
    return Clock.read()
