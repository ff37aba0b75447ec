"""The time after the last capture: failed, killed and missing captures up to the report."""

from dataclasses import replace

import pytest

from regforensics.model.claim import Gap
from regforensics.model.history import Scope
from tests.unit.analyze.custody.test_holes import OLD, Ran, regular
from tests.unit.analyze.documents import Case, moment, run, stamp

EVERY_TEN = tuple(range(0, 80, 10))  # the last at 10:10


def after(case: Case, made: str | None = "14:10") -> list[Gap]:
    """The gaps about the time after the last capture."""
    return [gap for gap in run(case, Scope(made=moment(made) if made else None))[1]
            if gap.question.startswith(("what came and went after", "what the registry says"))]


def test_captures_of_the_rhythm_that_are_missing_up_to_the_report() -> None:
    gap, = after(regular(*EVERY_TEN))
    assert gap.question == f"what came and went after {stamp('10:10')}"
    assert gap.reason == (
        f"no capture follows that one, for 4 h up to {stamp('14:10')}, when this was written:"
        " about 23 captures of the usual rhythm, one every 10 min, are missing")
    assert any(stamp("10:10").encode() in cited.quote for cited in gap.citations)


@pytest.mark.parametrize(("minutes", "made"), [
    (EVERY_TEN, "10:25"),  # the next one is not late yet
    (EVERY_TEN, None),  # nobody knows what time it is
    (EVERY_TEN, "09:00"),  # a clock that was put back
    ((0, 1, 30, 34, 90, 91, 200, 203), "23:00"),  # by hand
])
def test_nothing_is_said_where_nothing_is_missing(minutes: tuple[int, ...], made: str | None
                                                  ) -> None:
    assert after(regular(*minutes), made) == []


def test_runs_that_failed_after_the_last_capture_are_named() -> None:
    case = Case("npm:paint").at("10:00", OLD)
    for when in ("11:00", "12:00", "13:00"):
        case.fails(when, "connection refused")
    gap, = after(case)
    assert gap.subject is not None and gap.subject.target == "npm:paint"
    assert (f"3 attempts to capture the package failed, the last at {stamp('13:00')}:"
            ' "connection refused"') in gap.reason
    assert after(case.at("13:30", OLD)) == []


def test_runs_that_failed_at_a_place_where_nothing_was_captured_are_named() -> None:
    case = Case("npm:paint").at("10:00", OLD).fails("11:00", "connection refused")
    case.failures = [replace(a, url="https://moved.example/paint") for a in case.failures]
    gap, = after(case)
    assert "1 attempt to capture the package failed" in gap.reason


def test_a_run_that_was_killed_after_the_last_capture_is_named() -> None:
    case = Ran("npm:paint")
    case.at("10:00", OLD)
    case.killed("11:00")
    gap, = after(case)
    assert "1 run that was to capture it left no line of an end" in gap.reason


def test_a_package_that_nobody_could_capture_is_named() -> None:
    gap, = after(Case("npm:paint").fails("11:00", "HTTP 503"))
    assert gap.question == "what the registry says of the package"
    assert gap.reason.startswith("nobody captured it: 1 attempt to capture the package failed")


def test_a_document_that_failed_beside_a_capture_of_the_same_run_is_no_missing_capture() -> None:
    case = Case("npm:paint").at("10:00", OLD).fails("10:01", "HTTP 503")
    case.failures = [replace(a, captured=True) for a in case.failures]
    assert after(case) == []
