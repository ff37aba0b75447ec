"""npm's abbreviated packument, asked for beside the full one and read as a record.

It holds what installers take: name, dist-tags, versions and the time of the last write, and none of
the evidence (npm/registry docs/responses/package-metadata.md). A proxy that filters versions often
treats one form only, so that the two tell on each other. One request more a package, which is why
it is asked only where it is wanted.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from regforensics.evidence.jsonraw import Raw, decoded, members_of
from regforensics.evidence.jsontree import Document, Lazy, Leaf
from regforensics.model.citation import Fact
from regforensics.model.claim import Gap
from regforensics.model.forms import ShortForm
from regforensics.model.instant import Instant, known
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Members
from regforensics.registries.base import ABSENT, Part, Query, Wanted

KIND = "npm-abbreviated"
ACCEPT = "application/vnd.npm.install-v1+json"


def ask(package: PackageRef, base_url: str, _answered: Sequence[Part], wanted: Wanted
        ) -> tuple[Query, ...]:
    """The abbreviated form of a package's document, where both forms are wanted."""
    if not wanted.forms or package.registry != "npm":
        return ()
    name = quote(package.full_name, safe="@")
    return (Query(f"{base_url.rstrip('/')}/{name}", ACCEPT, KIND, "abbreviated", package,
                  optional=True, spare=True),)


def read(package: PackageRef, part: Part) -> Iterable[ShortForm | Gap]:
    """The record of an answer, a Gap where it is about another package; none of an absence."""
    document = part.document
    if document is None or part.observation.status in ABSENT:
        return ()
    top = document.top
    if "name" not in top or decoded(top["name"]) != package.full_name:
        return (Gap(f"what {part.observation.label} (the abbreviated document) says",
                    f"the answer is not about {package.target}", package),)
    return (ShortForm(
        part.observation, document.leaf(top["name"], "", "name"),
        _members(document, "/versions"), _members(document, "/dist-tags"),
        known(_instant(document, top["modified"])) if "modified" in top else None),)


def _members(document: Document, pointer: str) -> Members[Fact[Any]]:
    name = pointer.removeprefix("/")

    def leaf(key: str, raw: Raw) -> Fact[Any]:
        return document.leaf(raw, pointer, key)

    return Lazy(document, pointer, members_of(document.top.get(name)), leaf)


def _instant(document: Document, raw: Raw) -> Leaf:
    text = decoded(raw)
    try:
        moment = Instant.parse(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    return document.leaf(raw, "", "modified", moment)
