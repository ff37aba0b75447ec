"""Accounts asked about by the command line, of simulated registries."""

from pathlib import Path

import pytest

from simulator import Npm, serve
from tests.support.command import run

ADA = "npm-user:ada"


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_an_npm_account_from_outside(tmp_path: Path) -> None:
    evidence, npm = tmp_path / "evidence", Npm()
    for index in range(300):
        npm.publish(f"paint-{index:03}", "1.0.0", by="ada")
    npm.publish("brush", "1.0.0", by="ben")
    with serve(npm) as urls:
        done = run("snapshot", ADA, "npm:paint-001", "--npm-registry", urls.npm, "-e", evidence)
        assert done.code == 0, done.out + done.err
        npm.set_owner("paint-002", "mallory")
        npm.add_owner("brush", "ada")
        assert run("snapshot", ADA, "--npm-registry", urls.npm, "-e", evidence).code == 0
    report = run("timeline", "report", "--format", "json", "-e", evidence)
    assert report.code == 0, report.err
    said = {c["rule"]: c for c in report.document["claims"] if c["rule"] in (
        "account.can-publish", "account.reaches", "account.packages-gained",
        "account.packages-lost")}
    assert "of 300 packages" in said["account.can-publish"]["statement"]
    assert said["account.can-publish"]["subject"] == ADA
    assert "came to brush" in said["account.packages-gained"]["statement"]
    assert "at paint-002" in said["account.packages-lost"]["statement"]
    assert said["account.reaches"]["subject"] == "pkg:npm/paint-001"
    listed = run("list", "--json", "-e", evidence).document["exhibits"]
    assert ADA in {e["subject"] for e in listed}
    assert run("verify", "-e", evidence).code == 0
    rows = run("inventory", ADA, "--json", "-e", evidence).document["rows"]
    assert [(r["subject"], r["authority"]) for r in rows] == [(ADA, "limited")]
    for form in ("md", "html", "json"):
        page = tmp_path / f"report.{form}"
        assert run("timeline", "report", "--format", form, "-o", page, "-e", evidence).code == 0
    assert run("timeline", "check", page, "-e", evidence).code == 0
    assert run("diff", ADA, "-e", evidence).code == 2


def test_an_account_that_is_not_there(tmp_path: Path) -> None:
    with serve(Npm()) as urls:
        done = run("snapshot", "npm-user:nobody", "--npm-registry", urls.npm, "-e",
                   tmp_path / "e")
    assert done.code == 0, done.out
