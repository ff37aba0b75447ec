"""Contents of single members, without unpacking: the inner manifest, and any one file."""

from collections.abc import Iterator
from typing import BinaryIO

from regforensics.archives.entry import Entry
from regforensics.archives.listing import FORMS, listing
from regforensics.archives.reading import opened
from regforensics.archives.text import escaped, unescaped

MANIFESTS = {
    "npm": (b"package.json",),
    "pypi": (b"METADATA", b"PKG-INFO"),
}
LARGEST_MANIFEST = 8 << 20  # bytes; the largest that are known have about one mebibyte


def manifest(file: BinaryIO, registry: str, name: str = "") -> tuple[str, bytes] | None:
    """(escaped path, content) of the manifest inside a package file of that name; the last where
    there are several, as installers write them over one another. None where there is none, or one
    of more than ``LARGEST_MANIFEST`` bytes.
    """
    found = None
    for entry in opened(file, name) or ():
        if entry.kind == "file" and not entry.unread and is_manifest(entry.path, registry):
            content = _content(entry, LARGEST_MANIFEST)
            found = None if content is None else (escaped(entry.path), content)
    return found


def member(file: BinaryIO, path: str, most: int = LARGEST_MANIFEST,
           name: str = "") -> bytes | None:
    """The content of the last file of that (escaped) path, None where there is none, or it has
    more than ``most`` bytes."""
    found = None
    for entry in opened(file, name) or ():
        if entry.kind == "file" and not entry.unread and escaped(entry.path) == path:
            found = _content(entry, most)
    return found


def derived(file: BinaryIO, path: str, name: str = "") -> bytes | None:
    """What an exhibit that was taken out of the archive in ``file`` holds: the listing where
    ``path`` is empty, else the content of a member."""
    return b"".join(listing(file, name)) if not path else member(file, path, name=name)


def listings(file: BinaryIO, name: str = "") -> Iterator[bytes]:
    """The listing in each form that there was, the newest first."""
    for form in range(len(FORMS), 0, -1):
        yield b"".join(listing(file, name, form))


def manifest_of(path: str) -> str | None:
    """The registry whose package files have their manifest at that (escaped) path, or None."""
    return next((registry for registry in MANIFESTS if is_manifest(unescaped(path), registry)),
                None)


def is_manifest(path: bytes, registry: str) -> bool:
    """True where the manifest of a registry's package files stands: ``ROOT/package.json``,
    ``NAME.dist-info/METADATA``, ``ROOT/PKG-INFO`` and an egg's ``EGG-INFO/PKG-INFO``."""
    parts = [part for part in path.split(b"/") if part not in (b"", b".")]
    if len(parts) != 2 or parts[1] not in MANIFESTS.get(registry, ()):
        return False
    return parts[1] != b"METADATA" or parts[0].endswith(b".dist-info")


def _content(entry: Entry, most: int) -> bytes | None:
    pieces, size = [], 0
    for piece in entry.chunks:
        size += len(piece)
        if size > most:
            return None
        pieces.append(piece)
    return None if entry.unread else b"".join(pieces)
