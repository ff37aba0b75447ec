"""What both databases' records are read with: texts, times and versions of bounded length."""

from collections.abc import Iterator, Mapping
from typing import Any

from regforensics.errors import WrongUsage
from regforensics.evidence.jsonraw import Raw, decoded
from regforensics.evidence.jsontree import Document
from regforensics.model.citation import Fact
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef

MOST_RECORDS = 1000  # of one answer, as OSV pages them
MOST_LISTED = 5000  # versions of one record
MOST_VERSIONS = 20_000  # of one answer; what stands behind them is said not to be read
_LONGEST = 1 << 12  # characters of one text


def text(document: Document, at: str, inside: Mapping[str, Raw], key: str) -> Fact[str] | None:
    """The member ``key`` where it is a text of sane length that is not empty."""
    fact: Fact[Any] | None = document.leaf(inside[key], at, key) if key in inside else None
    return fact if fact is not None and is_text(fact.value) else None


def item(document: Document, at: str, raw: Raw) -> Fact[str] | None:
    """The array item ``raw`` at ``at`` where it is such a text."""
    fact: Fact[Any] = document.leaf(raw, at, None)
    return fact if is_text(fact.value) else None


def texts(document: Document, at: str, raws: list[Raw]) -> Iterator[Fact[str]]:
    """Such texts of an array at ``at``."""
    for index, raw in enumerate(raws):
        fact = item(document, f"{at}/{index}", raw)
        if fact is not None:
            yield fact


def time(document: Document, at: str, inside: Mapping[str, Raw], key: str) -> Fact[Instant] | None:
    """The member ``key`` where it is a time with a zone."""
    stated = text(document, at, inside, key)
    try:
        moment = Instant.parse(stated.value) if stated is not None else None
    except ValueError:
        moment = None
    return None if moment is None else document.leaf(inside[key], at, key, moment)


def named(registry: str, inside: Mapping[str, Raw]) -> PackageRef | None:
    """The package that a member ``name`` names, or None."""
    name = decoded(inside["name"]) if "name" in inside else None
    if not is_text(name):
        return None
    try:
        return PackageRef.parse(f"{registry}:{name}").at(None)
    except WrongUsage:
        return None


def is_text(value: object) -> bool:
    """True for a text that is not empty and not absurdly long."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST
