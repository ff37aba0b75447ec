"""Captures that failed or are missing, and what that leaves open in the claims around them."""

from dataclasses import dataclass, field, replace

import pytest

from regforensics.evidence.lines import LineFact
from regforensics.model.history import History
from regforensics.model.run import Run
from tests.unit.analyze.documents import Case, claimed, moment, npm, run, stamp, version

OLD = npm({"1.0.0": "06:00"})
NEW = npm({"1.0.0": "06:00", "1.1.0": "06:30"})
GONE = npm({"1.0.0": "06:00", "1.1.0": "06:30"}, listed={"1.0.0": version("1.0.0")},
           modified=stamp("11:00"))
ID = "integrity.capture-gaps"


@dataclass
class Ran(Case):
    """A case with runs that did not come to their end."""

    runs: list[Run] = field(default_factory=list)

    def history(self) -> History:
        return replace(super().history(), runs=tuple(self.runs))

    def killed(self, when: str, *, error: str | None = None) -> "Ran":
        begun = moment(when)
        assert begun is not None
        line = LineFact(begun.text, self._line({"how": "run", "observed_at": begun.text}))
        self.runs.append(Run(name=when, command="snapshot", begun=begun, line=line,
                             ended=begun if error else None, error=error,
                             end=line if error else None))
        return self


def regular(*minutes: int, case: Case | None = None) -> Case:
    """Captures of one state at some minutes after nine."""
    case = case or Case("npm:paint")
    for minute in minutes:
        case.at(f"{9 + minute // 60:02}:{minute % 60:02}", OLD)
    return case


def test_attempts_that_failed_between_captures_stand_in_the_claims_that_span_them() -> None:
    case = Case("npm:paint").at("10:00", NEW).fails("10:30", "connection refused")
    case.fails("10:45", "HTTP 503").at("12:00", GONE)
    told = (f'In that time, 2 attempts to capture the package failed, the last at {stamp("10:45")}:'
            ' "HTTP 503".')
    for rule in ("publish.withdrawn", "integrity.longest-gap"):
        claim, = claimed(case, rule)
        assert claim.statement.endswith(f" {told}"), claim.statement
        assert claim.basis == "inferred"
        assert any(b"HTTP 503" in cited.quote for cited in claim.citations)
    gap, = [g for g in run(case)[1] if "when exactly" in g.question]
    assert "publish.withdrawn of npm:paint@1.1.0" in gap.reason
    assert stamp("10:00") in gap.question and stamp("12:00") in gap.question
    summary, = claimed(case, ID)
    assert summary.statement.startswith("1 time between captures has a capture that failed or is"
                                        " missing: 2 attempts to capture the package failed")
    assert not summary.notable


def test_a_run_that_was_killed_between_captures_is_told() -> None:
    case = Ran("npm:paint").at("10:00", NEW)
    assert isinstance(case, Ran)
    case.killed("10:59").at("12:00", GONE)
    claim, = claimed(case, "publish.withdrawn")
    assert claim.statement.endswith("In that time, 1 run that was to capture it left no line of an"
                                    f" end, the last begun at {stamp('10:59')}.")
    case.killed("11:10", error="interrupted")
    claim, = claimed(case, "publish.withdrawn")
    assert "2 runs that were to capture it ended before being done or left no line" \
        in claim.statement


def test_a_break_in_the_rhythm_is_counted() -> None:
    case = regular(*range(0, 80, 10), 120, 130)
    claim, = claimed(case, ID)
    assert claim.statement == (
        "1 time between captures has a capture that failed or is missing: about 4 captures of the"
        " usual rhythm, one every 10 min, are missing; the longest is 50 min, between"
        f" {stamp('10:10')} and {stamp('11:00')}.")
    assert "4 captures" in claimed(case, "integrity.longest-gap")[0].statement


@pytest.mark.parametrize("minutes", [
    tuple(range(0, 100, 10)),  # nothing is missing
    (0, 10, 20, 30, 40, 57, 67),  # late, and none is missing
    (0, 10, 20, 70, 80),  # too few for a rhythm
    (0, 1, 30, 34, 90, 91, 200, 203, 390),  # by hand
])
def test_nothing_is_said_where_nothing_is_missing(minutes: tuple[int, ...]) -> None:
    case = regular(*minutes)
    assert claimed(case, ID) == []
    assert not any("when exactly" in gap.question for gap in run(case)[1])
    assert "In that time" not in claimed(case, "integrity.longest-gap")[0].statement


def test_captures_seconds_apart_have_no_rhythm_to_break() -> None:
    case = Case("npm:paint")
    for second in (0, 1, 2, 3, 4, 5, 6, 40):
        case.at(f"2026-03-02T09:00:{second:02}.000Z", OLD)
    assert claimed(case, ID) == []


def test_failures_outside_the_interval_are_none_of_a_claims_business() -> None:
    case = Case("npm:paint").at("09:00", OLD).fails("09:10", "HTTP 503").at("10:00", NEW)
    case.at("12:00", GONE).fails("13:00", "HTTP 503")
    claim, = claimed(case, "publish.withdrawn")
    assert "In that time" not in claim.statement
    summary, = claimed(case, ID)
    assert "1 attempt to capture" in summary.statement


def test_an_attempt_that_its_own_run_repeated_is_no_failed_capture() -> None:
    case = Case("npm:paint").at("10:00", NEW).fails("11:59", "HTTP 503").at("12:00", GONE)
    case.failures = [replace(a, repeated=True) for a in case.failures]
    assert claimed(case, ID) == []


def test_claims_with_an_instant_and_those_about_logs_are_left_alone() -> None:
    case = Case("npm:paint").at("10:00", NEW).fails("10:30", "HTTP 503").at("12:00", GONE)
    for claim in run(case)[0]:
        if "In that time" in claim.statement:
            assert claim.when is not None and not hasattr(claim.when, "utc")
