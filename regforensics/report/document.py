"""Report: the composed document, numbered and ordered, before it takes a form."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from regforensics.model.chart import Chart
from regforensics.model.citation import Absence, Citation
from regforensics.model.claim import Claim, Gap, Section
from regforensics.model.coverage import Coverage
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.report.times import DAY, sort_key

LEADING = 12
#: Rules whose claims lead a report, the gravest first; rules not named here follow.
TAKEN_OR_CHANGED = (
    "publish.drift", "publish.drift-across", "publish.digests-contradict",
    "integrity.artifact-mismatch", "publish.quarantined", "publish.unpublished", "publish.held",
    "publish.withdrawn", "publish.removed", "publish.file-removed", "publish.emptied")
GRAVEST = (
    "account.identity-card", "distribution.before-publish", "account.same-address",
    "distribution.pulled", *TAKEN_OR_CHANGED, "publish.published",
    "publish.install-script", "publish.dependency-added", "account.trust-dropped",
    "account.first-publish", "account.config-changed", "account.approver-changed",
    "account.address-changed", "distribution.available", "account.owner-added",
    "publish.republished", "distribution.late-file", "account.publisher-rewritten",
    "publish.absent", "publish.yanked", "account.owner-removed", "publish.dependency-remote",
    "distribution.tag-back", "distribution.tag-moved", "publish.restored", "publish.created-later")
#: Rules that say what the evidence is worth: no findings, unless about a named incident.
NO_FINDINGS = frozenset({
    "integrity.captures", "integrity.longest-gap", "integrity.mirror", "integrity.origin",
    "integrity.origin-unclear", "integrity.signatures", "integrity.artifact-matches",
    "distribution.log-covers"})
TITLES: dict[Section, str] = {
    "publish": "Publish timeline",
    "account": "Account activity",
    "distribution": "Distribution scope",
    "integrity": "Integrity of the evidence",
}


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of appendix A: a citation, its number ``A7``, its file, commands that show it."""

    id: str
    citation: Citation
    file: str
    commands: tuple[str, ...]
    digest_command: str


@dataclass(frozen=True, slots=True)
class Missing:
    """An entry of appendix A: an absence, its number ``N2``, its file, a command that shows it."""

    id: str
    absence: Absence
    file: str
    command: str
    digest_command: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A claim with its number ``C3``, its appendix numbers and the commands that re-derive it.

    ``incident`` says that it is about a version that the analyst named as part of the incident.
    """

    id: str
    claim: Claim
    lines: tuple[str, ...]
    rerun: tuple[str, ...]
    incident: bool = False


@dataclass(frozen=True, slots=True)
class Tested:
    """A table of tests: the place that was tested, and a claim for each result."""

    place: str
    rows: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Charted:
    """A chart, and the claim whose lines hold its numbers."""

    listed: Listed
    chart: Chart


@dataclass(frozen=True, slots=True)
class Group:
    """What one section says of one package: notable claims by time, those without a time, the
    tables of tests, then the routine ones; and charts of some of these."""

    package: PackageRef
    notable: tuple[Listed, ...]
    undated: tuple[Listed, ...]
    routine: tuple[Listed, ...]
    tables: tuple[Tested, ...] = ()
    charts: tuple[Charted, ...] = ()

    def __iter__(self) -> Iterator[Listed]:
        yield from (*self.notable, *self.undated)
        for table in self.tables:
            yield from table.rows
        yield from self.routine

    @property
    def span(self) -> str:
        """Its first and its last number: ``C3 to C9``."""
        first, *rest = self
        return f"{first.id} to {rest[-1].id}" if rest else first.id


@dataclass(frozen=True, slots=True)
class Part:
    """One section, package by package; ``silence`` is what an empty one says about what was
    looked at."""

    section: Section
    groups: tuple[Group, ...]
    silence: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The heading."""
        return TITLES[self.section]

    @property
    def notable(self) -> tuple[Listed, ...]:
        """The notable claims that have a time."""
        return tuple(one for group in self.groups for one in group.notable)

    @property
    def undated(self) -> tuple[Listed, ...]:
        """The notable claims that have none."""
        return tuple(one for group in self.groups for one in group.undated)

    @property
    def routine(self) -> tuple[Listed, ...]:
        """The others."""
        return tuple(one for group in self.groups for one in group.routine)

    def __iter__(self) -> Iterator[Listed]:
        for group in self.groups:
            yield from group


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that a report says.

    ``window`` and ``known_networks`` are those of the scope. ``unseen`` are the gaps about named
    versions that no capture mentions; they stand among ``gaps`` too. ``left_out`` counts the claims
    outside ``since`` and ``until``; ``recompute`` is the command that makes the same claims again
    from the evidence directory.
    """

    case: str
    generated_at: Instant
    custody_head: str
    tool: str
    incidents: tuple[PackageRef, ...]
    announced: Instant | None
    since: Instant | None
    until: Instant | None
    left_out: int
    parts: tuple[Part, ...]
    gaps: tuple[Gap, ...]
    gap_lines: tuple[tuple[str, ...], ...]
    coverage: tuple[Coverage, ...]
    lines: tuple[Line, ...]
    missing: tuple[Missing, ...]
    recompute: str
    window: timedelta = DAY
    known_networks: tuple[str, ...] = ()
    unseen: tuple[Gap, ...] = ()

    @property
    def claims(self) -> tuple[Listed, ...]:
        """Every claim in the order of the document."""
        return tuple(listed for part in self.parts for listed in part)

    @property
    def key_findings(self) -> tuple[Listed, ...]:
        """The notable claims, in the order of the document; those that say only what the evidence
        is worth where there are no others. Of those that fold together the first."""
        lifted = self._lifted()
        chosen = [one for one in lifted if one.incident or one.claim.rule not in NO_FINDINGS]
        return tuple({one.claim.folds or one.id: one for one in reversed(chosen or lifted)}
                     .values())[::-1]

    def like(self, one: Listed) -> tuple[Listed, ...]:
        """The other notable claims that a key finding stands for."""
        return tuple(other for other in self._lifted() if one.claim.folds
                     and other.claim.folds == one.claim.folds and other.id != one.id)

    def _lifted(self) -> tuple[Listed, ...]:
        return tuple(one for part in self.parts for one in (*part.notable, *part.undated))

    @property
    def leading(self) -> tuple[Listed, ...]:
        """The key findings that stand at the head: LEADING at most. Those about named incidents
        stand before what went or changed, and that before the rest; each of these by time."""
        chosen = sorted(self.key_findings, key=lambda one: (not one.incident, gravity(one.claim)))
        return tuple(sorted(chosen[:LEADING], key=lambda one: (
            not one.incident, one.claim.rule not in TAKEN_OR_CHANGED, sort_key(one.claim.when))))

    @property
    def subjects(self) -> tuple[PackageRef, ...]:
        """The packages that the claims and the coverage are about, without versions, sorted."""
        named = [listed.claim.subject for listed in self.claims]
        named += [row.subject for row in self.coverage if row.subject]
        return tuple(sorted({ref.at(None) for ref in (*named, *self.incidents)},
                            key=str))

    @property
    def grouped(self) -> bool:
        """True where several packages are in the case, and sections name them."""
        return len(self.subjects) > 1


def gravity(claim: Claim) -> int:
    """How early a claim stands among those of one time, or of which a head holds only some."""
    return GRAVEST.index(claim.rule) if claim.rule in GRAVEST else len(GRAVEST)
