"""Where paths lead in stored XML: a second reading, independent of the first.

One pass over the tags of a document, without the parser that the first reading trusts. It builds
no tree, and reads the text of those elements only that a path asks about. See ``pointers`` for what
a path is.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from regforensics.evidence.jsonwalk import Malformed, Span
from regforensics.evidence.pointers import steps

_TAG = re.compile(rb"<(/?)([^\s/>\"'<=]++)(?:[^\"'<>]++|\"[^\"<]*+\"|'[^'<]*+')*+>")
_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ASIDE = ((b"<!--", b"-->"), (b"<?", b"?>"))
_SPACE = " \t\r\n"


HTML = (b"<!doctype html", b"<html")


def is_xml(data: bytes) -> bool:
    """True where bytes open as XML does, and not as an HTML page; JSON never does."""
    start = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n").lower()
    return start.startswith(b"<") and not start.startswith(HTML)


@dataclass(slots=True)
class _Node:
    """What is asked for below one place: by name, by name and number, by name and text."""

    below: dict[tuple[str, int | None], "_Node"] = field(default_factory=dict)
    texts: dict[str, dict[str, list[Span]]] = field(default_factory=dict)
    spans: list[Span] | None = None


@dataclass(slots=True)
class _Open:
    """An element that is being read; ``wanted`` holds the lists its span belongs to by text."""

    name: bytes
    start: int
    inside: int
    nodes: list[_Node]
    wanted: list[Mapping[str, list[Span]]]
    counts: dict[str, int] = field(default_factory=dict)
    pieces: list[str] = field(default_factory=list)


def locate(data: bytes, paths: Iterable[str]) -> dict[str, tuple[Span, ...]]:
    """The [start, end) spans of the elements at each path; none where nothing stands there.

    Raises Malformed where the tags do not fit each other, ValueError for a bad path.
    """
    root, wanted = _Node(), {}
    for path in paths:
        wanted[path] = _ask(root, path)
    _walk(data, root)
    return {path: tuple(spans) for path, spans in wanted.items()}


def _ask(root: _Node, path: str) -> list[Span]:
    node, way = root, steps(path) if path else []
    if way is None:
        raise ValueError(f"{path!r} is not a path of XML")
    for step in way:
        if step.text is not None:
            return node.texts.setdefault(step.name, {}).setdefault(step.text, [])
        node = node.below.setdefault((step.name, step.number), _Node())
    if node.spans is None:
        node.spans = []
    return node.spans


def _walk(data: bytes, root: _Node) -> None:
    """Read every tag; below what nobody asks about only for its nesting (``deep``)."""
    stack, deep = [_Open(b"", 0, 0, [root], [])], list[bytes]()
    position, done = 0, False
    while (start := data.find(b"<", position)) >= 0:
        here = stack[-1]
        if here.wanted and not deep:
            here.pieces.append(_plain(_text(data[position:start])))
        behind = _aside(data, start, here if not deep else None)
        if behind is not None:
            position = behind
            continue
        tag = _TAG.match(data, start)
        if tag is None or done:
            raise Malformed(start)
        position, name, empty = tag.end(), tag[2], data[tag.end() - 2:tag.end()] == b"/>"
        if tag[1] and deep:
            if deep.pop() != name:
                raise Malformed(start)
        elif tag[1]:
            _close(stack, name, start, position)
        elif not here.nodes or deep:
            deep += () if empty else (name,)
        else:
            stack.append(_opened(here, name, start, position))
            if empty:
                _close(stack, name, start, position)
        done = len(stack) == 1
    if len(stack) > 1 or not done or data[position:].strip(b" \t\r\n"):
        raise Malformed(position)


def _aside(data: bytes, start: int, here: _Open | None) -> int | None:
    """The offset behind a comment, an instruction or a CDATA section; None where none opens."""
    for opening, closing in _ASIDE:
        if data.startswith(opening, start):
            end = data.find(closing, start + len(opening))
            if end < 0:
                raise Malformed(start)
            return end + len(closing)
    if data.startswith(b"<![CDATA[", start):
        end = data.find(b"]]>", start)
        if end < 0:
            raise Malformed(start)
        if here is not None and here.wanted:
            here.pieces.append(_text(data[start + 9:end]))
        return end + 3
    return None


def _opened(above: _Open, name: bytes, start: int, inside: int) -> _Open:
    local = name.rpartition(b":")[2].decode("utf-8", "surrogateescape")
    number = above.counts.get(local, 0) + 1
    above.counts[local] = number
    nodes = [node.below[key] for node in above.nodes for key in ((local, None), (local, number))
             if key in node.below]
    return _Open(name, start, inside, nodes,
                 [node.texts[local] for node in above.nodes if local in node.texts])


def _close(stack: list[_Open], name: bytes, start: int, end: int) -> None:
    here = stack.pop()
    if not stack or here.name != name:
        raise Malformed(start)
    for node in here.nodes:
        if node.spans is not None:
            node.spans.append((here.start, end))
    if here.wanted:
        text = "".join(here.pieces).strip(_SPACE)
        for asked in here.wanted:
            if text in asked:
                asked[text].append((here.start, end))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n")


def _plain(text: str) -> str:
    """The characters that a text with references stands for; an unknown reference stays."""
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(reference: re.Match[str]) -> str:
    number = int(reference[1]) if reference[1] else int(reference[2], 16) if reference[2] else None
    if number is None:
        return _NAMED[reference[3]]
    return chr(number) if number < 0x110000 else reference[0]
