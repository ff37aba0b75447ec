"""Everything else that changed: deepdiff over what no field of the model holds."""

from collections.abc import Iterator, Mapping
from typing import Any

from regforensics.model.change import Change
from regforensics.model.citation import Fact, derive
from regforensics.model.snapshot import Remainder

_NOTED = frozenset({"users", "_attachments", "meta"})
_MISSING = object()


def compare_remainder(old: Remainder, new: Remainder, *, version: str | None,
                      at: str) -> Iterator[Change]:
    """One metadata-changed for each pointer that differs between two parts of documents.

    A top-level key that only one document has at all is a change of representation: registries
    add and drop keys for every package at once.
    """
    if old.same(new):
        return
    one, other = old.value(), new.value()
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return
    for pointer, key in _pointers(one, other):
        one_sided = version is None and (key in one) != (key in other)
        yield from _change(old.fact(pointer), new.fact(pointer), old, new, pointer,
                           version=version, at=at,
                           representation=one_sided or (version is None and key in _NOTED))


def _change(one: Fact[Any] | None, other: Fact[Any] | None, old: Remainder, new: Remainder,
            pointer: str, *, version: str | None, at: str, representation: bool
            ) -> Iterator[Change]:
    facts = [fact for fact in (one, other) if fact is not None]
    if not facts:
        return
    absences = tuple(side.absence(pointer) for side, fact in ((old, one), (new, other))
                     if fact is None)
    yield Change(kind="metadata-changed", version=version, where=at + pointer,
                 before=one.value if one else None, after=other.value if other else None,
                 citations=derive(None, *facts).citations, absences=absences,
                 was=one.citations if one else (), representation=representation)


def _pointers(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(JSON pointer, top-level key) of the smallest members that differ; a list counts as one.

    Only objects on both sides are given to deepdiff: its import costs as much as the rest of a
    small diff, and a text that changed needs no explanation.
    """
    found = []
    for key in dict.fromkeys((*one, *other)):
        mine, theirs = one.get(key, _MISSING), other.get(key, _MISSING)
        if _equal(mine, theirs):
            continue
        both = isinstance(mine, Mapping) and isinstance(theirs, Mapping)
        paths = _paths(mine, theirs) if both else [[]]
        found += [(_member_pointer([key, *path]), key) for path in paths]
    return sorted(dict.fromkeys(found))


def _paths(one: Any, other: Any) -> list[list[Any]]:
    """Where two objects differ; the whole of them where they are nested too deep to walk."""
    from deepdiff import DeepDiff

    try:
        found = DeepDiff(one, other, view="tree", ignore_order=False, verbose_level=0)
        return [node.path(output_format="list") for group in found.values() for node in group]
    except RecursionError:
        return [[]]


def _equal(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except RecursionError:
        return False


def _member_pointer(path: list[Any]) -> str:
    """The pointer of a path up to its first list index."""
    parts = []
    for part in path:
        if isinstance(part, int):
            break
        parts.append(str(part).replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{part}" for part in parts)
