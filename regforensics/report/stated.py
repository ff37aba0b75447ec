"""What a report states, in the one form that the check reads: from a Report or from its JSON."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from regforensics.model.citation import Citation
from regforensics.report.document import Report


@dataclass(frozen=True, slots=True)
class Quoted:
    """A citation as stated, right or wrong; ``quote`` None where its text stands for no bytes."""

    exhibit: str
    sha256: str
    start: int
    end: int
    where: str
    quote: bytes | None


@dataclass(frozen=True, slots=True)
class Absent:
    """An absence as stated."""

    exhibit: str
    sha256: str
    pointer: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What rests on citations: a claim, a gap, or an appendix entry by itself."""

    name: str
    quotes: tuple[Quoted, ...]
    absences: tuple[Absent, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stated:
    """All that a report states about stored bytes."""

    custody_head: str
    claims: tuple[Statement, ...]
    gaps: tuple[Statement, ...]
    appendix: tuple[Statement, ...]

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Claims, gaps and appendix entries."""
        return (*self.claims, *self.gaps, *self.appendix)


def of_report(report: Report) -> Stated:
    """What a composed report states."""
    claims = [Statement(c.id, _quoted(c.claim.citations),
                        tuple(Absent(a.exhibit, a.sha256, a.pointer) for a in c.claim.absences),
                        c.lines) for c in report.claims]
    gaps = [Statement(f"gap {n}", _quoted(gap.citations), (), lines)
            for n, (gap, lines) in enumerate(zip(report.gaps, report.gap_lines, strict=True), 1)]
    lines = [Statement(line.id, _quoted((line.citation,))) for line in report.lines]
    missing = [Statement(m.id, (), (Absent(m.absence.exhibit, m.absence.sha256,
                                           m.absence.pointer),)) for m in report.missing]
    return Stated(report.custody_head, tuple(claims), tuple(gaps), (*lines, *missing))


def of_document(document: Mapping[str, Any]) -> Stated:
    """What a report document states; it is valid against its schema."""
    appendix = document["appendix"]
    gaps = enumerate(document["gaps"], 1)
    return Stated(
        document["custody_head"],
        tuple(_statement(claim["id"], claim) for claim in document["claims"]),
        tuple(_statement(f"gap {number}", gap) for number, gap in gaps),
        (*(Statement(line["id"], (_quote(line),)) for line in appendix["lines"]),
         *(Statement(gone["id"], (), (_absent(gone),)) for gone in appendix["absences"])))


def _quoted(citations: Iterable[Citation]) -> tuple[Quoted, ...]:
    return tuple(Quoted(c.exhibit, c.sha256, c.start, c.end, c.where, c.quote) for c in citations)


def _statement(name: str, fields: Mapping[str, Any]) -> Statement:
    return Statement(name, tuple(map(_quote, fields["citations"])),
                     tuple(map(_absent, fields.get("absences", ()))), tuple(fields["appendix"]))


def _quote(fields: Mapping[str, Any]) -> Quoted:
    return Quoted(fields["exhibit"], fields["sha256"], int(fields["start"]), int(fields["end"]),
                  fields["where"], _bytes(fields))


def _absent(fields: Mapping[str, Any]) -> Absent:
    return Absent(fields["exhibit"], fields["sha256"], fields["pointer"])


def _bytes(fields: Mapping[str, Any]) -> bytes | None:
    try:
        if "quote" in fields:
            return str(fields["quote"]).encode("utf-8")
        return base64.b64decode(fields["quote_base64"], validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
