"""Leads in request logs: bursts against the log's own usual hours, and what came before anybody
was warned. Mirrors, scanners, the layer itself and CI are set apart first."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median_low
from typing import Any

from regforensics.analyze.logs.consumers import Consumer
from regforensics.analyze.logs.moments import resting, timed, utc
from regforensics.analyze.logs.networks import Fresh, fresh, inside, network_of, tables
from regforensics.analyze.logs.pulled import ends, shown
from regforensics.analyze.logs.requests import HAD, MAYBE, Dates, Hour, Requests, listed
from regforensics.analyze.logs.sources import Source, covering
from regforensics.analyze.logs.spans import share, stretches
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
    "clients of one network and user agent that got a version, or may have, before the"
    " announcement, and what is unusual about them: ranked within each kind of log, a lead only",
    "the first and last request lines, and first lines in the logs",
    "build tools without a user agent of their own; lockfiles, with which clients ask for files"
    " alone; people who read a package in a browser")

TIMES, MORE, HOURS = 3, 5, 6  # a burst: so many times the median, so many more; known hours before
MOST = 10  # clients that are told as unusual, and addresses that are cited
_HOUR, _HALF = timedelta(hours=1), 0.5
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
                          f"the {source.words} covers (without a silence in the most of it)"
                          f" {counted(len(before), 'hour')} before it, and a baseline takes"
                          f" {HOURS}", found.package.at(shown(found, version)),
                          "the operator of the log's machine, for the days before")
            continue
        usual = median_low(before)
        if count >= max(TIMES * usual, usual + MORE):
            yield _burst(found, version, source, top, hours[top], usual, len(before), covered,
                         events)


def _before(hours: Mapping[datetime, Hour], top: datetime, covered: Sequence[Covered]
            ) -> list[int]:
    """Downloads of the package in each hour before ``top`` that the logs cover: one with a row of
    it, or with no silence that all of them share in the most of it."""
    counts = list[int]()
    known = stretches(covered)
    at = top - _HOUR
    while known and at >= known[0][0] and len(counts) < 24 * 28:
        if at in hours or share(known, at, at + _HOUR) > _HALF:
            counts.append(hours[at].count if at in hours else 0)
        at -= _HOUR
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
        Interval(Instant(top, utc_hour(top)), Instant(top + _HOUR,
                                                      utc_hour(top + _HOUR))),
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
        yield from _ranked(found, version, here, published.value, dates, events)


def _ranked(found: Requests, version: str, mine: Sequence[tuple[Consumer, Fact[AccessEvent]]],
            published: Instant, dates: Dates, events: Events) -> Iterator[Claim]:
    """The clients of one log that stand out: those of one network and user agent together."""
    people = [(c, row) for c, row in mine if c.kind == "client"
              and not inside(c.key.address or "", dates.known)]
    sighted = events.first_seen({c.key.address for c, _ in people if c.key.address})
    odd = [_oddity(c, row, published, sighted.get(c.key.address or ""),
                   _begun(events, c.key.source)) for c, row in people]
    groups: dict[tuple[str, str | None], list[Oddity]] = {}
    for one in sorted((o for o in odd if o.signs > 1), key=lambda o: _seen_at(o.row)):
        key = one.consumer.key
        groups.setdefault((network_of(key.address or ""), key.agent), []).append(one)
    ranked = sorted(groups.values(), key=lambda g: (
        -max(o.signs for o in g), -max(len(o.reasons) for o in g), _seen_at(g[0].row)))
    for rank, items in enumerate(ranked[:MOST], 1):
        yield _odd(found, version, items, f"{rank} of the {len(ranked)} that stand out by network"
                   f" and user agent, of {counted(len(people), 'client')} in this log", events)


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


def _odd(found: Requests, version: str, items: Sequence[Oddity], rank: str, events: Events
         ) -> Claim:
    told, first, last = items[:MOST], items[0], items[-1]
    cited: tuple[Fact[Any], ...] = tuple(
        f for item in (*told, *items[MOST:][-1:]) for f in (item.row, item.sighted, item.begun)
        if f is not None)
    more, facts = _strange(items, events)
    when = "at {at}"
    if len(items) > 1:
        when, facts["last"] = "from {at} to {last}, each by itself", timed(last.row)
    return ODD.claim(
        found.package.at(shown(found, version)), Interval(first.row.value.at, last.row.value.at),
        "Unusual among the clients that got version {version}, or may have, before the announcement"
        " ({rank}): {who}, in the " + first.consumer.key.source.words + " " + when + ": {reasons}."
        + more + " A lead only.", version=resting(shown(found, version), cited),
        rank=resting(rank, cited), who=resting(_whom(items), cited), at=timed(first.row),
        reasons=resting(_why(items), cited), **facts)


def _whom(items: Sequence[Oddity]) -> str:
    """One client by its name; several by their network, user agent and addresses."""
    key = items[0].consumer.key
    if len(items) == 1:
        return items[0].consumer.name
    addresses = dict.fromkeys(said(i.consumer.key.address or "no address") for i in items)
    return (f"{len(items)} clients of {said(network_of(key.address or 'no address'))},"
            f" {f'user agent {said(key.agent)}' if key.agent else 'no user agent'}"
            f" ({listed(addresses)})")


def _why(items: Sequence[Oddity]) -> str:
    counts = Counter(reason for item in items for reason in item.reasons)
    return "; ".join(reason + ("" if n == len(items) else f" ({n} of them)")
                     for reason, n in counts.most_common())


def _strange(items: Sequence[Oddity], events: Events) -> tuple[str, Facts]:
    """Whether new addresses' network, and by offline tables their system, is new to the logs too.
    """
    row, begun = items[0].row, items[0].begun
    addresses = [i.consumer.key.address for i in items[:MOST] if i.consumer.key.address]
    if not addresses or row.value.at is None or begun is None:
        return "", {}
    new, cited = fresh(addresses, events, row.value.at.utc), (row, begun)
    words, facts = "", Facts()
    if new.networks:
        words = " The network {network} was not in the logs before."
        facts["network"] = resting(new.networks[0], cited)
    by_table, placing = _systems(new)
    return words + by_table, facts | placing
