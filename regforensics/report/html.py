"""The report as one HTML file: no script, nothing fetched, hostile text escaped everywhere.

The template (``templates/report.html``) is rendered with autoescape. The content security policy
in it forbids every request and every script, should a mistake ever let markup through.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from regforensics.report import notes
from regforensics.report.document import Report
from regforensics.report.drawing import LEFT, RIGHT, WIDTH, draw
from regforensics.report.text import pieces, visible
from regforensics.report.times import clock, when_text

_LANE_TITLE = 72


def render(report: Report) -> str:
    """The whole document."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates", encoding="utf-8"),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True)
    environment.filters |= {"shown": shown, "block": block, "clock": clock, "when": when_text,
                            "short": short, "plain": visible}
    return environment.get_template("report.html").render(
        report=report, drawing=draw(report), notes=notes, facts=notes.facts(report),
        width=WIDTH, left=LEFT, right=RIGHT)


def shown(text: str | bytes) -> Markup:
    """``text`` on one line; what cannot be seen stands as a marked escape."""
    return _marked(text, lines=False)


def block(text: str | bytes) -> Markup:
    """``text`` with its line feeds."""
    return _marked(text, lines=True)


def short(text: str) -> str:
    """``text`` cut to what fits over a lane of the picture (for SVG: escapes, no mark-up)."""
    seen = visible(text)
    return seen if len(seen) <= _LANE_TITLE else seen[:_LANE_TITLE - 1] + "\u2026"


def _marked(text: str | bytes, *, lines: bool) -> Markup:
    return Markup("").join(
        Markup('<span class="esc">{}</span>').format(part) if escaped else escape(part)
        for escaped, part in pieces(text, lines=lines))
