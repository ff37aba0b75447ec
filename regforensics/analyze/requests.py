"""Requests for a package, put together in one pass over the logs: who asked, when, what came of it.

A consumer is what one layer logged under one address, user and user agent. Layers are never added
up: one download stands in the log of every layer that it went through.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from regforensics.analyze.moments import SKEW, against
from regforensics.analyze.networks import Network, inside
from regforensics.model.agents import Agent, agent
from regforensics.model.citation import Fact
from regforensics.model.claim import said
from regforensics.model.event import AccessEvent, Action, Layer, Outcome
from regforensics.model.events import AUDIT
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef

Kind = Literal["client", "CI", "mirror or proxy", "bot or scanner", "server"]
#: Outcomes that brought the file, or show that the client held it.
HAD: frozenset[Outcome] = frozenset({"transferred", "already had it"})
#: Outcomes after which the client may hold the file.
MAYBE: frozenset[Outcome] = frozenset({"partial", "pointed elsewhere", "abandoned", "unknown"})
READS = frozenset({"metadata", "peek", "attestation"})
WRITES: frozenset[Action] = frozenset({"upload", "unpublish", "dist-tag", "access"})
KEPT = 5  # rows of a group that are cited, beside the last
MOST_WRITES = 200
_LONGEST_VERSION = 256


class Key(NamedTuple):
    """What tells consumers apart."""

    layer: Layer
    address: str | None
    user: str | None
    agent: str | None


@dataclass(slots=True)
class Rows:
    """Requests that are told together: how many, the first ones and the last, in order of time."""

    count: int = 0
    first: list[Fact[AccessEvent]] = field(default_factory=list)
    newest: Fact[AccessEvent] | None = None

    def add(self, fact: Fact[AccessEvent]) -> None:
        """One more, not earlier than those before."""
        self.count += 1
        if len(self.first) < KEPT:
            self.first.append(fact)
        elif fact.value.at is not None:
            self.newest = fact

    @property
    def facts(self) -> tuple[Fact[AccessEvent], ...]:
        """The rows that are cited."""
        return (*self.first, *((self.newest,) if self.newest else ()))

    @property
    def start(self) -> Instant | None:
        """The time of the first row."""
        return self.first[0].value.at if self.first else None

    @property
    def end(self) -> Instant | None:
        """The time of the last row that has one."""
        return next((f.value.at for f in reversed(self.facts) if f.value.at), None)


@dataclass(slots=True)
class Consumer:
    """One consumer: its requests for each version's files by outcome, and for metadata."""

    key: Key
    kind: Kind
    who: Agent
    pulls: dict[str, dict[Outcome, Rows]] = field(default_factory=dict)
    reads: Rows = field(default_factory=Rows)
    rows: int = 0

    def of(self, version: str) -> list[Rows]:
        """Its requests for a version's files, those with the earliest first."""
        found = self.pulls.get(version, {}).values()
        return sorted(found, key=lambda rows: _order(rows.start))

    def got(self, version: str, outcomes: frozenset[Outcome]) -> list[Rows]:
        """Those of them with one of some outcomes."""
        mine = [rows for what, rows in self.pulls.get(version, {}).items() if what in outcomes]
        return sorted(mine, key=lambda rows: _order(rows.start))

    @property
    def name(self) -> str:
        """The consumer as a sentence names it; what logs bring stands in quotes where it must."""
        words = [said(self.key.address) if self.key.address else "no address"]
        if self.key.user:
            words.append(f"user {said(self.key.user)}")
        words.append(f"user agent {said(self.key.agent)}" if self.key.agent
                     else "no user agent")
        return ", ".join(words)


@dataclass(slots=True)
class Hour:
    """Served downloads by people's clients within one hour, by version, and their addresses."""

    count: int = 0
    rows: dict[str, Rows] = field(default_factory=dict)
    addresses: dict[str, dict[str, None]] = field(default_factory=dict)


