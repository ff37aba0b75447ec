"""Answers of counting services, and histories that hold them, without a network."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from regforensics.analyze.served.downloads import ANALYZER
from regforensics.evidence.exhibit import Acquisition, Entry
from regforensics.evidence.lines import Line
from regforensics.model.claim import Claim, Gap
from regforensics.model.downloads import Days
from regforensics.model.history import Scope
from regforensics.model.package import PackageRef
from regforensics.reading import Reader
from tests.support.lookups import Lookups

NPM = "https://counts.example/"
MONDAY = date(2026, 1, 5)


def days(first: date | str, count: int) -> Days:
    """That many days from the first."""
    start = date.fromisoformat(first) if isinstance(first, str) else first
    return Days(start, start + timedelta(count - 1))


def npm_range(name: str, covers: Days, count: Callable[[date], int]) -> dict[str, Any]:
    """An answer of the npm downloads API about one name."""
    return {"downloads": [{"downloads": count(d), "day": str(d)} for d in covers],
            "start": str(covers.first), "end": str(covers.last), "package": name}


def clickhouse(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """ClickHouse's JSON form."""
    names = list(rows[0]) if rows else ["project", "date", "downloads"]
    return {"meta": [{"name": n, "type": "String"} for n in names], "data": rows,
            "rows": len(rows), "statistics": {"elapsed": 0.01}}


@dataclass
class Counted(Lookups):
    """An archive in memory to which answers are added, each with its custody line."""

    made: list[Acquisition] = field(default_factory=list)
    bodies: dict[str, bytes] = field(default_factory=dict)
    lines: list[bytes] = field(default_factory=list)

    def add(self, kind: str, body: object, *, subject: str | None, at: str = "2026-03-02T10:00:00Z",
            url: str | None = None, status: int = 200, suffix: str = ".json",
            how: str = "http") -> "Counted":
        """One answer or file; ``subject`` is a target."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        seq = len(self.made) + 1
        label = f"EX-{seq:06}"
        self.bodies[label] = data
        self.lines.append(json.dumps({"seq": seq, "url": url, "observed_at": at}).encode())
        entry = Entry(how=how, kind=kind, run=f"run-{seq}",
                      status=status if how == "http" else None, observed_at=at,
                      requested_at=at, url=url, suffix=suffix, registry=NPM,
                      subject=str(PackageRef.parse(subject)) if subject else None)
        self.made.append(Acquisition(
            seq=seq, entry=entry, exhibit=label, new=True, tool="test", size=len(data),
            sha256=hashlib.sha256(data).hexdigest(), operator="ann@ir.example", recorded_at=at,
            prev="0" * 64))
        return self

    def range(self, target: str, covers: Days, count: Callable[[date], int] | Mapping[date, int], *,
              asked: Days | None = None, at: str = "2026-03-02T10:00:00Z") -> "Counted":
        """An answer of the npm downloads API, asked for ``asked`` (or what it covers)."""
        name = PackageRef.parse(target).full_name
        made = npm_range(name, covers, (lambda d: count.get(d, 0)) if isinstance(count, Mapping)
                         else count)
        want = asked or covers
        return self.add("npm-downloads", made, subject=target, at=at,
                        url=f"{NPM}downloads/range/{want.first}:{want.last}/{name}")

    def acquisitions(self) -> tuple[Acquisition, ...]:
        return tuple(self.made)

    def read(self, label: str) -> bytes:
        return self.bodies[label]

    def custody_line(self, seq: int) -> Line:
        data = self.lines[seq - 1]
        return Line("custody.jsonl", hashlib.sha256(data).hexdigest(), seq, 0, data)

    def reader(self) -> Reader:
        """The reader of this archive."""
        return Reader(self)

    def told(self, target: str, scope: Scope | None = None) -> tuple[list[Claim], list[Gap]]:
        """What the analyzer of downloads says; every citation is checked against the bytes."""
        history = self.reader().history(PackageRef.parse(target))
        found = list(ANALYZER.run(history, scope or Scope()))
        for finding in found:
            for cited in finding.citations:
                body = self.lines[int(cited.where.split()[1]) - 1] \
                    if cited.exhibit == "custody.jsonl" else self.bodies[cited.exhibit]
                assert body[cited.start:cited.end] == cited.quote
        return ([f for f in found if isinstance(f, Claim)],
                [f for f in found if isinstance(f, Gap)])
