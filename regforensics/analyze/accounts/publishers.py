"""Publishes in question, and whose they are: by the registry's documents, or by account logs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from regforensics.analyze.logs.requests import plain
from regforensics.analyze.releases.walk import published
from regforensics.analyze.seen import lists, series
from regforensics.model.citation import Fact
from regforensics.model.claim import said
from regforensics.model.event import AccountEvent
from regforensics.model.history import History, Scope
from regforensics.model.instant import Instant, Interval

_ECOSYSTEMS = {"npm": ("npm",), "pypi": ("pypi", "pip", "python"), "maven": ("maven",)}


class Match(NamedTuple):
    """The name that an actor has; not ``whole`` where it is that before the ``@`` of a mail
    address alone, which is a possible match."""

    name: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Publish:
    """A publish in question, the registry's names that belong to it, and the time around it.

    ``by`` is the publisher that the registry names, ``logged`` are rows of account logs by which
    somebody published the version.
    """

    version: str
    time: Fact[Instant]
    names: tuple[str, ...]
    within: timedelta
    by: str | None = None
    logged: tuple[Fact[AccountEvent], ...] = ()

    @property
    def window(self) -> Interval:
        """The time around it."""
        at = self.time.value.utc
        return Interval(Instant.at(at - self.within), Instant.at(at + self.within))

    @property
    def actors(self) -> tuple[str, ...]:
        """Who published it by account logs."""
        return tuple(dict.fromkeys(f.value.actor for f in self.logged if f.value.actor))

    @property
    def known(self) -> bool:
        """Whether anything says who published it."""
        return self.by is not None or bool(self.actors)

    def owns(self, actor: str | None) -> bool:
        """Whether an actor has one of the names, as far as names tell."""
        return match(actor, (*self.actors, *self.names)) is not None

    def published_by(self, actor: str | None) -> bool:
        """Whether an actor has the publisher's name; anybody may where no publisher is known."""
        names = (*self.actors, *([self.by] if self.by else []))
        return not names or match(actor, names) is not None

    def why(self, actor: str) -> tuple[str, tuple[Fact[Any], ...]]:
        """In which way an actor belongs to it, in words, and the rows that say so."""
        rows = {f.value.actor: f for f in self.logged if f.value.actor}
        found = match(actor, tuple(filter(None, rows)))
        if found is not None:
            whose = f"{said(found.name)}, which published it by a row of an account log"
            return ("which published it by a row of an account log" if found.whole
                    else _POSSIBLE.format(whose)), (rows[found.name],)
        found = match(actor, self.names)
        if found is None:
            return "of whom nothing says that it belongs to the package", ()
        whose = f"the registry account {said(found.name)}"
        return (f"which has the name of {whose}" if found.whole else _POSSIBLE.format(whose)), ()


_POSSIBLE = "whose name before the @ is that of {} (a possible match, no more)"


def match(actor: str | None, names: Sequence[str]) -> Match | None:
    """The name that an actor has, a whole one before one that is a part of a mail address."""
    if actor is None:
        return None
    mine = actor.casefold()
    for name in names:
        if name.casefold() == mine:
            return Match(name, True)
    return next((Match(name, False) for name in names
                 if ("@" in mine) != ("@" in name) and mine.partition("@")[0]
                 and mine.partition("@")[0] == name.casefold().partition("@")[0]), None)


def publishes(history: History, scope: Scope, wanted: Sequence[str]) -> Iterator[Publish]:
    """The publishes of the versions in question, with the names that belong to them."""
    done = set[str]()
    rows = [row for row in history.events.of_accounts(history.package)
            if row.value.what == "publish" and row.value.done != "failure"
            and about(history, row.value)]
    for part in series(history):
        owners = {str(name) for s in part.snapshots if lists(s) and s.owners for name in s.owners}
        for item in published(part) if not part.mirrored else ():
            version = plain(history.package, item.version)
            if version in wanted and version not in done:
                done.add(version)
                by = item.release.publisher.value if item.release and item.release.publisher \
                    else None
                names = dict.fromkeys([*([str(by)] if by else []), *sorted(owners)])
                yield Publish(
                    item.version, item.time, tuple(names), scope.window, str(by) if by else None,
                    tuple(row for row in rows
                          if _of(history, row.value, version, item.time.value, scope.window)))


def _of(history: History, event: AccountEvent, version: str, at: Instant, within: timedelta
        ) -> bool:
    """Whether a row is of that publish: by its version, or by its time where it names none."""
    if event.version:
        return plain(history.package, event.version) == version
    return event.at is not None and abs(event.at.utc - at.utc) <= within


def about(history: History, event: AccountEvent) -> bool:
    """Whether a row's package is this one, as far as its registry and scope are stated."""
    kind = str(event.extra.get("ecosystem") or "").lower()
    if kind and kind not in _ECOSYSTEMS.get(history.package.registry, ()):
        return False
    scope = (history.package.namespace or "").removeprefix("@").lower()
    return event.package == history.package.full_name or (
        scope != "" and str(event.extra.get("org") or "").lower() == scope)
