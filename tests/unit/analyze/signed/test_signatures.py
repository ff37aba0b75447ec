"""What is claimed of registry signatures, and what a rotated key or an old capture must not say."""

from typing import Any

import pytest

from regforensics.model.claim import Claim
from simulator.signing import Key
from tests.unit.analyze.documents import MIRROR, ORIGIN, Case, check, claimed, npm, quotes, run
from tests.unit.analyze.documents import scope as named
from tests.unit.analyze.documents import version as listed

KEY = Key()
OLD = Key("SHA256:old", "old", "2026-01-15T00:00:00.000Z")
NEW = Key("SHA256:new", "new")
RULES = ("integrity.signatures", "integrity.signature-valid", "integrity.signature-invalid",
         "integrity.signature-expired", "integrity.signature-missing", "integrity.key-differs")
TIMES = {v: f"2026-0{m}-01T00:00:00.000Z" for m, v in enumerate(("1.0.0", "1.1.0", "1.2.0"), 1)}


def signed(number: str, *keys: Key, over: str | None = None, **more: Any) -> dict[str, Any]:
    """A version object with a signature by each key, over its own integrity or another."""
    manifest = listed(number, **more)
    integrity = over or manifest["dist"]["integrity"]
    manifest["dist"]["signatures"] = [
        {"keyid": key.keyid, "sig": key.sign(f"paint@{number}:{integrity}".encode())}
        for key in keys]
    return manifest


def document(**versions: dict[str, Any]) -> dict[str, Any]:
    return npm(TIMES, {v: versions.get(f"v{v.replace('.', '')}") or signed(v, KEY)
                       for v in TIMES})


def case(body: dict[str, Any], *keys: Key, registry: str = ORIGIN) -> Case:
    return Case("npm:paint").beside("10:00", "npm-keys", {"keys": [k.entry for k in keys]},
                                    registry=registry).at("10:00", body, registry=registry)


def found(made: Case, *rules: str) -> list[Claim]:
    claims = claimed(made, *(rules or RULES))
    for claim in claims:
        check(made, claim)
    return claims


def test_healthy_versions_are_one_claim() -> None:
    (claim,) = found(case(document(), KEY))
    assert claim.rule == "integrity.signatures"
    assert claim.statement.startswith("3 of 3 versions")
    assert not claim.notable
    assert sum("signatures" in q for q in quotes(claim)) == 2
    assert sum('"key"' in q for q in quotes(claim)) == 1


def test_a_version_in_question_is_told_by_itself() -> None:
    (claim,) = claimed(case(document(), KEY), "integrity.signature-valid",
                       scope=named("npm:paint@1.1.0"))
    assert claim.notable
    assert claim.subject.version == "1.1.0"
    assert "vouched" in claim.statement


@pytest.mark.parametrize("forged", [
    signed("1.1.0", KEY, over="sha512-other=="),
    signed("1.1.0", Key(seed="an attacker's"))])
def test_a_forged_signature(forged: dict[str, Any]) -> None:
    made = case(document(v110=forged), KEY)
    (claim,) = found(made, "integrity.signature-invalid")
    assert claim.subject.version == "1.1.0"
    assert claim.notable
    assert "does not verify" in claim.statement
    assert any("integrity" in q for q in quotes(claim))
    (summary,) = found(made, "integrity.signatures")
    assert summary.statement.startswith("2 of 3 versions")


def test_other_bytes_under_an_old_signature() -> None:
    moved = signed("1.1.0", KEY)
    moved["dist"]["integrity"] = "sha512-other=="
    made = case(document(), KEY).at("11:00", document(v110=moved))
    (claim,) = found(made, "integrity.signature-invalid")
    assert "T11:00" in claim.statement


def test_a_signature_that_is_none_and_one_beside_a_valid_one() -> None:
    odd = signed("1.1.0", KEY)
    odd["dist"]["signatures"].append({"keyid": KEY.keyid, "sig": "no base64!"})
    assert found(case(document(v110=odd), KEY), "integrity.signature-invalid") == []
    odd["dist"]["signatures"] = [{"keyid": KEY.keyid, "sig": "no base64!"}]
    (claim,) = found(case(document(v110=odd), KEY), "integrity.signature-invalid")
    assert "cannot be read" in claim.statement


