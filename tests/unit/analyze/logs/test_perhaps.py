"""Documents in repositories whose kind no address states: whose they are, sure or possible."""

from dataclasses import replace
from pathlib import Path

import pytest

from regforensics.analyze.logs.exposure import exposures
from regforensics.analyze.logs.requests import Dates, gathered
from regforensics.evidence.schemas import validate
from regforensics.logs.paths import read_path
from regforensics.model.event import PERHAPS
from tests.support.command import run
from tests.support.logged import Stored, events, log
from tests.unit.analyze.logs.test_logged import NPM, case, of, told

BROWSER = "Mozilla/5.0 (X11; Linux x86_64)"


def nexus(at: str, path: str, agent: str = BROWSER, address: str = "203.0.113.7",
          method: str = "GET") -> str:
    """One request to a registry proxy that holds repositories of every kind."""
    return (f'{address} - ada [02/Mar/2026:{at} +0000] "{method} {path} HTTP/1.1" 200 - 4321 12'
            f' "{agent}" [qtp1199213870-40]\n')


def grades(*lines: str) -> list[tuple[str, str | None]]:
    """Who has paint 1.1.0, by grade and address."""
    history = replace(case().history(), events=events(log("request.log", "".join(lines))))
    return [(e.grade, e.address) for e in exposures(history, ["1.1.0"]) if e.address]


@pytest.mark.parametrize(("repo", "sure"), [
    ("npm-proxy", True), ("corp.npm", True), ("NPM_group", True), ("npmjs", True),
    ("libs", False), ("all", False), ("shipnpmx", False)])
def test_a_repositorys_name_decides_what_its_documents_are(repo: str, sure: bool) -> None:
    found = read_path("GET", f"/repository/{repo}/chalk")
    assert (found.registry, found.package, found.action, found.repo) == (
        "npm", "chalk", "metadata", repo)
    assert (found.doubt != PERHAPS) is sure
    put = read_path("PUT", f"/repository/{repo}/chalk")
    assert (put.action, put.package) == (("upload", "chalk") if sure else ("other", None))


@pytest.mark.parametrize("path", [
    "/repository/maven-public/archetype", "/repository/raw-hosted/tool", "/repository/docker/v2",
    "/repository/pypi-all/flask", "/repository/libs/index.html", "/repository/libs/a/b",
    "/repository/libs/", "/repository/libs", "/chalk", "/artifactory/libs/chalk",
    "/repository/libs/tool.tar.gz", "/repository/libs/com/acme/lib/1.0.0/lib-1.0.0.jar"])
def test_what_has_another_form_or_kind_is_no_document(path: str) -> None:
    found = read_path("GET", path)
    assert found.registry != "npm" and found.doubt != PERHAPS


def test_npms_own_client_decides_too() -> None:
    stored = log("request.log", nexus("07:20:00", "/repository/libs/paint", NPM))
    assert stored.requests[0].value.registry == "npm"
    assert PERHAPS not in stored.requests[0].value.doubts
    (claim,) = of(told(case(), stored)[0], "metadata-only")
    assert "1 client asked for the package's documents" in claim.statement
    pushed = log("request.log", nexus("07:20:00", "/repository/libs/paint", NPM, method="PUT"))
    assert pushed.requests[0].value.action == "upload"


def test_npms_own_client_decides_in_any_log() -> None:
    line = ('203.0.113.7 - - [02/Mar/2026:07:20:00 +0000] "GET /repository/libs/paint HTTP/1.1"'
            ' 200 4321 "-" "{}"\n')
    claims, _ = told(case(), log("web.log", line.format(NPM)))
    assert of(claims, "metadata-only") and not of(claims, "perhaps-metadata")
    claims, _ = told(case(), log("web.log", line.format(BROWSER)))
    assert of(claims, "perhaps-metadata") and not of(claims, "metadata-only")


def test_without_a_sign_it_is_told_as_possible() -> None:
    line = nexus("07:20:00", "/repository/libs/paint")
    claims, _ = told(case(), log("request.log", line))
    assert not of(claims, "metadata-only")
    (claim,) = of(claims, "perhaps-metadata")
    assert "1 client may have asked for the package's documents" in claim.statement
    assert "in libs, of which no line about the package tells" in claim.statement
    assert not claim.notable and grades(line) == [("possible", "203.0.113.7")]
    before = nexus("05:20:00", "/repository/libs/paint")
    assert not of(told(case(), log("request.log", before))[0], "perhaps-metadata")
    assert grades(before) == []


def _held(*lines: str) -> Stored:
    return log("request.log", "".join(lines))


def test_another_line_of_the_repository_decides_before_and_after() -> None:
    fetch = nexus("07:21:00", "/repository/libs/paint/-/paint-1.0.0.tgz", address="203.0.113.9")
    for lines in ((nexus("07:20:00", "/repository/libs/paint"), fetch),
                  (fetch, nexus("07:22:00", "/repository/libs/paint"))):
        claims, _ = told(case(), _held(*lines))
        assert of(claims, "metadata-only") and not of(claims, "perhaps-metadata")
    other = fetch.replace("/libs/", "/other/")
    claims, _ = told(case(), _held(nexus("07:20:00", "/repository/libs/paint"), other))
    assert of(claims, "perhaps-metadata")


def test_rows_that_join_keep_their_order_and_number() -> None:
    lines = [nexus(f"07:{n:02}:00", "/repository/libs/paint") for n in range(10, 30)]
    fetch = nexus("07:30:00", "/repository/libs/paint/-/paint-1.0.0.tgz")
    found = gathered(case().package, _held(*lines, fetch).requests, Dates({}, {}))
    (one,) = found.consumers.values()
    assert one.reads.count == 20 and not one.perhaps
    assert [f.value.at.utc.minute for f in one.reads.facts if f.value.at] == [
        10, 11, 12, 13, 14, 29]


def test_the_quick_answer_says_perhaps(tmp_path: Path) -> None:
    raw = tmp_path / "request.log"
    raw.write_text(nexus("07:20:00", "/repository/libs/paint")
                   + nexus("07:21:00", "/repository/npm-all/paint"))
    ended = run("requests", "npm:paint", raw, "--json")
    assert ended.code == 10
    validate("requests", ended.document)
    assert sorted(group["action"] for group in ended.document["groups"]) == [
        "metadata", "metadata, perhaps"]
