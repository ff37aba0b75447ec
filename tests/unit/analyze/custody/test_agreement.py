"""Two documents of one observation: where they disagree both are cited."""

from typing import Any

from tests.unit.analyze.documents import Case, claimed, file, pypi, quotes, simple

Releases = dict[str, list[dict[str, Any]]]
SAME: Releases = {"2.0": [file("paint-2.0.tar.gz", "07:00")], "0.1": []}
RULES = ("integrity.digest-disagrees", "integrity.yank-disagrees", "integrity.release-disagrees",
         "integrity.file-disagrees", "integrity.state-disagrees")


def found(one: Releases, other: Releases) -> list[tuple[str, int, int]]:
    """(rule, citations, absences) of what is claimed about the two documents."""
    case = Case("pypi:paint").at("09:00", pypi(one), simple(other))
    return [(c.rule, len(c.citations), len(c.absences)) for c in claimed(case, *RULES)]


def test_documents_that_agree_are_silent_and_an_empty_release_is_no_disagreement() -> None:
    assert found(SAME, SAME) == []


def test_other_digests() -> None:
    other = {"2.0": [file("paint-2.0.tar.gz", "07:00", bytes_of="evil")]}
    case = Case("pypi:paint").at("09:00", pypi(SAME), simple(other))
    (claim,) = claimed(case, *RULES)
    assert claim.rule == "integrity.digest-disagrees"
    assert {c.exhibit for c in claim.citations} == {"EX-000001", "EX-000002", "custody.jsonl"}
    assert sum("sha256" in q for q in quotes(claim)) >= 2


def test_yanked_in_one_only() -> None:
    yanked = {"2.0": [file("paint-2.0.tar.gz", "07:00", yanked="bad")], "0.1": []}
    assert [rule for rule, _, _ in found(SAME, yanked)] == ["integrity.yank-disagrees"]


def test_a_release_and_a_file_that_only_one_lists() -> None:
    more = SAME | {"2.1": [file("paint-2.1.tar.gz", "08:00")]}
    assert [(r, a) for r, _, a in found(more, SAME)] == [("integrity.release-disagrees", 1)]
    assert [(r, a) for r, _, a in found(SAME, more)] == [("integrity.release-disagrees", 1)]
    wheel = SAME | {"2.0": [*SAME["2.0"], file("paint-2.0-py3-none-any.whl", "07:01")]}
    assert [(r, a) for r, _, a in found(wheel, SAME)] == [("integrity.file-disagrees", 1)]


def test_one_says_there_is_none() -> None:
    case = Case("pypi:paint").at("09:00", None, simple(SAME))
    assert [c.rule for c in claimed(case, *RULES)] == ["integrity.state-disagrees"]
    both = Case("pypi:paint").at("09:00", None, None)
    assert claimed(both, *RULES) == []
