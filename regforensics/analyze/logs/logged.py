"""What request logs say of a package: who asked for a version, when, and what the logs cannot say.

Requests are gathered once; ``pulled``, ``possible``, ``clocks`` and ``unusual`` tell what is there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network

from regforensics.analyze.custody.asks import ask
from regforensics.analyze.logs import clocks, possible, pulled, unusual
from regforensics.analyze.logs.moments import resting, utc
from regforensics.analyze.logs.requests import Dates, Requests, changes, gathered, plain
from regforensics.analyze.logs.sources import Source, covering, sources_in
from regforensics.analyze.logs.spans import coverage, percent, utc_of
from regforensics.analyze.releases.walk import ended, published, withdrawals
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import counted, series, span
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, Gap, said
from regforensics.model.event import AccessEvent, Action
from regforensics.model.events import AUDIT, Covered
from regforensics.model.history import History, Scope
from regforensics.model.instant import Instant, Interval

NONE = Rule(
    "distribution.no-fetch", "distribution",
    "no request for a version's files is in the logs of one kind, in a stretch of time, and how"
    " much of that time they cover, with silences and unread lines",
    "the custody lines of the logs, and their first and last lines",
    "caches in front answer without a line in these logs; lines that could not be read; other ways"
    " to the registry; downloads by redirect to a host with logs of its own")
SILENT = Rule(
    "distribution.log-silent", "distribution",
    "a log has no line for much longer than is usual in it, in a time that matters",
    "the log's custody line, and its first and last lines",
    "a quiet night; rotation; logging that was switched off")
COVERS = Rule(
    "distribution.log-covers", "distribution",
    "how many lines a log has, from when to when, how many could not be read, and whose forwarded"
    " addresses are believed",
    "the log's custody line, and its first and last lines", "none")
_TAKES_AWAY: tuple[Action, ...] = ("unpublish",)
MOST = 30  # versions that are told of where none is in question


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Every version in question; where there is none, every version that was asked for."""
    covered = history.events.coverage()
    if not covered:
        return
    dates = replace(dates_of(history), known=tuple(map(ip_network, scope.known_networks)),
                    deleted=deleted(history), placed=history.events.placed)
    found = gathered(history.package, history.events.of(history.package), dates)
    wanted = in_question(history, scope)
    for version in wanted:
        yield from _version(history, scope, found, version, dates, covered)
    if not wanted:
        for version in found.versions[:MOST]:
            yield from pulled.pulled(found, version, dates, notable=False)
            yield from possible.possible(found, version, dates, notable=False)
            yield from clocks.clocks(found, version, dates)
    yield from pulled.repeated(found)
    if found.count or wanted:
        for log in covered:
            yield from _covers(history, log, dates, wanted)
    for fault in history.events.place_faults():
        yield Gap("where addresses are", fault, history.package,
                  "whoever made the table, or another one: ingest takes it")
    if found.unversioned.count:
        yield Gap("which versions were asked for in "
                  f"{counted(found.unversioned.count, 'download')}",
                  "their addresses name a file from which no version can be read",
                  history.package, None, tuple(found.unversioned.first[0].citations))


def dates_of(history: History) -> Dates:
    """Publish times, and by when versions were gone, of the first place that is no mirror."""
    known: dict[str, Fact[Instant]] = {}
    gone: dict[str, Fact[Instant]] = {}
    told = set[str]()
    for part in series(history):
        if part.mirrored:
            continue
        for item in published(part):
            known.setdefault(plain(history.package, item.version), item.time)
        for lost in withdrawals(part):
            bound = ended(lost)
            if bound.at is not None and lost.back is None:
                gone.setdefault(plain(history.package, lost.version),
                                derive(bound.at, bound.fact))
        stone = next((s for s in part.snapshots if s.tombstone and s.tombstone.at), None)
        if stone is not None and stone.tombstone is not None and stone.tombstone.at is not None:
            for version in stone.times:
                key = plain(history.package, version)
                if gone.setdefault(key, stone.tombstone.at) is stone.tombstone.at:
                    told.add(key)
    return Dates(known, gone, told=frozenset(told))


