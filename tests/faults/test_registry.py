"""A hostile registry, through the command line: one line, the right code, the others captured."""

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from regforensics.cli import capturing
from tests.hostile.fakes import QUICK
from tests.hostile.server import BEHAVIOURS, serving
from tests.support.command import run
from tests.support.figures import Figures

LIMITS = replace(QUICK, connect=5.0, read=1.0, deadline=3.0, total=12.0)  # for a busy machine
NO_ANSWER, UNREADABLE = 3, 5


def test_every_behaviour_fails_its_target_alone(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figures: Figures) -> None:
    monkeypatch.setattr(capturing, "Limits", lambda **_: LIMITS)
    monkeypatch.setenv("HOME", "/nonexistent")
    evidence, slowest, failed = tmp_path / "evidence", 0.0, 0
    with serving() as hostile:
        for name in BEHAVIOURS:
            began = time.monotonic()
            ended = run("snapshot", "npm:demo", f"npm:{name}", "--npm-registry", hostile.url,
                        "-e", evidence, "--json")
            slowest = max(slowest, time.monotonic() - began)
            good, bad = ended.document["captures"]
            assert good["outcome"] in {"new", "unchanged"}, name
            assert ended.code == {"failed": ended.code}.get(bad["outcome"], 0), name
            assert bad["outcome"] != "failed" or ended.code in {NO_ANSWER, UNREADABLE}, name
            assert (bad["outcome"] == "failed") == bool(bad.get("error")), name
            assert "\n" not in (bad.get("error") or ""), name
            assert "Traceback" not in ended.err
            failed += bad["outcome"] == "failed"
    assert failed > 40
    assert run("verify", "-e", evidence).code == 0
    figures.say(f"{len(BEHAVIOURS)} kinds of hostile answer, each beside a good one",
                f"{failed} fail with one line and exit code 3 or 5, {len(BEHAVIOURS) - failed}"
                f" are evidence; the good one is captured each time; slowest {slowest:.1f} s")


def test_a_document_of_another_package_is_told(tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capturing, "Limits", lambda **_: LIMITS)
    evidence = tmp_path / "evidence"
    with serving() as hostile:
        run("snapshot", "npm:another", "--both-forms", "--npm-registry", hostile.url,
            "-e", evidence)
    report = run("timeline", "report", "--format", "json", "-e", evidence)
    assert report.code in {0, 6}
    gaps = " ".join(gap["reason"] for gap in report.document["gaps"])
    assert "the answer is about npm:left-pad" in gaps
    assert "the answer is not about npm:another" in gaps
    assert not [c for c in report.document["claims"] if "1.0.0" in c["statement"]]


def test_a_document_that_changes_within_a_run_is_told(tmp_path: Path,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    """Two forms of one document that do not agree: both are evidence, and neither wins."""
    monkeypatch.setattr(capturing, "Limits", lambda **_: LIMITS)
    evidence = tmp_path / "evidence"
    with serving() as hostile:
        ended = run("snapshot", "npm:changing", "--both-forms", "--npm-registry", hostile.url,
                    "-e", evidence)
    assert ended.code == 0, ended.err
    report = run("timeline", "report", "--format", "json", "-e", evidence).document
    said = " ".join(claim["statement"] for claim in report["claims"])
    assert re.search(r"1\.0\.0", said), said
    assert re.search(r"2\.0\.0", said), said
