"""Writer: the only code that adds to an evidence directory.

Each batch of records holds an exclusive lock on custody.jsonl, so that several processes may write
at once. The order is mark, exhibits, custody lines, manifest lines, head; each step is durable
before the next, and the whole batch before anyone is told of it. A failure before the custody lines
are durable is undone; one after it is finished by the next writer.
"""

import getpass
import hashlib
import os
import stat
import threading
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

from regforensics import __version__
from regforensics.errors import EvidenceUnwritable, IntegrityError
from regforensics.evidence.batch import Batch, Body, Item
from regforensics.evidence.bodies import bodies_of
from regforensics.evidence.custody import (
    CUSTODY,
    HEAD,
    VERIFY_HINT,
    ZEROS,
    head_bytes,
)
from regforensics.evidence.elsewhere import InPlace
from regforensics.evidence.exhibit import Acquisition, Entry, Form
from regforensics.evidence.files import Folder, locked, shown, write_all, writing
from regforensics.evidence.forms import Stored
from regforensics.evidence.incoming import Incoming
from regforensics.evidence.index import chain_of
from regforensics.evidence.interrupted import (
    begin,
    finish,
    set_aside,
    settled,
    sweep,
    write_manifest,
)
from regforensics.evidence.layout import (
    AT_ONCE,
    CASE,
    EXHIBITS,
    MANIFEST,
    MARK,
    Case,
    case_bytes,
    manifest_bytes,
    read_or_none,
)
from regforensics.evidence.record import encode, record_of
from regforensics.evidence.redact import Redactor
from regforensics.evidence.remade import Remade, unchanged
from regforensics.evidence.rooms import swept
from regforensics.model.instant import iso, now

_HANDS = 4
TOOL = f"regforensics/{__version__}"


