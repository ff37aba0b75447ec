"""Package files through the command line: fetched, held against the registry, looked into."""

import gzip
import hashlib
import json
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from regforensics.evidence.custody import head_bytes
from regforensics.evidence.schemas import validate
from simulator import Npm, PyPI, serve
from simulator.archives import bomb, crafted, tarball, wheel
from simulator.npm_answers import abbreviated, published
from simulator.stories import IMPLANT
from tests.support.command import Ended, run
from tests.support.tools import needs

NAME = "paint-lines"
TARGET, PROJECT = f"npm:{NAME}", "pypi:paint-lines-py"


@dataclass
class Bench:
    """Two registries on 127.0.0.1 and an evidence directory."""

    npm: Npm
    pypi: PyPI
    folder: Path
    urls: tuple[str, str]

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence"

    def snapshot(self, *words: object) -> Ended:
        return run("snapshot", *(words or (TARGET, "--artifacts", "new")), "--npm-registry",
                   self.urls[0], "--pypi-url", self.urls[1], "-e", self.evidence)

    def files(self, *words: object) -> list[dict[str, Any]]:
        done = self.snapshot(*(words or (TARGET, "--artifacts", "new")), "--json")
        validate("snapshot", done.document)
        return [row for row in done.document["captures"] if row.get("kind") == "artifact"]

    def run(self, *words: object) -> Ended:
        return run(*words, "-e", self.evidence)

    def report(self, *words: object) -> dict[str, Any]:
        ended = self.run("timeline", "report", "--format", "json", *words)
        assert ended.code == 0, ended.err
        document: dict[str, Any] = ended.document
        return document

    def claims(self, rule: str) -> list[dict[str, Any]]:
        return [c for c in self.report()["claims"] if c["rule"] == rule]

    def kinds(self) -> list[str]:
        rows = self.run("list", "--json").document["exhibits"]
        return [row["kind"] for row in rows]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    npm, pypi = Npm(), PyPI()
    with serve(npm, pypi) as urls:
        yield Bench(npm, pypi, tmp_path, (urls.npm, urls.pypi))


def publish(bench: Bench, version: str = "1.0.0", days: float = 30, **more: Any) -> None:
    bench.npm.publish(NAME, version, by="ada", at=bench.npm.clock.ago(days=days), **more)


def test_new_files_are_fetched_once_and_match(bench: Bench) -> None:
    publish(bench)
    publish(bench, "1.1.0", 20)
    first = bench.files()
    assert [(r["version"], r["check"], r["outcome"]) for r in first] == [
        ("1.1.0", "match", "new"), ("1.0.0", "match", "new")]
    assert {d["algorithm"] for d in first[0]["digests"]} == {"sha1", "sha512"}
    assert bench.files() == []
    assert [r["outcome"] for r in bench.files(TARGET, "--artifacts", "all")] == ["unchanged"] * 2
    assert bench.kinds().count("artifact") == 2
    assert bench.kinds().count("artifact-manifest") == 2
    assert bench.run("verify").code == 0
    (matches,) = bench.claims("integrity.artifact-matches")
    assert matches["statement"].startswith("2 package files")
    assert bench.claims("integrity.artifact-mismatch") == []
    assert bench.claims("integrity.manifest-confusion") == []
    assert bench.run("drift").code == 0


def test_without_the_option_no_file_is_fetched(bench: Bench) -> None:
    publish(bench)
    bench.snapshot(TARGET)
    assert "artifact" not in bench.kinds()


def test_pypi_files_match_every_digest_that_the_index_states(bench: Bench) -> None:
    bench.pypi.upload("paint-lines-py", "2.0.0", by="ada")
    bench.pypi.upload("paint-lines-py", "2.0.0", "paint_lines_py-2.0.0-py3-none-any.whl", by="ada",
                      content=wheel({"paint_lines_py-2.0.0.dist-info/METADATA":
                                     "Metadata-Version: 2.4\nName: Paint.Lines_py\n"
                                     "Version: 2.0\n"}))
    rows = bench.files(PROJECT, "--artifacts", "new")
    assert {r["file"].rpartition(".")[2] for r in rows} == {"gz", "whl"}
    assert {r["check"] for r in rows} == {"match"}
    assert {d["algorithm"] for r in rows for d in r["digests"]} >= {"sha256", "md5", "blake2b_256"}
    assert bench.claims("integrity.manifest-confusion") == []


