"""A store in memory and a registry of one question, for tests of what acquires."""

import hashlib
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from regforensics.acquire.limits import Limits
from regforensics.errors import EvidenceUnwritable
from regforensics.evidence.exhibit import Acquisition, Entry
from regforensics.model.package import PackageRef
from regforensics.registries.base import Part, Query, Wanted
from tests.support.lookups import Lookups

QUICK = Limits(size=1 << 20, decoded=2 << 20, connect=1.0, read=0.3, deadline=0.8, attempts=3,
               total=10.0, wait_initial=0.01, wait_max=0.02, wait_jitter=0.0,
               retry_after_max=0.05, rate=1000.0)


class MemoryBody:
    """What the store's own incoming body does, without a disk. ``room`` is the disk's size."""

    def __init__(self, room: int | None = None) -> None:
        self.data = bytearray()
        self.closed = False
        self.room = room

    @property
    def size(self) -> int:
        return len(self.data)

    def write(self, data: bytes) -> None:
        assert not self.closed
        if self.room is not None and self.size + len(data) > self.room:
            raise EvidenceUnwritable("no space left on the device")
        self.data += data

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.closed = True


class MemoryStore(Lookups):
    """Keeps identical bytes once, and every acquisition."""

    def __init__(self, room: int | None = None) -> None:
        self.lines: list[Acquisition] = []
        self.exhibits: dict[str, bytes] = {}
        self.room = room
        self.handed: list[MemoryBody] = []

    def incoming(self) -> MemoryBody:
        self.handed.append(MemoryBody(self.room))
        return self.handed[-1]

    def record(self, entry: Entry, body: MemoryBody | bytes | None) -> Acquisition:
        data = bytes(body.data) if isinstance(body, MemoryBody) else body
        label, new = entry.unchanged_exhibit, False
        if data is not None:
            label = next((name for name, held in self.exhibits.items() if held == data), None)
            new = label is None
            label = label or f"EX-{len(self.exhibits) + 1:06d}"
            self.exhibits[label] = data
        line = Acquisition(
            seq=len(self.lines) + 1, entry=entry, exhibit=label, new=new, tool="test",
            sha256=None if data is None else hashlib.sha256(data).hexdigest(),
            size=None if data is None else len(data), operator="ann@ir.example",
            recorded_at="2026-11-21T06:00:00.000Z", prev="0" * 64)
        self.lines.append(line)
        return line

    def record_all(self, records: Sequence[tuple[Entry, MemoryBody | bytes | None]],
                   ) -> Sequence[Acquisition]:
        done = [self.record(entry, body) for entry, body in records]
        for _, body in records:
            if isinstance(body, MemoryBody):
                body.closed = True
        return done

    def acquisitions(self) -> Sequence[Acquisition]:
        return tuple(self.lines)

    def body(self, line: Acquisition) -> bytes | None:
        return None if line.exhibit is None else self.exhibits[line.exhibit]


def query(url: str, name: str = "demo", accept: str = "application/json") -> Query:
    return Query(url, accept, "packument", "packument", PackageRef("npm", name))


class OneQuestion:
    """A registry that asks ``base/NAME`` about a package, and ``base/keys`` once if ``shared``."""

    def __init__(self, url: str, name: str = "npm", *, shared: bool = False,
                 second: str | None = None) -> None:
        self.name, self.default_url = name, url
        self.shared, self.second = shared, second
        self.further: dict[str, tuple[Query, ...]] = {}

    def queries(self, package: PackageRef, base_url: str) -> tuple[Query, ...]:
        asked = [Query(base_url + package.name, "application/json", "packument", "packument",
                       package)]
        if self.second:
            asked.append(Query(base_url + self.second, "application/json", "other", "other",
                               package))
        if self.shared:
            asked.append(Query(base_url + "keys", "application/json", "keys", "keys", None))
        return tuple(asked)

    def follow_ups(self, package: PackageRef, _base_url: str, _answered: Sequence[Part],
                   wanted: Wanted, /) -> tuple[Query, ...]:
        return self.further.get(package.name, ()) if wanted.attestations else ()
