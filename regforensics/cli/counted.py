"""How downloads shows what it found: a table with bars, or the JSON document of the contract."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from regforensics.analyze.logs.clients import CLIENT_CLASSES, class_of
from regforensics.analyze.served.counts import By, DayCount, Point, daily, grouped, total_of
from regforensics.analyze.served.downloads import Stretch, stretches
from regforensics.analyze.served.lost import missing, moved
from regforensics.cli.console import Talk, out, out_json
from regforensics.model.citation import Citation
from regforensics.model.claim import Gap
from regforensics.model.downloads import Count, Days, DownloadCounts, LastWeek, RegistryDay
from regforensics.model.package import PackageRef
from regforensics.reading import Reader
from regforensics.report.jsondoc import citation_document
from regforensics.report.text import bar

R = TypeVar("R")
_WIDE, _VERSIONS = 40, 12
_PLURAL = {"package manager": "package managers", "mirror": "mirrors",
           "other": "other and unnamed clients"}


@dataclass(frozen=True, slots=True)
class Series:
    """One line of numbers: a service's counts of a package, of one version, or of one class of
    clients."""

    stretch: Stretch | None
    clients: str | None
    days: tuple[DayCount, ...]

    @property
    def title(self) -> str:
        """What is counted, and by whom."""
        if self.stretch is None:
            return "no counts"
        of = f"version {self.stretch.version}, " if self.stretch.version is not None else ""
        by = f", {self.clients}" if self.clients else ""
        return f"{of}as counted by {self.stretch.name}{by}"

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The rows that the numbers stand in, or the whole lists where they are many."""
        total = total_of(self.days)
        if total is not None:
            return total.citations
        return tuple(dict.fromkeys(c for day in self.days for row in day.rows
                                   for c in row.downloads.citations))


@dataclass(frozen=True, slots=True)
class Found:
    """What the evidence holds about one package in a stretch of days."""

    package: PackageRef
    days: Days
    by: By
    series: tuple[Series, ...]
    weeks: tuple[LastWeek, ...]
    gaps: tuple[Gap, ...]

    @property
    def counted(self) -> bool:
        """True where a day of the stretch, or a version in the last week, has a count."""
        return any(d.downloads is not None for s in self.series for d in s.days) \
            or any(week.versions for week in self.weeks)

    @classmethod
    def of(cls, reader: Reader, package: PackageRef, versions: Sequence[str], days: Days,
           by: By) -> "Found":
        """Read everything about a package."""
        read = {kind: reader.records(package, kind)
                for kind in (DownloadCounts, LastWeek, RegistryDay)}
        records = _only(read[DownloadCounts], DownloadCounts)
        found = tuple(s for stretch in stretches(
            records, _only(read[RegistryDay], RegistryDay), versions, days=days)
            for s in _split(stretch, records))
        nothing = (Series(None, None, daily((), days)),)
        gaps = [r for answers in read.values() for r in _only(answers, Gap)]
        gaps += [gap for record in records if _touches(record.asked or record.covers, days)
                 for gap in moved(record)]
        return cls(package, days, by, found or nothing, _only(read[LastWeek], LastWeek),
                   tuple(dict.fromkeys(gaps)))


def _only(answers: Sequence[object], kind: type[R]) -> tuple[R, ...]:
    return tuple(r for r in answers if isinstance(r, kind))


def _touches(one: Days, other: Days) -> bool:
    return one.first <= other.last and other.first <= one.last


def _split(stretch: Stretch, records: Sequence[DownloadCounts]) -> Iterator[Series]:
    """The series, and one for each class of clients where its rows tell them apart."""
    yield Series(stretch, None, stretch.days)
    if not any(row.client is not None for day in stretch.days for row in day.rows):
        return
    lead = [r for r in records if any(d.record is r for d in stretch.days)]
    for name in CLIENT_CLASSES:
        def chosen(row: Count, name: str = name) -> bool:
            mine = stretch.version is None or row.version == stretch.version
            return mine and class_of(row.client or "") == name

        days = daily(lead, Days(stretch.days[0].day, stretch.days[-1].day), chosen)
        yield Series(stretch, _PLURAL[name], tuple(
            part if whole.downloads is not None else whole
            for part, whole in zip(days, stretch.days, strict=True)))


