"""Days near a version in question that stand out of the package's own downloads. Leads only."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from statistics import median_low

from regforensics.analyze.logs.clients import class_of
from regforensics.analyze.rules import Facts, Rule
from regforensics.analyze.served.counts import DayCount, summed
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim
from regforensics.model.downloads import Count, DownloadCounts
from regforensics.model.history import History
from regforensics.model.instant import Instant, Interval, known

FACTOR, LEAST = 3, 50
_WEEKS, _FEWEST, _AFTER = 8, 3, 7  # weeks before, known days among them, days after the publish


def peaks(rule: Rule, history: History, service: str, days: Sequence[DayCount],
          versions: Sequence[str]) -> Iterator[Claim]:
    """A lead for each version in question: the highest day in the week after its publish, where it
    has FACTOR times the median of the same weekdays in the eight weeks before, or more."""
    heights = {day.day: height for day in days if versions and (height := _height(day))}
    for version in versions:
        start = _published(history, version)
        near = [] if start is None else [
            d for n in range(_AFTER + 1) if (d := start.value.utc.date() + timedelta(n)) in heights]
        if start is None or not near:
            continue
        top = max(near, key=lambda d: heights[d].value)
        before = [heights[d] for n in range(1, _WEEKS + 1)
                  if (d := top - timedelta(7 * n)) in heights and d < start.value.utc.date()]
        if len(before) < _FEWEST:
            continue
        usual = median_low(fact.value for fact in before)
        if heights[top].value >= max(FACTOR * usual, usual + LEAST):
            apart = any(d.record is not None and d.record.by_client for d in days)
            yield _peak(rule, history, service, version, start, heights[top], top, usual, before,
                        " by package managers" if apart else "")


def _peak(rule: Rule, history: History, service: str, version: str, start: Fact[Instant],
          height: Fact[int], day: date, usual: int, before: Sequence[Fact[int]], by: str) -> Claim:
    facts: Facts = {
        "day": derive(str(day), height), "count": height, "usual": derive(usual, *before),
        "weeks": derive(len(before), *before), "version": derive(version, start), "time": start}
    moment = Instant.parse(f"{day}T00:00:00Z")
    return rule.claim(
        history.package.at(version),
        Interval(moment, Instant.parse(f"{day + timedelta(1)}T00:00:00Z")),
        f"On {{day}}, {service} has {{count}} downloads of the package{by}, where the median of"
        " that weekday in {weeks} earlier weeks is {usual}; version {version} was published at"
        " {time}: a lead only.", **facts)


def _height(day: DayCount) -> Fact[int] | None:
    """The day's downloads; those by package managers where clients are told apart."""
    if day.downloads is None or day.record is None or not day.rows:
        return None
    rows: Sequence[Count] = day.rows
    record: DownloadCounts = day.record
    if record.by_client:
        rows = [row for row in rows if class_of(row.client or "") == "package manager"]
    return summed(record, rows) if rows else None


def _published(history: History, version: str) -> Fact[Instant] | None:
    """When a version was published, by the first capture that says it."""
    for snapshot in history.snapshots:
        stated = known(snapshot.times.get(version))
        if stated is None and version in snapshot.releases:
            stated = snapshot.releases[version].published
        if stated is not None:
            return stated
    return None
