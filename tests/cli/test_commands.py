"""Small promises of single commands, each of which an analyst once tripped over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import Npm, PyPI, serve
from tests.hostile.server import serving
from tests.support.command import one_clear_line, run
from tests.support.documents import encoded, packument

USAGE, INCOMPLETE = 2, 6
ROOT = Path(__file__).parents[2]


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    path = tmp_path / "paint.json"
    path.write_bytes(encoded(packument(versions={"1.0.0": {}, "1.1.0": {}})))
    assert run("ingest", path, "-e", tmp_path / "evidence", "--observed-at",
               "2025-06-01").code == 0
    return tmp_path / "evidence"


@pytest.mark.parametrize("name", ["custody.jsonl", "exhibits/report.md", "report.md"])
def test_a_report_is_never_written_into_the_evidence(evidence: Path, name: str) -> None:
    before = {p: p.read_bytes() for p in evidence.rglob("*") if p.is_file()}
    ended = run("timeline", "report", "--format", "md", "-o", evidence / name, "-e", evidence)
    assert ended.code == USAGE
    assert "inside the evidence directory" in one_clear_line(ended)
    assert {p: p.read_bytes() for p in evidence.rglob("*") if p.is_file()} == before


def test_a_device_is_written_and_not_replaced(evidence: Path) -> None:
    done = run("timeline", "report", "--format", "md", "-o", "/dev/null", "-e", evidence)
    assert done.code == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("words", [
    ["timeline", "report", "-o", "x.pdf"], ["timeline", "report", "--format", "pdf"],
    ["timeline", "report", "--incident", "npm:zzz@1.0.0"],
    ["timeline", "report", "--since", "2026", "--until", "2025"],
    ["timeline", "report", "--since", "yesterday"], ["timeline", "report", "-o", "/no/such/x.md"],
    ["diff", "npm:paint@1.0.0"], ["drift", "npm:paint@1.0.0"], ["inventory", "npm:paint@1.0.0"],
    ["snapshot", "npm:paint@1.0.0"], ["diff", "a", "b", "c"], ["show", "nonsense"],
    ["show", "EX-000001#/nowhere"], ["show", "EX-000001:99999"], ["cat", "EX-999999"],
    ["diff", "npm:paint", "--from", "2001-01-01"], ["diff", "npm:other"]])
def test_what_cannot_be_meant_is_refused(evidence: Path, words: list[str]) -> None:
    ended = run(*words, "-e", evidence)
    assert ended.code == USAGE, ended.out
    one_clear_line(ended)


def test_a_version_that_no_capture_mentions_is_a_gap(evidence: Path) -> None:
    document = run("timeline", "report", "--json", "--incident", "npm:paint@9.9.9",
                   "-e", evidence).document
    assert any("9.9.9" in gap["question"] for gap in document["gaps"])
    told = run("timeline", "report", "--format", "md", "--incident", "npm:paint@9.9.9", "-e",
               evidence)
    assert told.err.count("npm:paint@9.9.9 is in no capture of this evidence directory") == 1
    head = told.out.partition("## Key findings")[2].strip().splitlines()[0]
    assert head == "- Not known: `npm:paint@9.9.9` is in no capture of this evidence directory."


def test_a_capture_is_not_compared_with_itself_in_silence(evidence: Path) -> None:
    for words in (["diff", "npm:paint"],
                  ["diff", "npm:paint", "--from", "EX-000001", "--to", "2025-06-01"]):
        ended = run(*words, "-e", evidence)
        assert ended.code == INCOMPLETE
        assert "not compared" in ended.err


def test_drift_says_what_it_compared(evidence: Path, tmp_path: Path) -> None:
    assert "1 captures of 1 packages were compared" in run("drift", "-e", evidence).err
    refused = run("snapshot", "npm:paint", "--npm-registry", "http://127.0.0.1:9/", "-e",
                  tmp_path / "other", "--timeout", "0.2")
    assert refused.code == 3
    assert run("drift", "-e", tmp_path / "other").code == INCOMPLETE


def test_a_stated_day_is_a_day_and_no_instant(evidence: Path) -> None:
    import json

    lines = (evidence / "custody.jsonl").read_text().splitlines()
    taken = next(line for line in map(json.loads, lines) if line["how"] == "file")
    assert taken["requested_at"] == "2025-06-01T00:00:00.000Z"
    assert taken["observed_at"] == "2025-06-01T23:59:59.999Z"


def test_an_observation_before_the_documents_own_times_is_said(tmp_path: Path) -> None:
    path = tmp_path / "paint.json"
    path.write_bytes(encoded(packument()))
    ended = run("ingest", path, "--observed-at", "2020-01-01", "-e", tmp_path / "evidence")
    assert "carries a later time" in ended.err
    future = run("ingest", path, "--observed-at", "2999-01-01", "-e", tmp_path / "evidence")
    assert future.code == USAGE


def test_an_index_that_speaks_only_html_is_captured_and_said(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from simulator import Request, Response

    class Old(PyPI):
        def respond(self, request: Request) -> Response:
            if "/simple/" in request.path:
                page = b"<!DOCTYPE html><a href='x.tar.gz'>x.tar.gz</a>"
                return Response(200, (("Content-Type", "text/html"),
                                      ("Content-Length", str(len(page)))), page)
            return super().respond(request)

    monkeypatch.setenv("HOME", str(tmp_path))
    pypi = Old()
    pypi.upload("brush", "1.0", by="ada")
    with serve(Npm(), pypi) as urls:
        ended = run("snapshot", "pypi:brush", "--pypi-url", urls.pypi, "-e", tmp_path / "evidence",
                    "--json")
    assert ended.code == 0
    assert {c["outcome"] for c in ended.document["captures"]} == {"new"}
    report = run("timeline", "report", "--json", "-e", tmp_path / "evidence").document
    assert any("HTML" in gap["reason"] for gap in report["gaps"])
    assert any("1.0" in claim["statement"] for claim in report["claims"])


@pytest.mark.parametrize("words", [["list"], ["verify"], ["cat", "EX-000001"]])
def test_an_output_that_takes_no_more_is_one_line(evidence: Path, words: list[str]) -> None:
    for redirect, codes in ((">/dev/full", {3}), (">&-", {0})):
        command = f"{sys.executable} -m regforensics {' '.join(words)} -e {evidence} {redirect}"
        done = subprocess.run(["sh", "-c", command], cwd=ROOT, text=True, check=False,
                              capture_output=True, env={**os.environ, "LC_ALL": "C"})
        assert done.returncode in codes, done.stderr
        assert "Traceback" not in done.stderr
        assert "bug" not in done.stderr


def test_a_redirect_to_a_private_address_is_one_line(tmp_path: Path) -> None:
    with serving() as server:
        ended = run("snapshot", "npm:to-metadata", "--npm-registry", server.url,
                    "-e", tmp_path / "evidence")
    assert ended.code == 3
    assert "169.254.169.254" in ended.out


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00",
                                  "2024-02-30T00:00:00Z", "10000-01-01T00:00:00Z"])
def test_a_time_beyond_the_calendar_is_an_unreadable_time(tmp_path: Path, time: str) -> None:
    document = packument(versions={"1.0.0": {}, "1.1.0": {}})
    document["time"] |= {"1.0.0": time, "created": time}
    path = tmp_path / "paint.json"
    path.write_bytes(encoded(document))
    evidence = tmp_path / "evidence"
    assert run("ingest", path, "-e", evidence).code == 0
    for words in (["drift"], ["inventory"], ["timeline", "show"]):
        assert run(*words, "-e", evidence).code == 0
    report = run("timeline", "report", "--json", "-e", evidence).document
    assert any("no readable time" in gap["reason"] for gap in report["gaps"])


@pytest.mark.parametrize("words", [["ingest", "{}", "--observed-at", "0001-01-01T00:00:00+01:00"],
                                   ["timeline", "show", "--announced",
                                    "9999-12-31T23:59:59-01:00"]])
def test_a_time_option_beyond_the_calendar_is_wrong_usage(
        evidence: Path, tmp_path: Path, words: list[str]) -> None:
    filled = [word.format(tmp_path / "paint.json") for word in words]
    assert run(*filled, "-e", evidence).code == USAGE


def test_of_many_captures_the_origin_is_told_of_the_first(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from regforensics.cli import capturing

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(capturing, "_MOST_JUDGED", 3)
    npm, names = Npm(), [f"npm:paint-{number}" for number in range(5)]
    for name in names:
        npm.publish(name.removeprefix("npm:"), "1.0.0", by="ada")
    with serve(npm, PyPI()) as urls:
        few = run("snapshot", *names[:3], "--npm-registry", urls.npm, "-e", tmp_path / "few")
        many = run("snapshot", *names, "--npm-registry", urls.npm, "-e", tmp_path / "many")
        document = run("snapshot", *names, "--npm-registry", urls.npm, "-e", tmp_path / "json",
                       "--json").document
    assert (few.out.count("looks like"), "not judged" in few.err) == (3, False)
    assert (many.out.count("looks like"), many.out.count("npm:paint-")) == (3, 5)
    assert "what 2 further captures look like was not judged here" in many.err
    assert [bool(c["origin"]) for c in document["captures"]] == [True] * 5


def test_names_that_differ_in_case_are_found_again(tmp_path: Path) -> None:
    for number, digest in enumerate(("a", "b")):
        document = packument("JSONStream")
        document["versions"]["1.0.0"]["dist"] |= {"integrity": f"sha512-{digest * 86}==",
                                                  "shasum": digest * 40}
        path = tmp_path / f"{number}.json"
        path.write_bytes(encoded(document))
        assert run("ingest", path, "--observed-at", f"2025-01-0{number + 1}",
                   "-e", tmp_path / "evidence").code == 0
    ended = run("drift", "npm:JSONStream", "-e", tmp_path / "evidence", "--json")
    assert ended.code == 10
    assert ended.document["drifts"][0]["subject"] == "pkg:npm/JSONStream"


def test_deep_members_are_compared_without_a_crash(tmp_path: Path) -> None:
    for name, leaf in (("a.json", "1"), ("b.json", "2")):
        deep = "[" * 700 + leaf + "]" * 700
        body = encoded(packument()).decode().replace("{", '{"deep":' + deep + ",", 1)
        (tmp_path / name).write_text(body)
    ended = run("diff", tmp_path / "a.json", tmp_path / "b.json", "--json")
    assert ended.code in (5, 10)


def test_a_pipe_or_device_is_no_document(evidence: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for bad in (tmp_path / "pipe", "/dev/zero"):
        for words, code in ((["diff", bad, bad], 5), (["timeline", "check", bad], 5),
                            (["snapshot", "--from", bad], USAGE), (["ingest", bad], 5)):
            ended = run(*words, *([] if words[0] == "diff" else ["-e", evidence]))
            assert ended.code == code
            assert "not a regular file" in one_clear_line(ended)


def test_contradicting_duplicates_are_said_and_block_nothing(tmp_path: Path) -> None:
    body = encoded(packument()).decode()
    twice = body.replace('"_npmUser":{"name":"ada"}', '"_npmUser":{"name":"mallory","name":"ada"}')
    twice = twice[:-1] + ',"\\u0074ime":{"1.0.0":"2021-01-01T00:00:00.000Z"}}'
    (tmp_path / "one.json").write_text(body)
    (tmp_path / "two.json").write_text(twice)
    evidence = tmp_path / "evidence"
    for name, day in (("one", "2025-01-01"), ("two", "2025-01-02")):
        assert run("ingest", tmp_path / f"{name}.json", "--observed-at", day,
                   "-e", evidence).code == 0
    report = run("timeline", "report", "--json", "-e", evidence)
    assert report.code == 0, report.err
    said = " ".join(gap["question"] + gap["reason"] for gap in report.document["gaps"])
    assert "more than once" in said
    diff = run("diff", tmp_path / "one.json", tmp_path / "two.json", "--json")
    assert any("more than once" in gap["reason"] for gap in diff.document["gaps"])


@pytest.mark.parametrize("key", ["1.0.1-\\ud800", "1.0.1-\u00ff"])
def test_keys_that_no_parser_likes_block_nothing(tmp_path: Path, key: str) -> None:
    body = encoded(packument(versions={"1.0.0": {}, "1.1.0": {}})).decode()
    body = body.replace('"1.1.0":', f'"{key}":')
    (tmp_path / "odd.json").write_bytes(body.encode("latin-1"))
    (tmp_path / "fine.json").write_bytes(encoded(packument("brush")))
    evidence = tmp_path / "evidence"
    for name in ("odd", "fine"):
        assert run("ingest", tmp_path / f"{name}.json", "-e", evidence).code == 0
    for words in (["timeline", "show"], ["drift"], ["inventory"], ["timeline", "report"]):
        assert run(*words, "-e", evidence).code in (0, 6)
    assert "npm:brush" in run("timeline", "show", "-e", evidence).out


@pytest.mark.parametrize("words", [
    ["snapshot", "--nope"], ["snapshot", "npm:x", "--concurrency", "900"], ["nosuch"], ["diff"],
    ["--nope"], ["timeline", "nope"], ["timeline", "show", "--window", "abc"]])
def test_refused_options_are_one_line_and_a_hint(words: list[str]) -> None:
    ended = run(*words)
    assert ended.code == USAGE
    one_clear_line(ended)
    assert [line.partition(":")[0] for line in ended.err.splitlines()] == ["error", "hint"]


def test_an_unknown_target_names_every_kind_of_target(evidence: Path) -> None:
    hint = run("snapshot", "foo", "-e", evidence).err.splitlines()[-1]
    for kind in ("npm:", "npm:@", "pypi:", "maven:", "pkg:", "npm-user:", "pypi-user:"):
        assert kind in hint


def test_drift_shows_one_pair_and_both_places(tmp_path: Path) -> None:
    for name, letter in (("old", "a"), ("new", "b")):
        document = packument(versions={"1.0.0": {}})
        document["versions"]["1.0.0"]["dist"] |= {
            "shasum": letter * 40, "integrity": f"sha512-{letter * 86}=="}
        (tmp_path / name).write_bytes(encoded(document))
        run("ingest", tmp_path / name, "-e", tmp_path / "e", "--observed-at", "2025-06-01")
    ended = run("drift", "-e", tmp_path / "e")
    assert ended.code == 10
    marked = [line.split()[0] for line in ended.out.splitlines() if "[EX-" in line]
    assert marked == ["-", "+"]
    assert "shasum differs too" in ended.out
    assert ended.out.count("file EX-") == 2


def test_the_list_stands_in_columns(evidence: Path, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text('{"keys":[{"keyid":"SHA256:x","key":"AA=="}]}')
    run("ingest", tmp_path / "keys.json", "--format", "raw", "-e", evidence)
    lines = run("list", "-e", evidence).out.splitlines()
    assert len(lines) == 2
    assert len({len(line.rpartition("  x")[0]) for line in lines}) == 1
