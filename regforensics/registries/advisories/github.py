"""GitHub's global security advisories (GitHub REST docs, "Global security advisories").

A list of records, or one record. Reviewed advisories and malware are answers to two questions: a
question that names no type leaves malware out.
"""

from collections.abc import Iterator, Mapping

from regforensics.evidence.jsonraw import Raw, decoded, items_of, members_of
from regforensics.evidence.jsontree import Document
from regforensics.model.advisory import Advisory
from regforensics.model.citation import Fact
from regforensics.model.claim import Gap
from regforensics.model.package import PackageRef
from regforensics.registries.advisories import ranges
from regforensics.registries.advisories.leaves import (
    MOST_LISTED,
    MOST_RECORDS,
    MOST_VERSIONS,
    named,
    text,
    time,
)

ECOSYSTEMS = {"npm": "npm", "pypi": "pip", "maven": "maven"}
_RANGE = "vulnerable_version_range"
_REGISTRIES = {ecosystem: registry for registry, ecosystem in ECOSYSTEMS.items()}


def is_answer(document: Document) -> bool:
    """A list whose first item is a record, or a record."""
    return _is_record(members_of(document.items[0]) if document.items else document.top)


def subjects(document: Document) -> set[PackageRef]:
    """Every package that the document's records are about."""
    return {package for _, record in _records(document)
            for raw in items_of(record.get("vulnerabilities"))
            if (package := _package(members_of(raw)))}


def count(document: Document) -> int:
    """How many records stand in the document."""
    return len(document.items) or int(_is_record(document.top))


def read(package: PackageRef, document: Document) -> Iterator[Advisory | Gap]:
    """The records about ``package``, and a Gap for what cannot be compared."""
    left = MOST_VERSIONS
    for at, record in _records(document):
        left -= len(items_of(record.get("vulnerabilities")))
        if left < 0:
            return
        id_ = text(document, at, record, "ghsa_id")
        mine = [(f"{at}/vulnerabilities/{index}", inside)
                for index, raw in enumerate(items_of(record.get("vulnerabilities"))[:MOST_LISTED])
                if _package(inside := members_of(raw)) == package]
        if id_ is not None and mine:
            yield from _read(package, document, at, record, id_, mine)


def _read(package: PackageRef, document: Document, at: str, record: dict[str, Raw],
          id_: Fact[str], mine: list[tuple[str, dict[str, Raw]]]) -> Iterator[Advisory | Gap]:
    listed: list[Fact[str]] = []
    spans: list[ranges.Span] = []
    for place, inside in mine:
        stated = text(document, place, inside, _RANGE)
        try:
            spans.append(ranges.from_expression(package.registry, stated))
        except ranges.Unreadable as error:
            yield ranges.gap(package, error)
            continue
        if stated is not None and stated.value.strip().startswith("=") and "," not in stated.value:
            version = stated.value.strip().lstrip("= ")
            listed.append(document.leaf(inside[_RANGE], place, _RANGE, version))
    listed = ranges.distinct(package.registry, listed)
    covering = ranges.Covering(package.registry, listed, spans)
    yield Advisory(
        id=id_, source="GitHub", package=package,
        malware="type" in record and decoded(record["type"]) == "malware",
        covering=covering.of, among=covering.among,
        aliases=tuple(_aliases(document, at, record, id_.value)),
        summary=text(document, at, record, "summary"),
        published=time(document, at, record, "published_at"),
        modified=time(document, at, record, "updated_at"),
        withdrawn=time(document, at, record, "withdrawn_at"),
        listed=tuple(listed), ranges=ranges.stated(spans))


def _aliases(document: Document, at: str, record: dict[str, Raw],
             own: str) -> Iterator[Fact[str]]:
    for index, raw in enumerate(items_of(record.get("identifiers"))[:100]):
        fact = text(document, f"{at}/identifiers/{index}", members_of(raw), "value")
        if fact is not None and fact.value != own:
            yield fact


def _records(document: Document) -> Iterator[tuple[str, dict[str, Raw]]]:
    if not document.items and _is_record(document.top):
        yield "", document.top
    for index, raw in enumerate(document.items[:MOST_RECORDS]):
        yield f"/{index}", members_of(raw)


def _is_record(top: Mapping[str, Raw]) -> bool:
    return {"ghsa_id", "vulnerabilities"} <= set(top)


def _package(inside: dict[str, Raw]) -> PackageRef | None:
    package = members_of(inside.get("package"))
    ecosystem = decoded(package["ecosystem"]) if "ecosystem" in package else None
    registry = _REGISTRIES.get(ecosystem) if isinstance(ecosystem, str) else None
    return named(registry, package) if registry else None