def test_swapped_bytes_are_a_mismatch_and_exit_as_a_snapshot_does(bench: Bench) -> None:
    publish(bench)
    bench.npm.swap(NAME, "1.0.0", tarball({"package.json": "{}", "index.js": IMPLANT}))
    done = bench.snapshot()
    assert done.code == 0 and "MISMATCH (sha1, sha512)" in done.out
    (claim,) = bench.claims("integrity.artifact-mismatch")
    assert claim["section"] == "integrity" and claim["subject"].endswith("@1.0.0")
    assert "integrity is stated as" in claim["statement"]
    assert bench.claims("integrity.artifact-matches") == []
    ended = bench.run("drift", "--json")
    validate("drift", ended.document)
    (drift,) = ended.document["drifts"]
    assert (ended.code, drift["version"], drift["across"]) == (10, "1.0.0", True)
    assert "two places serve different bytes" in drift["meaning"]
    assert bench.claims("publish.drift-across") == []  # the mismatch says it already


def test_the_same_bytes_under_a_changed_statement_are_a_mismatch(bench: Bench) -> None:
    publish(bench)
    bench.snapshot()
    old = dict(bench.npm.tarballs)
    bench.npm.tick(3600)
    bench.npm.republish(NAME, "1.0.0", {"index.js": IMPLANT})
    bench.npm.tarballs.update(old)
    assert [r["check"] for r in bench.files()] == ["mismatch"]
    assert len(bench.claims("integrity.artifact-mismatch")) == 1
    assert len(bench.claims("integrity.artifact-matches")) == 1


def test_a_file_on_another_host_is_not_fetched_unless_allowed(bench: Bench) -> None:
    publish(bench)
    with serve(bench.npm.through("artifactory")) as other:
        bench.npm.base_url = other.npm
        done = bench.snapshot()
        assert done.code == 3 and "--artifact-host 127.0.0.1 allows it" in done.out
        report = bench.report()
        assert any("not fetched: its host" in gap["reason"] for gap in report["gaps"])
        assert not [c for c in report["claims"] if c["rule"] == "integrity.failed"]
        host = other.npm.split("/")[2]
        done = bench.snapshot(TARGET, "--artifacts", "new", "--artifact-host", host)
        assert done.code == 0 and "match (" in done.out


def test_a_file_that_is_gone_is_a_gap_and_no_failure(bench: Bench) -> None:
    publish(bench)
    bench.npm.tarballs.clear()
    assert bench.snapshot().code == 0
    assert any("answered 404" in gap["reason"] for gap in bench.report()["gaps"])


def test_a_file_larger_than_allowed_is_a_gap(bench: Bench) -> None:
    publish(bench, files={"big.js": "x" * (2 << 20)})
    done = bench.snapshot(TARGET, "--artifacts", "new", "--max-size", "1")
    assert done.code == 3
    assert any("1 MiB" in gap["reason"] or "MiB" in gap["reason"]
               for gap in bench.report()["gaps"])


def inner(**members: Any) -> dict[str, str]:
    return {"package.json": json.dumps({"name": NAME, "version": "1.0.0", **members})}


def test_a_hidden_install_script_is_manifest_confusion(bench: Bench) -> None:
    publish(bench, scripts={"test": "node test.js"}, dependencies={"line-width": "^2.0.0"},
            files=inner(name="paint-linez", scripts={"postinstall": "node setup.js",
                                                      "test": "node test.js"},
                        dependencies={"line-width": "^2.0.0", "plain-paint-js": "4.2.1"}))
    bench.snapshot()
    said = [c["statement"] for c in bench.claims("integrity.manifest-confusion")]
    assert len(said) == 3
    assert any("states the name paint-linez" in s for s in said)
    assert any('has "node setup.js" as its postinstall script' in s for s in said)
    assert any("depends on plain-paint-js (4.2.1), which" in s for s in said)
    hidden = next(c for c in bench.claims("integrity.manifest-confusion")
                  if "postinstall" in c["statement"])
    assert hidden["absences"] and hidden["basis"] == "inferred"


