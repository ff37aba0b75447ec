"""Tracks: how capturing each target went, as custody tells it; a pure function of its lines."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from regforensics.analyze.custody.regular import missing, usual
from regforensics.evidence.exhibit import Acquisition, Entry, time_of
from regforensics.model.instant import iso
from regforensics.model.package import PackageRef
from regforensics.reading import is_answer
from regforensics.registries import registry_of
from regforensics.registries.accounts import READERS as ACCOUNT_ANSWERS
from regforensics.registries.base import ABSENT
from regforensics.registries.companions import is_spare

_RECENT = 50  # distances between the newest captures, which show the rhythm


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that gave no usable answer about a target, or not every one: when, what and why."""

    at: str
    reason: str
    run: str | None


@dataclass(frozen=True, slots=True)
class Pause:
    """A time without a capture; ``before`` is None where it lasts."""

    after: datetime
    before: datetime | None
    length: timedelta


@dataclass(slots=True)
class _Now:
    """One run at one target, as far as it has been read."""

    run: str | None = None
    at: str | None = None
    changed: bool = False
    there: bool = False
    lost: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Track:
    """One target: its captures, its failures, and the longest time without a capture.

    ``captures`` counts runs with an answer, ``failed`` those in which a question stayed open,
    ``failing`` the latest of them in a row. ``absent`` is since when every answer says that there
    is no such package. What was handed over is no capture: ``handed`` counts it, ``by`` says who
    made or took it. ``changed`` is when an answer first differed from the one before to the same
    question. Times are as custody has them.
    """

    target: str
    captures: int = 0
    first: str | None = None
    last: str | None = None
    changed: str | None = None
    failed: int = 0
    failing: int = 0
    failure: Failure | None = None
    absent: str | None = None
    handed: int = 0
    by: dict[str, None] = field(default_factory=dict)
    _apart: deque[timedelta] = field(default_factory=lambda: deque(maxlen=_RECENT))
    _longest: Pause | None = None
    _last: datetime | None = None
    _answers: dict[str, str | None] = field(default_factory=dict)
    _now: _Now = field(default_factory=_Now)

    def pause(self, at: datetime) -> Pause | None:
        """The longest time without a capture until ``at``; None before the first capture."""
        if self._last is None:
            return None
        still = Pause(self._last, None, at - self._last)
        return still if self._longest is None or still.length > self._longest.length \
            else self._longest

    @property
    def rhythm(self) -> timedelta | None:
        """The usual time between two of the newest captures, where there is one."""
        return usual(self._apart)

    @property
    def asked(self) -> datetime | None:
        """When the target was asked about last, with an answer or without."""
        failed = time_of(self.failure.at).utc if self.failure else None
        return max(filter(None, (self._last, failed)), default=None)

    def due(self, at: datetime) -> datetime | None:
        """When the next capture should have been, where that time is over by more than a bit."""
        rhythm = self.rhythm
        late = self._last and rhythm and missing(at - self._last, rhythm)
        return self._last + rhythm if late and self._last and rhythm else None

    def document(self, at: datetime) -> dict[str, Any]:
        """The row for JSON."""
        pause, why = self.pause(at), self.failure
        return {
            "target": self.target, "captures": self.captures, "first": self.first,
            "last": self.last, "changed": self.changed,
            "age_seconds": _seconds(at - self._last) if self._last else None,
            "longest_gap": {"after": iso(pause.after),
                            "before": iso(pause.before) if pause.before else None,
                            "seconds": _seconds(pause.length)} if pause else None,
            "rhythm_seconds": _seconds(self.rhythm) if self.rhythm else None,
            "absent_since": self.absent,
            "handed_over": {"count": self.handed, "by": list(self.by)},
            "failed_runs": self.failed, "failing_runs": self.failing,
            "last_failure": {"at": why.at, "reason": why.reason, "run": why.run} if why else None}

    def take(self, acquisition: Acquisition) -> None:
        """The next custody line about the target."""
        entry = acquisition.entry
        if entry.how in ("file", "handed-over") and registry_of(entry.kind) is not None:
            self.handed += 1
            self.by[entry.origin.operator if entry.origin else acquisition.operator] = None
        if entry.how != "http" or is_spare(entry.kind):
            return
        if entry.run is None or entry.run != self._now.run:
            self.end()
            self._now = _Now(entry.run)
        now, asked = self._now, f"{entry.url} {entry.request_body or ''} {_accept(entry)}"
        if not is_answer(acquisition):
            when = entry.observed_at or entry.requested_at or acquisition.recorded_at
            now.lost[asked] = (when, f"{entry.kind}: {entry.cause or f'HTTP {entry.status}'}")
            return
        now.lost.pop(asked, None)
        if registry_of(entry.kind) is None and entry.kind not in ACCOUNT_ANSWERS:
            return
        now.at = entry.observed_at or now.at
        now.there = now.there or entry.status not in ABSENT
        if asked in self._answers and self._answers[asked] != acquisition.exhibit:
            now.changed = True
        self._answers[asked] = acquisition.exhibit

    def end(self) -> None:
        """The run that was read is over; so are they all, where there is no further line."""
        now = self._now
        if now.at is not None:
            self._captured(now.at, changed=now.changed)
            self.absent = None if now.there else self.absent or now.at
        if now.lost:
            self.failed += 1
            self.failing += 1
            self.failure = Failure(*list(now.lost.values())[-1], now.run)
        elif now.at is not None:
            self.failing = 0
        self._now = _Now()

    def _captured(self, at: str, *, changed: bool) -> None:
        moment = time_of(at).utc
        if self._last is not None:
            self._apart.append(moment - self._last)
        if self._last is not None and (
                self._longest is None or moment - self._last > self._longest.length):
            self._longest = Pause(self._last, moment, moment - self._last)
        self.captures += 1
        self.first = self.first or at
        self.last, self._last = at, moment
        self.changed = at if changed or self.changed is None else self.changed


def tracks(acquisitions: Iterable[Acquisition], packages: Iterable[PackageRef]) -> list[Track]:
    """The tracks of packages by custody lines about them, those of each in their order."""
    found = {str(package): Track(package.target) for package in packages}
    for acquisition in acquisitions:
        track = found.get((acquisition.entry.subject or "").partition("@")[0])
        if track is not None:
            track.take(acquisition)
    for track in found.values():
        track.end()
    return list(found.values())


def _seconds(length: timedelta) -> float:
    return round(length.total_seconds(), 3)


def _accept(entry: Entry) -> str:
    return next((value for name, value in entry.request_headers if name.lower() == "accept"), "")
