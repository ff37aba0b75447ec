"""Exhibits -> observations: which stored bytes make up one registry state, and what it says.

No I/O of its own: it is given an archive that hands out verified bytes and custody lines.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property, partial
from heapq import merge
from itertools import groupby
from typing import Any, Protocol, TypeVar, overload

from regforensics.errors import RegForensicsError, UnreadableInput, WrongUsage
from regforensics.evidence.exhibit import Acquisition, Entry
from regforensics.evidence.freshness import freshness
from regforensics.evidence.jsontree import Document
from regforensics.evidence.lines import Line, LineFact
from regforensics.evidence.runs import END, RUN, START, cited, runs_of
from regforensics.evidence.xmltree import XmlDocument
from regforensics.model.citation import Fact
from regforensics.model.claim import Gap, stopped
from regforensics.model.dating import observations_of, settled
from regforensics.model.events import EventList, Events
from regforensics.model.history import Attempt, History
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.model.run import Run
from regforensics.model.snapshot import Handed, Observation, Snapshot
from regforensics.registries import registry_named, registry_of
from regforensics.registries.base import ABSENT, Part, unreadable
from regforensics.registries.companions import COMPANIONS, Companion, is_companion, is_spare
from regforensics.registries.locked import KINDS as LOCKS
from regforensics.registries.locked import Held, contested, held_in

D = TypeVar("D", Document, XmlDocument)
_MOST_NAMED = 6
_ANSWERED = frozenset({None, 200, 203, 304}) | ABSENT


class Archive(Protocol):
    """What reading needs of an evidence directory."""

    def subjects(self) -> Sequence[str]:
        """The purl, without a version, of every package that an acquisition is about."""

    def of_subject(self, purl: str) -> Sequence[Acquisition]:
        """The acquisitions about a package and its versions, in custody order."""

    def of_kind(self, *kinds: str) -> Sequence[Acquisition]:
        """The acquisitions of some kinds, in custody order."""

    def of_no_subject(self, *kinds: str) -> Sequence[Acquisition]:
        """Those of some kinds that are about no package in particular, in custody order."""

    def left_out(self, purl: str | None = None) -> tuple[str, ...]:
        """The labels of what a hand-over leaves out about a package, or about none; no acquisition
        above is of these."""

    def read(self, label: str) -> bytes:
        """An exhibit's bytes, checked against its digest."""

    def custody_line(self, seq: int) -> Line:
        """The custody line of one acquisition."""


