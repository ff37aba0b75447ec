"""A day of runs, one a minute, on a played clock: what the report says is what happened."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.day import Day, Record, plan
from tests.support.command import run

MINUTES = 100  # scaled: the whole day is played by examples/cron/day.py


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    folder = tmp_path_factory.mktemp("day")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield Day(folder / "evidence", run, plan(MINUTES))


@pytest.fixture(scope="module")
def played(day: Day) -> tuple[Path, Record]:
    return day.evidence, day.play()


@pytest.fixture(scope="module")
def report(day: Day, played: tuple[Path, Record]) -> dict[str, Any]:
    with day.lasting():
        ended = run("timeline", "report", "--format", "json", "-e", played[0])
    assert ended.code == 0, ended.err
    document: dict[str, Any] = ended.document
    return document


def claim(report: dict[str, Any], rule: str, about: str) -> dict[str, Any]:
    found, = [c for c in report["claims"] if c["rule"] == rule and about in c["statement"]]
    return dict(found)


def interval(found: dict[str, Any]) -> tuple[datetime, datetime]:
    after, before = (datetime.fromisoformat(found["when"][end]) for end in ("after", "before"))
    return after, before


def bounds(played: tuple[Path, Record], act: str, found: dict[str, Any]) -> None:
    """The interval's ends lie in the runs around the act, and the act lies between them."""
    last, first = played[1].around(act)
    after, before = interval(found)
    assert last <= after < last + timedelta(seconds=10), found["statement"]
    assert first <= before < first + timedelta(seconds=10), found["statement"]
    assert after < played[1].acts[act] < before


def test_nothing_is_damaged(played: tuple[Path, Record]) -> None:
    ended = run("verify", "--json", "-e", played[0])
    assert (ended.code, ended.document["damage"]) == (0, [])


@pytest.mark.parametrize(("act", "rule", "about"), [
    ("takedown", "publish.withdrawn", "1.1.1"),
    ("gone", "publish.withdrawn", "1.0.1"),
    ("yank", "publish.yanked", "2.0"),
    ("owner", "account.owner-added", "mallory"),
])
def test_every_interval_is_that_of_the_runs_around_the_act(
        played: tuple[Path, Record], report: dict[str, Any], act: str, rule: str, about: str
        ) -> None:
    bounds(played, act, claim(report, rule, about))


def test_a_claim_over_an_outage_says_what_failed_in_it(
        played: tuple[Path, Record], report: dict[str, Any]) -> None:
    told = claim(report, "publish.withdrawn", "1.1.1")["statement"]
    lost = sum(weather == "down" for weather in played[1].bad.values())
    assert f"In that time, {2 * lost} attempts to capture the package failed" in told
    assert "HTTP 503" in told
    off = claim(report, "publish.withdrawn", "1.0.1")["statement"]
    missed = sum(weather == "off" for weather in played[1].bad.values())
    assert f"about {missed} captures of the usual rhythm, one every 1 min, are missing" in off
    killed = claim(report, "publish.yanked", "2.0")["statement"]
    assert "2 runs that were to capture it left no line of an end" in killed
    assert "In that time" not in claim(report, "account.owner-added", "mallory")["statement"]


def test_each_of_these_is_a_gap_too(report: dict[str, Any]) -> None:
    gaps = [gap for gap in report["gaps"] if gap["question"].startswith("when exactly")]
    assert any("publish.withdrawn of npm:paint@1.1.1" in gap["reason"] for gap in gaps)
    assert any("publish.withdrawn of npm:brush@1.0.1" in gap["reason"] for gap in gaps)
    assert not any("account.owner-added" in gap["reason"] for gap in gaps)


def test_status_knows_the_runs(day: Day, played: tuple[Path, Record]) -> None:
    evidence, record = played
    with day.lasting():
        ended = run("status", "--json", "-e", evidence)
    assert ended.code == 0
    killed = [run["begun"] for run in ended.document["runs"]["without_end"]]
    minutes = [minute for minute, weather in record.bad.items() if weather == "killed"]
    assert [datetime.fromisoformat(at).minute + 60 * datetime.fromisoformat(at).hour
            for at in killed] == minutes
    for row in ended.document["targets"]:
        assert row["captures"] == len(record.good)
        assert row["failed_runs"] == sum(w in ("down", "limited", "slow")
                                         for w in record.bad.values())


def test_a_cron_that_died_is_overdue_and_the_report_says_so(played: tuple[Path, Record]) -> None:
    ended = run("status", "--json", "-e", played[0])  # by the machine's clock, long after
    assert ended.code == 6
    assert {row["state"] for row in ended.document["targets"]} == {"overdue"}
    made = run("timeline", "report", "--format", "json", "-e", played[0])
    gaps = [gap for gap in made.document["gaps"] if "came and went after" in gap["question"]]
    assert len(gaps) == 3
    assert all("of the usual rhythm, one every 1 min, are missing" in g["reason"] for g in gaps)
    path = played[0].parent / "report.json"
    path.write_text(made.out)
    assert run("timeline", "check", path, "-e", played[0]).code == 0
    path.write_text(made.out.replace(made.document["generated_at"], "2026-03-03T00:00:00.000Z"))
    assert run("timeline", "check", path, "-e", played[0]).code == 4


def test_cron_would_have_mailed_the_bad_runs_alone(played: tuple[Path, Record]) -> None:
    _, record = played
    loud = sum(w in ("down", "limited", "slow") for w in record.bad.values())
    assert len(record.said) == loud
    for mail in record.said:
        assert mail.count("\n") == 1
        assert mail.startswith("error: 3 of 3 targets failed: 127.0.0.1:")
