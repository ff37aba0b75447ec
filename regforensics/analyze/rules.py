"""Rule and Analyzer: what can be claimed, on what it rests, and who makes the claims."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from regforensics.model.citation import Absence, Fact
from regforensics.model.claim import Basis, Claim, Gap, Reading, Section
from regforensics.model.history import History, Scope
from regforensics.model.instant import When
from regforensics.model.package import PackageRef

Finding = Claim | Gap
Facts = dict[str, Any]  # of Fact; a checker takes ** of anything narrower for every keyword


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of claim: what it says, what it cites, and when it alarms without need.

    ``basis`` is "evidenced" for rules whose sentence restates the cited lines; whatever compares
    captures, counts, measures or concludes is "inferred". ``lead`` says that what it claims is
    ordinary by itself: such a claim is lifted where leads of several rules meet in one version.
    """

    id: str
    section: Section
    says: str
    cites: str
    false_alarms: str
    basis: Basis = "inferred"
    lead: bool = False

    def claim(self, subject: PackageRef, when: When, template: str, *,
              absences: tuple[Absence, ...] = (), also: tuple[Fact[Any], ...] = (),
              notable: bool = True, inferred: bool = False, reading: Reading | None = None,
              **facts: Fact[Any]) -> Claim:
        """The claim that this rule makes of the facts. Raises ValueError as Claim.stating does.

        ``inferred`` marks the one claim of an evidenced rule that concludes more than it cites.
        """
        return Claim.stating(self.id, self.section, subject, when, template, absences=absences,
                             also=also, notable=notable,
                             basis="inferred" if inferred else self.basis, reading=reading,
                             **facts)


@dataclass(frozen=True, slots=True)
class Analyzer:
    """A named set of rules and the pure function that applies them to one package's history."""

    name: str
    rules: tuple[Rule, ...]
    run: Callable[[History, Scope], Iterable[Finding]]
