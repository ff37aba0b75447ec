r"""How bytes of a path stand in a listing: printable ASCII as it is, all else as ``\xNN``.

A space is escaped too, so that white space separates columns and nothing else; so is a backslash,
so that the text leads back to exactly one path.
"""

import re

_PLAIN = re.compile(rb"[!-\[\]-~]")
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})")
_LONGEST = 4096


def escaped(path: bytes) -> str:
    """The text of a path; of one longer than 4096 bytes the beginning, and how long it is."""
    shown = "".join(chr(byte) if _PLAIN.fullmatch(bytes((byte,))) else f"\\x{byte:02x}"
                    for byte in path[:_LONGEST]) if not _all_plain(path) else path.decode("ascii")
    if len(path) > _LONGEST:
        return f"{shown[:_LONGEST * 4]}\\...{len(path)}"
    return shown


def unescaped(text: str) -> bytes:
    """The path that a text stands for."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).encode("latin-1")


def _all_plain(path: bytes) -> bool:
    return len(path) <= _LONGEST and re.fullmatch(rb"[!-\[\]-~]*", path) is not None
