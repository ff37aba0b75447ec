"""An export of the public PyPI download data set: rows of day, version, client and count.

The data set is ``bigquery-public-data.pypi.file_downloads`` (pypi/warehouse,
docs/user/api/bigquery.md), one row a request; an export is what somebody's query made of it, as
CSV with a header, JSON lines or a JSON array. The columns are known by the names that the data set
and the usual queries give them. Each row cites itself.
"""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from regforensics.errors import UnreadableInput, WrongUsage
from regforensics.evidence.jsonraw import decoded
from regforensics.evidence.jsontree import Document
from regforensics.evidence.lines import Line, LineFact, lines_of, span_of
from regforensics.model.citation import Citation, Derived, Fact
from regforensics.model.claim import Gap
from regforensics.model.downloads import Count, DownloadCounts
from regforensics.model.package import PackageRef
from regforensics.registries.base import Part
from regforensics.registries.downloads.ranges import (
    MOST_QUOTED,
    day_of,
    number_of,
    spanned,
    unread,
)

KIND = "pypi-download-export"
_NAMES: dict[str, tuple[str, ...]] = {
    "day": ("day", "date", "download_date", "timestamp"),
    "project": ("project", "file.project", "file_project", "package", "name"),
    "version": ("version", "file.version", "file_version"),
    "client": ("installer", "installer_name", "details.installer.name", "details_installer_name",
               "client"),
    "downloads": ("downloads", "num_downloads", "download_count", "count", "f0_", "n"),
}
HEAD = 1 << 16
_DEPTH = 2
_UNNAMED = frozenset({"", "null", "none", "unknown", "\\n"})


class Row(NamedTuple):
    """One row: its fields by column name, and what cites it."""

    fields: Mapping[str, Any]
    cite: Callable[[int], Fact[int]]
    at: Fact[Any]


