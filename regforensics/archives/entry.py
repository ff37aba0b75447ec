"""Entry: one member of an archive while it passes by; Finding: what is odd about an archive."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["file", "dir", "symlink", "hardlink", "device", "fifo", "other"]
#: What a Finding can be. ``stopped`` and ``damaged`` mean that what follows was not read.
FINDINGS = ("stopped", "damaged", "traversal", "link", "device", "setuid", "duplicate", "collision",
            "unseen", "disagreement", "unlisted", "overlap", "unread", "trailing", "leading",
            "parts", "nested", "forms", "overlong")


@dataclass(slots=True)
class Entry:
    """A member: its path and link target as they stand there, its size in bytes as stated.

    ``chunks`` is the content, to be read before the next member is asked for; empty for what has
    none. ``unread`` says why a content cannot be read.
    """

    path: bytes
    kind: Kind
    size: int = 0
    mode: int = 0
    link: bytes = b""
    chunks: Iterator[bytes] = field(default_factory=lambda: iter(()))
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One oddity: its kind (of FINDINGS), the member (empty: the archive), and what it is."""

    kind: str
    path: bytes
    detail: str


class Stopped(Exception):
    """Reading ends here: at a limit (``stopped``) or at broken bytes (``damaged``)."""

    def __init__(self, kind: Literal["stopped", "damaged"], detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is read of an archive: bytes after unpacking, members, bytes of one header.

    Functions of the archive's size and of nothing else, so that reading it again stops at the same
    place: 100 times its size is more than any honest package unpacks to.
    """

    unpacked: int
    members: int
    header: int = 1 << 20

    def headers(self, members: int) -> int:
        """The bytes of extension headers that are read up to a member of that number."""
        return (4 << 20) + (4 << 10) * members

    @property
    def text(self) -> int:
        """The bytes of a listing's members: paths of ordinary length for each that is read."""
        return (4 << 20) + 256 * self.members

    @classmethod
    def of(cls, size: int) -> "Bounds":
        """The bounds for an archive of ``size`` bytes."""
        return cls(min((32 << 20) + 100 * size, 8 << 30), min(5_000 + size // 64, 200_000))
