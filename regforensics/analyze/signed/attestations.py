"""Attestations that do not hold, that are about something else, or that are gone."""

from collections.abc import Iterator, Sequence
from typing import Any

from regforensics.analyze.rules import Analyzer, Finding, Rule
from regforensics.analyze.seen import counted, series
from regforensics.analyze.signed import provenance
from regforensics.analyze.signed.attested import (
    Judged,
    files_at,
    files_by_place,
    judged,
    place_of,
)
from regforensics.analyze.signed.builders import DISAGREES, disagreements, unclear
from regforensics.analyze.signed.subjects import SUBJECT, compared
from regforensics.model.attestation import Attestation, Build, Unretrievable
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import History, Scope

REFUSED = Rule(
    "integrity.attestation-refused", "integrity",
    "an attestation does not hold: its signature, certificate or log entry fails",
    "the attested statement, and a captured key's own line",
    "bundles that somebody edited as test fixtures")
GONE = Rule(
    "integrity.attestation-gone", "integrity",
    "the registry advertises attestations of a version or file and answers that it has none",
    "the advertisement, and the custody line of the answer",
    "an answer minutes after the publish; a mirror that passes on the advertisement alone")

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
            yield from (found for found in compared(item) if isinstance(found, Claim))
            yield from disagreements(item)
    yield from _gone(history, every)
    yield from _unjudged(history, every)


def vouched(history: History) -> frozenset[str]:
    """The versions whose provenance was captured, verifies under a pinned root, and is about the
    bytes listed; its sources agree. A captured key vouches for nothing: the registry that the
    documents came from hands it out."""
    return frozenset(
        item.version for item in judged(history)
        if item.verdict.judgement == "verified" and item.verdict.key is None
        and not item.attestation.about_publish and item.stated
        and not any(compared(item)) and not any(disagreements(item)) and not unclear(item))


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
    reasons: dict[tuple[str, str, str], list[Judged]] = {}
    for item in every:
        for question, reason, ask in _open(item):
            reasons.setdefault((question, reason, ask), []).append(item)
    for (question, reason, ask), items in reasons.items():
        yield Gap(f"whether {_several(items)} {question}", reason, history.package, ask,
                  derive(None, *[i.attestation.anchor for i in items[:MOST_NAMED]]).citations)
    yield from _never_asked(history)


def _open(item: Judged) -> Iterator[tuple[str, str, str]]:
    """(what of it could not be seen, why, who could tell)."""
    if item.verdict.judgement == "refused":
        return
    if item.verdict.judgement == "unverified":
        yield "hold", item.verdict.reason, "whoever holds the trust root that they were made under"
    for reason in dict.fromkeys(found for found in compared(item) if isinstance(found, str)):
        yield ("can be about the bytes that the registry lists", reason,
               "the registry's own document, and the build's log")
    if reason := unclear(item):
        yield "come from the publisher that the index matched", reason, "the index's administrators"


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
