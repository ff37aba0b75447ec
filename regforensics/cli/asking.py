"""Who asked for a package: counts by kind of log, consumer, version and outcome, with the lines."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from regforensics.acquire.foreign import opened
from regforensics.analyze.logs.consumers import Kind
from regforensics.analyze.logs.requests import kind_of
from regforensics.analyze.logs.settled import H, Left, once, unchallenged
from regforensics.analyze.logs.sources import Source, source_of
from regforensics.cli.asked_cover import held_cover, sampled_cover
from regforensics.cli.console import Talk
from regforensics.cli.spreading import spread
from regforensics.errors import IntegrityError, UnreadableInput, WrongUsage
from regforensics.events.cold import Asking
from regforensics.events.sampled import sampled
from regforensics.events.scan import Row, known_formats
from regforensics.events.zones import zone_named
from regforensics.evidence.lines import Place
from regforensics.model.agents import agent, speaks_npm
from regforensics.model.event import PERHAPS, AccessEvent, Outcome
from regforensics.model.events import moment
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.report.jsondoc import citation_document

_LISTED = 100_000  # rows, and groups, that an answer lists; more are counted
_SETTLED = 100_000  # rows of raw logs that are put in order of time
#: What the layer itself puts into a repository: filled from elsewhere, and nobody's upload.
STORED = "stored"
#: Who counts as a consumer; whoever else asks is set apart.
CONSUMERS: frozenset[Kind] = frozenset({"client", "CI"})


class Key(NamedTuple):
    """What requests of one group agree in. ``by`` is what kind of client asked."""

    address: str | None
    user_agent: str | None
    user: str | None
    version: str | None
    by: Kind
    action: str
    outcome: Outcome
    source: Source


@dataclass(slots=True)
class Group:
    """Requests that agree in ``key``, and where each stands."""

    key: Key
    count: int = 0
    first: Instant | None = None
    last: Instant | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Counts:
    """What one kind of log holds: requests by who asked, what for and what came of it. ``unlisted``
    requests have no row, ``ungrouped`` ones are in no group, because there are too many."""

    said: Counter[tuple[Kind, str, Outcome]] = field(default_factory=Counter)
    unlisted: int = 0
    ungrouped: int = 0


@dataclass(slots=True)
class Answer:
    """All of it. ``failed`` is the exit code of a file that could not be read. ``damaged``
    is that of logs in the evidence that are not what custody says. ``repeated`` lines
    stand in several files and count once, ``challenged`` are first steps (401) of requests that
    were then let in."""

    package: PackageRef
    version: str | None
    cited: bool
    groups: dict[Key, Group] = field(default_factory=dict)
    kinds: dict[Source, Counts] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    listed: int = 0
    repeated: int = 0
    challenged: int = 0
    failed: int = 0
    damaged: int = 0
    incomplete: bool = False

    def add(self, event: AccessEvent) -> Group | None:
        """Count a request; its group, where its row is to be listed."""
        source, by = source_of(event), kind_of(event)
        counts = self.kinds.setdefault(source, Counts())
        action = STORED if by == "server" and event.action == "upload" else event.action
        if PERHAPS in event.doubts and not speaks_npm(agent(event.user_agent)):
            action += ", perhaps"
        counts.said[by, action, event.outcome] += 1
        key = Key(event.remote_addr, event.user_agent, event.user, event.version, by, action,
                  event.outcome, source)
        group = self.groups.get(key)
        if group is None and len(self.groups) < _LISTED:
            group = self.groups[key] = Group(key)
        if group is None:
            counts.ungrouped += 1
        else:
            _counted(group, event)
        if group is None or self.listed >= _LISTED:
            counts.unlisted += 1
            return None
        self.listed += 1
        return group

    def ordered(self) -> list[Group]:
        """By version, the earliest first."""
        return sorted(self.groups.values(), key=lambda group: (
            group.key.version or "", group.first.utc.timestamp() if group.first else 0,
            [str(part or "") for part in group.key]))


def _counted(group: Group, event: AccessEvent) -> None:
    group.count += 1
    if event.at is not None:
        if group.first is None or event.at.utc < group.first.utc:
            group.first = event.at
        if group.last is None or event.at.utc > group.last.utc:
            group.last = event.at


class _Found(NamedTuple):
    """A request in a file that was not taken: its row, and the file's place in the answer."""

    value: AccessEvent
    row: Row
    place: int

    def told(self) -> list[dict[str, Any]]:
        """Where it stands."""
        return [{"file": self.place, "where": str(Place(self.row.number, self.row.member)),
                 "start": self.row.start, "end": self.row.end}]


def of_files(target: str, files: Sequence[Path], form: str | None, zone: str | None, *,
             digests: bool) -> Answer:
    """What raw logs say. Nothing is stored. Raises WrongUsage."""
    if form is not None and form not in known_formats():
        raise WrongUsage(f"unknown format {form!r}", hint=f"formats: {', '.join(known_formats())}")
    answer = _answer(target, cited=False)
    where = zone_named(zone) if zone else None
    paths, lost = spread(files)
    for error in lost:
        _failed(answer, error)

    def asking() -> Asking:
        return Asking(answer.package, answer.version, where, form)
    _settled(answer, _by_time(_each(answer, paths, asking, digests)), _Found.told)
    return answer


