"""Counting services in memory: the npm downloads API, pypistats, and a stub of ClickPy.

``ClickPy`` is a stub of ClickHouse's HTTP interface: it looks at the bound parameters and the
columns of the statement, runs no SQL, and answers in the form ``FORMAT JSON``.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

from simulator.clock import Clock, http_time
from simulator.web import Request, Response, conditional, dumps

EARLIEST = date(2015, 1, 10)
_KEPT = 180
_MIRRORS = {"bandersnatch", "z3c.pypimirror", "Artifactory", "devpi"}
_PERIOD = re.compile(r"(\d{4}-\d\d-\d\d)(?::(\d{4}-\d\d-\d\d))?")


@dataclass(frozen=True, slots=True)
class Served:
    """How often files of one version went to one kind of client on one day."""

    name: str
    day: date
    count: int
    version: str = "1.0.0"
    client: str = "pip"


@dataclass
class Tally:
    """What was served. Days in ``lost`` were never counted; a day is counted once it is over, and
    ``late`` days later at that."""

    clock: Clock
    served: list[Served] = field(default_factory=list)
    lost: set[date] = field(default_factory=set)
    late: int = 0

    def add(self, name: str, day: date | str, count: int, version: str = "1.0.0",
            client: str = "pip") -> None:
        """Files of a version that a client was given on a day."""
        when = date.fromisoformat(day) if isinstance(day, str) else day
        self.served.append(Served(name, when, count, version, client))

    def steady(self, name: str, first: date | str, days: int, count: int) -> None:
        """The same number on each of several days."""
        start = date.fromisoformat(first) if isinstance(first, str) else first
        for n in range(days):
            self.add(name, start + timedelta(n), count)

    def knows(self, name: str) -> bool:
        """Whether anything of that name was ever served."""
        return any(one.name == name for one in self.served)

    def rows(self, name: str | None, first: date, last: date) -> list[Served]:
        """What was counted of a package, or of all, in a stretch of days."""
        newest = self.clock.now().date() - timedelta(1 + self.late)
        return [one for one in self.served if name in (None, one.name)
                and first <= one.day <= min(last, newest) and one.day not in self.lost]

    def by_day(self, name: str | None, first: date, last: date) -> dict[date, int]:
        """The downloads of each day, zeros included."""
        found = {first + timedelta(n): 0 for n in range((last - first).days + 1)}
        for one in self.rows(name, first, last):
            found[one.day] += one.count
        return found


@dataclass
class NpmDownloads:
    """The npm downloads API. ``clamp``: longer ranges are cut at their start without a word, in
    days; ``refuse``: longer ones are an error."""

    tally: Tally
    clamp: int = 548
    refuse: int | None = None
    base_url: str = "https://counts.example/"

    def respond(self, request: Request) -> Response:
        """A range, a point, or the counts per version of the last seven days."""
        parts = [part for part in request.segments if part]
        if parts[:1] == ["versions"] and parts[2:] == ["last-week"]:
            return self._versions(parts[1])
        found = _PERIOD.fullmatch(parts[2]) if len(parts) > 2 and parts[0] == "downloads" else None
        if found is None or parts[1] not in ("range", "point"):
            return _answer(self.tally, 404, {"error": "not found"})
        first = max(date.fromisoformat(found[1]), EARLIEST)
        last = date.fromisoformat(found[2] or found[1])
        names = "/".join(parts[3:]).split(",")
        most = 365 if len(names) > 1 else self.clamp
        if self.refuse is not None and (last - first).days >= self.refuse:
            return _answer(self.tally, 400, {"error": f"exceeded max days of {self.refuse}"})
        first = max(first, last - timedelta(most - 1))
        if len(names) > 1:
            return _answer(self.tally, 200, {
                name: self._counts(parts[1], name, first, last) if self.tally.knows(name) else None
                for name in names})
        if names != [""] and not self.tally.knows(names[0]):
            return _answer(self.tally, 404, {"error": f"package {names[0]} not found"})
        return _answer(self.tally, 200, self._counts(parts[1], names[0] or None, first, last))

    def _counts(self, form: str, name: str | None, first: date, last: date) -> dict[str, object]:
        days = self.tally.by_day(name, first, last)
        listed: object = sum(days.values()) if form == "point" else \
            [{"downloads": count, "day": str(day)} for day, count in days.items()]
        return {"downloads": listed, "start": str(first), "end": str(last),
                **({"package": name} if name else {})}

    def _versions(self, name: str) -> Response:
        if not self.tally.knows(name):
            return _answer(self.tally, 404, {"error": f"package {name} not found"})
        today = self.tally.clock.now().date()
        found = defaultdict[str, int](int)
        for one in self.tally.rows(name, today - timedelta(7), today):
            found[one.version] += one.count
        return _answer(self.tally, 200, {"package": name, "downloads": dict(found)})


@dataclass
class PypiStats:
    """pypistats' ``overall``: 180 days, with and without the mirrors that it knows."""

    tally: Tally
    base_url: str = "https://stats.example/"

    def respond(self, request: Request) -> Response:
        """Both series of one package."""
        parts = [part for part in request.segments if part]
        name = parts[2] if len(parts) == 4 and parts[3] == "overall" else ""
        if not self.tally.knows(name):
            return _answer(self.tally, 404, {"error": "not found"})
        today = self.tally.clock.now().date()
        data = []
        for category, left_out in (("with_mirrors", set[str]()), ("without_mirrors", _MIRRORS)):
            counts = defaultdict[date, int](int)
            for one in self.tally.rows(name, today - timedelta(_KEPT), today):
                counts[one.day] += one.count * (one.client not in left_out)
            data += [{"category": category, "date": str(day), "downloads": count}
                     for day, count in sorted(counts.items())]
        return _answer(self.tally, 200,
                       {"data": data, "package": name, "type": "overall_downloads"})


@dataclass
class ClickPy:
    """A stub of the public ClickHouse. ``cut``: this many rows are sent of those announced."""

    tally: Tally
    cut: int | None = None
    base_url: str = "https://click.example/"

    def respond(self, request: Request) -> Response:
        """Sums over the columns that the statement groups by."""
        named = {k: v[-1] for k, v in parse_qs(urlsplit(request.path).query).items()}
        if named.get("user") != "demo" or "param_project" not in named:
            return _answer(self.tally, 403, {"exception": "not for you"})
        columns = named["query"].split("SELECT ")[1].split(", sum(")[0].split(", ")
        only = json.loads(named["param_versions"].replace("'", '"')) \
            if "param_versions" in named else None
        sums = defaultdict[tuple[str, ...], int](int)
        for one in self.tally.rows(named["param_project"], *(
                date.fromisoformat(named[f"param_{end}"]) for end in ("first", "last"))):
            if only is None or one.version in only:
                sums[tuple(_fields(one, columns))] += one.count
        rows = [{**dict(zip(columns, key, strict=True)), "downloads": str(count)}
                for key, count in sorted(sums.items())]
        return _answer(self.tally, 200, {
            "meta": [{"name": c, "type": "String"} for c in (*columns, "downloads")],
            "data": rows[:self.cut], "rows": len(rows)})


def _fields(one: Served, columns: Iterable[str]) -> list[str]:
    known = {"project": one.name, "date": str(one.day), "version": one.version,
             "installer": one.client}
    return [known[column] for column in columns]


def _answer(tally: Tally, status: int, body: object) -> Response:
    data = dumps(body)
    return conditional(Request("/"), Response(status, (
        ("Date", http_time(tally.clock.now())), ("Content-Type", "application/json"),
        ("Content-Length", str(len(data)))), data), None)
