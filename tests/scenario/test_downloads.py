"""Download counts from simulated services, through the whole command line."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from regforensics.evidence.schemas import validate
from simulator import Clock, serve
from simulator.counts import ClickPy, NpmDownloads, PypiStats, Tally
from tests.support.command import Ended, run

NO_ANSWER, USAGE, INCOMPLETE = 3, 2, 6
TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(1)


@dataclass
class World:
    """Three counting services over one tally, and an evidence directory."""

    tally: Tally
    npm: NpmDownloads
    stats: PypiStats
    click: ClickPy
    urls: tuple[str, ...]
    evidence: Path

    def downloads(self, *words: object) -> Ended:
        """The command against these services."""
        return run("downloads", *words, "-e", self.evidence, "--npm-downloads-url", self.urls[0],
                   "--pypistats-url", self.urls[1], "--clickpy-url", self.urls[2])

    def series(self, *words: object) -> list[dict[str, Any]]:
        """Its series."""
        ended = self.downloads(*words, "--json")
        assert ended.code == 0, ended.err
        validate("downloads", ended.document)
        found: list[dict[str, Any]] = ended.document["series"]
        return found

    def custody(self) -> list[dict[str, Any]]:
        """The custody lines of answers."""
        lines = (self.evidence / "custody.jsonl").read_bytes().splitlines()
        return [line for line in map(json.loads, lines) if line["how"] == "http"]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    tally = Tally(Clock())
    services = NpmDownloads(tally), PypiStats(tally), ClickPy(tally)
    with serve(None, None, *services) as urls:
        yield World(tally, *services, urls.mirrors, tmp_path / "evidence")


def since(days: int) -> date:
    return TODAY - timedelta(days)


def test_counts_per_version_are_captured_first(world: World) -> None:
    for version, count in (("1.0.0", 30), ("1.0.1", 4)):
        world.tally.add("paint", since(2), count, version)
    ended = world.downloads("npm:paint", "--from", since(6), "--to", YESTERDAY, "--json")
    assert [line["kind"] for line in world.custody()] == ["npm-version-downloads", "npm-downloads"]
    assert all(line["subject"] == "pkg:npm/paint" for line in world.custody())
    (week,) = ended.document["last_week"]
    assert week["versions"] == {"1.0.0": 30, "1.0.1": 4}
    (series,) = ended.document["series"]
    assert series["total"] == 34
    assert [p["downloads"] for p in series["points"]] == [0, 0, 0, 0, 34, None]
    assert [p["missing"] for p in series["points"]] == [False] * 5 + [True]


def test_the_numbers_of_a_series_stand_in_what_it_cites(world: World) -> None:
    world.tally.steady("paint", since(10), 10, 7)
    (series,) = world.series("npm:paint", "--from", since(9), "--to", YESTERDAY)
    quoted = " ".join(c["quote"] for c in series["citations"])
    assert series["total"] == 63
    assert quoted.count('"downloads":7') == 9
    for cited in series["citations"]:
        body = next((world.evidence / "exhibits").glob(f"{cited['exhibit']}.*")).read_bytes()
        assert body[cited["start"]:cited["end"]].decode() == cited["quote"]


def test_weeks_begin_on_monday_and_months_on_the_first(world: World) -> None:
    world.tally.steady("paint", since(60), 60, 2)
    for by in ("week", "month"):
        (series,) = world.series("npm:paint", "--from", since(45), "--to", YESTERDAY, "--by", by)
        starts = [date.fromisoformat(p["start"]) for p in series["points"]]
        assert starts[0] == since(45)
        assert all(s.weekday() == 0 if by == "week" else s.day == 1 for s in starts[1:])
        assert sum(p["downloads"] for p in series["points"]) == series["total"] == 90


def test_bulk_names_are_asked_together_and_read_apart(world: World) -> None:
    world.tally.steady("paint", since(5), 5, 7)
    world.tally.steady("easel", since(5), 5, 11)
    world.tally.steady("@art/brush", since(5), 5, 13)
    found = world.series("npm:paint", "npm:easel", "npm:ghost", "npm:@art/brush", "--from",
                         since(4), "--to", YESTERDAY)
    assert [(s["subject"], s["total"]) for s in found] == [
        ("pkg:npm/paint", 28), ("pkg:npm/easel", 44), ("pkg:npm/ghost", None),
        ("pkg:npm/%40art/brush", 52)]
    assert [p["missing"] for p in found[2]["points"]] == [True] * 4
    assert any("nothing under its name" in g["reason"] for g in found[2]["gaps"])
    ranges = [line["request"]["url"].rsplit("/downloads/range/")[1].partition("/")[2]
              for line in world.custody() if line["kind"] == "npm-downloads"]
    assert sorted(ranges) == ["@art/brush", "paint,easel,ghost"]
    report = run("timeline", "report", "--format", "json", "-e", world.evidence).document
    told = {c["subject"] for c in report["claims"] if c["rule"] == "distribution.downloads"}
    assert told == {"pkg:npm/paint", "pkg:npm/easel", "pkg:npm/%40art/brush"}


def test_what_the_service_cut_off_is_asked_again_and_told(world: World) -> None:
    world.npm.clamp = 20
    world.tally.steady("paint", since(50), 50, 3)
    (series,) = world.series("npm:paint", "--from", since(30), "--to", YESTERDAY)
    assert any("without saying so" in g["reason"] for g in series["gaps"])
    assert sum(not p["missing"] for p in series["points"]) == 30
    assert series["total"] == 90


def test_a_range_that_is_refused_as_too_long_is_asked_in_years(world: World) -> None:
    world.npm.refuse = 365
    world.tally.steady("paint", since(500), 500, 3)
    (series,) = world.series("npm:paint", "--from", since(500), "--to", YESTERDAY)
    assert series["total"] == 1500


def test_a_lost_day_is_missing_and_the_whole_registry_is_asked_about_it(world: World) -> None:
    world.tally.lost.add(since(12))
    world.tally.steady("paint", since(40), 40, 500)
    (series,) = world.series("npm:paint", "--from", since(30), "--to", YESTERDAY)
    (point,) = [p for p in series["points"] if p["missing"]]
    assert (point["start"], point["downloads"]) == (str(since(12)), None)
    asked = [line["request"]["url"] for line in world.custody()
             if line["kind"] == "npm-total-downloads"]
    assert [url.rpartition("/")[2] for url in asked] == [f"{since(12)}:{since(12)}"]
    (gap,) = series["gaps"]
    assert "whole registry" in gap["reason"]
    assert any('"downloads":0' in c["quote"] for c in gap["citations"])


def test_quiet_days_ask_nobody(world: World) -> None:
    world.tally.steady("paint", since(40), 20, 2)
    (series,) = world.series("npm:paint", "--from", since(30), "--to", since(5))
    assert not any(p["missing"] for p in series["points"])
    assert not [line for line in world.custody() if line["kind"] == "npm-total-downloads"]


def test_today_and_what_is_not_counted_yet_are_missing(world: World) -> None:
    world.tally.late = 1
    world.tally.steady("paint", since(40), 41, 500)
    (series,) = world.series("npm:paint", "--from", since(4), "--to", TODAY)
    assert [p["missing"] for p in series["points"]] == [False] * 3 + [True] * 2


def test_pypi_is_split_by_client_and_versions_that_are_named(world: World) -> None:
    for client, count in (("pip", 60), ("uv", 20), ("bandersnatch", 9), ("Browser", 3), ("", 5)):
        for n in range(1, 8):
            world.tally.add("oil-paint", since(n), count, "1.0", client)
        world.tally.add("oil-paint", since(3), count, "1.1", client)
    found = world.series("pypi:Oil.Paint@1.1", "--from", since(5), "--to", since(2))
    click = {(s["counted"], s["subject"]): s["total"] for s in found if s["service"] == "clickpy"}
    package, version = "pkg:pypi/oil-paint", "pkg:pypi/oil-paint@1.1"
    assert click == {
        ("all", package): 97 * 5, ("package managers", package): 400, ("mirrors", package): 45,
        ("other and unnamed clients", package): 40,
        ("all", version): 97, ("package managers", version): 80, ("mirrors", version): 9,
        ("other and unnamed clients", version): 8}
    stats = {s["source"]: s["total"] for s in found if s["service"] == "pypistats"}
    assert stats == {"pypistats": 97 * 5, "pypistats (known mirrors left out)": 88 * 5}


def test_the_same_command_offline_shows_the_same(world: World) -> None:
    world.tally.steady("paint", since(10), 10, 7)
    world.tally.add("oil-paint", since(4), 5)
    words = ("npm:paint", "pypi:oil-paint", "--from", since(9), "--to", YESTERDAY)
    live, head = world.downloads(*words), len(world.custody())
    again = world.downloads(*words, "--offline")
    assert again.out == live.out
    assert len(world.custody()) == head
    assert f"{since(5)}                7  ########################################" in live.out
    assert "total 63 over 9 of 9 days" in live.out


def test_a_service_that_does_not_answer_stops_no_other(world: World) -> None:
    world.tally.steady("paint", since(10), 10, 7)
    ended = run("downloads", "npm:paint", "pypi:oil-paint", "--from", since(9), "--to", YESTERDAY,
                "-e", world.evidence, "--npm-downloads-url", world.urls[0], "--pypistats-url",
                "http://127.0.0.1:9/", "--clickpy-url", "http://127.0.0.1:9/", "--timeout", "0.6",
                "--json")
    assert ended.code == NO_ANSWER
    assert ended.document["series"][0]["total"] == 63


def test_no_count_is_no_total_and_incomplete(world: World) -> None:
    ended = world.downloads("npm:paint", "--offline")
    assert ended.code != 0  # no evidence directory yet
    world.tally.add("other", since(2), 3)
    ended = world.downloads("npm:nobody", "--from", since(4), "--to", YESTERDAY)
    assert ended.code == INCOMPLETE
    assert "total no count on any of 4 days" in ended.out
    assert "total 0" not in ended.out
    assert "pypistats is asked at" not in ended.err
    document = world.downloads("npm:nobody", "--from", since(4), "--to", YESTERDAY,
                               "--json").document
    validate("downloads", document)
    assert [s["total"] for s in document["series"]] == [None]


def test_weeks_that_the_stretch_cuts_are_marked(world: World) -> None:
    world.tally.steady("paint", since(40), 40, 7)
    ended = world.downloads("npm:paint", "--from", since(10), "--to", YESTERDAY, "--by", "month")
    assert "partial: the stretch asked for holds" in ended.out


def test_no_credential_goes_to_a_counting_service(world: World, tmp_path: Path) -> None:
    host = world.urls[0].removeprefix("http:")
    (tmp_path / ".npmrc").write_text(f"{host}:_authToken=npm_sEcReT1234567890\n")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ada password hunter22\n")
    world.tally.add("paint", since(2), 3)
    assert world.downloads("npm:paint", "--from", since(4), "--to", YESTERDAY).code == 0
    assert not [line for line in world.custody() if "authorization" in json.dumps(line).lower()]


@pytest.mark.parametrize("words", [
    ["maven:org.paint:paint"], ["npm:paint", "--by", "year"], ["npm:paint", "--from", "yesterday"],
    ["npm:paint", "--from", "2025-02-02", "--to", "2025-02-01"],
    ["npm:paint", "--from", "0001-01-01", "--to", "9999-12-31"],
    ["npm:paint", "--to", "2999-01-01"],
    ["npm:paint", "--npm-downloads-url", "ftp://counts.example/"]])
def test_what_cannot_be_meant_is_refused(tmp_path: Path, words: list[str]) -> None:
    assert run("downloads", *words, "-e", tmp_path / "evidence").code == USAGE


def test_the_report_claims_what_was_counted_and_holds(world: World, tmp_path: Path) -> None:
    world.tally.steady("paint", since(40), 40, 500)
    world.downloads("npm:paint", "--from", since(30), "--to", YESTERDAY)
    report = tmp_path / "report.json"
    assert run("timeline", "report", "-o", report, "-e", world.evidence).code == 0
    assert run("timeline", "check", report, "-e", world.evidence).code == 0
    claims = json.loads(report.read_bytes())["claims"]
    (claim,) = [c for c in claims if c["rule"] == "distribution.downloads"]
    assert "has 15000 downloads of the package" in claim["statement"]
    rows = run("inventory", "npm:paint", "--json", "-e", world.evidence).document["rows"]
    assert {r["authority"] for r in rows if r["question"] == "install"} == {"limited"}


def test_the_report_draws_what_was_counted(world: World, tmp_path: Path) -> None:
    world.tally.lost.add(since(12))
    world.tally.steady("paint", since(40), 40, 500)
    world.downloads("npm:paint", "--from", since(30), "--to", YESTERDAY)
    for form, mark in (("html", 'viewBox="0 0 760 140"'), ("md", f"{since(12)}  no count")):
        report = tmp_path / f"report.{form}"
        assert run("timeline", "report", "-o", report, "-e", world.evidence).code == 0
        assert mark in report.read_text()
