"""Each ``--json`` is one document, valid against its published schema."""

import json
from pathlib import Path

import pytest

from regforensics.evidence.schemas import validate
from simulator.stories import PACKAGE
from tests.support.command import run
from tests.support.documents import encoded, packument
from tests.support.played import Played, play


@pytest.fixture(scope="module")
def takeover(tmp_path_factory: pytest.TempPathFactory) -> Played:
    with pytest.MonkeyPatch.context() as patch:
        return play("takeover", tmp_path_factory.mktemp("takeover"), patch)


@pytest.mark.parametrize(("kind", "words", "code"), [
    ("list", ["list"], 0), ("verify", ["verify"], 0), ("drift", ["drift"], 10),
    ("inventory", ["inventory"], 0), ("inventory", ["inventory", f"npm:{PACKAGE}"], 0),
    ("diff", ["diff", f"npm:{PACKAGE}"], 10),
    ("show", ["show", "EX-000001:1"], 0), ("cat", ["cat", "EX-000001"], 0),
    ("show", ["show", "custody.jsonl:2"], 0),
    ("timeline-report", ["timeline", "report"], 0),
    ("timeline-report", ["timeline", "show"], 0),
    ("timeline-report", ["timeline", "report", "--incident", f"npm:{PACKAGE}@1.2.1",
                         "--announced", "2026-01-01", "--since", "2020-01-01"], 0)])
def test_documents_are_valid(takeover: Played, kind: str, words: list[str], code: int) -> None:
    ended = takeover.run(*words, "--json")
    assert ended.code == code, ended.err
    document = ended.document
    validate(kind, document)
    assert ended.out.isascii()


def test_snapshot_ingest_and_check_are_valid(takeover: Played, tmp_path: Path) -> None:
    path = tmp_path / "paint.json"
    path.write_bytes(encoded(packument()))
    ingested = run("ingest", path, "-e", tmp_path / "evidence", "--json",
                   "--observed-at", "2025-01-01").document
    validate("ingest", ingested)
    assert ingested["files"][0]["first"] == "2024-01-01T00:00:00.000Z"
    report = tmp_path / "report.json"
    assert takeover.run("timeline", "report", "-o", report).code == 0
    checked = takeover.run("timeline", "check", report, "--json")
    assert checked.code == 0
    validate("timeline-check", checked.document)
    refused = run("snapshot", "npm:demo", "--npm-registry", "http://127.0.0.1:9/", "-e",
                  tmp_path / "other", "--json", "--timeout", "0.2")
    assert refused.code == 3
    validate("snapshot", refused.document)
    assert refused.document["captures"][0]["outcome"] == "failed"


def test_every_custody_line_and_the_case_are_valid(takeover: Played) -> None:
    validate("case", json.loads((takeover.evidence / "case.json").read_bytes()))
    for line in (takeover.evidence / "custody.jsonl").read_bytes().splitlines():
        validate("custody-line", json.loads(line))


def test_every_citation_of_every_document_is_verbatim(takeover: Played) -> None:
    """A check that knows nothing of the tool: files, digests and spans as the contract has them."""
    import hashlib

    folder = takeover.evidence / "exhibits"
    stored = {path.name[:9]: path.read_bytes() for path in folder.iterdir()}
    custody = (takeover.evidence / "custody.jsonl").read_bytes()
    found: list[dict[str, object]] = []

    def gather(value: object) -> None:
        if isinstance(value, dict):
            if {"exhibit", "start", "end"} <= value.keys():
                found.append(value)
            for inner in value.values():
                gather(inner)
        elif isinstance(value, list):
            for inner in value:
                gather(inner)

    for words in (["timeline", "report"], ["diff", f"npm:{PACKAGE}"], ["drift"]):
        gather(takeover.run(*words, "--json").document)
    assert len(found) > 100
    for citation in found:
        start, end = int(str(citation["start"])), int(str(citation["end"]))
        body = custody[:end] if citation["exhibit"] == "custody.jsonl" \
            else stored[str(citation["exhibit"])]
        assert body[start:end] == str(citation["quote"]).encode()
        assert hashlib.sha256(body).hexdigest() == citation["sha256"]
