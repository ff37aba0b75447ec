"""What only Python indexes show; each rule with its near miss."""

from typing import Any

import pytest

from tests.unit.analyze.documents import Case, claimed, file, pypi, scope, simple

OLD = "2026-01-05T08:00:00Z"
Files = list[dict[str, Any]]


def release(version: str, uploaded: str = OLD, *, yanked: str | bool = False) -> Files:
    """One source archive."""
    return [file(f"paint-{version}.tar.gz", uploaded, yanked=yanked)]


def showing(version: str, releases: dict[str, Files]) -> dict[str, Any]:
    """A JSON document whose info is about one release."""
    made = pypi(releases)
    return made | {"info": made["info"] | {"version": version}}


BOTH = {"1.0": release("1.0"), "1.1": release("1.1")}


@pytest.mark.parametrize(("later", "words"), [
    ({"1.0": release("1.0")}, "which the later capture does not list with any file"),
    ({"1.0": release("1.0"), "1.1": []}, "which the later capture does not list with any file"),
    ({"1.0": release("1.0"), "1.1": release("1.1", yanked="bad")}, "which is yanked")])
def test_the_release_in_front_goes_down(later: dict[str, Files], words: str) -> None:
    case = Case("pypi:paint").at("09:00", showing("1.1", BOTH)).at("10:00", showing("1.0", later))
    (claim,) = claimed(case, "publish.shown-release-down")
    assert "went down from 1.1 to 1.0 between" in claim.statement
    assert words in claim.statement


def test_a_new_release_in_front_and_a_release_candidate_are_no_news() -> None:
    case = Case("pypi:paint").at("09:00", showing("1.0", BOTH)).at("10:00", showing("1.1", BOTH))
    assert claimed(case, "publish.shown-release-down") == []
    same = Case("pypi:paint").at("09:00", showing("1.0", {"1.0": release("1.0")}))
    same.at("10:00", showing("1.0", {**BOTH, "2.0rc1": release("2.0rc1")}))
    assert claimed(same, "publish.shown-release-down") == []


def with_provenance(**urls: str | None) -> Case:
    """Releases a day apart whose one file has provenance or none."""
    releases = {v[1:].replace("_", "."): release(v[1:].replace("_", "."), f"2026-01-0{i}T08:00:00Z")
                for i, v in enumerate(urls, 1)}
    page = simple(releases)
    for held, url in zip(page["files"], urls.values(), strict=True):
        held["provenance"] = url
    return Case("pypi:paint").at("10:00", pypi(releases), page)


def test_provenance_that_is_missing_from_a_release() -> None:
    (claim,) = claimed(with_provenance(v1_0="https://x.example/a", v1_1=None),
                       "publish.provenance-missing")
    assert "1 file of release 1.1 (2026-01-02T08:00:00Z) has no provenance" in claim.statement
    assert claim.subject.version == "1.1" and not claim.notable
    (named,) = claimed(with_provenance(v1_0="https://x.example/a", v1_1=None),
                       "publish.provenance-missing", scope=scope("pypi:paint@1.1"))
    assert named.notable


def test_provenance_that_never_was_or_came_is_no_news() -> None:
    for urls in ({"v1_0": None, "v1_1": None}, {"v1_0": None, "v1_1": "https://x.example/a"},
                 {"v1_0": "https://x.example/a", "v1_1": "https://x.example/b"}):
        assert claimed(with_provenance(**urls), "publish.provenance-missing") == []


WHEEL = "paint-0.1.2-1-py3-none-any.whl"


def test_one_text_for_two_releases() -> None:
    releases = {"0.1.2": [file(WHEEL, OLD)], "0.1.2.post1": [file("paint-0.1.2-1.tar.gz", OLD)]}
    (claim,) = claimed(Case("pypi:paint").at("10:00", pypi(releases)), "distribution.build-tag")
    assert "The text 0.1.2-1 stands for two releases" in claim.statement
    assert "release 0.1.2, the source archive paint-0.1.2-1.tar.gz" in claim.statement


@pytest.mark.parametrize("releases", [
    {"0.1.2": [file(WHEEL, OLD)], "0.1.2.post1": [file("paint-0.1.2.post1.tar.gz", OLD)]},
    {"0.1.2": [file("paint-0.1.2-py3-none-any.whl", OLD)],
     "0.1.2.post1": [file("paint-0.1.2-1.tar.gz", OLD)]},
    {"0.1.2": [file(WHEEL, OLD), file("paint-0.1.2.tar.gz", OLD)]},
    {"0.1.2": [file("-" * 250 + ".whl", OLD), file("1.whl", OLD)]}])
def test_post_releases_and_build_tags_by_themselves_are_ordinary(
        releases: dict[str, Files]) -> None:
    assert claimed(Case("pypi:paint").at("10:00", pypi(releases)), "distribution.build-tag") == []


def test_a_file_that_is_listed_long_after_its_upload() -> None:
    one, more = release("1.0"), file("paint-1.0-py3-none-any.whl", "2026-01-06T08:00:00Z")
    case = Case("pypi:paint").at("09:00", pypi({"1.0": one}))
    case.at("10:00", pypi({"1.0": [*one, more]}))
    (claim,) = claimed(case, "distribution.listed-later")
    assert "states the upload time 2026-01-06T08:00:00Z, but the capture of" in claim.statement
    assert "55 days 1 h later" in claim.statement


def test_a_file_uploaded_between_the_captures_or_just_before_is_ordinary() -> None:
    for uploaded in ("09:30", "08:50"):
        more = file("paint-1.0-py3-none-any.whl", uploaded)
        case = Case("pypi:paint").at("09:00", pypi({"1.0": release("1.0")}))
        case.at("10:00", pypi({"1.0": [*release("1.0"), more]}))
        assert claimed(case, "distribution.listed-later") == []


def test_an_unusual_status_is_told_in_both_forms_and_an_active_one_is_not() -> None:
    page = simple({"1.0": release("1.0")}, status="archived")
    flat = {**page, "meta": {**page["meta"], "project-status": "deprecated"}}
    del flat["project-status"]
    for shown, word in ((page, "archived"), (flat, "deprecated")):
        (claim,) = claimed(Case("pypi:paint").at("10:00", pypi({"1.0": release("1.0")}), shown),
                           "publish.status")
        assert f"The project's status was {word} in the capture of" in claim.statement
    active = Case("pypi:paint").at("10:00", pypi({"1.0": release("1.0")}),
                                   simple({"1.0": release("1.0")}))
    assert claimed(active, "publish.status") == []


def test_a_release_that_vanishes_from_an_index_may_be_quarantined() -> None:
    case = Case("pypi:paint").at("09:00", pypi(BOTH)).at("10:00", pypi({"1.0": release("1.0")}))
    (claim,) = claimed(case, "publish.removed")
    assert "deleted and one that was quarantined look the same here" in claim.statement
