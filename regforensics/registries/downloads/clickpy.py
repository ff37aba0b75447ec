"""ClickPy: the PyPI download data set in a public ClickHouse, asked over its HTTP interface.

Tables as in ClickHouse/clickpy, ClickHouse.md; names are normalised (PEP 503). Names, versions and
days are bound as query parameters (``param_...``), never pasted into the statement. The user
``demo`` is the service's published read-only role, and no secret. A scan that the server cuts
short at its limits looks like a whole answer.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import quote, urlencode

from regforensics.evidence.jsonraw import decoded, items_of
from regforensics.evidence.jsontree import Document
from regforensics.model.claim import Gap
from regforensics.model.downloads import Count, Days, DownloadCounts
from regforensics.model.package import PackageRef
from regforensics.registries.base import Part, Query
from regforensics.registries.downloads.ranges import (
    block,
    day_of,
    number_of,
    parameters,
    spanned,
    unread,
)

KIND = "clickpy-downloads"
USER = "demo"
_CLIENTS = (
    "SELECT project, date, installer, sum(count) AS downloads"
    " FROM pypi.pypi_downloads_per_day_by_version_by_installer_by_type"
    " WHERE project = {project:String} AND date >= {first:Date} AND date <= {last:Date}"
    " GROUP BY project, date, installer ORDER BY date, installer FORMAT JSON")
_VERSIONS = (
    "SELECT project, date, version, sum(count) AS downloads"
    " FROM pypi.pypi_downloads_per_day_by_version"
    " WHERE project = {project:String} AND date >= {first:Date} AND date <= {last:Date}"
    " GROUP BY project, date, version ORDER BY date, version FORMAT JSON")
_NAMED_VERSIONS = (
    "SELECT project, date, version, installer, sum(count) AS downloads"
    " FROM pypi.pypi_downloads_per_day_by_version_by_installer_by_type"
    " WHERE project = {project:String} AND date >= {first:Date} AND date <= {last:Date}"
    " AND has({versions:Array(String)}, version)"
    " GROUP BY project, date, version, installer ORDER BY date, version, installer FORMAT JSON")


def queries(package: PackageRef, versions: Sequence[str], days: Days,
            base_url: str) -> tuple[Query, ...]:
    """Each day by client and by version, and the named versions by both."""
    bound = {"project": package.name, "first": str(days.first), "last": str(days.last)}
    found = [_query(package, statement, bound, base_url) for statement in (_CLIENTS, _VERSIONS)]
    if versions:
        listed = "[" + ",".join(map(_literal, versions)) + "]"
        found.append(_query(package, _NAMED_VERSIONS, bound | {"versions": listed}, base_url))
    return tuple(found)


def _query(package: PackageRef, statement: str, bound: dict[str, str], base_url: str) -> Query:
    named = {"user": USER, "query": statement, **{f"param_{k}": v for k, v in bound.items()}}
    return Query(f"{base_url.rstrip('/')}/?{urlencode(named, quote_via=quote)}", "application/json",
                 KIND, KIND, package.at(None), base_url=base_url)


def _literal(text: str) -> str:
    """A string inside an Array parameter, as ClickHouse reads it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def recognises(document: Document) -> str | None:
    """A saved answer of these statements: ClickHouse's JSON with their columns."""
    return KIND if {"meta", "data", "rows"} <= set(document.top) and {
        "project", "date", "downloads"} <= set(_columns(document)) else None


def projects_in(document: Document) -> tuple[str, ...]:
    """The projects of an answer."""
    rows = (decoded(raw) for raw in items_of(document.top.get("data")))
    return tuple(dict.fromkeys(str(r.get("project")) for r in rows if isinstance(r, dict)))


def counts(package: PackageRef, part: Part, document: Document
           ) -> Iterator[DownloadCounts | Gap]:
    """The rows about ``package``; none where the answer holds fewer rows than it says."""
    listed, told = document.top.get("data"), document.top.get("rows")
    raws = items_of(listed)
    if listed is None or told is None or decoded(told) != len(raws):
        yield unread(package, part, "it does not hold as many rows as it says: it was cut short,"
                     " or is no answer to the question")
        return
    columns, rows, odd = _columns(document), [], []
    for index, raw in enumerate(raws):
        value = decoded(raw)
        value = value if isinstance(value, dict) else {}
        day, count = day_of(value.get("date")), number_of(value.get("downloads"))
        fact = document.leaf(raw, f"/data/{index}", None, count)
        if day is None or count is None:
            odd.append(fact)
        elif value.get("project") == package.name:
            rows.append(Count(day, fact, _text(value, columns, "version"),
                              _text(value, columns, "installer")))
    if odd:
        yield unread(package, part, f"{len(odd)} of its rows cannot be read", *odd)
    wanted = _asked(part)
    covers = wanted or spanned(row.day for row in rows)
    if covers is not None:
        yield DownloadCounts(
            package=package.at(None), service="clickpy", observation=part.observation,
            asked=wanted, covers=covers, rows=tuple(rows),
            some_versions="param_versions" in parameters(part),
            by_version="version" in columns, by_client="installer" in columns,
            bounds=part.observation.line if wanted else None,
            whole=block(document, listed, "", "data"))


def _columns(document: Document) -> list[str]:
    meta = [decoded(raw) for raw in items_of(document.top.get("meta"))]
    return [str(column.get("name")) for column in meta if isinstance(column, dict)]


def _text(value: dict[str, object], columns: list[str], name: str) -> str | None:
    """A row's text in a column; empty where it is null, None where there is no such column."""
    return str(value.get(name) or "") if name in columns else None


def _asked(part: Part) -> Days | None:
    """The days in the address that was asked."""
    named = parameters(part)
    first, last = (day_of(named.get(f"param_{end}")) for end in ("first", "last"))
    return Days(first, last) if first and last else None
