"""Logs in memory, read by the real formats, for analyzers that ask for events.

    logs("proxy.log", ROWS)    a stored log: its lines, its events and what it covers
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

from regforensics.evidence.lines import Line, LineFact, lines_of
from regforensics.logs import LINE_FORMATS
from regforensics.logs.base import Context, Parsed, Skipped, Unparsed
from regforensics.logs.recognition import Recogniser
from regforensics.model.event import AccessEvent, AccountEvent, Event
from regforensics.model.events import ACCOUNT, Covered, EventList, Silence, asks
from regforensics.model.instant import Instant


@dataclass(frozen=True)
class Stored:
    """One log: the bytes, what its lines say, and what it covers."""

    label: str
    body: bytes
    requests: tuple[LineFact[AccessEvent], ...]
    accounts: tuple[LineFact[AccountEvent], ...]
    covered: Covered


def log(name: str, text: str, label: str = "EX-000101", *, usual: float = 3600.0) -> Stored:
    """A log as if it had been handed over; stretches of more than ``usual`` seconds without a
    line count as silent."""
    body = text.encode()
    digest = hashlib.sha256(body).hexdigest()
    found = [(replace(one, log=form, file=label) if isinstance(one, AccessEvent) else one, line)
             for line, form, parsed in _read(name, label, digest, body)
             for one in _events(parsed)]
    requests = tuple(LineFact(e, line) for e, line in found if isinstance(e, AccessEvent))
    accounts = tuple(LineFact(e, line) for e, line in found if isinstance(e, AccountEvent))
    times = sorted((LineFact(e.at, line) for e, line in found if e.at),
                   key=lambda fact: fact.value.utc)
    custody = json.dumps({"name": name, "sha256": digest}).encode()
    held = Line("custody.jsonl", hashlib.sha256(custody).hexdigest(), 1, 0, custody)
    parsed = [parsed for _, _, parsed in _read(name, label, digest, body)]
    forms = Counter(form for _, form, _ in _read(name, label, digest, body) if form)
    return Stored(label, body, requests, accounts, Covered(
        exhibit=label, source=LineFact(name, held), formats=forms, lines=len(parsed),
        events=len(found), unparsed=sum(isinstance(p, Unparsed) for p in parsed),
        first=times[0] if times else None, last=times[-1] if times else None,
        silences=tuple(_silences(times, usual)),
        layers=(*dict.fromkeys(fact.value.layer for fact in requests),
                *([ACCOUNT] if accounts else [])),
        kinds=tuple(dict.fromkeys((fact.value.layer, fact.value.log or "") for fact in requests
                                  if asks(fact.value)))))


def _read(name: str, label: str, digest: str, body: bytes
          ) -> Iterator[tuple[Line, str | None, Parsed]]:
    reader = Recogniser(LINE_FORMATS, Context(name=name))
    for line in lines_of(label, digest, body):
        read = reader.read(line.data.decode("utf-8", "surrogateescape"))
        yield line, read.format, read.parsed


def _events(parsed: Parsed) -> tuple[Event, ...]:
    if isinstance(parsed, AccessEvent | AccountEvent):
        return (parsed,)
    return () if isinstance(parsed, Unparsed | Skipped) else parsed


def _silences(times: Iterable[LineFact[Instant]], usual: float) -> Iterator[Silence]:
    for one, other in pairwise(f.value.utc for f in times):
        if other - one > timedelta(seconds=usual):
            yield Silence(one, other)


def events(*logs: Stored) -> EventList:
    """All of them, as analyzers ask for them."""
    return EventList(requests=tuple(f for one in logs for f in one.requests),
                     account_events=tuple(f for one in logs for f in one.accounts),
                     covered=tuple(one.covered for one in logs))
