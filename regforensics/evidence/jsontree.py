"""Document and Leaf: an exhibit's bytes as JSON, in which every value knows its byte span.

Why msgspec's ``Raw``: it is a view into the bytes that were decoded, so that the value and its
span come from one pass and cannot disagree; the offset is the view's address minus the body's.
Why a second way to split a level: msgspec refuses byte order marks, lone surrogate escapes and
invalid UTF-8 in keys, all of which registries have served. A level that it refuses is split by
``jsonwalk``, which keeps the true text of every key; the views are of the same stored bytes.
"""

import ctypes
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from regforensics.errors import UnreadableInput
from regforensics.evidence.jsonwalk import Span, locate, members
from regforensics.evidence.pointers import escape, tokens
from regforensics.model.citation import Absence, Citation, Citations
from regforensics.model.snapshot import Members

T = TypeVar("T")
Raw = msgspec.Raw
MISSING = object()

_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)
_KEY = rb'[ \t\r\n]*+"(?:[^"\\]++|\\.)*+"[ \t\r\n]*+:[ \t\r\n]*+'
_FIRST_KEY = re.compile(rb"[ \t\r\n]*+\{" + _KEY, re.DOTALL)
_NEXT_KEY = re.compile(rb"[ \t\r\n]*+," + _KEY, re.DOTALL)
_BOM = b"\xef\xbb\xbf"
_BAD_BYTE = re.compile("[\udc80-\udcff]")
_FROM_BYTE = re.compile(r"\(byte (\d+)\)")
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ARRAY = msgspec.json.Decoder(list[Raw])
_VALUE = msgspec.json.Decoder()


class _Buffer(ctypes.Structure):
    """Py_buffer of the CPython C API (PEP 3118)."""

    _fields_ = (
        ("buf", ctypes.c_void_p), ("obj", ctypes.py_object), ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p), ("shape", ctypes.c_void_p), ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p), ("internal", ctypes.c_void_p))


_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes = (ctypes.py_object, ctypes.c_void_p, ctypes.c_int)
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes = (ctypes.c_void_p,)


def _address(data: object) -> tuple[int, int]:
    """(address, length) of the bytes that an object shows."""
    view = _Buffer()
    _get_buffer(data, ctypes.addressof(view), 0)
    place = (view.buf or 0, view.len)
    _release_buffer(ctypes.addressof(view))
    return place


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
        self._top = _readable(body, label)
        self._base = _address(body)[0]

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
        address, length = _address(raw)
        start = address - self._base
        return start, start + length

    def cite(self, raw: Raw, where: str, *, keyed: bool) -> Citation:
        """The citation of a value, from the start of its key where it has one."""
        start, end = self.span(raw)
        if keyed:
            start = _key_start(self.body, start)
        return Citation(self.label, self.sha256, start, end, where, self.body[start:end])

    def leaf(self, raw: Raw, parent: str, key: str | None, value: Any = MISSING) -> Leaf:
        """The fact at ``raw``; ``value`` replaces the decoded value where the reader has one."""
        return Leaf(self, raw, parent, key, decoded(raw) if value is MISSING else value)

    def view(self, raw: Raw, parent: str, key: str | None) -> View:
        """The fact at ``raw``, decoded when its value is asked for."""
        return View(self, raw, parent, key)

    def at(self, pointer: str) -> Leaf | None:
        """The fact at a JSON pointer, or None where nothing stands there."""
        inside, raw, keyed = self._top, None, False
        parts = tokens(pointer) or []
        for part in parts:
            keyed = isinstance(inside, dict)
            raw = _child(inside, part)
            if raw is None:
                return None
            inside = children(raw)
        if raw is None:
            return None
        if keyed:
            return self.leaf(raw, pointer.rpartition("/")[0], parts[-1])
        return self.leaf(raw, pointer, None)

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
        return self._document.at(self._pointer + pointer)

    def absence(self, pointer: str) -> Absence:
        """That nothing stands at a pointer below this part."""
        return self._document.absence(self._pointer + pointer)


def member_at(label: str, sha256: str, body: bytes, where: str, span: Span) -> Citation:
    """The citation of an object's member, key included, whose value stands at ``span``."""
    start, end = _key_start(body, span[0]), span[1]
    return Citation(label, sha256, start, end, where, body[start:end])


def children(raw: Raw) -> dict[str, Raw] | list[Raw]:
    """The members or items of a value; an empty dict for a scalar."""
    first = memoryview(raw)[0]
    if first == ord("{"):
        return _level(_OBJECT, raw)
    return _level(_ARRAY, raw) if first == ord("[") else {}


def members_of(raw: Raw | None) -> dict[str, Raw]:
    """The members of an object; none for anything else, or for no value at all."""
    inside = {} if raw is None else children(raw)
    return inside if isinstance(inside, dict) else {}


def items_of(raw: Raw | None) -> list[Raw]:
    """The items of an array; none for anything else, or for no value at all."""
    inside = [] if raw is None else children(raw)
    return inside if isinstance(inside, list) else []


