"""Who pulled a version, layer by layer: what the lines show, and what they leave possible."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from regforensics.analyze.logs.consumers import Consumer, Kind, Rows, in_order
from regforensics.analyze.logs.moments import SKEW, against, first_asked, resting, timed, utc
from regforensics.analyze.logs.networks import tables, where
from regforensics.analyze.logs.requests import HAD, MAYBE, Dates, Requests, lines, listed
from regforensics.analyze.logs.sources import Source
from regforensics.analyze.rules import Facts, Rule
from regforensics.analyze.seen import counted, span
from regforensics.model.citation import Fact
from regforensics.model.claim import Claim, said
from regforensics.model.event import AccessEvent
from regforensics.model.events import AUDIT, decided
from regforensics.model.instant import Instant, Interval

PULLED = Rule(
    "distribution.pulled", "distribution",
    "how many clients asked for a version's files by one kind of log (of a registry, proxy, server,"
    " balancer or CDN), with what outcome, and when first and last",
    "request lines of the clients: the first and the last, and a bounded number between",
    "one address may be a proxy with many people behind it; one person may have many addresses;"
    " other logs see the same download again, so counts of two kinds of log are never added up")
CONSUMER = Rule(
    "distribution.consumer", "distribution",
    "when one client first asked one layer for a version, when it was first served, and how long"
    " after the publish",
    "its request lines, the version's publish time, and the custody line of an offline table of"
    " addresses",
    "a file that was served need not have been unpacked or run; most logs write a request when it"
    " has ended; user agents are what clients say of themselves, and so is the address in logs that"
    " keep the first forwarded one (Artifactory, Nexus)")
APART = Rule(
    "distribution.automation", "distribution",
    "requests for a version by the layer itself, by mirrors and proxies, and by bots and scanners:"
    " set apart, and counted as no person's",
    "request lines of each kind", "user agents are what clients say of themselves")
BEHIND = Rule(
    "distribution.cache-held", "distribution",
    "a layer, mirror or cache got a version for itself: every client behind it may have been served"
    " from there",
    "the line of the fetch", "a layer that mirrors everything, with nobody behind it")
REPEATED = Rule(
    "distribution.repeated-lines", "distribution",
    "lines about the package that several of the files hold, or that were delivered again: they"
    " count once",
    "such lines",
    "two machines that wrote the very same line, such as two servers that log whole seconds")

FEW = 12  # consumers of a layer that get a claim of their own


def pulled(found: Requests, version: str, dates: Dates, *, notable: bool) -> Iterator[Claim]:
    """What every layer shows of a version."""
    for source in found.sources(version):
        mine = [c for c in found.of(version) if c.key.source == source]
        people = [c for c in mine if c.kind in ("client", "CI")]
        if people:
            yield _pulled(found, version, source, people, notable)
        if notable:
            for place, one in enumerate(sorted(people,
                                               key=lambda c: not c.got(version, HAD))[:FEW]):
                yield _consumer(found, version, one, dates, leads=not place)
        others = [c for c in mine if c.kind not in ("client", "CI")]
        if others:
            yield _apart(found, version, source, others)
        yield from _held(found, version, source, notable)
    for source in [s for s, filled in found.fills if filled == version]:
        yield from _held(found, version, source, notable)


def repeated(found: Requests) -> Iterator[Claim]:
    """That lines were handed over twice, and count once."""
    left = found.repeated
    if left.count:
        cited = tuple(left.rows)
        yield REPEATED.claim(
            found.package, cited[0].value.at,
            "Left out of every count: {count} about the package that other files hold as well, or"
            " records that were delivered again.", notable=False,
            count=resting(counted(left.count, "line"), cited))


def shown(found: Requests, version: str) -> str:
    """The version as the logs spell it."""
    return found.spelled.get(version, version)


def _pulled(found: Requests, version: str, source: Source, people: Sequence[Consumer],
            notable: bool) -> Claim:
    rows = [r for c in people for r in c.of(version)]
    cited = tuple(lines(people, version))
    got = [c for c in people if c.got(version, MAYBE if source.layer == AUDIT else HAD)]
    addresses = dict.fromkeys(c.key.address for c in people if c.key.address)
    users = {c.key.user for c in people if c.key.user}
    agents = {c.key.agent for c in people if c.key.agent}
    first, last = ends(rows)
    facts: Facts = {
        "version": resting(shown(found, version), cited),
        "rows": resting(counted(sum(r.count for r in rows), "request"), cited),
        "clients": resting(counted(len(people), "client"), cited),
        "split": resting(_split(len(addresses), len(users), len(agents)), cited),
        "outcomes": resting(outcomes(found, version, people), cited),
        "got": resting(len(got), cited), "first": resting(utc(first), cited),
        "last": resting(utc(last), cited)}
    template = ("In the " + source.words + ", version {version} was asked for by {clients}"
                " ({split}) in {rows}, from {first} to {last}; outcomes: {outcomes}. {got} of these"
                " clients " + ("were allowed to have it: what was handed over stands in other"
                               " logs."
                               if source.layer == AUDIT else "got it or already had it."))
    logs = {fact.value.file for fact in cited if fact.value.file}
    if len(logs) > 1:
        template += " The rows are of {logs}, which may show one request more than once."
        facts["logs"] = resting(counted(len(logs), "file"), cited)
    ci = sum(1 for c in people if c.kind == "CI")
    if ci:
        template += " By their user agents, {ci} of them ran in CI."
        facts["ci"] = resting(ci, cited)
    if len(addresses) == 1 and len(people) > 2:
        template += (" All show one address, {address}: that of a proxy or gateway in front, and"
                     " of nobody in particular.")
        facts["address"] = resting(said(next(iter(addresses))), cited)
    if len(people) > FEW and notable:
        template += " {named} of them are told one by one; exposure lists every one."
        facts["named"] = resting(FEW, cited)
    return PULLED.claim(found.package.at(shown(found, version)), Interval(first, last), template,
                        notable=notable, **facts)


def _split(addresses: int, users: int, agents: int) -> str:
    return (f"{addresses} {'address' if addresses == 1 else 'addresses'}, "
            f"{counted(users, 'user name')}, {counted(agents, 'user agent')}")


def _consumer(found: Requests, version: str, one: Consumer, dates: Dates, *, leads: bool) -> Claim:
    rows, published = one.of(version), dates.published.get(version)
    got, maybe = one.got(version, HAD), one.got(version, MAYBE)
    first, last = ends(rows)
    cited = tuple(f for r in rows for f in (r.first[0], r.facts[-1]))
    facts: Facts = {"who": resting(one.name, cited), "asked": first_asked(rows[0].first[0])[1],
                    "version": resting(shown(found, version), cited),
                    "count": resting(counted(sum(r.count for r in rows), "request"), cited)}
    template = ("In the " + one.key.source.words + ", {who} first asked for version {version}"
                " at {asked} ({count})")
    best = got[0] if got else maybe[0] if maybe else None
    if best is not None:
        row = best.first[0]
        template += " and first {what} at {served}" if got else \
            "; the outcome at {served} was: {what}"
        facts |= {"what": resting(_verb(row.value), (row,)),
                  "served": timed(row)}
        if published is not None and row.value.at is not None:
            template += ", {gap}"
            facts["gap"] = gap(row, row.value.at, published)
    else:
        template += " and did not get it: {outcomes}"
        facts["outcomes"] = resting(", ".join(sorted(one.pulls[version])), cited)
    if one.kind == "CI":
        template += "; by its user agent it runs in CI"
    placed = dates.placed(one.key.address) if one.key.address else None
    if placed is not None and where(placed.value):
        template += "; by {tables}, the address is of {place}"
        facts |= {"tables": resting(tables([placed]), (placed,)),
                  "place": resting(said(where(placed.value) or ""), (placed,))}
    return CONSUMER.claim(found.package.at(shown(found, version)), first or last, template + ".",
                          notable=leads and best is not None, **facts)


def _verb(event: AccessEvent) -> str:
    return _LET if decided(event) else _VERBS.get(event.outcome, event.outcome)


_LET = "allowed"  # by a log of decisions, which knows nothing of the transfer
_VERBS = {"transferred": "got it", "already had it": "said that it already had it"}


def gap(row: Fact[AccessEvent], at: Instant, published: Fact[Instant]) -> Fact[str]:
    """``3 min 2 s after the publish at ...``, resting on both; no length where the clocks'
    precision or the request's own length reaches over the publish."""
    length, where = at.utc - published.value.utc, against(row.value, published.value)
    side = "before" if length.total_seconds() < 0 else "after"
    if where == "unsure" and "assumed" in (at.zone, published.value.zone):
        side += ", if the time zone stated by hand is right,"
    elif where == "unsure" or (length < SKEW and where == "after"):
        return resting("within the clocks' precision or the request's length of the publish at"
                       f" {published.value}", (row, published))
    return resting(f"{span(length)} {side} the publish at {published.value}", (row, published))


