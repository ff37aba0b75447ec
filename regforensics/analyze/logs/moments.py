"""Times of logged requests: in words, and against a publish, as far as clocks allow."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from regforensics.model.citation import Derived, Fact, derive
from regforensics.model.event import AccessEvent
from regforensics.model.instant import Instant

Where = Literal["before", "unsure", "after"]
SKEW = timedelta(seconds=2)  # by which the clocks of two well-kept machines may differ
OPEN = timedelta(minutes=5)  # how long a request may last of which only the start is known
ZONES = timedelta(hours=26)  # by which times in two unknown zones may differ


def against(event: AccessEvent, published: Instant) -> Where:
    """Whether a request was over before a publish: beyond precision, duration, clock and zone."""
    if event.at is None:
        return "unsure"
    margin = SKEW + _zones(event.at, published)
    if event.at.utc >= published.utc + margin:
        return "after"
    over = event.at.utc + timedelta(seconds=event.at.precision)
    if event.moment != "end":
        over += OPEN
    margin += timedelta(seconds=published.precision)
    return "before" if over + margin <= published.utc else "unsure"


def later(event: AccessEvent, gone: Instant) -> Where:
    """Whether a request began after a takedown: beyond precision and clocks. Unsure only where a
    zone that was stated by hand decides."""
    began = asked(event)
    bound = gone.utc + timedelta(seconds=gone.precision) + SKEW
    if event.at is None or began is None or began.utc <= bound:
        return "before"
    return "after" if began.utc > bound + _zones(event.at, gone) else "unsure"


def _zones(one: Instant, other: Instant) -> timedelta:
    return ZONES if "assumed" in (one.zone, other.zone) else timedelta()


def utc(at: Instant | None) -> str:
    """A logged time as sentences say it: in UTC, to its precision, with an assumed zone named."""
    if at is None:
        return "an unknown time"
    form = "milliseconds" if at.precision < 1 else "seconds"
    words = at.utc.isoformat(timespec=form).replace("+00:00", "Z")
    return f"{words} (time zone as stated by hand)" if at.zone == "assumed" else words


def resting(value: Any, facts: Iterable[Fact[Any]]) -> Derived[Any]:
    """``value``, resting on facts of which there is at least one."""
    head, *tail = facts
    return derive(value, head, *tail)


def asked(event: AccessEvent) -> Instant | None:
    """When a request began, as far as its line tells: most logs write one when it has ended."""
    if event.started and event.at and event.started.utc <= event.at.utc:
        return event.started
    return event.at


def first_asked(fact: Fact[AccessEvent]) -> tuple[Instant | None, Derived[str]]:
    """When a row says that it was asked for, and that in words: a start that is computed is told as
    such, beside the logged time, to its precision, and only where that shows it."""
    event, begun = fact.value, asked(fact.value)
    if event.at is None or begun is None or begun == event.at:
        return event.at, timed(fact)
    if begun.text != event.at.text:  # the line states it
        return begun, derive(utc(begun), fact)
    if event.at.utc - begun.utc < max(_SHOWS, timedelta(seconds=event.at.precision)):
        return event.at, timed(fact)
    half = timedelta(seconds=0.5 if event.at.precision >= 1 else 0)
    start = utc(replace(begun, utc=begun.utc + half))
    return event.at, derive(f"{utc(event.at)} (logged at its end; by its duration, computed, it"
                            f" began at {start})", fact)


_SHOWS = timedelta(seconds=1)  # a shorter request is told by its logged time alone


def timed(fact: Fact[AccessEvent]) -> Derived[str]:
    """When a row says that it was."""
    return derive(utc(fact.value.at), fact)
