"""Drift: one file of one version, stated with different digests in different observations."""

from dataclasses import dataclass
from typing import Literal

from regforensics.model.citation import Fact
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation

Grade = Literal["confirmed", "likely", "contradictory"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Same registry, package, version and file; digests of the same kind that contradict.

    ``grade`` is "confirmed" where a strong algorithm differs and no strong one agrees, "likely"
    where only SHA-1 or MD5 could be compared, "contradictory" where some digests differ while a
    strong one agrees: then the metadata was altered, or one document is wrong, not the bytes.
    ``across`` marks differences that show between registries or mirrors only, never within one.
    ``observations`` hold, oldest first, each value where it was first seen and where it came back.
    """

    subject: PackageRef
    version: str
    file: str
    observations: tuple[DigestSeen, ...]
    grade: Grade
    across: bool = False
