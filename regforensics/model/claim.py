"""Claim and Gap: what is concluded, and what could not be known."""

import json
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from regforensics.model.citation import Absence, Citation, Citations, Fact
from regforensics.model.instant import Instant, When
from regforensics.model.package import PackageRef

Section = Literal["publish", "account", "distribution", "integrity"]
Basis = Literal["evidenced", "inferred"]
_TOKEN = re.compile(r"[\w@.:/+~^<>=*%#!-]{1,200}")
SECTIONS: tuple[Section, ...] = ("publish", "account", "distribution", "integrity")


@dataclass(frozen=True, slots=True)
class Reading:
    """The row of a table that a claim is: the result of one test of one place.

    ``place`` names the table, ``test`` is the test's short name and ``what`` what it tests;
    ``weight`` says how much the result speaks for itself (0: not at all).
    """

    place: str
    test: str
    what: str
    result: str
    weight: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that rests on cited bytes.

    ``rule`` names the rule that made it, ``notable`` lifts it above routine publishes,
    ``basis`` is "evidenced" where the sentence restates what the cited lines state, and "inferred"
    where it concludes: from an absence, from two captures, from an order, a count or a duration.
    ``reading`` makes the claim a row of a table of tests. Of claims about several packages with the
    same ``folds`` the first stands for all where a report names its key findings.
    """

    rule: str
    section: Section
    subject: PackageRef
    when: When
    statement: str
    citations: Citations
    absences: tuple[Absence, ...] = ()
    basis: Basis = "evidenced"
    notable: bool = True
    reading: Reading | None = None
    folds: str = ""

    def __post_init__(self) -> None:
        if not self.citations:
            raise ValueError(f"claim {self.rule} of {self.subject} cites nothing")

    @classmethod
    def stating(cls, rule: str, section: Section, subject: PackageRef, when: When, template: str,
                *, absences: tuple[Absence, ...] = (), also: tuple[Fact[Any], ...] = (),
                basis: Basis = "evidenced", notable: bool = True, reading: Reading | None = None,
                **facts: Fact[Any]) -> Self:
        """Assemble the sentence from facts only, so that their citations ride along.

        ``also`` holds facts that are cited but not printed. ``basis`` may be "evidenced" only
        where the sentence restates them; with absences it never is. Text that a document brings
        stands in quotes wherever it could be taken for the sentence's own words. Raises
        ValueError where the template names something that is no fact, or a fact is not used.
        """
        names = {name for _, name, _, _ in string.Formatter().parse(template) if name}
        if names != set(facts):
            raise ValueError(f"claim {rule}: template and facts disagree on {names ^ set(facts)}")
        seen: dict[Citation, None] = {}
        for fact in (*facts.values(), *also):
            seen.update(dict.fromkeys(fact.citations))
        head, *tail = seen
        statement = template.format_map({name: _shown(fact) for name, fact in facts.items()})
        return cls(rule, section, subject, when, statement, (head, *tail), absences,
                   "inferred" if absences else basis, notable, reading)

    def adding(self, template: str, facts: Mapping[str, Any]) -> Self:
        """The claim with a further sentence, made of facts as the first one is; it then concludes.

        ``facts`` are Facts by their names. Raises ValueError as ``stating`` does.
        """
        more = self.stating(self.rule, self.section, self.subject, self.when, template, **facts)
        head, *tail = dict.fromkeys((*self.citations, *more.citations))
        return replace(self, statement=f"{self.statement} {more.statement}",
                       citations=(head, *tail), basis="inferred")


@dataclass(frozen=True, slots=True)
class Gap:
    """What could not be known, why, and who could answer. It asserts nothing about the world."""

    question: str
    reason: str
    subject: PackageRef | None = None
    ask: str | None = None
    citations: tuple[Citation, ...] = ()


def stopped(error: Exception) -> str:
    """How something ended that crashed, as a Gap's reason says it: "stopped with KeyError: 'x'"."""
    return f"stopped with {type(error).__name__}: {' '.join(str(error).split())[:300]}"


def said(text: str) -> str:
    """``text`` as somebody else's words: in quotes, unless it is one plain token."""
    return text if _TOKEN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _shown(fact: Fact[Any]) -> str:
    """A fact as its sentence shows it."""
    value = fact.value
    if isinstance(value, str):
        return said(value) if _verbatim(value, fact.citations) else value
    if isinstance(value, (tuple, list, frozenset)) and value:
        parts = sorted(map(str, value)) if isinstance(value, frozenset) else list(map(str, value))
        return ", ".join(said(p) if _verbatim(p, fact.citations) else p for p in parts)
    return printed(value)


def _verbatim(text: str, citations: Citations) -> bool:
    """True where the text stands in the cited bytes, as it is or as JSON writes it."""
    forms = {text.encode("utf-8", "replace"), json.dumps(text)[1:-1].encode(),
             json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", "replace")}
    return any(form in citation.quote for form in forms for citation in citations)


def printed(value: object) -> str:
    """``value`` as a sentence shows it: instants as their source text, sequences with commas."""
    if isinstance(value, Instant):
        return value.text
    if isinstance(value, (tuple, list, frozenset)):
        parts = sorted(map(str, value)) if isinstance(value, frozenset) else map(str, value)
        return ", ".join(parts) or "none"
    return str(value)
