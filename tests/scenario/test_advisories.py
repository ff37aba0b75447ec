"""Advisories asked for by the command line, of simulated databases, and what the report says."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulator import Npm, serve
from simulator.advisories import GitHub, Osv
from simulator.web import Registry
from tests.support.advisories import github, osv
from tests.support.command import Ended, one_clear_line, run

TARGET = "npm:paint"


@dataclass(frozen=True)
class World:
    """An npm registry and two databases that listen, and an evidence directory."""

    urls: tuple[str, str, str]
    evidence: Path

    def snapshot(self, *more: object) -> Ended:
        registry, osv_url, github_url = self.urls
        return run("snapshot", TARGET, "--npm-registry", registry, "--advisories", "--osv-url",
                   osv_url, "--github-api-url", github_url, "-e", self.evidence, *more)

    def rules(self, *options: object) -> dict[str, str]:
        ended = run("timeline", "report", "--format", "json", "-e", self.evidence, *options)
        assert ended.code == 0, ended.err
        return {c["rule"]: c["statement"] for c in ended.document["claims"]
                if "advisory" in c["rule"]}


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)


@contextmanager
def world(folder: Path, *databases: Registry) -> Iterator[World]:
    npm = Npm()
    for version, days in (("1.0.0", 900), ("1.0.1", 2), ("1.0.2", 1)):
        npm.publish("paint", version, by="ada", at=npm.clock.ago(days=days))
    npm.unpublish("paint", "1.0.1")
    with serve(npm, None, *databases) as urls:
        yield World((urls.npm, urls.mirrors[0], urls.mirrors[1]), folder / "evidence")


def test_both_databases_are_asked_and_held_against_the_registry(tmp_path: Path) -> None:
    listed = osv(versions=("1.0.1", "9.9.9"), aliases=["GHSA-1"])
    wide = github("GHSA-1", ">= 0", kind="malware")
    with world(tmp_path, Osv(listed), GitHub(wide)) as made:
        ended = made.snapshot()
        assert ended.code == 0, ended.out + ended.err
        found = made.rules("--incident", f"{TARGET}@1.0.1")
        assert made.snapshot("--json").document["captures"][1]["outcome"] == "unchanged"
    assert set(found) == {
        "publish.advisory-lists", "publish.advisory-none", "integrity.advisory-unknown-version",
        "integrity.advisory-open-ended", "integrity.advisory-disagree"}
    assert "9.9.9" in found["integrity.advisory-unknown-version"]
    assert run("verify", "-e", made.evidence).code == 0


def test_without_the_option_nobody_is_asked(tmp_path: Path) -> None:
    with world(tmp_path, Osv(osv(versions=("1.0.1",))), GitHub()) as made:
        assert run("snapshot", TARGET, "--npm-registry", made.urls[0], "-e",
                   made.evidence).code == 0
        assert made.rules() == {}


def test_pages_are_followed_to_their_end(tmp_path: Path) -> None:
    records = [osv(f"MAL-2026-{i}", versions=("1.0.1",)) for i in range(5)]
    reviewed = [github(f"GHSA-{i}", "= 1.0.1") for i in range(5)]
    with world(tmp_path, Osv(*records, page=2), GitHub(*reviewed, page=2)) as made:
        kinds = [c["kind"] for c in made.snapshot("--json").document["captures"]]
    assert (kinds.count("osv"), kinds.count("github-advisories")) == (3, 4)


def test_endless_pages_end(tmp_path: Path) -> None:
    with world(tmp_path, Osv(osv(versions=("1.0.1",)), endless=True),
               GitHub(endless=True)) as made:
        ended = made.snapshot("--json")
        assert ended.code == 0
        kinds = [c["kind"] for c in ended.document["captures"]]
        assert (kinds.count("osv"), kinds.count("github-advisories")) == (20, 40)
        gaps = run("timeline", "report", "--format", "json", "-e",
                   made.evidence).document["gaps"]
    assert {"which further advisories OSV has", "which further advisories GitHub has"} <= {
        gap["question"] for gap in gaps}


def unanswered(made: World) -> tuple[list[str], list[str]]:
    """What a report says of attempts that failed, and of answers that are missing."""
    report = run("timeline", "report", "--format", "json", "-e", made.evidence).document
    return ([c["statement"] for c in report["claims"] if c["rule"] == "integrity.failed"],
            [g["reason"] for g in report["gaps"] if g["question"].endswith(": an answer")])


def test_a_used_up_rate_limit_is_said_and_a_token_lifts_it(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(tmp_path, Osv(), GitHub(limit=0, token="hidden-word")) as made:
        ended = made.snapshot()
        assert ended.code == 3
        assert "the rate limit is used up until 2026-03-02T10:00:00.000Z" in ended.out
        said = unanswered(made)
        monkeypatch.setenv("GITHUB_TOKEN", "hidden-word")
        assert made.snapshot().code == 0
        assert unanswered(made)[1] == [], "the later answer closes the gap"
        custody = (made.evidence / "custody.jsonl").read_text()
    assert "hidden-word" not in custody
    assert custody.count("Bearer [redacted]") == 2
    (failed,), (gap,) = said
    assert failed.startswith("2 attempts to capture GitHub's advisories failed, from ")
    assert f'; asked first was "{made.urls[2].rstrip("/")}' in failed
    assert gap.startswith("2 requests for it were not answered, the last at ")


def test_the_token_goes_to_no_other_host(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "hidden-word")
    with world(tmp_path, Osv(), GitHub()) as made:
        made.snapshot()
        lines = (made.evidence / "custody.jsonl").read_text().splitlines()
    sent = [line for line in lines if "redacted" in line]
    assert len(sent) == 2
    assert all('"kind":"github-advisories"' in line for line in sent)


def test_a_saved_record_is_taken_with_its_subject(tmp_path: Path) -> None:
    path, evidence = tmp_path / "MAL-2026-17.json", tmp_path / "evidence"
    import json

    path.write_text(json.dumps(osv(versions=("1.0.1",))))
    ended = run("ingest", path, "--json", "-e", evidence)
    assert ended.code == 0, ended.err
    assert [(f["format"], f["subject"]) for f in ended.document["files"]] == [
        ("osv", "pkg:npm/paint")]
    report = run("timeline", "report", "--format", "json", "-e", evidence).document
    assert {c["rule"] for c in report["claims"]} == {"publish.advisory-lists"}
    path.write_text('{"some": "json"}')
    assert "no registry document" in one_clear_line(run("ingest", path, "-e", evidence))
