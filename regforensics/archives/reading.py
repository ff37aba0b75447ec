"""opened: an archive of any known form, as the members in it."""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from regforensics.archives.entry import Bounds, Entry, Finding
from regforensics.archives.streams import Stream
from regforensics.archives.tars import BLOCK, Tar, is_header
from regforensics.archives.zips import Zip, is_zip


class Archive(Protocol):
    """Members in order, once; ``form`` is ``zip``, ``tar`` or ``tar.gz`` and its like.

    ``whole`` turns False where reading stopped before the end.
    """

    form: str
    whole: bool
    findings: list[Finding]

    def __iter__(self) -> Iterator[Entry]:
        """The members; what is odd beyond them stands in ``findings`` afterwards."""


def opened(file: BinaryIO) -> Archive | None:
    """The archive in a seekable file, or None where it is none that is known. Never raises on
    content."""
    size = file.seek(0, 2)
    bounds = Bounds.of(size)
    file.seek(0)
    stream = Stream(file, bounds.unpacked)
    if stream.form or is_header(_head(file)):
        file.seek(0)
        return Tar(Stream(file, bounds.unpacked), bounds)
    return Zip(file, size, bounds) if is_zip(file, size) else None


def is_archive(file: BinaryIO) -> bool:
    """True for a file that ``opened`` reads, unless it begins as a JSON document does."""
    file.seek(0)
    return file.read(1) not in (b"{", b"[") and opened(file) is not None


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(BLOCK)
