"""EvidenceStore: open an evidence directory, add to it, list it, read from it.

Readers never write and take no lock. Writers hold the lock for one record at a time.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from regforensics.errors import EvidenceUnwritable, IntegrityError, UnreadableInput, WrongUsage
from regforensics.evidence import questions
from regforensics.evidence.batch import Body
from regforensics.evidence.bodies import Bodies, bodies_of
from regforensics.evidence.custody import CUSTODY, HEAD, Acquisitions, Chain
from regforensics.evidence.derived import derivation_fault
from regforensics.evidence.elsewhere import hint_of
from regforensics.evidence.exhibit import Acquisition, Entry, Exhibit, Source
from regforensics.evidence.files import Folder, shown
from regforensics.evidence.forms import Stored
from regforensics.evidence.incoming import Incoming
from regforensics.evidence.layout import (
    MARK,
    Case,
    check_case,
    is_unborn,
    lag_of,
    no_evidence,
    open_root,
    read_or_none,
)
from regforensics.evidence.lines import Line
from regforensics.evidence.listing import Exhibits, exhibit_of, named
from regforensics.evidence.making import (
    case_in,
    chain_in,
    left_out_in,
    named_after,
    prepare,
    root_for_writing,
)
from regforensics.evidence.redact import Redactor
from regforensics.evidence.statement import HAND_OVER, at_hand
from regforensics.evidence.threads import about
from regforensics.evidence.unpacked import Spans, quoted
from regforensics.evidence.writer import Writer, alone, operator_name


class EvidenceStore:
    """An evidence directory. ``repairs`` says what an interrupted writer had left to settle."""

    def __init__(self, folder: Folder, case: Case, chain: Chain, writer: Writer | None,
                 bodies: Bodies | None = None) -> None:
        self.root, self.case, self.writer = folder.path, case, writer
        self._left_out = frozenset[str]()
        if folder.stat(HAND_OVER) is not None:
            self._left_out = left_out_in(folder, chain)
            at_hand(chain.exhibits)
        self._bodies = bodies or (writer.bodies if writer else bodies_of(folder, chain))
        self._folder, self._chain = folder, chain
        self._checked: set[str] = set()

    @classmethod
    def create_or_open(cls, root: Path, *, name: str | None = None, lock_timeout: float = 30.0,
                       redactor: Redactor | None = None,
                       operator: str | None = None) -> "EvidenceStore":
        """Open for writing; make the directory where there is none or an empty one.

        ``name`` names a new case (default: the directory's name); ``lock_timeout`` is in seconds.
        Raises WrongUsage for a path that cannot be one, UnreadableInput for a newer format,
        EvidenceUnwritable where it cannot be written or locked, IntegrityError where it is damaged.
        """
        root = Path(root)
        redactor, who = redactor or Redactor(), operator or operator_name()
        folder = root_for_writing(root)
        with alone(folder, lock_timeout):
            if HAND_OVER in folder.names():
                raise WrongUsage(f"{shown(root)} is a hand-over: nothing is added to it",
                                 hint="ingest it into an evidence directory of your own")
            made = prepare(folder, redactor.text(name or named_after(root)),
                            redactor.text(who))
            case, data = case_in(folder)
            writer = Writer(folder, redactor=redactor,
                            operator=who, lock_timeout=lock_timeout)
            writer.start()
            check_case(writer.chain, data, root)
            writer.repairs = (*made, *writer.repairs)
            return cls(folder, case, writer.chain, writer)

    @classmethod
    def open(cls, root: Path) -> "EvidenceStore":
        """Open for reading; passes over the unfinished end of an interrupted writer. Writes nothing
        but the index below ``derived/``, where custody is long and that can be had.

        Raises WrongUsage, UnreadableInput or IntegrityError as ``create_or_open`` does.
        """
        root = Path(root)
        folder = open_root(root)
        if folder is None:
            raise no_evidence(root, "does not exist")
        if MARK in folder.names() and is_unborn(folder, folder.names()):
            raise no_evidence(root, "holds nothing yet: its first writer was interrupted")
        case, data = case_in(folder)
        head = read_or_none(folder, HEAD)  # before custody: a writer may be at work
        chain = chain_in(folder, head)
        lag_of(chain, head, most=len(chain))
        check_case(chain, data, root)
        return cls(folder, case, chain, None)

    def as_of(self, head: str) -> "EvidenceStore":
        """The directory as it was at a custody head, for reading: later lines are not seen.

        Raises WrongUsage where no custody line has the digest ``head``.
        """
        past = EvidenceStore(self._folder, self.case, self._chain.until(head), None, self._bodies)
        past._left_out = self._left_out
        return past

    @property
    def repairs(self) -> tuple[str, ...]:
        """What was settled since the directory was opened; empty for a reader."""
        return self.writer.repairs if self.writer else ()

    @property
    def redactor(self) -> Redactor | None:
        """What takes secrets out of entries before they are written; None for a reader."""
        return self.writer.redactor if self.writer else None

    def incoming(self) -> Incoming:
        """A temporary file to stream a body into. Raises EvidenceUnwritable."""
        return Incoming(self._for_writing().exhibits)

    def record(self, entry: Entry, body: Body | bytes | None) -> Acquisition:
        """Store the body where its bytes are new and append the custody line; both durable.

        Raises EvidenceUnwritable (the directory stays valid), IntegrityError where it is damaged.
        """
        return self.record_all(((entry, body),))[0]

    def record_all(self, records: Sequence[tuple[Entry, Body | bytes | None]],
                   ) -> list[Acquisition]:
        """``record`` for several at once, at most AT_ONCE, in their order: durable together.

        Raises as ``record`` does; then none of them counts as recorded.
        """
        return self._for_writing().record_all(records)

    def _for_writing(self) -> Writer:
        if self.writer is None:
            raise EvidenceUnwritable(f"evidence directory {shown(self.root)} is open for reading")
        return self.writer

    def acquisitions(self) -> Sequence[Acquisition]:
        """Every custody line, in order; ``acquisitions()[n - 1]`` is line n."""
        return Acquisitions(self._chain, range(1, len(self._chain) + 1))

    def subjects(self) -> tuple[str, ...]:
        """The purl, without a version, of every package that a custody line is about."""
        return tuple(filter(None, tuple(self._chain.subjects.last)))

    def of_subject(self, purl: str) -> Sequence[Acquisition]:
        """The custody lines about a package and its versions, in order; decoded when looked at."""
        return self._at_hand(self._chain.subjects.of(about(purl)) if purl else ())

    def of_kind(self, *kinds: str) -> Sequence[Acquisition]:
        """The custody lines of some kinds, in order; decoded when looked at."""
        return self._sorts(f"{sign}{kind}" for kind in kinds for sign in "+-")

    def of_no_subject(self, *kinds: str) -> Sequence[Acquisition]:
        """The custody lines of some kinds that are about no package in particular."""
        return self._sorts(f"-{kind}" for kind in kinds)

    def _sorts(self, keys: Iterable[str]) -> Sequence[Acquisition]:
        return self._at_hand(sorted(chain.from_iterable(
            map(self._chain.kinds.of, dict.fromkeys(keys)))))

    def _at_hand(self, lines: Sequence[int]) -> Sequence[Acquisition]:
        """Custody lines, without those whose exhibits a hand-over leaves out."""
        found = Acquisitions(self._chain, lines)
        return [a for a in found if a.exhibit not in self._left_out] if self._left_out else found

    def left_out(self, purl: str | None = None) -> tuple[str, ...]:
        """The labels of what is not here because a hand-over leaves it out: what is about a package
        and its versions, or (None) about no package in particular."""
        if not self._left_out:
            return ()
        lines = map(self._chain.record, self._chain.subjects.of(about(purl))) if purl else (
            a for a in self.acquisitions() if a.entry.subject is None)
        return tuple(dict.fromkeys(a.exhibit for a in lines if a.exhibit in self._left_out
                                   and a.exhibit is not None))

    def last_line(self) -> int:
        """The number of the last custody line."""
        return len(self._chain)

    def last_answer(self, url: str, accept: str, body: str) -> Acquisition | None:
        """The last answer of any kind to a question that was asked over the network."""
        found = self._answer(questions.latest(url, accept, body))
        return found if found and questions.is_answer(found.entry) \
            and questions.asked(found.entry) == (url, accept, body) else None

    def last_full(self, url: str, accept: str) -> Acquisition | None:
        """The last whole document that an address itself gave, asked without a body."""
        found = self._answer(questions.full(url, accept))
        return found if found and questions.is_full(found.entry, found.exhibit) \
            and (found.entry.final_url or found.entry.url) == url \
            and questions.asked(found.entry)[1] == accept else None

    def answer_before(self, taken: Acquisition) -> Acquisition | None:
        """The last answer to the same question before a given one, whoever asked."""
        question, subject = questions.asked(taken.entry), taken.entry.subject
        alike = self.of_subject(subject) if subject else self.of_no_subject(taken.entry.kind)
        return next((a for a in reversed(alike) if a.seq < taken.seq
                     and questions.is_answer(a.entry) and questions.asked(a.entry) == question),
                    None)

    def first_full(self, url: str) -> int:
        """The line of the first whole document that a question without a body led to, or 0."""
        found = self._answer(questions.first(url))
        return found.seq if found and found.entry.url == url else 0

    def _answer(self, key: int) -> Acquisition | None:
        line = self._chain.answers.get(key)
        return self._chain.record(line) if line else None

    def exhibits(self) -> Sequence[Exhibit]:
        """Every exhibit, in the order of its label."""
        return Exhibits(self._chain, range(1, len(self._chain.exhibits) + 1))

    def exhibit(self, ref: str) -> Exhibit:
        """The exhibit of a label, or of a prefix (6 or more digits) of a SHA-256.

        Raises WrongUsage where it names none, or more than one.
        """
        stored = named(self._chain, ref)
        if stored is None:
            raise WrongUsage(f"no exhibit {shown(ref)} in {shown(self.root)}",
                             hint="give a label such as EX-000003, or 6 or more digits of a sha256;"
                             " `regforensics list` shows both")
        return exhibit_of(self._chain, stored)

    def holds(self, sha256: str) -> bool:
        """Whether bytes of that digest (hex) are stored."""
        return self._chain.exhibits.holding(sha256) is not None

    def read(self, label: str) -> bytes:
        """An exhibit's bytes, checked against custody the first time in this process.

        Raises WrongUsage for an unknown label, IntegrityError where the bytes are not those, and
        UnreadableInput for what a hand-over leaves out.
        """
        stored = self._held(label)
        with self._reading(stored):
            data = self._bodies.read(stored)
        self._check(stored, data)
        return data

    def read_into(self, label: str, room: bytearray) -> memoryview:
        """As ``read``, into ``room`` where the bytes fit there: for many exhibits, one by one."""
        stored = self._held(label)
        place = memoryview(room if len(room) >= stored.size else bytearray(stored.size * 5 // 4))
        with self._reading(stored):
            size = self._bodies.read_into(stored, place[:stored.size])
        data = place[:stored.size if size is None else size]
        self._check(stored, data, whole=size is not None)
        return data

    @contextmanager
    def _reading(self, stored: Stored) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            path = shown(self._bodies.path(stored))
            raise IntegrityError(f"{path} cannot be read: {error.strerror}",
                                 hint=hint_of(stored)) from error

    def _check(self, stored: Stored, data: bytes | memoryview, *, whole: bool = True) -> None:
        """Raises IntegrityError where the bytes are not those that custody says."""
        fits = whole and len(data) == stored.size
        if fits and stored.label not in self._checked:
            fits = hashlib.sha256(data).hexdigest() == stored.sha256
        if not fits:
            path = shown(self._bodies.path(stored))
            raise IntegrityError(f"{path} is not what custody line {stored.lines[0]} says: "
                                 f"expected {stored.size} bytes of sha256 {stored.sha256}",
                                 hint=hint_of(stored))
        self._checked.add(stored.label)

    def opened(self, label: str) -> BinaryIO:
        """An exhibit's file, for reading what is too large to hold; its bytes are not checked.

        Raises WrongUsage for an unknown label, IntegrityError where it cannot be read.
        """
        stored = self._held(label)
        try:
            return self._bodies.opened(stored)
        except OSError as error:
            raise IntegrityError(f"{shown(self._bodies.path(stored))} cannot be read:"
                                 f" {error.strerror}", hint=hint_of(stored)) from error

    def quoted(self, label: str, member: str | None, spans: Spans
               ) -> Mapping[tuple[int, int], tuple[int, bytes]]:
        """(line number, bytes) of spans of what an exhibit unpacks to (``unpacked.quoted``).

        Its stored bytes are checked against custody the first time in this process. Raises
        WrongUsage for an unknown label, IntegrityError where the bytes are not those.
        """
        self.ensure_sound(label)
        return quoted(lambda: self.opened(label), member, spans)

    def ensure_sound(self, label: str) -> None:
        """Hold an exhibit against its digest, once in this process, without loading it.

        Raises as ``read`` does.
        """
        stored = self._held(label)
        if label in self._checked:
            return
        try:
            found = self._bodies.digest(stored)
        except OSError as error:
            raise IntegrityError(f"{shown(self.path(label))} cannot be read: {error.strerror}",
                                 hint=hint_of(stored)) from error
        if found != (stored.sha256, stored.size):
            raise IntegrityError(f"{shown(self.path(label))} is not what custody line"
                                 f" {stored.lines[0]} says", hint=hint_of(stored))
        self._checked.add(label)

    def derivation_fault(self, label: str) -> str | None:
        """Why an exhibit that custody says was taken out of another one is not what that gives;
        None where it is, and for every other exhibit."""
        stored = self._stored(label)
        faults = (derivation_fault(self._bodies, self._chain.exhibits, source, stored.sha256)
                  for source in self._sources(stored))
        return next(filter(None, faults), None)

    def source(self, label: str) -> Source | None:
        """What an exhibit was first taken out of; None for every other one."""
        return next(iter(self._sources(self._stored(label))), None)

    def _sources(self, stored: Stored) -> tuple[Source, ...]:
        found = (self._chain.record(line).entry.source for line in stored.lines)
        return tuple(dict.fromkeys(source for source in found if source is not None))

    def path(self, label: str) -> Path:
        """Where an exhibit's file is. Raises WrongUsage for an unknown label."""
        return self._bodies.path(self._stored(label))

    def _held(self, label: str) -> Stored:
        """An exhibit whose bytes should be here. What a hand-over says that it leaves out is no
        damage of it, and nothing can be said of what it held."""
        if label in self._left_out:
            raise UnreadableInput(f"{shown(label)} is not in this hand-over, as {HAND_OVER} says",
                                  hint="ask whoever made it for the whole, or for more targets")
        return self._stored(label)

    def _stored(self, label: str) -> Stored:
        stored = self._chain.exhibits.get(label)
        if stored is None:
            raise WrongUsage(f"no exhibit {shown(label)} in {shown(self.root)}",
                             hint="`regforensics list` shows the labels")
        return stored

    def custody_line(self, seq: int) -> Line:
        """A custody line that can cite itself: its digest is of the file's bytes before its end.

        Raises WrongUsage where there is no such line.
        """
        if not 1 <= seq <= len(self._chain):
            raise WrongUsage(f"{CUSTODY} has no line {seq}", hint=f"it has {len(self._chain)}")
        start, end = self._chain.span(seq)
        return Line(CUSTODY, self._chain.digest_before(end - 1), seq, start,
                    self._chain.line(seq)[:-1])

    def custody_bytes(self) -> bytes:
        """custody.jsonl up to the last line that ``acquisitions`` shows."""
        return self._chain.tape.read(0, self._chain.size)

    @property
    def custody_head(self) -> str:
        """SHA-256 hex of the last custody line: the ``prev`` of the next one."""
        return self._chain.digest
