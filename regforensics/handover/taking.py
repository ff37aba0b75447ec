"""Taking: the captures of another evidence directory become acquisitions of this one.

Each says that it was handed over, by which line of whose custody, and keeps what that line says of
the request, the answer and the time. The other custody becomes an exhibit, so that every such line
can be held against its origin. None is ever used to ask a registry whether it is still so.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from regforensics.errors import IntegrityError, UnreadableInput, WrongUsage
from regforensics.evidence.custodies import (
    KIND,
    Captures,
    Custody,
    custodies_of,
    digests_of,
    disagreement,
)
from regforensics.evidence.custody import CUSTODY
from regforensics.evidence.exhibit import Acquisition, Entry, Origin
from regforensics.evidence.files import Folder, shown
from regforensics.evidence.incoming import Incoming
from regforensics.evidence.layout import AT_ONCE, CASE, Case
from regforensics.evidence.statement import HAND_OVER, Statement, statement_of
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.verify import verify
from regforensics.handover.choice import concerns
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef

_WAYS = frozenset({"http", "file", "extracted", "run", "note", "handed-over"})
_KEEPING = ("pack", "unpack")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it: ``lines`` are new here, ``known`` were taken before, ``left_out`` exhibits
    are not in the hand-over, ``not_taken`` bodies are in it but not of what it says that it is."""

    custody: Acquisition
    case: str
    head: str
    lines: int
    exhibits: int
    known: int
    left_out: int
    not_taken: int
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class HandOver:
    """Another evidence directory that came in ``path`` and verifies; ``wanted`` are the lines of
    it that can be taken over, ``unnamed`` the bodies with it that its custody does not name."""

    path: Path
    store: EvidenceStore
    statement: Statement | None
    wanted: tuple[Acquisition, ...]
    custodies: tuple[Custody, ...]
    unnamed: int = 0

    @property
    def left_out(self) -> frozenset[str]:
        """The labels of the exhibits that it says it leaves out."""
        return frozenset(self.statement.left_out if self.statement else ())

    @property
    def not_taken(self) -> int:
        """How many bodies it brings that no line brings which can be taken over."""
        labels = {e.label for e in self.store.exhibits()} - self.left_out
        return len(labels - {a.exhibit for a in self.wanted}) + self.unnamed


def checked(root: Path, path: Path, unnamed: int = 0) -> HandOver:
    """The evidence directory at ``root``, which came in ``path``, where it can be taken over.

    Raises IntegrityError where it does not verify, UnreadableInput where a line of its custody
    says what none can say.
    """
    other = _opened(root, path)
    statement = _statement(root)
    if statement is None and any(exhibit.in_place for exhibit in other.exhibits()):
        raise UnreadableInput(f"{shown(path)} leaves exhibits in place, at paths of wherever it was"
                              " made", hint="have it made with regforensics export, which brings"
                              " their contents")
    report = verify(root)
    if report.damage:
        first, more = report.damage[0], len(report.damage) - 1
        raise IntegrityError(f"{shown(path)} does not verify: {first.path}: {first.detail}"
                             + (f" (and {more} more)" if more else ""),
                             hint="have it sent again; nothing of it was taken")
    targets = _targets(statement, path)
    left_out = frozenset(statement.left_out if statement else ())
    wanted = tuple(a for a in _sound(other, path) if concerns(a, targets)
                   and (a.exhibit is None or a.exhibit not in left_out))
    come = custodies_of(other, left_out)
    _agreeing({}, (), come, path)
    return HandOver(path, other, statement, wanted, come, unnamed)


def _opened(root: Path, path: Path) -> EvidenceStore:
    """The directory; what is wrong with it is told of ``path``, not of where it was unpacked."""
    try:
        return EvidenceStore.open(root)
    except (IntegrityError, UnreadableInput) as error:
        said = error.message.replace(f"{shown(root)}/", "")
        raise error.__class__(f"{shown(path)} cannot be opened: {said}", hint="have it sent again;"
                              " nothing of it was taken") from error


