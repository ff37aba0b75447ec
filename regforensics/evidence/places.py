"""Stored bytes as the document that they are, JSON or XML, and where pointers lead in it."""

from collections.abc import Iterable

from regforensics.evidence import jsonwalk, xmlwalk
from regforensics.evidence.jsontree import Document
from regforensics.evidence.jsonwalk import Malformed, Span
from regforensics.evidence.pointers import steps, tokens
from regforensics.evidence.xmltree import XmlDocument

__all__ = ["Malformed", "Span", "document_of", "form_of", "leads", "locate"]


def locate(data: bytes, pointers: Iterable[str]) -> dict[str, tuple[Span, ...]]:
    """By the second reader: as ``jsonwalk.locate`` or ``xmlwalk.locate``, as the bytes open."""
    return xmlwalk.locate(data, pointers) if xmlwalk.is_xml(data) else \
        jsonwalk.locate(data, pointers)


def leads(data: bytes, pointer: str) -> bool:
    """True where a text is a JSON pointer, or for XML a path."""
    return bool(steps(pointer)) if xmlwalk.is_xml(data) else tokens(pointer) is not None


def form_of(data: bytes) -> str:
    """JSON or XML, as the bytes open."""
    return "XML" if xmlwalk.is_xml(data) else "JSON"


def document_of(label: str, sha256: str, body: bytes) -> Document | XmlDocument:
    """The document that the bytes are. Raises UnreadableInput where they are none."""
    return XmlDocument(label, sha256, body) if xmlwalk.is_xml(body) else \
        Document(label, sha256, body)
