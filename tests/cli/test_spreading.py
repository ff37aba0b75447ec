"""A folder on the command line: what of it is taken, and what is said of the rest."""

import os
from pathlib import Path

import pytest

from regforensics.cli.spreading import spread
from tests.support.command import run

LOCK = '{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0"}}}'


def test_what_a_folder_holds_beside_files_is_told_once(tmp_path: Path) -> None:
    folder, outside = tmp_path / "handed", tmp_path / "outside"
    for one in (folder / "deep", outside):
        one.mkdir(parents=True)
    (folder / "package-lock.json").write_text(LOCK)
    (outside / "package-lock.json").write_text(LOCK)
    (folder / "deep/linked.json").symlink_to(outside / "package-lock.json")
    (folder / "away").symlink_to(outside)
    os.mkfifo(folder / "pipe")
    ended = run("ingest", folder, "-e", tmp_path / "evidence", "--json")
    assert [row["path"] for row in ended.document["files"]] == [str(folder / "package-lock.json")]
    (note,) = [line for line in ended.err.splitlines() if "left out" in line]
    assert "3 (away, deep/linked.json, pipe)" in note


def test_many_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(9):
        (tmp_path / f"link{number}").symlink_to(tmp_path)
    found, lost = spread([tmp_path])
    assert not found and "no file" in lost[0].message
    assert "9 (link0, link1, link2, link3, link4 and 4 more)" in capsys.readouterr().err


def test_a_folder_of_files_needs_no_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]
                                         ) -> None:
    (tmp_path / "b").write_text("")
    (tmp_path / "a").write_text("")
    found, lost = spread([tmp_path])
    assert [one.name for one in found] == ["a", "b"] and not lost
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(os.getuid() == 0, reason="nothing is shut to root")
def test_a_folder_that_is_shut_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0)
    (tmp_path / "a").write_text("")
    _, (lost,) = spread([tmp_path])
    assert "cannot be read" in lost.message
