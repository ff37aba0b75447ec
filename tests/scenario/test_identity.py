"""Who published: a quiet takeover is named member by member, what only looks like one is not."""

from pathlib import Path
from typing import Any

import pytest

from simulator.stories import PACKAGE
from tests.support.played import Played, play

LEADS = {"account.trust-dropped", "account.address-changed", "account.client-changed",
         "account.commit-missing", "account.config-changed", "account.owners-at-publish",
         "publish.dependency-added", "publish.dependency-remote", "publish.install-script",
         "publish.woke-up", "publish.burst", "publish.restored", "integrity.upload-time",
         "distribution.latest-behind"}


@pytest.fixture
def story(request: pytest.FixtureRequest, tmp_path: Path,
          monkeypatch: pytest.MonkeyPatch) -> Played:
    return play(request.param, tmp_path, monkeypatch)


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("story", [name], indirect=True)


def about(played: Played, *options: object) -> dict[str, dict[str, Any]]:
    """The claims of the report about the package's last version, by rule."""
    claims = played.report(*options)["claims"]
    return {c["rule"]: c for c in claims if c["subject"].startswith(f"pkg:npm/{PACKAGE}@1.2.1")}


@of("quiet-takeover")
def test_a_quiet_takeover(story: Played) -> None:
    found = about(story)
    expected = {"account.trust-dropped", "account.address-changed", "account.client-changed",
                "account.commit-missing", "publish.dependency-added"}
    assert expected == LEADS & found.keys()
    assert all(found[rule]["notable"] for rule in expected)
    assert "plain-paint-js 4.2.1" in found["publish.dependency-added"]["statement"]
    assert "npm:plain-paint-js itself was first published at" \
        in found["publish.dependency-added"]["statement"]
    assert "account.identity-card" not in found


@of("quiet-takeover")
def test_the_card_of_a_version_in_question(story: Played) -> None:
    card = about(story, "--incident", f"npm:{PACKAGE}@1.2.1")["account.identity-card"]
    for words in ("by ada with the address ada@inbox.example, without trusted publisher, approver"
                  " or provenance.", "declares npm 8.19.4, Node 16.20.2. No commit is stated.",
                  "Owners at its publish: ada.", "It depends on plain-paint-js 4.2.1, which 1.2.0"):
        assert words in card["statement"]
    assert {a["pointer"].rpartition("1.2.1/")[2] for a in card["absences"]} >= {
        "gitHead", "_npmUser/trustedPublisher/id"}
    assert card["notable"]


@of("woken-package")
def test_a_finished_package_that_a_new_owner_wakes_up(story: Played) -> None:
    found = about(story)
    expected = {"publish.woke-up", "account.owners-at-publish", "publish.dependency-remote",
                "publish.dependency-added"}
    assert LEADS & found.keys() == expected
    assert all(found[rule]["notable"] for rule in expected | {"account.first-publish"})
    assert "mallory published this version, the first of their own" \
        in found["account.owners-at-publish"]["statement"]


@of("takeover")
def test_a_takeover_leaves_its_marks_in_the_version(story: Played) -> None:
    found = about(story)
    assert {"account.owners-at-publish", "publish.dependency-added", "publish.install-script",
            "account.first-publish"} <= found.keys()
    back = next(c for c in story.report()["claims"] if c["rule"] == "distribution.tag-back")
    assert "latest moved back, to a lower version, from 1.2.1 to 1.2.0" in back["statement"]


@of("staged-release")
def test_a_staged_release_of_the_npm_that_lost_the_marker_is_routine(story: Played) -> None:
    found = about(story)
    assert not LEADS & found.keys()


@of("restored-version")
def test_a_version_put_back_at_its_old_time_is_only_back(story: Played) -> None:
    report = story.report()
    rules = {c["rule"] for c in report["claims"] if c["notable"]}
    assert "publish.returned" in rules
    assert not rules & LEADS
    assert "publish.superseded" not in {c["rule"] for c in report["claims"]}
    (had,) = [c["statement"] for c in report["claims"] if c["rule"] == "distribution.available"]
    assert " before it went; by " in had
    assert had.endswith(" it was listed again.")
    assert any("that were gone for a time" in gap["question"] for gap in report["gaps"])


@of("hasty-release")
def test_a_deprecation_on_the_day_of_the_publish_is_no_lead(story: Played) -> None:
    claims = story.report()["claims"]
    assert not [c["rule"] for c in claims if c["rule"] in LEADS]
    assert [c["notable"] for c in claims if c["rule"] == "publish.deprecated"] == [False]
