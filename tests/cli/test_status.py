"""status: the last capture, the longest gap, and what failed, per target and over all runs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from regforensics.evidence.exhibit import Entry
from regforensics.evidence.runs import end_of, start_of
from regforensics.evidence.schemas import validate
from regforensics.evidence.store import EvidenceStore
from regforensics.model.instant import Clock, iso
from tests.support.command import Ended, run

INCOMPLETE = 6
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Kept:
    """An evidence directory to which runs over npm:paint are added by the minute."""

    def __init__(self, root: Path) -> None:
        self.root, self.minute = root, 0
        self.store = EvidenceStore.create_or_open(root)

    def at(self, minute: int) -> "Kept":
        self.minute = minute
        return self

    def run(self, body: bytes | None = b"{}", *, error: str | None = None, ends: bool = True,
            target: str = "pkg:npm/paint", status: int = 200) -> "Kept":
        """A run with an answer, with an error, or with neither (None and None)."""
        name = f"run-{self.minute}-{target}"
        self.store.record(start_of(name, "snapshot", "regforensics snapshot", [target], 0, ""),
                          None)
        if body is not None or error:
            self.store.record(Entry(
                how="http", kind="packument", subject=target, url=f"https://npm.example/{target}",
                status=None if error else status, error=error, run=name,
                observed_at=iso(NOON + timedelta(minutes=self.minute))), None if error else body)
        if ends:
            self.store.record(end_of(name, "snapshot", [target], 3 if error else 0, 0.1, {}, 0,
                                     None, None), None)
        return self

    def status(self, *words: str, at: int = 100) -> Ended:
        self.minute = at
        return run("status", *words, "-e", self.root)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    made: list[Kept] = []
    monkeypatch.setattr(Clock, "read", staticmethod(
        lambda: NOON + timedelta(minutes=made[0].minute if made else 0)))
    made.append(Kept(tmp_path / "e"))
    return made[0]


def test_the_last_capture_the_change_and_the_longest_gap(kept: Kept) -> None:
    kept.at(1).run(b"one").at(2).run(b"one").at(40).run(b"two").at(41).run(b"two")
    ended = kept.status("--json", at=42)
    validate("status", ended.document)
    row, = ended.document["targets"]
    assert ended.code == 0
    assert (row["target"], row["captures"], row["age_seconds"]) == ("npm:paint", 4, 60)
    assert row["last"] == "2026-03-02T12:41:00.000Z"
    assert row["changed"] == "2026-03-02T12:40:00.000Z"
    assert row["longest_gap"] == {"after": "2026-03-02T12:02:00.000Z",
                                  "before": "2026-03-02T12:40:00.000Z", "seconds": 2280}
    assert row["last_failure"] is None


def test_the_longest_gap_may_be_the_one_that_lasts(kept: Kept) -> None:
    kept.at(1).run().at(20).run()
    row, = kept.status("--json", at=90).document["targets"]
    assert row["longest_gap"] == {"after": "2026-03-02T12:20:00.000Z", "before": None,
                                  "seconds": 4200}
    assert "until now" in kept.status(at=90).out


def test_what_failed_and_why_and_how_often(kept: Kept) -> None:
    kept.at(1).run().at(2).run(error="connection refused (attempt 4 of 4)")
    kept.at(3).run(error="HTTP 503 (attempt 4 of 4)")
    ended = kept.status("--json")
    row, = ended.document["targets"]
    assert ended.code == INCOMPLETE
    assert (row["failed_runs"], row["failing_runs"]) == (2, 2)
    assert row["last_failure"]["reason"] == "packument: HTTP 503"
    told = kept.status()
    assert "FAILING  npm:paint" in told.out
    assert "the last 2 runs failed, at 2026-03-02T12:03:00.000Z: packument: HTTP 503" in told.out


def test_a_failure_that_is_over_is_counted_and_no_alarm(kept: Kept) -> None:
    kept.at(1).run(error="HTTP 503").at(2).run()
    ended = kept.status("--json")
    row, = ended.document["targets"]
    assert (ended.code, row["failed_runs"], row["failing_runs"]) == (0, 1, 0)


def test_an_attempt_that_was_repeated_in_the_same_run_is_no_failed_run(kept: Kept) -> None:
    kept.at(1)
    for error, body in (("HTTP 503 (attempt 1 of 4)", None), (None, b"{}")):
        kept.store.record(Entry(how="http", kind="packument", subject="pkg:npm/paint", run="r",
                                url="https://npm.example/paint", status=200, error=error,
                                observed_at=iso(NOON)), body)
    row, = kept.status("--json").document["targets"]
    assert (row["captures"], row["failed_runs"]) == (1, 0)


def test_a_target_without_any_capture(kept: Kept) -> None:
    kept.at(1).run(error="HTTP 503", target="pkg:npm/brush")
    ended = kept.status()
    assert "FAILING  npm:brush  never captured" in ended.out
    assert kept.status("--json").document["targets"][0]["longest_gap"] is None


def test_a_killed_run_is_told_and_one_that_ended_is_not(kept: Kept) -> None:
    kept.at(1).run().at(2).run(None, ends=False)
    ended = kept.status("--json")
    killed, = ended.document["runs"]["without_end"]
    assert (killed["state"], killed["begun"]) == ("killed", "2026-03-02T12:02:00.000Z")
    assert ended.document["runs"]["last_success"]["begun"] == "2026-03-02T12:01:00.000Z"
    assert ended.code == INCOMPLETE
    assert "killed   snapshot, begun at 2026-03-02T12:02:00.000Z" in kept.status().out
    kept.at(3).run()
    assert kept.status().code == 0


def test_a_run_that_is_still_at_work_is_no_killed_one(kept: Kept) -> None:
    import os
    import platform

    kept.store.record(start_of("now", "snapshot", "", [], os.getpid(), platform.node()), None)
    ended = kept.status("--json")
    assert (ended.code, ended.document["runs"]["last"]["state"]) == (0, "running")


def test_one_target_and_one_that_nobody_saw(kept: Kept) -> None:
    kept.at(1).run().run(target="pkg:npm/brush")
    assert [r["target"] for r in kept.status("npm:brush", "--json").document["targets"]] == [
        "npm:brush"]
    assert kept.status("npm:other").code == 2


def test_a_rhythm_that_stops_is_overdue(kept: Kept) -> None:
    for minute in range(0, 80, 10):
        kept.at(minute).run()
    ended = kept.status("--json", at=100)
    validate("status", ended.document)
    row, = ended.document["targets"]
    assert (ended.code, row["state"]) == (INCOMPLETE, "overdue")
    assert (row["overdue_since"], row["rhythm_seconds"]) == ("2026-03-02T13:20:00.000Z", 600)
    assert ("OVERDUE  npm:paint  overdue since 2026-03-02T13:20:00.000Z (rhythm about every"
            " 10 min)  last 2026-03-02T13:10:00.000Z") in kept.status(at=100).out


def test_a_rhythm_that_goes_on_is_not_overdue(kept: Kept) -> None:
    for minute in range(0, 80, 10):
        kept.at(minute).run()
    ended = kept.status("--json", at=85)
    assert (ended.code, ended.document["targets"][0]["state"]) == (0, "ok")


def test_captures_without_a_rhythm_are_never_overdue(kept: Kept) -> None:
    for minute in (0, 1, 5, 30, 31, 33, 50, 90):
        kept.at(minute).run()
    ended = kept.status("--json", at=90_000)
    assert (ended.code, ended.document["targets"][0]["state"]) == (0, "ok")


def test_a_target_that_was_taken_off_the_list_is_not_overdue(kept: Kept) -> None:
    for minute in range(0, 80, 10):
        kept.at(minute).run()
    for minute in range(80, 140, 10):
        kept.at(minute).run(target="pkg:npm/brush")
    states = {r["target"]: r["state"] for r in kept.status("--json", at=135).document["targets"]}
    assert states == {"npm:paint": "dropped", "npm:brush": "ok"}
    late = kept.status("--json", at=200)
    assert {r["state"] for r in late.document["targets"]} == {"overdue", "ok"}
    assert late.code == INCOMPLETE


def test_a_package_that_does_not_exist_is_absent(kept: Kept) -> None:
    kept.at(1).run().at(2).run(status=404).at(3).run(status=404)
    kept.run(status=404, target="pkg:npm/pianf")
    ended = kept.status("--json", at=4)
    assert {r["target"]: (r["state"], r["absent_since"]) for r in ended.document["targets"]} == {
        "npm:paint": ("absent", "2026-03-02T12:02:00.000Z"),
        "npm:pianf": ("absent", "2026-03-02T12:03:00.000Z")}
    assert ended.code == 0
    assert "absent   npm:pianf  absent since 2026-03-02T12:03:00.000Z" in kept.status(at=4).out
    row = kept.at(5).run().status("npm:paint", "--json", at=6).document["targets"][0]
    assert (row["state"], row["absent_since"]) == ("ok", None)


def test_what_was_handed_over_is_marked_with_who_did_it(kept: Kept) -> None:
    kept.store.record(Entry(how="file", kind="packument", subject="pkg:npm/paint"), b"{}")
    ended = kept.status("--json")
    row, = ended.document["targets"]
    assert (row["state"], row["captures"], row["handed_over"]["count"]) == ("handed over", 0, 1)
    assert ended.code == 0
    told = kept.status("npm:paint").out
    assert "handed   npm:paint  never captured here  1 document handed over by " in told


def test_targets_that_a_stopped_run_did_not_come_to_are_listed(kept: Kept) -> None:
    kept.at(1).run()
    kept.store.record(end_of("run-1", "snapshot", ["a", "b"], 3, 0.1, {"not_reached": 2}, 0,
                             "interrupted", None, ["pkg:npm/brush", "not a target", "npm-user:x"]),
                      None)
    ended = kept.status("--json", at=2)
    validate("status", ended.document)
    assert {r["target"]: r["state"] for r in ended.document["targets"]} == {
        "npm:paint": "ok", "npm:brush": "never", "npm-user:x": "never"}
    assert ended.code == INCOMPLETE
    assert "NEVER    npm:brush  never captured" in kept.status(at=2).out
    assert [r["target"] for r in kept.status("npm:brush", "--json").document["targets"]] == [
        "npm:brush"]
    kept.at(3).run(target="pkg:npm/brush").run(target="npm-user:x")
    assert "NEVER    npm:brush" not in kept.status(at=4).out