class Reader:
    """Reads an archive; every exhibit once, however often it was observed.

    ``events`` are those of its logs, which every history hands on.
    """

    def __init__(self, archive: Archive, events: Events | None = None) -> None:
        self._archive = archive
        self._events = events or EventList()
        self._documents: dict[str, Document | XmlDocument | UnreadableInput] = {}
        self._files: tuple[Acquisition, ...] | None = None
        self._latest: dict[tuple[str, ...], Fact[Instant] | None] = {}

    def packages(self) -> tuple[PackageRef, ...]:
        """Every package that custody names as the subject of an acquisition, and those of which
        lockfiles state different digests."""
        named = {PackageRef.parse(s).at(None) for s in self._archive.subjects()}
        return tuple(sorted(named | contested(held for _, held in self.locks())))

    def locks(self) -> Iterator[tuple[Acquisition, Held]]:
        """Each stored lockfile and SBOM, and what it pins."""
        if self._files is None:
            files = {a.exhibit: a for a in self._archive.of_kind(*LOCKS) if is_answer(a)}
            self._files = tuple(files.values())
        return ((a, held_in(self.part(a))) for a in self._files)

    def history(self, package: PackageRef,
                chosen: Iterable[Sequence[Acquisition]] | None = None) -> History:
        """Every observation of one package, oldest first, and the attempts that gave none.

        ``chosen`` names the observations to read where not all of them matter.
        """
        mine = self._archive.of_subject(str(package.at(None)))
        snapshots = [self._settled(package, group)
                     for group in (observations(filter(shows_state, mine)) if chosen is None
                                   else chosen)]
        last = {a.entry.kind: a for a in mine if is_answer(a)}
        got = {(a.entry.run, a.entry.url) for a in mine if is_answer(a)}
        shown = {a.entry.run for a in mine if shows_state(a)}
        failures = tuple(self._attempt(a, answered=_later(last.get(a.entry.kind), a),
                                       repeated=(a.entry.run, a.entry.url) in got,
                                       captured=a.entry.run in shown)
                         for a in mine if not is_answer(a) and not is_spare(a.entry.kind))
        lacking = self._archive.left_out(str(package.at(None)))
        return History(package.at(None), tuple(sorted(snapshots, key=_moment)), failures,
                       len(mine), cache(partial(self.records, package.at(None))),
                       events=self._events, runs=() if lacking else self._unfinished(mine),
                       gaps=tuple(_not_handed_over(package.at(None), lacking,
                                                   self._archive.left_out())))

    def _unfinished(self, mine: Iterable[Acquisition]) -> tuple[Run, ...]:
        """The runs that were to capture a package and did not come to that, nor to their end.

        A run's line does not name its targets; that it had a package among them shows in another
        run over the same list that asked about it.
        """
        asked = dict[str, bool]()
        for acquisition in mine:
            name = acquisition.entry.run
            if name is not None:
                asked[name] = asked.get(name, False) or shows_state(acquisition)
        lists = {self._lists[name] for name in asked if name in self._lists}
        return tuple(cited(run, self._archive.custody_line)
                     for watched in sorted(filter(None, lists))
                     for run in self._broken.get(watched, ()) if not asked.get(run.name))

    @cached_property
    def _runs(self) -> tuple[Run, ...]:
        return runs_of(a for a in self._archive.of_no_subject(START, END) if a.entry.way == RUN)

    @cached_property
    def _lists(self) -> Mapping[str, str]:
        """The digest of the list of targets, by run."""
        return {run.name: run.watched for run in self._runs}

    @cached_property
    def _broken(self) -> Mapping[str, Sequence[Run]]:
        """The runs that did not come to their end, by that digest."""
        found: dict[str, list[Run]] = {}
        for run in self._runs:
            if not run.finished:
                found.setdefault(run.watched, []).append(run)
        return found

    def records(self, package: PackageRef, kind: type) -> tuple[Any, ...]:
        """What the companion documents of one record type hold about a package, and Gaps."""
        found: list[Any] = []
        for companion in COMPANIONS:
            if companion.makes is kind:
                for acquisition in filter(is_answer, self._answers(companion, package)):
                    found += self._read(companion, package, acquisition)
        return tuple(found)

    def _answers(self, companion: Companion, package: PackageRef) -> Iterable[Acquisition]:
        if companion.shared:
            return self._archive.of_kind(*companion.kinds)
        mine = (a for a in self._archive.of_subject(str(package.at(None)))
                if a.entry.kind in companion.kinds)
        return merge(mine, self._archive.of_no_subject(*companion.kinds), key=_place)

    def gaps(self, package: PackageRef, acquisition: Acquisition) -> tuple[Gap, ...]:
        """What one companion document leaves open."""
        found = [one for companion in COMPANIONS if acquisition.entry.kind in companion.kinds
                 for one in self._read(companion, package, acquisition)]
        return tuple(dict.fromkeys(one for one in found if isinstance(one, Gap)))

    def _read(self, companion: Companion, package: PackageRef,
              acquisition: Acquisition) -> list[Any]:
        """The records of one document; where its reading ends early, a Gap stands after them."""
        found: list[Any] = []
        try:
            found.extend(companion.read(package, self.part(acquisition)))
        except UnreadableInput as error:
            found.append(self._unread(package, acquisition, str(error)))
        except (RegForensicsError, OSError):  # the evidence itself is not as it should be
            raise
        except Exception as error:  # one document's reader must not end the whole case
            found.append(self._unread(package, acquisition, f"reading it {stopped(error)}"))
        return found

    def _unread(self, package: PackageRef, acquisition: Acquisition, reason: str) -> Gap:
        return Gap(f"what {acquisition.exhibit or ''} ({acquisition.entry.kind}) says", reason,
                   package)

    def named(self, targets: Iterable[PackageRef] = ()) -> tuple[PackageRef, ...]:
        """The targets, each once, or every package. Raises WrongUsage for one unseen."""
        wanted = [t.at(None) for t in targets]
        for target in wanted:
            if not self._archive.of_subject(str(target)) \
                    and not self._archive.left_out(str(target)) \
                    and not any(target in held.pins for _, held in self.locks()):
                raise WrongUsage(f"nothing about {target.target} is in this evidence directory",
                                 hint="regforensics list shows what is")
        return tuple(dict.fromkeys(wanted)) or self.packages()

    def histories(self, targets: Iterable[PackageRef] = ()) -> tuple[History, ...]:
        """The histories of the targets, or of every package. Raises WrongUsage for one unseen."""
        return tuple(map(self.history, self.named(targets)))

    def snapshot(self, package: PackageRef, group: Sequence[Acquisition]) -> Snapshot:
        """One registry state out of the acquisitions of one observation."""
        return self._bearing(package, group, lambda: self._snapshot(package, group))

    def _bearing(self, package: PackageRef, group: Sequence[Acquisition],
                 read: Callable[[], Snapshot]) -> Snapshot:
        """What ``read`` gives; where it crashes a state that tells nothing, and a Gap says why."""
        try:
            return read()
        except (RegForensicsError, OSError):  # the evidence itself is not as it should be
            raise
        except Exception as error:  # one document's reader must not end the whole case
            return unreadable(package, self.part(group[0]), Gap(
                "what the registry says of this package",
                f"reading {group[0].exhibit or ''} {stopped(error)}", package))

    def _snapshot(self, package: PackageRef, group: Sequence[Acquisition]) -> Snapshot:
        parts = [self.part(a) for a in group]
        broken = [(p, error) for p in parts if p.observation.status not in ABSENT
                  and isinstance(error := self._documents.get(p.observation.label),
                                 UnreadableInput)]
        registry = registry_of(group[0].entry.kind) or registry_named(package.registry)
        gaps = tuple(Gap("what the registry says of this package", str(error), package)
                     for _, error in broken)
        fit = [p for p in parts if p not in [b for b, _ in broken]]
        if registry is None or not fit or (
                broken and all(p.observation.status in ABSENT for p in fit)):
            return unreadable(package, broken[0][0] if broken else parts[0], *gaps)
        try:
            read = registry.snapshot(package, fit)
        except UnreadableInput as error:
            reason = Gap("what the registry says of this package",
                         f"{fit[0].observation.label}: {error}", package)
            return unreadable(package, fit[0], reason, *gaps)
        return replace(read, findings=lambda: (*read.gaps, *gaps)) if gaps else read

    def parts(self, acquisitions: Sequence[Acquisition]) -> Sequence[Part]:
        """Answers as Parts, each read when it is looked at."""
        return _Parts(self, acquisitions)

    def document(self, label: str, sha256: str, form: type[D]) -> D | None:
        """An exhibit as JSON or XML, or None where it is not that (``snapshot`` says why)."""
        if label not in self._documents:
            try:
                self._documents[label] = form(label, sha256, self._archive.read(label))
            except UnreadableInput as error:
                self._documents[label] = error
        found = self._documents[label]
        return found if isinstance(found, form) else None

    def _settled(self, package: PackageRef, group: Sequence[Acquisition]) -> Snapshot:
        """The snapshot without an observation time that cannot be right."""
        snapshot = self.snapshot(package, group)
        return self._bearing(package, group, lambda: self._dated(snapshot))

    def _dated(self, snapshot: Snapshot) -> Snapshot:
        prints = tuple(o.sha256 for o in observations_of(snapshot))
        if prints not in self._latest:
            self._latest[prints] = snapshot.latest
        return settled(snapshot, self._latest[prints])

    def part(self, acquisition: Acquisition) -> Part:
        """One answer, with its document where it is JSON or XML."""
        entry, label = acquisition.entry, acquisition.exhibit or ""
        fresh = freshness(entry)
        observation = Observation(
            label=label, sha256=acquisition.sha256 or "", order=acquisition.seq, kind=entry.kind,
            at=Instant.parse(entry.observed_at) if entry.observed_at else None,
            since=fresh.since, served=fresh.served, recorded=Instant.parse(acquisition.recorded_at),
            registry=entry.registry or "", status=200 if entry.status == 304 else entry.status,
            headers=entry.headers,
            line=LineFact(entry.observed_at, self._archive.custody_line(acquisition.seq)),
            handed=_handed(entry))
        suffix = entry.suffix if label else ""
        return Part(
            entry.kind,
            self.document(label, observation.sha256, Document) if suffix == ".json" else None,
            observation, PackageRef.parse(entry.subject) if entry.subject else None, entry,
            partial(self._archive.read, label) if label else bytes,
            self.document(label, observation.sha256, XmlDocument) if suffix == ".xml" else None)

    def _attempt(self, acquisition: Acquisition, *, answered: bool, repeated: bool,
                 captured: bool) -> Attempt:
        entry = acquisition.entry
        when = entry.observed_at or entry.requested_at
        beside = is_companion(entry.kind)
        who = "server" if beside else "registry"
        reason = entry.cause or f"the {who} answered {entry.status}"
        return Attempt(PackageRef.parse(entry.subject) if entry.subject else None,
                       Instant.parse(when) if when else None, reason,
                       LineFact(reason, self._archive.custody_line(acquisition.seq)), entry.kind,
                       entry.url or "", beside, answered, repeated, entry.run or "", captured)


