"""Rows as they are counted: each line once however often it was handed over, each login once.

``once`` drops what several files hold of the same line, ``unchallenged`` what a client was only
asked for its password by. Both take rows by time and keep their order.
"""

import json
from collections import Counter, deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from regforensics.model.event import AccessEvent

#: Within which the answer to a challenge (401) comes.
SOON = timedelta(seconds=5)
_LASTS = timedelta(minutes=1)  # how long an answer is waited for: lines are written at its end
_HELD = 20_000  # rows that wait for the answer to a challenge
_KEPT = 5


class Held(Protocol):
    """A request as somebody holds it: a cited fact, or a row of a file that was not taken."""

    @property
    def value(self) -> AccessEvent:
        """The request."""


H = TypeVar("H", bound=Held)


@dataclass(slots=True)
class Left(Generic[H]):
    """Rows that are not counted: how many, and some of them."""

    count: int = 0
    rows: list[H] = field(default_factory=list)

    def add(self, *rows: H) -> None:
        """One more; ``rows`` show it."""
        self.count += 1
        if len(self.rows) < _KEPT:
            self.rows += rows


@dataclass(slots=True)
class _Same(Generic[H]):
    """Rows of one instant that say the same: how many each file has, and their keys."""

    kept: H
    files: Counter[str | None] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    count: int = 0


def once(rows: Iterable[H], repeated: Left[H]) -> Iterator[H]:
    """Every request once: a line that several files hold counts as often as one of them has it.

    Two equal lines in one file are two requests. Records with keys of their own count by these.
    """
    seen, now = set[tuple[Any, ...]](), None
    same: dict[Hashable, _Same[H]] = {}
    for fact in rows:
        event = fact.value
        if event.key is not None:
            if (event.layer, event.log, event.key) in seen:
                repeated.add(fact)
                continue
            seen.add((event.layer, event.log, event.key))
        at = event.at.utc if event.at else None
        if at != now:
            now, same = at, {}
        group = same.setdefault(_said(event), _Same(fact))
        group.files[event.file] += 1
        if event.key is not None:
            group.keys.add(event.key)
        if max(group.files[event.file], len(group.keys)) > group.count:
            group.count += 1
            yield fact
        else:
            repeated.add(group.kept, fact)


def _said(e: AccessEvent) -> Hashable:
    """What a line says, without what the files around it add."""
    return (e.layer, e.log, e.at.utc if e.at else None, e.started.utc if e.started else None,
            e.side, e.source, e.event_type, e.method, e.action, e.registry, e.repo, e.package,
            e.version, e.filename, e.target, e.status_code, e.outcome, e.size, e.remote_addr,
            e.chain, e.user, e.user_agent, e.trace, _members(e.extra))


def _members(extra: Mapping[str, Any]) -> str:
    """The same for a line that was read now and for one that a table kept: JSON has no tuples."""
    return json.dumps(dict(extra), sort_keys=True, default=str)


@dataclass(slots=True)
class _Waiting(Generic[H]):
    """A row that may be a challenge."""

    fact: H
    until: datetime
    answered: bool = False


def unchallenged(rows: Iterable[H], challenged: Left[H]) -> Iterator[H]:
    """Without the 401 of a client that then asked for the same again and was let in: one request
    in two steps."""
    queue = deque[H | _Waiting[H]]()
    open_: dict[Hashable, _Waiting[H]] = {}
    for fact in rows:
        event = fact.value
        if event.at is None:
            yield from _left(queue, None)
            yield fact
            continue
        if event.status_code == 401:
            queue.append(_opened(fact, event.at.utc + SOON, open_))
        else:
            waiting = open_.pop(_asked(event), None)
            began = event.started.utc if event.started else event.at.utc
            if waiting is not None and min(began, event.at.utc) <= waiting.until \
                    and event.outcome != "refused":
                waiting.answered = True
                challenged.add(waiting.fact, fact)
            queue.append(fact)
        yield from _left(queue, event.at.utc if len(queue) < _HELD else None)
    yield from _left(queue, None)


def _opened(fact: H, until: datetime, open_: dict[Hashable, _Waiting[H]]) -> _Waiting[H]:
    waiting = open_[_asked(fact.value)] = _Waiting(fact, until)
    return waiting


def _left(queue: deque[H | _Waiting[H]], now: datetime | None) -> Iterator[H]:
    """What need not wait any more; everything where ``now`` is None."""
    while queue:
        head = queue[0]
        if isinstance(head, _Waiting):
            if now is not None and not head.answered and now <= head.until + _LASTS:
                return
            queue.popleft()
            if not head.answered:
                yield head.fact
        else:
            queue.popleft()
            yield head


def _asked(e: AccessEvent) -> Hashable:
    """Who asked for what, as a challenge and its answer have it in common."""
    return (e.layer, e.log, e.remote_addr, e.user_agent, e.method, e.registry, e.package,
            e.version, e.filename, e.action, e.target)
