"""The report as one HTML file: no script, nothing fetched, hostile text escaped everywhere.

The template (``templates/report.html``) is rendered with autoescape. The content security policy
in it forbids every request and every script, should a mistake ever let markup through.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from regforensics.report import notes
from regforensics.report.bars import bars
from regforensics.report.document import Report
from regforensics.report.drawing import LEFT, RIGHT, WIDTH, draw
from regforensics.report.text import DIGEST, pieces, short_digest, visible
from regforensics.report.times import clock, when_text


def render(report: Report) -> str:
    """The whole document."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates", encoding="utf-8"),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True)
    environment.filters |= {"shown": shown, "block": block, "clock": clock, "when": when_text,
                            "short": short, "plain": visible, "said": said}
    return environment.get_template("report.html").render(
        report=report, drawing=draw(report), bars=bars, notes=notes, facts=notes.facts(report),
        width=WIDTH, left=LEFT, right=RIGHT)


def shown(text: str | bytes) -> Markup:
    """``text`` on one line; what cannot be seen stands as a marked escape."""
    return _marked(text, lines=False)


def said(text: str) -> Markup:
    """A sentence, each digest in it shortened; the whole one is a ``title``."""
    parts, done = [], 0
    for found in DIGEST.finditer(text):
        parts += [shown(text[done:found.start()]),
                  Markup('<span class="digest" title="{}">{}</span>').format(
                      found[0], short_digest(found[0]))]
        done = found.end()
    return Markup("").join([*parts, shown(text[done:])])


def block(text: str | bytes) -> Markup:
    """``text`` with its line feeds."""
    return _marked(text, lines=True)


def short(text: str, most: int = 72) -> str:
    """``text`` cut to what fits over a lane of the picture (for SVG: escapes, no mark-up)."""
    seen = visible(text)
    return seen if len(seen) <= most else seen[:most - 1] + "\u2026"


def _marked(text: str | bytes, *, lines: bool) -> Markup:
    return Markup("").join(
        Markup('<span class="esc">{}</span>').format(part) if escaped else escape(part)
        for escaped, part in pieces(text, lines=lines))
