"""XML-RPC as PyPI speaks it (warehouse docs, XML-RPC): calls of one argument, lists as answers."""

from collections.abc import Iterator

from regforensics.errors import UnreadableInput
from regforensics.evidence.xmltree import Element, XmlDocument
from regforensics.model.citation import Fact
from regforensics.model.package import PackageRef
from regforensics.registries.base import Part, Query

MOST_ROWS = 10_000


def query(package: PackageRef, base_url: str, kind: str, what: str, body: bytes, *,
          optional: bool = True, spare: bool = False) -> Query:
    """A call at an index."""
    return Query(f"{base_url.rstrip('/')}/pypi", "text/xml", kind, what, package, suffix=".xml",
                 optional=optional, spare=spare, body=body, content_type="text/xml")


def call(method: str, parameter: str) -> bytes:
    """The body of a call; ``parameter`` is its one value, as XML."""
    return (f"<?xml version='1.0'?>\n<methodCall><methodName>{method}</methodName><params><param>"
            f"<value>{parameter}</value></param></params></methodCall>").encode()


def value_of(document: XmlDocument) -> Element | None:
    """The answer's value; None for a fault and for what is no answer."""
    return document.find("methodResponse", "params", "param", "value")


def items(value: Element | None) -> Iterator[Element]:
    """The values of an array; none where it is no array."""
    data = value.find("array", "data") if value is not None else None
    return data.children("value") if data is not None else iter(())


def scalar(value: Element) -> str | None:
    """The text of a value; None for nil, arrays and structs."""
    typed = next(value.children(), None)
    if typed is None:
        return value.text
    return typed.text if typed.name in {"string", "int", "i4", "i8", "boolean"} else None


def listed(part: Part) -> Element:
    """The value that is the answer's list. Raises UnreadableInput for a fault, too."""
    document = part.xml or XmlDocument(part.observation.label, part.observation.sha256,
                                       part.body())
    value = value_of(document)
    if value is not None and value.find("array", "data") is not None:
        return value
    fault = document.find("methodResponse", "fault")
    raise UnreadableInput("no list was answered" if fault is None else
                          "the index answered with a fault",
                          offset=0 if fault is None else fault.span[0])


def pairs(value: Element) -> Iterator[tuple[Fact[str], Fact[str]]]:
    """The items of a list that are pairs of texts, up to MOST_ROWS."""
    for count, row in enumerate(items(value)):
        cells = list(items(row)) if count < MOST_ROWS else []
        texts = [next(cell.children(), cell) for cell in cells if scalar(cell)]
        if len(cells) == len(texts) == 2:
            yield texts[0], texts[1]
