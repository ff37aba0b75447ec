"""Unpack: a bag, a zip of one or a WARC, as the evidence directory that it holds.

Whoever hands it over may be an attacker: nothing but the files that a hand-over consists of is
ever written, none outside its folder, and no more bytes than a hundred times what was given.
"""

import gzip
import hashlib
import io
import lzma
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from regforensics.acquire.foreign import opened
from regforensics.errors import IntegrityError, UnreadableInput, WrongUsage
from regforensics.evidence.custody import CUSTODY, HEAD
from regforensics.evidence.files import Folder, shown
from regforensics.evidence.layout import CASE, DERIVED, EXHIBITS, MANIFEST
from regforensics.evidence.naming import FILE_NAME
from regforensics.evidence.record import row_of
from regforensics.evidence.statement import HAND_OVER
from regforensics.handover import MISSING_HINT
from regforensics.handover.warc import RECORD

_RECORDS = frozenset({CASE, CUSTODY, HEAD, MANIFEST, HAND_OVER})
_TAGS = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt")
_RATIO, _SPARE = 100, 64 << 20  # bytes unpacked for a byte given, and those that nobody counts
_CHUNK = 1 << 20
_LARGEST_TAG = 256 << 20
_LONGEST_HEAD = 1 << 20  # bytes of a record's headers, which warcio joins in quadratic time
_LISTED = re.compile(r"([0-9a-f]{64})[ \t]+\*?(\S.*)")
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError,
           RuntimeError, ValueError, OSError, LookupError, AttributeError, TypeError)


def is_handover(path: Path) -> bool:
    """Whether a path is a bag, an evidence directory, a zip of a bag, or a WARC."""
    if path.is_dir():
        return (path / "bagit.txt").is_file() or (
            (path / CASE).is_file() and (path / CUSTODY).is_file())
    if not path.is_file():
        return False
    with os.fdopen(opened(path, shown(path)), "rb") as file:
        start = file.read(8)
        file.seek(0)
        try:
            if start.startswith(b"PK\x03\x04"):
                with zipfile.ZipFile(file) as packed:
                    return any(n.count("/") == 1 and n.endswith("/bagit.txt")
                               for n in packed.namelist())
            if start.startswith(b"\x1f\x8b"):
                with gzip.GzipFile(fileobj=file) as unzipped:
                    start = unzipped.read(5)
        except _BROKEN:
            return False
    return start.startswith(b"WARC/")


def evidence_in(path: Path, room: Path) -> tuple[Path, int]:
    """The evidence directory that a hand-over holds, and how many bodies came with it that its
    custody does not name; ``room`` is an empty folder to unpack into.

    Raises UnreadableInput where it is malformed, IntegrityError where it is not what its own
    manifests say.
    """
    if path.is_dir():
        if (path / "bagit.txt").is_file():
            _check_bag(path, shown(path))
            return path / "data", 0
        return path, 0
    with os.fdopen(opened(path, shown(path)), "rb") as file:
        most = _SPARE + _RATIO * os.fstat(file.fileno()).st_size
        start = file.read(4)
        file.seek(0)
        with _clear(shown(path)):
            if start == b"PK\x03\x04":
                top = _unzip(file, room, most, shown(path))
                _check_bag(top, shown(path))
                return top / "data", 0
            unnamed = _unwarc(file, room, most, shown(path), packed=start[:2] == b"\x1f\x8b")
    return room, unnamed


@contextmanager
def _clear(name: str) -> Iterator[None]:
    """What the libraries say of a broken file, in one line."""
    try:
        yield
    except (UnreadableInput, IntegrityError, WrongUsage):
        raise
    except _BROKEN as error:
        raise UnreadableInput(f"{name} cannot be unpacked: {str(error) or type(error).__name__}",
                              hint="have it sent again, or ask for the bag itself") from error


