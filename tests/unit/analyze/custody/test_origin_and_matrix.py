"""Who may be called the origin, and what the matrix says of times that nobody vouches for."""

from typing import Any

import pytest

from regforensics.analyze.custody.inventory import inventory
from regforensics.endpoints import PYPI_FILE_HOSTS, PYPI_URL
from regforensics.model.coverage import Coverage
from regforensics.model.origin import verdict
from tests.unit.analyze.documents import (
    NO_SCOPE,
    ORIGIN,
    Case,
    claimed,
    file,
    npm,
    pypi,
    run,
    scope,
    simple,
    version,
)

ONE = npm({"1.0.0": "07:00", "1.1.0": "08:00"})
GHOST = npm({"1.0.0": "07:00", "1.1.0": "08:00"}, {"1.0.0": version("1.0.0")})
RELEASES: dict[str, list[dict[str, Any]]] = {"2.0": [file("paint-2.0.tar.gz", "07:00")]}


def row(case: Case, question: str) -> Coverage:
    return next(r for r in inventory([case.history()], NO_SCOPE) if r.question == question)


def at_host(host: str) -> dict[str, Any]:
    """A document whose files are at another host."""
    held = dict(RELEASES["2.0"][0])
    held["url"] = held["url"].replace(ORIGIN, f"https://{host}/")
    return pypi({"2.0": [held]})


@pytest.mark.parametrize(("asked", "host", "looks"), [
    (PYPI_URL, PYPI_FILE_HOSTS[0], "origin"), (PYPI_URL, "files.example", "mirror"),
    (ORIGIN, "registry.example", "origin"), (ORIGIN, PYPI_FILE_HOSTS[0], "mirror"),
    ("", PYPI_FILE_HOSTS[0], "unclear"), ("", "files.example", "unclear")])
def test_files_must_be_at_the_indexs_own_host(asked: str, host: str, looks: str) -> None:
    (snapshot,) = Case("pypi:paint").at("09:00", at_host(host), registry=asked).snapshots
    assert verdict(snapshot.origin) == looks


def test_a_handed_over_file_is_never_the_origin_and_its_times_are_limited() -> None:
    case = Case("npm:paint").at("09:00", ONE, registry="")
    assert verdict(case.snapshots[0].origin) == "unclear"
    assert claimed(case, "integrity.origin") == []
    found = row(case, "publish")
    assert found.authority == "limited"
    assert "was handed over, and where it came from is not recorded" in found.source


def test_unencrypted_answers_are_limited_and_the_origin_claim_says_why() -> None:
    case = Case("npm:paint").at("09:00", npm({"1.0.0": "07:00"}),
                                registry=ORIGIN.replace("https", "http"))
    found = row(case, "publish")
    assert found.authority == "limited"
    assert "unencrypted HTTP" in found.source
    (claim,) = claimed(case, "integrity.origin")
    assert "unencrypted HTTP" in claim.statement
    stone = npm({"1.0.0": "07:00"}, unpublished={"time": "2026-03-02T08:00:00.000Z",
                                                 "versions": ["1.0.0"]})
    assert row(Case("npm:paint").at("09:00", stone, registry="http://registry.example/"),
               "withdrawal").authority == "limited"


def test_the_withdrawal_row_says_what_is_gone_and_how_closely_that_is_known() -> None:
    between = row(Case("npm:paint").at("09:00", ONE).at("10:00", GHOST), "withdrawal")
    assert (between.authority, between.source) == (
        "approximate", "captures from https://registry.example: 1 version went between two captures"
        " (1.1.0)")
    before = row(Case("npm:paint").at("09:00", GHOST).at("10:00", GHOST), "withdrawal")
    assert before.authority == "limited"
    assert "1 version was gone already in the first capture (1.1.0)" in before.source
    nothing = row(Case("npm:paint").at("09:00", ONE).at("10:00", ONE), "withdrawal")
    assert "no listed version is missing" in nothing.source
    absent = row(Case("npm:paint").at("09:00", ONE).at("10:00", None), "withdrawal")
    assert "the package is absent in the last capture" in absent.source


def test_counts_of_one_are_singular() -> None:
    source = row(Case("npm:paint").at("09:00", npm({"1.0.0": "07:00"})), "account").source
    assert "1 version and the owners in 1 capture;" in source


def test_the_times_of_a_mirror_give_no_leads_and_one_gap() -> None:
    times = {"1.0.0": "07:00", "1.0.2": "06:00", "1.0.1": "2026-03-05T08:00:00.000Z"}
    built = npm(times, created="2026-03-01T00:00:00.000Z") | {"_uplinks": {}}
    late = npm({"1.0.0": "07:00"}, created="2026-03-04T00:00:00.000Z") | {"_uplinks": {}}
    for document in (built, late):
        case = Case("npm:paint").at("2026-03-09T10:00:00.000Z", document)
        assert claimed(case, "publish.restored", "publish.created-later") == []
        gaps = [g for g in _gaps(case) if g.startswith("whether the publish times")]
        assert len(gaps) == 1
        for claim in claimed(case, "publish.published"):
            assert "according to a mirror" in claim.statement
    plain = {k: v for k, v in built.items() if k != "_uplinks"}
    assert len(claimed(Case("npm:paint").at("2026-03-09T10:00:00.000Z", plain),
                       "publish.restored")) == 1


def test_a_mirror_bounds_no_duration_and_lifts_no_lead_by_its_order() -> None:
    hooked = npm({"1.0.0": "07:00", "1.1.0": "08:00"}, {
        "1.0.0": version("1.0.0"),
        "1.1.0": version("1.1.0", by="eve", scripts={"postinstall": "x"})}) | {"_uplinks": {}}
    case = Case("npm:paint").at("09:00", hooked)
    found = claimed(case, "publish.install-script", "account.first-publish")
    assert len(found) == 2
    assert not any(c.notable for c in found)
    named = claimed(case, "publish.install-script", scope=scope("npm:paint@1.1.0"))
    assert named[0].notable
    gone = Case("npm:paint").at("09:00", ONE | {"_uplinks": {}}) \
        .at("10:00", GHOST | {"_uplinks": {}})
    assert claimed(gone, "distribution.available") == []


def test_late_files_and_gaps_of_a_mirrored_index() -> None:
    late = {"2.0": [file("paint-2.0.tar.gz", "07:00"),
                    file("paint-2.0-py3.whl", "2026-05-02T07:00:00.000Z")]}
    case = Case("pypi:paint").at("2026-06-01T00:00:00.000Z", pypi(late), simple(late),
                                 headers=(("X-Devpi-Serial", "3"),))
    assert claimed(case, "distribution.late-file") == []
    assert len([g for g in _gaps(case) if g.startswith("whether the publish times")]) == 1
    straight = Case("pypi:paint").at("2026-06-01T00:00:00.000Z", pypi(late))
    assert len(claimed(straight, "distribution.late-file")) == 1


def _gaps(case: Case) -> list[str]:
    return [gap.question for gap in run(case)[1]]
