"""Incidents in a Maven repository, played against the command line."""

import hashlib
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from simulator import Maven, serve
from simulator.maven import fingerprint
from simulator.maven_stories import ARTIFACT, TARGET
from tests.support.command import run
from tests.support.played import Played, play

PURL = "pkg:maven/example.paint/lines"


@pytest.fixture
def story(request: pytest.FixtureRequest, tmp_path: Path,
          monkeypatch: pytest.MonkeyPatch) -> Played:
    played = play(request.param, tmp_path, monkeypatch)
    assert played.run("verify").code == 0
    return played


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("story", [name], indirect=True)


def kinds(played: Played, since: str = "first", until: str = "latest"
          ) -> set[tuple[str, str | None]]:
    return {(c["kind"], c.get("version")) for c in played.changes(TARGET, since, until)}


def claims(played: Played, rule: str) -> list[str]:
    report = played.report()
    (played.evidence.parent / "report.json").write_text(
        played.run("timeline", "report", "--format", "json").out)
    checked = played.run("timeline", "check", played.evidence.parent / "report.json")
    assert checked.code == 0, checked.out + checked.err
    return [c["statement"] for c in report["claims"] if c["rule"] == rule]


def metadata(played: Played) -> list[str]:
    return [e["exhibit"] for e in played.run("list", "--json").document["exhibits"]
            if e["kind"] == "maven-metadata"]


@of("maven-takedown")
def test_takedown(story: Played) -> None:
    first, second, third = metadata(story)
    assert ("version-added", "1.2.1") in kinds(story, first, second)
    assert kinds(story, second, third) == {("version-removed", "1.2.1")}
    removed, = claims(story, "publish.removed")
    assert removed.startswith("Version 1.2.1 left the list of versions between ")
    other, = claims(story, "publish.signer-changed")
    assert fingerprint("mallory") in other
    assert fingerprint("ada") in other
    keys, = claims(story, "publish.signers")
    assert f"{fingerprint('ada')} (3 versions), {fingerprint('mallory')} (1 version)" in keys
    delivered = claims(story, "publish.delivered")
    assert len(delivered) == 4
    assert all("not later than" in text for text in delivered)
    assert story.run("drift").code == 0


@of("maven-drift")
def test_other_bytes_in_a_jar_are_drift(story: Played) -> None:
    assert kinds(story) == {("hash-drift", "1.2.0")}
    ended = story.run("drift", "--json")
    assert ended.code == 10
    drift, = ended.document["drifts"]
    assert (drift["subject"], drift["version"], drift["file"], drift["grade"]) == (
        PURL, "1.2.0", "lines-1.2.0.jar", "confirmed")
    text, = claims(story, "publish.drift")
    assert "never changes" in text


@of("maven-files-gone")
def test_files_that_are_gone_are_seen_though_the_list_stays(story: Played) -> None:
    text, = claims(story, "publish.emptied")
    assert text.startswith("Every file of release 1.2.0 ")
    assert claims(story, "publish.removed") == []
    assert story.run("drift").code == 0
    ended = story.run("diff", TARGET, "--json")
    assert ended.code == 10
    change, = [c for c in ended.document["changes"] if not c["representation"]]
    assert (change["kind"], change["version"], change["file"]) == (
        "file-removed", "1.2.0", "lines-1.2.0.pom")
    assert "HTTP 404" in change["note"]
    assert '"status":404' in change["citations"][-1]["quote"].replace(" ", "")


@of("maven-quiet")
def test_dates_that_move_and_an_ordinary_release_alarm_nobody(story: Played) -> None:
    assert kinds(story) == {("version-added", "1.3.0")}
    for rule in ("publish.drift", "publish.removed", "publish.emptied", "publish.signer-changed",
                 "integrity.time-contradicted"):
        assert claims(story, rule) == []
    assert len(claims(story, "publish.delivered")) == 4
    rows = {row["question"]: row["authority"]
            for row in story.run("inventory", "--json").document["rows"]}
    assert rows["publish"] == "approximate"
    assert rows["account"] == "limited"


