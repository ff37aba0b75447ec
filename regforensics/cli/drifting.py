"""How drift shows what it found."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from regforensics.analyze.compare.digests import STRONG, differs
from regforensics.analyze.compare.drift import drifts_in
from regforensics.analyze.compare.stated import states_of
from regforensics.analyze.compare.variations import variations_in
from regforensics.cli.console import out, out_json
from regforensics.cli.differing import quoted
from regforensics.model.citation import Fact
from regforensics.model.drift import CAUSES, DigestSeen, Drift, Variation
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
        first, last, rest = _pair(drift)
        marks = "~~" if drift.across else "-+"  # places have no order in time
        for mark, seen in zip(marks, (first, last), strict=True):
            out(f"    {mark} {seen.observed_at or 'unknown date'}  {_place(seen)}"
                f"  {quoted(seen.fact.citations[0])}")
        if rest:
            out(f"    {rest}")
        out(f"    {drift.meaning}")
    if not found:
        out("no drift: no file has two contradicting digests in this evidence")
    for one in same:
        count = len(one.versions)
        out(f"same bytes: {one.subject}  {one.cause}, {count} version{'' if count == 1 else 's'}"
            f" ({', '.join(one.versions[:_NAMED])}{' ...' if count > _NAMED else ''}):"
            f" {CAUSES[one.cause]}")


def _pair(drift: Drift) -> tuple[DigestSeen, DigestSeen, str]:
    """Two statements of the strongest algorithm that contradict each other, and what of the
    others is left: --json has each."""
    groups = defaultdict[str, list[DigestSeen]](list)
    for seen in drift.observations:
        groups[seen.algorithm].append(seen)
    pairs = {kind: pair for kind, group in groups.items()
             if (pair := next(((a, b) for n, a in enumerate(group) for b in group[n + 1:]
                               if differs(kind, a.value, b.value)), None))}
    order = sorted(pairs, key=lambda kind: kind not in ("integrity", *STRONG))
    one, other = pairs[order[0]] if order else (drift.observations[0], drift.observations[-1])
    values = len(drift.observations) - 2
    also = f"; {', '.join(order[1:])} differ{'s' if len(order) == 2 else ''} too" \
        if order[1:] else ""
    rest = f"{values} more statement{'' if values == 1 else 's'} of digests in --json{also}" \
        if values > 0 else ""
    return one, other, rest


def _place(seen: DigestSeen) -> str:
    """Where a digest was stated: the address asked, or the file that it was computed from."""
    return seen.observation.registry.rstrip("/") or f"file {seen.observation.label}"


def _shown(one: Variation) -> list[Fact[Any]]:
    """Both statements; the other observation where there is one only."""
    return [one.before or one.beside, one.after or one.beside]
