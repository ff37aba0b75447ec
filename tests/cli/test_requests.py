"""requests: who asked for a package, out of raw logs and out of the evidence."""

import gzip
import hashlib
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from regforensics.cli import asking
from regforensics.evidence.schemas import validate
from regforensics.evidence.store import EvidenceStore
from tests.support.command import one_clear_line, run

LINE = ("2025-09-08T13:20:{n:02}.000Z|t|10.0.0.{host}|ada|GET|/api/npm/r/chalk/-/chalk-5.6.{v}.tgz"
        "|200|-1|43210|600|npm/10.8.2 node/v20")
LINES = [LINE.format(n=n, host=n % 3, v=n % 2) for n in range(1, 9)]
BODY = "\n".join([*LINES[:4], "noise", "noise about chalk", "caf\u00e9", *LINES[4:]]).encode()
KEY = ("address", "user_agent", "user", "version", "by", "action", "layer", "log", "outcome",
       "count", "first", "last")
BY_NAME = {"by": "client", "action": "download", "outcome": "transferred"}


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
    assert "registry proxy log (artifactory-request): 3 consumers, 2025-09-08T13:20:01.000Z to" \
        in ended.out
    assert "download, transferred: 8\n" in ended.out
    assert "10.0.0.0/24 (3 addresses), ada, npm/10.8.2 node/v20: 5.6.0 download, transferred x4;" \
        " 5.6.1 download, transferred x4; 2025-09-08T13:20:01.000Z to" in ended.out
    assert f"[r.log: line 1, bytes 0-{len(LINES[0])}]" in ended.out
    assert "line 6: no line of artifactory-request, as those around it are" in ended.err
    assert "no citations" in ended.err


def test_a_package_that_nobody_asked_for_is_told_with_what_was_covered(tmp_path: Path) -> None:
    path, evidence = tmp_path / "r.log", tmp_path / "evidence"
    path.write_bytes("\n".join(LINES).encode())
    run("ingest", path, "-e", evidence)
    for where in ((path,), ("-e", evidence)):
        ended = run("requests", "npm:left-pad", *where)
        assert ended.code == 0, ended.err
        assert "no line that could be read shows a request; what these logs cover:" in ended.out
        assert "r.log: 8 lines, all read; artifactory-request; 2025-09-08T13:20:01.000Z to" \
            " 2025-09-08T13:20:08.000Z; 0 unparsed; 100 % of that time covered" in ended.out
        document = run("requests", "npm:left-pad", *where, "--json").document
        validate("requests", document)
        assert document["kinds"] == document["groups"] == []
        assert document["files"][0]["coverage"]["lines"] == 8
    path.write_bytes("\n".join([*LINES, "noise"]).encode())
    assert run("requests", "npm:left-pad", path).code == 6


UTF16 = "\n".join(LINES).encode("utf-16-le")


@pytest.mark.parametrize(("name", "data"), [
    ("x.7z", random.Random(1).randbytes(70_000)), ("r.log", UTF16), ("r.log", b"left-pad?"),
    ("r.log", b"\x00" * 3_000_000), ("r.log.gz", gzip.compress(UTF16))],
    ids=["random bytes", "UTF-16 without its mark", "words", "NUL", "packed UTF-16"])
def test_what_is_no_log_is_named_and_no_answer(name: str, data: bytes, tmp_path: Path) -> None:
    path, log = tmp_path / name, tmp_path / "a.log"
    path.write_bytes(data)
    ended = run("requests", "npm:left-pad", path)
    assert ended.code == 5
    assert str(path) in one_clear_line(ended)
    assert "covers nothing" in one_clear_line(ended)
    assert "nothing is known: there is no log that could be read" in ended.out
    validate("requests", run("requests", "npm:left-pad", path, "--json").document)
    log.write_bytes(BODY)
    ended = run("requests", "npm:chalk", log, path)
    assert ended.code == 10
    assert str(path) in one_clear_line(ended)


