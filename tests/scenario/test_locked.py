"""Lockfiles and SBOMs: a version is published, locked and replaced, and nobody took a snapshot."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regforensics.evidence.schemas import validate
from simulator import Clock, Npm, PyPI, serve
from tests.support.command import Ended, run
from tests.support.hostile_texts import PAYLOADS

GOOD, EVIL = {"index.js": "module.exports = 1;\n"}, {"index.js": "steal();\n"}


class Case:
    """An evidence directory, and registries that say something else after a while."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.evidence = folder, folder / "evidence"
        clock = Clock("2025-01-01T00:00:00Z")
        self.npm, self.pypi = Npm(clock), PyPI(clock)
        self.npm.publish("lines", "1.0.0", by="ada", files=GOOD)
        self.npm.publish("lines", "1.1.0", by="ada", files=GOOD)
        self.pypi.upload("Paint.Lines", "1.0", by="ada")
        self.host = "https://npm.example"

    def run(self, *words: object) -> Ended:
        return run(*words, "-e", self.evidence)

    def snapshot(self, *targets: object) -> Ended:
        with serve(self.npm, self.pypi) as urls:
            done = self.run("snapshot", *targets, "--npm-registry", urls.npm, "--pypi-url",
                            urls.pypi)
        assert done.code == 0, done.err
        return done

    def sri(self, version: str) -> str:
        """What a lockfile that is made now says of the version."""
        from simulator import Request

        body = json.loads(self.npm.respond(Request("/lines", {})).body)
        return str(body["versions"][version]["dist"]["integrity"])

    def lock(self, name: str = "package-lock.json", version: str = "1.1.0",
             **more: Any) -> Path:
        entry = {"version": version, "resolved":
                 f"{self.host}/lines/-/lines-{version}.tgz", "integrity": self.sri(version), **more}
        path = self.folder / name
        path.write_text(json.dumps({"lockfileVersion": 3, "packages": {
            "": {"name": "app"}, "node_modules/lines": entry}}, indent=2))
        return path

    def rules(self, *options: object) -> dict[str, list[dict[str, Any]]]:
        ended = self.run("timeline", "report", "--format", "json", *options)
        assert ended.code == 0, ended.err
        validate("timeline-report", ended.document)
        found: dict[str, list[dict[str, Any]]] = {}
        for claim in ended.document["claims"]:
            found.setdefault(claim["rule"], []).append(claim)
        report = self.folder / "report.json"
        report.write_text(ended.out)
        assert self.run("timeline", "check", report).code == 0
        return found


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield Case(tmp_path)


def test_bytes_that_changed_since_they_were_locked(case: Case) -> None:
    lock = case.lock()
    old = case.sri("1.1.0")
    case.npm.republish("lines", "1.1.0", EVIL)
    case.snapshot("npm:lines")
    assert case.run("drift").code == 0
    assert case.run("ingest", lock).code == 0
    ended = case.run("drift", "npm:lines", "--json")
    assert ended.code == 10
    validate("drift", ended.document)
    (drift,) = ended.document["drifts"]
    assert drift["grade"] == "confirmed" and drift["version"] == "1.1.0"
    assert {seen["value"] for seen in drift["observations"]} >= {old, case.sri("1.1.0")}
    (claim,) = case.rules()["publish.drift-locked"]
    assert old in claim["statement"] and case.sri("1.1.0") in claim["statement"]
    assert "package-lock.json" in claim["statement"]
    assert {c["exhibit"] for c in claim["citations"]} >= {"EX-000003"} or len(
        claim["citations"]) >= 3


def test_a_lock_that_fits_is_no_drift(case: Case) -> None:
    case.snapshot("npm:lines")
    assert case.run("ingest", case.lock()).code == 0
    assert case.run("drift").code == 0
    assert "publish.drift-locked" not in case.rules()


def test_two_lockfiles_alone_show_it(case: Case) -> None:
    first = case.lock("package-lock.json")
    case.npm.republish("lines", "1.1.0", EVIL)
    second = case.lock("npm-shrinkwrap.json")
    assert case.run("ingest", first).code == 0
    assert case.run("drift").code != 10
    assert case.run("ingest", second).code == 0
    ended = case.run("drift")
    assert ended.code == 10
    assert ended.out.startswith("possible: ") and "    ~ " in ended.out
    assert "    - " not in ended.out and "    + " not in ended.out
    (drift,) = case.run("drift", "--json").document["drifts"]
    assert drift["grade"] == "possible" and drift["across"]
    (claim,) = case.rules()["publish.drift-locked"]
    assert "package-lock.json" in claim["statement"] and "npm-shrinkwrap" in claim["statement"]
    assert "neither says when it was written, and either may have been altered" \
        in claim["statement"]
    case.snapshot("npm:lines")
    (drift,) = case.run("drift", "--json").document["drifts"]
    assert drift["grade"] == "confirmed"  # a capture says it too


