"""Consumers: what one kind of log has under one address, user and user agent, and their rows."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from regforensics.analyze.logs.sources import Source
from regforensics.model.agents import Agent
from regforensics.model.citation import Fact
from regforensics.model.claim import said
from regforensics.model.event import AccessEvent, Layer, Outcome
from regforensics.model.instant import Instant

Kind = Literal["client", "CI", "mirror or proxy", "bot or scanner", "server"]
KEPT = 5  # rows of a group that are cited, beside the last


class Key(NamedTuple):
    """What tells consumers apart."""

    layer: Layer
    log: str | None
    address: str | None
    user: str | None
    agent: str | None

    @property
    def source(self) -> Source:
        """The log that it stands in."""
        return Source(self.layer, self.log)


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

    def join(self, other: "Rows") -> None:
        """More of them, of any time."""
        every = sorted((*self.facts, *other.facts), key=lambda f: in_order(f.value.at))
        self.count += other.count
        self.first, rest = every[:KEPT], every[KEPT:]
        self.newest = next((f for f in reversed(rest) if f.value.at), None)

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
class Ranges:
    """Parts of one file that one consumer fetched: together one download, whole or not."""

    rows: Rows = field(default_factory=Rows)
    size: int | None = 0


@dataclass(slots=True)
class Consumer:
    """One consumer: its requests for each version's files by outcome, for documents (``reads``),
    and questions about a version's files (``peeks``). ``ranges`` are the parts of files, by name,
    ``perhaps`` requests that only their form makes ones for a document, by repository.
    """

    key: Key
    kind: Kind
    who: Agent
    pulls: dict[str, dict[Outcome, Rows]] = field(default_factory=dict)
    ranges: dict[str, dict[str, Ranges]] = field(default_factory=dict)
    peeks: dict[str, Rows] = field(default_factory=dict)
    reads: Rows = field(default_factory=Rows)
    perhaps: dict[str, Rows] = field(default_factory=dict)
    rows: int = 0

    def of(self, version: str) -> list[Rows]:
        """Its requests for a version's files, those with the earliest first."""
        found = self.pulls.get(version, {}).values()
        return sorted(found, key=lambda rows: in_order(rows.start))

    def got(self, version: str, outcomes: frozenset[Outcome]) -> list[Rows]:
        """Those of them with one of some outcomes."""
        mine = [rows for what, rows in self.pulls.get(version, {}).items() if what in outcomes]
        return sorted(mine, key=lambda rows: in_order(rows.start))

    @property
    def name(self) -> str:
        """The consumer as a sentence names it; what logs bring stands in quotes where it must."""
        words = [said(self.key.address) if self.key.address else "no address"]
        if self.key.user:
            words.append(f"user {said(self.key.user)}")
        words.append(f"user agent {said(self.key.agent)}" if self.key.agent
                     else "no user agent")
        return ", ".join(words)


def in_order(at: Instant | None) -> tuple[bool, Any]:
    return (at is None, at.utc if at else 0)
