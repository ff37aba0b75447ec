"""OSV records: the answers of its query API, and single records (ossf/osv-schema).

Malware records have ids MAL-YYYY-n (ossf/malicious-packages); their origins carry the time at
which a reporter's finding was imported. Ecosystem names are case-sensitive.
"""

from collections.abc import Iterator, Mapping

from regforensics.evidence.jsonraw import Raw, decoded, items_of, members_of
from regforensics.evidence.jsontree import Document
from regforensics.model.advisory import Advisory
from regforensics.model.citation import Fact
from regforensics.model.claim import Gap
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.registries.advisories import ranges
from regforensics.registries.advisories.leaves import (
    MOST_LISTED,
    MOST_RECORDS,
    MOST_VERSIONS,
    named,
    text,
    texts,
    time,
)

ECOSYSTEMS = {"npm": "npm", "pypi": "PyPI", "maven": "Maven"}
_REGISTRIES = {ecosystem: registry for registry, ecosystem in ECOSYSTEMS.items()}
_ORIGINS = "malicious-packages-origins"


def is_answer(document: Document) -> bool:
    """An answer of the query API: its records stand in ``vulns``."""
    found = items_of(document.top.get("vulns"))
    return bool(found) and is_record(members_of(found[0]))


def is_record(top: Mapping[str, Raw]) -> bool:
    """A record has an id, a time of modification, and says what it affects."""
    return {"id", "modified"} <= set(top) and ("affected" in top or "withdrawn" in top)


def subjects(document: Document) -> set[PackageRef]:
    """Every package that the document's records are about."""
    return {package for _, record in _records(document)
            for affected in items_of(record.get("affected"))
            if (package := _package(members_of(members_of(affected).get("package"))))}


def read(package: PackageRef, document: Document) -> Iterator[Advisory | Gap]:
    """The records about ``package``, and a Gap for what cannot be compared."""
    left = MOST_VERSIONS
    for at, record in _records(document):
        left -= sum(min(_size(members_of(raw)), MOST_LISTED)
                    for raw in items_of(record.get("affected")))
        if left < 0:
            return
        yield from _read(package, document, at, record)


def count(document: Document) -> int:
    """How many records stand in the document."""
    return len(items_of(document.top["vulns"])) if "vulns" in document.top else \
        int(is_record(document.top))


def more(document: Document) -> Fact[str] | None:
    """The token of the next page, where there is one."""
    return text(document, "", document.top, "next_page_token")


def _records(document: Document) -> Iterator[tuple[str, dict[str, Raw]]]:
    if "vulns" not in document.top:
        if is_record(document.top):
            yield "", document.top
        return
    for index, raw in enumerate(items_of(document.top["vulns"])[:MOST_RECORDS]):
        yield f"/vulns/{index}", members_of(raw)


def _size(affected: dict[str, Raw]) -> int:
    """How many versions are to be read and compared."""
    return len(items_of(affected.get("versions"))) + sum(
        len(items_of(members_of(raw).get("events"))) for raw in items_of(affected.get("ranges")))


def _read(package: PackageRef, document: Document, at: str,
          record: dict[str, Raw]) -> Iterator[Advisory | Gap]:
    id_ = text(document, at, record, "id")
    mine = [(f"{at}/affected/{index}", inside)
            for index, raw in enumerate(items_of(record.get("affected")))
            if _package(members_of((inside := members_of(raw)).get("package"))) == package]
    if id_ is None or not mine:
        return
    listed: list[Fact[str]] = []
    spans: list[ranges.Span] = []
    for place, affected in mine:
        listed += texts(document, f"{place}/versions",
                        items_of(affected.get("versions"))[:MOST_LISTED])
        for index, raw in enumerate(items_of(affected.get("ranges"))):
            found = _spans(package, document, f"{place}/ranges/{index}", members_of(raw))
            if isinstance(found, Gap):
                yield found
            else:
                spans += found
    listed = ranges.distinct(package.registry, listed)
    covering = ranges.Covering(package.registry, listed, spans)
    yield Advisory(
        id=id_, source="OSV", package=package, malware=id_.value.startswith("MAL-"),
        covering=covering.of, among=covering.among,
        aliases=tuple(texts(document, f"{at}/aliases", items_of(record.get("aliases"))[:100])),
        summary=text(document, at, record, "summary"),
        published=time(document, at, record, "published"),
        modified=time(document, at, record, "modified"),
        withdrawn=time(document, at, record, "withdrawn"),
        listed=tuple(listed), ranges=ranges.stated(spans),
        imported=tuple(_imported(document, at, record)))


def _spans(package: PackageRef, document: Document, at: str,
           inside: dict[str, Raw]) -> list[ranges.Span] | Gap:
    kind = decoded(inside["type"]) if "type" in inside else None
    if kind not in ("SEMVER", "ECOSYSTEM"):  # commits are no versions of a registry
        return []
    try:
        return list(ranges.from_events(package.registry, _events(document, f"{at}/events", inside)))
    except ranges.Unreadable as error:
        return ranges.gap(package, error)


def _events(document: Document, at: str, inside: dict[str, Raw]) -> list[tuple[str, Fact[str]]]:
    """(kind, version) of each event. Raises Unreadable for one that is no text, or too many."""
    found = []
    written = items_of(inside.get("events"))
    for index, event in enumerate(map(members_of, written[:ranges.MOST_EVENTS])):
        for name in event:
            fact = text(document, f"{at}/{index}", event, name)
            if fact is None:
                raise ranges.Unreadable
            found.append((name, fact))
    if len(written) > ranges.MOST_EVENTS:
        raise ranges.Unreadable
    return found


def _imported(document: Document, at: str, record: dict[str, Raw]) -> Iterator[Fact[Instant]]:
    origins = members_of(record.get("database_specific")).get(_ORIGINS)
    for index, raw in enumerate(items_of(origins)[:100]):
        found = time(document, f"{at}/database_specific/{_ORIGINS}/{index}", members_of(raw),
                     "import_time")
        if found is not None:
            yield found


def _package(inside: dict[str, Raw]) -> PackageRef | None:
    ecosystem = decoded(inside["ecosystem"]) if "ecosystem" in inside else None
    registry = _REGISTRIES.get(ecosystem.partition(":")[0]) if isinstance(ecosystem, str) else None
    return named(registry, inside) if registry else None
