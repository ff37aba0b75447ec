"""Locking: a chain open for writing, and the lock, mark and repairs around every addition."""

import os
import stat
import threading
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress

from regforensics import __version__
from regforensics.errors import EvidenceUnwritable, IntegrityError
from regforensics.evidence.batch import Body
from regforensics.evidence.bodies import bodies_of
from regforensics.evidence.custody import CUSTODY, HEAD, VERIFY_HINT
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.files import Folder, locked, shown, writing
from regforensics.evidence.index import chain_of
from regforensics.evidence.interrupted import begin, settled, sweep
from regforensics.evidence.layout import MARK, read_or_none
from regforensics.evidence.redact import Redactor
from regforensics.evidence.rooms import swept

_HANDS = 4
TOOL = f"regforensics/{__version__}"


class Locking:
    """The open directory and the chain that was read from it; subclasses add to both."""

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

    def _cut(self) -> None:
        """Take back custody bytes that are not of a whole batch."""
        if os.fstat(self._fd).st_size > self.chain.size:
            os.ftruncate(self._fd, self.chain.size)
            os.fsync(self._fd)


def discard(incoming: Body) -> None:
    """Remove a body that became no exhibit, where that can be done."""
    with suppress(EvidenceUnwritable):
        incoming.discard()
