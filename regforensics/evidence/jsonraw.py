"""Values of a JSON document as views of its bytes, split level by level and decoded when asked.

Why msgspec's ``Raw``: it is a view into the bytes that were decoded, so that the value and its
span come from one pass and cannot disagree; the offset is the view's address minus the body's.
Why a second way to split a level: msgspec refuses byte order marks, lone surrogate escapes and
invalid UTF-8 in keys, all of which registries have served. A level that it refuses is split by
``jsonwalk``, which keeps the true text of every key; the views are of the same stored bytes.
"""

import ctypes
import json
import re
from typing import Any, TypeVar

import msgspec

from regforensics.errors import UnreadableInput

T = TypeVar("T")
Raw = msgspec.Raw
_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)
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


def address(data: object) -> tuple[int, int]:
    """(address, length) of the bytes that an object shows."""
    view = _Buffer()
    _get_buffer(data, ctypes.addressof(view), 0)
    place = (view.buf or 0, view.len)
    _release_buffer(ctypes.addressof(view))
    return place


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


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= 4000 else text


def _real(text: str) -> float | str:
    number = float(text)
    return text if number in (float("inf"), float("-inf")) else number


def key_start(body: bytes, value: int) -> int:
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


def readable(body: bytes, label: str) -> dict[str, Raw] | list[Raw]:
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
    elif start.startswith((b"<!doctype html", b"<html")):
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
    from regforensics.evidence.jsonwalk import members  # odd documents only

    found = [(key, Raw(data[start:end])) for key, start, end in members(data)]
    if any(key is None for key, _ in found):
        return [raw for _, raw in found]
    return {key: raw for key, raw in found if key is not None}
