"""Incoming: bytes on their way into the evidence directory."""

import fcntl
import hashlib
import os
import secrets
from types import TracebackType
from typing import BinaryIO, Self

from regforensics.errors import EvidenceUnwritable
from regforensics.evidence.files import Folder, shown, try_lock, write_all, writing

PREFIX = ".incoming-"
_HELD = 1 << 19  # bytes that wait in memory: most bodies are hashed and written in one go


class Incoming:
    """A temporary file under ``exhibits/``: stream into it, then hand it to ``record``.

    The file is made when there is much to write, or at ``sync``: bytes that turn out to be stored
    already never reach the disk twice. As a context manager it removes what was not recorded. It
    holds a shared flock on its own file, by which another process knows that it is no leftover.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._digest = hashlib.sha256()
        self._held: list[bytes] = []
        self._waiting = self._hashed = 0
        self.size, self.name, self._fd = 0, "", -1
        self.open = self._durable = False

    @property
    def sha256(self) -> str:
        """Hex digest of what was written so far."""
        for chunk in self._held[self._hashed:]:
            self._digest.update(chunk)
        self._hashed = len(self._held)
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """Append. Raises EvidenceUnwritable."""
        self._held.append(data)
        self._waiting += len(data)
        self.size += len(data)
        self._durable = False
        if self._waiting >= _HELD:
            self._flush()

    def _flush(self) -> None:
        if not self.open:
            with writing(f"a new file in {shown(self._folder.path)}"):
                self.name, self._fd = _create(self._folder)
            self.open = True
        _ = self.sha256
        with writing(f"{shown(self._folder.path / self.name)} of {self.size} bytes"):
            write_all(self._fd, b"".join(self._held))
        self._held.clear()
        self._waiting = self._hashed = 0

    def sync(self) -> None:
        """Make the bytes durable, once. Raises EvidenceUnwritable."""
        if self._durable:
            return
        self._flush()
        with writing(shown(self._folder.path / self.name)):
            os.fsync(self._fd)
        self._durable = True

    def opened(self) -> BinaryIO:
        """What was written so far, for reading. Raises EvidenceUnwritable."""
        self._flush()
        with writing(shown(self._folder.path / self.name)):
            return os.fdopen(self._folder.file(self.name, os.O_RDONLY), "rb")

    def become(self, folder: Folder, name: str, mode: int) -> None:
        """Move the file to its final name; durable once ``folder`` is synced.

        Raises OSError; FileExistsError where the name is taken.
        """
        os.fchmod(self._fd, mode)
        self._folder.rename(self.name, folder, name)
        self.close()

    def close(self) -> None:
        """Let go of the file without removing it."""
        if self.open:
            self.open = False
            os.close(self._fd)

    def discard(self) -> None:
        """Remove the file, unless it was recorded."""
        if self.open:
            with writing(shown(self._folder.path / self.name)):
                self._folder.remove(self.name)
            self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        try:
            self.discard()
        except EvidenceUnwritable:
            self.close()  # the next writer moves the leftover aside
            if kind is None:
                raise

    def __del__(self) -> None:
        if getattr(self, "open", False):
            self.close()


def _create(folder: Folder) -> tuple[str, int]:
    """A new file that carries our lock: a sweeper may move it away before the lock is taken."""
    while True:
        name = PREFIX + secrets.token_hex(8)
        fd = folder.file(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        if try_lock(fd, fcntl.LOCK_SH) and folder.stat(name) is not None:
            return name, fd
        os.close(fd)
