"""Exposure: one consumer that has, pulled, may have or may not be known to have a version."""

from dataclasses import dataclass
from typing import Any, Literal

from regforensics.model.citation import Fact
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef

Grade = Literal["confirmed", "likely", "possible", "unchecked"]
GRADES: tuple[Grade, ...] = ("confirmed", "likely", "possible", "unchecked")
#: What each grade means.
MEANINGS: dict[Grade, str] = {
    "confirmed": "the lines show that the file was handed over, that the client had it, or that"
                 " a package manager unpacked it",
    "likely": "the lines show a part of it, a redirect to it, a permission to have it, or a"
              " lockfile or SBOM that names it",
    "possible": "the lines show that it could have: documents alone, a copy in front of others, or"
                " an entry of its name from another source",
    "unchecked": "nothing in the evidence tells; it is not clean",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """A consumer and a version.

    ``layer`` is where it was seen, ``log`` the format of the log there (the same client stands in
    each kind of log that it went through), ``kind`` what sort of client it says it is. ``facts``
    are some of the ``count`` lines, the first and the last among them; none for what is unchecked,
    whose ``reason`` says why. ``file`` names a lockfile or SBOM instead of a client; where it stood
    in git ``repository`` and ``commit`` (the first that had it) say where, ``until`` is the
    commit that took it out, ``refs`` are the branches and tags that have it still. ``place`` is
    where an offline table has the address.
    """

    subject: PackageRef
    version: str
    grade: Grade
    layer: str
    reason: str
    log: str | None = None
    kind: str = ""
    address: str | None = None
    user: str | None = None
    user_agent: str | None = None
    file: str | None = None
    repository: str | None = None
    commit: str | None = None
    until: str | None = None
    refs: tuple[str, ...] = ()
    place: str | None = None
    first: Instant | None = None
    last: Instant | None = None
    count: int = 0
    facts: tuple[Fact[Any], ...] = ()
