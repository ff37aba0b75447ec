"""Drift: other bytes under one name, version and file; and everything that only looks like it."""

import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regforensics.analyze.compare.digests import agreement, differs
from regforensics.analyze.compare.drift import Drift, find_drift
from regforensics.model.history import History
from tests.unit.analyze.documents import (
    MIRROR,
    Case,
    claimed,
    file,
    npm,
    pypi,
    simple,
    stamp,
    version,
)

TIMES = {"1.0.0": "06:00", "1.1.0": "07:00"}


def shown(**dist: Any) -> dict[str, Any]:
    """A packument whose 1.0.0 has other members in ``dist`` (None: without)."""
    one = version("1.0.0")
    one["dist"] = {k: v for k, v in (one["dist"] | dist).items() if v is not None}
    return npm(TIMES, {"1.0.0": one, "1.1.0": version("1.1.0")})


def drift_of(*bodies: dict[str, Any], **more: Any) -> tuple[Drift, ...]:
    """Drift between captures an hour apart."""
    case = Case("npm:paint")
    for index, body in enumerate(bodies):
        case.at(f"{10 + index}:00", body, **more)
    return find_drift([case.history()])


EVIL = {"shasum": hashlib.sha1(b"evil").hexdigest(), "integrity": "sha512-ZXZpbA=="}


def test_a_republish_under_one_version_is_confirmed_with_both_lines() -> None:
    (drift,) = drift_of(shown(), shown(**EVIL))
    assert (drift.version, drift.file, drift.grade, drift.across) == (
        "1.0.0", "paint-1.0.0.tgz", "confirmed", False)
    integrity = [seen for seen in drift.observations if seen.algorithm == "integrity"]
    assert [seen.value for seen in integrity][1] == EVIL["integrity"]
    assert [seen.observed_at for seen in integrity] == [stamp("10:00"), stamp("11:00")]
    assert [seen.source for seen in integrity] == ["EX-000001", "EX-000002"]
    assert integrity[1].fact.citations[0].where == "/versions/1.0.0/dist/integrity"


def test_there_and_back_again_is_one_drift_with_each_turn() -> None:
    (drift,) = drift_of(shown(), shown(**EVIL), shown(**EVIL) | {"readme": "x"}, shown())
    assert [s.observed_at for s in drift.observations if s.algorithm == "shasum"] == [
        stamp("10:00"), stamp("11:00"), stamp("13:00")]


def test_only_weak_digests_to_compare_is_likely() -> None:
    (drift,) = drift_of(shown(integrity=None), shown(**EVIL))
    assert drift.grade == "likely"


def test_a_strong_digest_that_stays_contradicts_the_weak_one() -> None:
    (drift,) = drift_of(shown(), shown(shasum=EVIL["shasum"]))
    assert drift.grade == "contradictory"


MINE = version("1.0.0")["dist"]


@pytest.mark.parametrize("other", [
    {"shasum": MINE["shasum"].upper()},
    {"integrity": None},
    {"integrity": f"{MINE['integrity']} sha384-AAAA"},
    {"integrity": f"sha1-AAAA {MINE['integrity']}"},
    {"integrity": "sha384-AAAA"},
    {"integrity": f"{MINE['integrity']}?opt"},
    {"signatures": [{"keyid": "k", "sig": "s"}]},
    {"tarball": "http://registry.example/paint/-/paint-1.0.0.tgz"},
], ids=str)
def test_what_is_representation_is_no_drift(other: dict[str, Any]) -> None:
    assert drift_of(shown(), shown(**other)) == ()
    assert drift_of(shown(**other), shown()) == ()


def test_a_new_version_with_new_bytes_and_a_rewritten_manifest_are_no_drift() -> None:
    grown = npm(TIMES | {"1.2.0": "08:00"})
    marked = npm(TIMES, {v: version(v, by="npm") | {"deprecated": "old"} for v in TIMES})
    assert drift_of(npm(TIMES), grown, marked) == ()


def test_a_pypi_file_with_other_bytes_and_a_second_file() -> None:
    one = {"2.0": [file("paint-2.0.tar.gz", "07:00")]}
    other = {"2.0": [file("paint-2.0.tar.gz", "07:00", bytes_of="evil")]}
    more = {"2.0": [*one["2.0"], file("paint-2.0-py3.whl", "07:01")]}
    case = Case("pypi:paint").at("09:00", pypi(one), simple(one))
    (drift,) = find_drift([case.at("10:00", pypi(other), simple(other)).history()])
    assert (drift.file, drift.grade) == ("paint-2.0.tar.gz", "confirmed")
    assert {s.algorithm for s in drift.observations} == {"sha256", "md5", "blake2b_256"}
    (claim,) = claimed(case, "publish.drift")
    assert "PyPI never takes a file name a second time" in claim.statement
    case = Case("pypi:paint").at("09:00", pypi(one), simple(one)).at("10:00", pypi(more))
    assert find_drift([case.history()]) == ()


def test_a_mirror_with_other_bytes_is_told_apart() -> None:
    mirrored = shown(**EVIL) | {"_uplinks": {}}
    case = Case("npm:paint").at("10:00", shown()).at("11:00", mirrored, registry=MIRROR)
    (drift,) = find_drift([case.history()])
    assert drift.across
    (claim,) = claimed(case, "publish.drift", "publish.drift-across")
    assert claim.rule == "publish.drift-across"
    assert "https://registry.example/ and https://mirror.example/ state different" \
        in claim.statement


def test_a_handed_over_copy_counts_as_the_registrys() -> None:
    case = Case("npm:paint").at(None, shown(), registry="").at("11:00", shown(**EVIL))
    (drift,) = find_drift([case.history()])
    assert not drift.across
    assert {s.observed_at for s in drift.observations} == {None, stamp("11:00")}
    (claim,) = claimed(case, "publish.drift")
    assert "a copy of unknown date" in claim.statement


def test_each_grade_has_its_claim_and_says_what_it_means_on_this_registry() -> None:
    for other, rule in ((EVIL, "publish.drift"),
                        ({"shasum": EVIL["shasum"]}, "publish.digests-contradict")):
        case = Case("npm:paint").at("10:00", shown()).at("11:00", shown(**other))
        (claim,) = claimed(case, "publish.drift", "publish.digests-contradict")
        assert claim.rule == rule
        assert "npm lets no publisher replace a published version" in claim.statement
        said = [c.quote for c in claim.citations if c.where.startswith("/versions/1.0.0/dist/")]
        assert len(said) == len(set(said)) + (rule == "publish.digests-contradict")


def test_no_captures_no_drift() -> None:
    assert find_drift([]) == ()
    assert find_drift([History(Case("npm:paint").package, ())]) == ()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_digest_text_agrees_with_itself_and_compares_both_ways(one: str, other: str) -> None:
    for algorithm in ("integrity", "sha256"):
        assert not differs(algorithm, one, one)
        assert differs(algorithm, one, other) == differs(algorithm, other, one)
    assert agreement("integrity", f"sha512-{one}", "sha256-x").get("sha512") is None