class Writer:
    """Adds acquisitions to an open directory and to the chain that was read from it."""

    def __init__(self, folder: Folder, *, redactor: Redactor,
                 operator: str, lock_timeout: float) -> None:
        """Read the chain. Raises EvidenceUnwritable where custody.jsonl cannot be opened for
        writing, IntegrityError where it is damaged."""
        self.folder = folder
        self.redactor, self.operator = redactor, redactor.text(operator)
        self.repairs: tuple[str, ...] = ()
        self._timeout = lock_timeout
        self._mutex = threading.RLock()
        self._sound: set[str] = set()
        self._hands: ThreadPoolExecutor | None = None
        found = folder.stat(CUSTODY)
        if found is None or not stat.S_ISREG(found.st_mode):
            raise IntegrityError(f"{shown(folder.path / CUSTODY)} is missing or not a regular file",
                                 hint=VERIFY_HINT)
        with writing(shown(folder.path / CUSTODY)):
            self._fd = folder.file(CUSTODY, os.O_RDWR | os.O_APPEND)
        weakref.finalize(self, os.close, self._fd)
        head = read_or_none(folder, HEAD)  # before custody: another writer may be at work
        with writing(shown(folder.path / CUSTODY)):
            self.chain = chain_of(folder, self._fd, head)
        self.bodies = bodies_of(folder, self.chain)
        self.exhibits = self.bodies.folder

    def start(self) -> None:
        """Read on, settle what an interrupted writer left, sweep abandoned bodies."""
        with self._locked():
            tail = self._catch_up()
            self._settle(tail)
            with writing(shown(self.exhibits.path)):
                self.repairs += (*sweep(self.folder, self.exhibits), *swept(self.folder))

    def record(self, entry: Entry, body: Body | bytes | None) -> Acquisition:
        """Add one acquisition. Raises EvidenceUnwritable or IntegrityError."""
        return self.record_all(((entry, body),))[0]

    def record_all(self, records: Sequence[tuple[Entry, Body | bytes | None]],
                   ) -> list[Acquisition]:
        """Add acquisitions in their order, at most AT_ONCE: all are durable when this returns.

        Raises EvidenceUnwritable or IntegrityError, and then none of them was added, unless
        custody was durable already.
        """
        if len(records) > AT_ONCE:
            raise ValueError(f"{len(records)} records at once; at most {AT_ONCE} can be settled")
        with ExitStack() as bodies:
            items = [(self._entry(entry, body), self._body(body, bodies))
                     for entry, body in records]
            exhibits = self.chain.exhibits
            self._sync([body for _, body in items
                        if body and exhibits.holding(body.sha256) is None])
            with self._locked():
                self._ready(len(items))
                return self._add(items)

    def _sync(self, bodies: Sequence[Body]) -> None:
        """Make bodies durable, several at once: a disk takes four in little more time than one."""
        if len(bodies) == 1:
            bodies[0].sync()
        elif bodies:
            self._hands = self._hands or ThreadPoolExecutor(_HANDS)
            asked = [self._hands.submit(body.sync) for body in bodies]
            wait(asked)  # where one fails, no other may still be making its file
            for done in asked:
                done.result()

    def _entry(self, entry: Entry, body: object) -> Entry:
        if entry.unchanged_exhibit is not None and body is not None:
            raise ValueError("an answer that names an unchanged exhibit has no body of its own")
        return self.redactor.entry(entry)

    def _body(self, body: Body | bytes | None, bodies: ExitStack) -> Body | None:
        """The body, to be discarded with ``bodies`` where it does not become an exhibit."""
        if body is None:
            return None
        if not isinstance(body, bytes):
            bodies.callback(_discard, body)
            return body
        incoming = Incoming(self.exhibits)
        bodies.callback(_discard, incoming)
        incoming.write(body)
        return incoming

    @contextmanager
    def _locked(self) -> Iterator[None]:
        what = f"evidence directory {shown(self.folder.path)}"
        with self._mutex, writing(what), \
                locked(self._fd, shared=False, timeout=self._timeout, what=what):
            yield

    def _catch_up(self) -> bytes:
        """Read what other writers appended; the bytes after the last LF."""
        there, ours = self.folder.stat(CUSTODY), os.fstat(self._fd)
        if there is None or (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino):
            raise IntegrityError(f"{shown(self.folder.path / CUSTODY)} was replaced while open",
                                 hint=VERIFY_HINT)
        known = self.chain.size
        if ours.st_size < known:
            raise IntegrityError(f"{CUSTODY} is cut off: it ends at byte {ours.st_size}, {known} "
                                 "bytes were read before", hint=VERIFY_HINT)
        return self.chain.catch_up(ours.st_size)

    def _ready(self, count: int) -> None:
        """Bring the chain up to date, and set the mark of a writer that adds ``count`` lines."""
        tail = self._catch_up()
        if tail or read_or_none(self.folder, HEAD) != self.chain.head():
            self._settle(tail)
        with writing(shown(self.folder.path / MARK)):
            try:
                begin(self.folder, durable=count > 1)
            except FileExistsError:
                self._settle(b"")
                begin(self.folder, durable=count > 1)

    def _settle(self, tail: bytes) -> None:
        self.repairs += tuple(settled(self.folder, self.bodies, self.chain, self._fd, tail))

    def _add(self, items: Sequence[Item]) -> list[Acquisition]:
        batch = Batch(self.chain)
        try:
            for item in items:
                self._take(batch, item)
            if batch.placed:
                with writing(shown(self.exhibits.path)):
                    self.exhibits.sync()
            with writing(shown(self.folder.path / CUSTODY)):
                write_all(self._fd, batch.data)
                os.fsync(self._fd)
        except (EvidenceUnwritable, IntegrityError) as error:
            self._undo(error, batch, [body for _, body in items if body])
            raise
        first = len(self.chain) + 1
        self.chain.extend(batch.data)
        if batch.new:
            with writing(shown(self.folder.path / MANIFEST)):
                self.folder.write(MANIFEST, batch.manifest, flags=os.O_APPEND)
        with writing(shown(self.folder.path / HEAD)):
            finish(self.folder, self.chain.head())
        return [self.chain.record(seq) for seq in range(first, first + len(items))]

    def _take(self, batch: Batch, item: Item) -> None:
        """Put the body in its place where its bytes are new, and the line into the batch."""
        entry, incoming = item
        stored, file, place = batch.known(item, self._is_sound), None, None
        if incoming and stored is None:
            stored = batch.place(entry, incoming)
            file = stored.file
            if isinstance(incoming, Incoming):
                incoming.sync()
                with writing(shown(self.exhibits.path / file)):
                    incoming.become(self.exhibits, file, 0o444)
            else:
                place = incoming.place
        elif isinstance(incoming, InPlace) and stored and stored.places \
                and stored.places[-1] != incoming.place:
            place = incoming.place
        batch.add(entry, stored, file=file, recorded_at=iso(now()), tool=TOOL,
                  operator=self.operator, in_place=place)

    def reform(self, entry: Entry, made: Sequence[Remade]) -> tuple[Form, ...]:
        """Let other files stand for exhibits: each durable and recorded before the old one goes.

        Those that another process gave another form meanwhile are left as they are. Raises
        EvidenceUnwritable or IntegrityError, and then nothing was changed, unless custody was
        durable already: then the next writer finishes it.
        """
        with ExitStack() as bodies:
            for one in made:
                bodies.callback(_discard, one.file)
            self._sync([one.file for one in made])
            with self._locked():
                self._ready(AT_ONCE)
                fresh = unchanged(made, self.chain.exhibits)
                if fresh:
                    self._stand(replace(self._entry(entry, None),
                                        forms=tuple(one.form for one in fresh)), fresh)
                with writing(shown(self.folder.path / HEAD)):
                    finish(self.folder, self.chain.head())
                return tuple(one.form for one in fresh)

    def _stand(self, entry: Entry, fresh: Sequence[Remade]) -> None:
        line = encode(record_of(
            entry, seq=len(self.chain) + 1, recorded_at=iso(now()), exhibit=None,
            file=None, sha256=None, size=None, tool=TOOL, operator=self.operator,
            prev=self.chain.digest))
        try:
            with writing(shown(self.exhibits.path)):
                for one in fresh:
                    one.file.become(self.exhibits, one.form.file, 0o444)
                self.exhibits.sync()
            with writing(shown(self.folder.path / CUSTODY)):
                write_all(self._fd, line)
                os.fsync(self._fd)
        except EvidenceUnwritable:
            self._stand_back(fresh)
            raise
        self.chain.extend(line)
        with writing(shown(self.folder.path)):
            write_manifest(self.folder, self.chain)
            for one in fresh:
                self.exhibits.remove(one.was.file)
            self.exhibits.sync()

    def _stand_back(self, fresh: Sequence[Remade]) -> None:
        """Take back new files that custody does not name. Where that fails, the mark stays set."""
        with suppress(OSError):
            self._cut()
            for one in fresh:
                if not one.file.open:
                    self.exhibits.remove(one.form.file)
            self.exhibits.sync()
            self.folder.remove(MARK)

    def _cut(self) -> None:
        """Take back custody bytes that are not of a whole batch."""
        if os.fstat(self._fd).st_size > self.chain.size:
            os.ftruncate(self._fd, self.chain.size)
            os.fsync(self._fd)

    def _is_sound(self, stored: Stored) -> bool:
        """True where the stored bytes are still those; else the new ones must not be dropped.

        Bytes that stand elsewhere are not ours to keep: who hands a copy over gets it stored.
        """
        if stored.places:
            return False
        if stored.label in self._sound:
            return True
        try:
            same = self.bodies.digest(stored) == (stored.sha256, stored.size)
        except OSError:
            return False
        if same:
            self._sound.add(stored.label)
        return same

    def _undo(self, error: EvidenceUnwritable | IntegrityError, batch: Batch,
              bodies: Sequence[Body]) -> None:
        """Take back what was not made durable. Where that fails too, the mark stays set."""
        with suppress(OSError):
            self._cut()
            places = [set_aside(self.folder, self.exhibits, file)
                      for incoming, file in batch.placed
                      if not incoming.open and self.exhibits.stat(file) is not None]
            for incoming in bodies:
                if isinstance(incoming, Incoming) and incoming.open:
                    places.append(set_aside(self.folder, self.exhibits, incoming.name))
                    incoming.close()
            if places:
                error.hint = f"{error.hint}; the bytes received are in {', '.join(places)}"
            self.folder.remove(MARK)


