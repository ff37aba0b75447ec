"""The quickstart drives a command line, expects its exit codes, and draws five lines from it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import quickstart

STAND_IN = '''
import json, os, pathlib, sys, urllib.request
arguments = sys.argv[1:]
with open(os.environ["STAND_IN_LOG"], "a") as log:
    log.write(json.dumps(arguments) + "\\n")
verb = " ".join(word for word in arguments[:2] if word in {"timeline", "report", "check"})
if verb == "timeline report":
    form = arguments[arguments.index("--format") + 1]
    body = pathlib.Path(os.environ["STAND_IN_REPORT"]).read_text() if form == "json" else form
    pathlib.Path(arguments[arguments.index("-o") + 1]).write_text(body)
if arguments[0] == "verify":
    print(json.dumps({"ok": True, "exhibits": 9, "damage": [], "custody_head": "ab" * 32}))
if "--npm-registry" in arguments:
    url = arguments[arguments.index("--npm-registry") + 1]
    assert urllib.request.urlopen(url + "paint-lines").status == 200
codes = json.loads(os.environ["STAND_IN_CODES"])
sys.exit(codes.get(arguments[0], 0))
'''
NPM = "pkg:npm/paint-lines"
WINDOW = {"after": "2026-03-01T14:00:00Z", "before": "2026-03-01T15:00:00Z"}


def claim(identity: str, section: str, subject: str, when: Any, statement: str,
          rule: str = "rule") -> dict[str, Any]:
    return {"id": identity, "rule": rule, "section": section, "subject": subject, "when": when,
            "statement": statement}


CLAIMS = [
    claim("C1", "publish", f"{NPM}@1.2.0", "2026-01-01T00:00:00Z", "ada published 1.2.0"),
    claim("C2", "publish", f"{NPM}@1.2.1", "2026-03-01T14:00:00Z", "mallory published 1.2.1"),
    claim("C3", "publish", f"{NPM}@1.2.1", WINDOW, "1.2.1 was taken down"),
    claim("C4", "integrity", f"{NPM}@1.1.0", WINDOW, "1.1.0 has two digests", "hash-drift"),
    claim("C5", "account", NPM, WINDOW, "mallory joined the owners"),
]
VERIFIED = {"ok": True, "exhibits": 9, "damage": [], "custody_head": "ab" * 32}


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    script, report, lines = tmp_path / "cli.py", tmp_path / "claims.json", tmp_path / "log"
    script.write_text(STAND_IN)
    report.write_text(json.dumps({"claims": CLAIMS}))
    monkeypatch.setattr(quickstart, "COMMAND", [sys.executable, str(script)])
    monkeypatch.setattr(quickstart, "ROOT", tmp_path)
    monkeypatch.setenv("STAND_IN_LOG", str(lines))
    monkeypatch.setenv("STAND_IN_REPORT", str(report))
    monkeypatch.setenv("STAND_IN_CODES", json.dumps({"diff": 10, "drift": 10}))
    monkeypatch.setenv("REGFORENSICS_EVIDENCE", "/elsewhere")
    return lines


def test_the_incident_runs_every_command_and_prints_five_lines(
        log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert quickstart.main([]) == 0
    verbs = [json.loads(line)[0] for line in log.read_text().splitlines()]
    assert verbs == ["snapshot"] * 5 + ["diff"] * 2 + ["drift"] + ["timeline"] * 4 + ["verify"]
    printed = capsys.readouterr().out.splitlines()
    lines = printed[printed.index("the lines that matter:") + 1:]
    assert [line.split("  ")[1].strip() for line in lines] == [
        "published", "taken down", "bytes drifted", "owners", "verified"]
    assert "after 2026-03-01T14:00:00Z and before 2026-03-01T15:00:00Z" in lines[1]
    assert lines[-1].endswith("custody head " + "ab" * 32)
    assert [f"  out/quickstart/report.{form}" in printed for form in ("html", "md", "json")] == [
        True] * 3


def test_targets_are_captured_and_earlier_evidence_stays(log: Path) -> None:
    kept = log.parent / "out" / "targets" / "evidence" / "kept"
    kept.parent.mkdir(parents=True)
    kept.write_text("x")
    assert quickstart.main(["npm:left-pad"]) == 0
    first = json.loads(log.read_text().splitlines()[0])
    assert first == ["snapshot", "npm:left-pad", "-e", "out/targets/evidence"]
    assert kept.exists()


@pytest.mark.parametrize("codes", [{"diff": 10, "drift": 0}, {"diff": 0, "drift": 10},
                                   {"diff": 10, "drift": 10, "verify": 4},
                                   {"diff": 10, "drift": 10, "snapshot": 3}])
def test_an_unexpected_exit_code_ends_it(log: Path, monkeypatch: pytest.MonkeyPatch,
                                         capsys: pytest.CaptureFixture[str],
                                         codes: dict[str, int]) -> None:
    monkeypatch.setenv("STAND_IN_CODES", json.dumps(codes))
    assert quickstart.main([]) == 1
    assert "expected" in capsys.readouterr().err


def test_options_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert quickstart.main(["--help"]) == 2
    assert capsys.readouterr().err.startswith("usage: sh examples/quickstart.sh")


@pytest.mark.parametrize("lost", range(1, 5))
def test_a_report_without_one_of_the_lines_is_refused(lost: int) -> None:
    assert len(quickstart.five_lines(CLAIMS, VERIFIED)) == 5
    claims = [c for number, c in enumerate(CLAIMS) if number != lost]
    with pytest.raises(quickstart.Unexpected, match="has no claim for the line"):
        quickstart.five_lines(claims, VERIFIED)


def test_damage_is_refused() -> None:
    with pytest.raises(quickstart.Unexpected, match="damaged"):
        quickstart.five_lines(CLAIMS, {**VERIFIED, "ok": False, "damage": ["x"]})