def test_a_document_that_fails_as_a_whole_is_one_claim() -> None:
    times = {f"1.{n}.0": "2026-01-01T00:00:00.000Z" for n in range(20)}
    body = npm(times, {v: signed(v, Key(seed="another")) for v in times})
    (claim,) = found(case(body, KEY), "integrity.signature-invalid")
    assert "20 versions" in claim.statement


def test_a_rotated_key_is_silent() -> None:
    body = document(v100=signed("1.0.0", OLD), v110=signed("1.1.0", OLD, NEW),
                    v120=signed("1.2.0", NEW))
    (claim,) = found(case(body, OLD, NEW))
    assert claim.rule == "integrity.signatures"
    assert claim.statement.startswith("3 of 3 versions")


def test_a_key_that_had_expired_by_the_publish_time() -> None:
    (claim,) = found(case(document(v120=signed("1.2.0", OLD)), KEY, OLD),
                     "integrity.signature-expired")
    assert claim.subject.version == "1.2.0"
    assert "a lead only" in claim.statement


def test_one_unsigned_version_among_signed_ones() -> None:
    made = case(document(v110=listed("1.1.0")), KEY)
    (claim,) = found(made, "integrity.signature-missing")
    assert claim.subject.version == "1.1.0"
    assert "a lead only" in claim.statement


def test_unsigned_captures_are_no_lead() -> None:
    bare = {f"v{v.replace('.', '')}": listed(v) for v in TIMES}
    assert found(case(document(**bare), KEY)) == []
    old = Case("npm:paint").at("10:00", document(**bare))
    assert found(old) == []
    assert [g for g in run(old)[1] if "vouched" in g.question] == []


def test_a_mirror_that_drops_signatures_leaves_a_gap_about_the_mirror() -> None:
    bare = {f"v{v.replace('.', '')}": listed(v) for v in TIMES}
    made = case(document(**bare), KEY, registry=MIRROR)
    (gap,) = [g for g in run(made)[1] if "vouched" in g.question]
    assert MIRROR.rstrip("/") in gap.reason


def test_keys_that_nobody_has_are_a_gap_and_no_claim() -> None:
    made = Case("npm:paint").at("10:00", document())
    assert found(made) == []
    (gap,) = [g for g in run(made)[1] if "signatures of 3 versions" in g.question]
    assert gap.citations


def test_a_captured_key_under_a_shipped_name() -> None:
    impostor = Key("SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U", "impostor")
    made = case(document(v110=signed("1.1.0", impostor)), KEY, impostor)
    (claim,) = found(made, "integrity.key-differs")
    assert impostor.keyid in claim.statement
    assert len(found(made, "integrity.signature-invalid")) == 1


def test_each_distinct_signature_is_verified_once_and_never_by_a_diff() -> None:
    from regforensics.analyze.compare.compare import compare
    from regforensics.attest import ecdsa

    ecdsa.verifies.cache_clear()
    made = case(document(), KEY).at("11:00", npm(TIMES | {"1.3.0": "2026-03-01T00:00:00.000Z"}, {
        **{v: signed(v, KEY) for v in TIMES}, "1.3.0": signed("1.3.0", KEY)}))
    list(compare(made.snapshots[0], made.snapshots[1]))
    assert ecdsa.verifies.cache_info().misses == 0
    run(made)
    assert ecdsa.verifies.cache_info().misses == 4


def table(made: Case) -> list[str]:
    return [c.statement for c in claimed(made, "integrity.origin-test")]


def test_the_tests_of_origin_know_whether_signatures_verify() -> None:
    forged = case(document(v110=signed("1.1.0", KEY, over="sha512-other==")), KEY)
    assert any("signatures of 1 version do not verify" in line for line in table(forged))
    assert not any("do not verify" in line for line in table(case(document(), KEY)))
