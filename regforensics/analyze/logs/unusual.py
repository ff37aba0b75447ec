"""Leads in request logs: bursts against the log's own usual hours, and what came before anybody
was warned. Mirrors, scanners, the layer itself and CI are set apart first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median_low
from typing import Any

from regforensics.analyze.logs.moments import resting, timed, utc
from regforensics.analyze.logs.networks import Fresh, fresh, inside, tables
from regforensics.analyze.logs.pulled import ends, shown
from regforensics.analyze.logs.requests import HAD, MAYBE, Consumer, Dates, Hour, Requests, listed
from regforensics.analyze.logs.sources import Source, covering
from regforensics.analyze.rules import Facts, Finding, Rule
from regforensics.analyze.seen import counted
from regforensics.model.citation import Fact
from regforensics.model.claim import Claim, Gap, said
from regforensics.model.event import AccessEvent
from regforensics.model.events import Covered, Events
from regforensics.model.instant import Instant, Interval

BURST = Rule(
    "distribution.burst", "distribution",
    "an hour in which a version was handed out at least three times as often as the whole package"
    " usually is in the same kind of log, and at least five times more, and which of the addresses,"
    " networks and (by an offline table) autonomous systems were not seen before; a lead only",
    "request lines of that hour, first sightings, the log's custody line, and the table's",
    "a release that many wait for; a build farm or office behind new addresses; a log that covers"
    " too little to know what is usual")
BETWEEN = Rule(
    "distribution.before-announcement", "distribution",
    "clients that got a version, or may have, between its publish and the announcement, mirrors,"
    " scanners and CI apart",
    "request lines of the clients; the announcement is as given on the command line",
    "normal automation downloads new versions within minutes")
ODD = Rule(
    "distribution.unusual-client", "distribution",
    "a client that got a version, or may have, before the announcement, and what is unusual"
    " about it: ranked, a lead only",
    "its request lines, and its first line in the logs",
    "build tools without a user agent of their own; lockfiles, with which clients ask for files"
    " alone; people who read a package in a browser")

TIMES, MORE, HOURS = 3, 5, 6  # a burst: so many times the median, so many more; known hours before
MOST = 10  # clients that are told as unusual, and addresses that are cited
_SOON = timedelta(minutes=1)
_KNOWN = timedelta(hours=24)  # a log that began later knows nobody who is new


def bursts(found: Requests, version: str, events: Events) -> Iterator[Finding]:
    """The densest hour of a version in each log, where it stands out of the hours before."""
    for source in found.sources(version):
        hours = {start: hour for (where, start), hour in found.hours.items() if where == source}
        with_it = [start for start, hour in hours.items() if version in hour.rows]
        if not with_it:
            continue
        top = max(with_it, key=lambda start: (hours[start].rows[version].count, -_epoch(start)))
        covered = covering(events.coverage(), source)
        before = _before(hours, top, covered)
        count = hours[top].rows[version].count
        if len(before) < HOURS:
            if count >= MORE:
                yield Gap(f"whether {counted(count, 'download')} of version"
                          f" {shown(found, version)} in the hour from {utc_hour(top)} are unusual",
                          f"the {source.words} covers {counted(len(before), 'hour')} before it,"
                          f" and a baseline takes {HOURS}", found.package.at(shown(found, version)),
                          "the operator of the log's machine, for the days before")
            continue
        usual = median_low(before)
        if count >= max(TIMES * usual, usual + MORE):
            yield _burst(found, version, source, top, hours[top], usual, len(before), covered,
                         events)


def _before(hours: Mapping[datetime, Hour], top: datetime, covered: Sequence[Covered]
            ) -> list[int]:
    """Downloads of the package in each whole hour that the logs cover before ``top``."""
    counts = list[int]()
    starts = [c.first.value.utc for c in covered if c.first is not None]
    start = min(starts, default=top)
    at = top - timedelta(hours=1)
    while at >= start and len(counts) < 24 * 28:
        silent = any(s.after <= at and s.before >= at + timedelta(hours=1)
                     for c in covered for s in c.silences)
        if not silent or at in hours:
            counts.append(hours[at].count if at in hours else 0)
        at -= timedelta(hours=1)
    return counts


def _burst(found: Requests, version: str, source: Source, top: datetime, hour: Hour, usual: int,
           known: int, covered: Sequence[Covered], events: Events) -> Claim:
    rows, addresses = hour.rows[version], list(hour.addresses[version])
    new = fresh(addresses, events, top)
    sighted = events.first_seen(new.addresses[:MOST])
    cited = (*rows.facts, *sighted.values())
    begun = min((c.first for c in covered if c.first), key=lambda f: f.value.utc)
    by_table, placing = _systems(new)
    facts: Facts = {
        **placing,
        "hour": resting(utc_hour(top), cited), "version": resting(shown(found, version), cited),
        "count": resting(counted(rows.count, "download"), cited),
        "addresses": resting(_addresses(len(addresses)), cited),
        "new": resting(len(new.addresses), (*cited, begun)),
        "networks": resting(_networks(new.networks), (*cited, begun)),
        "usual": resting(usual, (begun,)), "known": resting(known, (begun,)),
        "begun": resting(utc(begun.value), (begun,))}
    return BURST.claim(
        found.package.at(shown(found, version)),
        Interval(Instant(top, utc_hour(top)), Instant(top + timedelta(hours=1),
                                                      utc_hour(top + timedelta(hours=1)))),
        "In the hour from {hour}, the " + source.words + " has {count} of version {version} by"
        " {addresses}, mirrors, scanners, CI and known networks apart, where the median of the same"
        " for all of the package's versions in the {known} earlier hours that it covers is {usual}."
        " {new} of the addresses and {networks} were not in the logs before; this log begins at"
        " {begun}." + by_table
        + " A lead only.", **facts)


def _networks(networks: Sequence[str]) -> str:
    return f"{counted(len(networks), 'network')} ({listed(sorted(networks), 4)})" if networks \
        else "none of their networks"


def _systems(new: Fresh) -> tuple[str, Facts]:
    """What offline tables say of new addresses, as a sentence, and its facts."""
    if not new.placed:
        return "", {}
    return (" By {tables}, the new addresses are of {systems}; the systems among these that were"
            " not in the logs before: {unseen}.", {
                "tables": resting(tables(new.placed), new.placed),
                "systems": resting(listed(map(said, new.of), 4) or "no named system", new.placed),
                "unseen": resting(listed(map(said, new.systems), 4) or "none", new.placed)})


def _seen_at(fact: Fact[AccessEvent]) -> datetime:
    at = fact.value.at
    return at.utc if at else datetime.max.replace(tzinfo=UTC)


def _epoch(start: datetime) -> float:
    return start.timestamp()


def utc_hour(start: datetime) -> str:
    """The start of an hour."""
    return start.isoformat(timespec="minutes").replace("+00:00", "Z")


def _addresses(count: int) -> str:
    return f"{count} {'address' if count == 1 else 'addresses'}"


@dataclass(frozen=True, slots=True)
class Oddity:
    """A client that was served a version before the announcement, and what stands out."""

    consumer: Consumer
    row: Fact[AccessEvent]
    reasons: tuple[str, ...]
    signs: int
    sighted: Fact[AccessEvent] | None
    begun: Fact[Instant] | None


def between(found: Requests, version: str, dates: Dates, announced: Instant | None,
            events: Events) -> Iterator[Claim]:
    """Who was served a version before the announcement, the most unusual ones first."""
    published = dates.published.get(version)
    if announced is None or published is None:
        return
    mine = [(c, row) for c in found.of(version) for rows in c.got(version, HAD | MAYBE)[:1]
            if (row := rows.first[0]).value.at is not None
            and published.value.utc <= _seen_at(row) <= announced.utc]
    if not mine:
        return
    for source in dict.fromkeys(c.key.source for c, _ in mine):
        here = [(c, row) for c, row in mine if c.key.source == source]
        yield _between(found, version, here, published, announced, dates)
    people = [(c, row) for c, row in mine if c.kind == "client"
              and not inside(c.key.address or "", dates.known)]
    sighted = events.first_seen({c.key.address for c, _ in people if c.key.address})
    odd = [_oddity(c, row, published.value, sighted.get(c.key.address or ""),
                   _begun(events, c.key.source)) for c, row in people]
    ranked = sorted((o for o in odd if o.signs > 1),
                    key=lambda o: (-o.signs, -len(o.reasons), _seen_at(o.row)))
    for rank, item in enumerate(ranked[:MOST], 1):
        yield _odd(found, version, item, rank, f"{len(ranked)} that stand out, of "
                   f"{counted(len(people), 'client')}", events)


def _begun(events: Events, source: Source) -> Fact[Instant] | None:
    """The earliest start of the logs of a kind."""
    return min((c.first for c in covering(events.coverage(), source) if c.first),
               key=lambda first: first.value.utc, default=None)


def _between(found: Requests, version: str, mine: Sequence[tuple[Consumer, Fact[AccessEvent]]],
             published: Fact[Instant], announced: Instant, dates: Dates) -> Claim:
    rows = [row for _, row in mine]
    cited = (*rows[:MOST], rows[-1])
    kinds = [(words, sum(1 for c, _ in mine if c.kind == kind)) for kind, words in (
        ("CI", "in CI"), ("mirror or proxy", "mirrors and proxies"),
        ("bot or scanner", "bots, scanners and monitors"), ("server", "the layer itself"))]
    clients = [c for c, _ in mine if c.kind == "client"]
    people = sum(1 for c in clients if not inside(c.key.address or "", dates.known))
    kinds.append(("in known networks", len(clients) - people))
    apart = ", ".join(f"{words} {n}" for words, n in kinds if n) or "none"
    first, last = ends(r for c, _ in mine for r in c.of(version))
    return BETWEEN.claim(
        found.package.at(shown(found, version)), Interval(first, last),
        "Between the publish of version {version} at {published} and the announcement (given as"
        f" {announced}), by the " + mine[0][0].key.source.words + ", {people} got its files or"
        " may have; apart from these: {apart}.",
        version=resting(shown(found, version), (published, *cited)), published=published,
        people=resting(counted(people, "client"), cited), apart=resting(apart, cited))


def _oddity(one: Consumer, row: Fact[AccessEvent], published: Instant,
            sighted: Fact[AccessEvent] | None, begun: Fact[Instant] | None) -> Oddity:
    reasons = []
    if one.who.kind in ("tool", "browser", "unknown"):
        reasons.append("its user agent is no package manager's")
    if not one.reads.count and not one.peeks:
        reasons.append("it asked for the file and not for the package's document")
    signs = min(len(reasons), 1)  # tools fetch files alone: the two are one sign
    if begun and row.value.at and row.value.at.utc - begun.value.utc >= _KNOWN \
            and sighted is not None and sighted.value.at \
            and sighted.value.at.utc >= row.value.at.utc and one.rows <= 2:
        reasons.append(f"its address is not in the logs before, which begin at {utc(begun.value)}")
        signs += 1
    if row.value.at and row.value.at.utc - published.utc <= _SOON:
        reasons.append("it came within a minute of the publish")
        signs += 1
    return Oddity(one, row, tuple(reasons), signs, sighted, begun)


def _odd(found: Requests, version: str, item: Oddity, rank: int, of: str,
         events: Events) -> Claim:
    cited: tuple[Fact[Any], ...] = tuple(
        f for f in (item.row, item.sighted, item.begun) if f is not None)
    more, facts = _strange(item, events)
    return ODD.claim(
        found.package.at(shown(found, version)), item.row.value.at,
        "Unusual among the clients that got version {version}, or may have, before the announcement"
        " ({rank}): {who}, in the " + item.consumer.key.source.words + " at {at}: {reasons}."
        + more + " A lead only.", version=resting(shown(found, version), cited),
        rank=resting(f"{rank} of the {of}", cited),
        who=resting(item.consumer.name, cited), at=timed(item.row),
        reasons=resting("; ".join(item.reasons), cited), **facts)


def _strange(item: Oddity, events: Events) -> tuple[str, Facts]:
    """Whether a new address's network, and by offline tables its system, is new to the logs too."""
    address, at = item.consumer.key.address, item.row.value.at
    if address is None or at is None or item.begun is None:
        return "", {}
    new, cited = fresh([address], events, at.utc), (item.row, item.begun)
    words, facts = "", Facts()
    if new.networks:
        words = " Its network {network} was not in the logs before."
        facts["network"] = resting(new.networks[0], cited)
    by_table, placing = _systems(new)
    return words + by_table, facts | placing