def deleted(history: History) -> dict[str, Fact[Instant]]:
    """When a request that a log shows as accepted took a version away; "" for all of them."""
    found: dict[str, Fact[Instant]] = {}
    for fact in history.events.of(history.package, actions=_TAKES_AWAY):
        event = fact.value
        if changes(event) and _done(event) and event.at is not None:
            version = plain(history.package, event.version) if event.version else ""
            if version or not event.filename:
                found.setdefault(version, derive(event.at, fact))
    return found


def _done(event: AccessEvent) -> bool:
    """Whether a line shows a removal as done: audits and clouds record what was done and no status.
    """
    return event.outcome == "accepted" or (
        event.outcome == "unknown" and event.layer in (AUDIT, "registry")
        and not (event.layer == AUDIT and event.doubts)
        and event.event_type != "UpdatePackageVersionsStatus")


def in_question(history: History, scope: Scope) -> tuple[str, ...]:
    """The versions that a report is about, as they are compared: those named, else those gone."""
    named = scope.versions_of(history.package)
    if not named and not scope.incidents:
        named = frozenset(item.version for part in series(history) if not part.mirrored
                          for item in withdrawals(part))
    return tuple(sorted({plain(history.package, version) for version in named}))


def _version(history: History, scope: Scope, found: Requests, version: str, dates: Dates,
             covered: Sequence[Covered]) -> Iterator[Finding]:
    yield from _none(history, scope, found, version, dates, covered)
    yield from pulled.pulled(found, version, dates, notable=True)
    yield from possible.possible(found, version, dates, notable=True)
    yield from clocks.clocks(found, version, dates)
    yield from unusual.bursts(found, version, history.events)
    yield from unusual.between(found, version, dates, scope.announced, history.events)


def _none(history: History, scope: Scope, found: Requests, version: str, dates: Dates,
          covered: Sequence[Covered]) -> Iterator[Finding]:
    """For each kind of log without a request for the version: that, and what it covers."""
    logs = [log for log in covered if log.first and log.last and log.asked]
    question = f"who pulled version {version}"
    if not logs:
        yield Gap(question, "no log in the evidence holds requests with a time", history.package,
                  ask(history.package.registry, "install"))
        return
    since, until = stretch(scope, version, dates, logs)
    asked, files = found.touched(version), found.files.get(version, set())
    for source in dict.fromkeys(s for log in logs for s in sources_in(log)):
        mine = [log for log in covering(logs, source) if log.exhibit not in files]
        if source not in asked and mine:
            yield from _unasked(history, version, source, mine, dates, since, until,
                                notable=not asked)


def stretch(scope: Scope, version: str, dates: Dates, logs: Sequence[Covered]
            ) -> tuple[datetime, datetime]:
    """The time that matters: from the publish to the takedown, or as far as logs reach."""
    start, end = dates.published.get(version), dates.end(version)
    first = min(utc_of(log.first) for log in logs)
    last = max(utc_of(log.last) for log in logs)
    since = scope.since or (start.value.utc if start else first)
    until = scope.until or (end.value.utc if end else max(last, since))
    return since, until if until > since else max(last, since + timedelta(seconds=1))