def _not_handed_over(package: PackageRef, mine: Sequence[str], shared: Sequence[str]
                     ) -> Iterator[Gap]:
    """What nobody can say who has but a part of an evidence directory."""
    for labels, what, about in ((mine, "about this package", package),
                                (shared, "about no single package, such as logs", None)):
        if labels:
            more = f" and {len(labels) - _MOST_NAMED} more" if len(labels) > _MOST_NAMED else ""
            yield Gap(f"what the captures {what} hold that were left out of this hand-over",
                      f"{len(labels)} exhibit{'s are' if len(labels) != 1 else ' is'} not in this"
                      f" hand-over: {', '.join(labels[:_MOST_NAMED])}{more}", about,
                      ask="whoever made the hand-over")


def _place(acquisition: Acquisition) -> int:
    return acquisition.seq


def _handed(entry: Entry) -> Handed | None:
    origin = entry.origin
    return Handed(origin.operator, origin.tool, origin.head) if origin else None


def is_answer(acquisition: Acquisition) -> bool:
    """True for an answer that says something of what was asked, if only that it is not there."""
    entry = acquisition.entry
    known = registry_of(entry.kind) is not None or is_companion(entry.kind)
    return (acquisition.exhibit is not None and entry.complete and entry.error is None
            and entry.status in _ANSWERED and known)


