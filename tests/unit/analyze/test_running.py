"""All analyzers together: none fails in silence, no rule is without its row, nothing is typed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from regforensics import analyze
from regforensics.analyze import running
from regforensics.analyze.rules import Analyzer, Finding
from regforensics.analyze.running import ANALYZERS, run_all
from regforensics.analyze.seen import span
from regforensics.model.claim import SECTIONS
from regforensics.model.history import History, Scope
from tests.unit.analyze.documents import NO_SCOPE, Case, npm, run

SOURCES = sorted(Path(analyze.__file__).parent.rglob("*.py"))


def test_rules_are_unique_named_by_their_section_and_fully_described() -> None:
    rules = [rule for analyzer in ANALYZERS for rule in analyzer.rules]
    assert len({rule.id for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.id.split(".")[0] == rule.section
        assert rule.section in SECTIONS
        assert all((rule.says, rule.cites, rule.false_alarms))
    assert len({analyzer.name for analyzer in ANALYZERS}) == len(ANALYZERS)


def test_a_crash_keeps_earlier_claims_and_becomes_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    def half(history: History, scope: Scope) -> Iterator[Finding]:
        yield next(c for c in ANALYZERS[0].run(history, scope))
        raise KeyError("no such thing")

    rules = ANALYZERS[0].rules
    monkeypatch.setattr(running, "ANALYZERS", (Analyzer("halfway", rules, half), *ANALYZERS[-2:]))
    claims, gaps, failed = run_all([Case("npm:paint").at("09:00", npm({"1.0.0": "07:00"}))
                                    .history()], NO_SCOPE)
    assert failed == ("halfway",)
    assert claims[0].rule == "publish.published"
    assert any(c.section == "integrity" for c in claims)
    (gap,) = [g for g in gaps if "halfway" in g.question]
    assert "KeyError" in gap.reason


def test_a_section_without_a_claim_is_a_gap_with_somebody_to_ask() -> None:
    claims, gaps = run(Case("npm:paint").at("09:00", npm({"1.0.0": "07:00"})))
    assert not any(c.section == "account" for c in claims)
    assert [g.ask for g in gaps if g.question == "who could publish and who did"] != []
    _, silences, failed = run_all([History(Case("npm:paint").package, ())], NO_SCOPE)
    assert failed == ()
    assert len([g for g in silences if g.ask]) == len(SECTIONS)


def test_no_template_holds_a_digit() -> None:
    templates = [node.value for path in SOURCES for node in ast.walk(ast.parse(path.read_text()))
                 if isinstance(node, ast.Constant) and isinstance(node.value, str)
                 and re.search(r"\{[a-z_]*\}", node.value)]
    assert len(templates) > 50
    assert not [text for text in templates if any(c.isdigit() for c in text)]


def test_analyzers_import_the_model_and_nothing_else_of_the_house() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("regforensics"):
                assert str(node.module).startswith(
                    ("regforensics.model", "regforensics.analyze", "regforensics.errors")), path


def test_durations_are_in_the_units_that_matter() -> None:
    from datetime import timedelta

    assert span(timedelta(days=1, hours=2, minutes=3, seconds=4)) == "1 day 2 h 3 min"
    assert span(timedelta(days=3)) == "3 days"
    assert span(timedelta(seconds=61)) == "1 min 1 s"
    assert span(timedelta(milliseconds=430)) == "0.43 s"
