"""Where the table of a log's events is kept, below ``derived/``, and when it is believed.

Whoever hands an evidence directory over can write what they like there. A table counts only where
this account marked it (an HMAC by its key, as for the index of custody) over the table's digest and
its summary, bound to what the table was made of; any other is made anew. Nothing is written or read
through a link.
"""

import hashlib
import json
import os
import secrets
import stat
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from regforensics.errors import EvidenceUnwritable
from regforensics.evidence import account
from regforensics.evidence.files import Folder, shown, writing
from regforensics.evidence.layout import DERIVED

EVENTS = "events"
_TABLE = "table"  # the member of a summary that holds the table's SHA-256
_LARGEST = 64 << 20  # bytes of a summary

Summary = dict[str, Any]


def name_of(about: bytes) -> str:
    """The file name of a table that was made of something, for this account."""
    whose = account.name(account.key(make=True))
    return f"{hashlib.sha256(about).hexdigest()[:32]}-{whose}.parquet"


def load(table: Path, about: bytes) -> Summary | None:
    """The summary of a table of ours that is whole, or None; never raises, never waits."""
    try:
        folder = Folder.open(table.parent.parent.parent).sub(DERIVED).sub(EVENTS)
        found = folder.stat(_beside(table))
        if found is None or found.st_size > _LARGEST:
            return None
        ours = account.own(_key(), about, folder.read(_beside(table)))
        if ours is None:
            return None
        said: Summary = json.loads(bytes(ours))
        return said if said.pop(_TABLE) == folder.digest(table.name)[0] else None
    except OSError:
        return None


def make(table: Path, about: bytes, fill: Callable[[Any], Summary]) -> Summary:
    """Put a table and its summary in their places; ``fill`` writes the table and gives its summary.

    Raises EvidenceUnwritable, also where ``derived/`` or what is below it is a link.
    """
    draft = f".{secrets.token_hex(8)}.new"
    with writing(f"the tables of logs in {shown(table.parent)}"):
        folder = _made(Folder.open(table.parent.parent.parent), DERIVED, EVENTS)
        try:
            sink = Digesting(os.fdopen(
                folder.file(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb"))
            with sink:
                said = fill(sink)
            folder.replace(draft, table.name)
            data = json.dumps(said | {_TABLE: sink.sha256}).encode()
            folder.write(draft, account.mac(_key(), about, data) + data,
                         flags=os.O_CREAT | os.O_EXCL)
            folder.replace(draft, _beside(table))
        finally:
            folder.remove(draft)
    return said


def _made(folder: Folder, *names: str) -> Folder:
    for name in names:
        found = folder.stat(name)
        if found is not None and not stat.S_ISDIR(found.st_mode):
            raise EvidenceUnwritable(
                f"{shown(folder.path / name)} is a link or a file: nothing is written there",
                hint="remove it: what belongs there is made again from the evidence")
        folder = folder.made(name)
    return folder


def _beside(table: Path) -> str:
    return table.with_suffix(".json").name


def _key() -> bytes:
    return account.key() or _of_this_process()


@cache
def _of_this_process() -> bytes:
    """Where no key can be kept, tables are made anew by every process."""
    return secrets.token_bytes(32)


class Digesting:
    """A file for writing that knows the digest of what was written to it, not of what is read
    from the disk again."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._digest = file, hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Hex, of everything written so far."""
        return self._digest.hexdigest()

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._file.closed

    def write(self, data: Any) -> int:
        """Write all of it. Raises OSError."""
        self._digest.update(data)
        return self._file.write(data)

    def tell(self) -> int:
        """Bytes written so far."""
        return self._file.tell()

    def flush(self) -> None:
        """As of any file."""
        self._file.flush()

    def close(self) -> None:
        """As of any file."""
        self._file.close()

    def __enter__(self) -> "Digesting":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