def test_exposure_says_that_an_entry_pins_other_bytes_than_the_captured(case: Case) -> None:
    case.snapshot("npm:lines")
    fits = case.lock("package-lock.json")
    case.npm.republish("lines", "1.1.0", EVIL)
    other = case.lock("npm-shrinkwrap.json")
    ended = case.run("exposure", "npm:lines@1.1.0", "--lockfile", fits, "--lockfile", other,
                     "--json")
    validate("exposure", ended.document)
    told = {Path(e["consumer"]["file"]).name: e for e in ended.document["exposures"]
            if e["layer"] == "lockfile"}
    strange = "the hash that it pins is that of no captured file of the version"
    assert strange in told["npm-shrinkwrap.json"]["reason"]
    assert len(told["npm-shrinkwrap.json"]["citations"]) == 3
    assert strange not in told["package-lock.json"]["reason"]


MERGED = """# yarn lockfile v1

<<<<<<< HEAD
lines@^1:
  version "1.0.0"
=======
lines@^1:
  version "1.1.0"
>>>>>>> other
"""


def test_an_unfinished_merge_is_told_with_its_line_and_leaves_the_file_unchecked(case: Case,
                                                                                 ) -> None:
    yarn, clean = case.folder / "yarn.lock", case.folder / "requirements.txt"
    yarn.write_text(MERGED)
    ended = case.run("ingest", yarn)
    assert ended.code == 6
    assert "line 3 begins an unfinished merge (<<<<<<< HEAD)" in ended.err
    assert "no entry's" not in ended.err
    for target in ("npm:lines@1.1.0", "npm:chalk@1.0.0"):
        ended = case.run("exposure", target, "--json")
        told = [e for e in ended.document["exposures"] if e["grade"] == "unchecked"]
        assert any("line 3 begins an unfinished merge" in e["reason"] for e in told), target
    lock = case.lock()
    lock.write_text(lock.read_text().replace("{", "{\n<<<<<<< HEAD", 1))
    ended = case.run("ingest", lock)
    assert ended.code == 5
    assert "line 2 begins an unfinished merge" in ended.err
    clean.write_text("paint-lines==1.0\n# =======\n# <<<<<<< no mark of a merge\n")
    assert case.run("ingest", clean).code == 0


def test_names_without_versions_are_told_as_such(case: Case) -> None:
    file = case.folder / "requirements.txt"
    file.write_text("paint-lines\nlines>=1\n")
    ended = case.run("ingest", file)
    assert "0 versions named, 2 names without one version, 0 entries passed over" in ended.out
    row = case.run("ingest", file, "--json").document["files"][0]
    assert (row["pins"], row["open"]) == (0, 2)
    ended = case.run("exposure", "pypi:paint-lines@1.0")
    assert "0 versions named, 2 names without one version" in ended.out
    assert "UNCHECKED" in ended.out
    validate("exposure", case.run("exposure", "pypi:paint-lines@1.0", "--json").document)


def test_sha1_and_sha512_of_one_file_are_no_drift(case: Case) -> None:
    case.snapshot("npm:lines")
    sha1 = "sha1-" + base64.b64encode(hashlib.sha1(b"another kind of digest").digest()).decode()
    lock = case.lock(integrity=sha1)
    yarn = case.folder / "yarn.lock"
    yarn.write_text(f'# yarn lockfile v1\n\nlines@^1:\n  version "1.1.0"\n  resolved'
                    f' "{case.host}/lines/-/lines-1.1.0.tgz"\n  integrity {case.sri("1.1.0")}\n')
    assert case.run("ingest", yarn).code == 0
    assert case.run("drift").code == 0
    assert case.run("ingest", lock).code == 0
    ended = case.run("drift", "--json")  # the registry's own shasum differs: a weak digest
    assert ended.code == 10 and ended.document["drifts"][0]["grade"] == "likely"


def test_an_entry_from_git_is_no_observation_of_the_registrys_file(case: Case) -> None:
    case.snapshot("npm:lines")
    lock = case.lock(resolved="git+ssh://git@git.example/x.git#abc",
                     integrity="sha512-" + "A" * 86 + "==")
    assert case.run("ingest", lock).code == 0
    assert case.run("drift").code == 0
    ended = case.run("exposure", "npm:lines@1.1.0", "--json")
    (mine,) = [e for e in ended.document["exposures"] if e["layer"] == "lockfile"]
    assert mine["grade"] == "possible" and "git" in mine["reason"]


