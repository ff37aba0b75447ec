"""Tables of addresses (MaxMind DB files): recognised, tried, and taken as exhibits."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from regforensics.acquire.foreign import opened
from regforensics.acquire.ingest import Recognised, ingest
from regforensics.cli.console import Talk
from regforensics.errors import WrongUsage
from regforensics.evidence.exhibit import Acquisition
from regforensics.evidence.store import EvidenceStore

MMDB = "mmdb"
_MARK, _END = b"\xab\xcd\xefMaxMind.com", 128 << 10


def is_table(path: Path) -> bool:
    """Whether a file ends as MaxMind DB files do."""
    with os.fdopen(opened(path, str(path)), "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _END))
        return _MARK in file.read(_END)


def recognised(path: Path) -> Recognised:
    """A table that can be read. Raises UnreadableInput for one that cannot, WrongUsage where its
    reader is not installed."""
    try:
        from regforensics.events.places import Table
    except ImportError as error:
        raise WrongUsage(f"tables of addresses are read with a library that is not installed:"
                         f" {error.name}", hint="pip install 'regforensics[logs]'") from error
    with os.fdopen(opened(path, str(path)), "rb") as file:
        table = Table.of(file, str(path))
    return Recognised(MMDB, None, f"{MMDB}: {table.name}", ".mmdb")


def take(paths: Sequence[Path], root: Path) -> None:
    """Make exhibits of the tables that are none yet. Raises UnreadableInput, EvidenceUnwritable."""
    for path in paths:
        found = recognised(path)
        with os.fdopen(opened(path, str(path)), "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if not _is_held(EvidenceStore.open(root), digest):
            taken = ingest(path, store=EvidenceStore.create_or_open(root),
                           recognise=lambda *_, found=found: found)
            Talk.say(f"note: {path} is {taken.exhibit} now: {found.what}")


def _is_held(store: EvidenceStore, digest: str) -> bool:
    return store.holds(digest) and any(
        a.entry.kind == MMDB and a.sha256 == digest for a in store.acquisitions())


def row(path: Path, taken: Acquisition) -> dict[str, object]:
    """A table as ``ingest`` tells it."""
    return {"path": str(path), "exhibit": taken.exhibit, "sha256": taken.sha256, "format": MMDB,
            "subject": None, "new": taken.new, "events": 0, "lines": None, "unparsed": 0,
            "first": None, "last": None, "gaps": []}