def take(store: EvidenceStore, hand: HandOver, note: str | None = None) -> Taken:
    """Take a hand-over into ``store``.

    Raises IntegrityError where it tells the history of a case otherwise than what is here does,
    before anything is recorded here.
    """
    other, path = hand.store, hand.path
    if other.custody_head == store.custody_head:
        raise WrongUsage(f"{shown(path)} is this evidence directory itself")
    here = custodies_of(store)
    _agreeing({s.acquisitions()[0].sha256: s.case for s in (store, other)}, here, hand.custodies,
              path)
    captures = Captures((*here, *hand.custodies))
    fresh = _untold(hand.wanted, other, captures, digests_of(store, captures))
    custody = store.record(_custody_entry(other, hand.statement, path, note), other.custody_bytes())
    bringing = _Bringing(store, other, custody.exhibit or "")
    lines, new = 0, 0
    for acquisition in bringing.bring(fresh):
        lines, new = lines + 1, new + acquisition.new
    times = sorted(t for a in hand.wanted if (t := a.entry.observed_at))
    return Taken(custody, other.case.name, other.custody_head, lines, new,
                 len(hand.wanted) - lines, len(hand.left_out), hand.not_taken,
                 times[0] if times else None, times[-1] if times else None)


def _agreeing(cases: Mapping[str | None, Case], here: Sequence[Custody], come: Sequence[Custody],
              path: Path) -> None:
    """Raises IntegrityError where two custodies of one case tell two histories. ``cases`` are those
    that can be named, by the digests of their files."""
    found = disagreement(here, come)
    if found is None:
        return
    held = {custody.sha256 for custody in here}
    case = cases.get(found.one.case)
    name = f"the case {case.name!r}, opened {case.created}," if case else \
        f"the case whose {CASE} has the sha256 {found.one.case}"
    one, two = (f"{custody.name} {'here' if custody.sha256 in held else f'in {shown(path)}'}"
                for custody in (found.one, found.other))
    raise IntegrityError(f"two custodies of {name} disagree from line {found.line} on: {one} and"
                         f" {two}", hint="one of the two was rewritten, or the directory was copied"
                         " and both went on; nothing of it was taken")


def _untold(wanted: Sequence[Acquisition], other: EvidenceStore, captures: Captures,
            before: set[str]) -> Iterator[Acquisition]:
    """The lines whose captures are not here yet, each capture once."""
    for acquisition in wanted:
        told = _digest(other, acquisition)
        first = captures.first(told)
        if not {told, first} & before:
            before.add(first)
            yield acquisition


def _statement(root: Path) -> Statement | None:
    folder = Folder.open(root)
    return statement_of(folder.read(HAND_OVER)) if folder.stat(HAND_OVER) else None


def _targets(statement: Statement | None, path: Path) -> tuple[PackageRef, ...]:
    try:
        return tuple(map(PackageRef.parse, statement.targets)) if statement else ()
    except WrongUsage as error:
        raise UnreadableInput(f"{shown(path)}: {HAND_OVER}: {error.message}") from error


def _custody_entry(other: EvidenceStore, statement: Statement | None, path: Path,
                   note: str | None) -> Entry:
    lines = len(other.acquisitions())
    about = f"; of {', '.join(statement.targets)}" if statement and statement.targets else ""
    told = (f"hand-over of the case {other.case.name}, opened {other.case.created}: {lines} custody"
            f" lines, head {other.custody_head}{about}")
    return Entry(how="file", kind=KIND, what=KIND, path=str(path), suffix=".jsonl",
                 note=f"{note}; {told}" if note else told)


