"""Deprecations and yanks: intervals between captures, one claim for one act."""

from typing import Any

from regforensics.model.instant import Interval
from tests.unit.analyze.documents import Case, claimed, file, moment, npm, pypi, stamp, version

TIMES = {"1.0.0": "06:00", "1.1.0": "07:00", "1.2.0": "08:00"}


def marked(**notes: Any) -> dict[str, Any]:
    """A packument whose versions 1.N.0 carry the notes v0, v1, v2."""
    return npm(TIMES, {v: version(v) | ({"deprecated": notes[f"v{v[2]}"]}
                                        if f"v{v[2]}" in notes else {}) for v in TIMES})


def test_versions_deprecated_with_one_message_are_one_claim() -> None:
    case = Case("npm:paint").at("09:00", marked()).at("10:00", marked(v0="use 2", v1="use 2"))
    (claim,) = claimed(case, "publish.deprecated")
    assert 'message "use 2" was set on 2 versions (1.0.0, 1.1.0)' in claim.statement
    assert claim.when == Interval(moment("09:00"), moment("10:00"))
    assert claim.notable


def test_deprecated_when_first_seen_lies_after_the_publish_and_is_routine() -> None:
    (claim,) = claimed(Case("npm:paint").at("10:00", marked(v1="broken")), "publish.deprecated")
    assert claim.when == Interval(moment("07:00"), moment("10:00"))
    assert not claim.notable


def test_cleared_by_an_empty_text_or_by_dropping_the_member() -> None:
    for cleared in (marked(v0=""), marked()):
        case = Case("npm:paint").at("09:00", marked(v0="use 2")).at("10:00", cleared)
        (claim,) = claimed(case, "publish.undeprecated")
        assert claim.when == Interval(moment("09:00"), moment("10:00"))
        assert bool(claim.absences) == (cleared == marked())


def test_an_empty_or_false_deprecation_is_none_and_an_unchanged_one_stays_silent() -> None:
    assert claimed(Case("npm:paint").at("10:00", marked(v0="", v1=False)),
                   "publish.deprecated") == []
    same = Case("npm:paint").at("09:00", marked(v0="use 2")) \
        .at("10:00", marked(v0="use 2") | {"readme": "changed"})
    assert len(claimed(same, "publish.deprecated")) == 1
    assert claimed(same, "publish.undeprecated") == []


def shown(*yanked: str | bool) -> dict[str, Any]:
    """A release of as many files, yanked as said."""
    return pypi({"2.0": [file(f"paint-2.0-{i}.whl", "07:00", yanked=y)
                         for i, y in enumerate(yanked)]})


def test_a_yank_and_its_return_are_told_for_the_release_with_the_reason() -> None:
    case = Case("pypi:paint").at("09:00", shown(False, False)).at("10:00", shown("bad", "bad")) \
        .at("11:00", shown(False, False))
    (yanked,) = claimed(case, "publish.yanked")
    assert yanked.statement == (
        f"Release 2.0 was yanked, all files (2), between {stamp('09:00')} and {stamp('10:00')};"
        " the reason given is: bad.")
    (back,) = claimed(case, "publish.unyanked")
    assert back.when == Interval(moment("10:00"), moment("11:00"))


def test_some_files_are_counted_and_a_first_capture_bounds_from_the_upload() -> None:
    (claim,) = claimed(Case("pypi:paint").at("09:00", shown(True, False)), "publish.yanked")
    assert "1 of 2 files" in claim.statement
    assert claim.when == Interval(moment("07:00"), moment("09:00"))
    assert not claim.notable


def test_a_yank_that_stays_is_told_once() -> None:
    case = Case("pypi:paint").at("09:00", shown(True)) \
        .at("10:00", shown(True) | {"last_serial": 8})
    assert len(claimed(case, "publish.yanked", "publish.unyanked")) == 1
    assert claimed(Case("pypi:paint").at("09:00", shown(False)), "publish.yanked") == []