def test_an_empty_file_and_evidence_without_logs_are_no_answer(tmp_path: Path) -> None:
    path, evidence = tmp_path / "r.log", tmp_path / "evidence"
    path.write_bytes(b"")
    ended = run("requests", "npm:chalk", path)
    assert (ended.code, "it covers nothing" in ended.out) == (6, True)
    EvidenceStore.create_or_open(evidence)
    ended = run("requests", "npm:chalk", "-e", evidence)
    assert (ended.code, "there is no log that could be read" in ended.out) == (6, True)


def test_a_large_log_is_searched_whole_and_read_in_part(tmp_path: Path) -> None:
    path = tmp_path / "r.log"
    line = LINES[0].encode() + b"\n"
    path.write_bytes(line * 30_000 + LINES[7].encode() + b"\n")
    ended = run("requests", "npm:left-pad", path)
    assert ended.code == 0
    assert "30001 lines, all searched for the name and 10" in ended.out
    assert "2025-09-08T13:20:01.000Z to 2025-09-08T13:20:08.000Z" in ended.out
    assert "silences are not looked for" in ended.out


OUT = ("2025-09-08T13:19:59.000Z|a1347a2e5ad0d45b|npm-remote|_system_|GET|"
       "https://up.example/chalk/-/chalk-5.6.1.tgz|200|0|43210|30")
FILL = "2025-09-08T13:20:00.000Z|t|40|UPLOAD|10.0.0.1|npm-remote-cache:chalk/-/chalk-5.6.1.tgz|9"
DOWN = "2025-09-08T13:20:01.000Z|t|40|DOWNLOAD|10.0.0.1|npm-remote:chalk/-/chalk-5.6.1.tgz|43210"
NGINX = ('10.0.0.1 - - [08/Sep/2025:13:20:01 +0000] "{} /npm/chalk/-/chalk-5.6.1.tgz HTTP/1.1" {}'
         ' 43210 "-" "{}"')

NEXUS = ('{"timestamp":"2025-09-08 15:20:12,856-0200","initiator":"ada/10.0.0.1","domain":'
         '"repository.component","type":"created","attributes":{"repository.name":"npm-proxy",'
         '"format":"npm","name":"chalk","version":"5.6.1"}}')


def test_kinds_of_log_are_never_added_up_and_the_layers_own_fetches_set_apart(
        tmp_path: Path) -> None:
    path, evidence = tmp_path / "mixed.log", tmp_path / "evidence"
    path.write_text("\n".join([
        LINES[1], OUT, FILL, DOWN, NGINX.format("GET", 200, "npm/10"),
        NGINX.format("HEAD", 200, "npm/10"), NGINX.format("GET", 403, "npm/10"),
        NGINX.format("GET", 404, "npm/10"), NGINX.format("PUT", 201, "npm/10").replace(
            "/npm/chalk/-/chalk-5.6.1.tgz", "/api/npm/r/chalk"), NEXUS,
        NGINX.format("GET", 200, "bandersnatch/6.0"),
        NGINX.format("GET", 200, "npm (verdaccio/6.0.0)")]))
    run("ingest", path, "-e", evidence)
    for where in ((path,), ("-e", evidence)):
        document = run("requests", "npm:chalk", *where, "--json").document
        validate("requests", document)
        kinds = {kind["log"]: kind for kind in document["kinds"]}
        assert {name: kind["consumers"] for name, kind in kinds.items()} == {
            "artifactory-request": 1, "artifactory-request-out": 0, "artifactory-traffic": 1,
            "combined": 1, "nexus-audit": 0}
        assert {(c["by"], c["action"]) for c in kinds["nexus-audit"]["counts"]} == {
            ("server", "stored")}
        assert kinds["artifactory-request-out"]["counts"] == [
            {"by": "server", "action": "download", "outcome": "transferred", "count": 1}]
        assert {(c["by"], c["action"]) for c in kinds["artifactory-traffic"]["counts"]} == {
            ("client", "download"), ("server", "download")}
        assert {(c["by"], c["action"], c["outcome"]): c["count"]
                for c in kinds["combined"]["counts"]} == {
            ("client", "download", "transferred"): 1, ("client", "peek", "unknown"): 1,
            ("client", "download", "refused"): 1, ("client", "download", "absent"): 1,
            ("client", "upload", "accepted"): 1,
            ("mirror or proxy", "download", "transferred"): 2}
        text = run("requests", "npm:chalk", *where).out
        assert "requests by" not in text
        assert "Kinds of log are not added up" in text
        assert "registry proxy log (artifactory-request-out): 0 consumers\n" in text
        assert "set apart, by the layer itself: 5.6.1 download, transferred x1" in text
        assert "set apart, by mirrors and proxies: 5.6.1 download, transferred x2" in text