def as_document(found: Sequence[Found]) -> None:
    """The JSON document of the contract."""
    out_json("downloads", {
        "series": [_series(one, series) for one in found for series in one.series],
        "last_week": [_week(week) for one in found for week in one.weeks]})


def _series(one: Found, series: Series) -> dict[str, Any]:
    stretch = series.stretch
    gaps = [*one.gaps, *_missing(one, series)]
    return {
        "subject": str(one.package.at(stretch.version if stretch else None)),
        "service": stretch.service if stretch else None,
        "counted": series.clients or "all",
        "source": stretch.name if stretch else None,
        "from": str(one.days.first), "to": str(one.days.last), "by": one.by,
        "points": [{"start": str(p.start), "downloads": p.downloads, "missing": bool(p.missing),
                    "missing_days": [str(d.day) for d in p.missing]}
                   for p in grouped(series.days, one.by)],
        "total": _sum(series),
        "citations": [citation_document(c) for c in series.citations],
        "gaps": [{"question": g.question, "reason": g.reason,
                  "citations": [citation_document(c) for c in g.citations]} for g in gaps]}


def _missing(one: Found, series: Series) -> list[Gap]:
    record = next((d.record for d in series.days if d.record is not None), None)
    return list(missing(one.package, record, series.days))


def _week(week: LastWeek) -> dict[str, Any]:
    facts = list(week.versions.values())
    cited = week.whole.citations if week.whole is not None else \
        tuple(c for fact in facts for c in fact.citations)
    at = week.observation.at
    return {"subject": str(week.package), "observed_at": at.text if at else None,
            "versions": {v: fact.value for v, fact in week.versions.items()},
            "citations": [citation_document(c) for c in cited]}


def as_text(found: Sequence[Found]) -> None:
    """For people: a bar a day, week or month, and what is missing in words."""
    for one in found:
        for week in one.weeks[-1:]:
            _last_week(one.package, week)
        for series in one.series:
            if series.clients is None:
                _table(one, series)
            else:
                out(f"    of these, {series.clients}: {_total(series)}")
        for gap in one.gaps:
            Talk.say(f"note: {one.package.target}: {_said(gap)}")


def _said(gap: Gap) -> str:
    """A gap as a statement; what it leaves open follows."""
    return f"{gap.reason}; open is {gap.question}"


def _last_week(package: PackageRef, week: LastWeek) -> None:
    at = week.observation.at
    counts = sorted(week.versions.items(), key=lambda item: (-item[1].value, item[0]))
    shown = ", ".join(f"{version} {fact.value:,}" for version, fact in counts[:_VERSIONS])
    more = f" and {len(counts) - _VERSIONS} more versions" if len(counts) > _VERSIONS else ""
    out(f"{package.target}  by version in the seven days before {at or 'an unknown time'}:"
        f" {shown or 'none'}{more}")


def _table(one: Found, series: Series) -> None:
    out(f"{one.package.target}  {one.days.text()} by {one.by}, {series.title}")
    points = grouped(series.days, one.by)
    top = max((p.downloads or 0 for p in points), default=0)
    for point in points:
        count = "no count" if point.downloads is None else f"{point.downloads:,}"
        known = len(point.days) - len(point.missing)
        partly = f"  partial: {known} of {len(point.days)} days" \
            if point.missing and point.downloads is not None else _cut(point, one.by)
        out(f"{point.start}  {count:>15}  {bar(point.downloads, top, _WIDE)}{partly}".rstrip())
    out(f"    total {_total(series)}")
    for gap in _missing(one, series):
        Talk.say(f"note: {one.package.target}: {gap.reason}")


def _total(series: Series) -> str:
    counted = [d.downloads for d in series.days if d.downloads is not None]
    if not counted:
        return f"no count on any of {len(series.days)} days"
    return f"{sum(counted):,} over {len(counted)} of {len(series.days)} days"


def _sum(series: Series) -> int | None:
    """None where no day has a count: that is not zero downloads."""
    counted = [d.downloads for d in series.days if d.downloads is not None]
    return sum(counted) if counted else None


def _cut(point: Point, by: By) -> str:
    """That the stretch asked for holds a part only of a week or month."""
    begin = point.start
    whole = {"day": 1, "week": 7, "month": monthrange(begin.year, begin.month)[1]}[by]
    asked = len(point.days)
    return f"  partial: the stretch asked for holds {asked} of its {whole} days" \
        if asked < whole and point.downloads is not None else ""
