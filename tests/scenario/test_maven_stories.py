"""Incidents in a Maven repository, played against the command line."""

from pathlib import Path

import pytest

from simulator.maven import fingerprint
from simulator.maven_stories import TARGET
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
