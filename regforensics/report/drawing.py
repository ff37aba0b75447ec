"""The drawn timeline: where each mark stands. Geometry only, in pixels of a 760 wide picture.

One lane for each section and package, or for each package where there are many. An instant is a
dot, an interval a bar from its one bound to its other; an open end runs to the edge. Space between
two times grows with the logarithm of the time between them, because an incident of hours stands
in years of history; ticks are exact.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import log2

from regforensics.model.claim import Section
from regforensics.model.instant import Instant, Interval
from regforensics.report.document import Listed, Report
from regforensics.report.times import clock, sort_key, when_text

WIDTH, LEFT, RIGHT = 760.0, 16.0, 712.0
_ROW, _LANE_HEAD, _TOP, _TICK_GAP, _CHARACTER = 20.0, 20.0, 44.0, 96.0, 7.5

#: More dated findings than this, and only those at the head of the report are marks.
_CROWD = 60
#: More packages than this, and a package has one lane for all sections.
_PACKAGES = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """A claim in the picture; ``x2`` is None for an instant."""

    id: str
    section: Section
    x: float
    x2: float | None
    y: float
    title: str
    incident: bool
    open_left: bool = False
    open_right: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """The marks of one lane, and the faint ones of claims that are not lifted."""

    title: str
    y: float
    height: float
    marks: tuple[Mark, ...]
    faint: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A time on the axis; ``anchor`` is how its label is aligned."""

    x: float
    date: str
    time: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The picture.

    ``undrawn`` counts dated claims outside the stretch of the drawn ones; ``crowded`` says that
    there are so many findings that only those at the head of the report are marks.
    """

    height: float
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    announced: float | None
    undrawn: int
    crowded: bool


def draw(report: Report) -> Drawing | None:
    """The picture of a report's dated claims, or None where no claim has a time."""
    dated = [one for part in report.parts for one in part.notable]
    crowded = len(dated) > _CROWD
    if crowded:
        head = {one.id for one in report.leading}
        drawn = [one for one in dated if one.id in head]
    else:
        drawn = dated
    drawn = drawn or [one for part in report.parts for one in part.routine if _ends(one)]
    ends = [end for one in drawn for end in _ends(one)]
    if not ends:
        return None
    if report.announced:
        ends.append(report.announced)
    scale, marked = _Scale(end.utc for end in ends), {one.id for one in drawn}
    faint = [one for one in report.claims
             if one.id not in marked and isinstance(one.claim.when, Instant)]
    lanes, height, undrawn = _lanes(drawn, faint, scale, len(report.subjects) > _PACKAGES)
    return Drawing(height + 8, lanes, scale.ticks(ends),
                   scale.x(report.announced.utc) if report.announced else None, undrawn, crowded)


def _lanes(drawn: Sequence[Listed], faint: Sequence[Listed], scale: "_Scale", merged: bool
           ) -> tuple[tuple[Lane, ...], float, int]:
    """The lanes that hold anything, where they end, and how many faint marks are outside."""
    marks, strokes = defaultdict[str, list[Listed]](list), defaultdict[str, list[datetime]](list)
    for one in drawn:
        marks[_lane_of(one, merged)].append(one)
    for one in faint:
        if isinstance(one.claim.when, Instant):
            strokes[_lane_of(one, merged)].append(one.claim.when.utc)
    lanes, y, undrawn = [], _TOP, 0
    for title in dict.fromkeys((*marks, *strokes)):
        inside = tuple(dict.fromkeys(scale.x(t) for t in strokes[title] if scale.covers(t)))
        undrawn += sum(not scale.covers(time) for time in strokes[title])
        if marks[title] or inside:
            packed, rows = _packed(sorted(marks[title], key=lambda one: sort_key(one.claim.when)),
                                   scale, y + _LANE_HEAD)
            height = _LANE_HEAD + max(rows, 1) * _ROW + 6
            lanes.append(Lane(title, y, height, packed, inside))
            y += height
    return tuple(lanes), y, undrawn


class _Scale:
    """Times to pixels, through the distinct times that the picture must show."""

    def __init__(self, times: Iterable[datetime]) -> None:
        self._times = sorted(set(times))
        weights = [1 + log2(1 + (b - a).total_seconds() / 60) for a, b in pairwise(self._times)]
        step = (RIGHT - LEFT) / (sum(weights) or 1)
        self._xs = [LEFT]
        for weight in weights:
            self._xs.append(self._xs[-1] + weight * step)

    def covers(self, time: datetime) -> bool:
        return self._times[0] <= time <= self._times[-1]

    def x(self, time: datetime) -> float:
        """The place of a time that the scale covers."""
        at = bisect_right(self._times, time) - 1
        if at + 1 == len(self._times):
            return round(self._xs[at], 1)
        low, high = self._times[at], self._times[at + 1]
        share = (time - low) / (high - low)
        return round(self._xs[at] + share * (self._xs[at + 1] - self._xs[at]), 1)

    def ticks(self, ends: Iterable[Instant]) -> tuple[Tick, ...]:
        """The first and the last time, and those between that leave room for their labels."""
        labels = {end.utc: clock(end).partition(" ") for end in ends}
        chosen = [self._times[0]]
        for time in self._times[1:]:
            if self.x(time) - self.x(chosen[-1]) >= _TICK_GAP:
                chosen.append(time)
        last = self._times[-1]
        if chosen[-1] != last:
            chosen = [*chosen[:-1], last] if len(chosen) > 1 else [*chosen]
        return tuple(Tick(self.x(time), labels[time][0], labels[time][2],
                          "start" if n == 0 else "end" if time == last else "middle")
                     for n, time in enumerate(chosen))


def _packed(listed: Iterable[Listed], scale: _Scale, top: float) -> tuple[tuple[Mark, ...], int]:
    """Marks on as few rows as keep them and their labels apart, and how many rows that is."""
    marks, free = [], list[float]()
    for one in listed:
        when = one.claim.when
        x, x2, open_left, open_right = LEFT - 8, RIGHT + 8, True, True
        if isinstance(when, Instant):
            x = x2 = scale.x(when.utc)
            open_left = open_right = False
        elif isinstance(when, Interval):
            x, open_left = (scale.x(when.after.utc), False) if when.after else (x, True)
            x2, open_right = (scale.x(when.before.utc), False) if when.before else (x2, True)
        row = next((n for n, end in enumerate(free) if end <= x - 8), len(free))
        end = x2 + 8 + _CHARACTER * len(one.id)
        free[row:row + 1] = [end]
        marks.append(Mark(one.id, one.claim.section, x, None if isinstance(when, Instant) else x2,
                          top + row * _ROW + _ROW / 2,
                          f"{one.id} {when_text(when)}: {one.claim.statement}", one.incident,
                          open_left, open_right))
    return tuple(marks), len(free)


def _lane_of(one: Listed, merged: bool) -> str:
    package = one.claim.subject.at(None).target
    return package if merged else f"{one.claim.section} \u00b7 {package}"


def _ends(one: Listed) -> list[Instant]:
    when = one.claim.when
    if isinstance(when, Interval):
        return [end for end in (when.after, when.before) if end]
    return [when] if when else []