@dataclass(slots=True)
class Requests:
    """Everything that the logs hold about one package.

    ``early`` and ``late`` are requests before a version's publish, by how sure that is, and after
    its takedown, by where it came from.
    """

    package: PackageRef
    consumers: dict[Key, Consumer] = field(default_factory=dict)
    hours: dict[tuple[Layer, datetime], Hour] = field(default_factory=dict)
    early: dict[tuple[Layer, str], dict[str, Rows]] = field(default_factory=dict)
    late: dict[tuple[Layer, str], dict[str, Rows]] = field(default_factory=dict)
    writes: list[Fact[AccessEvent]] = field(default_factory=list)
    written: Counter[str] = field(default_factory=Counter)
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
        return sorted(found, key=lambda c: _order(c.of(version)[0].start))

    def layers(self, version: str) -> tuple[Layer, ...]:
        """The layers in which the version's files were asked for, the earliest first."""
        return tuple(dict.fromkeys(c.key.layer for c in self.of(version)))


@dataclass(frozen=True, slots=True)
class Dates:
    """When versions were published, and by when they were gone; and networks that are known."""

    published: dict[str, Fact[Instant]]
    gone: dict[str, Fact[Instant]]
    known: tuple[Network, ...] = ()


def gathered(package: PackageRef, rows: Iterable[Fact[AccessEvent]], dates: Dates) -> Requests:
    """The requests, given by time. Records that were delivered twice count once."""
    found, seen = Requests(package), set[tuple[Layer, str]]()
    for fact in rows:
        event = fact.value
        if event.key is not None:
            if (event.layer, event.key) in seen:
                continue
            seen.add((event.layer, event.key))
        found.count += 1
        _enter(found, fact, event, dates)
    return found


def _enter(found: Requests, fact: Fact[AccessEvent], event: AccessEvent, dates: Dates) -> None:
    if event.action in WRITES:
        if not changes(event):
            return
        found.written[event.action] += 1
        if len(found.writes) < MOST_WRITES:
            found.writes.append(fact)
        return
    if event.layer == AUDIT:  # an audit tells of changes and shows nobody's download
        return
    one = _consumer(found, event)
    one.rows += 1
    if event.action in READS:
        one.reads.add(fact)
    if event.action == "download":
        if event.version is None:
            found.unversioned.add(fact)
            return
        version = plain(found.package, event.version)
        found.spelled.setdefault(version, event.version)
        one.pulls.setdefault(version, {}).setdefault(event.outcome, Rows()).add(fact)
        _dated(found, one, fact, version, dates)


def changes(event: AccessEvent) -> bool:
    """Whether somebody asked to change the package: what a cache fills or clears by itself does
    not."""
    return event.action in WRITES and event.side != "server" and event.source is None


def _consumer(found: Requests, event: AccessEvent) -> Consumer:
    key = Key(event.layer, event.remote_addr, event.user, event.user_agent)
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
    event, published, gone = fact.value, dates.published.get(version), dates.gone.get(version)
    if event.at is None:
        return
    if published is not None and event.at.utc < published.value.utc + SKEW:
        where: str = against(event, published.value)
        if where == "before" and event.outcome not in HAD | MAYBE:
            where = "before, without getting it"
        found.early.setdefault((event.layer, version), {}).setdefault(where, Rows()).add(fact)
    if gone is not None and event.at.utc > gone.value.utc and event.outcome in HAD | MAYBE:
        by = "the layer itself" if one.kind == "server" else event.source or "unsaid"
        found.late.setdefault((event.layer, version), {}).setdefault(by, Rows()).add(fact)
    if one.kind == "client" and event.outcome in HAD and event.remote_addr \
            and not inside(event.remote_addr, dates.known):
        start = event.at.utc.replace(minute=0, second=0, microsecond=0)
        hour = found.hours.setdefault((event.layer, start), Hour())
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


def _order(at: Instant | None) -> tuple[bool, Any]:
    return (at is None, at.utc if at else 0)


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
