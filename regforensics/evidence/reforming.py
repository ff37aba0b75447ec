"""Reforming: other files stand for exhibits than before, as custody says from then on."""

import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace

from regforensics.errors import EvidenceUnwritable
from regforensics.evidence.custody import CUSTODY, HEAD
from regforensics.evidence.exhibit import Entry, Form
from regforensics.evidence.files import shown, write_all, writing
from regforensics.evidence.interrupted import finish, write_manifest
from regforensics.evidence.layout import AT_ONCE, MARK
from regforensics.evidence.locking import TOOL, Locking, discard
from regforensics.evidence.record import encode, record_of
from regforensics.evidence.remade import Remade, unchanged
from regforensics.model.instant import iso, now


class Reforming(Locking):
    """The part of the writer that gives exhibits another form."""

    def reform(self, entry: Entry, made: Sequence[Remade]) -> tuple[Form, ...]:
        """Let other files stand for exhibits: each durable and recorded before the old one goes.

        Those that another process gave another form meanwhile are left as they are. Raises
        EvidenceUnwritable or IntegrityError, and then nothing was changed, unless custody was
        durable already: then the next writer finishes it.
        """
        with ExitStack() as bodies:
            for one in made:
                bodies.callback(discard, one.file)
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
