"""Drift and Variation: one file of one version that observations state differently."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from regforensics.model.citation import Fact
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation

Grade = Literal["confirmed", "likely", "possible", "contradictory"]
#: Why two statements about the same bytes may differ.
CAUSES = {
    "signed": "signatures are stated that were not stated before, its digests did not change",
    "re-signed": "the signatures stated for it changed, its digests did not",
    "signature-fails": "other signatures are stated for it, and they do not verify over what stands"
                       " beside them, though its digests did not change: that is not benign, see"
                       " integrity.signature-invalid",
    "backfilled": "a digest was added to those stated before, which agree",
    "dropped": "a digest is not stated any more, the others agree",
    "re-encoded": "the same digest written in another way (base64 or hexadecimal, letter case,"
                  " more hashes in one text)",
    "moved": "the file's address changed, its digests agree: mirrors put their own host and path",
}


@dataclass(frozen=True, slots=True)
class DigestSeen:
    """One observation states one digest. ``source`` is the exhibit it stands in."""

    algorithm: str
    fact: Fact[str]
    observation: Observation

    @property
    def value(self) -> str:
        """The digest as stated."""
        return self.fact.value

    @property
    def source(self) -> str:
        """The exhibit that the digest stands in."""
        return self.fact.citations[0].exhibit

    @property
    def observed_at(self) -> str | None:
        """When it was observed, as text; None where nobody said."""
        return self.observation.at.text if self.observation.at else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sighting:
    """A file that stands on disk itself, with the digests computed from its bytes."""

    version: str
    filename: str
    exhibit: str
    digests: Mapping[str, Fact[str]]
    observation: Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Same registry, package, version and file; digests of the same kind that contradict.

    ``grade`` is "confirmed" where a strong algorithm differs and no strong one agrees, "likely"
    where only SHA-1 or MD5 could be compared, "possible" where lockfiles and SBOMs alone disagree
    (none says when it was written, and either may have been altered), "contradictory" where some
    digests differ while a strong one agrees: then the metadata was altered, or one document is
    wrong, not the bytes.
    ``across`` marks differences that show between places (registries, mirrors, files on disk)
    only, never within one. ``meaning`` is what a true change of bytes means there.
    ``observations`` hold, oldest first, each value where it was first seen and where it came back.
    """

    subject: PackageRef
    version: str
    file: str
    observations: tuple[DigestSeen, ...]
    grade: Grade
    across: bool = False
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """A difference that leaves the stated digests the same: ``cause`` is one of CAUSES.

    ``before`` and ``after`` are the two statements of the first version that shows it; one is None
    where a statement was added or dropped, and then ``beside`` stands for the other observation.
    ``versions`` are all that show it, ``across`` marks a difference between two places.
    """

    subject: PackageRef
    cause: str
    versions: tuple[str, ...]
    before: Fact[Any] | None
    after: Fact[Any] | None
    beside: Fact[Any]
    across: bool = False
