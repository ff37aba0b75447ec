"""History and Scope: what the analyzers are given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from regforensics.model.citation import Fact
from regforensics.model.claim import Gap
from regforensics.model.events import EventList, Events
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.model.run import Run
from regforensics.model.snapshot import Snapshot

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One act of acquisition that gave no snapshot: what was asked, when, and why it failed.

    ``kind`` is that of the document or file that was asked for, ``url`` the address. ``beside``
    marks what is no state of the package (advisories, counts, a journal); ``answered`` says that a
    later request of that kind about the package got its answer, ``repeated`` that the same run
    asked again and got one. ``run`` names the run, empty where none is known;
    ``captured`` says that it captured the package all the same, by other documents.
    """

    subject: PackageRef | None
    at: Instant | None
    reason: str
    line: Fact[str]
    kind: str = ""
    url: str = ""
    beside: bool = False
    answered: bool = False
    repeated: bool = False
    run: str = ""
    captured: bool = False


def _no_records(_: type) -> tuple[()]:
    return ()


def _alone(_: PackageRef) -> None:
    return None


@dataclass(frozen=True, slots=True)
class History:
    """Every observation of one package, oldest first, and the attempts that failed.

    Observations of the same state appear each time they were made: an unchanged answer is
    evidence too. ``recorded`` counts custody lines about the package. ``companions`` reads the
    documents beside the registry states (attestations, listings, journals ...) when asked;
    ``beside`` gives the history of another package of the same evidence, such as a dependency;
    ``events`` answers questions about the logs and account exports of the same evidence.
    ``runs`` are those that were to capture the package and did not come to their end,
    ``gaps`` what the evidence as a whole leaves open about it.
    """

    package: PackageRef
    snapshots: tuple[Snapshot, ...]
    failures: tuple[Attempt, ...] = ()
    recorded: int = 0
    companions: Callable[[type], tuple[Any, ...]] = field(default=_no_records, compare=False)
    beside: "Callable[[PackageRef], History | None]" = field(default=_alone, compare=False)
    events: Events = field(default_factory=EventList, compare=False)
    runs: tuple[Run, ...] = ()
    gaps: tuple[Gap, ...] = ()

    def of(self, kind: type[R]) -> tuple[R, ...]:
        """Every record of a kind that the documents beside the states hold, in custody order."""
        return tuple(r for r in self.companions(kind) if isinstance(r, kind))

    def gaps_in(self, kind: type) -> tuple[Gap, ...]:
        """What the documents that hold records of a kind leave open."""
        return tuple(r for r in self.companions(kind) if isinstance(r, Gap))


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about: named incidents (with versions), and times that bound it.

    ``window`` is how long before and after a publish account activity is told, ``known_networks``
    are those from which downloads are expected (CIDR, as given). ``made`` is when the report is
    made: up to then it is told what is missing since the last capture.
    """

    incidents: tuple[PackageRef, ...] = ()
    announced: Instant | None = None
    since: datetime | None = None
    until: datetime | None = None
    window: timedelta = timedelta(hours=24)
    known_networks: tuple[str, ...] = ()
    made: Instant | None = None

    def versions_of(self, package: PackageRef) -> frozenset[str]:
        """The versions of a package that the report is about; empty where none is named."""
        return frozenset(i.version for i in self.incidents
                         if i.version is not None and i.at(None) == package.at(None))
