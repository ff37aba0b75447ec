"""Bursts and pauses, against what the package itself used to do."""

from datetime import UTC, datetime, timedelta

from regforensics.model.instant import iso
from tests.unit.analyze.documents import MIRROR, ORIGIN, Case, claimed, file, npm, pypi, scope

START = datetime(2020, 1, 1, tzinfo=UTC)


def case(*gaps: timedelta, registry: str = ORIGIN, since: int = 0) -> Case:
    """Versions with these gaps between them, the first on 1 January 2020."""
    moment, times = START, {f"1.{since}.0": iso(START)}
    for index, gap in enumerate(gaps, since + 1):
        moment += gap
        times[f"1.{index}.0"] = iso(moment)
    return Case("npm:paint").at("2026-09-01T00:00:00.000Z", npm(times), registry=registry)


def spread(count: int) -> list[timedelta]:
    """Gaps of ten days."""
    return [timedelta(days=10)] * count


QUICK = [timedelta(minutes=20)] * 4


def test_a_burst_far_above_the_package_s_own_rhythm() -> None:
    (claim,) = claimed(case(*spread(12), *QUICK), "publish.burst")
    assert claim.statement.startswith("5 versions (1.12.0, 1.13.0, 1.14.0, 1.15.0, 1.16.0) were"
                                      " published within 1 h 20 min, from")
    assert "before that, at most 1 version within 3 h (from 2020-01-01T00:00:00.000Z)" \
        in claim.statement
    assert len(claim.citations) == 6
    assert not claim.notable
    named = claimed(case(*spread(12), *QUICK), "publish.burst", scope=scope("npm:paint@1.14.0"))
    assert [c.notable for c in named] == [True]


def test_a_package_that_always_publishes_in_bursts_and_a_young_one_are_silent() -> None:
    always = [*spread(5), *QUICK[:2], *spread(8), *QUICK]
    assert claimed(case(*always), "publish.burst") == []
    assert claimed(case(*spread(3), *QUICK), "publish.burst") == []
    assert claimed(case(*spread(12), *QUICK[:2]), "publish.burst") == []


def test_a_package_of_few_versions_that_was_quiet_and_bursts_is_told() -> None:
    quick = [timedelta(minutes=18)] * 4
    (claim,) = claimed(case(timedelta(days=300), *quick), "publish.burst")
    assert claim.statement.startswith("5 versions (1.1.0,")
    assert claim.statement.endswith("and nothing in the 300 days before.")
    assert claimed(case(timedelta(days=100), *quick), "publish.burst") == []


def test_the_densest_hours_before_may_start_at_any_version() -> None:
    def minutes(*gaps: int) -> list[timedelta]:
        return [timedelta(minutes=gap) for gap in gaps]

    earlier = [*spread(4), *minutes(150, 6, 30, 6), *spread(6)]  # four within 42 minutes
    assert claimed(case(*earlier, *minutes(*[10] * 7)), "publish.burst") == []  # eight
    (claim,) = claimed(case(*earlier, *minutes(*[10] * 8)), "publish.burst")
    assert "9 versions" in claim.statement
    assert "before that, at most 4 versions within 3 h" in claim.statement


def test_a_package_that_woke_up() -> None:
    (claim,) = claimed(case(*spread(5), timedelta(days=700)), "publish.woke-up")
    assert claim.subject.version == "1.6.0"
    assert "came 700 days after the version before it, 1.5.0" in claim.statement
    assert "is 10 days (1.2.0 to 1.3.0)." in claim.statement
    assert not claim.notable


def test_packages_that_are_slow_or_young_or_paused_for_months_are_silent() -> None:
    year = timedelta(days=365)
    assert claimed(case(year, year, year, 2 * year), "publish.woke-up") == []
    assert claimed(case(*spread(2), 2 * year), "publish.woke-up") == []
    assert claimed(case(*spread(5), timedelta(days=364)), "publish.woke-up") == []


def test_a_mirror_s_times_have_no_rhythm() -> None:
    rules = ("publish.burst", "publish.woke-up")
    assert claimed(case(*spread(12), *QUICK, 700 * timedelta(days=1), registry=MIRROR),
                   *rules) == []


def test_a_release_of_pypi_wakes_up_too() -> None:
    releases = {f"1.{i}": [file(f"paint-1.{i}.tar.gz", f"2020-0{i + 1}-01T00:00:00Z")]
                for i in range(5)} | {"2.0": [file("paint-2.0.tar.gz", "2025-01-01T00:00:00Z")]}
    (claim,) = claimed(Case("pypi:paint").at("10:00", pypi(releases)), "publish.woke-up")
    assert claim.subject.version == "2.0"
