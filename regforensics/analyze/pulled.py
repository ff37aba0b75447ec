"""Who pulled a version, layer by layer: what the lines show, and what they leave possible."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from regforensics.analyze.moments import SKEW, against, asked, resting, timed, utc
from regforensics.analyze.requests import (
    HAD,
    MAYBE,
    Consumer,
    Dates,
    Kind,
    Requests,
    Rows,
    lines,
    listed,
)
from regforensics.analyze.rules import Facts, Rule
from regforensics.analyze.seen import counted, span
from regforensics.model.citation import Fact
from regforensics.model.claim import Claim, said
from regforensics.model.event import AccessEvent, Layer
from regforensics.model.instant import Instant, Interval

PULLED = Rule(
    "distribution.pulled", "distribution",
    "how many clients asked one layer (registry, proxy, server, balancer, CDN) for a version's"
    " files, with what outcome, and when first and last",
    "request lines of the clients: the first and the last, and a bounded number between",
    "one address may be a proxy with many people behind it; one person may have many addresses;"
    " layers see the same download again, so their counts are never added up")
CONSUMER = Rule(
    "distribution.consumer", "distribution",
    "when one client first asked one layer for a version, when it was first served, and how long"
    " after the publish",
    "its request lines, and the version's publish time",
    "a file that was served need not have been unpacked or run; most logs write a request when it"
    " has ended; user agents are what clients say of themselves")
APART = Rule(
    "distribution.automation", "distribution",
    "requests for a version by the layer itself, by mirrors and proxies, and by bots and scanners:"
    " set apart, and counted as no person's",
    "request lines of each kind", "user agents are what clients say of themselves")
METADATA = Rule(
    "distribution.metadata-only", "distribution",
    "clients that asked one layer for the package's documents while the version could be had, and"
    " for none of its files: possible, not shown",
    "their first and last request lines", "editors, update checks and bots ask for documents alone")
BEHIND = Rule(
    "distribution.cache-held", "distribution",
    "a layer fetched a version for itself: every client behind it may have been served from there",
    "the line of the fetch", "a layer that mirrors everything, with nobody behind it")

FEW = 12  # consumers of a layer that get a claim of their own
_LAYERS: dict[Layer, str] = {
    "registry": "registry", "proxy": "registry proxy", "server": "web server",
    "balancer": "load balancer", "cdn": "CDN", "audit": "audit"}


def pulled(found: Requests, version: str, dates: Dates, *, notable: bool) -> Iterator[Claim]:
    """What every layer shows of a version."""
    published = dates.published.get(version)
    for layer in found.layers(version):
        mine = [c for c in found.of(version) if c.key.layer == layer]
        people = [c for c in mine if c.kind in ("client", "CI")]
        if people:
            yield _pulled(found, version, layer, people, notable)
        if notable:
            for place, one in enumerate(sorted(people,
                                               key=lambda c: not c.got(version, HAD))[:FEW]):
                yield _consumer(found, version, one, published, leads=not place)
        others = [c for c in mine if c.kind not in ("client", "CI")]
        if others:
            yield _apart(found, version, layer, others)
        yield from _held(found, version, layer, notable)
    if notable:
        yield from _metadata(found, version, dates)


def shown(found: Requests, version: str) -> str:
    """The version as the logs spell it."""
    return found.spelled.get(version, version)


def words_of(layer: Layer) -> str:
    """The layer in words."""
    return f"{_LAYERS[layer]} log"


def _pulled(found: Requests, version: str, layer: Layer, people: Sequence[Consumer],
            notable: bool) -> Claim:
    rows = [r for c in people for r in c.of(version)]
    cited = tuple(lines(people, version))
    got = [c for c in people if c.got(version, HAD)]
    counts = Counter[str]()
    for one in people:
        for what, mine in one.pulls[version].items():
            counts[what] += mine.count
    addresses = dict.fromkeys(c.key.address for c in people if c.key.address)
    users = {c.key.user for c in people if c.key.user}
    agents = {c.key.agent for c in people if c.key.agent}
    first, last = ends(rows)
    facts: Facts = {
        "version": resting(shown(found, version), cited),
        "rows": resting(counted(sum(r.count for r in rows), "request"), cited),
        "clients": resting(counted(len(people), "client"), cited),
        "split": resting(_split(len(addresses), len(users), len(agents)), cited),
        "outcomes": resting(", ".join(f"{what} {n}" for what, n in counts.most_common()), cited),
        "got": resting(len(got), cited), "first": resting(utc(first), cited),
        "last": resting(utc(last), cited)}
    template = ("In the " + words_of(layer) + ", version {version} was asked for by {clients}"
                " ({split}) in {rows}, from {first} to {last}; outcomes: {outcomes}. {got} of these"
                " clients got it or already had it.")
    logs = {citation.exhibit for fact in cited for citation in fact.citations}
    if len(logs) > 1:
        template += " The rows are of {logs}, which may show one request more than once."
        facts["logs"] = resting(counted(len(logs), "log"), cited)
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


def _consumer(found: Requests, version: str, one: Consumer,
              published: Fact[Instant] | None, *, leads: bool) -> Claim:
    rows = one.of(version)
    got, maybe = one.got(version, HAD), one.got(version, MAYBE)
    first, last = ends(rows)
    cited = tuple(f for r in rows for f in (r.first[0], r.facts[-1]))
    facts: Facts = {"who": resting(one.name, cited),
                    "asked": resting(utc(asked(rows[0].first[0].value)), (rows[0].first[0],)),
                    "version": resting(shown(found, version), cited),
                    "count": resting(counted(sum(r.count for r in rows), "request"), cited)}
    template = ("In the " + words_of(one.key.layer) + ", {who} first asked for version {version}"
                " at {asked} ({count})")
    best = got[0] if got else maybe[0] if maybe else None
    if best is not None:
        row = best.first[0]
        template += " and first {what} at {served}" if got else \
            "; the outcome at {served} was: {what}"
        facts |= {"what": resting(_VERBS.get(row.value.outcome, row.value.outcome), (row,)),
                  "served": timed(row)}
        if published is not None and row.value.at is not None:
            template += ", {gap}"
            facts["gap"] = gap(row, row.value.at, published)
    else:
        template += " and did not get it: {outcomes}"
        facts["outcomes"] = resting(", ".join(sorted(one.pulls[version])), cited)
    if one.kind == "CI":
        template += "; by its user agent it runs in CI"
    return CONSUMER.claim(found.package.at(shown(found, version)), first or last, template + ".",
                          notable=leads and best is not None, **facts)


_VERBS = {"transferred": "got it", "already had it": "said that it already had it"}


def gap(row: Fact[AccessEvent], at: Instant, published: Fact[Instant]) -> Fact[str]:
    """``3 min 2 s after the publish at ...``, resting on both; no length where the clocks'
    precision or the request's own length reaches over the publish."""
    length = at.utc - published.value.utc
    if length < SKEW and against(row.value, published.value) != "before":
        return resting("within the clocks' precision or the request's length of the publish at"
                       f" {published.value}", (row, published))
    side = "before" if length.total_seconds() < 0 else "after"
    return resting(f"{span(length)} {side} the publish at {published.value}", (row, published))


