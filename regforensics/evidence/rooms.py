"""Rooms: temporary folders below derived/, in which a hand-over is unpacked before it is taken.

Whoever works in one holds its lock, so that the next writer can tell one that was left by a process
that was killed from one that is in use.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from regforensics.evidence.files import Folder, shown, try_lock, writing
from regforensics.evidence.layout import DERIVED, ROOM, open_root


@contextmanager
def room(root: Path) -> Iterator[Path]:
    """An empty folder in the directory at ``root``, which is made where there is none, and gone
    again after where nothing else came into it. Raises EvidenceUnwritable, and WrongUsage for a
    path that can be no directory."""
    made: list[Path] = []
    try:
        with writing(shown(root)):
            if open_root(root) is None:
                made += _made(root)
            made += _made(root / DERIVED)
            Folder.open(root / DERIVED)  # a link in its place is refused
            place, fd = _locked(root / DERIVED)
        try:
            yield place
        finally:
            with suppress(OSError):
                shutil.rmtree(place)
            os.close(fd)
    finally:
        with suppress(OSError):
            for folder in reversed(made):
                folder.rmdir()


def _made(path: Path) -> list[Path]:
    """Make a folder and those around it; those that were not there, the outermost first."""
    lacking = [one for one in (path, *path.parents) if not os.path.lexists(one)][::-1]
    path.mkdir(parents=True, exist_ok=True)
    return lacking


def _locked(derived: Path) -> tuple[Path, int]:
    """A new folder and the descriptor that locks it; not one that was swept before that."""
    while True:
        place = Path(tempfile.mkdtemp(prefix=ROOM, dir=derived))
        try:
            fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue
        with suppress(OSError):  # a file system without locks: nobody else can take it either
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if place.is_dir():
            return place, fd
        os.close(fd)


def swept(folder: Folder) -> list[str]:
    """Remove the rooms that no living process works in; what was done. Raises OSError."""
    if folder.stat(DERIVED) is None:
        return []
    derived = folder.sub(DERIVED)
    return [f"removed {DERIVED}/{name}, where a hand-over was being unpacked"
            for name in derived.names() if name.startswith(ROOM) and _removed(derived, name)]


def _removed(derived: Folder, name: str) -> bool:
    try:
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=derived.fd)
    except OSError:  # another process was faster, or it is none of ours
        return False
    try:
        if free := try_lock(fd):
            shutil.rmtree(name, dir_fd=derived.fd)
    except OSError:  # no locks here, or not ours to remove: it does no harm
        return False
    else:
        return free
    finally:
        os.close(fd)
