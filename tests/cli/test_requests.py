"""requests: who asked for a package, out of raw logs and out of the evidence."""

import gzip
import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from regforensics.cli import asking
from regforensics.evidence.schemas import validate
from tests.support.command import one_clear_line, run

LINE = ("2025-09-08T13:20:{n:02}.000Z|t|10.0.0.{host}|ada|GET|/api/npm/r/chalk/-/chalk-5.6.{v}.tgz"
        "|200|-1|43210|600|npm/10.8.2 node/v20")
LINES = [LINE.format(n=n, host=n % 3, v=n % 2) for n in range(1, 9)]
BODY = "\n".join([*LINES[:4], "noise", "noise about chalk", "caf\u00e9", *LINES[4:]]).encode()
KEY = ("address", "user_agent", "user", "version", "action", "layer", "outcome", "count", "first",
       "last")


def zipped(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("var/request.log", data)
    return made.getvalue()


PACKS: dict[str, Callable[[bytes], bytes]] = {
    "r.log": bytes, "r.log.gz": gzip.compress, "r.log.zst": zstd.compress, "r.zip": zipped}


def counted(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(group[name] for name in KEY) for group in document["groups"]]


@pytest.mark.parametrize("name", PACKS)
def test_raw_logs_and_evidence_give_the_same_counts(name: str, tmp_path: Path) -> None:
    path, evidence = tmp_path / name, tmp_path / "evidence"
    path.write_bytes(PACKS[name](BODY))
    cold = run("requests", "npm:chalk@5.6.1", path, "--json")
    assert cold.code == 10, cold.err
    assert not evidence.exists()
    run("ingest", path, "-e", evidence)
    held = run("requests", "npm:chalk@5.6.1", "-e", evidence, "--json")
    assert held.code == 10, held.err
    for ended in (cold, held):
        validate("requests", ended.document)
    assert counted(cold.document) == counted(held.document)
    assert sum(group["count"] for group in cold.document["groups"]) == 4
    file, = cold.document["files"]
    assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert [one["where"].partition(" of ")[0] for one in file["problems"]] == ["line 6"]
    rows = [row for group in cold.document["groups"] for row in group["rows"]]
    cited = [row for group in held.document["groups"] for row in group["rows"]]
    assert [(row["where"], row["start"], row["end"]) for row in rows] == [
        (row["where"], row["start"], row["end"]) for row in cited]
    assert {BODY[row["start"]:row["end"]].decode() for row in rows} == set(LINES[::2])
    assert {row["quote"] for row in cited} == set(LINES[::2])


def test_what_is_shown_names_the_line_and_claims_no_citation(tmp_path: Path) -> None:
    path = tmp_path / "r.log"
    path.write_bytes(BODY)
    ended = run("requests", "npm:chalk", path)
    assert ended.code == 10
    assert "8 requests by 3 consumers" in ended.out
    assert f"[r.log: line 1, bytes 0-{len(LINES[0])}]" in ended.out
    assert "line 6: no line of artifactory-request" in ended.err
    assert "no citations" in ended.err


def test_a_package_that_nobody_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "r.log"
    path.write_bytes("\n".join(LINES).encode())
    ended = run("requests", "npm:left-pad", path)
    assert ended.code == 0
    assert "no line of these logs shows a request" in ended.out
    path.write_bytes(b"left-pad?")
    assert run("requests", "npm:left-pad", path).code == 6


@pytest.mark.parametrize("words", [("npm:chalk", "nowhere.log"), ("npm-user:ada", "r.log"),
                                   ("npm:chalk", "r.log", "--format", "x"),
                                   ("npm:chalk", "r.log", "--assume-zone", "x"), ("npm:chalk",)])
def test_wrong_use_is_one_clear_line(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "r.log").write_bytes(BODY)
    ended = run("requests", *(str(tmp_path / word) if word.endswith(".log") else word
                              for word in words), "-e", tmp_path / "evidence")
    assert ended.code in (2, 5)
    one_clear_line(ended)


def test_what_is_too_much_to_list_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                             ) -> None:
    monkeypatch.setattr(asking, "_LISTED", 3)
    path = tmp_path / "r.log"
    path.write_bytes("\n".join(LINES).encode())
    document = run("requests", "npm:chalk", path, "--json").document
    validate("requests", document)
    assert (document["requests"], document["unlisted"], document["ungrouped"]) == (8, 5, 3)
    assert sum(group["count"] for group in document["groups"]) == 5
    assert sum(len(group["rows"]) for group in document["groups"]) == 3