def ends(rows: Iterable[Rows]) -> tuple[Instant | None, Instant | None]:
    """The first and the last time in groups of rows."""
    found = [(r.start, r.end) for r in rows]
    return (min((a for a, _ in found if a), key=_utc, default=None),
            max((b for _, b in found if b), key=_utc, default=None))


def _utc(at: Instant) -> datetime:
    return at.utc


def _apart(found: Requests, version: str, layer: Layer, others: Sequence[Consumer]) -> Claim:
    cited = tuple(lines(others, version))
    first, last = ends(r for c in others for r in c.of(version))
    told = "; ".join(_kind(kind, [c for c in others if c.kind == kind], version)
                     for kind in _AUTOMATIC if any(c.kind == kind for c in others))
    return APART.claim(
        found.package.at(shown(found, version)), Interval(first, last),
        "In the " + words_of(layer) + ", version {version} was also asked for by machines that"
        " fetch without anybody's wish for it, from {first} to {last}, and these count as nobody:"
        " {told}.", notable=False, version=resting(shown(found, version), cited),
        first=resting(utc(first), cited), last=resting(utc(last), cited),
        told=resting(told, cited))


def _kind(kind: Kind, mine: Sequence[Consumer], version: str) -> str:
    count = counted(sum(r.count for c in mine for r in c.of(version)), "request")
    agents = dict.fromkeys(said(c.key.agent) for c in mine if c.key.agent)
    return f"{_AUTOMATIC[kind]}: {count}" + (f" ({listed(agents, 3)})" if agents else "")


