"""The forms of the report: equal to the golden files, whole, and drawn where the times say."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from regforensics.model.claim import Claim
from regforensics.model.instant import Instant, Interval
from regforensics.report import html, jsondoc, markdown
from regforensics.report.drawing import LEFT, RIGHT, draw
from tests.support.report_case import PACKAGE, Evidence, at, claims_of, report

GOLDEN = Path(__file__).parents[3] / "fixtures" / "golden"
FORMS = {"report.md": markdown.render, "report.html": html.render, "report.json": jsondoc.render}


@pytest.mark.parametrize("name", FORMS)
def test_the_forms_are_as_agreed(name: str, request: pytest.FixtureRequest) -> None:
    text, path = FORMS[name](report()), GOLDEN / name
    if request.config.getoption("--update-golden"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8"), "pytest --update-golden, then review the difference"


@pytest.mark.parametrize("name", FORMS)
def test_every_form_says_everything(name: str) -> None:
    made, text = report(), FORMS[name](report())
    for one in made.claims:
        assert one.id in text
        assert all(line in text for line in one.lines)
    for line in made.lines:
        assert f"{line.citation.start}" in text
        assert line.citation.sha256 in text
    assert made.custody_head in text


@pytest.mark.parametrize("name", ["report.md", "report.html"])
def test_a_report_of_nothing_says_so(name: str) -> None:
    empty = report(claims=[], gaps=(), coverage_rows=(), incidents=(), announced=None)
    text = FORMS[name](empty)
    assert "No claim is lifted above routine publishes." in text
    assert text.count("Nothing that went into this report speaks of") == 4
    assert "No gap was recorded." in text
    assert "<svg" not in text


def moved(claim: Claim, when: Instant | Interval | None) -> Claim:
    return Claim("moved", "publish", claim.subject, when, f"At {when}", claim.citations)


def test_instants_are_dots_windows_are_bars_in_the_order_of_time() -> None:
    drawing = draw(report())
    assert drawing is not None
    publish, distribution = drawing.lanes
    dot, bar = publish.marks
    (open_bar,) = distribution.marks
    assert dot.x2 is None
    assert bar.x2 is not None
    assert drawing.announced is not None
    assert dot.x == LEFT
    assert dot.x < bar.x < bar.x2 < drawing.announced < RIGHT
    assert (open_bar.open_left, open_bar.open_right) == (True, False)
    assert open_bar.x2 == RIGHT
    assert (publish.faint, drawing.undrawn) == ((), 1)
    assert [tick.date for tick in drawing.ticks][:2] == ["2026-03-07", "2026-03-08"]


def test_marks_of_one_lane_do_not_cover_each_other() -> None:
    evidence, start = Evidence(), at("2026-03-07T00:00:00Z")
    one = claims_of(evidence)[0]
    many = [moved(one, Instant.at(start.utc + timedelta(seconds=30 * n * n))) for n in range(60)]
    drawing = draw(report(evidence, claims=many))
    assert drawing is not None
    rows: dict[float, list[float]] = {}
    for mark in drawing.lanes[0].marks:
        assert LEFT <= mark.x <= RIGHT
        rows.setdefault(mark.y, []).append(mark.x)
    assert all(b - a >= 20 for xs in rows.values() for a, b in pairwise(sorted(xs)))
    assert max(rows) < drawing.height
    ticks = [tick.x for tick in drawing.ticks]
    assert all(b - a >= 90 for a, b in pairwise(ticks))
    assert ticks[-1] == pytest.approx(RIGHT, abs=0.2)


def test_one_single_time_and_no_time_at_all() -> None:
    evidence = Evidence()
    one = claims_of(evidence)[0]
    alone = draw(report(evidence, claims=[moved(one, at("2026-03-07T00:00:00Z"))], announced=None))
    assert alone is not None
    assert [tick.x for tick in alone.ticks] == [LEFT]
    assert draw(report(evidence, claims=[moved(one, None)])) is None
    routine = [Claim("publish", "publish", PACKAGE, at("2026-03-07T00:00:00Z"), "Published.",
                     one.citations, notable=False)]
    assert draw(report(evidence, claims=routine)) is not None


def test_many_findings_lead_with_the_incident_and_say_how_many_follow() -> None:
    evidence = Evidence()
    incident, *rest = claims_of(evidence)
    start = at("2026-01-01T00:00:00Z").utc
    other = Claim("other", "publish", PACKAGE.at("9.9.9"), None, "Other.", rest[0].citations)
    many = [moved(other, Instant.at(start + timedelta(days=n))) for n in range(20)]
    made = report(evidence, claims=[incident, *many])
    assert (len(made.leading), len(made.key_findings)) == (12, 21)
    assert made.leading[-1].claim == incident
    assert "9 more key findings stand in the sections below." in markdown.render(made)
    assert "9 more key findings stand in the sections below." in html.render(made)
    assert "more key findings" not in html.render(report())
