"""Rule and Analyzer: what can be claimed, on what it rests, and who makes the claims."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from regforensics.model.citation import Absence, Fact
from regforensics.model.claim import Claim, Gap, Section
from regforensics.model.history import History, Scope
from regforensics.model.instant import When
from regforensics.model.package import PackageRef

Finding = Claim | Gap
Facts = dict[str, Any]  # of Fact; a checker takes ** of anything narrower for every keyword


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of claim: what it says, what it cites, and when it alarms without need."""

    id: str
    section: Section
    says: str
    cites: str
    false_alarms: str

    def claim(self, subject: PackageRef, when: When, template: str, *,
              absences: tuple[Absence, ...] = (), also: tuple[Fact[Any], ...] = (),
              notable: bool = True, **facts: Fact[Any]) -> Claim:
        """The claim that this rule makes of the facts. Raises ValueError as Claim.stating does."""
        return Claim.stating(self.id, self.section, subject, when, template, absences=absences,
                             also=also, notable=notable, **facts)


@dataclass(frozen=True, slots=True)
class Analyzer:
    """A named set of rules and the pure function that applies them to one package's history."""

    name: str
    rules: tuple[Rule, ...]
    run: Callable[[History, Scope], Iterable[Finding]]