def _later(answer: Acquisition | None, attempt: Acquisition) -> bool:
    """True where an answer came in a later run than an attempt that failed."""
    return answer is not None and answer.seq > attempt.seq \
        and answer.entry.run != attempt.entry.run


def shows_state(acquisition: Acquisition) -> bool:
    """True for an answer that is a part of a registry state."""
    return is_answer(acquisition) and registry_of(acquisition.entry.kind) is not None


def observations(acquisitions: Iterable[Acquisition]) -> Iterable[list[Acquisition]]:
    """Acquisitions of one run and registry belong together; a handed-over file stands alone."""
    def key(a: Acquisition) -> tuple[str, str]:
        entry = a.entry
        run = entry.run if entry.run and entry.way == "http" else f"seq {a.seq}"
        return (f"{run} {entry.origin.custody}" if entry.origin else run, entry.registry or "")

    ordered = sorted(acquisitions, key=lambda a: (key(a), a.seq))
    for _, group in groupby(ordered, key=key):
        yield list(group)


def _moment(snapshot: Snapshot) -> tuple[str, int]:
    """Sorts by the earliest moment that the observation can stand for, so that an answer out of a
    cache stands where it belongs; a copy of unknown date by the latest time it carries itself."""
    observation = snapshot.observation
    moment = observation.since or observation.at
    if moment is None:
        latest = snapshot.latest
        moment = latest.value if latest else None
    return moment.utc.isoformat() if moment else "", observation.order


class _Parts(Sequence[Part]):
    """Parts that are read when they are looked at, once."""

    def __init__(self, reader: Reader, acquisitions: Sequence[Acquisition]) -> None:
        self._made = [cache(partial(reader.part, a)) for a in acquisitions]

    @overload
    def __getitem__(self, index: int) -> Part: ...

    @overload
    def __getitem__(self, index: slice) -> list[Part]: ...

    def __getitem__(self, index: int | slice) -> Part | list[Part]:
        if isinstance(index, slice):
            return [make() for make in self._made[index]]
        return self._made[index]()

    def __len__(self) -> int:
        return len(self._made)
