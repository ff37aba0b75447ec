"""An incident in a proxy log, a load balancer log and an Okta export: the report says what was
planted, and accuses neither the mirror, nor the scanner, nor the CI runner."""

from pathlib import Path
from typing import Any

import pytest

from regforensics.evidence.schemas import validate
from simulator.log_story import (
    BAD,
    CROWD,
    DEVELOPER,
    LONE,
    MIRROR,
    OSAKA,
    RUNNER,
    SCANNER,
    incident,
)
from simulator.told import PACKAGE
from tests.support.command import Ended, run

TARGET = f"npm:{PACKAGE}@{BAD}"


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logged")
    for name, body in incident().items():
        (folder / name).write_bytes(body)
    root = folder / "evidence"
    for name, seen in (("before.json", "2026-03-02T07:30:00Z"),
                       ("after.json", "2026-03-02T12:00:00Z")):
        assert run("ingest", folder / name, "--observed-at", seen, "-e", root).code == 0
    for name in ("artifactory-request.log", "balancer.log", "okta.json"):
        ended = run("ingest", folder / name, "-e", root)
        assert ended.code == 0, ended.err
    return root


@pytest.fixture(scope="module")
def report(evidence: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("report") / "report.json"
    ended = run("timeline", "report", "--incident", TARGET, "--announced", "2026-03-02T11:00:00Z",
                "-o", path, "-e", evidence)
    assert ended.code == 0, ended.err
    assert run("timeline", "check", path, "-e", evidence).code == 0
    made: Ended = run("timeline", "report", "--incident", TARGET, "--announced",
                      "2026-03-02T11:00:00Z", "--format", "json", "-e", evidence)
    document: dict[str, Any] = made.document
    return document


def said(report: dict[str, Any], rule: str) -> list[str]:
    return [c["statement"] for c in report["claims"] if c["rule"] == rule]


def test_the_first_fetch_and_the_gap(report: dict[str, Any]) -> None:
    mine = [s for s in said(report, "distribution.consumer") if DEVELOPER in s]
    assert len(mine) == 2  # the proxy's and the balancer's line, told apart
    assert any("registry proxy log" in s and "4 min after the publish" in s for s in mine)


def test_the_fetch_before_the_publish(report: dict[str, Any]) -> None:
    early = said(report, "distribution.before-publish")
    assert (len(early) == 1 and LONE in early[0] and "19 min" in early[0]) or "20 min" in early[0]


def test_the_burst(report: dict[str, Any]) -> None:
    bursts = said(report, "distribution.burst")
    assert bursts and all("12 addresses" in s and "203.0.113.0/24" in s for s in bursts)


def test_the_sign_in_from_elsewhere(report: dict[str, Any]) -> None:
    (journey,) = said(report, "account.travel")
    assert "mallory@corp.example" in journey and "Osaka" in journey and "11077 km" in journey
    (factor,) = said(report, "account.changed-near-publish")
    assert "40 min before the publish" in factor
    assert all(OSAKA in s and "mallory" in s for s in said(report, "account.same-address"))
    assert said(report, "account.same-address")


def test_the_silence_of_one_log(report: dict[str, Any]) -> None:
    silent = said(report, "distribution.log-silent")
    assert len(silent) == 1 and "balancer.log" in silent[0]
    assert "2 h 10 min, from 2026-03-02T09:50:07Z to 2026-03-02T12:00:07Z" in silent[0]


def test_what_the_cache_still_handed_out(report: dict[str, Any]) -> None:
    tails = said(report, "distribution.cache-tail")
    assert len(tails) == 2 and all("still handed out 1 time" in s for s in tails)
    assert all("2026-03-02T12:25:00" in s for s in tails)


def test_nobody_is_accused_who_only_works_there(report: dict[str, Any]) -> None:
    accusing = ("distribution.unusual-client", "distribution.burst", "distribution.before-publish",
                "account.same-address", "account.travel")
    for claim in report["claims"]:
        if claim["rule"] in accusing:
            assert not {RUNNER, "10.20.50.2", "10.20.50.3"} & set(claim["statement"].split())
            assert MIRROR not in claim["statement"] and SCANNER not in claim["statement"]
    apart = said(report, "distribution.automation")
    assert any(SCANNER in s and "Nexus/3.63.0" in s for s in apart)


def test_exposure_names_every_client_once_a_layer(evidence: Path) -> None:
    ended = run("exposure", TARGET, "--json", "-e", evidence)
    assert ended.code == 10
    validate("exposure", ended.document)
    confirmed = [e for e in ended.document["exposures"] if e["grade"] == "confirmed"
                 and e["layer"] == "proxy"]
    assert {e["consumer"]["address"] for e in confirmed} == {
        DEVELOPER, LONE, RUNNER, "10.20.30.44", *CROWD}
    assert [e["grade"] for e in ended.document["exposures"]][-1] == "unchecked"
    assert [(e["layer"], e["user_agent"]) for e in ended.document["set_apart"]] == [
        ("proxy", SCANNER), ("balancer", SCANNER)]
    shown = run("exposure", TARGET, "-e", evidence)
    assert "UNCHECKED" in shown.out and "clean" not in shown.out.replace("it is not clean", "")


def test_nobody_found_is_not_clean(evidence: Path) -> None:
    ended = run("exposure", f"npm:{PACKAGE}@9.9.9", "-e", evidence)
    assert ended.code == 6 and "UNCHECKED" in ended.out and "not clean" in ended.err
    assert run("exposure", f"npm:{PACKAGE}", "-e", evidence).code == 2


def test_a_package_that_only_the_logs_know(evidence: Path, tmp_path: Path) -> None:
    log = tmp_path / "proxy.log"
    log.write_bytes(incident()["artifactory-request.log"])
    root = tmp_path / "evidence"
    assert run("ingest", log, "-e", root).code == 0
    ended = run("timeline", "report", "--incident", TARGET, "--format", "json", "-e", root)
    assert ended.code == 0, ended.err
    assert said(ended.document, "distribution.pulled")
    assert run("exposure", TARGET, "-e", root).code == 10


def test_a_lockfile_that_pins_the_version(evidence: Path, tmp_path: Path) -> None:
    lock = tmp_path / "package-lock.json"
    lock.write_text('{"lockfileVersion": 3, "packages": {"node_modules/' + PACKAGE
                    + '": {"version": "' + BAD + '"}}}')
    ended = run("exposure", TARGET, "--lockfile", lock, "--json", "-e", evidence)
    assert ended.code == 10
    validate("exposure", ended.document)
    (mine,) = [e for e in ended.document["exposures"] if e["layer"] == "lockfile"]
    assert mine["grade"] == "likely" and mine["consumer"] == {"file": str(lock)}
    other = run("exposure", f"npm:{PACKAGE}@9.9.9", "--lockfile", lock, "-e", evidence)
    assert other.code == 6
