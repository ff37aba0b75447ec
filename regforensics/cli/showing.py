"""Finding the bytes that a citation names."""

import re
from typing import Any

from regforensics.errors import UnreadableInput, WrongUsage
from regforensics.evidence.exhibit import Exhibit
from regforensics.evidence.jsontree import Document
from regforensics.evidence.lines import (
    Line,
    Place,
    custody_lines,
    line_in,
    lines_of,
    place_of,
    span_of,
    split_lines,
)
from regforensics.evidence.places import form_of
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.unpacked import LONGEST, members
from regforensics.evidence.xmltree import XmlDocument
from regforensics.model.citation import Citation, Fact

_FORMS = re.compile(
    r"(?P<exhibit>[^:#/]+)"
    r"(?::(?P<start>\d{1,15})-(?P<end>\d{1,15})|:(?:line )?(?P<line>\d{1,15})"
    r"|#?(?P<pointer>/.*))", re.DOTALL)
CUSTODY = "custody.jsonl"
_HELD = 16 << 20  # bytes of an exhibit that is read whole
_AROUND = 1 << 16  # bytes around a span of a larger one


def find(store: EvidenceStore, wanted: str) -> tuple[Citation, bytes, int]:
    """The citation that ``EX-000003:12-40``, ``EX-000003#/time/1.0.0`` or ``EX-000003:7`` names,
    bytes around it, and the offset of the first of them. ``custody.jsonl`` takes lines and spans
    too, a compressed log ``EX-000003:line 7 of the unpacked bytes``.

    Raises WrongUsage where it names nothing.
    """
    name, _, where = wanted.partition(":")
    place = place_of(where)
    if place is not None and place.member is not None:
        return _unpacked(store, name, place)
    form = _FORMS.fullmatch(wanted)
    if not form:
        raise WrongUsage(f"{wanted!r} is no citation", hint="citations look like EX-000003:120-168,"
                         " EX-000003#/time/1.0.0 or EX-000003:42 (a line)")
    if form["exhibit"] == CUSTODY:
        label, sha256, body = CUSTODY, "", store.custody_bytes()
    else:
        exhibit = store.exhibit(form["exhibit"])
        if exhibit.size > _HELD and not form["pointer"]:
            return _unpacked(store, name, Place(int(form["line"]))) if form["line"] else \
                _far(store, exhibit, int(form["start"]), int(form["end"]))
        label, sha256, body = exhibit.label, exhibit.sha256, store.read(exhibit.label)
    if form["pointer"]:
        return _at_pointer(label, sha256, body, form["pointer"]), body, 0
    if form["line"]:
        return _at_line(label, sha256, body, int(form["line"])), body, 0
    return _at_span(label, sha256, body, int(form["start"]), int(form["end"])), body, 0


def _far(store: EvidenceStore, exhibit: Exhibit, start: int, end: int,
         ) -> tuple[Citation, bytes, int]:
    """A span of an exhibit that is too large to hold, and what stands around it."""
    if not 0 <= start < end <= exhibit.size or end - start > LONGEST:
        raise WrongUsage(f"{exhibit.label} has {exhibit.size} bytes: [{start}, {end}) is no span of"
                         f" it, or one of more than {LONGEST} bytes")
    store.ensure_sound(exhibit.label)
    number, base = 1, max(0, start - _AROUND)
    with store.opened(exhibit.label) as file:
        left = start
        while left and (piece := file.read(min(left, 1 << 20))):
            number, left = number + piece.count(b"\n"), left - len(piece)
        file.seek(base)
        body = file.read(end - base + _AROUND)
    quote = body[start - base:end - base]
    return line_in(exhibit.label, exhibit.sha256, (number, quote), start, None), body, base


def _unpacked(store: EvidenceStore, name: str, place: Place) -> tuple[Citation, bytes, int]:
    """A line of a large exhibit, or of what a packed one unpacks to, and the lines around it."""
    exhibit = store.exhibit(name)
    store.ensure_sound(exhibit.label)
    with store.opened(exhibit.label) as file:
        for member in members(file):
            for block in member.blocks() if member.name == place.member else ():
                if block.number + block.feeds(0, len(block.data)) < place.number:
                    continue
                for number, start, end in split_lines(block.data):
                    if block.number + number - 1 == place.number and end > start:
                        line = Line(exhibit.label, exhibit.sha256, place.number,
                                    block.start + start, block.data[start:end], place.member)
                        return line.citation, block.data, block.start
    raise WrongUsage(f"{exhibit.label} has no {place}, or it is empty")


def in_context(citation: Citation, body: bytes, base: int, context: int) -> str:
    """The quote between marks, with some bytes on either side; ``body`` begins at ``base``."""
    start, end = citation.start - base, citation.end - base
    before = body[max(0, start - context):start].decode("utf-8",
                                                                          "backslashreplace")
    after = body[end:end + context].decode("utf-8", "backslashreplace")
    quote = citation.quote.decode("utf-8", "backslashreplace")
    return f"...{before}>>>{quote}<<<{after}..."


def _at_pointer(label: str, sha256: str, body: bytes, pointer: str) -> Citation:
    leaf: Fact[Any] | None
    try:
        leaf = XmlDocument(label, sha256, body).at(pointer) if form_of(body) == "XML" else \
            Document(label, sha256, body).at(pointer)
    except UnreadableInput as error:
        raise WrongUsage(f"{label} has no JSON pointers: {error.message}") from error
    if leaf is None:
        raise WrongUsage(f"nothing stands at {pointer} in {label}")
    return leaf.citations[0]


def _at_line(label: str, sha256: str, body: bytes, number: int) -> Citation:
    lines = custody_lines(body) if label == CUSTODY else lines_of(label, sha256, body)
    for line in lines:
        if line.number == number and line.data:
            return line.citation
    raise WrongUsage(f"{label} has no line {number}, or it is empty")


def _at_span(label: str, sha256: str, body: bytes, start: int, end: int) -> Citation:
    if not 0 <= start < end <= len(body):
        raise WrongUsage(f"{label} has {len(body)} bytes: [{start}, {end}) is no span of it")
    return span_of(label, sha256, body, start, end)
