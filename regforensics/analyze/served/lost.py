"""What download counts leave open: moved ranges, days without a count, rows too long to quote."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from regforensics.analyze.served.counts import (
    NO_ROW,
    NOT_ASKED,
    DayCount,
    daily,
    series_of,
    total_of,
)
from regforensics.model.citation import Citation
from regforensics.model.claim import Gap
from regforensics.model.downloads import SERVICES, Days, DownloadCounts, RegistryDay
from regforensics.model.package import PackageRef

_NAMED, _QUOTED = 8, 8


def gaps(package: PackageRef, records: Sequence[DownloadCounts],
         totals: Sequence[RegistryDay]) -> Iterator[Gap]:
    """Everything that the counts of a package leave open."""
    groups = defaultdict[tuple[str, str], list[DownloadCounts]](list)
    for record in records:
        yield from moved(record)
        if not record.some_versions:
            groups[series_of(record)].append(record)
    for group in groups.values():
        days = Days(min(r.covers.first for r in group), max(r.covers.last for r in group))
        found = daily(group, days, None, totals)
        yield from missing(package, group[0], found)
        if any(day.downloads for day in found) and total_of(found) is None:
            yield Gap(f"how often {package.target} was downloaded in all",
                      f"the rows of {group[-1].observation.label} are too many to quote in a report"
                      " (the command downloads prints them)", package,
                      "a narrower stretch: --since and --until")


def moved(record: DownloadCounts) -> Iterator[Gap]:
    """That an answer is about other days than were asked for: no service says so."""
    if record.asked is None or record.asked == record.covers or record.bounds is None:
        return
    line = record.observation.line
    yield Gap(f"whether {record.observation.label} holds every day that was asked for",
              f"{record.asked.text()} was asked for, and the answer is about"
              f" {record.covers.text()}: {SERVICES[record.service]} moved or cut the range without"
              " saying so", record.package, "the same service, for the days that lack, in shorter"
              " ranges", (*record.bounds.citations, *(line.citations if line else ())))


def missing(package: PackageRef, record: DownloadCounts | None,
            days: Sequence[DayCount]) -> Iterator[Gap]:
    """The days without a count, one gap a reason, with the rows that show some of them."""
    reasons = defaultdict[str, list[DayCount]](list)
    for day in days:
        if day.downloads is None:
            reasons[day.missing].append(day)
    for reason, group in reasons.items():
        named = ", ".join(str(day.day) for day in group[:_NAMED])
        more = f" and {len(group) - _NAMED} more days" if len(group) > _NAMED else ""
        service = SERVICES[record.service] if record else "any service"
        yield Gap(f"how often {package.target} was downloaded on days without a count, by"
                  f" {service}", f"{reason}: {named}{more}{_whole(group)}",
                  package, "the same service, later" if reason not in (NO_ROW, NOT_ASKED) else None,
                  _lines(group))


def _whole(group: Sequence[DayCount]) -> str:
    """What the registry-wide counts of those days say."""
    told = [f"{d.total.downloads.value} on {d.day}" for d in group if d.total is not None]
    return f" (the whole registry: {', '.join(told[:_NAMED])})" if told else ""


def _lines(group: Sequence[DayCount]) -> tuple[Citation, ...]:
    found = [c for day in group[:_QUOTED] for row in day.rows[:1]
             for c in row.downloads.citations]
    found += [c for day in group[:_QUOTED] if day.total
              for c in day.total.downloads.citations]
    return tuple(dict.fromkeys(found))