def test_lines_that_are_handed_over_twice_and_logins_count_once(tmp_path: Path) -> None:
    evidence, folder = tmp_path / "evidence", tmp_path / "logs"
    folder.mkdir()
    first = LINES[0].replace("|ada|", "|non_authenticated_user|").replace("|200|", "|401|")
    (folder / "a.log").write_text("\n".join([first, *LINES[:4]]))
    (folder / "b.log").write_text("\n".join(LINES[2:]))
    run("ingest", folder, "-e", evidence)
    told = []
    for where in ((folder,), ("-e", evidence)):
        document = run("requests", "npm:chalk", *where, "--json").document
        validate("requests", document)
        assert (document["repeated"], document["challenged"]) == (2, 1)
        assert document["kinds"][0]["counts"] == [{**BY_NAME, "count": 8}]
        told.append(counted(document))
        err = run("requests", "npm:chalk", *where).err
        assert "2 lines stand in several files" in err
        assert "1 refusals (401) are the first step" in err
    assert told[0] == told[1]


def test_too_many_rows_to_put_in_order_are_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                                   ) -> None:
    monkeypatch.setattr(asking, "_SETTLED", 3)
    (tmp_path / "r.log").write_text("\n".join(LINES))
    ended = run("requests", "npm:chalk", tmp_path / "r.log")
    assert "download, transferred: 8\n" in ended.out
    assert "more than 3 lines are about it" in ended.err


def test_consumers_are_ranked_by_what_they_got_and_the_rest_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "r.log"
    path.write_text("\n".join(
        [LINES[0].replace("|10.0.0.1|", f"|10.{n}.0.1|").replace("|200|", "|404|")
         for n in range(1, 31) for _ in range(2)] + LINES))
    shown = run("requests", "npm:chalk", path).out.splitlines()
    assert "31" not in shown[0]
    assert shown[1].startswith("registry proxy log (artifactory-request): 33 consumers,")
    assert shown[3].startswith("  10.0.0.0/24 (3 addresses)")
    assert shown[-1].startswith("  and 11 more networks and agents with 22 lines")
    assert len(shown) == 24


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
    kind, = document["kinds"]
    assert (kind["unlisted"], kind["ungrouped"]) == (5, 3)
    assert kind["counts"] == [{**BY_NAME, "count": 8}]
    assert sum(group["count"] for group in document["groups"]) == 5
    assert sum(len(group["rows"]) for group in document["groups"]) == 3


def test_rows_of_a_table_are_named_as_show_prints_them(tmp_path: Path) -> None:
    path, evidence = tmp_path / "export.csv", tmp_path / "evidence"
    path.write_bytes("".join(f'"{cell}"\r\n' for cell in ("_raw", *LINES[:2])).encode())
    run("ingest", path, "-e", evidence)
    for where in ((path,), ("-e", evidence)):
        ended = run("requests", "npm:chalk", *where, "--json")
        rows = [row for group in ended.document["groups"] for row in group["rows"]]
        assert {path.read_bytes()[row["start"]:row["end"]][-2:] for row in rows} == {b'"\r'}
    shown = run("show", f"{rows[0]['exhibit']}:{rows[0]['where']}", "-e", evidence, "--json")
    cited = shown.document["citation"]
    assert (cited["start"], cited["end"]) == (rows[0]["start"], rows[0]["end"])
