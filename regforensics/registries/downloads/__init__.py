"""Counting services: what to ask each for download counts, and what its answer means. No I/O.

A counting service is not the registry: it stands at another host, and no credential of a registry
goes there. A bulk answer is about many packages and its custody line has no subject; every package
in it has a custody line of its own all the same, because counts per version are asked for singly.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from regforensics.errors import UnreadableInput, WrongUsage
from regforensics.evidence.jsontree import Document
from regforensics.model.package import PackageRef
from regforensics.registries.base import Part
from regforensics.registries.downloads import clickpy, exports, npm, pypistats
from regforensics.registries.downloads.ranges import absent

KINDS = (npm.RANGE, npm.VERSIONS, npm.TOTAL, pypistats.KIND, clickpy.KIND, exports.KIND)
COUNTED = (npm.RANGE, pypistats.KIND, clickpy.KIND, exports.KIND)
_IN_JSON: dict[str, Callable[[PackageRef, Part, Document], Iterable[Any]]] = {
    npm.RANGE: npm.counts, npm.VERSIONS: npm.last_week, npm.TOTAL: npm.registry_day,
    pypistats.KIND: pypistats.counts, clickpy.KIND: clickpy.counts,
}


def read(package: PackageRef, part: Part) -> Iterator[Any]:
    """The counts of one package in one answer, and Gaps for what the answer leaves open.

    Raises UnreadableInput where the answer is no document of its kind.
    """
    gone = absent(package, part)
    if gone is not None:
        yield gone
    elif part.kind == exports.KIND:
        yield from exports.counts(package, part)
    else:
        seen = part.observation
        document = part.document or Document(seen.label, seen.sha256, part.body())
        yield from _IN_JSON[part.kind](package, part, document)


class Handed(NamedTuple):
    """What a handed-over file is: its kind, the packages that it counts, its file name suffix."""

    kind: str
    packages: tuple[PackageRef, ...]
    suffix: str


def recognised(body: bytes) -> Handed | None:
    """A saved answer of a counting service, or an export; None where the bytes are neither."""
    try:
        document = Document("file", "", body)
    except UnreadableInput:
        document = None
    kind = document and (npm.recognises(document) or pypistats.recognises(document)
                         or clickpy.recognises(document))
    if document is not None and kind:
        return Handed(kind, _refs(kind, document), ".json")
    if not exports.recognises(body):
        return None
    suffix = f".{exports.form_of(body[:exports.HEAD])}"
    return Handed(exports.KIND, tuple(_parsed("pypi", exports.projects_in(body))), suffix)


def _refs(kind: str, document: Document) -> tuple[PackageRef, ...]:
    if kind == pypistats.KIND:
        named = pypistats.package_of(document)
        return (named,) if named else ()
    if kind == clickpy.KIND:
        return tuple(_parsed("pypi", clickpy.projects_in(document)))
    return tuple(_parsed("npm", npm.names_in(document)))


def _parsed(registry: str, names: Iterable[str]) -> Iterator[PackageRef]:
    for name in names:
        try:
            yield PackageRef.parse(f"{registry}:{name}").at(None)
        except WrongUsage:
            continue
