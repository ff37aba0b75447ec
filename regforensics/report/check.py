"""Read every cited span again from the stored bytes: before a report is written, and ever after.

(1) the custody head stated is in the chain; (2) each exhibit is there and has the stated digest;
(3) the bytes of each span are the quote; (4) a JSON pointer leads into the quote, by a reader of
its own, and a line number is that of sed and grep; (5) what is stated as absent is absent;
an exhibit that was taken out of another one is what that gives;
(6) every claim cites something, and its appendix numbers lead to entries that say the same.

That much holds for a report whose sentences were rewritten over true citations. So a report that
comes back is also (7) computed again from the evidence as it was at the report's custody head,
and compared with what that gives, field by field.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from regforensics.errors import IntegrityError, RegForensicsError
from regforensics.evidence.lines import split_lines
from regforensics.evidence.schemas import validate
from regforensics.report import jsondoc
from regforensics.report.compared import Comparison, compare
from regforensics.report.document import Report
from regforensics.report.mismatch import Mismatch
from regforensics.report.source import Bytes, Fault, Source, open_source
from regforensics.report.stated import Absent, Quoted, Stated, of_document, of_report

CHECK_KIND = "timeline-check"


def check_claims(report: Report | Mapping[str, Any], evidence: Bytes) -> tuple[Mismatch, ...]:
    """Everything in a report that the stored bytes do not bear out, in the report's order.

    Takes a composed report or a parsed document; raises UnreadableInput where the latter is not
    valid against its schema.
    """
    return tuple(_mismatches(_stated(report), evidence))


def ensure(report: Report, evidence: Bytes) -> None:
    """Raise IntegrityError where anything in ``report`` does not hold: it must not be written."""
    found = check_claims(report, evidence)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise IntegrityError(f"no report is written: {found[0]}{more}",
                             hint="run regforensics verify: it names every damaged file")


def check_document(name: str, report: Mapping[str, Any], evidence: Bytes,
                   again: Callable[[], Report]) -> dict[str, Any]:
    """The document of ``timeline check --json``; ``name`` is the report's file name.

    ``again`` composes the report anew from the evidence as it was at ``report``'s custody head.
    """
    found = check_claims(report, evidence)
    compared = _compared(report, again)
    mismatches = (*found, *compared.mismatches)
    return {
        "schema": f"regforensics/{CHECK_KIND}/1",
        "report": name,
        "ok": not mismatches,
        "claims": len(report["claims"]),
        "citations": sum(len(claim["citations"]) for claim in report["claims"]),
        "mismatches": [one.document() for one in mismatches],
        "notes": list(_notes(report, compared)),
    }


def _compared(report: Mapping[str, Any], again: Callable[[], Report]) -> Comparison:
    try:
        ours = jsondoc.document(again())
    except RegForensicsError as error:
        return Comparison((Mismatch("report", "again", "its claims cannot be computed again: "
                                    f"{error.message}"),))
    return compare(ours, report)


def _notes(report: Mapping[str, Any], compared: Comparison) -> Iterator[str]:
    if compared.reworded:
        yield (f"made by another version ({report.get('tool', 'not named')}); citations hold,"
               f" sentences were not compared; these read otherwise here:"
               f" {', '.join(compared.reworded)}")


def _stated(report: Report | Mapping[str, Any]) -> Stated:
    if isinstance(report, Report):
        return of_report(report)
    validate(jsondoc.KIND, report)
    return of_document(report)


def _mismatches(stated: Stated, evidence: Bytes) -> Iterator[Mismatch]:
    yield from _head(stated.custody_head, evidence)
    yield from _appendix(stated)
    sources = _sources(stated, evidence)
    yield from _derived(sources, evidence)
    for statement in stated.statements:
        for quote in statement.quotes:
            fault = sources[quote.exhibit].quote_fault(quote)
            if fault:
                yield _mismatch(statement.name, fault, quote.exhibit, quote.where)
        for absent in statement.absences:
            fault = sources[absent.exhibit].absence_fault(absent)
            if fault:
                yield _mismatch(statement.name, fault, absent.exhibit, absent.pointer)


def _derived(labels: Iterable[str], evidence: Bytes) -> Iterator[Mismatch]:
    for label in labels:
        try:
            fault = evidence.derivation_fault(label)
        except RegForensicsError as error:
            fault = error.message
        if fault:
            yield Mismatch("report", "derived", fault, label)


def _mismatch(name: str, fault: Fault, exhibit: str, where: str) -> Mismatch:
    return Mismatch(name, fault[0], fault[1], exhibit, where)


def _sources(stated: Stated, evidence: Bytes) -> dict[str, Source]:
    quotes: defaultdict[str, list[Quoted]] = defaultdict(list)
    absences: defaultdict[str, list[Absent]] = defaultdict(list)
    for statement in stated.statements:
        for quote in statement.quotes:
            quotes[quote.exhibit].append(quote)
        for absent in statement.absences:
            absences[absent.exhibit].append(absent)
    return {label: open_source(label, evidence, quotes[label], absences[label])
            for label in (*quotes, *absences)}


def _head(head: str, evidence: Bytes) -> Iterator[Mismatch]:
    """Walk the chain until the line whose digest, with its line feed, is the head."""
    try:
        custody = evidence.custody_bytes()
    except RegForensicsError as error:
        yield Mismatch("report", "custody-head", error.message)
        return
    digest = "0" * 64
    for number, start, end in split_lines(custody):
        if digest.encode() not in custody[start:end]:
            yield Mismatch("report", "custody-head",
                           f"custody line {number} does not carry the digest of the line before")
            return
        digest = hashlib.sha256(custody[start:end + 1]).hexdigest()
        if digest == head:
            return
    yield Mismatch("report", "custody-head", f"no custody line has the digest {head}")


def _appendix(stated: Stated) -> Iterator[Mismatch]:
    """Numbers that are missing, doubled, or lead to an entry that says something else."""
    entries = {entry.name: entry for entry in stated.appendix}
    for name, count in Counter(one.name for one in stated.statements).items():
        if count > 1:
            yield Mismatch(name, "appendix", "this number stands twice")
    for claim in stated.claims:
        if not claim.quotes:
            yield Mismatch(claim.name, "appendix", "the claim cites nothing")
    for statement in (*stated.claims, *stated.gaps):
        lost = [number for number in statement.lines if number not in entries]
        shown = {said for number in statement.lines if number in entries
                 for said in (*entries[number].quotes, *entries[number].absences)}
        if lost:
            yield Mismatch(statement.name, "appendix", f"no entry {', '.join(lost)}")
        elif shown != {*statement.quotes, *statement.absences}:
            yield Mismatch(statement.name, "appendix",
                           "its appendix entries are not the lines that it cites")