def decoded(raw: Raw) -> Any:
    """The value as Python objects.

    Lone surrogates are kept and bytes that are no UTF-8 become surrogates (PEP 383), so that
    different bytes are different values and pointers. A number beyond the range of floats, or an
    integer of more digits than Python converts, is given as its text: nothing is rounded in
    silence.
    """
    try:
        return _VALUE.decode(raw)
    except (ValueError, RecursionError):
        text = bytes(raw).decode("utf-8", "surrogateescape")
    try:
        return json.loads(text, parse_int=_whole, parse_float=_real)
    except (ValueError, RecursionError):
        return text


def decoded_as(struct: type[T], raw: Raw) -> T | None:
    """The value as a typed Struct, or None where its shape is another."""
    try:
        return msgspec.json.decode(raw, type=struct)
    except (ValueError, RecursionError):
        return None


def _compact_length(kept: Mapping[str, Raw]) -> int:
    """How long an object of these members is at least: braces, commas, colons, quotes, keys."""
    values = sum(len(memoryview(raw)) for raw in kept.values())
    keys = len("".join(kept).encode("utf-8", "replace"))  # a surrogate stands for a byte or more
    return 1 + values + keys + 4 * len(kept) if kept else 2


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= 4000 else text


def _real(text: str) -> float | str:
    number = float(text)
    return text if number in (float("inf"), float("-inf")) else number


def _child(inside: dict[str, Raw] | list[Raw], part: str) -> Raw | None:
    if isinstance(inside, dict):
        return inside.get(part)
    in_range = part.isascii() and part.isdecimal() and len(part) < 10 and int(part) < len(inside)
    return inside[int(part)] if in_range else None


def _key_start(body: bytes, value: int) -> int:
    """Where the key of the member whose value starts at ``value`` begins (its opening quote).

    Walks back over white space, the colon, white space and the closing quote; an unescaped quote
    cannot occur inside the key.
    """
    at = value - 1
    while body[at] != 0x3A:  # ':'
        at -= 1
    closing = body.rfind(b'"', 0, at)
    opening = body.rfind(b'"', 0, closing)
    while _escaped(body, opening):
        opening = body.rfind(b'"', 0, opening)
    return opening


def _escaped(body: bytes, at: int) -> bool:
    before = at
    while before and body[before - 1] == 0x5C:  # backslash
        before -= 1
    return bool((at - before) % 2)


def _readable(body: bytes, label: str) -> dict[str, Raw] | list[Raw]:
    """The top level. Odd text is tried in a copy without it: what is JSON then is split."""
    try:
        return _top_level(body)
    except (ValueError, RecursionError) as error:
        first = error
    try:
        _top_level(_mended(body))
    except RecursionError:
        raise UnreadableInput(f"{label}: JSON nested deeper than this reader goes",
                              hint="the bytes are kept; no fact is read from them") from first
    except ValueError as error:
        raise _unreadable(body, label, str(error)) from first
    return _split(memoryview(body))


def _top_level(body: bytes) -> dict[str, Raw] | list[Raw]:
    try:
        return _OBJECT.decode(body)
    except msgspec.ValidationError:
        pass
    try:
        return _ARRAY.decode(body)
    except msgspec.ValidationError:
        msgspec.json.decode(body, type=Raw)
        return {}


def _mended(body: bytes) -> bytes:
    """A copy of the same length without byte order mark, lone surrogates and invalid UTF-8."""
    if body.startswith(_BOM):
        body = b"   " + body[3:]
    try:
        body.decode()
    except UnicodeDecodeError:
        text = body.decode("utf-8", "surrogateescape")
        body = _BAD_BYTE.sub("?", text).encode()
    return _ESCAPES.sub(lambda m: b"\\ufffd" if m["lone"] else m[0], body)


def _unreadable(body: bytes, label: str, complaint: str) -> UnreadableInput:
    place = _FROM_BYTE.search(complaint)
    at = min(int(place[1]), len(body)) if place else len(body)
    start = body[:512].lstrip().lower()
    if not body:
        what = "the document is empty: expected JSON"
    elif start.startswith((b"<!doctype", b"<html")):
        at, what = 0, "expected JSON at byte 0, found an HTML page"
    elif not place:
        what = f"JSON ends too early, at byte {at}"
    else:
        what = complaint.replace("JSON is malformed", "not JSON").replace("(byte ", "(at byte ")
    return UnreadableInput(f"{label}: {what}", offset=at,
                           hint="the bytes are kept as they came; no fact is read from them")


def _level(decoder: msgspec.json.Decoder[Any], raw: Raw) -> dict[str, Raw] | list[Raw]:
    """A level of a document that was found to be JSON, at whatever depth of our own stack."""
    try:
        inside: dict[str, Raw] | list[Raw] = decoder.decode(raw)
    except (ValueError, RecursionError):
        return _split(memoryview(raw))
    return inside


def _split(data: memoryview) -> dict[str, Raw] | list[Raw]:
    """The level at the start of ``data``, as views of its bytes; empty for a scalar."""
    found = [(key, Raw(data[start:end])) for key, start, end in members(data)]
    if any(key is None for key, _ in found):
        return [raw for _, raw in found]
    return {key: raw for key, raw in found if key is not None}
