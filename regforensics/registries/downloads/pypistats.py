"""pypistats: PyPI downloads a day, with and without the mirrors that it knows; 180 days kept.

Its API page (``/api/``): ``overall`` gives both series; "mirrors" are bandersnatch,
z3c.pypimirror, Artifactory and devpi. Names are spelled with hyphens; nothing is per version.
"""

from collections.abc import Iterable, Iterator
from urllib.parse import quote

from regforensics.errors import WrongUsage
from regforensics.evidence.jsonraw import decoded, items_of
from regforensics.evidence.jsontree import Document
from regforensics.model.claim import Gap
from regforensics.model.downloads import Count, DownloadCounts
from regforensics.model.package import PackageRef
from regforensics.registries.base import Part, Query
from regforensics.registries.downloads.ranges import block, day_of, number_of, spanned, unread

KIND = "pypistats-downloads"
_WITH, _WITHOUT = "with_mirrors", "without_mirrors"


def queries(packages: Iterable[PackageRef], base_url: str) -> tuple[Query, ...]:
    """Both daily series of each package; the service gives all that it keeps."""
    root = base_url.rstrip("/")
    return tuple(Query(f"{root}/api/packages/{quote(p.name, safe='')}/overall", "application/json",
                       KIND, KIND, p.at(None), optional=True, base_url=base_url)
                 for p in packages)


def recognises(document: Document) -> str | None:
    """A saved answer of ``overall``."""
    top = document.top
    whole = {"data", "package", "type"} <= set(top)
    return KIND if whole and decoded(top["type"]) == "overall_downloads" else None


def package_of(document: Document) -> PackageRef | None:
    """The package that an answer names."""
    raw = document.top.get("package")
    name = decoded(raw) if raw is not None else None
    try:
        return PackageRef.parse(f"pypi:{name}") if isinstance(name, str) else None
    except WrongUsage:
        return None


def counts(package: PackageRef, part: Part, document: Document
           ) -> Iterator[DownloadCounts | Gap]:
    """The series with and the series without mirrors."""
    if package_of(document) != package.at(None):
        yield unread(package, part, "the answer is about another package, or names none")
        return
    listed = document.top.get("data")
    series: dict[str, list[Count]] = {_WITH: [], _WITHOUT: []}
    odd = []
    for index, raw in enumerate(items_of(listed)):
        value = decoded(raw)
        value = value if isinstance(value, dict) else {}
        day, count = day_of(value.get("date")), number_of(value.get("downloads"))
        fact = document.leaf(raw, f"/data/{index}", None, count)
        category = value.get("category")
        if day is None or count is None or not isinstance(category, str):
            odd.append(fact)
        elif category in series:
            series[category].append(Count(day, fact))
    if odd:
        yield unread(package, part, f"{len(odd)} of its rows cannot be read", *odd)
    whole = block(document, listed, "", "data") if listed is not None else None
    for category, rows in series.items():
        covers = spanned(row.day for row in rows)
        if covers is not None:
            yield DownloadCounts(
                package=package.at(None), service="pypistats", observation=part.observation,
                asked=None, covers=covers, rows=tuple(rows), whole=whole,
                without_mirrors=category == _WITHOUT)