@pytest.mark.parametrize(("outside", "inside"), [
    ({"scripts": {"install": "node-gyp rebuild"}}, {}),
    ({"scripts": {"test": "jest"}}, {"scripts": {"test": "./node_modules/.bin/jest"}}),
    ({"scripts": {"test": "x"}}, {"scripts": {"test": "x", "prepublishOnly": "y", "prepare": "z"}}),
    ({}, {"version": "v1.0.0+build.5"}), ({}, {"version": " =1.0.0"}),
    ({"dependencies": {"a": "git+https://github.com/o/a.git"}}, {"dependencies": {"a": "o/a"}}),
    ({"dependencies": {"a": "git+ssh://git@github.com/o/a.git"}},
     {"dependencies": {"a": "github:o/a"}}),
    ({"dependencies": {"a": "^1.0.0", "b": "1"}},
     {"dependencies": {"a": "^1.0.0"}, "optionalDependencies": {"b": "1"}}),
    ({"dependencies": {"a": "*"}}, {"dependencies": {"a": ""}}),
    ({"dependencies": {"a": "^1.2.0"}}, {"dependencies": {"a": "workspace:^"}}),
    ({}, {"dependencies": {}, "scripts": {}, "_id": "x", "gypfile": True, "bin": "cli.js"}),
    ({"dependencies": {"a": ">=1 <2"}}, {"dependencies": {"a": " >=1   <2 "}}),
])
def test_what_publishing_clients_normalise_stays_silent(
        bench: Bench, outside: dict[str, Any], inside: dict[str, Any]) -> None:
    publish(bench, files=inner(**inside), **outside)
    bench.snapshot()
    assert bench.kinds().count("artifact-manifest") == 1
    assert bench.claims("integrity.manifest-confusion") == []


def test_a_shortened_document_leaves_scripts_out_without_confusion(bench: Bench) -> None:
    publish(bench, scripts={"postinstall": "node setup.js"})
    short = bench.folder / "short.json"
    short.write_text(json.dumps(abbreviated(published(bench.npm, NAME))))
    (bench.folder / "x.tgz").write_bytes(next(iter(bench.npm.tarballs.values())))
    assert bench.run("ingest", short).code == 0
    assert bench.run("ingest", bench.folder / "x.tgz", "--subject", f"{TARGET}@1.0.0").code == 0
    assert bench.kinds().count("artifact-manifest") == 1
    assert bench.claims("integrity.manifest-confusion") == []
    bench.snapshot(TARGET)
    assert bench.claims("integrity.manifest-confusion") == []


def test_pypi_metadata_of_another_project(bench: Bench) -> None:
    bench.pypi.upload("paint-lines-py", "2.0.0", by="ada", files={
        "PKG-INFO": "Metadata-Version: 2.4\nName: other\nVersion: 3.0\n\nName: body\n"})
    bench.snapshot(PROJECT, "--artifacts", "new")
    said = [c["statement"] for c in bench.claims("integrity.manifest-confusion")]
    assert len(said) == 2 and any("states the version 3.0" in s for s in said)


def test_a_climbing_name_and_a_link_are_told(bench: Bench) -> None:
    link = tarfile.TarInfo("package/keys")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    publish(bench, tarball=crafted(("package/package.json", b"{}"),
                                   ("package/../../.bashrc", b"x"), link))
    bench.snapshot()
    said = {c["statement"]: c for c in bench.claims("integrity.artifact-danger")}
    climbing = next(s for s in said if "lead out of the directory" in s)
    assert "package/../../.bashrc" in climbing
    assert any("holds links: package/keys" in s for s in said)
    assert not (bench.folder / ".bashrc").exists()


def test_a_bomb_is_listed_up_to_its_limit(bench: Bench) -> None:
    publish(bench, tarball=bomb(400))
    row = bench.files()[0]
    assert (row["check"], row["whole"], row["oddities"]) == ("match", False, ["stopped"])
    (claim,) = bench.claims("integrity.artifact-danger")
    assert "it unpacks to more than" in claim["statement"]
    assert bench.run("verify").code == 0


