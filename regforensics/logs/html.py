"""Tags and texts of a saved page with their byte offsets, in one pass that is linear for any bytes.

Why not html.parser: its positions are characters of lines, and in the Python versions that this
tool supports it takes time that grows with the square of a hostile page's size.
"""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9-]{0,40}+)"
                  rb"((?:[^\"'<>]++|\"[^\"<]*+\"|'[^'<]*+')*+)>")
_ATTRIBUTE = re.compile(r"([a-zA-Z_:-][\w:.-]{0,60})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_CLOSE = {b"script": re.compile(rb"</script", re.IGNORECASE),
          b"style": re.compile(rb"</style", re.IGNORECASE)}


class Token(NamedTuple):
    """A tag (``name``, with a slash first where it closes) or a text (no name), at [start, end)."""

    start: int
    end: int
    name: str
    text: str

    def attributes(self) -> dict[str, str]:
        """The tag's attributes, references resolved."""
        return {found[1].lower(): html.unescape(found[2] or found[3] or found[4] or "")
                for found in _ATTRIBUTE.finditer(self.text)}


def tokens(page: bytes) -> Iterator[Token]:
    """Tags and texts of a page in their order. Comments, scripts and styles are left out."""
    at = 0
    while at < len(page):
        opens = page.find(b"<", at)
        opens = len(page) if opens < 0 else opens
        if opens > at:
            yield Token(at, opens, "", html.unescape(page[at:opens].decode("utf-8", "replace")))
        if page.startswith(b"<!--", opens):
            end = page.find(b"-->", opens)
            at = len(page) if end < 0 else end + 3
            continue
        tag = _TAG.match(page, opens)
        if tag is None:
            at = opens + 1
            continue
        name = tag[2].lower()
        yield Token(opens, tag.end(), (tag[1] + name).decode(), tag[3].decode("utf-8", "replace"))
        at = tag.end()
        if name in _CLOSE and not tag[1]:
            closed = _CLOSE[name].search(page, at)
            at = closed.start() if closed else len(page)
