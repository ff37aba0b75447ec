"""What a capture proves, and from when to when: caches, several answers, impossible times."""

from typing import Any

from regforensics.model.instant import Interval
from tests.unit.analyze.documents import (
    Case,
    claimed,
    file,
    moment,
    npm,
    pypi,
    quotes,
    run,
    simple,
    stamp,
    version,
)

BEFORE = npm({"1.0.0": "07:00", "1.2.1": "08:00"})
AFTER = npm({"1.0.0": "07:00", "1.2.1": "08:00", "1.2.2": "09:30"},
            {v: version(v) for v in ("1.0.0", "1.2.2")})
AGED = (("Age", "3500"), ("X-Cache", "HIT"))
ONE: dict[str, list[dict[str, Any]]] = {"2.0": [file("paint-2.0.tar.gz", "07:00")],
                                        "2.1": [file("paint-2.1.tar.gz", "07:30")]}
OTHER = {"2.0": ONE["2.0"]}


def test_a_cached_answer_proves_only_what_was_so_when_the_cache_stored_it() -> None:
    case = Case("npm:paint").at("09:05", BEFORE, headers=AGED).at("10:00", AFTER)
    (claim,) = claimed(case, "publish.withdrawn")
    assert claim.when == Interval(moment("2026-03-02T08:06:40.000Z"), moment("10:00"))
    assert "between 2026-03-02T08:06:40.000Z (captured at 2026-03-02T09:05:00.000Z, served from" \
        " a cache 3500 s old) and" in claim.statement
    assert any('["Age", "3500"]' in quote for quote in quotes(claim))
    (had,) = claimed(case, "distribution.available")
    assert "at least 6 min 40 s and at most 2 h" in had.statement


def test_a_state_lasted_until_the_request_and_was_over_by_the_answer() -> None:
    case = Case("npm:paint").at("09:05", BEFORE, asked="09:01").at("10:00", AFTER, asked="09:50")
    (claim,) = claimed(case, "publish.withdrawn")
    assert claim.when == Interval(moment("09:01"), moment("10:00"))


def test_a_cache_that_tells_no_age_bounds_nothing_from_below() -> None:
    case = Case("npm:paint").at("09:05", BEFORE, headers=(("X-Cache", "HIT"),)).at("10:00", AFTER)
    (claim,) = claimed(case, "publish.withdrawn")
    assert claim.when == Interval(moment("08:00"), moment("10:00"))
    (had,) = claimed(case, "distribution.available")
    assert "at least" not in had.statement


def test_a_quarantine_is_dated_by_the_answer_that_shows_it() -> None:
    case = Case("pypi:paint").at("08:00", pypi(ONE), simple(ONE), apart=5) \
        .at("09:00", None, simple({}, status="quarantined"), apart=5) \
        .at("10:00", pypi(ONE), simple(ONE), apart=5)
    (claim,) = claimed(case, "publish.quarantined")
    assert claim.when == Interval(moment("08:00"), moment("09:05"))
    assert any(stamp("09:05") in q for q in quotes(claim))
    (back,) = claimed(case, "publish.back")
    assert back.when == Interval(moment("09:05"), moment("10:00"))


def test_what_is_missing_from_two_answers_was_gone_when_both_were_there() -> None:
    case = Case("pypi:paint").at("08:00", pypi(ONE), simple(ONE), apart=5) \
        .at("09:00", pypi(OTHER), simple(OTHER), apart=5)
    (claim,) = claimed(case, "publish.removed")
    assert claim.when == Interval(moment("08:00"), moment("09:05"))


def test_a_removal_across_a_quarantine_says_so_and_ends_what_could_be_had() -> None:
    case = Case("pypi:paint").at("08:00", pypi(ONE), simple(ONE)) \
        .at("09:00", None, simple({}, status="quarantined")).at("12:00", pypi(OTHER), simple(OTHER))
    (claim,) = claimed(case, "publish.removed")
    assert claim.when == Interval(moment("08:00"), moment("12:00"))
    assert f"in between, by {stamp('09:00')}, the project was quarantined" in claim.statement
    assert '"status": "quarantined"' in quotes(claim)
    (had,) = claimed(case, "distribution.available")
    assert had.when == Interval(moment("07:30"), moment("09:00"))
    assert "at least 30 min and at most 1 h 30 min before that" in had.statement
    away = Case("pypi:paint").at("08:00", pypi(ONE)).at("09:00", None, None) \
        .at("12:00", pypi(OTHER))
    (claim,) = claimed(away, "publish.removed")
    assert "the registry answered that there is no such package" in claim.statement
    (had,) = claimed(away, "distribution.available")
    assert had.when == Interval(moment("07:30"), moment("12:00"))


def test_a_version_that_came_and_went_between_two_captures() -> None:
    first = npm({"1.0.0": "07:00"})
    case = Case("npm:paint").at("07:30", first).at("10:00", AFTER)
    (claim,) = claimed(case, "publish.withdrawn")
    assert claim.statement.startswith(
        f"Version 1.2.1 was published at {stamp('08:00')} and was already gone by the capture of"
        f" {stamp('10:00')}: no capture lists it")
    assert claim.when == Interval(moment("08:00"), moment("10:00"))
    assert [a.pointer for a in claim.absences] == ["/versions/1.2.1", "/time/1.2.1"]
    undated = Case("npm:paint").at(None, first, registry="").at(None, AFTER, registry="")
    (claim,) = claimed(undated, "publish.withdrawn")
    assert "already gone in a copy of unknown date" in claim.statement


def test_a_document_that_is_younger_than_its_stated_time_is_dated_by_itself() -> None:
    case = Case("npm:paint").at("06:00", BEFORE, registry="").at("10:00", AFTER, registry="")
    (told,) = claimed(case, "integrity.time-contradicted")
    assert told.notable
    assert told.when == moment("08:00")
    assert any(stamp("06:00") in q for q in quotes(told))
    assert any(stamp("08:00") in q for q in quotes(told))
    (claim,) = claimed(case, "publish.withdrawn")
    assert claim.when == Interval(moment("08:00"), moment("10:00"))
    right = Case("npm:paint").at("08:30", BEFORE, registry="")
    assert claimed(right, "integrity.time-contradicted") == []


def test_a_time_after_its_own_custody_line_dates_nothing() -> None:
    case = Case("npm:paint").at("11:00", BEFORE, registry="", recorded="10:00")
    (told,) = claimed(case, "integrity.time-contradicted")
    assert "was itself written before that" in told.statement
    assert case.snapshots[0].observation.at is None


def test_the_latest_time_of_a_document_is_that_of_its_latest_file() -> None:
    late = {"2.0": [file("paint-2.0.tar.gz", "07:00"), file("paint-2.0-py3.whl", "09:40")],
            "2.1": [file("paint-2.1.tar.gz", "07:30")]}
    latest = Case("pypi:paint").at(None, pypi(late), registry="").snapshots[0].latest
    assert latest and latest.value == moment("09:40")


def test_a_version_that_is_spelled_twice_is_published_once() -> None:
    twice = npm({"1.0.0beta": "07:00", "1.0.0-beta": "07:00", "0.9.0alpha": "06:00"},
                {"1.0.0-beta": version("1.0.0-beta"), "0.9.0-alpha": version("0.9.0-alpha")})
    (snapshot,) = Case("npm:paint").at("09:00", twice).snapshots
    assert len(snapshot.publishes) == 2


def test_a_reason_is_quoted_as_somebody_elses_words() -> None:
    yanked = {"2.0": [file("paint-2.0.tar.gz", "07:00", yanked="executable bits.")]}
    (claim,) = claimed(Case("pypi:paint").at("09:00", pypi(yanked)), "publish.yanked")
    assert claim.statement.endswith('the reason given is: "executable bits.".')


def test_a_count_cites_every_capture_as_long_as_they_are_few() -> None:
    few, many = Case("npm:paint"), Case("npm:paint")
    for index in range(13):
        (few if index < 12 else many).at(f"10:{index:02}", BEFORE)
        if index < 12:
            many.at(f"10:{index:02}", BEFORE)
    assert len(claimed(few, "integrity.captures")[0].citations) == 12
    (claim,) = claimed(many, "integrity.captures")
    assert len(claim.citations) == 2
    assert "regforensics list shows every one" in claim.statement
    assert not [g for g in run(few)[1] if "stopped" in g.reason]


def test_a_later_capture_of_an_older_state_is_not_a_removal() -> None:
    older = npm({"1.0.0": "07:00"}, modified=stamp("07:00"))
    newer = npm({"1.0.0": "07:00", "2.0.0": "08:00"}, modified=stamp("08:00"))
    case = Case("npm:paint").at("09:00", newer).at("10:00", older).at("11:00", newer)
    (stale,) = claimed(case, "integrity.stale")
    assert stale.basis == "inferred"
    assert stale.when == moment("10:00")
    for rule in ("publish.removed", "publish.withdrawn", "publish.returned",
                 "distribution.tag-moved", "account.owner-removed"):
        assert claimed(case, rule) == []
    back = Case("npm:paint").at("09:00", older).at("10:00", newer)
    assert claimed(back, "integrity.stale") == []
