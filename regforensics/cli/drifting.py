"""How drift shows what it found."""

from collections.abc import Sequence

from regforensics.analyze.drift import Drift
from regforensics.cli.console import out, out_json
from regforensics.cli.differing import quoted
from regforensics.report.jsondoc import citation_document


def as_document(found: Sequence[Drift]) -> None:
    """The JSON document of the contract."""
    out_json("drift", {"drifts": [{
        "subject": str(drift.subject), "version": drift.version, "file": drift.file,
        "grade": drift.grade, "across": drift.across,
        "observations": [{
            "algorithm": seen.algorithm, "value": seen.value, "source": seen.source,
            "observed_at": seen.observed_at, "citation": citation_document(seen.fact.citations[0])}
            for seen in drift.observations]} for drift in found]})


def as_text(found: Sequence[Drift]) -> None:
    """For people: each file with the lines that contradict each other."""
    for drift in found:
        out(f"{drift.grade}: {drift.subject} {drift.version} {drift.file}")
        for seen in drift.observations:
            out(f"    {seen.observed_at or 'unknown date'}  {quoted(seen.fact.citations[0])}")
    if not found:
        out("no drift: no file has two contradicting digests in this evidence")