def test_what_is_no_archive_is_told(bench: Bench) -> None:
    publish(bench, tarball=b"<html>not found</html>")
    assert bench.files()[0]["check"] == "match"
    (claim,) = bench.claims("integrity.artifact-danger")
    assert "is no archive of a form that can be read here" in claim["statement"]


def test_an_honest_package_has_no_danger(bench: Bench) -> None:
    publish(bench, files={"lib/a.js": "1", "README.md": "x"})
    bench.snapshot()
    assert bench.claims("integrity.artifact-danger") == []


def test_a_new_file_that_the_install_script_runs(bench: Bench) -> None:
    publish(bench, days=30)
    publish(bench, "1.0.1", 1, scripts={"postinstall": "node ./setup.js"},
            files={"setup.js": IMPLANT, "lib/bin/helper.node": b"\x7fELF", "README.md": "x"})
    bench.snapshot()
    said = [c["statement"] for c in bench.claims("publish.files-added")]
    assert len(said) == 2
    assert any("setup.js (" in s and "which its install script runs" in s for s in said)
    assert any("the binary package/lib/bin/helper.node" in s for s in said)


def test_added_docs_and_a_renamed_bundle_are_no_lead(bench: Bench) -> None:
    publish(bench, days=30, scripts={"postinstall": "node setup.js"},
            files={"setup.js": "1", "dist/app.aaa.js": "x" * 200_000, "pre/a.node": "1"})
    publish(bench, "1.0.1", 1, scripts={"postinstall": "node setup.js"},
            files={"setup.js": "2", "dist/app.bbb.js": "x" * 201_000, "docs/new.md": "x",
                   "pre/b.node": "1"})
    bench.snapshot()
    assert bench.claims("publish.files-added") == []


def test_a_handed_over_file_is_held_against_the_captures(bench: Bench) -> None:
    publish(bench)
    bench.snapshot(TARGET)
    good = next(iter(bench.npm.tarballs.values()))
    (bench.folder / "good.tgz").write_bytes(good)
    (bench.folder / "bad.tgz").write_bytes(tarball({"package.json": "{}"}))
    for name in ("good.tgz", "bad.tgz"):
        done = bench.run("ingest", bench.folder / name, "--subject", f"{TARGET}@1.0.0", "--json")
        assert done.code == 0, done.err
        validate("ingest", done.document)
        assert done.document["files"][0]["format"] == "artifact"
    (claim,) = bench.claims("integrity.artifact-mismatch")
    assert "bad.tgz" in claim["statement"] and "handed over" in claim["statement"]
    assert len(bench.claims("integrity.artifact-matches")) == 1


def test_a_handed_over_file_needs_a_version(bench: Bench) -> None:
    (bench.folder / "x.tgz").write_bytes(tarball({"package.json": "{}"}))
    for words in ((), ("--subject", TARGET)):
        done = bench.run("ingest", bench.folder / "x.tgz", *words)
        assert done.code == 5 and "--subject npm:NAME@VERSION" in done.err


