"""How drift shows what it found."""

from collections.abc import Iterable, Sequence
from typing import Any

from regforensics.analyze.drift import drifts_in
from regforensics.analyze.stated import states_of
from regforensics.analyze.variations import variations_in
from regforensics.cli.console import out, out_json
from regforensics.cli.differing import quoted
from regforensics.model.citation import Fact
from regforensics.model.drift import CAUSES, Drift, Variation
from regforensics.model.history import History
from regforensics.report.jsondoc import citation_document

_NAMED = 4


def compare(known: Iterable[History]) -> tuple[list[Drift], list[Variation]]:
    """Every drift, and what differs and leaves the bytes the same."""
    found, same = list[Drift](), list[Variation]()
    for history in known:
        stated = states_of(history)
        found += [drift for drift, _ in drifts_in(history.package, stated)]
        same += [one for one, *_ in variations_in(history, stated)]
    return found, same


def as_document(found: Sequence[Drift], same: Sequence[Variation]) -> None:
    """The JSON document of the contract."""
    out_json("drift", {
        "drifts": [{
            "subject": str(drift.subject), "version": drift.version, "file": drift.file,
            "grade": drift.grade, "across": drift.across, "meaning": drift.meaning,
            "observations": [{
                "algorithm": seen.algorithm, "value": seen.value, "source": seen.source,
                "observed_at": seen.observed_at,
                "citation": citation_document(seen.fact.citations[0])}
                for seen in drift.observations]} for drift in found],
        "benign": [{
            "subject": str(one.subject), "cause": one.cause, "meaning": CAUSES[one.cause],
            "versions": list(one.versions), "across": one.across,
            "citations": [citation_document(fact.citations[0]) for fact in _shown(one)]}
            for one in same]})


def as_text(found: Sequence[Drift], same: Sequence[Variation]) -> None:
    """For people: each file with the lines that contradict each other."""
    for drift in found:
        out(f"{drift.grade}: {drift.subject} {drift.version} {drift.file}")
        for seen in drift.observations:
            out(f"    {seen.observed_at or 'unknown date'}  {quoted(seen.fact.citations[0])}")
        out(f"    {drift.meaning}")
    if not found:
        out("no drift: no file has two contradicting digests in this evidence")
    for one in same:
        count = len(one.versions)
        out(f"same bytes: {one.subject}  {one.cause}, {count} version{'' if count == 1 else 's'}"
            f" ({', '.join(one.versions[:_NAMED])}{' ...' if count > _NAMED else ''}):"
            f" {CAUSES[one.cause]}")


def _shown(one: Variation) -> list[Fact[Any]]:
    """Both statements; the other observation where there is one only."""
    return [one.before or one.beside, one.after or one.beside]
