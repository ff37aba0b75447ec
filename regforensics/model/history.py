"""History and Scope: what the analyzers are given."""

from dataclasses import dataclass
from datetime import datetime

from regforensics.model.citation import Fact
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Attempt:
    """One act of acquisition that gave no snapshot: what was asked, when, and why it failed."""

    subject: PackageRef | None
    at: Instant | None
    reason: str
    line: Fact[str]


@dataclass(frozen=True, slots=True)
class History:
    """Every observation of one package, oldest first, and the attempts that failed.

    Observations of the same state appear each time they were made: an unchanged answer is
    evidence too. ``recorded`` counts custody lines about the package.
    """

    package: PackageRef
    snapshots: tuple[Snapshot, ...]
    failures: tuple[Attempt, ...] = ()
    recorded: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about: named incidents (with versions), and times that bound it."""

    incidents: tuple[PackageRef, ...] = ()
    announced: Instant | None = None
    since: datetime | None = None
    until: datetime | None = None

    def versions_of(self, package: PackageRef) -> frozenset[str]:
        """The versions of a package that the report is about; empty where none is named."""
        return frozenset(i.version for i in self.incidents
                         if i.version is not None and i.at(None) == package.at(None))
