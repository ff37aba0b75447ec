"""Where JSON pointers lead in stored bytes: a second reading, independent of the first.

One pass over the tokens of a document finds every pointer asked for. It builds no values, does
not recurse, and takes bytes that are no UTF-8, so that it can check what the fast reader said
about odd documents too. A key that stands twice gives a span for each.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from regforensics.evidence.pointers import tokens

Span = tuple[int, int]
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_TOKEN = re.compile(rb"[ \t\r\n]*+(?:(" + _STRING + rb")|([{}\[\],:])|([-+.\w]++))", re.DOTALL)
_NESTING = re.compile(_STRING + rb"|([{\[])|([}\]])", re.DOTALL)
_SPACE = re.compile(rb"[ \t\r\n]*+")
_BOM = b"\xef\xbb\xbf"


class Malformed(ValueError):
    """The bytes are not JSON; ``offset`` is where that shows."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"not JSON at byte {offset}")
        self.offset = offset


@dataclass(slots=True)
class _Node:
    """What is asked for below one place, and where that place was found."""

    below: dict[str, "_Node"] = field(default_factory=dict)
    spans: list[Span] | None = None


@dataclass(slots=True)
class _Frame:
    """A container that is being read."""

    node: _Node
    start: int
    keyed: bool
    index: int = 0


def locate(data: bytes, pointers: Iterable[str]) -> dict[str, tuple[Span, ...]]:
    """The [start, end) spans of the value at each pointer; none where nothing stands there.

    Raises Malformed where the way to a pointer is not JSON or more than one value stands there
    (what no pointer asks about is only read for its nesting), ValueError for a bad pointer.
    """
    root, wanted = _Node(), {}
    for pointer in pointers:
        path = tokens(pointer)
        if path is None:
            raise ValueError(f"{pointer!r} is not a JSON pointer")
        node = root
        for token in path:
            node = node.below.setdefault(token, _Node())
        if node.spans is None:
            node.spans = []
        wanted[pointer] = node.spans
    end = _walk(data, root)
    if data[end:].strip(b" \t\r\n"):
        raise Malformed(end)
    return {pointer: tuple(spans) for pointer, spans in wanted.items()}


def members(data: bytes | memoryview) -> Iterator[tuple[str | None, int, int]]:
    """(key, start, end) of each member's value of an object; of an array's items, without keys.

    None for a scalar. Keys are the text that stands there: lone surrogates are kept, and bytes
    that are no UTF-8 become surrogates (PEP 383). Raises Malformed.
    """
    start = len(_BOM) if bytes(data[:3]) == _BOM else 0
    opening, _, position = _next(data, start)
    if opening not in (b"{", b"["):
        return
    token, begin, position = _next(data, position)
    while token not in (b"}", b"]"):
        key = None
        if opening == b"{":
            key = _text(token, begin)
            _, _, position = _next(data, position)  # the colon
            token, begin, position = _next(data, position)
        if token in (b"{", b"["):
            position = _skip(data, begin)
        yield key, begin, position
        token, begin, position = _next(data, position)
        if token == b",":
            token, begin, position = _next(data, position)


def values(data: bytes | memoryview) -> Iterator[Span]:
    """[start, end) of each value of a text of JSON values one after the other.

    Only the nesting of a container is looked at. Raises Malformed.
    """
    position = len(_BOM) if bytes(data[:3]) == _BOM else 0
    while (found := _SPACE.match(data, position)) and found.end() < len(data):
        token, begin, position = _next(data, position)
        if token in (b"{", b"["):
            position = _skip(data, begin)
        elif token in (b"}", b"]", b",", b":"):
            raise Malformed(begin)
        yield begin, position


def _walk(data: bytes, root: _Node) -> int:
    """Read the one value of ``data``, fill in the spans, and return the offset behind it."""
    stack: list[_Frame] = []
    node: _Node | None = root
    position = len(_BOM) if data.startswith(_BOM) else 0
    while True:
        position = _value(data, position, node, stack)
        while True:  # behind a value, or at the start of a container
            if not stack:
                return position
            frame = stack[-1]
            token, begin, position = _next(data, position)
            if token in (b"}", b"]"):
                if (token == b"}") != frame.keyed:
                    raise Malformed(begin)
                stack.pop()
                if frame.node.spans is not None:
                    frame.node.spans.append((frame.start, position))
                continue
            if frame.index:
                if token != b",":
                    raise Malformed(begin)
                token, begin, position = _next(data, position)
            node, position = _member(data, frame, token, begin, position)
            break


def _member(data: bytes, frame: _Frame, token: bytes, begin: int,
            position: int) -> tuple[_Node | None, int]:
    """The node of the next member of ``frame``, and the offset at which its value starts."""
    frame.index += 1
    if not frame.keyed:
        return frame.node.below.get(str(frame.index - 1)), begin
    if token[:1] != b'"':
        raise Malformed(begin)
    colon, at, position = _next(data, position)
    if colon != b":":
        raise Malformed(at)
    return frame.node.below.get(_text(token, begin)), position


def _value(data: bytes, position: int, node: _Node | None, stack: list[_Frame]) -> int:
    """Read a scalar, skip a container nobody asks about, or enter one."""
    token, begin, end = _next(data, position)
    if token in (b"{", b"["):
        if node is not None and node.below:
            stack.append(_Frame(node, begin, token == b"{"))
            return end
        end = _skip(data, begin)
    elif token in (b"}", b"]", b",", b":"):
        raise Malformed(begin)
    if node is not None and node.spans is not None:
        node.spans.append((begin, end))
    return end


def _skip(data: bytes | memoryview, position: int) -> int:
    depth, start = 0, position
    while found := _NESTING.search(data, position):
        position = found.end()
        if found[1]:
            depth += 1
        elif found[2]:
            depth -= 1
            if not depth:
                return position
    raise Malformed(start)


def _next(data: bytes | memoryview, position: int) -> tuple[bytes, int, int]:
    found = _TOKEN.match(data, position)
    if not found or found.lastindex is None:
        raise Malformed(position)
    return found[found.lastindex], found.start(found.lastindex), found.end()


def _text(token: bytes, offset: int) -> str:
    if b"\\" not in token:
        return token[1:-1].decode("utf-8", "surrogateescape")
    try:
        text = json.loads(token.decode("utf-8", "surrogateescape"), strict=False)
    except ValueError as error:
        raise Malformed(offset) from error
    return str(text)