def _discard(incoming: Body) -> None:
    with suppress(EvidenceUnwritable):
        incoming.discard()


def create(folder: Folder, case: Case, operator: str) -> None:
    """Make a new evidence directory in an empty one. Raises EvidenceUnwritable."""
    with writing(f"a new evidence directory in {shown(folder.path)}"):
        begin(folder, anew=False)
        folder.made(EXHIBITS)
        data = case_bytes(case)
        digest = hashlib.sha256(data).hexdigest()
        entry = Entry(how="case", kind="case", observed_at=case.created, path=CASE)
        line = encode(record_of(
            entry, seq=1, recorded_at=case.created, exhibit=None, file=None, sha256=digest,
            size=len(data), tool=case.tool, operator=operator, prev=ZEROS))
        for name, content, mode in ((CASE, data, 0o444), (MANIFEST, manifest_bytes(digest, ()),
                                    0o644), (CUSTODY, line, 0o644)):
            folder.write(f".{name}.new", content, flags=os.O_CREAT | os.O_TRUNC, mode=mode)
            folder.replace(f".{name}.new", name)
        finish(folder, head_bytes(1, len(line), hashlib.sha256(line).hexdigest()))


def operator_name() -> str:
    """Who works here: REGFORENSICS_OPERATOR, else the account's name, else ``unknown``."""
    named = os.environ.get("REGFORENSICS_OPERATOR")
    if named:
        return named
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


@contextmanager
def alone(folder: Folder, timeout: float) -> Iterator[None]:
    """Hold the lock under which a directory is made or opened for writing."""
    what = f"evidence directory {shown(folder.path)}"
    with writing(what), locked(folder.fd, shared=False, timeout=timeout, what=what):
        yield
