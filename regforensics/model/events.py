"""Events: the logs and account exports of an evidence directory, as analyzers ask them.

Why questions and no list: a request log has millions of lines. Whoever holds them looks up what
is asked for, and an event becomes a citation only when its citations are looked at.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from regforensics.model.citation import Fact
from regforensics.model.claim import Gap
from regforensics.model.event import AccessEvent, AccountEvent, Action, Event
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.model.placing import Placed

ACCOUNT = "account"
#: What changes a package, an account or rights.
CHANGES: frozenset[Action] = frozenset({"upload", "unpublish", "dist-tag", "access", "token",
                                        "login", "profile"})
AUDIT = "audit"  # of changes and of what was let or denied: no such log shows a transfer


@dataclass(frozen=True, slots=True)
class Silence:
    """No line between two, for longer than is usual in the same log. UTC."""

    after: datetime
    before: datetime

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.before - self.after).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What one log covers: the ground under every "no fetch of X in these logs".

    ``source`` is the file's name as it was handed over, cited by its custody line; ``formats``
    counts lines by format name. ``first`` and ``last`` are the earliest and latest event times.
    ``lines`` counts all lines, ``unparsed`` those that could not be read, ``gaps`` what of the
    file could not be read at all. ``assumed`` is the zone that somebody stated for times without.
    ``layers`` are those of its events, ACCOUNT for account events; ``kinds`` are the layers and
    formats of those that tell who asked for packages. ``trusted`` are the networks of proxies
    whose forwarded addresses are believed, ``forwarded`` counts requests with forwarded addresses
    that are not.
    """

    exhibit: str
    source: Fact[str]
    formats: Mapping[str, int]
    lines: int
    events: int
    unparsed: int
    first: Fact[Instant] | None = None
    last: Fact[Instant] | None = None
    silences: tuple[Silence, ...] = ()
    gaps: tuple[Gap, ...] = ()
    assumed: str | None = None
    layers: tuple[str, ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()
    forwarded: int = 0
    trusted: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """The layers that tell in it who asked for packages; none where it holds account activity
        alone, or audits of changes that name no download."""
        return tuple(dict.fromkeys(layer for layer, _ in self.kinds))

    @property
    def of_packages(self) -> bool:
        """Whether it holds anything done to packages: downloads, or changes that are audited."""
        return any(layer != ACCOUNT for layer in self.layers)

    @property
    def accounts(self) -> bool:
        """Whether it holds account events."""
        return ACCOUNT in self.layers


def asks(event: Event) -> bool:
    """Whether an event belongs to a log that tells who asked for packages. An audit does by a
    decision about somebody's download alone: most audits are of changes."""
    return isinstance(event, AccessEvent) and (event.layer != AUDIT or decided(event))


def decided(event: AccessEvent) -> bool:
    """Whether an audit tells that a client was let download something, or denied it."""
    return event.layer == AUDIT and event.side == "client" \
        and event.action in ("download", "peek", "metadata")


class Events(Protocol):
    """Every logged event that an evidence directory holds. Each fact cites its whole line."""

    def of(self, package: PackageRef, version: str | None = None,
           actions: Collection[Action] | None = None) -> Iterable[Fact[AccessEvent]]:
        """Requests for a package, by time (those without one last). ``version`` or ``actions``
        bound them; without, all. A version that the package reference itself names counts too."""

    def accounts(self, since: datetime | None = None, until: datetime | None = None,
                 ) -> Iterable[Fact[AccountEvent]]:
        """Account events in [since, until], by time; without bounds also those without a time."""

    def of_accounts(self, package: PackageRef) -> Iterable[Fact[AccountEvent]]:
        """Account events that name a package, by time; some sources leave out an npm scope."""

    def unplaced(self, since: datetime, until: datetime) -> Iterable[Fact[AccessEvent]]:
        """Requests in [since, until], by time, that change something and name no package: logins,
        tokens, profiles, teams and organisations, uploads whose body alone names the package."""

    def first_seen(self, addresses: Collection[str]) -> Mapping[str, Fact[AccessEvent]]:
        """The earliest request for anything from each of these addresses; none for one unseen."""

    def addresses(self, before: datetime) -> Collection[str]:
        """Every address of which the logs hold a request that is dated before a moment."""

    def placed(self, address: str) -> Fact[Placed] | None:
        """What the offline tables among the evidence say of an address; None where nothing."""

    def place_faults(self) -> tuple[str, ...]:
        """Why tables did not answer for addresses that were asked, so far."""

    def confirm(self) -> None:
        """Read every line that was cited so far again, from the log itself.

        Raises IntegrityError where one says anything else than what was told of it.
        """

    def coverage(self) -> tuple[Covered, ...]:
        """What each log covers, in custody order."""


_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


def moment(event: Event) -> datetime:
    """What events are ordered by: their time; those without one come last."""
    return event.at.utc if event.at else _LATEST


@dataclass(frozen=True, slots=True, kw_only=True)
class EventList:
    """Events that are in memory, which for a history without logs are none."""

    requests: tuple[Fact[AccessEvent], ...] = ()
    account_events: tuple[Fact[AccountEvent], ...] = ()
    covered: tuple[Covered, ...] = ()
    places: Mapping[str, Fact[Placed]] = field(default_factory=dict)

    def of(self, package: PackageRef, version: str | None = None,
           actions: Collection[Action] | None = None) -> Iterable[Fact[AccessEvent]]:
        """See Events."""
        wanted = version or package.version
        found = [f for f in self.requests if f.value.registry == package.registry
                 and f.value.package == package.full_name and wanted in (None, f.value.version)
                 and (actions is None or f.value.action in actions)]
        return tuple(sorted(found, key=lambda f: moment(f.value)))

    def accounts(self, since: datetime | None = None, until: datetime | None = None,
                 ) -> Iterable[Fact[AccountEvent]]:
        """See Events."""
        bounded = since is not None or until is not None
        found = [f for f in self.account_events if not (bounded and f.value.at is None)
                 and (since or _EARLIEST) <= moment(f.value) <= (until or _LATEST)]
        return tuple(sorted(found, key=lambda f: moment(f.value)))

    def of_accounts(self, package: PackageRef) -> Iterable[Fact[AccountEvent]]:
        """See Events."""
        return tuple(f for f in self.accounts()
                     if f.value.package in (package.full_name, package.name))

    def unplaced(self, since: datetime, until: datetime) -> Iterable[Fact[AccessEvent]]:
        """See Events."""
        found = [f for f in self.requests if f.value.package is None and f.value.action in CHANGES
                 and f.value.at is not None and since <= f.value.at.utc <= until]
        return tuple(sorted(found, key=lambda f: moment(f.value)))

    def first_seen(self, addresses: Collection[str]) -> Mapping[str, Fact[AccessEvent]]:
        """See Events."""
        found: dict[str, Fact[AccessEvent]] = {}
        for fact in sorted(self.requests, key=lambda f: moment(f.value)):
            address = fact.value.remote_addr
            if address in addresses and address is not None and fact.value.at:
                found.setdefault(address, fact)
        return found

    def addresses(self, before: datetime) -> Collection[str]:
        """See Events."""
        return {f.value.remote_addr for f in self.requests
                if f.value.remote_addr and f.value.at and f.value.at.utc < before}

    def placed(self, address: str) -> Fact[Placed] | None:
        """See Events."""
        return self.places.get(address)

    def place_faults(self) -> tuple[str, ...]:
        """See Events."""
        return ()

    def confirm(self) -> None:
        """See Events."""

    def coverage(self) -> tuple[Covered, ...]:
        """See Events."""
        return self.covered