def ends(rows: Iterable[Rows]) -> tuple[Instant | None, Instant | None]:
    """The first and the last time in groups of rows."""
    found = [(r.start, r.end) for r in rows]
    return (min((a for a, _ in found if a), key=_utc, default=None),
            max((b for _, b in found if b), key=_utc, default=None))


def _utc(at: Instant) -> datetime:
    return at.utc


def _apart(found: Requests, version: str, source: Source, others: Sequence[Consumer]) -> Claim:
    cited = tuple(lines(others, version))
    first, last = ends(r for c in others for r in c.of(version))
    told = "; ".join(_kind(kind, [c for c in others if c.kind == kind], version)
                     for kind in _AUTOMATIC if any(c.kind == kind for c in others))
    return APART.claim(
        found.package.at(shown(found, version)), Interval(first, last),
        "In the " + source.words + ", version {version} was also asked for by machines that fetch"
        " without anybody's wish for it, from {first} to {last}, and these count as nobody:"
        " {told}.", notable=False, version=resting(shown(found, version), cited),
        first=resting(utc(first), cited), last=resting(utc(last), cited),
        told=resting(told, cited))


def _kind(kind: Kind, mine: Sequence[Consumer], version: str) -> str:
    count = counted(sum(r.count for c in mine for r in c.of(version)), "request")
    agents = dict.fromkeys(said(c.key.agent) for c in mine if c.key.agent)
    return f"{_AUTOMATIC[kind]}: {count}" + (f" ({listed(agents, 3)})" if agents else "")


