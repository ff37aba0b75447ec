"""Writer: the only code that adds to an evidence directory.

Each record holds an exclusive lock on custody.jsonl, so that several processes may write at once.
The order is mark, exhibit, custody line, manifest line, head; each step is durable before the
next. A failure before the custody line is durable is undone; one after it is finished by the
next writer.
"""

import getpass
import hashlib
import os
import stat
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from regforensics import __version__
from regforensics.errors import EvidenceUnwritable, IntegrityError
from regforensics.evidence.custody import (
    CUSTODY,
    HEAD,
    VERIFY_HINT,
    ZEROS,
    Chain,
    Stored,
)
from regforensics.evidence.exhibit import Acquisition, Entry
from regforensics.evidence.files import Folder, locked, shown, write_all, writing
from regforensics.evidence.incoming import Incoming
from regforensics.evidence.interrupted import begin, finish, set_aside, settled, sweep
from regforensics.evidence.layout import (
    CASE,
    EXHIBITS,
    MANIFEST,
    MARK,
    Case,
    case_bytes,
    manifest_bytes,
    manifest_line,
    read_or_none,
)
from regforensics.evidence.naming import file_name, label
from regforensics.evidence.record import encode, record_of
from regforensics.evidence.redact import Redactor
from regforensics.model.instant import iso

TOOL = f"regforensics/{__version__}"


