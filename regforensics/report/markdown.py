"""The report as Markdown (CommonMark with GFM tables) that reads well unrendered too.

No raw HTML. Links go to headings of the document itself; all evidence stands in code spans or
code blocks (``text.py``), so that nothing in it is markup.
"""

from collections.abc import Iterable, Iterator

from regforensics.model.chart import Chart
from regforensics.model.claim import Gap
from regforensics.report.bars import words
from regforensics.report.document import Group, Line, Listed, Missing, Part, Report
from regforensics.report.notes import (
    BASIS,
    COMMANDS,
    ESCAPES,
    RESULTS,
    TESTED,
    TIMES,
    ZONE,
    digests,
    facts,
    likewise,
    missing_text,
    more_findings,
    title,
    unseen,
)
from regforensics.report.text import bar, brief, cell, code, fenced, md
from regforensics.report.times import when_text


def render(report: Report) -> str:
    """The whole document, with a final line feed."""
    blocks = [*_head(report), *_key_findings(report)]
    for number, part in enumerate(report.parts, 1):
        blocks += _part(number, part, grouped=report.grouped)
    blocks += _gaps(report)
    blocks += _appendix_a(report)
    blocks += _appendix_b(report)
    return "\n\n".join(blocks) + "\n"


def _head(report: Report) -> Iterator[str]:
    yield f"# Timeline report: {md(title(report))}"
    yield "\n".join(f"- {name}: {', '.join(map(md, values))}" for name, values in facts(report))
    yield f"{TIMES} {ZONE}"
    if report.grouped:
        yield "Contents:"
        yield "\n".join(_contents(report))


def _contents(report: Report) -> Iterator[str]:
    for part in report.parts:
        yield f"- {part.title}" + "".join(
            f"\n  - {md(group.package.target)}: {group.span}" for group in part.groups)


def _key_findings(report: Report) -> Iterator[str]:
    yield "## Key findings"
    if report.unseen:
        yield "\n".join(f"- Not known: {md(sentence)}" for sentence in unseen(report))
    yield "\n".join(f"- {_to(one.id)} {when_text(one.claim.when)}, "
                    f"{md(one.claim.subject.target)}: {md(brief(one.claim.statement))}"
                    f"{likewise(report, one)}"
                    for one in report.leading) or "No claim is lifted above routine publishes."
    if len(report.key_findings) > len(report.leading):
        yield more_findings(report)


def _part(number: int, part: Part, *, grouped: bool) -> Iterator[str]:
    yield f"## {number}. {part.title}"
    if part.silence:
        yield "\n".join(f"- {md(sentence)}" for sentence in part.silence)
    for group in part.groups:
        if grouped:
            yield f"### {md(group.package.target)}"
        yield from _group(group, "####" if grouped else "###")


def _group(group: Group, heading: str) -> Iterator[str]:
    for one in group.notable:
        yield from _claim(one, heading)
    if group.undated:
        yield "Time not known:"
    for one in group.undated:
        yield from _claim(one, heading)
    for number, table in enumerate(group.tables):
        yield f"{heading} Origin or mirror: {md(table.place)}"
        yield from () if number else (md(TESTED),)
        yield "\n".join(("| no. | test | points to | points | what it shows | lines |",
                         "|---|---|---|---|---|---|", *map(_tested, table.rows)))
    for drawn in group.charts:
        yield f"{drawn.listed.id}, {md(drawn.chart.title)}:"
        yield fenced("\n".join(_bars(drawn.chart)))
    if group.routine:
        yield f"Routine ({len(group.routine)}):"
        yield "\n".join(f"- {one.id} {when_text(one.claim.when)}, "
                        f"{md(one.claim.subject.target)}: {md(brief(one.claim.statement))} "
                        f"{_links(one.lines)}" for one in group.routine)


def _claim(one: Listed, heading: str) -> Iterator[str]:
    claim = one.claim
    marks = [when_text(claim.when), md(claim.subject.target), BASIS[claim.basis]]
    if one.incident:
        marks.append("part of the incident as named")
    yield f"{heading} {one.id}"
    yield f"{md(brief(claim.statement))} {_links(one.lines)}"
    yield "\n".join(f"- {mark}" for mark in marks)


def _bars(chart: Chart) -> Iterator[str]:
    """A line of text for each bar."""
    most = max((one.height or 0 for one in chart.bars), default=0)
    numbers = [words(one) for one in chart.bars]
    wide = max(map(len, numbers), default=0)
    for one, number in zip(chart.bars, numbers, strict=True):
        yield f"{one.start}  {number:>{wide}}  {bar(one.height, most, 40)}".rstrip()


def _tested(one: Listed) -> str:
    reading = one.claim.reading
    if reading is None:
        return ""
    return (f"| {one.id} | {cell(reading.what)} | {RESULTS.get(reading.result, reading.result)} "
            f"| {reading.weight} | {cell(brief(one.claim.statement))} | {_links(one.lines)} |")


def _gaps(report: Report) -> Iterator[str]:
    yield "## 5. What could not be known"
    pairs = zip(report.gaps, report.gap_lines, strict=True)
    yield "\n".join(_gap(gap, lines) for gap, lines in pairs) or "No gap was recorded."
    if report.coverage:
        yield "### Sources and their authority"
        rows = (f"| {cell(row.subject.target if row.subject else 'all')} | {row.question} "
                f"| {row.authority} | {cell(row.source)} | {cell(row.covers or '')} "
                f"| {cell(row.ask or '')} |" for row in report.coverage)
        yield "\n".join(("| package | question | authority | source | covers | ask |",
                         "|---|---|---|---|---|---|", *rows))


def _gap(gap: Gap, lines: tuple[str, ...]) -> str:
    subject = f" ({md(gap.subject.target)})" if gap.subject else ""
    ask = f" Ask: {md(gap.ask)}" if gap.ask else ""
    reason = f"{gap.reason.removesuffix('.')}."
    return f"- {md(gap.question)}{subject}: {md(reason)}{ask} {_links(lines)}".rstrip()


def _appendix_a(report: Report) -> Iterator[str]:
    yield "## Appendix A: the verbatim lines"
    yield md(ESCAPES)
    for line in report.lines:
        yield from _line(line)
    for gone in report.missing:
        yield f"### {gone.id}"
        yield f"{md(missing_text(gone))}."
        yield f"- {gone.absence.exhibit}, sha256 `{gone.absence.sha256}`"


def _line(line: Line) -> Iterator[str]:
    cited = line.citation
    yield f"### {line.id}"
    yield fenced(cited.quote)
    yield "\n".join((f"- {code(line.file)}, bytes {cited.start} to {cited.end}",
                     f"- {'pointer ' if cited.where.startswith('/') else ''}{code(cited.where)}",
                     f"- {cited.exhibit}, sha256 `{cited.sha256}`"))


def _appendix_b(report: Report) -> Iterator[str]:
    yield "## Appendix B: commands that show the lines again"
    yield COMMANDS
    entries: tuple[Line | Missing, ...] = (*report.lines, *report.missing)
    for entry in entries:
        yield f"{_to(entry.id)}:"
        yield fenced("\n".join(_commands(entry)))
    if entries:
        yield "Digests:"
        yield fenced("\n".join(digests(report)))
    yield "The claims are computed again by:"
    yield fenced(report.recompute)


def _commands(entry: Line | Missing) -> tuple[str, ...]:
    return entry.commands if isinstance(entry, Line) else (entry.command,)


def _links(numbers: Iterable[str]) -> str:
    return " ".join(map(_to, numbers))


def _to(number: str) -> str:
    return f"[{number}](#{number.lower()})"
