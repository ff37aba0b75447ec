r"""How bytes of a path stand in a listing: printable ASCII as it is, all else as ``\xNN``.

A space is escaped too, so that white space separates columns and nothing else; so is a backslash,
so that the text leads back to exactly one path.
"""

import re

_TABLE = tuple(chr(byte) if 0x21 <= byte <= 0x7e and byte != 0x5c else f"\\x{byte:02x}"
               for byte in range(256))
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})")
_LONGEST = 4096


def escaped(path: bytes) -> str:
    """The text of a path; of one longer than 4096 bytes the beginning, and how long it is."""
    shown = path.decode("ascii") if _all_plain(path) else "".join(
        map(_TABLE.__getitem__, path[:_LONGEST]))
    if len(path) > _LONGEST:
        return f"{shown}\\...{len(path)}"
    return shown


def unescaped(text: str) -> bytes:
    """The path that a text stands for."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).encode("latin-1")


def _all_plain(path: bytes) -> bool:
    return len(path) <= _LONGEST and re.fullmatch(rb"[!-\[\]-~]*", path) is not None
