"""JSON pointers (RFC 6901), and paths of XML.

A path is a small part of XPath 1.0 over local names, namespaces set aside:
``/metadata/versioning/versions/version[3]`` is the third; without a number it is every one, and
``version[.="1.0"]`` every one of that text (white space at its ends set aside; ``&``, ``"``, ``/``
and ``~`` of the text written as references, so that a path is a JSON pointer by its form).
"""

import re
from typing import NamedTuple

_STEP = re.compile(r'([^\[\]/]+)(?:\[([1-9]\d{0,8})\]|\[\.="([^"/~]*)"\])?')
_REFERENCE = re.compile(r"&(?:amp|quot|#47|#126);")
_WRITTEN = {"&": "&amp;", '"': "&quot;", "/": "&#47;", "~": "&#126;"}
_READ = {written: plain for plain, written in _WRITTEN.items()}
_BAD_ESCAPE = re.compile(r"~(?![01])")


def escape(key: str) -> str:
    """``key`` as one reference token."""
    return key.replace("~", "~0").replace("/", "~1")


def tokens(pointer: str) -> list[str] | None:
    """The unescaped reference tokens of a pointer, or None where it is none."""
    if (pointer and not pointer.startswith("/")) or _BAD_ESCAPE.search(pointer):
        return None
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


class Step(NamedTuple):
    """One step of a path of XML: a local name, and the number or the text that is meant."""

    name: str
    number: int | None = None
    text: str | None = None


def steps(path: str) -> list[Step] | None:
    """The steps of a path of XML, or None where it is none. Only the last may have a text."""
    found = [_STEP.fullmatch(step) for step in path.split("/")[1:]]
    made = [Step(one[1], int(one[2]) if one[2] else None,
                 None if one[3] is None else _REFERENCE.sub(lambda m: _READ[m[0]], one[3]))
            for one in found if one]
    fits = path.startswith("/") and len(made) == len(found)
    return made if fits and all(step.text is None for step in made[:-1]) else None


def named(parent: str, name: str, text: str | None = None) -> str:
    """The path of every ``name`` below ``parent``, of those of one text where it is given."""
    if text is None:
        return f"{parent}/{name}"
    quoted = "".join(_WRITTEN.get(c, c) for c in text.strip(" \t\r\n"))
    return f'{parent}/{name}[.="{quoted}"]'
