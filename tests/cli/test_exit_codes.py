"""Incomplete is not clean: the codes where something could not be looked at."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from regforensics.analyze import running
from regforensics.analyze.rules import Analyzer
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import History, Scope
from tests.support.command import run
from tests.support.documents import encoded, packument

INCOMPLETE = 6


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    path = tmp_path / "paint.json"
    path.write_bytes(encoded(packument()))
    assert run("ingest", path, "-e", tmp_path / "evidence").code == 0
    return tmp_path / "evidence"


def test_drift_over_a_capture_that_cannot_be_read_is_incomplete(
        evidence: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(b"[]")
    words = ["--format", "packument", "--subject", "npm:paint"]
    assert run("drift", "-e", evidence).code == 0
    assert run("ingest", other, *words, "-e", evidence).code == 0
    ended = run("drift", "-e", evidence)
    assert ended.code == INCOMPLETE
    assert "EX-000002" in ended.err


def test_a_failed_analyzer_leaves_a_gap_and_a_code(
        evidence: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(history: History, scope: Scope) -> Iterable[Claim | Gap]:
        raise ZeroDivisionError("a bug")

    broken = [Analyzer(a.name, a.rules, crash if a.name == "drift" else a.run)
              for a in running.ANALYZERS]
    monkeypatch.setattr(running, "ANALYZERS", tuple(broken))
    ended = run("timeline", "report", "--json", "-e", evidence)
    assert ended.code == INCOMPLETE
    assert any("drift" in str(gap) for gap in ended.document["gaps"])


def test_one_capture_is_nothing_to_compare(evidence: Path) -> None:
    ended = run("diff", "npm:paint", "-e", evidence)
    assert ended.code == INCOMPLETE
    assert "captured once" in ended.err
