"""Capture: what the registries say now about each target, put into the evidence store.

A fixed number of workers pull targets from one iterator: memory does not grow with their number,
and one failing target never stops the others.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from regforensics.acquire.clients import MOST_CONNECTIONS, Network
from regforensics.acquire.config import ClientConfig
from regforensics.acquire.draft import Question
from regforensics.acquire.limits import Limits
from regforensics.acquire.sink import Sink
from regforensics.acquire.text import shown_url
from regforensics.acquire.transport import Transport
from regforensics.acquire.validators import Known
from regforensics.errors import RegForensicsError
from regforensics.evidence.exhibit import Acquisition
from regforensics.model.claim import stopped
from regforensics.model.instant import now
from regforensics.model.package import PackageRef
from regforensics.registries.base import ABSENT, Part, Query, Wanted
from regforensics.registries.companions import follow_ups

Outcome = Literal["new", "unchanged", "absent", "failed"]
OUTCOMES: tuple[Outcome, ...] = ("new", "unchanged", "absent", "failed")


class Asks(Protocol):
    """The part of a Registry that capturing needs: what to ask, and where by default."""

    @property
    def name(self) -> str:
        """The registry's short name."""

    @property
    def default_url(self) -> str:
        """The base URL where nothing else is configured."""

    def queries(self, package: PackageRef, base_url: str) -> tuple[Query, ...]:
        """As Registry.queries."""

    def follow_ups(self, package: PackageRef, base_url: str, answered: Sequence[Part],
                   wanted: Wanted, /) -> tuple[Query, ...]:
        """As Registry.follow_ups."""


Read = Callable[[Sequence[Acquisition]], Sequence[Part]]
_AT_ONCE = 8  # requests of one target


