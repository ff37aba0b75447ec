"""Registry signatures: which key decides, when a key counts as expired, and what is not signed."""

import base64
from typing import Any

import pytest

from regforensics.attest import ecdsa
from regforensics.attest.keys import PINNED, keys_in
from regforensics.model.claim import Gap
from regforensics.model.signing import RegistryKey, ReleaseSignatures
from simulator.signing import Key
from tests.support.documents import document, encoded, packument, read

KEY = Key()
VECTOR = ("sha512-wSjs5WIvZr78mkV8FHCKR59VVDNTupV8wylWHj05RFdB/apXroctfRe44opTO3PTGLdAFPrIUU1q7oJSe"
          "bkr6w==", "MEUCIQCxErdGOYMudvChG6AOp/bNv7fHKFhAYGJ2F62Cry48twIgFpnYMFxw6qXinx2mL3hSEsyV0"
          "7n2TkKPy20gA3RQxU0=")
OLD, NEW = sorted(PINNED, key=lambda keyid: PINNED[keyid].expires is None)


def keys(*listed: Any) -> list[RegistryKey]:
    found = list(keys_in(document(encoded({"keys": listed})), "https://npm.example/"))
    return [key for key in found if isinstance(key, RegistryKey)]


def signed(*signatures: Any, name: str = "paint", integrity: str = "sha512-AAAA",
           published: str | None = "2024-05-01T00:00:00.000Z",
           captured: list[RegistryKey] | None = None) -> ReleaseSignatures | None:
    body = packument(name, versions={"1.0.0": {"dist": {
        "integrity": integrity, "signatures": list(signatures)}}})
    if published is None:
        del body["time"]
    else:
        body["time"]["1.0.0"] = published
    return read(encoded(body)).signed("1.0.0", keys(KEY.entry) if captured is None else captured)


def by(key: Key, message: str = "paint@1.0.0:sha512-AAAA", **more: Any) -> dict[str, Any]:
    return {"keyid": key.keyid, "sig": key.sign(message.encode()), **more}


def outcome(*signatures: Any, **more: Any) -> str | None:
    found = signed(*signatures, **more)
    return found.outcome if found else None


def test_a_real_signature_verifies_with_the_shipped_key_alone() -> None:
    integrity, signature = VECTOR
    found = signed({"keyid": OLD, "sig": signature}, name="invalid-deps", integrity=integrity,
                   captured=[])
    assert found is not None
    assert found.outcome == "valid"
    assert found.checks[0].pinned
    assert outcome({"keyid": OLD, "sig": signature}, name="invalid-dep", integrity=integrity) \
        == "invalid"


def test_a_captured_key_verifies_and_is_named() -> None:
    found = signed(by(KEY))
    assert found is not None
    assert found.outcome == "valid"
    assert found.checks[0].key is not None
    assert found.checks[0].key.key.citations[0].where == "/keys/0/key"
    assert outcome(by(KEY), captured=[]) == "unknown"


@pytest.mark.parametrize("message", ["paint@1.0.1:sha512-AAAA", "paint@1.0.0:sha512-BBBB"])
def test_a_signature_over_something_else_is_invalid(message: str) -> None:
    assert outcome(by(KEY, message)) == "invalid"


def test_a_key_counts_by_the_stated_publish_time() -> None:
    old = Key(expires="2024-05-01T00:00:00.000Z")
    listed = keys(old.entry)
    assert outcome(by(old), captured=listed, published="2024-04-30T23:59:59.999Z") == "valid"
    assert outcome(by(old), captured=listed, published="2024-05-01T00:00:00.000Z") == "expired"
    assert outcome(by(old), captured=listed, published=None) == "valid"


def test_one_valid_signature_of_several_is_enough() -> None:
    old, new = Key("SHA256:old", "old", "2020-01-01T00:00:00.000Z"), Key("SHA256:new", "new")
    listed = keys(old.entry, new.entry)
    both = signed(by(old), by(new), captured=listed)
    assert both is not None
    assert both.outcome == "valid"
    assert [check.outcome for check in both.checks] == ["expired", "valid"]
    assert outcome(by(old), {"keyid": "SHA256:other", "sig": "AA=="}, captured=listed) == "expired"


def test_a_captured_key_of_a_shipped_name_is_not_used() -> None:
    mine = Key(NEW, "an attacker's")
    assert outcome(by(mine), captured=keys(mine.entry)) == "invalid"


def test_a_key_for_another_use_is_not_used() -> None:
    listed = keys({"keyId": KEY.keyid, "keyUsage": "npm:attestations",
                   "publicKey": {"rawBytes": KEY.public}})
    assert outcome(by(KEY), captured=listed) == "unknown"


@pytest.mark.parametrize("odd", [
    {}, 7, None, {"keyid": KEY.keyid}, {"keyid": 1, "sig": "AA=="},
    {"keyid": KEY.keyid, "sig": "no base64!"}, {"keyid": KEY.keyid, "sig": ""},
    {"keyid": KEY.keyid, "sig": "A" * 5000}])
def test_odd_signatures_are_malformed(odd: Any) -> None:
    assert outcome(odd) == "malformed"


def test_no_signature_is_none() -> None:
    assert outcome() is None
    assert read(encoded(packument())).signed("1.0.0", ()) is None
    assert read(encoded(packument())).signed("9.9.9", ()) is None


@pytest.mark.parametrize("key", ["", "AAAA", "no base64!", base64.b64encode(b"x" * 91).decode()])
def test_an_unusable_key_verifies_nothing(key: str) -> None:
    assert ecdsa.verifies(key, b"", "AAAA") is None


@pytest.mark.parametrize(("listed", "where"), [
    ({"keys": [KEY.entry]}, "/keys/0/keyid"),
    ({"keys": {"npm": [KEY.entry]}}, "/keys/npm/0/keyid"),
    ({"keys": [{"keyId": KEY.keyid, "keyUsage": "npm:signatures", "publicKey": {
        "rawBytes": KEY.public, "keyDetails": "PKIX_ECDSA_P256_SHA_256",
        "validFor": {"start": "1999-01-01T00:00:00.000Z"}}}]}, "/keys/0/keyId")])
def test_every_shape_of_a_key_list(listed: Any, where: str) -> None:
    (key,) = keys_in(document(encoded(listed)), "")
    assert isinstance(key, RegistryKey)
    assert key.keyid.citations[0].where == where
    assert (key.keyid.value, key.key.value) == (KEY.keyid, KEY.public)


@pytest.mark.parametrize("odd", [
    {"keys": [{"keyid": "k"}]}, {"keys": [{"keyid": "k", "key": "AA==", "expires": "soon"}]},
    {"keys": [7]}])
def test_an_unreadable_key_is_a_gap(odd: Any) -> None:
    (gap,) = keys_in(document(encoded(odd)), "")
    assert isinstance(gap, Gap)


def test_a_long_list_of_keys_is_cut_and_said_so() -> None:
    found = list(keys_in(document(encoded({"keys": [KEY.entry] * 100})), ""))
    assert len(found) == 65
    assert isinstance(found[-1], Gap)


def test_a_distinct_signature_is_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ecdsa.verifies.cache_clear()
    for _ in range(3):
        assert outcome(by(KEY)) == "valid"
    assert ecdsa.verifies.cache_info().misses == 1
