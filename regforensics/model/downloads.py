"""Download counts: how often files were served, by day, as a counting service states it.

A count is of files that were served with success. It is no count of machines or people: mirrors,
scanners and build servers are in it, and what a cache or a mirror passed on is not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from regforensics.model.citation import Fact
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation

Service = Literal["npm", "pypistats", "clickpy", "bigquery"]
SERVICES: dict[Service, str] = {
    "npm": "the npm downloads API",
    "pypistats": "pypistats",
    "clickpy": "ClickPy",
    "bigquery": "an export of the PyPI download data set",
}


@dataclass(frozen=True, slots=True)
class Days:
    """The days from ``first`` to ``last``, both included, in UTC."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __len__(self) -> int:
        return max(0, (self.last - self.first).days + 1)

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(n) for n in range(len(self)))

    def text(self) -> str:
        """``2025-09-08 to 2025-09-09``, or one day."""
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


class Count(NamedTuple):
    """The downloads of one UTC day (a named tuple: exports hold thousands).

    ``version`` is None where the count is over all versions. ``client`` is the program that asked,
    by the name it gave itself: empty where it gave none, None where the count is over all.
    """

    day: date
    downloads: Fact[int]
    version: str | None = None
    client: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DownloadCounts:
    """The daily counts of one package in one answer or file.

    ``asked`` are the days that were asked for (None: a handed-over file), ``covers`` those that
    the answer says it is about, or else those of its rows; ``bounds`` is where it says so.
    ``lists_zeros`` says that a day without downloads has a row of its own. ``whole`` cites all
    rows at once; it is None where they are too long to quote. ``some_versions`` says that it is
    about versions that were named, and not about all. ``without_mirrors``: the service left out
    what it knows to be mirrors. ``by_version`` and ``by_client`` say what the rows tell apart.
    """

    package: PackageRef
    service: Service
    observation: Observation
    asked: Days | None
    covers: Days
    rows: tuple[Count, ...]
    bounds: Fact[Any] | None = None
    whole: Fact[Any] | None = None
    lists_zeros: bool = False
    some_versions: bool = False
    without_mirrors: bool = False
    by_version: bool = False
    by_client: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LastWeek:
    """npm's counts per version over the seven days before it was asked; nobody keeps older ones."""

    package: PackageRef
    observation: Observation
    versions: Mapping[str, Fact[int]]
    whole: Fact[Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RegistryDay:
    """The downloads of all packages of a registry on one day: zero says that counting failed."""

    day: date
    downloads: Fact[int]
    observation: Observation
