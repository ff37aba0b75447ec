"""--metrics: what a monitor reads, written in one step and however the run ends."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from regforensics.cli import metrics
from simulator import Npm, serve
from tests.support.command import run
from tests.support.patience import impatient

__all__ = ["impatient"]
NOWHERE = "http://127.0.0.1:9/"
LINE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)\{evidence="((?:[^"\\\n]|\\["\\n])*)"\} (\S+)')


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    registry = Npm()
    registry.publish("paint", "1.0.0", by="ada <ada@paint.example>")
    with serve(registry) as urls:
        yield urls.npm


def read(path: Path) -> dict[str, float]:
    """The values; asserts the form: help, type and sample of each metric, in this order."""
    lines = path.read_text().splitlines()
    assert path.read_text().endswith("\n")
    values = {}
    for told, kind, sample in zip(*[iter(lines)] * 3, strict=True):
        found = LINE.fullmatch(sample)
        assert found, sample
        assert told.startswith(f"# HELP {found[1]} ")
        assert kind == f"# TYPE {found[1]} gauge"
        values[found[1].removeprefix("regforensics_snapshot_")] = float(found[3])
    return values


def snapshot(folder: Path, url: str, *more: str) -> dict[str, float]:
    run("snapshot", "-q", *(more or ("npm:paint",)), "--npm-registry", url, "-e", folder / "e",
        "--metrics", folder / "m.prom")
    return read(folder / "m.prom")


def test_counts_and_times(npm: str, tmp_path: Path) -> None:
    first = snapshot(tmp_path, npm, "npm:paint", "npm:none")
    assert (first["targets"], first["new"], first["absent"], first["failed"]) == (2, 1, 1, 0)
    assert first["exit_code"] == 0 and first["bytes"] > 100 and first["duration_seconds"] > 0
    assert first["last_success_timestamp_seconds"] == first["last_run_timestamp_seconds"]
    second = snapshot(tmp_path, npm, "npm:paint", "npm:none")
    assert (second["unchanged"], second["new"]) == (1, 0)
    assert (tmp_path / "m.prom").stat().st_mode & 0o777 == 0o644
    assert not list(tmp_path.glob(".m.prom*"))


def test_the_last_success_is_kept_over_failures(
        npm: str, impatient: None, tmp_path: Path) -> None:
    fine = snapshot(tmp_path, npm)
    for _ in range(2):
        lost = snapshot(tmp_path, NOWHERE)
        assert (lost["exit_code"], lost["failed"]) == (3, 1)
        assert lost["last_success_timestamp_seconds"] == fine["last_success_timestamp_seconds"]
        assert lost["last_run_timestamp_seconds"] > fine["last_run_timestamp_seconds"]


def test_a_run_that_fails_as_a_whole_is_told_without_counts(tmp_path: Path) -> None:
    (tmp_path / "e").write_text("a file")
    told = snapshot(tmp_path, NOWHERE)
    assert told["exit_code"] == 2
    assert "targets" not in told and "last_success_timestamp_seconds" not in told


def test_a_wrong_target_is_a_failed_run_too(tmp_path: Path) -> None:
    assert snapshot(tmp_path, NOWHERE, "no such: target")["exit_code"] == 2


def test_a_file_that_cannot_be_written_fails_the_run_and_loses_no_capture(
        npm: str, tmp_path: Path) -> None:
    done = run("snapshot", "-q", "npm:paint", "--npm-registry", npm, "-e", tmp_path / "e",
               "--metrics", tmp_path / "none" / "m.prom")
    assert done.code == 3
    assert "cannot write the metrics" in done.err
    assert run("list", "-e", tmp_path / "e", "--json").document["exhibits"]


@pytest.mark.parametrize("junk", [b"", b"\xff\x00", b"regforensics_snapshot_last_success_timestamp"
                                  b"_seconds{} 1e999999999x\n", b"x" * 2_000_000])
def test_a_foreign_file_in_its_place_is_written_over(junk: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.prom").write_bytes(junk)
    assert "last_success_timestamp_seconds" not in snapshot(tmp_path, NOWHERE, "?")


def test_the_name_of_the_directory_is_escaped(tmp_path: Path) -> None:
    told = metrics.text({"targets": 3}, 'a"b\\c\nd')
    assert told.splitlines()[2] == (
        'regforensics_snapshot_targets{evidence="a\\"b\\\\c\\nd"} 3')
