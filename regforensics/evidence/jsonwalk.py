"""A second, slower JSON reader that shares nothing with the fast one: it walks tokens in place.

It finds duplicate keys (the fast reader, like every common parser, keeps the last one), says
where a document breaks, and lets a report's citations be checked by other means than those that
made them. It never recurses, so no nesting depth can exhaust it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from regforensics.errors import UnreadableInput

_SPACE = re.compile(rb"[ \t\n\r]*+")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SCALAR = re.compile(rb"[^ \t\n\r,:{}\[\]\"]++")
_SKIP = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]]', re.DOTALL)
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object (or item of an array, with its index as key and no key bytes).

    [start, end) is the whole member with its key, [value, end) the value alone.
    """

    key: str
    start: int
    value: int
    end: int


def root_span(body: bytes) -> tuple[int, int]:
    """The span of the document's value, without white space and byte order mark."""
    start = _after_space(body, len(BOM) if body.startswith(BOM) else 0)
    return start, _value_end(body, start)


def members(body: bytes, value: int) -> Iterator[Member]:
    """The members of the object or array whose value starts at byte ``value``; none for a scalar.

    Raises UnreadableInput with the byte offset where the structure breaks.
    """
    opening = body[value:value + 1]
    if opening not in (b"{", b"["):
        return
    closing = b"}" if opening == b"{" else b"]"
    at, index = _after_space(body, value + 1), 0
    while body[at:at + 1] != closing:
        start, key = at, str(index)
        if opening == b"{":
            key, at = _key(body, at)
        end = _value_end(body, at)
        yield Member(key, start, at, end)
        index += 1
        at = _after_space(body, end)
        if body[at:at + 1] == b",":
            at = _after_space(body, at + 1)
        elif body[at:at + 1] != closing:
            raise broken(at, f"',' or '{closing.decode()}'", body)


def resolve(body: bytes, pointer: str) -> Member | None:
    """The member at a JSON pointer (RFC 6901), or None. Of duplicate keys the last one counts."""
    start, end = root_span(body)
    found = Member("", start, start, end)
    for part in pointer_parts(pointer):
        last = None
        for member in members(body, found.value):
            if member.key == part:
                last = member
        if last is None:
            return None
        found = last
    return found


def pointer_parts(pointer: str) -> list[str]:
    """The unescaped reference tokens of a JSON pointer. Raises ValueError where it is none."""
    if not pointer:
        return []
    if not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is no JSON pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def escape(key: str) -> str:
    """``key`` as one reference token of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def broken(at: int, expected: str, body: bytes) -> UnreadableInput:
    """The error for a document that breaks at byte ``at``."""
    found = body[at:at + 1]
    shown = "the end" if not found else ascii(found.decode("latin-1"))
    return UnreadableInput(f"not JSON at byte {at}: expected {expected}, found {shown}", offset=at)


def _after_space(body: bytes, at: int) -> int:
    found = _SPACE.match(body, at)
    return found.end() if found else at


def _key(body: bytes, at: int) -> tuple[str, int]:
    """(decoded key, start of the value) of the member whose key starts at ``at``."""
    string = _STRING.match(body, at)
    if not string:
        raise broken(at, "a key in quotes", body)
    colon = _after_space(body, string.end())
    if body[colon:colon + 1] != b":":
        raise broken(colon, "':'", body)
    return _decoded(string[0]), _after_space(body, colon + 1)


def _decoded(string: bytes) -> str:
    text = string.decode("utf-8", "replace")
    try:
        return str(json.loads(text, strict=False))
    except ValueError:  # an escape that JSON does not know
        return text[1:-1]


def _value_end(body: bytes, at: int) -> int:
    first = body[at:at + 1]
    if first in (b"{", b"["):
        return _container_end(body, at)
    found = (_STRING if first == b'"' else _SCALAR).match(body, at)
    if not found:
        raise broken(at, "a value", body)
    return found.end()


def _container_end(body: bytes, at: int) -> int:
    depth = 0
    for token in _SKIP.finditer(body, at):
        mark = token[0]
        if mark in (b"{", b"["):
            depth += 1
        elif mark in (b"}", b"]"):
            depth -= 1
            if not depth:
                return token.end()
    raise broken(len(body), "the end of an object or array", body)
