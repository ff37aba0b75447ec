"""Ingest: a file that somebody hands over, copied into the evidence store as it is."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regforensics.acquire.foreign import LARGEST, opened
from regforensics.acquire.sink import Sink
from regforensics.acquire.text import one_line, size_text
from regforensics.errors import UnreadableInput
from regforensics.evidence.elsewhere import InPlace
from regforensics.evidence.exhibit import Acquisition, Entry

_CHUNK = 1 << 20
HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the caller found a file to be: its kind, its subject (a purl), its file name suffix.

    ``also`` are further subjects of a file that is about many, each of which gets a custody line.
    """

    kind: str
    subject: str | None = None
    what: str = ""
    suffix: str = ".json"
    also: tuple[str, ...] = ()


Recognise = Callable[[Path, bytes], Recognised]
Complete = Callable[[Entry, Any], Entry]


def ingest(path: Path, *, store: Sink[Any], recognise: Recognise, observed_at: str | None = None,
           observed_from: str | None = None, note: str | None = None, run: str | None = None,
           largest: int = LARGEST, complete: Complete | None = None, in_place: bool = False
           ) -> Acquisition:
    """Copy the file into ``store`` and record it; ``largest`` is in bytes.

    ``in_place``: nothing is copied, digest, size and path are recorded.

    ``recognise`` is given the path and the file's first ``HEAD`` bytes. ``observed_at`` is ISO
    8601 UTC, or None where nobody said when the file was obtained; ``observed_from`` the earliest
    moment that the statement can mean (a day is not an instant). ``complete`` is given the entry
    and the copied body, and says what else the entry is to hold. Raises UnreadableInput for what
    is no regular file, cannot be read, is too large or is cut meanwhile;
    EvidenceUnwritable where the store cannot take it; and whatever ``recognise`` raises.
    """
    name = one_line(str(path))
    descriptor = opened(path, name)
    with os.fdopen(descriptor, "rb", buffering=0) as source, \
            InPlace(path, descriptor) if in_place else store.incoming() as body:
        size = os.fstat(descriptor).st_size
        if size > largest:
            raise UnreadableInput(f"{name} has {size} bytes, more than {size_text(largest)}",
                                  hint="split it, or cut out the part that matters")
        head = b""
        while chunk := _read(source, name, body.size):
            head = (head + chunk)[:HEAD] if len(head) < HEAD else head
            if body.size + len(chunk) > largest:
                raise UnreadableInput(f"{name} grew past {size_text(largest)} while it was read")
            body.write(chunk)
        if body.size < size:
            raise UnreadableInput(f"{name} was cut from {size} to {body.size} bytes "
                                  "while it was read", hint="copy it first", offset=body.size)
        found = recognise(path, head)
        entry = Entry(how="file", kind=found.kind, subject=found.subject, what=found.what,
                      requested_at=observed_from, observed_at=observed_at, path=str(path),
                      note=note, run=run, suffix=found.suffix)
        entry = complete(entry, body) if complete else entry
        if isinstance(body, InPlace):
            body.ensure_unchanged()
        return store.record(entry, body)


def _read(source: Any, name: str, offset: int) -> bytes:
    try:
        return bytes(source.read(_CHUNK))
    except OSError as error:
        raise UnreadableInput(f"{name} cannot be read at byte {offset}: {error.strerror}",
                              offset=offset) from error
