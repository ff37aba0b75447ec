"""opened: an archive of any known form, as the members in it."""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from regforensics.archives.entry import Bounds, Entry, Finding
from regforensics.archives.streams import Stream
from regforensics.archives.tars import BLOCK, Tar, is_header
from regforensics.archives.zips import Zip, has_directory, is_zip

FORM = 2  # of listings: how archives are read
_ZIPS = (".whl", ".zip", ".jar", ".egg")
_TARS = (".tgz", ".tar", ".tar.gz", ".tar.bz2", ".tar.xz")


class Archive(Protocol):
    """Members in order, once; ``form`` is ``zip``, ``tar`` or ``tar.gz`` and its like.

    ``whole`` turns False where reading stopped before the end.
    """

    form: str
    whole: bool
    findings: list[Finding]

    def __iter__(self) -> Iterator[Entry]:
        """The members; what is odd beyond them stands in ``findings`` afterwards."""


def opened(file: BinaryIO, name: str = "", form: int = FORM) -> Archive | None:
    """The archive in a seekable file, or None where it is none that is known. Never raises on
    content.

    ``name`` is the file's: where its bytes are a zip and a tar archive at once, its ending tells
    which one installers read; without such an ending the tar archive is. ``form`` 1 reads as the
    first form of listings did: the tar archive always, without a word of the other.
    """
    size = file.seek(0, 2)
    bounds = Bounds.of(size)
    file.seek(0)
    stream = Stream(file, bounds.unpacked)
    if not stream.form and not is_header(_head(file)):
        if not is_zip(file, size):
            return None
        found: Archive = Zip(file, size, bounds, form)
        return found if form == 1 else _told(found, name, both=False)
    both = form > 1 and has_directory(file, size)
    if both and name.lower().endswith(_ZIPS):
        return _told(Zip(file, size, bounds, form), name, both=True)
    file.seek(0)
    found = Tar(Stream(file, bounds.unpacked), bounds, form)
    return found if form == 1 else _told(found, name, both=both)


def _told(found: Archive, name: str, *, both: bool) -> Archive:
    """The archive, with a finding where other readers take it for one of another form."""
    ending = next((e for e in (*_ZIPS, *_TARS) if name.lower().endswith(e)), "")
    if both:
        found.findings.append(Finding("forms", b"", "it is a zip and a tar archive at once; it is"
                                      f" listed as {found.form}"))
    elif ending and (ending in _ZIPS) != (found.form == "zip"):
        found.findings.append(Finding("forms", b"", f"its name ends in {ending}, and it is a"
                                      f" {found.form} archive"))
    return found


def is_archive(file: BinaryIO) -> bool:
    """True for a file that ``opened`` reads, unless it begins as a JSON document does."""
    file.seek(0)
    return file.read(1) not in (b"{", b"[") and opened(file) is not None


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(BLOCK)
