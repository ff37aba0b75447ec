"""JSON pointers (RFC 6901)."""

import re

_BAD_ESCAPE = re.compile(r"~(?![01])")


def escape(key: str) -> str:
    """``key`` as one reference token."""
    return key.replace("~", "~0").replace("/", "~1")


def tokens(pointer: str) -> list[str] | None:
    """The unescaped reference tokens of a pointer, or None where it is none."""
    if (pointer and not pointer.startswith("/")) or _BAD_ESCAPE.search(pointer):
        return None
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