_AUTOMATIC: dict[Kind, str] = {
    "server": "by the layer itself", "mirror or proxy": "by mirrors and proxies",
    "bot or scanner": "by bots and scanners"}


def _held(found: Requests, version: str, layer: Layer, notable: bool) -> Iterator[Claim]:
    """A cache that held the version, and how many clients of it asked for no file of it."""
    fills = [r for c in found.of(version, "server", "mirror or proxy") if c.key.layer == layer
             for r in c.got(version, HAD)]
    if not fills:
        return
    row = min(fills, key=lambda r: (r.start is None, r.start.utc if r.start else 0)).first[0]
    got = [c for c in found.of(version, "client", "CI")
           if c.key.layer == layer and c.got(version, HAD | MAYBE)]
    yield BEHIND.claim(
        found.package.at(shown(found, version)), row.value.at,
        "In the " + words_of(layer) + ", a machine fetched version {version} at {at} ({who}) and"
        " may have kept it: every client that is served from there may have got it without a line"
        " in this log; {count} with requests of their own for its files are in it.",
        notable=notable, version=resting(shown(found, version), (row,)), at=timed(row),
        who=resting(_machine(row.value), (row,)),
        count=resting(counted(len(got), "client"), (row,)))


def _machine(event: AccessEvent) -> str:
    words = [f"repository {said(event.repo)}" if event.repo else "",
             f"user agent {said(event.user_agent)}" if event.user_agent else "",
             said(event.remote_addr) if event.remote_addr else ""]
    return ", ".join(filter(None, words)) or "it names nobody"


def _metadata(found: Requests, version: str, dates: Dates) -> Iterator[Claim]:
    """Clients with requests for documents alone, in the time when the version could be had."""
    published, gone = dates.published.get(version), dates.gone.get(version)
    if published is None:
        return
    for layer in dict.fromkeys(c.key.layer for c in found.consumers.values()):
        mine = [c for c in found.consumers.values()
                if c.key.layer == layer and c.kind in ("client", "CI") and not c.pulls
                and within(c.reads, published.value, gone.value if gone else None)]
        if not mine:
            continue
        cited = [row for c in mine[:FEW // 2] for row in (c.reads.first[0], c.reads.facts[-1])]
        first, last = ends(c.reads for c in mine)
        yield METADATA.claim(
            found.package.at(shown(found, version)), Interval(first, last),
            "In the " + words_of(layer) + ", {count} asked for the package's documents between"
            " {first} and {last}, a time in which version {version} could be had, and for no file"
            " of any version: {names}. That they hold it is possible and not shown.",
            notable=False, count=resting(counted(len(mine), "client"), cited),
            version=resting(shown(found, version), (published, *cited)),
            first=resting(utc(first), cited), last=resting(utc(last), cited),
            names=resting(listed((c.name for c in mine), 4), cited))


def within(rows: Rows, start: Instant, end: Instant | None) -> bool:
    """Whether requests reach into a stretch of time."""
    return rows.end is not None and rows.start is not None and rows.end.utc >= start.utc \
        and (end is None or rows.start.utc <= end.utc)
