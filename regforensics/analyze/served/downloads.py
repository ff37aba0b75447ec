"""Download counts: how often files were served, by whom as far as known, and what is missing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from regforensics.analyze.logs.clients import CLIENT_CLASSES, class_of, listed
from regforensics.analyze.releases.walk import withdrawals
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import series
from regforensics.analyze.served.counts import (
    By,
    DayCount,
    daily,
    disagreements,
    grouped,
    series_of,
    total_of,
)
from regforensics.analyze.served.lost import gaps
from regforensics.analyze.served.peaks import peaks
from regforensics.model.chart import Bar, Chart
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim
from regforensics.model.downloads import (
    SERVICES,
    Days,
    DownloadCounts,
    LastWeek,
    RegistryDay,
    Service,
)
from regforensics.model.history import History, Scope
from regforensics.model.instant import Instant, Interval

DOWNLOADS = Rule(
    "distribution.downloads", "distribution",
    "how many downloads of a package, or of a version in question, a counting service has for a"
    " stretch of days",
    "the days of the service's answers, each day's row or the whole list",
    "a download is a file that was served, to a mirror, a scanner or a build server as well; what"
    " caches and mirrors passed on is not counted")
LAST_WEEK = Rule(
    "distribution.downloads-last-week", "distribution",
    "how often a version in question was downloaded in the seven days before npm was asked",
    "the version's count and the custody line of the answer",
    "mirrors and scanners fetch every version that appears; nothing older is kept")
CLIENTS = Rule(
    "distribution.downloads-clients", "distribution",
    "how the downloads divide into package managers, mirrors and other or unnamed clients",
    "the rows of the answer or export",
    "a client's name is what it says of itself; build servers use package managers too, and a"
    " mirror hides whom it served")
PEAK = Rule(
    "distribution.downloads-peak", "distribution",
    "a day near a version in question has several times the downloads that are usual for its"
    " weekday",
    "the day's count, the same weekdays before it, the version's publish time",
    "mirrors and scanners fetch each new version within minutes, and researchers come after an"
    " announcement; releases and campaigns draw people")
DISAGREE = Rule(
    "distribution.downloads-disagree", "distribution",
    "two answers of one service count the same day differently",
    "the day in both answers", "services correct a day when late logs arrive")
_SOME = 5  # days that one claim of disagreement names
_LONGEST = 60  # bars of a chart by day
_VERSIONS = 50


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days of one series: of all versions, or of one."""

    service: Service
    name: str
    version: str | None
    days: tuple[DayCount, ...]

    @property
    def counted(self) -> tuple[DayCount, ...]:
        """The days that have a count, from the first to the last that has a row."""
        known = [day for day in self.days if day.downloads is not None]
        shown = [n for n, day in enumerate(known) if day.rows]
        return tuple(known[shown[0]:shown[-1] + 1]) if shown else ()


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Totals, splits, peaks and disagreements; and what the answers leave open."""
    records = history.of(DownloadCounts)
    for kind in (DownloadCounts, LastWeek, RegistryDay):
        yield from history.gaps_in(kind)
    totals, versions = history.of(RegistryDay), _in_question(history, scope)
    for stretch in stretches(records, totals, versions, scope):
        claim = _total(history, stretch)
        if claim is not None:
            yield claim
        yield from _clients(history, stretch)
    for stretch in stretches(records, totals, ()):
        yield from peaks(PEAK, history, stretch.name, stretch.days, versions)
    yield from _last_week(history, versions)
    yield from _disagree(history, records)
    yield from gaps(history.package, records, totals)


def charts(history: History, scope: Scope) -> tuple[Chart, ...]:
    """The bars of every total that is claimed: by day, or by week where that are many."""
    found = []
    records, totals = history.of(DownloadCounts), history.of(RegistryDay)
    for stretch in stretches(records, totals, _in_question(history, scope), scope):
        claim = _total(history, stretch)
        if claim is not None and len(stretch.days) > 1:
            by: By = "day" if len(stretch.days) <= _LONGEST else \
                "week" if len(stretch.days) <= _LONGEST * 7 else "month"
            bars = tuple(Bar(p.start, p.downloads, bool(p.missing))
                         for p in grouped(stretch.days, by))
            of = f" of {stretch.version}" if stretch.version is not None else ""
            found.append(Chart(claim, f"Downloads{of} by {by}, as counted by {stretch.name}",
                               by, bars))
    return tuple(found)


def stretches(records: Sequence[DownloadCounts], totals: Sequence[RegistryDay],
              versions: Sequence[str], scope: Scope | None = None,
              days: Days | None = None) -> Iterator[Stretch]:
    """Each series of each service, over all versions and for those in question.

    They go over ``days``, or as far as the answers reach within the scope.
    """
    groups = defaultdict[tuple[str, str], list[DownloadCounts]](list)
    for record in records:
        groups[series_of(record)].append(record)
    for group in groups.values():
        whole = [r for r in group if not r.some_versions]
        if whole:
            yield _stretch(_telling(whole), totals, days or _reach(whole, scope), None)
        split = _telling([r for r in group if r.by_version])
        for version in versions if split else ():
            yield _stretch(split, totals, days or _reach(split, scope), version)


def _telling(records: Sequence[DownloadCounts]) -> Sequence[DownloadCounts]:
    """Those that tell clients apart, where they reach as far as all of them."""
    apart = [r for r in records if r.by_client]
    return apart if apart and _reach(apart) == _reach(records) else records


def _stretch(records: Sequence[DownloadCounts], totals: Sequence[RegistryDay], days: Days,
             version: str | None) -> Stretch:
    lead, name = records[0], SERVICES[records[0].service]
    if lead.service == "bigquery":
        name += f" ({lead.observation.label})"
    if lead.without_mirrors:
        name += " (known mirrors left out)"
    chosen = None if version is None else (lambda row: bool(row.version == version))
    return Stretch(lead.service, name, version, daily(records, days, chosen, totals))


def _reach(records: Sequence[DownloadCounts], scope: Scope | None = None) -> Days:
    """From the first to the last day that answers are about, within the scope."""
    first, last = min(r.covers.first for r in records), max(r.covers.last for r in records)
    if scope is not None and scope.since is not None:
        first = max(first, scope.since.date())
    if scope is not None and scope.until is not None:
        last = min(last, scope.until.date())
    return Days(first, last)


def _in_question(history: History, scope: Scope) -> tuple[str, ...]:
    """The versions that are named as the incident, and those that went away."""
    gone = [item.version for part in series(history) for item in withdrawals(part)]
    named = sorted(scope.versions_of(history.package))
    return tuple(dict.fromkeys((*named, *gone)))[:_VERSIONS]


def _total(history: History, stretch: Stretch) -> Claim | None:
    counted = stretch.counted
    total = total_of(counted)
    if total is None:
        return None
    facts: Facts = {"total": total, "first": derive(str(counted[0].day), total),
                    "last": derive(str(counted[-1].day), total)}
    of = "the package"
    if stretch.version is not None:
        facts["version"], of = derive(stretch.version, total), "version {version}"
    days = "on {first}" if counted[0].day == counted[-1].day else "from {first} to {last}"
    if counted[0].day == counted[-1].day:
        del facts["last"]
    left = Days(counted[0].day, counted[-1].day)
    missing = len(left) - len(counted)
    words = ""
    if missing:
        facts["missing"], words = derive(missing, total), "; days without a count: {missing}"
    return DOWNLOADS.claim(
        history.package.at(stretch.version), within(counted),
        f"{_capital(stretch.name)} has {{total}} downloads of {of} {days}{words}.",
        notable=stretch.version is not None, **facts)


def _clients(history: History, stretch: Stretch) -> Iterator[Claim]:
    """The split of one series by client, where its rows tell clients apart."""
    rows = [row for day in stretch.counted for row in day.rows if row.client is not None]
    total = total_of(stretch.counted)
    if not rows or total is None:
        return
    counts = defaultdict[str, int](int)
    for row in rows:
        counts[row.client or ""] += row.downloads.value
    classes = {name: [c for c in counts if class_of(c) == name] for name in CLIENT_CLASSES}
    facts: Facts = {"total": total}
    for key, clients in zip(("managers", "mirrors", "others"), classes.values(), strict=True):
        facts[key] = derive(sum(counts[c] for c in clients), total)
        facts[f"{key}_by"] = derive(listed(counts, clients), total)
    of = "the package"
    if stretch.version is not None:
        facts["version"], of = derive(stretch.version, total), "version {version}"
    yield CLIENTS.claim(
        history.package.at(stretch.version), within(stretch.counted),
        f"Of the {{total}} downloads of {of} that {stretch.name} has, package managers made"
        " {managers} ({managers_by}), mirrors {mirrors} ({mirrors_by}), other and unnamed clients"
        " {others} ({others_by}): scanners and researchers are among the last, and none of these"
        " numbers is one of people or machines.",
        notable=stretch.version is not None, **facts)


def _last_week(history: History, versions: Sequence[str]) -> Iterator[Claim]:
    """What npm counted of each version in question, and of all."""
    for week in history.of(LastWeek):
        line, at = week.observation.line, week.observation.at
        if line is None or at is None:
            continue
        asked: Fact[Instant] = derive(at, line)
        when = Interval(Instant.at(at.utc - timedelta(8)), at)
        for version in versions:
            if version in week.versions:
                fact = week.versions[version]
                yield LAST_WEEK.claim(
                    history.package.at(version), when,
                    "In the seven days that npm kept when it was asked at {asked}, version"
                    " {version} was downloaded {count} times: by people, build servers, mirrors"
                    " and scanners together.",
                    version=derive(version, fact), count=fact, asked=asked)
        if week.whole is not None and week.versions:
            total = sum(fact.value for fact in week.versions.values())
            yield LAST_WEEK.claim(
                history.package, when,
                "In the seven days that npm kept when it was asked at {asked}, {versions} versions"
                " were downloaded {count} times together.", notable=False, asked=asked,
                versions=derive(len(week.versions), week.whole), count=derive(total, week.whole))


def _disagree(history: History, records: Sequence[DownloadCounts]) -> Iterator[Claim]:
    """One claim for each pair of answers, that names the first days on which they differ."""
    pairs = defaultdict[tuple[str, str], list[tuple[date, Fact[int], Fact[int], str]]](list)
    for item in disagreements(records):
        pairs[item.old.observation.label, item.new.observation.label].append(
            (item.day, item.before, item.after, SERVICES[item.new.service]))
    for found in pairs.values():
        shown = found[:_SOME]
        lines = [fact for _, before, after, _ in shown for fact in (before, after)]
        text = "; ".join(f"{day}: {before.value} and {after.value}"
                         for day, before, after, _ in shown)
        more = " (and on {more} further days)" if len(found) > _SOME else ""
        facts: Facts = {"days": derive(text, *lines)}
        facts |= {"more": derive(len(found) - _SOME, *lines)} if more else {}
        days = Days(shown[0][0], shown[-1][0])
        yield DISAGREE.claim(
            history.package, span_of(days),
            f"Two answers of {shown[0][3]} count the same days differently, the earlier and the"
            f" later one by day: {{days}}{more}.", notable=False, **facts)


def within(days: Sequence[DayCount]) -> Interval:
    """From the start of the first to the end of the last of some days."""
    return span_of(Days(days[0].day, days[-1].day))


def span_of(days: Days) -> Interval:
    """From the start of the first day to the end of the last, in UTC."""
    return Interval(_midnight(days.first), _midnight(days.last + timedelta(1)))


def _midnight(day: date) -> Instant:
    return Instant(datetime.combine(day, time(), UTC), str(day), 86400.0)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


ANALYZER = Analyzer("downloads", (DOWNLOADS, LAST_WEEK, CLIENTS, PEAK, DISAGREE), run)
