"""What people read after a capture: findings one by one, what is alike in one line."""

from typing import Any

import pytest

from regforensics.cli.captured import show

POM = {"target": "maven:g:a", "kind": "maven-pom", "status": 200, "exhibit": "EX-000002",
       "sha256": "0" * 64, "size": 100, "outcome": "new"}


def shown(rows: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> list[str]:
    show(rows)
    return capsys.readouterr().out.splitlines()


def test_many_of_one_sort_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown([POM] * 20, capsys) == [
        "new       maven:g:a  20 documents, maven-pom  200  2.0 kB"]
    assert len(shown([POM] * 4, capsys)) == 4


def test_sorts_and_outcomes_are_kept_apart(capsys: pytest.CaptureFixture[str]) -> None:
    absent = {**POM, "outcome": "absent", "status": 404, "size": 0}
    assert [line[:6] for line in shown([POM, absent] * 9, capsys)] == ["absent", "new   "]


@pytest.mark.parametrize("row", [
    {**POM, "outcome": "failed", "error": "https://npm.example/x: HTTP 503"},
    {**POM, "state": "present", "origin": "origin", "signs": []},
    {**POM, "check": "mismatch", "version": "1", "file": "a.tgz", "members": 3,
     "form": "tar.gz", "oddities": [], "digests": [{"algorithm": "sha512", "match": False}]},
    {**POM, "check": "match", "version": "1", "file": "a.tgz", "members": 3,
     "form": "tar.gz",
     "oddities": ["a link"], "digests": [{"algorithm": "sha512", "match": True}]}])
def test_states_failures_and_findings_are_never_folded(
        row: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert len(shown([row] * 9, capsys)) == 9


def test_signs_are_told_in_full_once(capsys: pytest.CaptureFixture[str]) -> None:
    told: dict[tuple[str, ...], str] = {}
    for name in "ab":
        show([{**POM, "target": f"npm:{name}", "state": "present", "origin": "mirror",
               "signs": ["no times", "own front"]}], told)
    assert capsys.readouterr().err.splitlines() == [
        "    mirror? npm:a: no times", "    mirror? npm:a: own front",
        "    mirror? npm:b: as for npm:a above"]


def test_a_mismatch_is_a_warning_and_what_is_no_archive_is_said(
        capsys: pytest.CaptureFixture[str]) -> None:
    show([{**POM, "check": "mismatch", "version": "1", "file": "a.tgz", "members": 0,
           "form": "unknown", "oddities": [],
           "digests": [{"algorithm": "sha512", "match": False}]}])
    said = capsys.readouterr()
    assert "no archive that can be read" in said.out
    assert said.err.startswith("warning: MISMATCH: a.tgz (EX-000002) does not have the sha512")


def test_advisories_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{**POM, "advisories": n, "malware": m} for n, m in ((2, 1), (1, 0), (0, 0))]
    assert [line.rpartition("kB  ")[2].rpartition("B  ")[2] for line in shown(rows, capsys)] == [
        "2 advisories (1 malware)", "1 advisory", "no advisories"]
