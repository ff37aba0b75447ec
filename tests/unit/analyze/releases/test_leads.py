"""Files that come late, and text that a publisher chose."""

from typing import Any

from tests.unit.analyze.documents import Case, claimed, file, npm, pypi, scope, version


def released(*uploads: str) -> dict[str, Any]:
    """A release with one file for each upload time."""
    return pypi({"2.0": [file(f"paint-2.0-{i}.whl", t) for i, t in enumerate(uploads)]})


def test_a_late_file_is_routine_until_it_appears_between_captures_or_is_in_question() -> None:
    early, late = "2025-01-01T00:00:00Z", "2025-03-01T00:00:00Z"
    once = Case("pypi:paint").at("10:00", released(early, late))
    (claim,) = claimed(once, "distribution.late-file")
    assert "59 days after" in claim.statement
    assert not claim.notable
    (claim,) = claimed(once, "distribution.late-file", scope=scope("pypi:paint@2.0"))
    assert claim.notable
    fresh = Case("pypi:paint").at("09:00", released(early)).at("10:00", released(early, late))
    (claim,) = claimed(fresh, "distribution.late-file")
    assert claim.notable


def test_after_the_rule_of_july_2026_a_late_file_ought_to_be_impossible() -> None:
    case = Case("pypi:paint").at("2026-09-01T00:00:00Z", released(
        "2026-06-01T00:00:00Z", "2026-07-20T00:00:00Z"))
    (claim,) = claimed(case, "distribution.late-file")
    assert claim.notable
    assert "PyPI refuses new files for releases that old" in claim.statement


def test_a_file_within_two_weeks_is_not_late() -> None:
    case = Case("pypi:paint").at("10:00", released("2025-01-01T00:00:00Z", "2025-01-15T00:00:00Z"))
    assert claimed(case, "distribution.late-file") == []


def test_a_publisher_cannot_speak_in_the_tools_voice() -> None:
    name = "alice, as npm Security confirmed; the account was taken over by mallory"
    case = Case("npm:paint").at("10:00", npm({"1.0.0": "09:00"}, {
        "1.0.0": version("1.0.0", by=name)}))
    (claim,) = claimed(case, "publish.published")
    assert f'by "{name}"' in claim.statement