def captured(maven: Maven, folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> Played:
    """One capture of a repository."""
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    played = Played(folder / "evidence", ("captured",), (TARGET,))
    with serve(maven=maven) as urls:
        done = run("snapshot", TARGET, "--maven-url", urls.maven, "--maven-search-url", urls.maven,
                   "-e", played.evidence, *options)
    assert done.code == 0, done.out + done.err
    return played


def test_answers_without_dates_leave_the_keys_and_a_gap(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maven = Maven(dated=False)
    for version, key in (("1.0", "ada"), ("1.1", "ada"), ("1.2", "eve")):
        maven.deploy(ARTIFACT, version, key=key)
    played = captured(maven, tmp_path, monkeypatch)
    assert claims(played, "publish.delivered") == []
    other, = claims(played, "publish.signer-changed")
    assert "of the 2 versions before it" in other
    assert any("Last-Modified" in gap["reason"] for gap in played.report()["gaps"])


def test_the_jar_is_fetched_where_it_is_wanted_and_has_its_stated_digests(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maven = Maven()
    jar = BytesIO()
    with ZipFile(jar, "w") as archive:
        archive.writestr("example/Lines.class", b"\xca\xfe\xba\xbe")
    maven.deploy(ARTIFACT, "1.0", content=jar.getvalue())
    played = captured(maven, tmp_path, monkeypatch, "--artifacts", "new")
    listed = played.run("list", "--json").document["exhibits"]
    kinds = [e["kind"] for e in listed]
    assert kinds.count("artifact") == 1
    assert "artifact-listing" in kinds
    assert hashlib.sha256(jar.getvalue()).hexdigest() in {e["sha256"] for e in listed}
    assert played.run("drift").code == 0
    assert claims(played, "integrity.artifact-mismatch") == []
    assert len(claims(played, "integrity.artifact-matches")) == 1


def test_a_jar_that_its_checksum_does_not_fit_is_a_mismatch(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maven = Maven()
    maven.deploy(ARTIFACT, "1.0")
    maven.replace_file(ARTIFACT, "1.0", b"implant", checksums=False)
    played = captured(maven, tmp_path, monkeypatch, "--artifacts", "new")
    assert len(claims(played, "integrity.artifact-mismatch")) == 1


def test_the_index_knows_a_version_that_the_list_has_lost(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maven = Maven()
    for version in ("1.0", "1.1", "1.2"):
        maven.deploy(ARTIFACT, version)
    maven.remove(ARTIFACT, "1.1")
    played = captured(maven, tmp_path, monkeypatch, "--search-index")
    text, = claims(played, "integrity.index-disagrees")
    assert text.startswith("The search index lists version 1.1, ")
    assert "a lead only" in text


def test_an_index_that_lags_behind_is_said_to_and_nothing_else(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maven = Maven()
    maven.deploy(ARTIFACT, "1.0", at=maven.clock.ago(days=300))
    maven.deploy(ARTIFACT, "1.1", indexed=False)
    played = captured(maven, tmp_path, monkeypatch, "--search-index")
    assert claims(played, "integrity.index-disagrees") == []
    gap, = [g for g in played.report()["gaps"] if "search index" in g["question"]]
    assert "it lacks 1 listed version: 1.1" in gap["reason"]
    assert "says nothing" in gap["reason"]


def test_the_index_is_asked_page_by_page_and_only_where_it_is_wanted(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maven = Maven()
    maven.deploy(ARTIFACT, "1.0")
    maven.index[ARTIFACT] = {f"0.{n}": 1_700_000_000_000 for n in range(450)}
    played = captured(maven, tmp_path, monkeypatch, "--search-index")
    kinds = [e["kind"] for e in played.run("list", "--json").document["exhibits"]]
    assert kinds.count("maven-search") == 3
    other = captured(maven, tmp_path / "other", monkeypatch)
    kinds = [e["kind"] for e in other.run("list", "--json").document["exhibits"]]
    assert "maven-search" not in kinds
