"""Attestations that do not hold, that are about something else, or that are gone."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Any

from regforensics.analyze import provenance
from regforensics.analyze.attested import (
    Judged,
    Stated,
    files_at,
    files_by_place,
    judged,
    place_of,
    repository,
    words,
)
from regforensics.analyze.rules import Analyzer, Finding, Rule
from regforensics.analyze.seen import counted, series
from regforensics.model.attestation import Attestation, Build, Subject, Unretrievable
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import History, Scope

REFUSED = Rule(
    "integrity.attestation-refused", "integrity",
    "an attestation does not hold: its signature, certificate or log entry fails",
    "the attested statement, and a captured key's own line",
    "bundles that somebody edited as test fixtures")
SUBJECT = Rule(
    "integrity.attestation-subject", "integrity",
    "an attestation is about other bytes, or another name or version, than the registry lists",
    "the attested statement, and the digest or version in the registry's document",
    "a private copy of a package under another name")
DISAGREES = Rule(
    "integrity.attestation-disagrees", "integrity",
    "sources that speak of one build name different repositories or commits: the certificate, the"
    " signed statement, the publisher that the index matched",
    "the members that both were read from",
    "a repository that was renamed between the sources; builds that check out another commit than"
    " the one that started them")
GONE = Rule(
    "integrity.attestation-gone", "integrity",
    "the registry advertises attestations of a version or file and answers that it has none",
    "the advertisement, and the custody line of the answer",
    "an answer minutes after the publish; a mirror that passes on the advertisement alone")

_STRONG = ("sha512", "sha384", "sha256")
MOST_NAMED = 12


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Each attestation once, then what was not there, then what could not be judged."""
    yield from history.gaps_in(Attestation)
    every = judged(history)
    yield from provenance.findings(history, scope, every)
    for item in every:
        if item.verdict.judgement == "refused":
            yield _refused(item)
        else:
            yield from _subjects(item)
            yield from _sources(item)
    yield from _gone(history, every)
    yield from _unjudged(history, every)


def vouched(history: History) -> frozenset[str]:
    """The versions whose provenance was captured, verifies, and is about the bytes listed."""
    return frozenset(
        item.version for item in judged(history)
        if item.verdict.judgement == "verified" and not item.attestation.about_publish
        and item.stated and item.attestation.subjects and not any(_subjects(item)))


def _refused(item: Judged) -> Claim:
    attestation, key = item.attestation, item.verdict.key
    return item.claim(
        REFUSED, None,
        "The {kind} of {what} does not hold: {reason}. Nothing in it can be relied on.",
        kind=derive(_kind(attestation), attestation.anchor),
        what=derive(item.what, attestation.anchor),
        reason=derive(item.verdict.reason, attestation.anchor),
        also=(key.keyid, key.key) if key else ())


def _kind(attestation: Attestation) -> str:
    if attestation.about_publish:
        return "registry's publish attestation"
    return "provenance attestation" if attestation.declared != Build() else "attestation"


def _subjects(item: Judged) -> Iterator[Claim]:
    """Each state of the file that no subject of the statement fits."""
    subjects = item.attestation.subjects
    for stated in item.stated if subjects else ():
        named = [s for s in subjects if _names(item, s)]
        if not named:
            yield item.claim(
                SUBJECT, None,
                "An attestation that the registry holds for {what} is about {name}.",
                what=derive(item.what, stated.release.anchor), name=words(subjects[0].name))
            return
        digest = _digest(stated, named)
        if digest is not None and not any(_fits(digest, s) for s in named):
            algorithm, value, fact = digest
            yield item.claim(
                SUBJECT, None,
                "An attestation of {what} is about other bytes than the registry's document lists:"
                " it states the {algorithm} digest {attested}, the document states {listed}.",
                what=derive(item.what, fact), algorithm=derive(algorithm, fact),
                attested=words(derive(named[0].digests.value.get(algorithm) or "none",
                                      named[0].digests)),
                listed=derive(value, fact))


def _names(item: Judged, subject: Subject) -> bool:
    package, name = item.attestation.package, subject.name.value
    if item.attestation.file is not None:
        return name == item.attestation.file
    plain = f"pkg:{package.registry}/{package.full_name.replace('@', '%40', 1)}@{package.version}"
    return name in (str(package), plain)


def _digest(stated: Stated, subjects: Sequence[Subject]) -> tuple[str, str, Fact[str]] | None:
    """(algorithm, hex, line) of the strongest digest that document and statement both have."""
    attested = {name for subject in subjects for name in subject.digests.value}
    held = _hexadecimal(stated)
    return next(((name, *held[name]) for name in _STRONG if name in held and name in attested),
                None)


