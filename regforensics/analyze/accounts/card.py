"""The identity card of a version in question: what a responder reads first, member by member."""

from collections.abc import Iterator, Sequence

from regforensics.analyze.contents.brought import hooks, lacking, new_dependencies, shown
from regforensics.analyze.releases.lineage import Step, told_once
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.claim import Claim
from regforensics.model.history import History, Scope
from regforensics.model.identity import Identity

CARD = Rule(
    "account.identity-card", "account",
    "of a version in question: publisher and address, trusted publisher and its configuration,"
    " approver, provenance, client, commit, owners at the publish, install scripts, new"
    " dependencies, in one claim",
    "each of these members, or its absence",
    "none: it says what the version's document says; client and commit are the publisher's own"
    " words, and advertised provenance is not verified by it")

_MARKS = (("trusted", "through the trusted publisher {trusted}"),
          ("config", "with its configuration {config}"), ("approver", "approved by {approver}"),
          ("provenance", "advertising provenance ({provenance})"))
_DECLARED = (("client", "npm {client}"), ("runtime", "Node {runtime}"),
             ("commit", "commit {commit}"))


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """A card for each version in question that a capture lists."""
    named = scope.versions_of(history.package)

    def tell(part: Series, found: Sequence[Step]) -> Iterator[Claim]:
        for step in found:
            identity = step.identity if step.version in named else None
            if identity is not None:
                yield _card(part, step, identity)

    return told_once(history, tell) if named else iter(())


def _card(part: Series, step: Step, identity: Identity) -> Claim:
    facts: Facts = {"version": derive(step.version, step.release.anchor), "published": step.time}
    absences: list[Absence] = []
    sentences = [_publisher(step, identity, facts, absences), _declared(identity, facts, absences),
                 _owners(step, facts), _brings(step, facts, absences)]
    return part.claim(CARD, step.time.value, " ".join(filter(None, sentences)), on=step.version,
                      absences=tuple(absences), **facts)


def _publisher(step: Step, identity: Identity, facts: Facts, absences: list[Absence]) -> str:
    words = "Version {version}, published at {published}"
    if step.release.publisher is not None:
        facts["publisher"] = step.release.publisher
        words += " by {publisher}"
    if identity.email is not None:
        facts["email"] = identity.email
        words += " with the address {email}" if step.release.publisher else " by {email}"
    if len(facts) == 2:
        words += ", names no publisher"
    marks, missing = _split(identity, _MARKS, facts)
    absences += [a for field in missing if field != "config" for a in identity.absent(field)]
    return ", ".join((words, *marks)) + (
        "." if marks else ", without trusted publisher, approver or provenance.")


def _declared(identity: Identity, facts: Facts, absences: list[Absence]) -> str:
    stated, missing = _split(identity, _DECLARED, facts)
    absences += [a for field in missing for a in identity.absent(field)]
    return " ".join((*(("The publishing client declares " + ", ".join(stated) + ".",) if stated
                       else ()), *(() if identity.commit else ("No commit is stated.",))))


def _split(identity: Identity, fields: tuple[tuple[str, str], ...], facts: Facts
           ) -> tuple[list[str], list[str]]:
    """(words for the members that are there, names of those that are not)."""
    words, missing = [], []
    for field, text in fields:
        fact: Fact[str] | None = getattr(identity, field)
        if fact is None:
            missing.append(field)
        else:
            facts[field] = fact
            words.append(text)
    return words, missing


def _owners(step: Step, facts: Facts) -> str:
    if step.release.owners is None or not step.release.owners.value:
        return ""
    facts["owners"] = step.release.owners
    return "Owners at its publish: {owners}."


def _brings(step: Step, facts: Facts, absences: list[Absence]) -> str:
    words, scripts = "", hooks(step.release)
    if scripts and step.release.scripts is not None:
        facts["hooks"] = derive(shown(scripts), step.release.scripts)
        words = "At install time it runs {hooks}."
    before = step.before or step.last
    new = new_dependencies(step, before) if before else None
    if before is not None and new is not None:
        facts |= {"new": new.fact, "previous": derive(before.version, before.release.anchor)}
        absences += lacking(before, new)
        words += " It depends on {new}, which {previous} before it did not."
    return words.strip()


ANALYZER = Analyzer("card", (CARD,), run)