_AUTOMATIC: dict[Kind, str] = {
    "server": "by the layer itself", "mirror or proxy": "by mirrors and proxies",
    "bot or scanner": "by bots, scanners and monitors"}


def _held(found: Requests, version: str, source: Source, notable: bool) -> Iterator[Claim]:
    """What held the version for others, and how many clients of the same log asked for its files.
    """
    groups = [r for c in found.of(version, "server", "mirror or proxy") if c.key.source == source
              for r in c.got(version, HAD)]
    groups += [rows for key, rows in found.fills.items() if key == (source, version)]
    if not groups:
        return
    row = min(groups, key=lambda r: in_order(r.start)).first[0]
    got = [c for c in found.of(version, "client", "CI")
           if c.key.source == source and c.got(version, HAD | MAYBE)]
    did = "said that it had version {version} already" \
        if row.value.outcome == "already had it" else "fetched version {version}"
    facts: Facts = {"version": resting(shown(found, version), (row,)), "at": timed(row),
                    "who": resting(_machine(row.value), (row,))}
    count = ""
    if got:
        count = " {count} asked for its files in this log."
        facts["count"] = resting(counted(len(got), "client"), (row, got[0].of(version)[0].first[0]))
    yield BEHIND.claim(
        found.package.at(shown(found, version)), row.value.at,
        "In the " + source.words + ", " + _ACTORS[row.value.side] + " " + did + " at {at} ({who})"
        " and may have kept it: a client that it served from there need not have a line in this"
        " log." + count, notable=notable, **facts)


_ACTORS = {"server": "the layer itself", "client": "a mirror or proxy"}


def outcomes(found: Requests, version: str, consumers: Sequence[Consumer]) -> str:
    """``transferred 2, partial 5 (ranges of 1 download: ...)``: requests by what came of them."""
    counts = Counter[str]()
    for one in consumers:
        for what, mine in one.pulls[version].items():
            let = one.key.layer == AUDIT and what == "unknown"
            counts[_LET if let else what] += mine.count
    return ", ".join(f"{what} {n}" + (_ranged(found, version, consumers) if what == "partial"
                                      else "") for what, n in counts.most_common())


def _ranged(found: Requests, version: str, consumers: Sequence[Consumer]) -> str:
    """Requests for parts of a file, as the downloads that they are: one for each client and file.
    """
    told = Counter[str]()
    for one in consumers:
        for name, parts in one.ranges.get(version, {}).items():
            whole = found.sizes.get((one.key.source, name))
            told["of a file or parts whose size the log does not tell"
                 if whole is None or parts.size is None
                 else "that add up to the size of the whole file"
                 if parts.size >= (whole.value.size or 0)
                 else "that add up to less than the whole file"] += 1
    if not told:
        return ""
    what = ", ".join(f"{n} {words}" for words, n in told.most_common())
    return f" (ranges of {counted(sum(told.values()), 'download')}: {what})"


def _machine(event: AccessEvent) -> str:
    words = [f"repository {said(event.repo)}" if event.repo else "",
             f"user agent {said(event.user_agent)}" if event.user_agent else "",
             said(event.remote_addr) if event.remote_addr else ""]
    return ", ".join(filter(None, words)) or "it names nobody"


def within(rows: Rows, start: Instant, end: Instant | None) -> bool:
    """Whether requests reach into a stretch of time."""
    return rows.end is not None and rows.start is not None and rows.end.utc >= start.utc \
        and (end is None or rows.start.utc <= end.utc)