class Writer:
    """Adds acquisitions to an open directory and to the chain that was read from it."""

    def __init__(self, folder: Folder, exhibits: Folder, chain: Chain, *, redactor: Redactor,
                 operator: str, lock_timeout: float) -> None:
        """Raises EvidenceUnwritable where custody.jsonl cannot be opened for writing."""
        self.folder, self.exhibits, self.chain = folder, exhibits, chain
        self.redactor, self.operator = redactor, redactor.text(operator)
        self.repairs: tuple[str, ...] = ()
        self._timeout = lock_timeout
        self._mutex = threading.RLock()
        self._sound: set[str] = set()
        found = folder.stat(CUSTODY)
        if found is None or not stat.S_ISREG(found.st_mode):
            raise IntegrityError(f"{shown(folder.path / CUSTODY)} is missing or not a regular file",
                                 hint=VERIFY_HINT)
        with writing(shown(folder.path / CUSTODY)):
            self._fd = folder.file(CUSTODY, os.O_RDWR | os.O_APPEND)
        weakref.finalize(self, os.close, self._fd)

    def start(self) -> None:
        """Read the chain, settle what an interrupted writer left, sweep abandoned bodies."""
        with self._locked():
            tail = self._catch_up()
            self._settle(tail)
            with writing(shown(self.exhibits.path)):
                self.repairs += tuple(sweep(self.folder, self.exhibits))

    def record(self, entry: Entry, body: Incoming | bytes | None) -> Acquisition:
        """Add one acquisition. Raises EvidenceUnwritable or IntegrityError."""
        if entry.unchanged_exhibit is not None and body is not None:
            raise ValueError("an answer that names an unchanged exhibit has no body of its own")
        entry = self.redactor.entry(entry)
        incoming = self._incoming(body) if isinstance(body, bytes) else body
        try:
            if incoming and incoming.sha256 not in self.chain.by_digest:
                incoming.sync()
            with self._locked():
                self._ready()
                return self._add(entry, incoming)
        finally:
            if incoming is not None:
                with suppress(EvidenceUnwritable):
                    incoming.discard()

    def _incoming(self, body: bytes) -> Incoming:
        incoming = Incoming(self.exhibits)
        try:
            incoming.write(body)
        except EvidenceUnwritable:
            with suppress(EvidenceUnwritable):
                incoming.discard()
            raise
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
        known = len(self.chain.data)
        if ours.st_size < known:
            raise IntegrityError(f"{CUSTODY} is cut off: it ends at byte {ours.st_size}, {known} "
                                 "bytes were read before", hint=VERIFY_HINT)
        data = b""
        while len(data) < ours.st_size - known:
            more = os.pread(self._fd, ours.st_size - known - len(data), known + len(data))
            if not more:
                break
            data += more
        return data[self.chain.extend(data):]

    def _ready(self) -> None:
        """Bring the chain up to date, and set the mark of a writer at work."""
        tail = self._catch_up()
        if tail or read_or_none(self.folder, HEAD) != self.chain.head():
            self._settle(tail)
        with writing(shown(self.folder.path / MARK)):
            try:
                begin(self.folder)
            except FileExistsError:
                self._settle(b"")
                begin(self.folder)

    def _settle(self, tail: bytes) -> None:
        self.repairs += tuple(settled(self.folder, self.exhibits, self.chain, self._fd, tail))

    def _add(self, entry: Entry, incoming: Incoming | None) -> Acquisition:
        file = ""
        try:
            known = self._known(entry, incoming)
            if incoming and known is None:
                name = label(len(self.chain.exhibits) + 1)
                file = file_name(name, entry)
                known = Stored(name, file, incoming.sha256, incoming.size)
                self._place(incoming, file)
            line = self._line(entry, known, file)
            with writing(shown(self.folder.path / CUSTODY)):
                write_all(self._fd, line)
                os.fsync(self._fd)
        except (EvidenceUnwritable, IntegrityError) as error:
            self._undo(error, incoming, file)
            raise
        self.chain.extend(line)
        if file and known:
            with writing(shown(self.folder.path / MANIFEST)):
                self.folder.write(MANIFEST, manifest_line(known).encode(), flags=os.O_APPEND)
        with writing(shown(self.folder.path / HEAD)):
            finish(self.folder, self.chain)
        return self.chain.record(len(self.chain))

    def _known(self, entry: Entry, incoming: Incoming | None) -> Stored | None:
        """The exhibit that the entry names, or that holds the same bytes already."""
        if incoming is None:
            if entry.unchanged_exhibit is None:
                return None
            stored = self.chain.exhibits.get(entry.unchanged_exhibit)
            if stored is None:
                raise IntegrityError(f"{entry.unchanged_exhibit} is called unchanged, but "
                                     f"{CUSTODY} does not name it", hint=VERIFY_HINT)
            return stored
        name = self.chain.by_digest.get(incoming.sha256)
        if name is None or not self._is_sound(self.chain.exhibits[name]):
            return None
        return self.chain.exhibits[name]

    def _is_sound(self, stored: Stored) -> bool:
        """True where the stored bytes are still those; else the new ones must not be dropped."""
        if stored.label in self._sound:
            return True
        try:
            same = self.exhibits.digest(stored.file) == (stored.sha256, stored.size)
        except OSError:
            return False
        if same:
            self._sound.add(stored.label)
        return same

    def _place(self, incoming: Incoming, file: str) -> None:
        incoming.sync()
        with writing(shown(self.exhibits.path / file)):
            incoming.become(self.exhibits, file, 0o444)

    def _line(self, entry: Entry, stored: Stored | None, file: str) -> bytes:
        return encode(record_of(
            entry, seq=len(self.chain) + 1, recorded_at=iso(datetime.now(UTC)),
            exhibit=stored.label if stored else None, file=file or None,
            sha256=stored.sha256 if stored else None, size=stored.size if stored else None,
            tool=TOOL, operator=self.operator, prev=self.chain.digest))

    def _undo(self, error: EvidenceUnwritable | IntegrityError, incoming: Incoming | None,
              file: str) -> None:
        """Take back what was not made durable. Where that fails too, the mark stays set."""
        with suppress(OSError):
            if os.fstat(self._fd).st_size > len(self.chain.data):
                os.ftruncate(self._fd, len(self.chain.data))
                os.fsync(self._fd)
            place = None
            if file and self.exhibits.stat(file) is not None and not (incoming and incoming.open):
                place = set_aside(self.folder, self.exhibits, file)
            elif incoming and incoming.open:
                place = set_aside(self.folder, self.exhibits, incoming.name)
                incoming.close()
            if place:
                error.hint = f"{error.hint}; the bytes received are in {place}"
            self.folder.remove(MARK)


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
        chain = Chain()
        chain.extend(line)
        for name, content, mode in ((CASE, data, 0o444), (MANIFEST, manifest_bytes(digest, ()),
                                    0o644), (CUSTODY, line, 0o644)):
            folder.write(f".{name}.new", content, flags=os.O_CREAT | os.O_TRUNC, mode=mode)
            folder.replace(f".{name}.new", name)
        finish(folder, chain)


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
