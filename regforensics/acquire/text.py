"""One line for people out of text that a server, a library or a configuration file wrote."""

import re

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
                          r"\ud800-\udfff]")
_USERINFO = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]*:)?//[^/?#]*@")
LONGEST = 300


def one_line(text: str) -> str:
    """``text`` without line breaks, control and bidi characters, cut at ``LONGEST`` characters."""
    flat = _UNPRINTABLE.sub(lambda m: f"\\u{ord(m[0]):04x}", " ".join(text.split()))
    return flat if len(flat) <= LONGEST else flat[:LONGEST - 3] + "..."


def shown_url(url: str) -> str:
    """``url`` for a message: without userinfo, query and fragment, which may hold secrets."""
    bare = _USERINFO.sub(lambda m: f"{m[1] or ''}//", url)
    head, mark, _ = bare.partition("?")
    return one_line(head.partition("#")[0] + ("?..." if mark else ""))


def size_text(size: int) -> str:
    """``size`` bytes in the largest unit that divides it: 268435456 is ``256 MiB``."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} bytes"
