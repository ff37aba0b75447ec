"""AdvisoryAnswer: what a vulnerability database said about a package, every leaf a Fact."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from regforensics.model.citation import Fact
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation

Source = Literal["OSV", "GitHub"]


class VersionRange(NamedTuple):
    """A range of versions as an advisory writes it.

    ``from_first`` says that it begins before every version, ``open_ended`` that it has no end.
    ``fact`` is where it begins, or the whole expression.
    """

    fact: Fact[str]
    from_first: bool
    open_ended: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Advisory:
    """What one record says of one package.

    ``published`` and ``modified`` are the record's own times, not those of an attack. ``listed``
    are versions that it names one by one. ``covering`` gives the fact by which the record covers
    a version (its entry in the list, or the ends of a range), or None; ``among`` does so for many
    versions at once. ``imported`` are the times
    at which a malware database first had the package from a reporter. ``malware`` says that the
    record calls the package or its versions malicious, ``aliases`` what it calls itself besides.
    """

    id: Fact[str]
    source: Source
    package: PackageRef
    malware: bool
    covering: Callable[[str], Fact[str] | None]
    among: Callable[[tuple[str, ...]], dict[str, Fact[str]]]
    aliases: tuple[Fact[str], ...] = ()
    summary: Fact[str] | None = None
    published: Fact[Instant] | None = None
    modified: Fact[Instant] | None = None
    withdrawn: Fact[Instant] | None = None
    listed: tuple[Fact[str], ...] = ()
    ranges: tuple[VersionRange, ...] = ()
    imported: tuple[Fact[Instant], ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Everything that the record is called."""
        return frozenset(fact.value for fact in (self.id, *self.aliases))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AdvisoryAnswer:
    """One answer of a database about a package, or one record that was handed over.

    ``asked`` says that it answers a question about the package: what it does not hold, the
    database did not have (``question`` tells questions of one database apart). ``more`` is where
    the answer says that there are further pages. ``run`` is the command that it was captured by.
    """

    source: Source
    package: PackageRef
    observation: Observation
    advisories: tuple[Advisory, ...]
    asked: bool
    question: str = ""
    run: str = ""
    more: Fact[str] | None = None
