"""Prints: what a document states of each version's files, in one quick pass, without facts.

Enough to tell which of many captures are worth reading: those in which some version is stated
otherwise than in the one before. Whatever has another shape than expected gives no prints, and is
read in full.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from regforensics.model.package import PackageRef


class _Version(msgspec.Struct, frozen=True, gc=False):
    """A version object of npm; ``dist`` states its file: digests, address, signatures."""

    dist: msgspec.Raw = msgspec.Raw(b"")


class _Packument(msgspec.Struct, gc=False):
    name: str
    versions: dict[str, _Version] = {}


Prints = Mapping[str, _Version]
_DECODER = msgspec.json.Decoder(_Packument)


def _packument(package: PackageRef, body: memoryview) -> Prints | None:
    try:
        read = _DECODER.decode(body)
    except (ValueError, RecursionError):
        return None
    return read.versions if read.name == package.full_name else None


#: kind of document -> its prints; a kind that is not here is always read in full.
PRINTS: dict[str, Callable[[PackageRef, memoryview], Prints | None]] = {"packument": _packument}


@dataclass(slots=True)
class Turns:
    """Where, over captures in their order, each version is stated otherwise than before.

    Holds one copy a change: memory does not grow with captures that say the same.
    """

    _last: dict[str, dict[str, msgspec.Raw]] = field(default_factory=dict)
    _points: dict[str, list[tuple[int, msgspec.Raw]]] = field(default_factory=dict)
    _ends: dict[str, tuple[int, int]] = field(default_factory=dict)

    def see(self, place: str, index: int, prints: Prints) -> None:
        """The capture ``index`` of a place states ``prints``."""
        self._ends[place] = self._ends.get(place, (index, index))[0], index
        last = self._last.setdefault(place, {})
        for version, stated in prints.items():
            before = last.get(version)
            if before is None or before != stated.dist:
                last[version] = kept = stated.dist.copy()
                self._points.setdefault(version, []).append((index, kept))

    def chosen(self) -> set[int]:
        """The captures that show every change of every version that ever changed, and the first and
        the last of each place; none where nothing changed."""
        found = {index for points in self._points.values()
                 if any(stated != points[0][1] for _, stated in points[1:])
                 for index, _ in points}
        return found | {end for ends in self._ends.values() for end in ends} if found else found