def _sound(other: EvidenceStore, path: Path) -> Iterator[Acquisition]:
    """Every line that brought something, or tried to, with values that the rest of the program can
    read; how the other directory keeps its exhibits is nothing here."""
    for acquisition in other.acquisitions()[1:]:
        entry = acquisition.entry
        if entry.how in _KEEPING:
            if acquisition.exhibit is not None:
                raise UnreadableInput(f"{shown(path)}: {CUSTODY} line {acquisition.seq} is of"
                                      f" {entry.how}, which brings no exhibit, but names"
                                      f" {acquisition.exhibit}")
            continue
        try:
            for text in (entry.requested_at, entry.observed_at, acquisition.recorded_at):
                if text is not None:
                    Instant.parse(text)
            if entry.subject is not None:
                PackageRef.parse(entry.subject)
        except (ValueError, WrongUsage) as error:
            raise UnreadableInput(f"{shown(path)}: {CUSTODY} line {acquisition.seq} cannot be taken"
                                  f" over: {error}") from error
        if not {entry.how, entry.way} <= _WAYS:
            raise UnreadableInput(f"{shown(path)}: {CUSTODY} line {acquisition.seq} came in no way"
                                  f" that is known: {entry.way!r}")
        yield acquisition


def _digest(other: EvidenceStore, acquisition: Acquisition) -> str:
    """The digest of a line: what the next one carries."""
    lines = other.acquisitions()
    return other.custody_head if acquisition.seq == len(lines) else lines[acquisition.seq].prev


class _Bringing:
    """Records lines in batches; ``labels`` maps the other directory's labels to those here."""

    def __init__(self, store: EvidenceStore, other: EvidenceStore, custody: str) -> None:
        self.store, self.other, self.custody = store, other, custody
        self.labels: dict[str, str] = {}

    def bring(self, wanted: Iterator[Acquisition]) -> Iterator[Acquisition]:
        """The new lines, each durable when it is given."""
        batch: list[Acquisition] = []
        for acquisition in wanted:
            if len(batch) == AT_ONCE or (batch and not self._named(acquisition)):
                yield from self._record(batch)
                batch = []
            batch.append(acquisition)
        yield from self._record(batch)

    def _named(self, acquisition: Acquisition) -> bool:
        """Whether every exhibit that a line refers to has its label here."""
        entry = acquisition.entry
        return all(self._found(label) for label in (
            entry.unchanged_exhibit, entry.source.exhibit if entry.source else None) if label)

    def _record(self, batch: Sequence[Acquisition]) -> list[Acquisition]:
        with ExitStack() as bodies:
            records = [(self._entry(a), self._body(a, bodies)) for a in batch]
            done = self.store.record_all(records) if records else []
        for old, new in zip(batch, done, strict=True):
            if old.exhibit is not None and new.exhibit is not None:
                self.labels[old.exhibit] = new.exhibit
        return done

    def _entry(self, acquisition: Acquisition) -> Entry:
        entry, other = acquisition.entry, self.other
        origin = Origin(how=entry.way, operator=acquisition.operator, tool=acquisition.tool,
                        recorded_at=acquisition.recorded_at, line=acquisition.seq,
                        sha256=_digest(other, acquisition), custody=self.custody,
                        head=other.custody_head)
        source = entry.source
        if source is not None:
            source = replace(source, exhibit=self._here(source.exhibit))
        unchanged = entry.unchanged_exhibit
        return replace(entry, how="handed-over", origin=origin, source=source, forms=(),
                       unchanged_exhibit=self._here(unchanged) if unchanged else None)

    def _here(self, label: str) -> str:
        """The label here of an exhibit there. Raises IntegrityError where it did not come along."""
        found = self._found(label)
        if found is None:
            raise IntegrityError(f"{label} of the hand-over is referred to before it came")
        return found

    def _found(self, label: str) -> str | None:
        if label not in self.labels:
            digest = self.other.exhibit(label).sha256
            if self.store.holds(digest):  # taken over before
                self.labels[label] = self.store.exhibit(digest).label
        return self.labels.get(label)

    def _body(self, acquisition: Acquisition, bodies: ExitStack) -> Incoming | None:
        if acquisition.exhibit is None or acquisition.entry.unchanged_exhibit is not None:
            return None
        body = bodies.enter_context(self.store.incoming())
        with self.other.opened(acquisition.exhibit) as source:
            while chunk := source.read(_CHUNK):
                body.write(chunk)
        if body.sha256 != acquisition.sha256:
            raise IntegrityError(f"{acquisition.exhibit} of the hand-over changed while it was"
                                 " read")
        return body
