"""Exhibits in place: bytes that stay where they were found, and are never read unchecked.

Custody holds digest, size and absolute path. Whatever stands at the path later is held against
the digest before a byte of it is used, in full the first time, and again whenever the file is not
the very same one any more: a link that somebody swapped, a log that was rotated or written on.
"""

import errno
import hashlib
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from regforensics.errors import UnreadableInput
from regforensics.evidence.custody import VERIFY_HINT
from regforensics.evidence.files import shown
from regforensics.evidence.forms import Stored

HINT = "put the bytes back there, or hand them over again with `ingest --in-place`"


def hint_of(stored: Stored) -> str:
    """What to do about an exhibit whose bytes are not those of custody."""
    return HINT if stored.places else VERIFY_HINT


_CHUNK = 1 << 20
Identity = tuple[int, int, int, int, int]


class Changed(OSError):
    """What stands at the path is not what custody says; ``strerror`` says what is."""


class InPlace:
    """A file that is to be an exhibit where it is: hashed and never copied (see ``Incoming``).

    ``place`` is its absolute path without symbolic links. As a context manager it closes the file.
    """

    open = False  # nothing that would have to be discarded

    def __init__(self, path: Path, descriptor: int) -> None:
        """Keeps a copy of ``descriptor``. Raises UnreadableInput for a path that cannot be written
        down."""
        self._fd = -1
        self.place = os.path.realpath(path)
        self._digest = hashlib.sha256()
        self.size = 0
        if not self.place.isprintable():
            raise UnreadableInput(f"{shown(self.place)} cannot be written down as it is",
                                  hint="leave --in-place out, or give the file another name")
        self._fd = os.dup(descriptor)
        self._identity = identity(descriptor)

    @classmethod
    def of(cls, path: Path) -> Self:
        """A whole regular file, hashed. Raises UnreadableInput."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb", buffering=0) as file:
                body = cls(path, descriptor)
                while chunk := file.read(_CHUNK):
                    body.write(chunk)
        except OSError as error:
            raise UnreadableInput(f"{shown(path)} cannot be read: {error.strerror}") from error
        body.ensure_unchanged()
        return body

    @property
    def sha256(self) -> str:
        """Hex digest of what was read so far."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """More of the file's bytes, in order."""
        self._digest.update(data)
        self.size += len(data)

    def opened(self) -> BinaryIO:
        """The same open file, from its start."""
        os.lseek(self._fd, 0, os.SEEK_SET)
        return os.fdopen(os.dup(self._fd), "rb")

    def ensure_unchanged(self) -> None:
        """Raises UnreadableInput where the file was written to since it was opened."""
        if identity(self._fd) != self._identity or self.size != self._identity[2]:
            raise UnreadableInput(f"{shown(self.place)} was changed while it was read",
                                  hint="copy it first, or leave --in-place out")

    def sync(self) -> None:
        """Nothing is ours to make durable."""

    def discard(self) -> None:
        """Close the file; it stays where it is."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.discard()


class Elsewhere:
    """Opens what custody says to stand elsewhere, and knows which files it has checked."""

    def __init__(self) -> None:
        self._checked: dict[tuple[str, str], Identity] = {}

    def file(self, stored: Stored) -> int:
        """A descriptor of an exhibit's bytes, checked, at the latest of its paths that has them.

        Raises OSError where no path has: ``Changed`` where something else stands there.
        """
        failure: OSError | None = None
        for path in reversed((*stored.places, *stored.later)):
            try:
                return self._checked_file(stored, path)
            except OSError as error:
                failure = failure or error
        raise failure or FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    def _checked_file(self, stored: Stored, path: str) -> int:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            now = identity(descriptor)
            if self._checked.get((path, stored.sha256)) != now:
                self._check(stored, path, descriptor, now)
            os.lseek(descriptor, 0, os.SEEK_SET)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _check(self, stored: Stored, path: str, descriptor: int, now: Identity) -> None:
        """The size first: nobody makes us read more than custody says there is."""
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Changed(errno.EINVAL, "it is no regular file any more", path)
        digest, size = hashlib.sha256(), now[2]
        while size == stored.size and (chunk := os.read(descriptor, _CHUNK)):
            digest.update(chunk)
        if size != stored.size or digest.hexdigest() != stored.sha256 \
                or identity(descriptor) != now:
            told = f" of sha256 {digest.hexdigest()}" if size == stored.size else ""
            raise Changed(errno.EINVAL, f"it was changed: expected {stored.size} bytes of sha256"
                          f" {stored.sha256}; found {size} bytes{told}", path)
        self._checked[path, stored.sha256] = now


def identity(descriptor: int) -> Identity:
    """Which file it is, in which state: device, number, size, and times of changes (ns)."""
    now = os.fstat(descriptor)
    return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns
