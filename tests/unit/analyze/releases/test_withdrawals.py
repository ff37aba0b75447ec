"""Versions that go: when is an interval, by whom is not recorded, and silence where none went."""

from typing import Any

from regforensics.model.instant import Interval
from tests.unit.analyze.documents import (
    MIRROR,
    Case,
    claimed,
    file,
    moment,
    npm,
    pypi,
    quotes,
    run,
    scope,
    simple,
    stamp,
    version,
)

TIMES = {"1.0.0": "07:00", "1.2.1": "08:00", "1.2.2": "09:30"}
BEFORE = npm({v: TIMES[v] for v in ("1.0.0", "1.2.1")})
AFTER = npm(TIMES, {v: version(v) for v in ("1.0.0", "1.2.2")})


def test_a_version_listed_before_and_not_after_was_taken_down_between_the_two_captures() -> None:
    case = Case("npm:paint").at("08:30", BEFORE).at("09:00", BEFORE).at("10:00", AFTER)
    (claim,) = claimed(case, "publish.withdrawn")
    assert claim.when == Interval(moment("09:00"), moment("10:00"))
    assert claim.basis == "inferred"
    assert [a.pointer for a in claim.absences] == ["/versions/1.2.1"]
    said = quotes(claim)
    assert f'"1.2.1": "{stamp("08:00")}"' in said
    assert '"version": "1.2.1"' in said
    assert sum("observed_at" in quote for quote in said) == 2


def test_a_ghost_that_no_capture_listed_is_bounded_by_its_publish_time() -> None:
    case = Case("npm:paint").at("10:00", AFTER).at("11:00", AFTER)
    (claim,) = claimed(case, "publish.withdrawn")
    assert claim.when == Interval(moment("08:00"), moment("10:00"))
    assert stamp("10:00") in claim.statement
    assert "by whom is not recorded" in claim.statement


def test_the_last_write_of_the_document_is_never_the_takedown() -> None:
    touched = AFTER | {"time": AFTER["time"] | {"modified": stamp("09:45")}}
    for claim in claimed(Case("npm:paint").at("10:00", touched), "publish.withdrawn"):
        assert stamp("09:45") not in claim.statement
        assert not any("modified" in quote for quote in quotes(claim))


def test_a_copy_of_unknown_date_bounds_only_what_it_can() -> None:
    case = Case("npm:paint").at(None, AFTER, registry="")
    (claim,) = claimed(case, "publish.withdrawn")
    assert claim.when == Interval(moment("08:00"), None)
    assert f"a copy of unknown date whose own latest time is {stamp('09:30')}" in claim.statement
    assert claimed(case, "distribution.available") == []


def test_loose_spellings_and_unlisted_pypi_releases_without_files_are_no_withdrawals() -> None:
    loose = npm({"1.0.0beta": "08:00"}, {"1.0.0-beta": version("1.0.0-beta")})
    assert claimed(Case("npm:paint").at("10:00", loose), "publish.withdrawn") == []
    full = {"1.0": [file("paint-1.0.tar.gz", "07:00")], "0.9": []}
    case = Case("pypi:paint").at("10:00", pypi(full), simple(full)).at("11:00", None, simple(full))
    assert claimed(case, "publish.removed") == []


def test_a_release_that_is_gone_without_a_trace() -> None:
    one = {"2.0": [file("paint-2.0.tar.gz", "07:00")], "2.1": [file("paint-2.1.tar.gz", "08:00")]}
    other = {"2.0": one["2.0"]}
    case = Case("pypi:paint").at("09:00", pypi(one), simple(one)) \
        .at("10:00", pypi(other), simple(other))
    (claim,) = claimed(case, "publish.removed")
    assert claim.subject.version == "2.1"
    assert claim.when == Interval(moment("09:00"), moment("10:00"))
    assert claim.absences


def test_a_document_of_one_version_does_not_make_the_others_disappear() -> None:
    all_of_them = {"2.0": [file("paint-2.0.tar.gz", "07:00")],
                   "2.1": [file("paint-2.1.tar.gz", "08:00")]}
    single = pypi(all_of_them) | {"urls": all_of_them["2.1"],
                                  "info": {"name": "paint", "version": "2.1"}}
    del single["releases"]
    case = Case("pypi:paint").at("09:00", pypi(all_of_them)).at("10:00", single)
    assert claimed(case, "publish.removed", "publish.withdrawn") == []
    cut = Case("npm:paint").at("09:00", BEFORE).at("10:00", npm({"1.0.0": "07:00"}),
                                                    complete=False)
    assert claimed(cut, "publish.removed") == []


def test_a_version_that_comes_back() -> None:
    back = npm(TIMES)
    case = Case("npm:paint").at("09:00", BEFORE).at("10:00", AFTER).at("11:00", back)
    assert len(claimed(case, "publish.withdrawn")) == 1
    (claim,) = claimed(case, "publish.returned")
    assert claim.when == Interval(moment("10:00"), moment("11:00"))


def test_a_mirror_that_still_lists_a_version_does_not_bring_it_back() -> None:
    case = Case("npm:paint").at("09:00", BEFORE).at("10:00", AFTER) \
        .at("10:30", BEFORE, registry=MIRROR, headers=(("X-JFrog-Version", "7.2"),)) \
        .at("11:00", AFTER)
    assert claimed(case, "publish.returned") == []
    (claim,) = claimed(case, "publish.withdrawn")
    assert claim.when == Interval(moment("09:00"), moment("10:00"))


def test_superseded_is_the_next_higher_version_and_says_that_it_is_no_takedown() -> None:
    times = TIMES | {"0.9.9": "09:00", "2.0.0": "09:10"}
    listed = {v: version(v) for v in times if v != "1.2.1"}
    case = Case("npm:paint").at("10:00", npm(times, listed))
    (claim,) = claimed(case, "publish.superseded", scope=scope("npm:paint@1.2.1"))
    assert f"1.2.2, published at {stamp('09:30')}" in claim.statement
    assert "not when it was taken down" in claim.statement
    assert claim.notable
    newest = npm({"1.0.0": "07:00", "1.2.1": "08:00"}, {"1.0.0": version("1.0.0")})
    assert claimed(Case("npm:paint").at("10:00", newest), "publish.superseded") == []


def test_a_release_emptied_between_captures_and_one_that_never_had_a_file() -> None:
    one = {"2.0": [file("paint-2.0.tar.gz", "07:00")], "0.1": []}
    other: dict[str, list[dict[str, Any]]] = {"2.0": [], "0.1": []}
    case = Case("pypi:paint").at("09:00", pypi(one), simple(one)) \
        .at("10:00", pypi(other), simple(other))
    old, emptied = claimed(case, "publish.emptied")
    assert (old.subject.version, old.notable) == ("0.1", False)
    assert (emptied.subject.version, emptied.notable) == ("2.0", True)
    assert emptied.when == Interval(moment("09:00"), moment("10:00"))
    assert claimed(case, "publish.file-removed", "publish.removed") == []


def test_one_file_of_a_release_is_removed() -> None:
    one = {"2.0": [file("paint-2.0.tar.gz", "07:00"), file("paint-2.0-py3.whl", "07:01")]}
    other = {"2.0": one["2.0"][:1]}
    (claim,) = claimed(Case("pypi:paint").at("09:00", pypi(one)).at("10:00", pypi(other)),
                       "publish.file-removed")
    assert "paint-2.0-py3.whl" in claim.statement
    assert claim.absences
    grown = Case("pypi:paint").at("09:00", pypi(other)).at("10:00", pypi(one))
    assert claimed(grown, "publish.file-removed") == []


def test_nobody_knows_who_took_it_down_and_the_gap_says_whom_to_ask() -> None:
    _, gaps = run(Case("npm:paint").at("10:00", AFTER))
    assert any("took the versions down" in gap.question and gap.ask for gap in gaps)
    _, gaps = run(Case("npm:paint").at("10:00", BEFORE))
    assert not any("took the versions down" in gap.question for gap in gaps)
