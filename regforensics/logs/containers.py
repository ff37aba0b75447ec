"""Containers of JSON records: where in an array, an export or a run of objects each one stands."""

from collections.abc import Iterable, Iterator
from itertools import islice

from regforensics.errors import UnreadableInput
from regforensics.evidence.jsonraw import Raw, items_of, members_of
from regforensics.evidence.jsontree import Document
from regforensics.evidence.jsonwalk import Malformed, members, values

# Where the records of an export stand: member by member.
_ARRAYS = (("Records",), ("records",), ("Events",), ("events",), ("items",), ("value",),
           ("results",), ("entries",), ("logEvents",), ("hits", "hits"))
_NOT_WITH = {"events": frozenset({"actor", "id"})}  # one activity, not an export of events
BOM = b"\xef\xbb\xbf"
_HINTS = tuple(f'"{path[-1]}"' for path in _ARRAYS)


def held(line: str, most: int) -> list[str]:
    """The records of a container that stands on one line (a delivery of a shipper); none where it
    is no container, holds none or more than ``most``."""
    if line[:1] not in "{[" or not (line[:1] == "[" or any(hint in line for hint in _HINTS)):
        return []
    body = line.encode("utf-8", "surrogateescape")
    found = list(islice(spans(body), most + 1))
    if len(found) > most or not all(contained and end >= 0 for _, end, contained in found):
        return []
    return [body[start:end].decode("utf-8", "surrogateescape") for start, end, _ in found]


def spans(body: bytes) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whether in a container) of each record; an end below 0 where JSON breaks off.

    A document that is one JSON value is split by the fast reader; any other one is walked.
    """
    try:
        document = Document("", "", body)
    except UnreadableInput:
        yield from _walked(body)
        return
    start = len(body) - len(body.removeprefix(BOM).lstrip())
    held = document.items if body[start:start + 1] == b"[" else _held(document.top)
    if held is None:
        yield start, len(body.rstrip()), False
        return
    yield from ((*document.span(raw), True) for raw in held)


def _held(top: dict[str, Raw]) -> list[Raw] | None:
    """The items of the array that an export's object holds; None where it holds none."""
    for outer, *inner in _ARRAYS:
        if outer in top and _NOT_WITH.get(outer, frozenset()).isdisjoint(top):
            array = members_of(top[outer]).get(inner[0]) if inner else top[outer]
            if array is not None and bytes(memoryview(array)[:1]) == b"[":
                return items_of(array)
    return None


def _walked(body: bytes) -> Iterator[tuple[int, int, bool]]:
    try:
        for start, end in values(body):
            yield from _contained(body, start, end, closed=True)
    except Malformed as broken:
        yield from _contained(body, broken.offset, len(body), closed=False)


def _contained(body: bytes, start: int, end: int, *, closed: bool
               ) -> Iterator[tuple[int, int, bool]]:
    """The records of one value; of one that is not closed, those before the break."""
    last = start
    try:
        for begin, stop, contained in _records(body, start, end):
            if closed or contained:
                yield begin, stop, contained
                last = stop
    except Malformed:
        closed = False
    if not closed:
        yield last, -1, False


def _records(body: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    view = memoryview(body)[start:end]
    if bytes(view[:1]) == b"[":
        yield from ((start + a, start + b, True) for _, a, b in members(view))
        return
    array = _array(view, _ARRAYS)
    if array is None:
        yield start, end, False
        return
    yield from ((start + a, start + b, True) for a, b in array)


def _array(view: memoryview, paths: Iterable[tuple[str, ...]]
           ) -> Iterator[tuple[int, int]] | None:
    """The items of the array that a container's object holds; None where it is none."""
    held: dict[str, int] = {}
    for key, start, _ in _until_broken(view):
        held.setdefault(key or "", start)
    for path in paths:
        at = held.get(path[0])
        if at is None or not _NOT_WITH.get(path[0], frozenset()).isdisjoint(held):
            continue
        opening = bytes(view[at:at + 1])
        if opening == b"[" and len(path) == 1:
            return _items(view, at)
        if len(path) > 1 and opening == b"{":
            inner = _array(view[at:], (path[1:],))
            return None if inner is None else ((at + a, at + b) for a, b in inner)
    return None


def _items(view: memoryview, at: int) -> Iterator[tuple[int, int]]:
    for _, start, end in members(view[at:]):
        yield at + start, at + end


def _until_broken(view: memoryview) -> Iterator[tuple[str | None, int, int]]:
    """The members of an object, up to and with the one that is not closed."""
    try:
        yield from members(view)
    except Malformed as broken:
        yield _key_before(view, broken.offset), broken.offset, -1


def _key_before(view: memoryview, offset: int) -> str | None:
    """The key of the member whose value starts at ``offset``."""
    head = bytes(view[max(0, offset - 200):offset]).rstrip().removesuffix(b":").rstrip()
    return head[:-1].rpartition(b'"')[2].decode("utf-8", "replace") if head[-1:] == b'"' else None
