"""Each story leaves the registries in the states that it is named for."""

from typing import Any

import pytest

from simulator import Clock, Npm, PyPI, Request
from simulator.stories import PACKAGE, PROJECT, STORIES, Step

SIMPLE = {"Accept": "application/vnd.pypi.simple.v1+json"}
View = tuple[Step, Any, Any, Any]


def play(story: str, clock: Clock | None = None) -> dict[str, View]:
    """Per step: the step, the packument, PyPI's JSON document and its Simple document."""
    shared = clock or Clock("2026-03-01T12:00:00+00:00")
    npm, pypi = Npm(shared), PyPI(shared)
    views: dict[str, View] = {}
    for step in STORIES[story](npm, pypi):
        name = next((t[4:] for t in step.targets if t.startswith("npm:")), PACKAGE)
        views[step.name] = (step, npm.respond(Request(f"/{name}")).json(),
                            pypi.respond(Request(f"/pypi/{PROJECT}/json")).json(),
                            _simple(pypi))
    return views


def _simple(pypi: PyPI) -> Any:
    answer = pypi.respond(Request(f"/simple/{PROJECT}/", SIMPLE))
    return answer.json() if answer.status == 200 else None


def ghosts(packument: Any) -> set[str]:
    known = {"created", "modified", "unpublished"}
    return set(packument["time"]) - known - set(packument.get("versions", {}))


@pytest.mark.parametrize("story", sorted(STORIES))
def test_every_story_starts_healthy_and_plays_on_either_clock(story: str) -> None:
    frozen, real = play(story), play(story, Clock())
    assert set(real) <= set(frozen)
    first = next(iter(frozen.values()))
    assert first[0].name in {"healthy", "malware"}
    assert all(step.targets and step.what for step, *_ in frozen.values())


def test_takeover() -> None:
    views = play("takeover")
    owners = {name: [p["name"] for p in view[1]["maintainers"]] for name, view in views.items()}
    assert owners["healthy"] == ["ada", "ben"]
    assert owners["owner-swap"] == ["ada", "mallory"]
    assert owners["clean-release"] == ["ada", "ben"]
    bad = views["malicious-publish"][1]["versions"]["1.2.1"]
    assert bad["scripts"] == {"postinstall": "node setup.js"}
    assert "plain-paint-js" in bad["dependencies"]
    assert bad["_npmUser"]["name"] == "mallory"
    assert ghosts(views["takedown"][1]) == ghosts(views["clean-release"][1]) == {"1.2.1"}
    assert views["takedown"][1]["dist-tags"] == {"latest": "1.2.0"}
    old, new = (views[n][1]["versions"]["1.1.0"] for n in ("owner-swap", "malicious-publish"))
    assert old["dist"]["integrity"] != new["dist"]["integrity"]
    assert old["_npmUser"] == new["_npmUser"]
    assert views["takedown"][2] == {"message": "Not Found"}
    assert views["takedown"][3]["project-status"] == {"status": "quarantined"}
    assert "2.1.1" not in views["clean-release"][2]["releases"]
    assert views["clean-release"][2]["info"]["version"] == "2.1.2"


def test_ghost_version() -> None:
    views = play("ghost-version")
    assert ghosts(views["healthy"][1]) == set()
    assert ghosts(views["ghost"][1]) == {"1.2.1"}


def test_republish() -> None:
    views = play("republish")
    drifted = [v for v in views["healthy"][1]["versions"]
               if views["healthy"][1]["versions"][v]["dist"]
               != views["republished"][1]["versions"][v]["dist"]]
    assert drifted == ["1.1.0"]
    digests = [views[n][2]["releases"]["2.0.0"][0]["digests"] for n in ("healthy", "republished")]
    assert digests[0] != digests[1]


def test_whole_unpublish() -> None:
    views = play("whole-unpublish")
    assert "versions" not in views["tombstone"][1]
    again = views["re-registered"][1]
    assert ghosts(again) == {"1.0.0", "1.1.0", "1.2.0"}
    assert again["time"]["created"] > again["time"]["1.2.0"]


def test_owner_swap() -> None:
    view = play("owner-swap")["swapped"]
    assert [p["name"] for p in view[1]["maintainers"]] == ["mallory"]
    assert view[2]["ownership"]["roles"] == [{"role": "Owner", "user": "mallory"}]


def test_late_file() -> None:
    files = play("late-file")["late-file"][2]["releases"]["2.0.0"]
    assert [f["upload_time"][:4] for f in files] == ["2025", "2026"]


def test_yank_and_unyank() -> None:
    views = play("yank-and-unyank")
    yanked = {name: view[2]["releases"]["2.1.0"][0]["yanked_reason"]
              for name, view in views.items()}
    assert yanked == {"healthy": None, "yanked": "breaks on Windows", "unyanked": None}


def test_quarantine() -> None:
    views = play("quarantine")
    assert views["quarantined"][2] == {"message": "Not Found"}
    assert views["quarantined"][3]["files"] == []
    assert views["cleared"][2]["releases"] == views["healthy"][2]["releases"]


def test_security_hold() -> None:
    view = play("security-hold")["held"]
    assert list(view[1]["versions"]) == ["0.0.1-security"]
    assert ghosts(view[1]) == {"4.2.0", "4.2.1"}
