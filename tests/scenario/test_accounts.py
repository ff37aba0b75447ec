"""Accounts asked about by the command line, of simulated registries."""

from pathlib import Path

import pytest

from simulator import Npm, PyPI, serve
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
    assert "in brush, that of" in said["account.packages-gained"]["statement"]
    assert "in paint-002" in said["account.packages-lost"]["statement"]
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


def test_a_pypi_account_from_outside(tmp_path: Path) -> None:
    evidence, pypi = tmp_path / "evidence", PyPI()
    for name in ("Paint.Lines", "brush"):
        pypi.upload(name, "1.0", by="ada")
    pypi.upload("rollers", "1.0", by="ben")
    pypi.add_owner("rollers", "ada", role="Maintainer")
    with serve(None, pypi) as urls:
        done = run("snapshot", "pypi-user:ada", "pypi:rollers", "--pypi-url", urls.pypi, "-e",
                   evidence)
        assert done.code == 0, done.out + done.err
        pypi.remove_owner("brush", "ada")
        assert run("snapshot", "pypi-user:ada", "--pypi-url", urls.pypi, "-e", evidence).code == 0
    report = run("timeline", "report", "--format", "json", "-e", evidence)
    assert report.code == 0, report.err
    said = {c["rule"]: c for c in report.document["claims"]}
    assert "in 2 packages: Paint.Lines (Owner), rollers (Maintainer)." in \
        said["account.can-publish"]["statement"]
    assert "through organisations and teams are not in that list" in \
        said["account.can-publish"]["statement"]
    assert "in brush (Owner), that of" in said["account.packages-lost"]["statement"]
    assert said["account.reaches"]["subject"] == "pkg:pypi/rollers"
    (tmp_path / "r.json").write_text(report.out)
    assert run("timeline", "check", tmp_path / "r.json", "-e", evidence).code == 0
    rows = run("inventory", "pypi-user:ada", "--json", "-e", evidence).document["rows"]
    assert [(r["question"], r["authority"]) for r in rows] == [("account", "authoritative")]


@pytest.mark.parametrize(("act", "meaning"), [
    ("quarantine", "is quarantined, not deleted"), ("delete_project", "was deleted: the capture")])
def test_a_404_leads_to_the_question_that_tells_why(
        tmp_path: Path, act: str, meaning: str) -> None:
    evidence, pypi = tmp_path / "evidence", PyPI()
    pypi.upload("paint", "1.0", by="ada")
    with serve(None, pypi) as urls:
        words = ("snapshot", "pypi:paint", "--pypi-url", urls.pypi, "-e", evidence, "--json")
        assert len(run(*words).document["captures"]) == 2
        getattr(pypi, act)("paint")
        ended = run(*words)
    assert ended.code == 0
    assert [c["kind"] for c in ended.document["captures"]] == [
        "pypi-json", "pypi-simple", "pypi-absence"]
    report = run("timeline", "report", "--format", "json", "-e", evidence).document
    (said,) = (c["statement"] for c in report["claims"] if c["rule"] == "publish.absence-means")
    assert meaning in said


def test_a_mirror_that_takes_no_calls_fails_nothing(tmp_path: Path) -> None:
    evidence, pypi = tmp_path / "evidence", PyPI()
    with serve(None, None, pypi.through("nexus")) as urls:
        ended = run("snapshot", "pypi:paint", "--pypi-url", urls.mirrors[0], "-e", evidence)
    assert ended.code == 0, ended.out
    report = run("timeline", "report", "--format", "json", "-e", evidence).document
    assert "integrity.failed" not in {c["rule"] for c in report["claims"]}