def _hexadecimal(stated: Stated) -> dict[str, tuple[str, Fact[str]]]:
    found: dict[str, tuple[str, Fact[str]]] = {}
    for kind, fact in stated.file.digests.items():
        name, dash, value = fact.value.partition("-")
        if kind != "integrity":
            found[kind] = (fact.value.lower(), fact)
        elif dash:
            try:
                found[name] = (base64.b64decode(value, validate=True).hex(), fact)
            except (binascii.Error, ValueError):
                continue
    return found


def _fits(digest: tuple[str, str, Fact[str]], subject: Subject) -> bool:
    algorithm, value, _ = digest
    return subject.digests.value.get(algorithm, value) == value


def _sources(item: Judged) -> Iterator[Claim]:
    attestation = item.attestation
    certified, declared = attestation.certified, attestation.declared
    publisher = attestation.publisher
    if publisher and publisher.repository and certified.repository \
            and repository(publisher.repository.value) != repository(certified.repository.value):
        yield item.claim(
            DISAGREES, None,
            "The index says that {what} was published from the repository {stated}, but the"
            " certificate that its attestation is signed with names {certified}.",
            what=derive(item.what, attestation.anchor), stated=publisher.repository,
            certified=words(certified.repository))
    for name, mine, theirs, same in (
            ("repository", certified.repository, declared.repository, repository),
            ("commit", certified.commit, declared.commit, str.lower)):
        if mine and theirs and same(mine.value) != same(theirs.value):
            yield item.claim(
                DISAGREES, None,
                "The signed statement about {what} names the {kind} {declared}, but the certificate"
                " that it is signed with names {certified}.",
                what=derive(item.what, attestation.anchor), kind=derive(name, attestation.anchor),
                declared=words(theirs), certified=words(mine))


def _gone(history: History, every: Sequence[Judged]) -> Iterator[Claim]:
    """Where the last answer is that there are none, though a capture advertises them."""
    missing = {(m.package.version, m.file, m.registry): m for m in history.of(Unretrievable)}
    held = {(j.attestation.package.version, j.attestation.file): j.attestation for j in every}
    places = files_by_place(history) if missing else []
    for (version, file, _), record in missing.items():
        part, stated = place_of(record, places)
        offered = next((s.file.provenance for s in reversed(stated)
                        if s.file.provenance is not None and s.file.provenance.value), None)
        if part is None or offered is None:
            continue
        before = held.get((version, file))
        if before is not None and _order(before.line) > _order(record.line):
            continue
        yield part.claim(
            GONE, record.at,
            "The registry's document advertises attestations of {what}, and when they were asked"
            " for, the registry answered {status}: advertised, not retrievable."
            + (" They were captured before." if before is not None else ""), on=version,
            what=derive(file or version or "", offered), status=derive(record.status, record.line))


def _order(line: Fact[Any] | None) -> int:
    return line.citations[0].start if line is not None else -1


def _unjudged(history: History, every: Sequence[Judged]) -> Iterator[Gap]:
    """One Gap for each reason, and one for what was advertised and never asked for."""
    reasons: dict[str, list[Judged]] = {}
    for item in every:
        if item.verdict.judgement == "unverified":
            reasons.setdefault(item.verdict.reason, []).append(item)
    for reason, items in reasons.items():
        yield Gap(f"whether {_several(items)} hold", reason, history.package,
                  "whoever holds the trust root that they were made under",
                  derive(None, *[i.attestation.anchor for i in items[:MOST_NAMED]]).citations)
    yield from _never_asked(history)


def _several(items: Sequence[Judged]) -> str:
    names = list(dict.fromkeys(item.what for item in items))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{counted(len(items), 'attestation')} of {', '.join(names[:MOST_NAMED])}{more}"


def _never_asked(history: History) -> Iterator[Gap]:
    records: tuple[Attestation | Unretrievable, ...] = (
        *history.of(Attestation), *history.of(Unretrievable))
    asked = {(record.package.version or "", record.file or "") for record in records}
    for part in series(history)[:1]:
        lines = [offered for (version, name), stated in files_at(part).items()
                 if name == stated[-1].file.filename
                 and (version, name) not in asked and (version, "") not in asked
                 and (offered := stated[-1].file.provenance) is not None and offered.value]
        if lines:
            yield Gap(
                "what the attestations say that the registry advertises for"
                f" {counted(len(lines), 'file')}", "they were not captured", part.package,
                "the registry: regforensics snapshot --attestations",
                derive(None, lines[0], lines[-1]).citations)


ANALYZER = Analyzer("attestations", (*provenance.RULES, REFUSED, SUBJECT, DISAGREES, GONE), run)
