"""Counting services: what to ask each for download counts, and what its answer means. No I/O.

A counting service is not the registry: it stands at another host, and no credential of a registry
goes there. A bulk answer is about many packages and its custody line has no subject; every package
in it has a custody line of its own all the same, because counts per version are asked for singly.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from regforensics.evidence.jsontree import Document
from regforensics.model.package import PackageRef
from regforensics.registries.base import Part
from regforensics.registries.downloads import clickpy, exports, npm, pypistats
from regforensics.registries.downloads.ranges import absent

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
