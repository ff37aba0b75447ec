"""Requests for a package, put together in one pass over the logs: who asked, when, what came of it.

A consumer is what one kind of log has under one address, user and user agent. Logs of several
kinds are never added up: one download stands in the log of every layer that it went through.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from regforensics.analyze.logs.consumers import Consumer, Key, Kind, Ranges, Rows, in_order
from regforensics.analyze.logs.moments import against, later
from regforensics.analyze.logs.networks import Network, inside
from regforensics.analyze.logs.settled import Left, once, unchallenged
from regforensics.analyze.logs.sources import Source, source_of
from regforensics.model.agents import Agent, agent, speaks_npm
from regforensics.model.citation import Fact
from regforensics.model.event import PERHAPS, AccessEvent, Action, Outcome
from regforensics.model.events import AUDIT, decided
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.model.placing import Placed

#: Outcomes that brought the file, or show that the client held it.
HAD: frozenset[Outcome] = frozenset({"transferred", "already had it"})
#: Outcomes after which the client may hold the file.
MAYBE: frozenset[Outcome] = frozenset({"partial", "pointed elsewhere", "abandoned", "unknown"})
#: Questions about a file that bring nothing of it: HEAD, a wheel's metadata, checksums, signatures.
PEEKS = frozenset({"peek", "attestation"})
WRITES: frozenset[Action] = frozenset({"upload", "unpublish", "dist-tag", "access"})
_LONGEST_VERSION = 256


class Before(NamedTuple):
    """A request before a publish: whether that is sure, whether the client got the file (2), may
    have got it (1) or not (0), and whether it was a client at all, from outside of the known
    networks."""

    sure: bool
    got: Literal[0, 1, 2]
    client: bool


class Tail(NamedTuple):
    """What came of a request after a takedown, and from where it was answered."""

    outcome: Outcome
    own: bool  # the layer's own fetch
    source: Literal["cache", "upstream"] | None


@dataclass(slots=True)
class Hour:
    """Downloads by people's clients that were handed over within one hour, by version, and their
    addresses."""

    count: int = 0
    rows: dict[str, Rows] = field(default_factory=dict)
    addresses: dict[str, dict[str, None]] = field(default_factory=dict)


@dataclass(slots=True)
class Requests:
    """Everything that the logs hold about one package.

    ``early`` and ``late`` are requests before a version's publish, by how sure that is, and after
    its takedown, by outcome and where it came from (None: not surely after it). ``fills`` are
    audit rows of what a cache fetched, ``sizes`` those of whole files, ``files`` the stored files
    with requests for a version's files, ``repos`` the repositories that a line shows to hold
    packages of this registry. ``repeated`` lines stand in several files and count once;
    ``challenged`` are first steps (401) of requests that were then let in.
    """

    package: PackageRef
    consumers: dict[Key, Consumer] = field(default_factory=dict)
    hours: dict[tuple[Source, datetime], Hour] = field(default_factory=dict)
    early: dict[tuple[Source, str], dict[Before, Rows]] = field(default_factory=dict)
    late: dict[tuple[Source, str], dict[Tail | None, Rows]] = field(default_factory=dict)
    fills: dict[tuple[Source, str], Rows] = field(default_factory=dict)
    sizes: dict[tuple[Source, str], Fact[AccessEvent]] = field(default_factory=dict)
    files: dict[str, set[str]] = field(default_factory=dict)
    repos: set[str] = field(default_factory=set)
    repeated: Left[Fact[AccessEvent]] = field(default_factory=Left)
    challenged: Left[Fact[AccessEvent]] = field(default_factory=Left)
    unversioned: Rows = field(default_factory=Rows)
    spelled: dict[str, str] = field(default_factory=dict)
    count: int = 0

    @property
    def versions(self) -> tuple[str, ...]:
        """Every version whose files were asked for."""
        return tuple(dict.fromkeys(v for c in self.consumers.values() for v in c.pulls))

    def of(self, version: str, *kinds: Kind) -> list[Consumer]:
        """The consumers that asked for a version's files, the earliest first."""
        found = [c for c in self.consumers.values()
                 if version in c.pulls and (not kinds or c.kind in kinds)]
        return sorted(found, key=lambda c: in_order(c.of(version)[0].start))

    def sources(self, version: str) -> tuple[Source, ...]:
        """The logs in which the version's files were asked for, the earliest first."""
        return tuple(dict.fromkeys(c.key.source for c in self.of(version)))

    def touched(self, version: str) -> frozenset[Source]:
        """The logs with any request for the version's files, questions about them included."""
        return frozenset(c.key.source for c in self.consumers.values()
                         if version in c.pulls or version in c.peeks)


