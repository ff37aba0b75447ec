"""Folder: a directory held open, and the few durable file operations that evidence needs.

Every name is taken relative to the open directory and never followed as a symbolic link, so that
nobody can point the tool at bytes elsewhere between two steps.
"""

import errno
import fcntl
import hashlib
import os
import stat
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from regforensics.errors import EvidenceUnwritable

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
_POLL = 0.02  # seconds between two tries for a lock


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Folder:
    """An open directory. The descriptor is closed when the object goes."""

    path: Path
    fd: int

    @classmethod
    def open(cls, path: Path, *, dir_fd: int | None = None) -> "Folder":
        """Open a real directory. Raises OSError (a symbolic link gives ENOTDIR or ELOOP)."""
        name = path.name if dir_fd is not None else path
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        folder = cls(path, os.open(name, flags, dir_fd=dir_fd))
        weakref.finalize(folder, os.close, folder.fd)
        return folder

    def sub(self, name: str) -> "Folder":
        """Open a directory below this one. Raises OSError."""
        return Folder.open(self.path / name, dir_fd=self.fd)

    def made(self, name: str) -> "Folder":
        """Open a directory below this one, made where it is not there. Raises OSError."""
        if self.stat(name) is None:
            with suppress(FileExistsError):  # another process was first
                os.mkdir(name, dir_fd=self.fd)
            self.sync()
        return self.sub(name)

    def file(self, name: str, flags: int, mode: int = 0o644) -> int:
        """A descriptor of a regular file. Raises OSError, also for any other kind of file."""
        flags |= os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # NONBLOCK: a FIFO must not hang us
        fd = os.open(name, flags, mode, dir_fd=self.fd)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise OSError(errno.EINVAL, "is not a regular file")
        return fd

    def read(self, name: str) -> bytes:
        """The whole of a regular file. Raises OSError."""
        with os.fdopen(self.file(name, os.O_RDONLY), "rb", buffering=0) as handle:
            return handle.read()

    def read_into(self, name: str, room: memoryview) -> int | None:
        """A regular file read into ``room``: its size, None where it has more. Raises OSError."""
        with os.fdopen(self.file(name, os.O_RDONLY), "rb", buffering=0) as handle:
            size = 0
            while size < len(room) and (got := handle.readinto(room[size:])):
                size += got
            return None if handle.read(1) else size

    def digest(self, name: str) -> tuple[str, int]:
        """SHA-256 hex and size in bytes of a regular file. Raises OSError."""
        with os.fdopen(self.file(name, os.O_RDONLY), "rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest(), handle.tell()

    def stat(self, name: str) -> os.stat_result | None:
        """What stands at ``name`` itself, or None where nothing does. Raises other OSErrors."""
        try:
            return os.stat(name, dir_fd=self.fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        """Every name in the directory, sorted."""
        with os.scandir(self.fd) as entries:
            return sorted(entry.name for entry in entries)

    def sync(self) -> None:
        """Make the names in the directory durable."""
        os.fsync(self.fd)

    def rename(self, name: str, target: "Folder", new_name: str) -> None:
        """Move a file to a name that is free. Raises FileExistsError where it is not."""
        if target.stat(new_name) is not None:
            raise FileExistsError(errno.EEXIST, "stands in the way", new_name)
        os.rename(name, new_name, src_dir_fd=self.fd, dst_dir_fd=target.fd)

    def replace(self, name: str, new_name: str) -> None:
        """Move a file over another one, atomically, and make that durable."""
        os.rename(name, new_name, src_dir_fd=self.fd, dst_dir_fd=self.fd)
        self.sync()

    def remove(self, name: str) -> None:
        """Remove a file, where it is there."""
        try:
            os.unlink(name, dir_fd=self.fd)
        except FileNotFoundError:
            return

    def write(self, name: str, data: bytes, *, flags: int, mode: int = 0o644) -> None:
        """Write ``data`` to a file opened with ``flags`` and make it durable."""
        fd = self.file(name, os.O_WRONLY | flags, mode)
        try:
            write_all(fd, data)
            os.fsync(fd)
        finally:
            os.close(fd)


def write_all(fd: int, data: bytes) -> None:
    """Write every byte, in one call where the system takes it. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


@contextmanager
def locked(fd: int, *, shared: bool, timeout: float, what: str) -> Iterator[None]:
    """Hold the flock of an open file; ``timeout`` in seconds.

    Raises EvidenceUnwritable where another process keeps it for longer.
    """
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    deadline = time.monotonic() + timeout
    while not try_lock(fd, kind):
        if time.monotonic() >= deadline:
            raise EvidenceUnwritable(
                f"{what} is locked by another process since {timeout:g} seconds",
                hint="wait until the other command ends, then run this one again")
        time.sleep(_POLL)
    try:
        yield
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)


def try_lock(fd: int, kind: int = fcntl.LOCK_EX) -> bool:
    """Take the flock without waiting; False where another open file holds it."""
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Translate an OSError of the body into EvidenceUnwritable that names what was written."""
    try:
        yield
    except OSError as error:
        raise unwritable(what, error) from error


def unwritable(what: str, error: OSError) -> EvidenceUnwritable:
    """The error of one line for a write that the system refused."""
    if error.errno in _FULL:
        hint = "free some space or choose another directory with --evidence, then run again"
    elif error.errno in _NO_LOCKS:
        return EvidenceUnwritable(
            f"{what} is on a file system without locks ({error.strerror}): nothing was written",
            hint="without locks two writers could damage custody: use a local disk with --evidence,"
            " or mount the share with locking (NFS without 'nolock')")
    elif error.errno in _CLOSED:
        hint = "choose a directory that can be written with --evidence"
    else:
        hint = "check the disk; what custody names already is untouched"
    return EvidenceUnwritable(f"cannot write {what}: {error.strerror or error}", hint=hint)


def shown(path: object) -> str:
    """A path as one printable line: control characters and undecodable bytes are escaped."""
    text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else str(path)
    if text.isprintable():
        return str(text)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
