"""Times for people: UTC, to the precision that the source states, windows as windows."""

from datetime import UTC, datetime, timedelta

from regforensics.model.instant import Instant, Interval, When

_LATEST = datetime.max.replace(tzinfo=UTC)
DAY = timedelta(hours=24)  # the window around a publish, unless a report says otherwise


def hours(window: timedelta) -> float:
    """A window's length in hours."""
    return window.total_seconds() / 3600


def utc_text(instant: Instant) -> str:
    """ISO 8601 in UTC with ``Z``, to whole seconds, milli- or microseconds as the source has."""
    spec = ("seconds" if instant.precision >= 1
            else "milliseconds" if instant.precision >= 0.001 else "microseconds")
    return instant.utc.isoformat(timespec=spec).replace("+00:00", "Z")


def when_text(when: When) -> str:
    """``when`` as a sentence part; an interval is never turned into an instant."""
    if when is None:
        return "time not stated"
    if isinstance(when, Instant):
        return clock(when)
    if when.after and when.before:
        return f"between {clock(when.after)} and {clock(when.before)}"
    if when.after:
        return f"after {clock(when.after)}"
    return f"at or before {clock(when.before)}" if when.before else "time not known"


def clock(instant: Instant) -> str:
    """``2018-04-09 01:10:45.796Z``; says where the time zone was assumed."""
    assumed = " (zone assumed)" if instant.zone == "assumed" else ""
    return utc_text(instant).replace("T", " ") + assumed


def sort_key(when: When) -> tuple[datetime, datetime]:
    """An instant by itself, an interval by its ``before``, then its ``after``; unknown last."""
    if isinstance(when, Instant):
        return when.utc, when.utc
    if isinstance(when, Interval):
        late, early = when.before or when.after, when.after or when.before
        if late and early:
            return late.utc, early.utc
    return _LATEST, _LATEST


def dated(when: When) -> bool:
    """True where ``when`` bounds the time at all."""
    return isinstance(when, Instant) or (
        isinstance(when, Interval) and (when.after or when.before) is not None)


def within(when: When, since: Instant | None, until: Instant | None) -> bool:
    """True where ``when`` may lie in [since, until]; an unknown time may."""
    first = when if isinstance(when, Instant) else when.after if when else None
    last = when if isinstance(when, Instant) else when.before if when else None
    return not ((since and last and last.utc < since.utc)
                or (until and first and first.utc > until.utc))
