"""What vulnerability databases say of a package: records, and what became of them."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from regforensics.analyze.advisories.advised import (
    FEW,
    Record,
    Shown,
    apart,
    few,
    introduced,
    matters,
    newest,
    records,
    shown,
    when,
)
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.model.advisory import Advisory, AdvisoryAnswer
from regforensics.model.citation import derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import History, Scope
from regforensics.model.package import PackageRef

LISTS = Rule(
    "publish.advisory-lists", "publish",
    "an advisory covers versions of the package; its times are the record's, not the attack's",
    "the record's id, the words that cover the versions, and the versions in the registry's"
    " document",
    "old vulnerabilities that have nothing to do with the incident: notable only for malware and"
    " for versions in question")
NONE = Rule(
    "publish.advisory-none", "publish",
    "a database that was asked had no advisory about the package",
    "the custody line of the answer", "a database that has not heard of the incident yet")
WITHDRAWN = Rule(
    "publish.advisory-withdrawn", "publish", "a database withdrew an advisory",
    "the record's withdrawn member", "duplicates are withdrawn in favour of another record",
    "evidenced")
CHANGED = Rule(
    "publish.advisory-changed", "publish", "an advisory covers other versions than it did before",
    "the id and the last change of both forms, and the words that cover the versions",
    "first versions of advisories are often too wide")


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Each question that was asked, and each advisory by itself."""
    yield from history.gaps_in(AdvisoryAnswer)
    answers = history.of(AdvisoryAnswer)
    if not answers:
        return
    known, found = shown(history), records(answers)
    named = scope.versions_of(history.package)
    yield from _none_and_more(history.package, answers, notable=bool(named))
    if found and not known.facts:
        yield Gap("which of the versions that advisories list the registry ever had",
                  "no capture of the package lists or dates a version", history.package,
                  "the registry's own full document of the package")
    routine = [record.now for record in found if not matters(record.now, named)]
    for record in found:
        if matters(record.now, named) or len(routine) <= FEW:
            yield from _lists(history.package, known, record.now, named)
        yield from _withdrawn(history.package, record.now, named)
        yield from _changed(history.package, known, record, named)
    if len(routine) > FEW:
        yield _together(history.package, routine)


def _none_and_more(package: PackageRef, answers: Sequence[AdvisoryAnswer], *,
                   notable: bool) -> Iterator[Finding]:
    for pages in newest(answers):
        last = pages[-1]
        line, at = last.observation.line, last.observation.at
        if line is not None and not any(page.advisories for page in pages):
            kind = f" of the type {last.question}" if last.question else ""
            yield NONE.claim(
                package, at, "In its answer of {at} {source} had no advisory" + kind
                + " about the package.", notable=notable, at=derive(at or "unknown time", line),
                source=derive(last.source, line))
        if last.more is not None:
            yield Gap(f"which further advisories {last.source} has",
                      f"it said that there are more pages, and after {len(pages)} no further one"
                      " was asked for", package, citations=last.more.citations)


def _lists(package: PackageRef, known: Shown, advisory: Advisory,
           named: frozenset[str]) -> Iterator[Claim]:
    covered = known.covered(advisory)
    for version in sorted(named):
        by = advisory.covering(version)
        if by is not None:
            template, facts = introduced(advisory)
            if any(by is fact for fact in advisory.listed):
                template += " lists version {version}"
            else:
                template, facts["by"] = template + " covers version {version} by its range {by}", by
            yield LISTS.claim(
                package.at(version), when(advisory),
                template + _summary(advisory, facts)
                + _dates(advisory, facts), also=(by,),
                version=derive(version, known.facts.get(version) or by), **facts)
    if named and any(advisory.covering(version) for version in named):
        return
    template, facts = introduced(advisory)
    ends = [known.facts[v] for v in (*list(covered)[:1], *list(covered)[-1:])]
    words = list({id(fact): fact for fact in covered.values()}.values())[:FEW]
    if covered:
        facts["versions"] = derive(few(list(covered)), *words, *ends)
    yield LISTS.claim(
        package, when(advisory), template + " covers {count} of the versions that the captures"
        " show ({total})" + (": {versions}" if covered else "") + _summary(advisory, facts)
        + _dates(advisory, facts), notable=advisory.malware,
        count=derive(len(covered) or "none", advisory.id, *words),
        total=derive(len(known.facts), advisory.id, *ends), **facts)


def _together(package: PackageRef, routine: Sequence[Advisory]) -> Claim:
    """Many advisories of which none calls anything malicious, or covers what is in question."""
    ids = [advisory.id for advisory in routine]
    return LISTS.claim(
        package, None, "There are {count} further advisories about the package, none of which calls"
        " it malicious or covers a version in question: {ids}.", notable=False,
        count=derive(len(ids), *ids[:FEW]), ids=derive(few([i.value for i in ids]), *ids[:FEW]))


def _summary(advisory: Advisory, facts: Facts) -> str:
    if advisory.summary is None:
        return "."
    facts["summary"] = advisory.summary
    return ". Its summary: {summary}."


def _dates(advisory: Advisory, facts: Facts) -> str:
    """When the record was written, and when a malware database had it from a reporter."""
    said = ""
    if advisory.published is not None:
        facts["published"] = advisory.published
        said = " The record was published at {published}: its own time, not that of an attack."
    first = min(advisory.imported, key=lambda fact: fact.value.utc, default=None)
    if first is not None:
        facts["imported"] = first
        said += " A reporter's finding was imported into it at {imported}."
    return said


def _withdrawn(package: PackageRef, advisory: Advisory, named: frozenset[str]) -> Iterator[Claim]:
    if advisory.withdrawn is not None:
        template, facts = introduced(advisory)
        yield WITHDRAWN.claim(
            package, advisory.withdrawn.value, template + " was withdrawn at {withdrawn}.",
            notable=matters(advisory, named),
            withdrawn=advisory.withdrawn, **facts)


def _changed(package: PackageRef, known: Shown, record: Record,
             named: frozenset[str]) -> Iterator[Claim]:
    for old, new in pairwise(record.forms):
        gone, come = apart(known, old, new), apart(known, new, old)
        if old.modified is None or new.modified is None or not (gone or come):
            continue
        template, facts = introduced(new)
        parts = []
        if come:
            parts.append("covers {come} now and did not before")
            facts["come"] = derive(few(list(come)), *list(come.values())[:FEW])
        if gone:
            parts.append("covered {gone} before and does not now")
            facts["gone"] = derive(few(list(gone)), *list(gone.values())[:FEW])
        yield CHANGED.claim(
            package, new.modified.value,
            template + ", changed at {new}, " + " and ".join(parts)
            + " (the form before was of {old}).",
            notable=any(matters(form, named) for form in (old, new)), new=new.modified,
            old=old.modified, **facts)


ANALYZER = Analyzer("advisories", (LISTS, NONE, WITHDRAWN, CHANGED), run)
