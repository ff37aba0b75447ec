"""How much of a time logs cover: where at least one of them has no silence."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from regforensics.model.citation import Fact
from regforensics.model.events import Covered
from regforensics.model.instant import Instant

Stretch = tuple[datetime, datetime]


def stretches(logs: Iterable[Covered]) -> list[Stretch]:
    """The times in which at least one of the logs has no silence, in order and apart."""
    pieces: list[Stretch] = []
    for log in logs:
        start, stop = utc_of(log.first), utc_of(log.last)
        for hole in sorted(log.silences, key=lambda s: s.after):
            pieces.append((start, hole.after))
            start = max(start, hole.before)
        pieces.append((start, stop))
    found: list[Stretch] = []
    for start, stop in sorted(pieces):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(stop, found[-1][1])
        elif stop >= start:
            found.append((start, stop))
    return found


def share(covered: Sequence[Stretch], since: datetime, until: datetime) -> float:
    """The share of [since, until] that stretches cover."""
    total = timedelta()
    for start, stop in covered[max(0, bisect_right(covered, (since, since)) - 1):]:
        if start >= until:
            break
        total += max(min(stop, until) - max(start, since), timedelta())
    return total / (until - since)


def coverage(logs: Iterable[Covered], since: datetime, until: datetime) -> float:
    """The share of [since, until] in which at least one log has no silence."""
    return share(stretches(logs), since, until)


def percent(part: float) -> str:
    """``97 %``, rounded down: what is not whole is never said to be 100 %, nor what is something
    to be nothing."""
    if part >= 1:
        return "100 %"
    return "less than 1 %" if 0 < part < _LEAST else f"{max(part, 0) * 1000 // 1 / 10:g} %"


_LEAST = 0.01


def utc_of(fact: Fact[Instant] | None) -> datetime:
    """The moment of a log's first or last event. Raises ValueError where it has none."""
    if fact is None:
        raise ValueError("a log without times covers nothing")
    return fact.value.utc
