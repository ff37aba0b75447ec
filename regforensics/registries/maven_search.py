"""The search index of Maven Central: a second source of versions, and a stale one.

It has been behind by months, and fails often: that a version is not in it says nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from regforensics.errors import UnreadableInput
from regforensics.evidence.jsonraw import decoded, items_of, members_of
from regforensics.evidence.jsontree import Document
from regforensics.model.citation import Fact
from regforensics.model.instant import Instant, iso
from regforensics.model.package import PackageRef
from regforensics.model.search_index import IndexAnswer
from regforensics.registries.base import Part, Query, Wanted

SEARCH = "maven-search"
ROWS, MOST_PAGES = 200, 5


def ask(package: PackageRef, _base_url: str, answered: Sequence[Part],
        wanted: Wanted) -> Iterator[Query]:
    """Page after page of the artifact's versions, up to the number that the index states."""
    if not wanted.search_index or package.registry != "maven":
        return
    pages = [part for part in answered if part.kind == SEARCH]
    found = max((_whole(part.document, "numFound") or 0 for part in pages if part.document),
                default=1)
    start = len(pages) * ROWS
    if start < found and len(pages) < MOST_PAGES:
        group, name = (quote(text, safe="") for text in (package.namespace or "", package.name))
        yield Query(
            f"{wanted.maven_search_url}solrsearch/select?q=g:%22{group}%22+AND+a:%22{name}%22"
            f"&core=gav&rows={ROWS}&start={start}&wt=json", "application/json", SEARCH, "search",
            package, optional=True, spare=True, base_url=wanted.maven_search_url)


def read(package: PackageRef, part: Part) -> Iterator[IndexAnswer]:
    """One answer. Raises UnreadableInput where it is none."""
    document, line = part.document, part.observation.line
    found = document.at("/response/numFound") if document else None
    if document is None or found is None or type(found.value) is not int:
        raise UnreadableInput("no answer of the search index", offset=0)
    if line is not None:
        yield IndexAnswer(found=found, versions=dict(_versions(package, document)), line=line,
                          at=part.observation.at,
                          run=(part.entry.run or "") if part.entry else "")


def _versions(package: PackageRef, document: Document
              ) -> Iterator[tuple[str, Fact[Instant | None]]]:
    docs = members_of(document.top.get("response")).get("docs")
    for index, raw in enumerate(items_of(docs)):
        row = {key: decoded(value) for key, value in members_of(raw).items()
               if key in ("g", "a", "v", "timestamp")}
        version = row.get("v")
        if (row.get("g"), row.get("a")) == (package.namespace, package.name) \
                and isinstance(version, str) and version:
            yield version, document.leaf(raw, f"/response/docs/{index}", None,
                                         _instant(row.get("timestamp")))


def _instant(value: object) -> Instant | None:
    """Milliseconds since 1970, UTC."""
    if type(value) is not int:
        return None
    try:
        moment = datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return Instant(moment, iso(moment), 0.001)


def _whole(document: Document, name: str) -> int | None:
    leaf = document.at(f"/response/{name}")
    return leaf.value if leaf is not None and type(leaf.value) is int else None