def _unread(_: Sequence[Acquisition]) -> Sequence[Part]:
    return ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One query, the last custody line that it led to, and what that amounts to.

    ``unchanged`` means: the same bytes as the last answer to this very question.
    """

    query: Query
    acquisition: Acquisition
    outcome: Outcome

    @property
    def status(self) -> int | None:
        """The HTTP status, or None where there was no answer."""
        return self.acquisition.entry.status

    @property
    def error(self) -> str | None:
        """One line that says where and why there is no usable answer, or None."""
        error = self.acquisition.entry.error
        return None if error is None else f"{shown_url(self.query.url)}: {error}"


@dataclass(frozen=True, slots=True)
class TargetResult:
    """A target's answers. Absent only where every answer is, failed where any is; the absence of
    a document that a package need not have counts for nothing. ``unasked`` says why it could not
    be found out what else to ask."""

    target: PackageRef
    answers: tuple[Answer, ...]
    outcome: Outcome
    error: str | None = None
    unasked: str | None = None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """How a run went: its identifier, the count of targets by outcome, registry-wide answers.

    ``interrupted``: stopped from outside before every target had its turn.
    """

    run: str
    counts: Mapping[Outcome, int]
    shared: tuple[Answer, ...] = ()
    interrupted: bool = False

    @property
    def targets(self) -> int:
        """How many targets have a result."""
        return sum(self.counts.values())


@dataclass(slots=True)
class _Run:
    """The state that the workers of one run share; all of them live in one event loop."""

    transport: Transport
    known: Known
    registries: Mapping[str, Asks]
    config: ClientConfig
    on_result: Callable[[TargetResult], None]
    name: str
    counts: dict[Outcome, int]
    wanted: Wanted
    read: Read
    shared: list[Answer] = field(default_factory=list)
    asked: set[tuple[str, bytes | None]] = field(default_factory=set)

    async def work(self, targets: Iterator[PackageRef]) -> None:
        """Take targets until there are none left."""
        for target in targets:
            result = await self.one(target)
            self.counts[result.outcome] += 1
            self.on_result(result)

    async def one(self, target: PackageRef) -> TargetResult:
        """Ask everything about one target."""
        registry = self.registries.get(target.registry)
        if registry is None:
            return TargetResult(target, (), "failed",
                                f"{target.target}: this version does not ask {target.registry}")
        base = self.config.base_url(target, registry.default_url)
        answers: list[Answer] = []
        queries, done = registry.queries(target, base), set[Query]()
        while queries:
            answers += await self.several(queries, target.home, base, _AT_ONCE if done else 1)
            done.update(queries)
            try:
                queries = self.further(registry, target, base, answers, done)
            except (RegForensicsError, OSError):  # the evidence itself is not as it should be
                raise
            except Exception as error:  # one target's answers must not end the run
                reason = f"{target.target}: finding what else to ask {stopped(error)}"
                return TargetResult(target, tuple(answers), "failed", reason, unasked=reason)
        errors = [a.error for a in answers if a.error and not a.query.spare]
        outcome = overall([a.outcome for a in answers
                           if not (a.query.optional and a.outcome == "absent")
                           and not (a.query.spare and a.outcome == "failed")])
        return TargetResult(target, tuple(answers), outcome, "; ".join(errors) or None)

    def further(self, registry: Asks, target: PackageRef, base: str, answers: Sequence[Answer],
                done: set[Query]) -> tuple[Query, ...]:
        """What the answers so far lead to and nobody has asked."""
        parts = self.read([a.acquisition for a in answers if a.error is None])
        return tuple(q for q in dict.fromkeys((
            *registry.follow_ups(target, base, parts, self.wanted),
            *follow_ups(target, base, parts, self.wanted))) if q not in done)

    async def several(self, queries: Iterable[Query], registry: str, base: str,
                      at_once: int) -> list[Answer]:
        """The answers about the target, in the order of the queries."""
        answers: dict[Query, Answer] = {}
        waiting = iter(queries)

        async def work() -> None:
            for query in waiting:
                if query.subject is not None:
                    answers[query] = await self.ask(query, registry, base)
                elif (query.url, query.body) not in self.asked:
                    self.asked.add((query.url, query.body))
                    self.shared.append(await self.ask(query, registry, base))

        if at_once == 1:
            await work()
        else:
            await _all([asyncio.create_task(work()) for _ in range(at_once)])
        return [answers[query] for query in queries if query in answers]

    async def ask(self, query: Query, registry: str, base: str) -> Answer:
        """Ask one query and say what came of it."""
        own = query.base_url is None  # another service has nothing to do with npm's or pip's setup
        before = self.known.latest(query.url, query.accept, query.text or "")
        acquisition = await self.transport.ask(
            Question(query, registry if own else "", base, self.name))
        outcome = outcome_of(acquisition, before)
        if outcome == "new" and not acquisition.new:  # somebody else may have asked meanwhile
            outcome = outcome_of(acquisition, self.known.before(acquisition))
        return Answer(query, acquisition, outcome)


def outcome_of(acquisition: Acquisition, before: str | None) -> Outcome:
    """new or unchanged against the exhibit of the last answer to the question; absent; failed."""
    entry = acquisition.entry
    if entry.error is not None or entry.status is None:
        return "failed"
    if entry.status in ABSENT:
        return "absent"
    return "unchanged" if acquisition.exhibit == before else "new"


def overall(outcomes: Sequence[Outcome]) -> Outcome:
    """One word for several answers: failed beats new beats unchanged beats absent."""
    order: tuple[Outcome, ...] = ("failed", "new", "unchanged", "absent")
    return next((word for word in order if word in outcomes), "failed")


def new_run() -> str:
    """An identifier for a run: the time in UTC and four random bytes."""
    return f"{now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


async def capture(
    targets: Iterable[PackageRef], *, registries: Iterable[Asks], config: ClientConfig,
    store: Sink[Any], on_result: Callable[[TargetResult], None], concurrency: int = 8,
    limits: Limits | None = None, network: Network | None = None, run: str | None = None,
    counts: dict[Outcome, int] | None = None, wanted: Wanted | None = None, read: Read = _unread,
) -> RunSummary:
    """Capture every target; ``on_result`` is called for each as it is done, in no fixed order.

    ``concurrency`` is the number of requests at once, at most MOST_CONNECTIONS. There are twice as
    many workers: while the answer of one goes to the disk, another one's is received.
    ``counts``, where given, is kept up to date, so that a cancelled run can still be summed up.
    ``wanted`` says what to ask for beyond the states, ``read`` gives answers as Parts, which
    following queries are made from.
    Raises EvidenceUnwritable (and whatever ``targets`` raises) at once; all else is in results.
    """
    most = max(1, min(concurrency, MOST_CONNECTIONS))
    known = Known(store)
    transport = Transport(config, store, known=known, limits=limits, network=network,
                          concurrency=most)
    tally = counts if counts is not None else {}
    tally.update(dict.fromkeys(OUTCOMES, 0))
    state = _Run(transport, known, {registry.name: registry for registry in registries}, config,
                 on_result, run or new_run(), tally,
                 replace(wanted or Wanted(), answered=known.answered), read)
    async with transport:
        iterator = iter(targets)
        await _all([asyncio.create_task(state.work(iterator)) for _ in range(2 * most)])
    return RunSummary(state.name, dict(tally), tuple(state.shared))


async def _all(workers: list["asyncio.Task[None]"]) -> None:
    """Wait for every worker; the first error, or our own cancellation, stops the others."""
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def run_capture(
    targets: Iterable[PackageRef], *, registries: Iterable[Asks], config: ClientConfig,
    store: Sink[Any], on_result: Callable[[TargetResult], None], concurrency: int = 8,
    limits: Limits | None = None, network: Network | None = None,
    wanted: Wanted | None = None, read: Read = _unread, run: str | None = None,
) -> RunSummary:
    """``capture`` for callers without an event loop. Ctrl-C ends it with what was captured."""
    run, counts = run or new_run(), dict[Outcome, int]()
    with suppress(KeyboardInterrupt):
        return asyncio.run(capture(
            targets, registries=registries, config=config, store=store, on_result=on_result,
            concurrency=concurrency, limits=limits, network=network, run=run, counts=counts,
            wanted=wanted, read=read))
    return RunSummary(run, counts, interrupted=True)
