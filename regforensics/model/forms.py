"""ShortForm: a package's abbreviated document, beside the full one."""

from dataclasses import dataclass
from typing import Any

from regforensics.model.citation import Fact
from regforensics.model.instant import Instant
from regforensics.model.snapshot import Members, Observation


@dataclass(frozen=True, slots=True, eq=False)
class ShortForm:
    """What npm's abbreviated packument says (npm/registry docs/responses/package-metadata.md).

    ``anchor`` shows the document, ``modified`` is the time of the last write (UTC, to the
    millisecond) where it is stated and readable.
    """

    observation: Observation
    anchor: Fact[Any]
    versions: Members[Fact[Any]]
    dist_tags: Members[Fact[str]]
    modified: Fact[Instant] | None = None