def _unzip(file: BinaryIO, room: Path, most: int, name: str) -> Path:
    """Write what belongs to a hand-over; the bag's folder."""
    with zipfile.ZipFile(file) as packed:
        tops, seen = {i.filename.partition("/")[0] for i in packed.infolist()}, set[str]()
        if len(tops) != 1:
            raise UnreadableInput(f"{name} holds {len(tops)} folders; a bag is one")
        (room / "data" / EXHIBITS).mkdir(parents=True)
        for info in packed.infolist():
            if info.is_dir():
                continue
            inner = info.filename.partition("/")[2]
            if not _belongs(inner) or stat.S_ISLNK(info.external_attr >> 16) or inner in seen:
                raise UnreadableInput(f"{name} holds {shown(info.filename)[:200]!r}, which does not"
                                      " belong into a hand-over")
            seen.add(inner)
            place = room / inner
            place.parent.mkdir(parents=True, exist_ok=True)
            with packed.open(info) as source, place.open("xb") as target:
                most = _poured(source, target, most, name)
    return room


def _belongs(inner: str) -> bool:
    folder, _, last = inner.rpartition("/")
    return inner in _TAGS or (folder == "data" and last in _RECORDS) or (
        folder == f"data/{EXHIBITS}" and FILE_NAME.fullmatch(last) is not None)


def _poured(source: Any, target: BinaryIO, most: int, name: str) -> int:
    """Copy all, and say how many bytes may still come."""
    while chunk := source.read(_CHUNK):
        most -= len(chunk)
        if most < 0:
            raise UnreadableInput(f"{name} unpacks to more than {_RATIO} times its size",
                                  hint="unpack it yourself where you trust it, and give the folder")
        target.write(chunk)
    return most


def _check_bag(top: Path, name: str) -> None:
    """Hold a bag against its manifests. Raises IntegrityError or UnreadableInput."""
    try:
        folder = Folder.open(top)
        if not folder.read("bagit.txt").startswith(b"BagIt-Version: "):
            raise UnreadableInput(f"{name}: bagit.txt does not say what it is")
        listed = _manifest(folder, "manifest-sha256.txt", name)
        data = folder.sub("data")
        held = {f"data/{n}": (data, n) for n in data.names()
                if n not in (EXHIBITS, DERIVED)}
        if EXHIBITS in data.names():
            exhibits = data.sub(EXHIBITS)
            held |= {f"data/{EXHIBITS}/{n}": (exhibits, n) for n in exhibits.names()}
        if odd := sorted(set(held) ^ set(listed)):
            where = "not in its manifest" if odd[0] in held else "missing"
            raise IntegrityError(f"{name}: {shown(odd[0])[:200]} is {where}")
        if "tagmanifest-sha256.txt" in folder.names():
            tags = _manifest(folder, "tagmanifest-sha256.txt", name)
            held |= {tag: (folder, tag) for tag in tags if tag in _TAGS}
            listed |= {tag: digest for tag, digest in tags.items() if tag in _TAGS}
        for inner, (place, last) in sorted(held.items()):
            if place.digest(last)[0] != listed[inner]:
                raise IntegrityError(f"{name}: {shown(inner)} is not what its manifest says")
    except OSError as error:
        raise UnreadableInput(f"{name} is no whole bag of evidence: "
                              f"{shown(error.filename or 'a part')}: {error.strerror}") from error


def _manifest(folder: Folder, which: str, name: str) -> dict[str, str]:
    found = folder.stat(which)
    if found is not None and found.st_size > _LARGEST_TAG:
        raise UnreadableInput(f"{name}: {which} has {found.st_size} bytes")
    listed: dict[str, str] = {}
    for number, line in enumerate(folder.read(which).decode("utf-8", "replace").split("\n"), 1):
        if not line.strip():
            continue
        match = _LISTED.fullmatch(line.rstrip("\r"))
        if match is None or match[2].strip() in listed:
            raise UnreadableInput(f"{name}: {which} line {number} is none of a manifest")
        listed[match[2].strip()] = match[1]
    return listed


