"""The report as one JSON document (schema ``regforensics/timeline-report/1``), and read back."""

import base64
import json
from typing import TYPE_CHECKING, Any

from regforensics.errors import UnreadableInput
from regforensics.model.citation import Absence, Citation
from regforensics.model.instant import Instant, Interval, When
from regforensics.report.times import hours, utc_text

if TYPE_CHECKING:  # diff starts in half the time without them
    from regforensics.model.claim import Gap, Reading
    from regforensics.model.coverage import Coverage
    from regforensics.report.document import Line, Listed, Missing, Report

KIND = "timeline-report"
SCHEMA = f"regforensics/{KIND}/1"


def render(report: "Report") -> str:
    """The document as ASCII text, indented, with a final line feed."""
    return json.dumps(document(report), ensure_ascii=True, indent=2) + "\n"


def document(report: "Report") -> dict[str, Any]:
    """The document as plain values."""
    return {
        "schema": SCHEMA,
        "case": report.case,
        "generated_at": utc_text(report.generated_at),
        "tool": report.tool,
        "custody_head": report.custody_head,
        "incidents": [str(ref) for ref in report.incidents],
        "announced": _instant(report.announced),
        "since": _instant(report.since),
        "until": _instant(report.until),
        "window": hours(report.window),
        "known_networks": list(report.known_networks),
        "left_out": report.left_out,
        "claims": [_claim(listed) for listed in report.claims],
        "gaps": [_gap(gap, lines)
                 for gap, lines in zip(report.gaps, report.gap_lines, strict=True)],
        "coverage": [_coverage(row) for row in report.coverage],
        "silences": {part.section: list(part.silence) for part in report.parts if part.silence},
        "appendix": {
            "lines": [_line(line) for line in report.lines],
            "absences": [_missing(missing) for missing in report.missing],
            "recompute": report.recompute,
        },
    }


def citation_document(citation: Citation) -> dict[str, Any]:
    """A citation; its quote as text, or as ``quote_base64`` where it is not UTF-8."""
    fields: dict[str, Any] = {"exhibit": citation.exhibit, "sha256": citation.sha256,
                              "start": citation.start, "end": citation.end,
                              "where": citation.where}
    try:
        fields["quote"] = citation.quote.decode("utf-8")
    except UnicodeDecodeError:
        fields["quote_base64"] = base64.b64encode(citation.quote).decode("ascii")
    return fields


def absence_document(absence: Absence) -> dict[str, Any]:
    """An absence."""
    return {"exhibit": absence.exhibit, "sha256": absence.sha256, "pointer": absence.pointer}


def when_document(when: When) -> str | dict[str, str | None] | None:
    """An instant as ISO 8601 UTC text, an interval as its two ends, None where not stated."""
    if isinstance(when, Interval):
        return {"after": _instant(when.after), "before": _instant(when.before)}
    return _instant(when)


def parse(data: bytes) -> Any:
    """The JSON value of a document's bytes. Raises UnreadableInput with the place that is bad."""
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=_refuse,
                          object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"the report is not UTF-8 at byte {error.start}",
                              hint=_HINT, offset=error.start) from error
    except json.JSONDecodeError as error:
        offset = len(error.doc[:error.pos].encode("utf-8", "surrogatepass"))
        raise UnreadableInput(f"the report is not JSON at byte {offset}: {error.msg}",
                              hint=_HINT, offset=offset) from error
    except RecursionError as error:
        raise UnreadableInput("the report is nested too deep to be one", hint=_HINT) from error
    except ValueError as error:
        raise UnreadableInput(f"the report holds what cannot be read: {error}",
                              hint=_HINT) from error


_HINT = "give a report that was written with --format json"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are distinct: of a doubled key, readers show one or the other."""
    made = dict(pairs)
    if len(made) != len(pairs):
        twice = next(key for key in made if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return made


def _instant(instant: Instant | None) -> str | None:
    return utc_text(instant) if instant else None


def _source_texts(when: When) -> str | dict[str, str | None] | None:
    if isinstance(when, Interval):
        return {"after": when.after.text if when.after else None,
                "before": when.before.text if when.before else None}
    return when.text if when else None


def _claim(listed: "Listed") -> dict[str, Any]:
    claim = listed.claim
    return {
        "id": listed.id,
        "rule": claim.rule,
        "section": claim.section,
        "subject": str(claim.subject),
        "when": when_document(claim.when),
        "when_text": _source_texts(claim.when),
        "when_precision": claim.when.precision if isinstance(claim.when, Instant) else None,
        "zone_assumed": _assumed(claim.when),
        "statement": claim.statement,
        "basis": claim.basis,
        "notable": claim.notable,
        "incident": listed.incident,
        "citations": [citation_document(citation) for citation in claim.citations],
        "absences": [absence_document(absence) for absence in claim.absences],
        "appendix": list(listed.lines),
        "rerun": list(listed.rerun),
        **({"reading": _reading(claim.reading)} if claim.reading else {}),
    }


def _reading(reading: "Reading") -> dict[str, Any]:
    return {"place": reading.place, "test": reading.test, "what": reading.what,
            "result": reading.result, "weight": reading.weight}


def _assumed(when: When) -> bool:
    ends = (when.after, when.before) if isinstance(when, Interval) else (when,)
    return any(end.zone == "assumed" for end in ends if end)


def _gap(gap: "Gap", lines: tuple[str, ...]) -> dict[str, Any]:
    return {"question": gap.question, "reason": gap.reason,
            "subject": str(gap.subject) if gap.subject else None, "ask": gap.ask,
            "citations": [citation_document(citation) for citation in gap.citations],
            "appendix": list(lines)}


def _coverage(row: "Coverage") -> dict[str, Any]:
    return {"subject": str(row.subject) if row.subject else None, "question": row.question,
            "authority": row.authority, "source": row.source, "coverage": row.covers,
            "ask": row.ask}


def _line(line: "Line") -> dict[str, Any]:
    return {"id": line.id, "file": line.file, **citation_document(line.citation),
            "commands": [*line.commands, line.digest_command]}


def _missing(missing: "Missing") -> dict[str, Any]:
    return {"id": missing.id, "file": missing.file, **absence_document(missing.absence),
            "commands": [missing.command, missing.digest_command]}
