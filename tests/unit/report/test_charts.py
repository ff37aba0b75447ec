"""Charts of counts: a bar for each number, hatching where there is none, nothing that is markup."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from regforensics.model.chart import Bar, Chart
from regforensics.model.claim import Claim
from regforensics.model.instant import Interval
from regforensics.report import html, markdown
from regforensics.report.compose import compose
from regforensics.report.document import Report
from tests.support.hostile_texts import PAYLOADS
from tests.support.report_case import PACKAGE, Evidence, at

START = date(2026, 3, 2)


def charted(title: str, *heights: int | None) -> Report:
    evidence = Evidence()
    cited = evidence.cite("EX-000001", b'"1.0.0":"2026-03-01T09:00:00.000Z"', "/time/1.0.0")
    claim = Claim("distribution.downloads", "distribution", PACKAGE,
                  Interval(at("2026-03-02T00:00:00Z"), at("2026-03-09T00:00:00Z")),
                  "There are so many downloads.", (cited,), notable=False)
    bars = tuple(Bar(START + timedelta(n), height, height == 5)
                 for n, height in enumerate(heights))
    return compose([claim], (), case="c", generated_at=at("2026-03-11T08:00:00Z"),
                   custody_head=evidence.head, file=evidence.file,
                   charts=[Chart(claim, title, "day", bars)])


def picture(report: Report) -> ET.Element:
    text = html.render(report)
    found = re.findall(r"<svg viewBox=\"0 0 760 140\".*?</svg>", text, re.DOTALL)
    assert len(found) == 1
    return ET.fromstring(found[0])


def test_a_bar_is_as_high_as_its_number_and_no_count_is_hatched() -> None:
    root = picture(charted("Downloads by day", 10, 0, None, 5))
    rects = root.findall("g/rect")
    assert [r.get("height") for r in rects] == ["100.0", "0.0", "100.0", "50.0"]
    assert [r.get("class") for r in rects] == ["count", "count", "unknown", "count"]
    assert [r.findtext("title") for r in rects] == [
        "2026-03-02: 10", "2026-03-03: 0", "2026-03-04: no count",
        "2026-03-05: 5, some days without a count"]
    assert all(float(r.get("x", "")) + float(r.get("width", "")) <= 744.1 for r in rects)


def test_the_text_form_has_a_line_a_bar() -> None:
    text = markdown.render(charted("Downloads by day", 10, 0, None))
    assert f"2026-03-02        10  {'#' * 40}\n2026-03-03         0\n2026-03-04  no count\n" in text
    assert "C1, Downloads by day:" in text


def test_a_chart_of_a_claim_that_is_left_out_is_left_out_too() -> None:
    report = charted("Downloads by day", 1, 2)
    kept = compose([], (), case="c", generated_at=at("2026-03-11T08:00:00Z"), custody_head="0" * 64,
                   file=lambda label: label,
                   charts=[one.chart for part in report.parts for group in part.groups
                           for one in group.charts])
    assert "760 140" not in html.render(kept)


@pytest.mark.parametrize("text", PAYLOADS)
def test_a_hostile_version_in_a_title_is_text(text: str) -> None:
    rendered = html.render(charted(f"Downloads of {text} by day", 1, 2))
    assert "<script" not in rendered.lower()
    root = picture(charted(f"Downloads of {text} by day", 1, 2))
    assert not [e.tag for e in root.iter() if e.tag not in (
        "svg", "defs", "pattern", "line", "text", "g", "rect", "title")]


@pytest.mark.parametrize("heights", [(0,), (None,), (0, 0), (10 ** 18, 1), tuple(range(400))])
def test_odd_numbers_are_drawn(heights: tuple[int | None, ...]) -> None:
    assert len(picture(charted("Downloads by day", *heights)).findall("g/rect")) == len(heights)