def _failed(answer: Answer, error: UnreadableInput) -> None:
    Talk.error(error)
    answer.failed = answer.failed or error.exit_code


def _each(answer: Answer, paths: Sequence[Path], asking: Callable[[], Asking], digests: bool
          ) -> Iterator[_Found]:
    for path in paths:
        try:
            yield from _file(answer, path, asking(), digests)
        except UnreadableInput as error:
            _failed(answer, error)


def _by_time(found: Iterator[_Found]) -> Iterator[_Found]:
    """In order of time, as rows are settled; in the files' own where there are too many."""
    some = list(islice(found, _SETTLED + 1))
    if len(some) <= _SETTLED:
        return iter(sorted(some, key=lambda one: moment(one.value)))
    Talk.say(f"note: more than {_SETTLED} lines are about it: what several files hold counts once"
             " for each of them; ingest tells such lines apart")
    return chain(some, found)


def _file(answer: Answer, path: Path, asking: Asking, digests: bool) -> Iterator[_Found]:
    place, count = len(answer.files), 0
    with os.fdopen(opened(path, str(path)), "rb", buffering=0) as file, \
            ThreadPoolExecutor(1) as beside:
        told: dict[str, Any] = {"path": str(path), "sha256": None,
                                "size": os.fstat(file.fileno()).st_size}
        answer.files.append(told)
        digest = beside.submit(_sha256, path) if digests else None
        for row, event in asking.rows(file, path.name):
            count += 1
            stands = f"{place}/{row.member}" if row.member else str(place)
            yield _Found(replace(event, log=row.format, file=stands), row, place)
        told |= {"sha256": digest.result() if digest else None, "rows": count,
                 "unparsed": asking.unparsed, "coverage": None, "stopped": list(asking.stopped),
                 "problems": [{"where": one.place, "reason": one.reason}
                              for one in asking.problems]}
    answer.incomplete |= bool(asking.unparsed or asking.stopped)
    if not count:
        _cover(answer, path, asking, told)


def _cover(answer: Answer, path: Path, asking: Asking, told: dict[str, Any]) -> None:
    """Say what a file covers in which nothing was found; that it is no log, where it is none."""
    with os.fdopen(opened(path, str(path)), "rb", buffering=0) as file:
        sample = sampled(file, path.name, asking.zone, asking.form)
    told["coverage"] = sampled_cover(sample)
    if sample.formats:
        answer.incomplete |= bool(sample.unknown or sample.stopped)
    elif sample.read or sample.stopped:
        why = "; ".join(filter(None, (sample.reason, *sample.stopped)))
        _failed(answer, UnreadableInput(
            f"{path}: no line that was read is of a known log format, so it covers nothing: {why}",
            hint="unpack it, convert it to UTF-8 or name its --format; ingest --help names the"
                 " formats"))
    else:
        answer.incomplete = True  # an empty file covers nothing


def _sha256(path: Path) -> str:
    with os.fdopen(opened(path, str(path)), "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_evidence(target: str, root: Path, *, every: bool) -> Answer:
    """What the logs in an evidence directory say, ``every`` row cited or the first of each group.

    Raises WrongUsage.
    """
    from regforensics.cli.logs_handed import events_of  # the quick answer does without these
    from regforensics.cli.opening import open_evidence

    answer = _answer(target, cited=True)
    damaged: list[IntegrityError] = []
    events = events_of(open_evidence(root), damaged)
    for log in events.coverage():
        answer.files.append({"path": log.source.value, "exhibit": log.exhibit,
                             "unparsed": log.unparsed, "coverage": held_cover(log),
                             "stopped": [g.reason for g in log.gaps]})
        answer.incomplete |= bool(log.unparsed or log.gaps)
    answer.incomplete |= not answer.files
    for error in damaged:
        Talk.error(error)
    answer.damaged = damaged[0].exit_code if damaged else 0
    _settled(answer, events.of(answer.package, answer.version),
             lambda fact: [citation_document(cited) for cited in fact.citations], every=every)
    events.confirm()
    return answer


def _settled(answer: Answer, rows: Iterable[H], told: Callable[[H], list[dict[str, Any]]], *,
             every: bool = True) -> None:
    """Count the rows, given by time, as the report does: see ``settled``. Their places are looked
    up for ``every`` one, or for the first of each group."""
    repeated, challenged = Left[H](), Left[H]()
    for held in unchallenged(once(rows, repeated), challenged):
        group = answer.add(held.value)
        if group is not None and (every or not group.rows):
            group.rows += told(held)
    answer.repeated, answer.challenged = repeated.count, challenged.count


def _answer(target: str, *, cited: bool) -> Answer:
    asked = PackageRef.parse(target)
    if asked.is_account:
        raise WrongUsage(f"{target!r} is an account; requests are for packages")
    return Answer(asked.at(None), asked.version, cited)
