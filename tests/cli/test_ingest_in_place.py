"""Logs that stay where they are: every command reads them there, and nothing but their bytes."""

import gzip
import json
from pathlib import Path

import pytest

from regforensics.evidence.schemas import validate
from tests.support.command import one_clear_line, run

DOCUMENT = {
    "_id": "chalk", "name": "chalk", "dist-tags": {"latest": "5.6.1"},
    "versions": {"5.6.1": {"name": "chalk", "version": "5.6.1",
                           "dist": {"shasum": "a" * 40, "tarball": "https://r.example/c.tgz"}}},
    "time": {"created": "2025-09-08T13:16:00.000Z", "modified": "2025-09-08T13:16:00.000Z",
             "5.6.1": "2025-09-08T13:16:00.000Z"}}
LINE = ("2025-09-08T13:20:0{n}.000Z|t|10.0.0.{n}|ada|GET|/api/npm/r/chalk/-/chalk-5.6.1.tgz"
        "|200|-1|43210|600|npm/10.8.2 node/v20\n")
LINES = "".join(LINE.format(n=n) for n in range(1, 9))


@pytest.fixture(params=["plain", "gzip"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A log that was handed over in place, beside a copied document about the package."""
    path = tmp_path / "in" / "request.log"
    path.parent.mkdir()
    path.write_bytes(LINES.encode() if request.param == "plain" else gzip.compress(LINES.encode()))
    document = tmp_path / "chalk.json"
    document.write_text(json.dumps(DOCUMENT))
    assert run("ingest", document, "-e", tmp_path / "e").code == 0
    ended = run("ingest", "--in-place", path, "-e", tmp_path / "e", "--json")
    assert ended.code == 0
    row, = ended.document["files"]
    assert (row["exhibit"], row["events"], row["new"]) == ("EX-000002", 8, True)
    assert len(list((tmp_path / "e" / "exhibits").iterdir())) == 1
    return path


def report(tmp_path: Path) -> Path:
    out = tmp_path / "report.json"
    ended = run("timeline", "report", "--incident", "npm:chalk@5.6.1", "--format", "json",
                "-o", out, "-e", tmp_path / "e")
    assert ended.code == 0, ended.err
    return out


def test_every_command_reads_it_there(log: Path, tmp_path: Path) -> None:
    evidence = tmp_path / "e"
    assert run("cat", "EX-000002", "-e", evidence, "--json").document["file"] == str(log)
    where = "line 2" if log.read_bytes().startswith(b"2025") else "line 2 of the unpacked bytes"
    assert "10.0.0.2" in run("show", f"EX-000002:{where}", "-e", evidence).out
    assert run("list", "-e", evidence).code == run("verify", "-e", evidence).code == 0
    out = report(tmp_path)
    claims = json.loads(out.read_text())["claims"]
    pulled, = [c for c in claims if c["rule"] == "distribution.pulled"]
    assert "8 clients" in pulled["statement"]
    assert {c["exhibit"] for c in pulled["citations"]} >= {"EX-000002"}
    assert str(log) in run("timeline", "report", "-e", evidence).out
    assert run("timeline", "check", out, "-e", evidence).code == 0


def test_a_changed_log_is_named_and_backs_no_report(log: Path, tmp_path: Path) -> None:
    out = report(tmp_path)
    body = log.read_bytes()
    log.write_bytes(body[:-1] + b"!")
    ended = run("verify", "-e", tmp_path / "e", "--json")
    assert ended.code == 4
    damage, = ended.document["damage"]
    assert (damage["kind"], damage["path"]) == ("changed", str(log))
    assert run("timeline", "check", out, "-e", tmp_path / "e").code == 4
    for command in (("timeline", "report"), ("cat", "EX-000002"), ("show", "EX-000002:line 1")):
        ended = run(*command, "-e", tmp_path / "e")
        assert ended.code == 4, command
        assert str(log) in one_clear_line(ended)
    log.write_bytes(body)
    assert run("timeline", "check", out, "-e", tmp_path / "e").code == 0


@pytest.mark.parametrize("form", ["html", "md"])
def test_a_report_for_people_is_not_checked_and_says_what_is(form: str, log: Path, tmp_path: Path,
                                                             ) -> None:
    out = tmp_path / f"report.{form}"
    assert run("timeline", "report", "--format", form, "-o", out, "-e", tmp_path / "e").code == 0
    ended = run("timeline", "check", out, "-e", tmp_path / "e")
    assert ended.code == 5
    assert "the one in JSON is checked" in one_clear_line(ended)
    assert "timeline report --format json" in ended.err


def test_a_changed_log_is_left_out_of_answers_and_named(log: Path, tmp_path: Path) -> None:
    evidence, other = tmp_path / "e", tmp_path / "other.log"
    other.write_bytes(b"".join(
        b"2025-09-08T14:20:11.000Z|t|10.9.0.%d|ada|GET|/api/npm/r/chalk/-/chalk-5.6.1.tgz|200|-1|9"
        b"|3|npm/10.8.2 node/v20\n" % n for n in range(3)))
    run("ingest", "--in-place", other, "-e", evidence)
    log.write_bytes(log.read_bytes()[:-1] + b"!")
    ended = run("requests", "npm:chalk", "-e", evidence)
    assert ended.code == 4
    assert str(log) in one_clear_line(ended)
    assert "put the bytes back there" in ended.err
    assert "3 consumers" in ended.out
    document = run("requests", "npm:chalk", "-e", evidence, "--json").document
    validate("requests", document)
    mine, = [file for file in document["files"] if file["path"] == str(log)]
    assert "not read: " in mine["stopped"][0]
    ended = run("exposure", "npm:chalk@5.6.1", "-e", evidence, "--json")
    assert ended.code == 4
    validate("exposure", ended.document)
    told = {e["grade"]: e for e in ended.document["exposures"] if e["layer"] in ("log", "proxy")}
    assert str(log) in told["unchecked"]["reason"]
    assert told["confirmed"]["consumer"]["address"].startswith("10.9.0.")
    log.unlink()
    ended = run("exposure", "npm:chalk@5.6.1", "-e", evidence)
    assert ended.code == 4
    assert "UNCHECKED" in ended.out and str(log) in ended.out


def test_a_moved_log_is_handed_over_again(log: Path, tmp_path: Path) -> None:
    out = report(tmp_path)
    moved = log.rename(tmp_path / "kept.log")
    assert run("timeline", "check", out, "-e", tmp_path / "e").code == 4
    assert run("ingest", "--in-place", moved, "-e", tmp_path / "e").code == 0
    assert run("verify", "-e", tmp_path / "e").code == 0
    assert run("timeline", "check", out, "-e", tmp_path / "e").code == 0