def _nowhere(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Dates:
    """When versions were published, and by when they were gone; networks that are known, and
    what offline tables say of an address.

    ``told`` are versions of which the registry itself says when they went; of the others in
    ``gone`` a capture shows by when. ``deleted`` are requests that took versions away, as logs
    show them ("" for the whole package).
    """

    published: dict[str, Fact[Instant]]
    gone: dict[str, Fact[Instant]]
    known: tuple[Network, ...] = ()
    deleted: dict[str, Fact[Instant]] = field(default_factory=dict)
    placed: Callable[[str], Fact[Placed] | None] = field(default=_nowhere, compare=False)
    told: frozenset[str] = frozenset()

    def end(self, version: str) -> Fact[Instant] | None:
        """By when a version was gone: the earliest that a capture or a request shows."""
        return min(filter(None, (self.gone.get(version), self.deleted.get(version),
                                 self.deleted.get(""))),
                   key=lambda fact: fact.value.utc, default=None)

    def ending(self, version: str) -> str:
        """What shows that end: it is no takedown's own time where a capture bounds it alone."""
        if self.requested(version):
            return "the request that took it away"
        return "the takedown" if version in self.told else "the capture that shows it gone"

    def requested(self, version: str) -> bool:
        """Whether it is a request in a log that shows it."""
        return self.end(version) in (self.deleted.get(version), self.deleted.get(""))


def gathered(package: PackageRef, rows: Iterable[Fact[AccessEvent]], dates: Dates) -> Requests:
    """The requests, given by time. Lines that were handed over twice count once."""
    found = Requests(package)
    for fact in unchallenged(once(rows, found.repeated), found.challenged):
        found.count += 1
        _enter(found, fact, fact.value, dates)
    for one in found.consumers.values():
        for repo in found.repos & set(one.perhaps):
            one.reads.join(one.perhaps.pop(repo))
    return found


def _enter(found: Requests, fact: Fact[AccessEvent], event: AccessEvent, dates: Dates) -> None:
    if event.action in WRITES:
        return
    version = plain(found.package, event.version) if event.version else None
    if event.layer == AUDIT and not decided(event):  # it tells of changes, and of cache fills
        if version and event.action == "download" and event.source == "upstream":
            found.fills.setdefault((source_of(event), version), Rows()).add(fact)
        return
    one = _consumer(found, event)
    one.rows += 1
    if PERHAPS in event.doubts and not speaks_npm(one.who):
        one.perhaps.setdefault(event.repo or "", Rows()).add(fact)
        return
    if event.repo:
        found.repos.add(event.repo)
    if event.action == "metadata" or (event.action in PEEKS and version is None):
        one.reads.add(fact)
    elif event.action in PEEKS and version is not None:
        one.peeks.setdefault(version, Rows()).add(fact)
        _held(found, event, version)
    elif event.action == "download" and version is None:
        found.unversioned.add(fact)
    elif event.action == "download" and version is not None:
        found.spelled.setdefault(version, event.version or version)
        one.pulls.setdefault(version, {}).setdefault(event.outcome, Rows()).add(fact)
        _held(found, event, version)
        _sized(found, one, fact, version)
        _dated(found, one, fact, version, dates)


def _held(found: Requests, event: AccessEvent, version: str) -> None:
    """Note in which stored file a request for a version's files stands."""
    if event.file:
        found.files.setdefault(version, set()).add(event.file.partition("/")[0])


def _sized(found: Requests, one: Consumer, fact: Fact[AccessEvent], version: str) -> None:
    """How long a file is that was handed over whole, and how much of it a client has in parts."""
    event = fact.value
    if event.filename is None or event.outcome not in ("transferred", "partial"):
        return
    size = event.size if event.size_kind != "with headers" else None
    if event.outcome == "partial":
        mine = one.ranges.setdefault(version, {}).setdefault(event.filename, Ranges())
        mine.rows.add(fact)
        mine.size = None if mine.size is None or size is None else mine.size + size
    elif size:
        known = found.sizes.get((one.key.source, event.filename))
        if known is None or (known.value.size or 0) < size:
            found.sizes[one.key.source, event.filename] = fact


def changes(event: AccessEvent) -> bool:
    """Whether somebody asked to change the package: what a cache fills or clears by itself does
    not."""
    return event.action in WRITES and event.side != "server" and event.source is None


def _consumer(found: Requests, event: AccessEvent) -> Consumer:
    key = Key(event.layer, event.log, event.remote_addr, event.user, event.user_agent)
    one = found.consumers.get(key)
    kind = kind_of(event)
    if one is None or (one.kind != kind and "server" in (one.kind, kind)):
        if one is not None:  # the same words for the registry's own fetches: a consumer of its own
            key = key._replace(agent=f"{key.agent or 'no user agent'} ({event.side})")
            one = found.consumers.get(key)
        if one is None:
            one = found.consumers[key] = Consumer(key, kind, _agent(event.user_agent))
    return one


def _dated(found: Requests, one: Consumer, fact: Fact[AccessEvent], version: str,
           dates: Dates) -> None:
    """What the row says beside the publish and the takedown, and in its hour."""
    event, published, gone = fact.value, dates.published.get(version), dates.end(version)
    if event.at is None:
        return
    source, known = one.key.source, inside(event.remote_addr or "", dates.known)
    where = against(event, published.value) if published is not None else "after"
    if where != "after":
        got: Literal[0, 1, 2] = 2 if event.outcome in HAD else 1 if event.outcome in MAYBE else 0
        before = Before(where == "before", got, one.kind == "client" and not known)
        found.early.setdefault((source, version), {}).setdefault(before, Rows()).add(fact)
    when = later(event, gone.value) if gone is not None else "before"
    if when != "before" and event.outcome in HAD | MAYBE:
        tail = None if when == "unsure" else Tail(event.outcome, one.kind == "server",
                                                  event.source)
        found.late.setdefault((source, version), {}).setdefault(tail, Rows()).add(fact)
    if one.kind == "client" and event.outcome == "transferred" and event.remote_addr and not known:
        start = event.at.utc.replace(minute=0, second=0, microsecond=0)
        hour = found.hours.setdefault((source, start), Hour())
        hour.count += 1
        hour.rows.setdefault(version, Rows()).add(fact)
        hour.addresses.setdefault(version, {})[event.remote_addr] = None


def kind_of(event: AccessEvent) -> Kind:
    """What kind of client asked, by the layer's own word and by its user agent."""
    if event.side == "server":
        return "server"
    who = _agent(event.user_agent)
    if who.kind == "mirror or proxy":
        return "mirror or proxy"
    if who.kind == "bot or scanner":
        return "bot or scanner"
    return "CI" if who.ci else "client"


@lru_cache(maxsize=4096)
def _agent(text: str | None) -> Agent:
    return agent(text)


def plain(package: PackageRef, version: str) -> str:
    """A version as it is compared: PyPI's ``v1.0`` and ``1.0.0`` are one."""
    return version if package.registry != "pypi" else _pep440(version)


@lru_cache(maxsize=4096)
def _pep440(version: str) -> str:
    """The version in the one spelling that all its spellings share; itself where it has none."""
    from packaging.utils import canonicalize_version

    try:
        return canonicalize_version(version[:_LONGEST_VERSION])
    except ValueError:  # more digits than Python converts
        return version


def listed(names: Iterable[str], most: int = 6) -> str:
    """The first of the names, and how many more there are."""
    found = list(names)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


def lines(consumers: Iterable[Consumer], version: str, most: int = 12
          ) -> Iterator[Fact[AccessEvent]]:
    """Rows that show the consumers asking for a version: first and last of each, a bounded
    number."""
    kept = [rows for c in consumers for rows in c.of(version)]
    shown = kept if len(kept) <= most // 2 else [*kept[:most // 2 - 1], kept[-1]]
    for rows in shown:
        yield rows.first[0]
        if rows.count > 1:
            yield rows.facts[-1]
