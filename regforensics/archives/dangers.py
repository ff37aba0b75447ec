"""What is dangerous about members: names that lead elsewhere, links, twins, invisible text."""

import re
import unicodedata
from collections.abc import Iterator

from regforensics.archives.entry import Entry, Finding

LONGEST_PATH, LONGEST_PART = 4096, 1024  # bytes: PATH_MAX of Linux; 255 characters of UTF-8
_SETUID, _SETGID = 0o4000, 0o2000
_DRIVE = re.compile(rb"[A-Za-z]:")
#: Control characters, and those that hide or reorder the text around them (Unicode Cc, Cf, Zl, Zp).
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
                     "\ufeff\U000e0000-\U000e007f]")
_ARCHIVES = (b".zip", b".tar", b".tgz", b".tar.gz", b".tar.bz2", b".tar.xz", b".whl", b".egg",
             b".jar", b".crate", b".gem", b".7z", b".rar")


class Dangers:
    """``of`` is given every member in order; what it says of names needs the members before."""

    def __init__(self, form: int = 2) -> None:
        self._first = form == 1
        self._seen: set[bytes] = set()
        self._alike: dict[str, bytes] = {}

    def of(self, entry: Entry) -> Iterator[Finding]:
        """What is dangerous about one member."""
        path = entry.path
        if leads_outside(path):
            yield Finding("traversal", path, "its name leads out of the directory that it is"
                          " unpacked in")
        if entry.kind in ("symlink", "hardlink"):
            yield Finding("link", path, f"a {entry.kind}")
        if entry.kind in ("device", "fifo"):
            yield Finding("device", path, f"a {entry.kind}")
        if entry.mode & (_SETUID | _SETGID) and entry.kind == "file":
            yield Finding("setuid", path, f"mode {entry.mode:04o}")
        if entry.unread:
            yield Finding("unread", path, entry.unread)
        if entry.kind == "file" and path.lower().endswith(_ARCHIVES):
            yield Finding("nested", path, "an archive inside the archive; it was not opened")
        yield from self._named(path)

    def _named(self, path: bytes) -> Iterator[Finding]:
        text = path.decode("utf-8", "surrogateescape")
        if _UNSEEN.search(text):
            yield Finding("unseen", path, "its name holds characters that cannot be seen, or that"
                          " reorder the others")
        plain = _plain(path)
        if plain in self._seen:
            if not path.endswith(b"/"):
                yield Finding("duplicate", path, "it stands there more than once; which one counts"
                              " depends on the reader")
            return
        self._seen.add(plain)
        if len(path) > LONGEST_PATH or len(max(path.split(b"/"), key=len)) > LONGEST_PART:
            # normalising takes time that grows with the square of a run of combining marks
            if not self._first:
                yield Finding("overlong", path, f"a name of {len(path)} bytes, longer than any file"
                              " system takes; it was not compared with others that look alike")
            return
        alike = unicodedata.normalize("NFKC", text.rstrip("/")).casefold()
        first = self._alike.setdefault(alike, plain)
        if first != plain:
            yield Finding("collision", path, "another member's name differs from it by letter case"
                          " or Unicode form only")


def leads_outside(path: bytes) -> bool:
    """True for absolute names, drive letters, and names that climb above where they begin."""
    parts = path.replace(b"\\", b"/").split(b"/")
    if parts[0] == b"" or _DRIVE.match(path):
        return True
    depth = 0
    for part in parts:
        depth += -1 if part == b".." else part not in (b"", b".")
        if depth < 0:
            return True
    return b".." in parts


def _plain(path: bytes) -> bytes:
    return b"/".join(part for part in path.split(b"/") if part not in (b"", b"."))
