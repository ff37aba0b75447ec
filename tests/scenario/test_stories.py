"""Each incident, played against the command line: what diff, drift, list and verify say of it."""

from pathlib import Path

import pytest

from simulator.stories import PACKAGE, PROJECT
from tests.support.played import Played, play

NPM, PYPI = f"npm:{PACKAGE}", f"pypi:{PROJECT}"


@pytest.fixture
def story(request: pytest.FixtureRequest, tmp_path: Path,
          monkeypatch: pytest.MonkeyPatch) -> Played:
    played = play(request.param, tmp_path, monkeypatch)
    assert played.run("verify").code == 0
    return played


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("story", [name], indirect=True)


def kinds(played: Played, target: str, since: str = "first", until: str = "latest"
          ) -> set[tuple[str, str | None]]:
    return {(c["kind"], c.get("version")) for c in played.changes(target, since, until)}


def captures(played: Played, target: str) -> list[str]:
    """The exhibits that lead each new state, in order."""
    purl = target.replace(":", "/", 1)
    return [e["exhibit"] for e in played.run("list", "--json").document["exhibits"]
            if e["subject"] == f"pkg:{purl}" and e["kind"] in ("packument", "pypi-json")]


@of("takeover")
def test_takeover(story: Played) -> None:
    first, second, third, fourth, fifth = captures(story, NPM)
    assert kinds(story, NPM, first, second) == {("owner-added", None), ("owner-removed", None)}
    bad = kinds(story, NPM, second, third)
    assert {("version-added", "1.2.1"), ("publisher-changed", "1.2.1"),
            ("scripts-changed", "1.2.1"), ("dist-tag-moved", "1.2.1"),
            ("hash-drift", "1.1.0")} <= bad
    assert ("version-removed", "1.2.1") in kinds(story, NPM, third, fourth)
    assert ("time-removed", "1.2.1") not in kinds(story, NPM, third, fourth)
    assert ("version-added", "1.2.2") in kinds(story, NPM, fourth, fifth)
    ended = story.run("drift", "--json")
    assert ended.code == 10
    assert {(d["subject"], d["version"]) for d in ended.document["drifts"]} == {
        (f"pkg:npm/{PACKAGE}", "1.1.0")}


@of("ghost-version")
def test_ghost_version(story: Played) -> None:
    assert kinds(story, NPM) == {("time-added", "1.2.1")}
    assert story.run("drift").code == 0


@of("republish")
def test_republish(story: Played) -> None:
    assert ("hash-drift", "1.1.0") in kinds(story, NPM)
    assert ("hash-drift", "2.0.0") in kinds(story, PYPI)
    ended = story.run("drift", "--json")
    assert ended.code == 10
    found = {(d["subject"], d["version"]): d for d in ended.document["drifts"]}
    assert set(found) == {(f"pkg:npm/{PACKAGE}", "1.1.0"), (f"pkg:pypi/{PROJECT}", "2.0.0")}
    for drift in found.values():
        assert len({o["value"] for o in drift["observations"]
                    if o["algorithm"] in ("integrity", "sha256")}) == 2


@of("whole-unpublish")
def test_whole_unpublish(story: Played) -> None:
    assert [c["kind"] for c in story.changes(NPM)] == ["tombstoned"]


@of("owner-swap")
def test_owner_swap(story: Played) -> None:
    for target, gone in ((NPM, {"ada", "ben"}), (PYPI, {"ada"})):
        found = story.changes(target)
        assert {c["kind"] for c in found} == {"owner-added", "owner-removed"}
        assert {c["after"] for c in found if c["kind"] == "owner-added"} == {"mallory"}
        assert {c["before"] for c in found if c["kind"] == "owner-removed"} == gone


@of("late-file")
def test_late_file_on_an_old_release(story: Played) -> None:
    found = story.changes(PYPI)
    assert [(c["kind"], c["version"]) for c in found] == [("file-added", "2.0.0")]
    assert found[0]["file"].endswith(".whl")


@of("yank-and-unyank")
def test_yank_and_unyank(story: Played) -> None:
    first, second = captures(story, PYPI)[:2]
    yanked = story.changes(PYPI, first, second)
    assert {(c["kind"], c["version"], c["after"]) for c in yanked} == {
        ("yanked", "2.1.0", "breaks on Windows")}
    assert {c["kind"] for c in story.changes(PYPI, second, "latest")} == {"unyanked"}
    assert story.changes(PYPI, "first", "latest") == []


@of("quarantine")
def test_quarantine(story: Played) -> None:
    exhibits = story.run("list", "--json").document["exhibits"]
    missing = next(e["exhibit"] for e in exhibits if e["status"] == 404)
    found = story.changes(PYPI, "first", missing)
    assert [(c["kind"], c["after"]) for c in found] == [("status-changed", "quarantined")]
    assert story.changes(PYPI, "first", "latest") == []


@of("security-hold")
def test_security_hold(story: Played) -> None:
    found = story.changes("npm:plain-paint-js")
    assert found[0]["kind"] == "held"


@of("ghost-version")
def test_an_unchanged_answer_is_a_custody_line_and_no_file(
        story: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = story.run("list", "--json").document
    assert len([e for e in listed["exhibits"] if e["subject"]]) == 2
    lines = (story.evidence / "custody.jsonl").read_text().splitlines()
    assert len(lines) == 1 + 2 + 2 + 4  # the case, two packuments, the keys twice, runs' ends