class _Bounded(io.RawIOBase):
    """A stream that ends with an error after so many bytes, or after so many of a head."""

    def __init__(self, source: Any, most: int, name: str) -> None:
        self._source, self._left, self._name = source, most, name
        self._head: int | None = None

    def begins(self, head: int | None) -> None:
        """A record's headers begin, of at most so many bytes; or its body, which has no limit."""
        self._head = head

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, room: Any) -> int:
        """Raises UnreadableInput past the bound."""
        data = self._source.read(len(room))
        self._left -= len(data)
        if self._left < 0:
            raise UnreadableInput(f"{self._name} unpacks to more than {_RATIO} times its size",
                                  hint="hand the evidence over as a bag")
        if self._head is not None:
            self._head -= len(data)
            if self._head < 0:
                raise UnreadableInput(f"{self._name} has a record with more than {_LONGEST_HEAD}"
                                      " bytes of headers", hint="hand the evidence over as a bag")
        room[:len(data)] = data
        return len(data)


def _unwarc(file: BinaryIO, room: Path, most: int, name: str, *, packed: bool) -> int:
    """Write the evidence directory that a WARC of ours holds; how many bodies it does not name."""
    try:
        from warcio.archiveiterator import ArchiveIterator
        from warcio.exceptions import ArchiveLoadFailed
    except ModuleNotFoundError as error:
        raise WrongUsage("hand-overs need a library that is not installed",
                         hint=MISSING_HINT) from error
    (room / EXHIBITS).mkdir()
    source = gzip.GzipFile(fileobj=file) if packed else file
    bounded = _Bounded(source, most, name)
    bounded.begins(_LONGEST_HEAD)
    wanted: _Bodies | None = None
    try:
        for record in ArchiveIterator(io.BufferedReader(bounded)):
            bounded.begins(None)
            uri = record.rec_headers.get_header("WARC-Target-URI") or ""
            if record.rec_type == "resource" and uri.startswith(RECORD):
                last = uri.removeprefix(RECORD)
                if last not in _RECORDS or (room / last).exists():
                    raise UnreadableInput(f"{name} holds a record {shown(last)[:200]!r}, which does"
                                          " not belong into a hand-over")
                with (room / last).open("xb") as target:
                    _poured(record.raw_stream, target, min(most, _LARGEST_TAG), name)
            elif record.rec_type in ("resource", "response"):
                wanted = wanted or _Bodies(room, name)
                wanted.keep(record.raw_stream)
            while record.raw_stream.read(_CHUNK):
                pass
            bounded.begins(_LONGEST_HEAD)
    except ArchiveLoadFailed as error:
        raise UnreadableInput(f"{name} is no whole WARC: {' '.join(str(error).split())[:200]}"
                              ) from error
    return (wanted or _Bodies(room, name)).unnamed


class _Bodies:
    """The bodies that custody names, kept once; ``unnamed`` counts the others."""

    def __init__(self, room: Path, name: str) -> None:
        if not (room / CUSTODY).exists():
            raise UnreadableInput(f"{name} is a WARC without the custody of an evidence directory"
                                  " before its captures", hint="regforensics export --format warc"
                                  " makes one with it")
        with (room / CUSTODY).open("rb") as lines:
            rows = [row for row in map(row_of, lines) if not isinstance(row, str)]
        self._room, self.unnamed = room, 0
        self._named = {row.sha256 for row in rows if row.sha256}
        self._files = {row.sha256: row.file for row in rows
                       if row.sha256 and row.file and FILE_NAME.fullmatch(row.file)}

    def keep(self, source: Any) -> None:
        """Keep a body under the name that custody gives it."""
        part, digest = self._room / "part", hashlib.sha256()
        with part.open("wb") as target:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                target.write(chunk)
        file = self._files.pop(digest.hexdigest(), None)
        if file is None:
            part.unlink()
            self.unnamed += digest.hexdigest() not in self._named
        else:
            part.rename(self._room / EXHIBITS / file)
