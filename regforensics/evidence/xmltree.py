"""XmlDocument and Element: an exhibit's bytes as XML, in which every element knows its byte span.

Read through defusedxml, whose parser refuses document types, entities and references to the
outside, and tells at which byte of the stored document it stands.

Its place is a path (see ``pointers``).
"""

import re
from array import array
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from regforensics.errors import UnreadableInput
from regforensics.evidence.jsonraw import Raw
from regforensics.evidence.pointers import steps
from regforensics.model.citation import Absence, Citation, Citations

MOST_DEEP = 100
MOST_ELEMENTS = 1_000_000  # about 130 bytes each
_UTF8 = frozenset({None, "utf-8", "utf8", "us-ascii", "ascii"})
_START_TAG = re.compile(rb"<(?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+>")


class Element(msgspec.Struct, frozen=True, gc=False):
    """One element, and a fact: ``value`` is its text, ``citations`` its bytes with both tags."""

    document: "XmlDocument"
    index: int

    @property
    def name(self) -> str:
        """The local name."""
        return self.document.names[self.index]

    @property
    def text(self) -> str:
        """The characters directly inside, without white space at the ends."""
        return self.document.text_of(self.index).strip(" \t\r\n")

    @property
    def value(self) -> Any:
        """The text."""
        return self.text

    @property
    def path(self) -> str:
        """The path that leads here, and nowhere else."""
        return self.document.path_of(self.index)

    @property
    def span(self) -> tuple[int, int]:
        """[start, end) in the stored bytes, both tags included."""
        return self.document.starts[self.index], self.document.ends[self.index]

    @property
    def citations(self) -> Citations:
        """The element as it stands in the stored bytes."""
        return (self.document.cite(self),)

    def children(self, name: str | None = None) -> "Iterator[Element]":
        """The elements directly inside, of one local name where it is given."""
        for index in self.document.inside(self.index):
            if name is None or self.document.names[index] == name:
                yield Element(self.document, index)

    def find(self, *names: str) -> "Element | None":
        """The first element down a way of local names, or None."""
        here: Element | None = self
        for name in names:
            here = next(here.children(name), None) if here is not None else None
        return here


class XmlDocument:
    """The bytes of one exhibit, read as XML in UTF-8.

    Raises UnreadableInput, with the byte offset, where they are not well formed, not UTF-8, carry
    a document type or an entity, or have too many elements or levels.
    """

    __slots__ = ("_more", "_steps", "_texts", "body", "ends", "label", "lasts", "names", "parents",
                 "sha256", "starts")

    def __init__(self, label: str, sha256: str, body: bytes) -> None:
        self.label, self.sha256, self.body = label, sha256, body
        self.names: list[str] = []
        self.starts, self.ends = array("q"), array("q")
        self.lasts, self.parents = array("q"), array("q")  # lasts: one behind the last one inside
        self._texts: list[str] = []
        self._more: dict[int, list[str]] = {}
        self._steps: dict[int, dict[int, str]] = {}
        _Reading(self).read()

    @property
    def top(self) -> dict[str, Raw]:
        """No members: this is no JSON."""
        return {}

    @property
    def root(self) -> Element:
        """The outermost element."""
        return Element(self, 0)

    def find(self, *names: str) -> Element | None:
        """The first element down a way of local names, of which the first is the root's."""
        if not names or self.names[0] != names[0]:
            return None
        return self.root.find(*names[1:])

    def at(self, path: str) -> Element | None:
        """The first element at a path without text conditions, or None."""
        way = steps(path)
        if not way or way[-1].text is not None:
            return None
        first, *more = way
        found = first.name == self.names[0] and first.number in (None, 1)
        here: Element | None = self.root if found else None
        for step in more:
            inside = here.children(step.name) if here is not None else iter(())
            here = next(islice(inside, (step.number or 1) - 1, None), None)
        return here

    def absence(self, path: str) -> Absence:
        """That nothing stands at ``path`` (the caller has looked)."""
        return Absence(self.label, self.sha256, path)

    def cite(self, element: Element) -> Citation:
        """The citation of an element."""
        start, end = element.span
        return Citation(self.label, self.sha256, start, end, element.path, self.body[start:end])

    def text_of(self, index: int) -> str:
        """All characters directly inside an element."""
        return "".join((self._texts[index], *self._more.get(index, ())))

    def inside(self, index: int) -> Iterator[int]:
        """The indexes of the elements directly inside one."""
        child, end = index + 1, self.lasts[index]
        while child < end:
            yield child
            child = self.lasts[child]

    def path_of(self, index: int) -> str:
        """The path of an element; a number stands only where several share a name."""
        way = []
        while index > 0:
            way.append(self._numbered(self.parents[index])[index])
            index = self.parents[index]
        return "/".join(["", self.names[0], *reversed(way)])

    def _numbered(self, parent: int) -> dict[int, str]:
        if parent not in self._steps:
            groups: dict[str, list[int]] = {}
            for child in self.inside(parent):
                groups.setdefault(self.names[child], []).append(child)
            self._steps[parent] = {
                child: name if len(group) == 1 else f"{name}[{number}]"
                for name, group in groups.items() for number, child in enumerate(group, 1)}
        return self._steps[parent]

    def add_text(self, index: int, text: str) -> None:
        """Characters were read directly inside an element."""
        if self._texts[index]:
            self._more.setdefault(index, []).append(text)
        else:
            self._texts[index] = text

    def add(self, name: str, start: int, parent: int) -> int:
        """An element was opened; its index."""
        self.names.append(name)
        self.starts.append(start)
        self.ends.append(start)
        self.lasts.append(0)
        self.parents.append(parent)
        self._texts.append("")
        return len(self.names) - 1


