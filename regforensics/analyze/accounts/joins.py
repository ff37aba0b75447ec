"""Addresses that join an account's row with a publish: with a request or row that changed the
package, or with a fetch of the version before anybody could have it."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from typing import Any, NamedTuple

from regforensics.analyze.accounts.publishers import Publish, about
from regforensics.analyze.logs.moments import against, resting
from regforensics.analyze.logs.moments import utc as told
from regforensics.analyze.logs.networks import inside
from regforensics.analyze.logs.requests import WRITES, changes, kind_of
from regforensics.analyze.rules import Rule
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, said
from regforensics.model.event import AccountEvent, Event
from regforensics.model.history import History, Scope

SAME = Rule(
    "account.same-address", "account",
    "one address stands in a row of an identity log and, near a publish, in a request or a row of"
    " an account log that changed the package, or in a fetch of the version before its publish",
    "both rows",
    "offices, VPNs and gateways share one address among many; a different address is no alibi")
FEW = 12  # accounts of one address, and addresses of one kind, that are told
_PUBLISHED = ("publish", "unpublish", "yank")


class _Trace(NamedTuple):
    """A row of the package with an address, and what it is in words."""

    words: str
    address: str
    row: Fact[Any]


def same(history: History, scope: Scope, item: Publish, rows: Sequence[Fact[AccountEvent]]
         ) -> Iterator[Claim]:
    """Each address that stands in both; one of a known network is many people's."""
    known = tuple(map(ip_network, scope.known_networks))
    for trace in _traces(history, item):
        mine: dict[str | None, Fact[AccountEvent]] = {}
        for row in rows:
            event = row.value
            if trace.address in (event.remote_addr, *event.chain) \
                    and not (event.what in _PUBLISHED and about(history, event)):
                mine.setdefault(event.actor, row)
        for row in list(mine.values())[:FEW]:
            yield _joined(history, item, trace, row, notable=not inside(trace.address, known))


def _joined(history: History, item: Publish, trace: _Trace, row: Fact[AccountEvent], *,
            notable: bool) -> Claim:
    at = trace.row.value.at
    return SAME.claim(
        history.package.at(item.version), at,
        "The address {address} stands in a row of {actor} ({type}, {done}) at {signed} and in "
        + trace.words + " at {written}, near the publish of version {version} at {published}.",
        notable=notable, address=resting(said(trace.address), (row, trace.row)),
        actor=derive(said(row.value.actor or "nobody"), row),
        type=derive(said(row.value.event_type), row), done=derive(row.value.done, row),
        signed=derive(told(row.value.at), row), what=derive(_what(trace.row.value), trace.row),
        written=derive(told(at), trace.row),
        version=derive(item.version, item.time), published=item.time)


def _what(event: Event) -> str:
    return f"{said(event.event_type)} by {said(event.actor or 'nobody')}" \
        if isinstance(event, AccountEvent) else event.action


def _traces(history: History, item: Publish) -> Iterator[_Trace]:
    """The first row of each kind and address."""
    found: dict[tuple[str, str], _Trace] = {}
    for trace in _every(history, item):
        found.setdefault(trace[:2], trace)
    counts: dict[str, int] = {}
    for trace in found.values():
        counts[trace.words] = counts.get(trace.words, 0) + 1
        if counts[trace.words] <= FEW:
            yield trace


def _every(history: History, item: Publish) -> Iterator[_Trace]:
    at, package = item.time.value, history.package
    for fact in history.events.of(package, actions=WRITES):
        if changes(fact.value) and _near(fact.value, item) and fact.value.remote_addr:
            yield _Trace(_CHANGED, fact.value.remote_addr, fact)
    for row in history.events.of_accounts(package):
        if row.value.what in _PUBLISHED and row.value.done != "failure" and row.value.remote_addr \
                and _near(row.value, item) and about(history, row.value):
            yield _Trace(_LOGGED, row.value.remote_addr, row)
    for fact in history.events.of(package, item.version, actions=("download", "peek")):
        if fact.value.remote_addr and _near(fact.value, item) \
                and kind_of(fact.value) in ("client", "CI") \
                and against(fact.value, at) == "before":
            yield _Trace(_EARLY, fact.value.remote_addr, fact)


_CHANGED = "a request that changed the package ({what})"
_LOGGED = "a row of an account log about the package ({what})"
_EARLY = "a request for a file of that version ({what}), before its publish,"


def _near(event: Event, item: Publish) -> bool:
    return event.at is not None and abs(event.at.utc - item.time.value.utc) <= item.within
