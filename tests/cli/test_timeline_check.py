"""timeline check: a report holds as long as its own evidence does, and a forged one never."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.stories import PACKAGE
from tests.support.command import run
from tests.support.documents import encoded, packument
from tests.support.played import Played, play

SCOPE = ("--incident", f"npm:{PACKAGE}@1.2.1", "--announced", "2026-01-01T10:00:00.123456+02:00",
         "--since", "2020-01-01T00:00:00.999999")
Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Played:
    with pytest.MonkeyPatch.context() as patch:
        return play("takeover", tmp_path_factory.mktemp("takeover"), patch)


@pytest.fixture(scope="module")
def document(case: Played) -> dict[str, Any]:
    return case.report(*SCOPE)


def checked(case: Played, document: dict[str, Any], folder: Path) -> tuple[int, str]:
    path = folder / "report.json"
    path.write_text(json.dumps(document))
    ended = case.run("timeline", "check", path)
    return ended.code, ended.out


def test_a_true_report_says_what_was_checked(case: Played, document: dict[str, Any],
                                             tmp_path: Path) -> None:
    code, out = checked(case, document, tmp_path)
    assert code == 0, out
    assert out == (f"holds: {len(document['claims'])} claims,"
                   f" {sum(len(c['citations']) for c in document['claims'])} citations: every"
                   " sentence computed again from the evidence, every cited byte read again\n")


@pytest.mark.parametrize(("change", "says"), [
    (lambda d: d["claims"][6].update(statement="Ben did it."), "C7: statement: the evidence gives"),
    (lambda d: d["claims"][2].update(when="2020-01-01T00:00:00Z"), "C3: when: "),
    (lambda d: d["claims"][2].update(subject="pkg:npm/other"), "C3: subject: "),
    (lambda d: d["claims"][2].update(rule="publish.other"), "C3: rule: "),
    (lambda d: d["claims"].pop(4), "C5: claim: the evidence gives this claim"),
    (lambda d: d.update(gaps=[]), "gap 1: gap: the evidence gives this gap"),
    (lambda d: d["claims"].append({**d["claims"][0], "id": "C999", "statement": "More."}),
     "C999: claim: the evidence gives no such claim"),
    (lambda d: d["appendix"]["lines"][3].update(commands=["true", "true"]), "A4: commands: "),
    (lambda d: d.update(incidents=[]), "C"),
    (lambda d: d.update(since=None), "report: recompute: "),
    (lambda d: d.update(custody_head="0" * 64), "report: again: "),
])
def test_a_forged_report_does_not_hold(case: Played, document: dict[str, Any], change: Change,
                                       says: str, tmp_path: Path) -> None:
    forged = json.loads(json.dumps(document))
    change(forged)
    code, out = checked(case, forged, tmp_path)
    assert code == 4
    assert any(line.startswith(says) for line in out.splitlines()), out
    assert "does not hold" in out


def test_a_report_of_another_version_says_that_its_sentences_were_not_compared(
        case: Played, document: dict[str, Any], tmp_path: Path) -> None:
    older = {**json.loads(json.dumps(document)), "tool": "regforensics 0.0.1"}
    older["claims"][0]["statement"] = "In other words."
    code, out = checked(case, older, tmp_path)
    assert code == 0
    assert "note: made by another version (regforensics 0.0.1); citations hold, sentences were" \
        " not compared; these read otherwise here: C1" in out
    assert "sentences not compared, every cited byte read again" in out


def test_a_grown_directory_still_holds_and_one_changed_byte_names_the_claims(
        tmp_path: Path) -> None:
    evidence, path = tmp_path / "evidence", tmp_path / "report.json"

    def captured(number: int) -> None:
        body = packument(versions={f"1.0.{n}": {} for n in range(number)})
        file = tmp_path / f"{number}.json"
        file.write_bytes(encoded(body))
        assert run("ingest", file, "-e", evidence, "--observed-at",
                   f"2025-01-0{number}").code == 0

    captured(1)
    captured(2)
    assert run("timeline", "report", "-e", evidence, "-o", path).code == 0
    for number in (3, 4, 5):
        captured(number)
    assert run("timeline", "check", path, "-e", evidence).code == 0
    later = run("timeline", "report", "-e", evidence, "--format", "json").document
    assert len(later["claims"]) > len(json.loads(path.read_text())["claims"])
    exhibit = next((evidence / "exhibits").glob("EX-000002*"))
    exhibit.chmod(0o600)
    exhibit.write_bytes(exhibit.read_bytes().replace(b"ada", b"eve"))
    ended = run("timeline", "check", path, "-e", evidence)
    assert ended.code == 4
    assert any(line.startswith("C") for line in ended.out.splitlines())