class Leaves:
    """The elements below one that hold text alone, by name (see ``model.snapshot.Remainder``).

    Names that stand more than once, or hold elements, are left out, and so are those ``without``.
    """

    def __init__(self, element: Element, without: frozenset[str] = frozenset()) -> None:
        self._element = element
        found: dict[str, list[Element]] = {}
        for child in element.children():
            found.setdefault(child.name, []).append(child)
        self._leaves = {name: group[0] for name, group in found.items()
                        if len(group) == 1 and name not in without
                        and next(group[0].children(), None) is None}

    def same(self, other: object) -> bool:
        """True where both are of the same bytes."""
        return isinstance(other, Leaves) and \
            self._element.citations[0].quote == other._element.citations[0].quote

    def value(self) -> Any:
        """The texts by name."""
        return {name: leaf.text for name, leaf in self._leaves.items()}

    def fact(self, pointer: str) -> Element | None:
        """The element of the name that ``pointer`` is made of (``/release``), or None."""
        return self._leaves.get(pointer.removeprefix("/"))

    def absence(self, pointer: str) -> Absence:
        """That no element of that name is there."""
        return self._element.document.absence(self._element.path + pointer)


class _Reading:
    """One pass of the parser over a document."""

    def __init__(self, document: XmlDocument) -> None:
        from defusedxml.ElementTree import DefusedXMLParser

        self.document, self.body = document, document.body
        self.open: list[int] = []
        made: Any = DefusedXMLParser(encoding="utf-8", forbid_dtd=True)
        self.expat: Any = made.parser  # with defusedxml's refusals in place
        self.expat.buffer_text, self.expat.ordered_attributes = True, True
        self.expat.XmlDeclHandler = self.declared
        self.expat.StartElementHandler, self.expat.EndElementHandler = self.start, self.end
        self.expat.CharacterDataHandler = self.text
        self.expat.CommentHandler = self.expat.ProcessingInstructionHandler = None
        self.expat.DefaultHandlerExpand = None

    def read(self) -> None:
        """Fill in the document. Raises UnreadableInput."""
        from xml.parsers.expat import ExpatError, errors  # nosec: the parser is defusedxml's

        from defusedxml.common import DefusedXmlException

        try:
            self.body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self.unreadable(f"it is not UTF-8 ({error.reason})", error.start) from error
        try:
            self.expat.Parse(self.body, True)
        except ExpatError as error:
            raise self.unreadable(errors.messages.get(error.code, "not well formed"),
                                  max(self.expat.ErrorByteIndex, 0)) from error
        except DefusedXmlException as error:
            raise self.unreadable(f"{type(error).__name__}: document types and entities are not"
                                  " read", max(self.expat.CurrentByteIndex, 0)) from error
        finally:
            del self.expat  # it holds this object through its handlers

    def unreadable(self, why: str, offset: int) -> UnreadableInput:
        """The one error of this reader."""
        return UnreadableInput(f"{self.document.label} is not XML that can be read: {why}"
                               f" (byte {offset})", hint="expected well-formed XML in UTF-8",
                               offset=offset)

    def declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        """The XML declaration: bytes that are not ASCII are read as UTF-8 only."""
        if (encoding and encoding.lower()) not in _UTF8 and not self.body.isascii():
            raise self.unreadable(f"it declares the encoding {encoding!a}", 0)

    def start(self, name: str, _attributes: list[str]) -> None:
        """A start tag, or an empty element."""
        document, start = self.document, self.expat.CurrentByteIndex
        if len(self.open) >= MOST_DEEP:
            raise self.unreadable(f"it is nested deeper than {MOST_DEEP} levels", start)
        if len(document.names) >= MOST_ELEMENTS:
            raise self.unreadable(f"it has more than {MOST_ELEMENTS} elements", start)
        parent = self.open[-1] if self.open else -1
        self.open.append(document.add(name.rpartition("}")[2], start, parent))

    def end(self, _name: str) -> None:
        """An end tag; of an empty element (``<a/>``) the parser stands behind it already."""
        document, index, place = self.document, self.open.pop(), self.expat.CurrentByteIndex
        document.lasts[index] = len(document.names)
        if index == len(document.names) - 1:
            tag = _START_TAG.match(self.body, document.starts[index])
            if tag is not None and tag[0].endswith(b"/>"):
                document.ends[index] = tag.end()
                return
        document.ends[index] = self.body.index(b">", place) + 1

    def text(self, text: str) -> None:
        """Characters, entities replaced."""
        self.document.add_text(self.open[-1], text)