def _unasked(history: History, version: str, source: Source, logs: Sequence[Covered], dates: Dates,
             since: datetime, until: datetime, *, notable: bool) -> Iterator[Finding]:
    time, lines = coverage(logs, since, until), sum(log.lines for log in logs)
    unread = sum(log.unparsed for log in logs)
    share = time * (1 - unread / lines) if lines else time
    facts: list[Fact[object]] = [log.source for log in logs[:4]]
    facts += [f for log in logs[:4] for f in (log.first, log.last) if f is not None]
    holes = [s for log in logs for s in log.silences if s.after < until and s.before > since]
    cut = [log for log in logs if log.gaps]
    bounds = tuple(f for f in (dates.published.get(version), dates.end(version)) if f is not None)
    yield NONE.claim(
        history.package.at(version), Interval(_instant(since), _instant(until)),
        "No request for version {version} between {since} and {until}" + _to(version, dates, until)
        + " is in the " + source.words
        + " ({logs}); coverage {share}: it has lines over {time} of that time, with {holes}, and"
        " {unread} of {lines} could not be read. Whoever was served by another way, or by a cache"
        " in front, is not in it." + _STOPPED * bool(cut), notable=notable,
        version=resting(version, (*bounds, *facts)), since=resting(_iso(since), (*bounds, *facts)),
        until=resting(_iso(until), (*bounds, *facts)),
        logs=resting(", ".join(said(str(log.source.value)) for log in logs[:4])
                     + (f" and {len(logs) - 4} more" if len(logs) > 4 else ""), facts),
        share=resting(percent(share), facts), time=resting(percent(time), facts),
        holes=resting(counted(len(holes), "silence") + " longer than usual", facts),
        unread=resting(unread, facts), lines=resting(counted(lines, "line"), facts))
    if notable and (share < 1 or holes or cut):
        yield Gap(f"who pulled version {version}, by the {source.words}",
                  f"the log covers {percent(share)} of the time between {_iso(since)} and"
                  f" {_iso(until)}{_to(version, dates, until)}, with"
                  f" {counted(len(holes), 'silence')} and {counted(unread, 'line')} unread"
                  + _STOPPED.rstrip(".") * bool(cut),
                  history.package.at(version), ask(history.package.registry, "install"))


def _to(version: str, dates: Dates, until: datetime) -> str:
    """What shows the end of the time, where it is that of the version: `` (the takedown)``."""
    end = dates.end(version)
    return f" ({dates.ending(version)})" if end is not None and end.value.utc == until else ""


_STOPPED = " A part of these files could not be read at all."


def _covers(history: History, log: Covered, dates: Dates, wanted: Sequence[str]
            ) -> Iterator[Claim]:
    if log.first is None or log.last is None or not log.of_packages:
        return
    facts: Facts = {"source": log.source,
                    "lines": resting(counted(log.lines, "line"), (log.source,)),
                    "events": resting(counted(log.events, "event"), (log.source,)),
                    "unread": resting(counted(log.unparsed, "line"), (log.source,)),
                    "first": derive(utc(log.first.value), log.first),
                    "last": derive(utc(log.last.value), log.last)}
    yield COVERS.claim(
        history.package, Interval(log.first.value, log.last.value),
        "The log {source} has {lines} with {events}, from {first} to {last}; {unread} could not be"
        " read." + _forwarded(log, facts), notable=False, **facts)
    times = [f.value.utc for v in wanted for f in (dates.published.get(v), dates.end(v)) if f]
    for hole in log.silences:
        matters = bool(times) and hole.before >= min(times) - timedelta(days=1) \
            and hole.after <= max(times) + timedelta(days=1)
        yield SILENT.claim(
            history.package, Interval(_instant(hole.after), _instant(hole.before)),
            "The log {source} is silent for {length}, from {after} to {before}, which is longer"
            " than is usual in it: what was asked for in that time is not known from it.",
            notable=matters, source=log.source,
            length=resting(span(hole.before - hole.after), (log.source, log.first)),
            after=resting(_iso(hole.after), (log.source, log.first)),
            before=resting(_iso(hole.before), (log.source, log.last)))


def _forwarded(log: Covered, facts: Facts) -> str:
    """Whose word about forwarded addresses is taken, as a sentence; its facts are added."""
    words = ""
    if log.trusted:
        words += " Of the proxies {trusted} it is believed for whom they forwarded requests."
        facts["trusted"] = resting(", ".join(log.trusted), (log.source,))
    if log.forwarded:
        words += (" Forwarded addresses of {forwarded} are not believed, since clients can write"
                  " them: the address is the peer's.")
        facts["forwarded"] = resting(counted(log.forwarded, "request"), (log.source,))
    return words


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _instant(moment: datetime) -> Instant:
    return Instant(moment, _iso(moment))


ANALYZER = Analyzer(
    "logged", (pulled.PULLED, pulled.CONSUMER, pulled.APART, possible.PEEKED,
               possible.METADATA, possible.PERHAPS_READ, pulled.BEHIND, pulled.REPEATED,
               clocks.CLOCKS, clocks.EARLY, clocks.PROBED, clocks.TAIL, unusual.BURST,
               unusual.BETWEEN, unusual.ODD, NONE, SILENT, COVERS), run)
