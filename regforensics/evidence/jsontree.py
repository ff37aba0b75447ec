"""Document and Leaf: an exhibit's bytes as JSON, in which every value knows its byte span."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from regforensics.evidence.jsonraw import (
    Raw,
    address,
    children,
    decoded,
    key_start,
    readable,
)
from regforensics.evidence.pointers import escape, tokens
from regforensics.model.citation import Absence, Citation, Citations
from regforensics.model.snapshot import Members

T = TypeVar("T")
MISSING = object()
_KEY = rb'[ \t\r\n]*+"(?:[^"\\]++|\\.)*+"[ \t\r\n]*+:[ \t\r\n]*+'
_FIRST_KEY = re.compile(rb"[ \t\r\n]*+\{" + _KEY, re.DOTALL)
_NEXT_KEY = re.compile(rb"[ \t\r\n]*+," + _KEY, re.DOTALL)


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a value stands: the view of its bytes, the pointer above it, its key.

    ``key`` is None for an item of an array, whose citation has no key to quote.
    """

    document: "Document"
    raw: Raw
    parent: str
    key: str | None

    @property
    def pointer(self) -> str:
        """JSON pointer of the value (RFC 6901)."""
        return self.parent if self.key is None else f"{self.parent}/{escape(self.key)}"

    @property
    def citations(self) -> Citations:
        """The member, key and value, as it stands in the stored bytes."""
        return (self.document.cite(self.raw, self.pointer, keyed=self.key is not None),)


class View(Place, frozen=True, gc=False):
    """A fact whose value is decoded when it is asked for."""

    @property
    def value(self) -> Any:
        """The decoded value."""
        return decoded(self.raw)


class Leaf(Place, frozen=True, gc=False):
    """A fact whose value is known, be it the decoded one or what a reader made of it."""

    value: Any


class Document:
    """The bytes of one exhibit, read as JSON.

    Raises UnreadableInput, with the byte offset, where they are not JSON, or are nested deeper
    than the reader's limit. Of duplicate keys the last counts, as in every common parser;
    ``repeated`` finds them.
    """

    __slots__ = ("_base", "_top", "body", "label", "sha256")

    def __init__(self, label: str, sha256: str, body: bytes) -> None:
        self.label, self.sha256, self.body = label, sha256, body
        self._top = readable(body, label)
        self._base = address(body)[0]

    @property
    def top(self) -> dict[str, Raw]:
        """The members of the document's object; empty where it is an array or a scalar."""
        return self._top if isinstance(self._top, dict) else {}

    @property
    def items(self) -> list[Raw]:
        """The items of the document where it is an array, else none."""
        return self._top if isinstance(self._top, list) else []

    def span(self, raw: Raw) -> tuple[int, int]:
        """[start, end) of a value in the stored bytes."""
        place, length = address(raw)
        start = place - self._base
        return start, start + length

    def cite(self, raw: Raw, where: str, *, keyed: bool) -> Citation:
        """The citation of a value, from the start of its key where it has one."""
        start, end = self.span(raw)
        if keyed:
            start = key_start(self.body, start)
        return Citation(self.label, self.sha256, start, end, where, self.body[start:end])

    def leaf(self, raw: Raw, parent: str, key: str | None, value: Any = MISSING) -> Leaf:
        """The fact at ``raw``; ``value`` replaces the decoded value where the reader has one."""
        return Leaf(self, raw, parent, key, decoded(raw) if value is MISSING else value)

    def view(self, raw: Raw, parent: str, key: str | None) -> View:
        """The fact at ``raw``, decoded when its value is asked for."""
        return View(self, raw, parent, key)

    def at(self, pointer: str, within: Raw | None = None, above: str = "") -> Leaf | None:
        """The fact at a JSON pointer, or None where nothing stands there.

        With ``within`` the pointer starts at that value, which stands at the pointer ``above``.
        """
        inside = self._top if within is None else children(within)
        raw, keyed = None, False
        parts = tokens(pointer) or []
        for part in parts:
            if raw is not None:
                inside = children(raw)
            keyed = isinstance(inside, dict)
            raw = _child(inside, part)
            if raw is None:
                return None
        if raw is None:
            return None
        if keyed:
            return self.leaf(raw, above + pointer.rpartition("/")[0], parts[-1])
        return self.leaf(raw, above + pointer, None)

    def absence(self, pointer: str) -> Absence:
        """That nothing stands at ``pointer`` (the caller has looked)."""
        return Absence(self.label, self.sha256, pointer)

    def repeated(self, pointer: str, level: Raw | None, kept: Mapping[str, Raw]
                 ) -> tuple[Citation, ...]:
        """Every member of an object whose key stands there more than once.

        ``kept`` are the members that the fast reader kept. Where they fill the object to the last
        byte, in compact form, nothing was dropped. Else: between two neighbours stands nothing
        but a comma and a key; where more stands, a member was dropped, and the object is walked.
        """
        length = len(self.body if level is None else memoryview(level))
        if length == _compact_length(kept):
            return ()
        fits, previous = _FIRST_KEY, 0 if level is None else self.span(level)[0]
        for start, end in sorted(map(self.span, kept.values())):
            if not fits.fullmatch(self.body, previous, start):
                return self._twice(pointer, kept)
            fits, previous = _NEXT_KEY, end
        return ()

    def _twice(self, pointer: str, kept: Mapping[str, Raw]) -> tuple[Citation, ...]:
        """The members of each key that the second reader finds more than once."""
        from regforensics.evidence.jsonwalk import locate  # odd documents only

        found = locate(self.body, (f"{pointer}/{escape(key)}" for key in kept))
        return tuple(
            member_at(self.label, self.sha256, self.body, where, span)
            for where, spans in found.items() if len(spans) > 1 for span in spans)