def form_of(head: bytes) -> str | None:
    """``csv``, ``ndjson`` or ``json`` where the head of a file looks like an export, else None."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] == b"[":
        return "json"
    if start[:1] == b"{":
        first = start.partition(b"\n")[0]
        return "ndjson" if _fits(_object(first)) else None
    header = start.partition(b"\n")[0].decode("utf-8", "replace").strip("\r")
    return "csv" if _fits(dict.fromkeys(_cells(header) or ())) else None


def recognises(body: bytes) -> bool:
    """True where the columns of a file are those of an export."""
    form = form_of(body[:HEAD])
    if form != "json":
        return form is not None
    try:
        return any(_fits(row.fields) for row in _array(Document("file", "", body), 1))
    except UnreadableInput:
        return False


def projects_in(body: bytes) -> Counter[str]:
    """The projects that the rows name, normalised, and how many rows each has."""
    found = Counter[str]()
    for row in _rows(body, "file", ""):
        name = _project(row.fields)
        if name is not None:
            found[name] += 1
    return found


def counts(package: PackageRef, part: Part) -> Iterator[DownloadCounts | Gap]:
    """The rows about ``package``; where the export names no project, all of them."""
    body, label = part.body(), part.observation.label
    rows, odd, places = [], [], []
    for row in _rows(body, label, part.observation.sha256):
        day, count = day_of(_field(row.fields, "day")), number_of(_field(row.fields, "downloads"))
        if day is None or count is None:
            odd.append(row.at)
        elif _project(row.fields) in (package.name, None):
            fact = row.cite(count)
            rows.append(Count(day, fact, _text(row.fields, "version"), _client(row.fields)))
            places.append(fact.citations[0])
    if odd:
        yield unread(package, part, f"{len(odd)} of its rows hold no day or no count", *odd)
    covers = spanned(row.day for row in rows)
    if covers is not None:
        yield DownloadCounts(
            package=package.at(None), service="bigquery", observation=part.observation, asked=None,
            covers=covers, rows=tuple(rows), whole=_whole(body, places),
            by_version=any(row.version is not None for row in rows),
            by_client=any(row.client is not None for row in rows))


def _whole(body: bytes, places: Iterable[Citation]) -> Fact[Any] | None:
    cited = list(places)
    first, last = min(c.start for c in cited), max(c.end for c in cited)
    if last - first > MOST_QUOTED:
        return None
    return Derived(None, (span_of(cited[0].exhibit, cited[0].sha256, body, first, last),))


def _rows(body: bytes, label: str, sha256: str) -> Iterator[Row]:
    """Every row. Raises UnreadableInput where the form is none that is known."""
    form = form_of(body[:HEAD])
    if form == "json":
        yield from _array(Document(label, sha256, body))
    elif form == "ndjson":
        yield from _lines(lines_of(label, sha256, body), _object)
    elif form == "csv":
        lines = lines_of(label, sha256, body)
        header = _cells(next(lines).data.decode("utf-8-sig", "replace").rstrip("\r")) or []
        yield from _lines(lines, lambda data: _record(header, data))
    else:
        raise UnreadableInput(f"{label}: no export of download counts: expected CSV with a header,"
                              " JSON lines or a JSON array", offset=0)


def _array(document: Document, most: int | None = None) -> Iterator[Row]:
    for index, raw in enumerate(document.items[:most]):
        yield Row(_flat(decoded(raw)), partial(document.leaf, raw, f"/{index}", None),
                  document.view(raw, f"/{index}", None))


def _lines(lines: Iterable[Line], fields: Callable[[bytes], Mapping[str, Any]]) -> Iterator[Row]:
    for line in lines:
        if line.data.strip():
            yield Row(fields(line.data), partial(LineFact, line=line), LineFact(None, line))


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(data.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return {}
    return _flat(value)


def _flat(value: Any, under: str = "") -> Mapping[str, Any]:
    """The fields of a row, those of inner objects as ``details.installer.name``."""
    if not isinstance(value, dict):
        return {}
    found: dict[str, Any] = {}
    for key, inner in value.items():
        nested = isinstance(inner, dict) and under.count(".") < _DEPTH
        found |= _flat(inner, f"{under}{key}.") if nested else {f"{under}{key}": inner}
    return found


def _cells(text: str) -> list[str] | None:
    """The cells of one CSV line; None where a quote stays open."""
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return None


def _record(header: list[str], data: bytes) -> Mapping[str, Any]:
    cells = _cells(data.decode("utf-8", "replace").rstrip("\r"))
    if cells is None or len(cells) != len(header):
        return {}
    return dict(zip(header, cells, strict=True))


def _fits(fields: Mapping[str, Any]) -> bool:
    """True where a row has a day and a count, and says of what."""
    known = {name for name in _NAMES if _key(fields, name) is not None}
    return {"day", "downloads"} <= known and bool(known & {"project", "version", "client"})


@lru_cache(maxsize=64)
def _columns(header: tuple[str, ...]) -> Mapping[str, str]:
    """What the fields of a row are called there, by what they are."""
    lowered = {key.strip().lower(): key for key in header}
    return {column: next(lowered[name] for name in names if name in lowered)
            for column, names in _NAMES.items() if any(name in lowered for name in names)}


def _key(fields: Mapping[str, Any], column: str) -> str | None:
    return _columns(tuple(fields)).get(column)


def _field(fields: Mapping[str, Any], column: str) -> Any:
    key = _key(fields, column)
    value = fields[key] if key is not None else None
    return value.strip() if isinstance(value, str) else value


def _text(fields: Mapping[str, Any], column: str) -> str | None:
    """The text of a column; empty where it holds nothing, None where there is no such column."""
    if _key(fields, column) is None:
        return None
    value = _field(fields, column)
    return "" if value is None else str(value)


def _client(fields: Mapping[str, Any]) -> str | None:
    text = _text(fields, "client")
    return "" if text is not None and text.lower() in _UNNAMED else text


def _project(fields: Mapping[str, Any]) -> str | None:
    name = _text(fields, "project")
    return _normal(name) if name else None


@lru_cache(maxsize=1024)
def _normal(name: str) -> str | None:
    try:
        return PackageRef.parse(f"pypi:{name}").name
    except WrongUsage:
        return None