def test_a_file_of_an_index_that_changed_since_it_was_locked(case: Case) -> None:
    from simulator import Request

    body = json.loads(case.pypi.respond(Request("/pypi/paint-lines/json", {})).body)
    file = body["urls"][0]
    lock = case.folder / "poetry.lock"
    lock.write_text(f'''# This file is automatically @generated by Poetry 2.1.1

[[package]]
name = "paint-lines"
version = "1.0.0"
files = [
    {{file = "{file["filename"]}", hash = "sha256:{file["digests"]["sha256"]}"}},
]
''')
    assert case.run("ingest", lock).code == 0
    case.snapshot("pypi:paint-lines")
    assert case.run("drift").code == 0
    case.pypi.replace_file("paint-lines", file["filename"], b"other bytes")
    other = Case.__new__(Case)
    other.__dict__ |= case.__dict__ | {"evidence": case.folder / "later"}
    assert other.run("ingest", lock).code == 0
    other.snapshot("pypi:paint-lines")
    ended = other.run("drift", "--json")
    assert ended.code == 10 and ended.document["drifts"][0]["file"] == file["filename"]
    (claim,) = other.rules()["publish.drift-locked"]
    assert file["digests"]["sha256"] in claim["statement"]


def test_a_report_on_lockfiles_alone(case: Case) -> None:
    assert case.run("ingest", case.lock()).code == 0
    (claim,) = case.rules("--incident", "npm:lines@1.1.0")["distribution.pinned"]
    assert claim["subject"] == "pkg:npm/lines@1.1.0"


def test_hashes_that_no_capture_knows(case: Case) -> None:
    case.snapshot("pypi:paint-lines")
    pip = case.folder / "requirements.txt"
    pip.write_text(f"paint.lines==1.0.0 \\\n    --hash=sha256:{'ab' * 32}\n")
    assert case.run("ingest", pip).code == 0
    (claim,) = case.rules()["publish.locked-unknown"]
    assert "ab" * 32 in claim["statement"]


def test_hashes_of_which_one_is_known(case: Case) -> None:
    from simulator import Request

    case.snapshot("pypi:paint-lines")
    body = json.loads(case.pypi.respond(Request("/pypi/paint-lines/json", {})).body)
    known = body["urls"][0]["digests"]["sha256"]
    pip = case.folder / "requirements.txt"
    pip.write_text(f"paint.lines==1.0 --hash=sha256:{'ab' * 32} --hash=sha256:{known}\n")
    assert case.run("ingest", pip).code == 0
    assert "publish.locked-unknown" not in case.rules()


def test_the_report_names_who_pins_a_version_in_question(case: Case) -> None:
    case.snapshot("npm:lines")
    assert case.run("ingest", case.lock()).code == 0
    (claim,) = case.rules("--incident", "npm:lines@1.1.0")["distribution.pinned"]
    assert "package-lock.json" in claim["statement"] and "1.1.0" in claim["statement"]
    assert "distribution.pinned" not in case.rules("--incident", "npm:lines@1.0.0")


def test_exposure_by_lockfile_and_sbom(case: Case) -> None:
    case.snapshot("npm:lines")
    sbom = case.folder / "bom.json"
    sbom.write_text(json.dumps({"bomFormat": "CycloneDX", "components": [
        {"name": "lines", "purl": "pkg:npm/lines@1.1.0"}]}))
    ended = case.run("exposure", "npm:lines@1.1.0", "--lockfile", case.lock(), "--sbom", sbom,
                     "--json")
    assert ended.code == 10, ended.err
    validate("exposure", ended.document)
    found = {e["layer"]: e for e in ended.document["exposures"]}
    assert found["lockfile"]["grade"] == found["SBOM"]["grade"] == "likely"
    for one in (found["lockfile"], found["SBOM"]):
        (cited,) = one["citations"]
        shown = case.run("show", f"{cited['exhibit']}:{cited['start']}-{cited['end']}", "--json")
        assert shown.code == 0, shown.err
        assert "1.1.0" in cited["quote"]
    other = case.run("exposure", "npm:lines@1.0.0", "--json")
    assert other.code == 6 and other.document["exposures"][-1]["grade"] == "unchecked"
    assert {row.get("kind") for row in other.document["coverage"]} == {
        "package-lock", "cyclonedx-json"}
    assert case.run("verify").code == 0


def test_what_cannot_be_read_is_unchecked(case: Case) -> None:
    case.snapshot("npm:lines")
    binary = case.folder / "bun.lockb"
    binary.write_bytes(b"#!/usr/bin/env bun\nbun-lockfile-format-v0\n\x00")
    ended = case.run("exposure", "npm:lines@1.1.0", "--lockfile", binary, "--json")
    assert ended.code == 5 and "bun bun.lockb > yarn.lock" in ended.err
    assert any("binary" in e["reason"] for e in ended.document["exposures"])


