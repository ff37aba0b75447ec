"""Daily counts put together from every answer: what each day has, and what no answer holds.

A zero is a count only where it can be one. Counting services have lost whole days, and they list
days that they have not counted yet: such a day is missing, and never nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median_low
from typing import Literal

from regforensics.model.citation import Fact, derive
from regforensics.model.downloads import Count, Days, DownloadCounts, RegistryDay

By = Literal["day", "week", "month"]
PERIODS: tuple[By, ...] = ("day", "week", "month")
Chosen = Callable[[Count], bool]
#: From this many downloads on a usual day, a day without any is not believed.
BUSY = 20
#: More rows than this are cited as one stretch.
MOST_ROWS = 24
NOT_ASKED = "no answer covers the day"
NOT_OVER = "the day was not over when it was asked"
NOT_COUNTED = "the service had not counted the day when it was asked"
LOST = "the service says zero where the days around it have many: a day that it did not count"
LOST_BY_ALL = "the service counts zero for the whole registry on that day: it did not count"
NO_ROW = "the answer leaves the day out"
_WEEK = timedelta(7)


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day: its downloads and the rows that say so; or None, and why (``missing``)."""

    day: date
    downloads: int | None
    rows: tuple[Count, ...] = ()
    record: DownloadCounts | None = None
    missing: str = ""
    total: RegistryDay | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One day, week (from Monday) or month, as far as it lies in the stretch that was asked for.

    ``downloads`` is the sum over its days that have a count, None where none has one.
    """

    start: date
    downloads: int | None
    days: tuple[DayCount, ...]

    @property
    def missing(self) -> tuple[DayCount, ...]:
        """The days without a count."""
        return tuple(day for day in self.days if day.downloads is None)


def daily(records: Iterable[DownloadCounts], days: Days, chosen: Chosen | None = None,
          totals: Iterable[RegistryDay] = ()) -> tuple[DayCount, ...]:
    """Each of ``days``, out of the latest answer that covers it; ``chosen`` picks the rows."""
    found: dict[date, DayCount] = {}
    wide = Days(days.first - 5 * _WEEK, days.last + 5 * _WEEK)  # what baselines are taken from
    for record in sorted(records, key=lambda r: r.observation.order):
        rows = _by_day(record, chosen)
        reach = _reach(record)
        found |= {day: _read(record, day, rows.get(day, ()), reach) for day in record.covers
                  if day in wide}
    known = {d.day: d.downloads for d in found.values() if d.downloads is not None}
    zero = {t.day: t for t in totals}
    return tuple(_believed(found[day], known, zero.get(day)) if day in found
                 else DayCount(day, None, missing=NOT_ASKED) for day in days)


def _by_day(record: DownloadCounts, chosen: Chosen | None) -> Mapping[date, Sequence[Count]]:
    rows = defaultdict[date, list[Count]](list)
    for row in record.rows:
        if chosen is None or chosen(row):
            rows[row.day].append(row)
    return rows


def _reach(record: DownloadCounts) -> Days | None:
    """The days on which no row means no downloads: between the first and the last row of an answer
    that leaves quiet days out; None for one that lists every day."""
    if record.lists_zeros:
        return None
    days = {row.day for row in record.rows}
    return Days(min(days), max(days)) if days else None


def _read(record: DownloadCounts, day: date, rows: Sequence[Count],
          reach: Days | None) -> DayCount:
    """What one answer says of a day."""
    at = record.observation.at
    count = sum(row.downloads.value for row in rows)
    why = ""
    if at is not None and day >= at.utc.date():
        why = NOT_OVER
    elif at is not None and not count and day == at.utc.date() - timedelta(1):
        why = NOT_COUNTED
    elif not rows and (reach is None or day not in reach):
        why = NO_ROW
    return DayCount(day, None if why else count, tuple(rows), record, why)


def _believed(found: DayCount, known: Mapping[date, int], total: RegistryDay | None) -> DayCount:
    """The day, or that it is missing though the service says zero."""
    if found.downloads != 0:
        return found
    if total is not None and total.downloads.value == 0:
        return replace(found, downloads=None, missing=LOST_BY_ALL, total=total)
    usual = baseline(known, found.day)
    return replace(found, downloads=None, missing=LOST, total=total) if usual >= BUSY else found


def baseline(known: Mapping[date, int], day: date) -> int:
    """What is usual about a day: the lesser of what was usual before it and what was after it.

    Usual is the (lower) median of the same weekday in four weeks, or of seven days where fewer than
    two of those are known. The lesser, because a package may begin or end. 0 where none is known.
    """
    sides = [usual for sign in (-1, 1) if (usual := _usual(known, day, sign)) is not None]
    return min(sides, default=0)


def _usual(known: Mapping[date, int], day: date, sign: int) -> int | None:
    weekly = [known[d] for n in range(1, 5) if (d := day + sign * n * _WEEK) in known]
    near = [known[d] for n in range(1, 8) if (d := day + timedelta(sign * n)) in known]
    values = weekly if len(weekly) > 1 else near
    return median_low(values) if values else None


def doubtful(days: Iterable[DayCount]) -> tuple[date, ...]:
    """The days that say zero beside busy ones, of which the registry-wide count would tell more."""
    return tuple(d.day for d in days if d.missing == LOST and d.total is None)


def lacking(days: Iterable[DayCount]) -> tuple[Days, ...]:
    """The stretches that no answer covers."""
    found: list[Days] = []
    for item in days:
        if item.missing != NOT_ASKED:
            continue
        if found and item.day - found[-1].last == timedelta(1):
            found[-1] = Days(found[-1].first, item.day)
        else:
            found.append(Days(item.day, item.day))
    return tuple(found)


def grouped(days: Iterable[DayCount], by: By) -> tuple[Point, ...]:
    """The days by day, week or month, in order."""
    groups = defaultdict[date, list[DayCount]](list)
    for item in days:
        groups[_start(item.day, by)].append(item)
    points = []
    for group in groups.values():
        counts = [item.downloads for item in group if item.downloads is not None]
        points.append(Point(group[0].day, sum(counts) if counts else None, tuple(group)))
    return tuple(points)


def _start(day: date, by: By) -> date:
    if by == "week":
        return day - timedelta(day.weekday())
    return day.replace(day=1) if by == "month" else day


def summed(record: DownloadCounts, rows: Sequence[Count]) -> Fact[int] | None:
    """The sum of rows of one answer, citing them, or all of the answer's rows where those asked
    for are many; None where all rows are too long to quote."""
    count = sum(row.downloads.value for row in rows)
    if rows and len(rows) <= MOST_ROWS:
        return derive(count, *(row.downloads for row in rows))
    return derive(count, record.whole) if record.whole is not None else None


def total_of(days: Iterable[DayCount]) -> Fact[int] | None:
    """The sum over days that have a count, citing the rows; None where they cannot be quoted."""
    rows = defaultdict[int, list[Count]](list)
    records: dict[int, DownloadCounts] = {}
    for item in days:
        if item.downloads is not None and item.record is not None:
            records[id(item.record)] = item.record
            rows[id(item.record)] += item.rows
    parts = [summed(record, rows[key]) for key, record in records.items()]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    return derive(sum(part.value for part in known), *known)


def series_of(record: DownloadCounts) -> tuple[str, str]:
    """What tells series apart whose days may be put together: the service and what it left out.

    Every export stands alone: what its query left out is not known.
    """
    kind = "without mirrors" if record.without_mirrors else ""
    return record.service, record.observation.label if record.service == "bigquery" else kind


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two answers of one service that count the same day differently."""

    day: date
    old: DownloadCounts
    new: DownloadCounts
    before: Fact[int]
    after: Fact[int]


def disagreements(records: Sequence[DownloadCounts]) -> Iterator[Disagreement]:
    """The days that a later answer counts differently than the one before it.

    Days that were not over or not counted in either answer are no disagreement.
    """
    last: dict[tuple[str, str], dict[date, DayCount]] = defaultdict(dict)
    for record in sorted(records, key=lambda r: r.observation.order):
        if record.some_versions or record.service == "bigquery":
            continue
        seen, rows = last[series_of(record)], _by_day(record, None)
        for day in sorted(rows):
            new, old = _read(record, day, rows[day], None), seen.get(day)
            seen[day] = new if new.downloads is not None or old is None else old
            if old is None or not (old.rows and new.rows) or old.record is None \
                    or None in (old.downloads, new.downloads) or old.downloads == new.downloads:
                continue
            before, after = summed(old.record, old.rows), summed(record, new.rows)
            if before is not None and after is not None:
                yield Disagreement(day, old.record, record, before, after)