class Lazy(Members[T]):
    """The members of one object of a document, each read when it is asked for, and then kept."""

    def __init__(self, document: Document, pointer: str, raws: Mapping[str, Raw],
                 make: Callable[[str, Raw], T]) -> None:
        self._document, self._pointer, self.raws, self._make = document, pointer, raws, make
        self._made: dict[str, T] = {}

    def __getitem__(self, key: str) -> T:
        if key not in self._made:
            self._made[key] = self._make(key, self.raws[key])
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.raws)

    def __len__(self) -> int:
        return len(self.raws)

    def __contains__(self, key: object) -> bool:
        return key in self.raws

    def same(self, key: str, other: Members[T]) -> bool:
        """True where both hold ``key`` in the same bytes."""
        return (isinstance(other, Lazy) and key in self.raws and key in other.raws
                and bytes(self.raws[key]) == bytes(other.raws[key]))

    def absence(self, key: str) -> Absence:
        """That ``key`` is not a member."""
        return self._document.absence(f"{self._pointer}/{escape(key)}")


class Part:
    """A part of a document that the model has no field for (see ``model.snapshot.Remainder``).

    ``without`` names the members (``a``, or ``a/b`` one level down) that the model does hold:
    they are left out of ``value``.
    """

    def __init__(self, document: Document, pointer: str, raw: Raw | None,
                 without: frozenset[str] = frozenset()) -> None:
        self._document, self._pointer, self._raw, self._without = document, pointer, raw, without

    def same(self, other: object) -> bool:
        """True where both parts are the same bytes."""
        return isinstance(other, Part) and self._raw is not None and other._raw is not None \
            and bytes(self._raw) == bytes(other._raw)

    def value(self) -> Any:
        """The decoded value, without the members that the model holds."""
        inside = self._document.top if self._raw is None else children(self._raw)
        if isinstance(inside, dict):
            kept = {k: decoded(r) for k, r in inside.items() if k not in self._without}
            for outer, _, inner in (name.partition("/") for name in self._without):
                if inner and isinstance(kept.get(outer), dict):
                    kept[outer].pop(inner, None)
            return kept
        return [decoded(r) for r in inside]

    def fact(self, pointer: str) -> Leaf | None:
        """The fact at a pointer below this part, or None."""
        return self._document.at(pointer, self._raw, self._pointer)

    def absence(self, pointer: str) -> Absence:
        """That nothing stands at a pointer below this part."""
        return self._document.absence(self._pointer + pointer)


def member_at(label: str, sha256: str, body: bytes, where: str,
              span: tuple[int, int]) -> Citation:
    """The citation of an object's member, key included, whose value stands at ``span``."""
    start, end = key_start(body, span[0]), span[1]
    return Citation(label, sha256, start, end, where, body[start:end])


def _compact_length(kept: Mapping[str, Raw]) -> int:
    """How long an object of these members is at least: braces, commas, colons, quotes, keys."""
    values = sum(len(memoryview(raw)) for raw in kept.values())
    keys = len("".join(kept).encode("utf-8", "replace"))  # a surrogate stands for a byte or more
    return 1 + values + keys + 4 * len(kept) if kept else 2


def _child(inside: dict[str, Raw] | list[Raw], part: str) -> Raw | None:
    if isinstance(inside, dict):
        return inside.get(part)
    in_range = part.isascii() and part.isdecimal() and len(part) < 10 and int(part) < len(inside)
    return inside[int(part)] if in_range else None