def test_an_entry_that_cannot_be_read_is_a_gap(case: Case) -> None:
    case.snapshot("pypi:paint-lines")
    lock = case.folder / "poetry.lock"
    lock.write_text('[[package]]\nname = "paint\nversion = "1.0"\n\n[[package]]\nname = "other"\n'
                    'version = "1.0"\n\n[metadata]\n')
    ended = case.run("ingest", lock, "--json")
    assert ended.code == 6 and ended.document["files"][0]["unparsed"] == 1
    report = case.run("timeline", "report", "--format", "json").document
    assert any("poetry-lock" in gap["question"] for gap in report["gaps"])
    ended = case.run("exposure", "pypi:paint-lines@1.0", "--json")
    assert any("cannot be read" in e["reason"] for e in ended.document["exposures"])


def test_a_requirement_without_one_version_stays_open(case: Case) -> None:
    case.snapshot("pypi:paint-lines")
    loose = case.folder / "requirements.txt"
    loose.write_text("paint-lines>=1\nother==1.0\n")
    ended = case.run("exposure", "pypi:paint-lines@1.0", "--lockfile", loose, "--json")
    assert ended.code == 6
    (mine,) = [e for e in ended.document["exposures"] if e["layer"] == "lockfile"]
    assert mine["grade"] == "unchecked" and mine["consumer"] == {"file": str(loose)}


def test_targets_from_watchlists_lockfiles_and_sboms(case: Case) -> None:
    watch = case.folder / "requirements-watch.txt"
    watch.write_text("# ours\nnpm:lines\npypi:paint-lines\n")
    lock = case.lock()
    held = json.loads(lock.read_text())
    held["packages"] |= {"node_modules/fork": {"version": "1.0.0", "resolved": "git+ssh://x/y"},
                         "packages/own": {"version": "1.0.0"}}
    lock.write_text(json.dumps(held))
    sbom = case.folder / "bom.xml"
    sbom.write_text('<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components><component>'
                    "<name>x</name><purl>pkg:pypi/Paint.Lines@1.0</purl></component><component>"
                    "<name>y</name><purl>pkg:deb/debian/y@1</purl></component></components></bom>")
    done = case.snapshot("--from", watch, "--from", lock, "--from", sbom, "--json")
    assert [row["target"] for row in done.document["captures"]
            if row["kind"] in ("packument", "pypi-json")] == ["npm:lines", "pypi:paint-lines"]
    assert "2 targets from 3 files" in done.err
    assert "git" in done.err and "workspace" in done.err and "pkg:deb/debian/y@1" in done.err


def test_ingest_tells_what_a_lockfile_holds(case: Case) -> None:
    ended = case.run("ingest", case.lock(), "--json")
    assert ended.code == 0
    validate("ingest", ended.document)
    (row,) = ended.document["files"]
    assert (row["format"], row["pins"], row["passed"]) == ("package-lock", 1, [])
    assert case.run("ingest", case.lock(), "--subject", "npm:lines").code == 2
    broken = case.folder / "pnpm-lock.yaml"
    broken.write_text("lockfileVersion: [\n")
    assert case.run("ingest", broken).code == 5


def test_an_sbom_that_says_at_its_end_what_it_is(case: Case) -> None:
    sbom = case.folder / "made.json"
    sbom.write_text(json.dumps({"components": [
        {"name": f"p{n}", "purl": f"pkg:npm/p{n}@1.0.0"} for n in range(3000)],
        "bomFormat": "CycloneDX"}))
    ended = case.run("ingest", sbom, "--json")
    assert ended.code == 0 and ended.document["files"][0]["pins"] == 3000


def test_no_hostile_text_of_a_lockfile_reaches_a_terminal(case: Case) -> None:
    texts = [text for text in PAYLOADS if text]
    packages = {f"node_modules/{text}": {"version": text, "resolved": f"https://x.example/{text}",
                                         "integrity": text} for text in texts}
    packages["node_modules/lines"] = {"version": "1.1.0", "resolved": "https://x.example/lines/"
                                      "\x1b[31m", "integrity": "sha512-" + "A" * 86 + "=="}
    lock = case.folder / "package-lock.json"
    lock.write_text(json.dumps({"lockfileVersion": 3, "packages": packages}))
    pip = case.folder / "requirements.txt"
    pip.write_text("\n".join(text.replace("\n", " ").replace("\x00", "") for text in texts)
                   + "\nlines==1.1.0\n", encoding="utf-8", errors="replace")
    case.snapshot("npm:lines")
    for words in (("ingest", lock), ("ingest", pip), ("drift",), ("timeline", "report"),
                  ("exposure", "npm:lines@1.1.0", "pypi:lines@1.1.0")):
        ended = case.run(*words)
        assert ended.code in (0, 6, 10), ended.err
        for char in "\x1b\x07\x9b\u202e\u2066\u200b":
            assert char not in ended.out + ended.err, (words, char)
