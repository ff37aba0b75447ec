"""Change: one difference between two observations of a package, with the lines of both sides."""

from dataclasses import dataclass
from typing import Any

from regforensics.model.citation import Absence, Citation, Citations

KINDS = (
    "hash-drift", "tombstoned", "held", "status-changed", "version-removed", "version-added",
    "file-removed", "file-added", "yanked", "unyanked", "publisher-changed", "trust-changed",
    "owner-removed", "owner-added", "scripts-changed", "dependencies-changed", "dist-tag-moved",
    "dist-tag-added", "dist-tag-removed", "deprecated-set", "deprecated-cleared", "time-changed",
    "time-removed", "time-added", "hash-added", "metadata-changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. ``kind`` is one of KINDS.

    ``representation`` marks what a registry or proxy does to documents without touching what it
    serves (added signatures, https for http, a new key). ``where`` is the pointer of a
    metadata-changed, ``note`` says what a reader should know about it. ``was`` are those of the
    citations that show how it was before.
    """

    kind: str
    citations: Citations
    version: str | None = None
    file: str | None = None
    before: Any = None
    after: Any = None
    absences: tuple[Absence, ...] = ()
    representation: bool = False
    where: str | None = None
    tag: str | None = None
    note: str | None = None
    was: tuple[Citation, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS or not self.citations:
            raise ValueError(f"change {self.kind!r} is of no known kind, or cites nothing")
