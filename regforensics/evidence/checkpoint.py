"""Checkpoint: what an evidence directory was at one moment, in a few lines that others can hold.

Custody is a hash chain, so that its length and the digest of its last line stand for every line
before it, and through those for every exhibit. Whoever keeps a checkpoint where the directory's
keeper cannot reach it can tell a rewritten history, however well its own hashes agree, from a
continued one. The manifest's digest proves the manifest of that moment alone: later captures and
packing change that file, custody's first lines never.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import msgspec

from regforensics.errors import IntegrityError, UnreadableInput
from regforensics.evidence.custody import CUSTODY, VERIFY_HINT, ZEROS
from regforensics.evidence.files import Folder, locked, shown
from regforensics.evidence.layout import CASE, MANIFEST, case_of, no_evidence, open_root
from regforensics.evidence.record import row_of
from regforensics.evidence.schemas import validate
from regforensics.evidence.walk import Damage

KIND = "checkpoint"
_LOCK_SECONDS = 30.0


class SealedCase(msgspec.Struct, frozen=True):
    """The case's name, when it was opened (ISO 8601 UTC), and the digest of case.json."""

    name: str
    created: str
    sha256: str


class SealedCustody(msgspec.Struct, frozen=True):
    """How many lines and bytes, the digest of the last line with its LF, and that of all bytes."""

    lines: int
    bytes: int
    head: str
    sha256: str


class SealedManifest(msgspec.Struct, frozen=True):
    """The digest of manifest-sha256.txt as it then was."""

    sha256: str


class Checkpoint(msgspec.Struct, frozen=True, tag_field="schema", tag="regforensics/checkpoint/1"):
    """An evidence directory at ``sealed_at`` (ISO 8601 UTC, of the machine that made it)."""

    case: SealedCase
    custody: SealedCustody
    manifest: SealedManifest
    sealed_at: str
    tool: str


def checkpoint_bytes(checkpoint: Checkpoint) -> bytes:
    """The document; the same values always give the same bytes."""
    return msgspec.json.format(msgspec.json.encode(checkpoint), indent=2) + b"\n"


def checkpoint_of(data: bytes, name: str) -> Checkpoint:
    """Read a document called ``name``. Raises UnreadableInput where it is not in the one form that
    a checkpoint has: its digest and its signature are of exactly these bytes."""
    try:
        document = json.loads(data)
        validate(KIND, document)
        checkpoint = msgspec.convert(document, Checkpoint)
        same = checkpoint_bytes(checkpoint) == data
    except (ValueError, RecursionError) as error:
        raise UnreadableInput(f"{name} is no checkpoint: {error}", offset=0) from error
    if not same:
        raise UnreadableInput(f"{name} is no checkpoint in the form that seal writes",
                              hint="hand on the file itself, byte by byte")
    return checkpoint


