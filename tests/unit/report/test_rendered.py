"""The forms of the report: equal to the golden files, whole, and drawn where the times say."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from regforensics.model.claim import Claim
from regforensics.model.instant import Instant, Interval
from regforensics.model.package import PackageRef
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
    assert made.leading[0].claim == incident
    assert "9 more key findings stand in the sections below." in markdown.render(made)
    assert "9 more key findings stand in the sections below." in html.render(made)
    assert "more key findings" not in html.render(report())


def test_findings_that_fold_lead_once_and_name_the_others() -> None:
    cited = claims_of(Evidence())[0].citations
    lost = [Claim("integrity.failed", "integrity", PackageRef.parse(f"npm:p{n}"),
                  at("2026-03-07T00:00:00Z"), f"Failed {n}.", cited, folds="one outage")
            for n in range(7)]
    alone = [replace(lost[0], statement=f"Another {n}.", folds="") for n in range(2)]
    made = report(claims=[*lost, *alone], incidents=())
    first, = [one for one in made.key_findings if one.claim.folds]
    assert (len(made.key_findings), len(made.claims)) == (3, 9)
    others = ", ".join(one.id for one in made.like(first)[:4])
    for text in (markdown.render(made), html.render(made)):
        assert f"(the same of 6 more packages: {others} ...)" in text
        assert text.count("(the same") == 1


def many_packages(count: int) -> list[Claim]:
    """For each package a notable and a routine publish, the packages in turn by time."""
    cited, start = claims_of(Evidence())[0].citations, at("2026-01-01T00:00:00Z").utc
    return [Claim("publish", section, PackageRef.parse(f"npm:p{n}").at("1.0.0"),
                  Instant.at(start + timedelta(days=n + 30 * late)), f"Said {n} {late}.", cited,
                  notable=bool(late))
            for n in reversed(range(count)) for section in ("publish", "account")
            for late in (0, 1)]


def test_several_packages_are_grouped_and_numbered_as_they_stand() -> None:
    made = report(claims=many_packages(5), incidents=(), coverage_rows=())
    assert [one.id for one in made.claims] == [f"C{n}" for n in range(1, 21)]
    publish = made.parts[0]
    assert [(g.package.name, g.span) for g in publish.groups] == [
        (f"p{n}", f"C{2 * n + 1} to C{2 * n + 2}") for n in range(5)]
    for group in publish.groups:
        assert {one.claim.subject.at(None) for one in group} == {group.package}
    page, text = html.render(made), markdown.render(made)
    assert '<a href="#account-2">npm:p1</a> C13 to C14' in page
    assert '<h3 id="account-2">npm:p1</h3>' in page
    assert "  - `npm:p1`: C13 to C14" in text
    assert "### `npm:p1`\n\n#### C3" in text
    assert "Contents" not in html.render(report()) + markdown.render(report())


def test_the_title_names_the_packages() -> None:
    page = html.render(report(claims=many_packages(5), incidents=(), coverage_rows=()))
    name = "widget takeover - npm:p0, npm:p1, npm:p2 and 2 more"
    assert f"<title>Timeline report: {name}</title>" in page
    assert f"<h1>{name}</h1>" in page
    assert markdown.render(report()).startswith(
        "# Timeline report: widget takeover - `npm:@acme/widget`\n")


def test_the_picture_stands_between_the_facts_and_the_findings() -> None:
    page = html.render(report())
    assert page.index("Custody head") < page.index("<svg") < page.index('id="key"')


def test_a_crowd_of_findings_is_drawn_by_its_head() -> None:
    claims = many_packages(40)
    crowded = draw(report(claims=claims, incidents=(), announced=None, coverage_rows=()))
    assert crowded is not None
    assert crowded.crowded
    assert sum(len(lane.marks) for lane in crowded.lanes) == 12
    assert len({lane.title for lane in crowded.lanes}) == len(crowded.lanes)
    few = draw(report(claims=many_packages(4), incidents=(), announced=None, coverage_rows=()))
    assert few is not None
    assert [lane.title for lane in few.lanes] == [f"npm:p{n}" for n in range(4)]
    assert {mark.section for lane in few.lanes for mark in lane.marks} == {"publish", "account"}


def test_a_long_digest_is_shortened_in_sentences_and_whole_beside_them() -> None:
    digest = "sha512-" + "Ab1+" * 21 + "Zw=="
    one = claims_of(Evidence())[0]
    made = report(claims=[Claim("publish.drift", "publish", one.subject, one.when,
                                f"It was {digest}.", one.citations)])
    short = "sha512-Ab1+Ab1+Ab1+A\u2026Ab1+Zw=="
    page, text = html.render(made), markdown.render(made)
    assert page.count(f'<span class="digest" title="{digest}">{short}</span>') == 2
    assert f"It was `{short}`." in text
    assert digest not in text
    assert digest in jsondoc.render(made)
