"""Writer: the only code that adds to an evidence directory.

Each batch of records holds an exclusive lock on custody.jsonl, so that several processes may write
at once. The order is mark, exhibits, custody lines, manifest lines, head; each step is durable
before the next, and the whole batch before anyone is told of it. A failure before the custody lines
are durable is undone; one after it is finished by the next writer.
"""

import getpass
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from regforensics.errors import EvidenceUnwritable, IntegrityError
from regforensics.evidence.batch import Batch, Body, Item
from regforensics.evidence.custody import CUSTODY, HEAD, ZEROS, head_bytes
from regforensics.evidence.elsewhere import InPlace
from regforensics.evidence.exhibit import Acquisition, Entry
from regforensics.evidence.files import Folder, locked, shown, write_all, writing
from regforensics.evidence.forms import Stored
from regforensics.evidence.incoming import Incoming
from regforensics.evidence.interrupted import begin, finish, set_aside
from regforensics.evidence.layout import (
    AT_ONCE,
    CASE,
    EXHIBITS,
    MANIFEST,
    MARK,
    Case,
    case_bytes,
    manifest_bytes,
)
from regforensics.evidence.locking import TOOL, discard
from regforensics.evidence.record import encode, record_of
from regforensics.evidence.reforming import Reforming
from regforensics.model.instant import iso, now


class Writer(Reforming):
    """Adds acquisitions to an open directory and to the chain that was read from it."""

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

    def _body(self, body: Body | bytes | None, bodies: ExitStack) -> Body | None:
        """The body, to be discarded with ``bodies`` where it does not become an exhibit."""
        if body is None:
            return None
        if not isinstance(body, bytes):
            bodies.callback(discard, body)
            return body
        incoming = Incoming(self.exhibits)
        bodies.callback(discard, incoming)
        incoming.write(body)
        return incoming

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