def rechained(evidence: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrite custody, its head and the manifest so that the chain holds again."""
    lines, prev = [], "0" * 64
    for text in (evidence / "custody.jsonl").read_text().splitlines():
        record = json.loads(text)
        change(record)
        record["prev"] = prev
        line = json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n"
        prev = hashlib.sha256(line.encode()).hexdigest()
        lines.append(line)
    body = "".join(lines).encode()
    (evidence / "custody.jsonl").write_bytes(body)
    (evidence / "custody-head.json").write_bytes(head_bytes(len(lines), len(body), prev))


def forge(evidence: Path, path: Path, forged: bytes) -> None:
    """Replace an exhibit, and every digest that is stored of it."""
    was = hashlib.sha256(path.read_bytes()).hexdigest()
    now = hashlib.sha256(forged).hexdigest()
    path.chmod(0o644)
    path.write_bytes(forged)

    def change(record: dict[str, Any]) -> None:
        if record.get("sha256") == was:
            record |= {"sha256": now, "size": len(forged)}

    rechained(evidence, change)
    manifest = evidence / "manifest-sha256.txt"
    manifest.chmod(0o644)
    manifest.write_text(manifest.read_text().replace(was, now))


def test_a_forged_listing_is_caught(bench: Bench) -> None:
    publish(bench, files={"evil.js": IMPLANT})
    bench.snapshot()
    report = bench.folder / "r.json"
    assert bench.run("timeline", "report", "-o", report).code == 0
    assert bench.run("timeline", "check", report).code == 0
    (path,) = (bench.evidence / "exhibits").glob("*artifact-listing*")
    forged = b"".join(line for line in path.read_bytes().splitlines(True) if b"evil.js" not in line)
    forge(bench.evidence, path, forged)
    done = bench.run("verify", "--json")
    assert done.code == 4
    assert [d["kind"] for d in done.document["damage"]] == ["derived"], done.document["damage"]
    done = bench.run("timeline", "report", "--format", "md")
    assert done.code == 4 and "no report is written" in done.err
    done = bench.run("timeline", "check", report, "--json")
    assert done.code == 4
    validate("timeline-check", done.document)


def test_a_report_over_a_forged_manifest_does_not_hold(bench: Bench) -> None:
    publish(bench, files=inner(scripts={"postinstall": "node setup.js"}))
    bench.snapshot()
    (path,) = (bench.evidence / "exhibits").glob("*artifact-manifest*")
    was = path.read_bytes()
    forge(bench.evidence, path, was.replace(b"setup.js", b"tests.js"))
    done = bench.run("verify", "--json")
    assert done.code == 4 and {d["kind"] for d in done.document["damage"]} == {"derived"}
    assert bench.run("timeline", "report").code == 4


def test_a_changed_archive_is_named_once(bench: Bench) -> None:
    publish(bench)
    bench.snapshot()
    (path,) = (bench.evidence / "exhibits").glob("*.artifact.tgz")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"x")
    done = bench.run("verify", "--json")
    assert done.code == 4
    assert [(d["kind"], Path(d["path"]).name) for d in done.document["damage"]] == [
        ("changed", path.name)]


def test_custody_that_names_another_member_is_caught(bench: Bench) -> None:
    publish(bench)
    bench.snapshot()

    def change(record: dict[str, Any]) -> None:
        if record.get("source", {}).get("member"):
            record["source"]["member"] = "package/index.js"

    rechained(bench.evidence, change)
    done = bench.run("verify", "--json")
    assert done.code == 4 and [d["kind"] for d in done.document["damage"]] == ["derived"]


def test_appendix_b_shows_members_with_stock_tools(bench: Bench) -> None:
    publish(bench, tarball=crafted(("package/package.json", b'{"name": "other"}'),
                                   ("package/a.js", b"1"), ("package/A.js", b"2")))
    bench.snapshot()
    (claim,) = bench.claims("integrity.manifest-confusion")
    commands = [c for c in claim["rerun"] if c.startswith("tar ")]
    assert commands
    for command in commands:
        done = subprocess.run(command, shell=True, cwd=bench.evidence, capture_output=True,
                              check=True)
        assert done.stdout == b'{"name": "other"}'


@needs("unzip")
def test_zip_members_with_stock_tools(bench: Bench) -> None:
    bench.pypi.upload("paint-lines-py", "2.0.0", "paint_lines_py-2.0.0-py3-none-any.whl", by="ada",
                      content=wheel({"x-2.dist-info/METADATA": "Name: other\nVersion: 2.0.0\n"}))
    bench.snapshot(PROJECT, "--artifacts", "new")
    (claim,) = bench.claims("integrity.manifest-confusion")
    command = next(c for c in claim["rerun"] if c.startswith("unzip "))
    done = subprocess.run(command, shell=True, cwd=bench.evidence, capture_output=True, check=True)
    assert done.stdout.startswith(b"Name: other")


def test_an_interrupted_extraction_is_made_up_for(bench: Bench,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    from regforensics.acquire import extract

    publish(bench)
    with monkeypatch.context() as patch:
        patch.setattr(extract.Extractor, "take", lambda *_: ())
        bench.snapshot()
    assert "artifact-listing" not in bench.kinds()
    bench.snapshot()
    assert "artifact-listing" in bench.kinds()


def test_gzip_comes_to_no_harm() -> None:
    assert gzip.decompress(bomb(1))[:100].startswith(b"package/zeros.js")
