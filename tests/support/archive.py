"""An archive in memory, as the reader sees an evidence directory."""

import hashlib
from collections.abc import Sequence
from typing import Any

from regforensics.evidence.exhibit import Acquisition, Entry
from regforensics.evidence.lines import Line
from tests.support.lookups import Lookups


class MemoryArchive(Lookups):
    """Holds answers in the order in which they were observed, a minute apart."""

    def __init__(self) -> None:
        self._made: list[Acquisition] = []
        self._bodies: dict[str, bytes] = {}

    def add(self, package: str, kind: str, body: bytes, *, run: str | None = None,
            status: int = 200, **more: Any) -> "MemoryArchive":
        """One answer about ``package`` (a purl); answers of one ``run`` belong together.

        ``more`` is what else its custody entry holds.
        """
        seq = len(self._made) + 1
        label = f"EX-{seq:06}"
        self._bodies[label] = body
        entry = Entry(how="http", kind=kind, subject=package, run=run or f"run-{seq}",
                      status=status, observed_at=f"2026-03-02T10:{seq % 60:02}:00.000Z", **more)
        self._made.append(Acquisition(
            seq=seq, entry=entry, exhibit=label, new=True, tool="test", size=len(body),
            sha256=hashlib.sha256(body).hexdigest(), operator="ann@ir.example",
            recorded_at=entry.observed_at or "", prev="0" * 64))
        return self

    def acquisitions(self) -> Sequence[Acquisition]:
        return tuple(self._made)

    def read(self, label: str) -> bytes:
        return self._bodies[label]

    def custody_line(self, seq: int) -> Line:
        data = b'{"seq":%d}' % seq
        return Line("custody.jsonl", hashlib.sha256(data).hexdigest(), seq, 0, data)
