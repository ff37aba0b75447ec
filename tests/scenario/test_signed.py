"""Signatures and attestations, captured and reported by the command line."""

from pathlib import Path
from typing import Any

import pytest

from regforensics.attest.roots import read_roots
from regforensics.registries import attestations
from simulator import Clock, Npm, PyPI, Request
from simulator.sigstore import Sigstore
from simulator.stories import PACKAGE, PROJECT
from tests.support.command import run
from tests.support.played import Played, play

NPM, PYPI = f"pkg:npm/{PACKAGE}", f"pkg:pypi/{PROJECT}"
ALARMS = {"integrity.signature-invalid", "integrity.signature-expired",
          "integrity.signature-missing", "integrity.key-differs", "integrity.attestation-refused",
          "integrity.attestation-subject", "integrity.attestation-disagrees",
          "integrity.attestation-gone", "publish.provenance-moved", "publish.log-time"}


@pytest.fixture
def story(request: pytest.FixtureRequest, tmp_path: Path,
          monkeypatch: pytest.MonkeyPatch) -> Played:
    roots = read_roots(Sigstore().trusted_root(), "the simulated root")
    monkeypatch.setattr(attestations, "installed", lambda: roots)
    return play(request.param, tmp_path, monkeypatch, "--attestations")


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("story", [name], indirect=True)


def alarms(played: Played) -> set[tuple[str, str]]:
    """(rule, subject) of what the report lifts; the report is checked against its evidence."""
    path = played.evidence.parent / "report.json"
    assert played.run("timeline", "report", "--format", "json", "-o", path).code == 0
    assert played.run("timeline", "check", path).code == 0
    assert played.run("verify").code == 0
    return {(c["rule"], c["subject"]) for c in played.report()["claims"] if c["rule"] in ALARMS}


def claims(played: Played, rule: str, *options: object) -> list[dict[str, Any]]:
    return [c for c in played.report(*options)["claims"] if c["rule"] == rule]


@of("rotated-key")
def test_a_rotated_key_is_no_alarm(story: Played) -> None:
    assert alarms(story) == set()
    (summary,) = claims(story, "integrity.signatures")
    assert "3 of 3 versions" in summary["statement"]
    (same,) = claims(story, "publish.same-bytes")
    assert "the signatures stated for it changed, its digests did not" in same["statement"]


@of("forged-signature")
def test_a_forged_signature(story: Played) -> None:
    assert alarms(story) == {("integrity.signature-invalid", f"{NPM}@1.1.0")}
    (same,) = claims(story, "publish.same-bytes")
    assert "do not verify" in same["statement"]
    assert "integrity.signature-invalid" in same["statement"]
    (benign,) = story.run("drift", "--json").document["benign"]
    assert benign["cause"] == "signature-fails"


@of("stolen-workflow")
def test_a_stolen_workflow(story: Played) -> None:
    assert alarms(story) == {
        ("publish.provenance-moved", f"{NPM}@1.2.0"),
        ("integrity.attestation-gone", f"{NPM}@1.2.1"),
        ("integrity.attestation-refused", f"{NPM}@1.2.2"),
        ("publish.provenance-moved", f"{PYPI}@2.1.0"),
        ("integrity.attestation-disagrees", f"{PYPI}@2.1.0")}
    (named,) = claims(story, "publish.provenance", "--incident", f"npm:{PACKAGE}@1.1.0")[:1]
    assert named["subject"] == f"{NPM}@1.1.0"
    assert "It verifies, by the simulated root" in named["statement"]


@of("stolen-workflow")
def test_what_is_stored_is_not_asked_for_again_and_what_is_missing_is(story: Played) -> None:
    exhibits = story.run("list", "--json").document["exhibits"]
    asked = [e for e in exhibits if e["kind"] in attestations.KINDS]
    assert sorted(e["status"] for e in asked) == [200] * 6 + [404]
    assert {e["subject"] for e in asked} >= {f"{NPM}@1.0.0", f"{PYPI}@2.1.0"}


def test_without_the_option_nothing_more_is_asked(tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    played = play("stolen-workflow", tmp_path, monkeypatch)
    kinds = {e["kind"] for e in played.run("list", "--json").document["exhibits"]}
    assert not kinds & set(attestations.KINDS)
    gaps = played.report()["gaps"]
    assert any("snapshot --attestations" in (g.get("ask") or "") for g in gaps)


def test_attestations_that_somebody_hands_over(tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    roots = read_roots(Sigstore().trusted_root(), "the simulated root")
    monkeypatch.setattr(attestations, "installed", lambda: roots)
    npm, pypi = Npm(Clock("2026-03-01T12:00:00+00:00")), PyPI(Clock("2026-03-01T12:00:00+00:00"))
    npm.publish("@paint/lines", "1.0.0", by="ada", provenance=True)
    pypi.upload(PROJECT, "2.0.0", f"{PROJECT.replace('-', '_')}-2.0.0-py3-none-any.whl", by="ada",
                provenance=True)
    answers = {"packument.json": npm.respond(Request("/@paint%2Flines")),
               "npm.json": npm.respond(Request("/-/npm/v1/attestations/@paint%2Flines@1.0.0")),
               "pypi.json": pypi.respond(Request(
                   f"/integrity/{PROJECT}/2.0.0/{pypi.projects[PROJECT].files[0].filename}"
                   "/provenance"))}
    evidence = tmp_path / "evidence"
    for name, answer in answers.items():
        (tmp_path / name).write_bytes(answer.body)
        assert run("ingest", tmp_path / name, "-e", evidence).code == 0
    report = run("timeline", "report", "--format", "json", "-e", evidence).document
    built = {c["subject"]: c["statement"] for c in report["claims"]
             if c["rule"] == "publish.provenance"}
    assert set(built) == {"pkg:npm/%40paint/lines@1.0.0", f"{PYPI}@2.0.0"}
    assert all("It verifies" in statement for statement in built.values())