def checkpoint_now(root: Path, *, sealed_at: str, tool: str) -> Checkpoint:
    """What a checkpoint of the directory says now. No exhibit is read: ``verify`` does that.

    Raises WrongUsage where there is no evidence directory, IntegrityError where its own files do
    not fit together, EvidenceUnwritable where a writer keeps the lock.
    """
    folder = _opened(root)
    try:
        with _custody(folder) as file, locked(file.fileno(), shared=True, timeout=_LOCK_SECONDS,
                                              what=CUSTODY):
            data, manifest = folder.read(CASE), folder.read(MANIFEST)
            custody = _sealed(file, None)
    except OSError as error:
        raise IntegrityError(f"{shown(root)} cannot be read: {error.strerror}",
                             hint=VERIFY_HINT) from error
    case = case_of(data, folder.path)
    if case is None:
        raise IntegrityError(f"{shown(folder.path / CASE)} is unreadable", hint=VERIFY_HINT)
    return Checkpoint(
        SealedCase(case.name, case.created, hashlib.sha256(data).hexdigest()), custody,
        SealedManifest(hashlib.sha256(manifest).hexdigest()), sealed_at, tool)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A directory beside a checkpoint: ``departures`` say why it is not the sealed one nor a
    continuation of it, ``contradictions`` what the checkpoint says against itself, ``exhibits``
    are the labels that the sealed lines name."""

    departures: tuple[Damage, ...]
    contradictions: tuple[str, ...]
    exhibits: frozenset[str] = frozenset()


def compared(root: Path, checkpoint: Checkpoint) -> Comparison:
    """Hold a directory against a checkpoint. No exhibit is read: ``verify`` does that.

    Raises WrongUsage where there is no evidence directory.
    """
    folder, sealed = _opened(root), checkpoint.custody
    try:
        data = folder.read(CASE)
        if hashlib.sha256(data).hexdigest() != checkpoint.case.sha256:
            return _departed(CASE, _other_case(data, folder, checkpoint))
        odd = tuple(_case_contradiction(data, folder, checkpoint))
        with _custody(folder) as file:
            found = _sealed(file, sealed.bytes)
            if found != sealed and not _begins_alike(file, found, sealed):
                return replace(_departed(CUSTODY, _rewritten(found, sealed)), contradictions=odd)
            return Comparison((), (*odd, *_contradiction(file, found, sealed)),
                              _labels(file, found.bytes))
    except OSError as error:
        return _departed(CUSTODY, f"cannot be held against the checkpoint: {error.strerror}")


def _departed(path: str, detail: str) -> Comparison:
    return Comparison((Damage("checkpoint", path, detail),), ())


def _rewritten(found: SealedCustody, sealed: SealedCustody) -> str:
    if found.bytes < sealed.bytes and found.lines < sealed.lines:
        return (f"is cut off: it has {found.lines} lines, {found.bytes} bytes; the checkpoint is of"
                f" {sealed.lines} lines, {sealed.bytes} bytes")
    if found.head == sealed.head:
        return (f"was rewritten before its line {found.lines}, which is the sealed one: its first"
                f" {sealed.bytes} bytes have the sha256 {found.sha256}, not {sealed.sha256}")
    return (f"was rewritten: its first {sealed.bytes} bytes are not the {sealed.lines} lines of the"
            f" checkpoint, whose last has the sha256 {sealed.head}; here they end in a line of"
            f" sha256 {found.head}")


def _begins_alike(file: BinaryIO, found: SealedCustody, sealed: SealedCustody) -> bool:
    """Whether custody begins as a checkpoint that is wrong about one of its own values says: its
    bytes have the digest stated, or so many lines that are a chain end in the line stated."""
    if (found.bytes, found.sha256) == (sealed.bytes, sealed.sha256):
        return True
    file.seek(0)
    before = ZEROS
    for _, line in zip(range(sealed.lines), file, strict=False):
        row = row_of(line)
        if isinstance(row, str) or row.prev != before:
            return False
        before = hashlib.sha256(line).hexdigest()
    return before == sealed.head


def _contradiction(file: BinaryIO, found: SealedCustody, sealed: SealedCustody) -> Iterator[str]:
    """What a checkpoint of this very custody has wrong."""
    if (found.bytes, found.sha256) == (sealed.bytes, sealed.sha256):
        if found != sealed:
            yield (f"the {sealed.bytes} bytes of the sha256 that it states are {found.lines} lines,"
                   f" the last of sha256 {found.head}; it says {sealed.lines} lines, the last of"
                   f" sha256 {sealed.head}")
        return
    file.seek(0)
    whole = b"".join(line for _, line in zip(range(sealed.lines), file, strict=False))
    yield (f"the {sealed.lines} lines that end in the one of sha256 {sealed.head}, as it says, are"
           f" {len(whole)} bytes of sha256 {hashlib.sha256(whole).hexdigest()}; it says"
           f" {sealed.bytes} bytes of sha256 {sealed.sha256}")


def _labels(file: BinaryIO, size: int) -> frozenset[str]:
    """The exhibits that the lines of the first ``size`` bytes name."""
    file.seek(0)
    rows = map(row_of, BytesIO(file.read(size)))
    return frozenset(row.exhibit for row in rows if not isinstance(row, str) and row.exhibit)


def lines_after(root: Path, checkpoint: Checkpoint) -> int:
    """How many custody lines follow those of a checkpoint that holds."""
    with _custody(_opened(root)) as file:
        file.seek(checkpoint.custody.bytes)
        return sum(line.endswith(b"\n") for line in file)


def _opened(root: Path) -> Folder:
    folder = open_root(Path(root))
    if folder is None or not {CASE, CUSTODY} & set(folder.names()):
        raise no_evidence(root, "is not an evidence directory")
    return folder


def _custody(folder: Folder) -> BinaryIO:
    return os.fdopen(folder.file(CUSTODY, os.O_RDONLY), "rb")


def _sealed(file: BinaryIO, most: int | None) -> SealedCustody:
    """The complete lines of the first ``most`` bytes; a line that reaches past them ends there."""
    whole, last, lines, size = hashlib.sha256(), b"", 0, 0
    while line := file.readline() if most is None else file.readline(most - size):
        if line.endswith(b"\n"):
            lines, last = lines + 1, line
        elif most is None:
            break
        size += len(line)
        whole.update(line)
        if most is not None and size == most:
            break
    return SealedCustody(lines, size, hashlib.sha256(last).hexdigest(), whole.hexdigest())


def _case_contradiction(data: bytes, folder: Folder, checkpoint: Checkpoint) -> Iterator[str]:
    case, sealed = case_of(data, folder.path), checkpoint.case
    if case is not None and (case.name, case.created) != (sealed.name, sealed.created):
        yield (f"the case file of the sha256 that it states is of the case {case.name!r}, opened"
               f" {case.created}; it says {sealed.name!r}, opened {sealed.created}")


def _other_case(data: bytes, folder: Folder, checkpoint: Checkpoint) -> str:
    sealed, case = checkpoint.case, None
    with suppress(UnreadableInput):  # of a later format
        case = case_of(data, folder.path)
    here = f"this is the case {case.name!r}, opened {case.created}" if case else \
        "it is not in the form of a case file"
    return (f"is that of another case than the checkpoint's, {sealed.name!r}, opened"
            f" {sealed.created}: {here}")
