"""Sigstore bundles: what holds, what is refused, and what cannot be judged."""

import base64
import copy
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from regforensics.attest.certificate import certificate, claims, identity
from regforensics.attest.envelope import member
from regforensics.attest.keys import keys_in
from regforensics.attest.roots import Roots, installed, read_roots
from regforensics.attest.verify import NO_ROOT, certificate_bytes, judge
from regforensics.model.signing import RegistryKey
from simulator.signing import Key
from simulator.sigstore import Ci, Sigstore, npm_publish, npm_subject, provenance
from tests.support.documents import document, encoded

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUBJECT = npm_subject("paint", "1.0.0", "sha512-" + base64.b64encode(b"x" * 64).decode())
STORE = Sigstore()
KEY = Key()


@pytest.fixture(scope="module")
def roots() -> Roots:
    found = read_roots(STORE.trusted_root(), "the simulated root")
    assert found is not None
    return found


@pytest.fixture
def bundle() -> Any:
    return copy.deepcopy(_BUNDLE)


_BUNDLE = STORE.bundle(provenance(SUBJECT, Ci()), Ci(), AT)


def captured(*keys: Key) -> list[RegistryKey]:
    found = keys_in(document(encoded({"keys": [key.entry for key in keys]})), "")
    return [key for key in found if isinstance(key, RegistryKey)]


def test_a_true_bundle_verifies_and_its_log_time_is_covered(bundle: Any, roots: Roots) -> None:
    verdict = judge(bundle, (), roots)
    assert (verdict.judgement, verdict.logged) == ("verified", True)
    assert "the simulated root" in verdict.by


def test_the_newer_place_of_the_certificate(bundle: Any, roots: Roots) -> None:
    material = bundle["verificationMaterial"]
    (only,) = material.pop("x509CertificateChain")["certificates"]
    material["certificate"] = only
    assert judge(bundle, (), roots).judgement == "verified"


def test_what_another_root_says_of_it(bundle: Any) -> None:
    other = read_roots(Sigstore("another").trusted_root(), "another root")
    for roots in (other, installed()):
        verdict = judge(bundle, (), roots)
        assert verdict.judgement == "unverified"
        assert "does not hold" in verdict.reason
    assert judge(bundle, (), None).reason == NO_ROOT


def alter(bundle: Any, *path: str | int, to: Any) -> None:
    *parents, last = path
    member(bundle, *parents)[last] = to


ENTRY = ("verificationMaterial", "tlogEntries", 0)
ENVELOPE = ("dsseEnvelope",)


@pytest.mark.parametrize(("path", "reason"), [
    ((*ENVELOPE, "payload"), "over this statement"),
    ((*ENVELOPE, "signatures"), "over this statement"),
    ((*ENTRY, "canonicalizedBody"), "another statement"),
    (("verificationMaterial", "x509CertificateChain"), "over this statement")])
def test_parts_of_another_bundle_are_refused(bundle: Any, roots: Roots, path: Any,
                                             reason: str) -> None:
    other = STORE.bundle(provenance(SUBJECT | {"name": "pkg:npm/b@1.0.0"}, Ci(run=2)), Ci(run=2),
                         AT)
    alter(bundle, *path, to=member(other, *path))
    for root in (roots, None):
        verdict = judge(bundle, (), root)
        assert verdict.judgement == "refused"
        assert reason in verdict.reason


@pytest.mark.parametrize(("path", "value"), [
    ((*ENTRY, "integratedTime"), "1772366401"), ((*ENTRY, "logIndex"), "7"),
    ((*ENTRY, "inclusionPromise", "signedEntryTimestamp"), "MEUC")])
def test_a_log_entry_that_the_log_did_not_sign_is_refused(bundle: Any, roots: Roots, path: Any,
                                                          value: str) -> None:
    alter(bundle, *path, to=value)
    verdict = judge(bundle, (), roots)
    assert verdict.judgement == "refused"
    assert "log's signature" in verdict.reason


def test_another_authority_of_the_same_name_is_not_judged(roots: Roots) -> None:
    class Staging(Sigstore):
        _name = "simulated authority"

    verdict = judge(Staging("staging").bundle(provenance(SUBJECT, Ci()), Ci(), AT), (), roots)
    assert verdict.judgement == "unverified"
    assert "of the name of one that it does" in verdict.reason


def test_a_certificate_that_the_named_authority_did_not_sign_is_refused(roots: Roots) -> None:
    class Impostor(Sigstore):
        def _certificate(self, key: EllipticCurvePrivateKey, ci: Ci, at: datetime) -> Any:
            true = STORE._certificate(key, ci, at).public_bytes(Encoding.DER)
            return load_der_x509_certificate(true.replace(b"release.yml", b"secrets.yml"))

    forged = Impostor("simulated").bundle(provenance(SUBJECT, Ci()), Ci(), AT)
    verdict = judge(forged, (), roots)
    assert verdict.judgement == "refused"
    assert "not signed by it" in verdict.reason


@pytest.mark.parametrize(("path", "value"), [
    ((*ENTRY, "kindVersion", "kind"), "novel"), ((*ENTRY, "logId", "keyId"), "AAAA"),
    (("verificationMaterial", "tlogEntries"), []), ((*ENTRY, "inclusionPromise"), None),
    (("verificationMaterial", "tlogEntries"), "odd"), ((*ENVELOPE, "signatures"), []),
    ((*ENVELOPE, "payloadType"), "text/plain"), (("dsseEnvelope",), None),
    (("verificationMaterial",), {}), (("verificationMaterial", "x509CertificateChain"), {})])
def test_what_is_missing_or_unknown_is_not_judged(bundle: Any, roots: Roots, path: Any,
                                                  value: Any) -> None:
    alter(bundle, *path, to=value)
    verdict = judge(bundle, (), roots)
    assert (verdict.judgement, verdict.logged) == ("unverified", False)
    assert verdict.reason


CERTIFICATE = ("verificationMaterial", "x509CertificateChain", "certificates", 0)


@pytest.mark.parametrize(("old", "new", "said"), [
    (b"simulated authority", b"\xff\xfemulated authority", "an issuer that cannot be read"),
    (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09", "cannot be read as X.509"),
    (b"\x0c\x13simulated", b"\x1e\x13simulated", "cannot be read"),
    (b"0", b"1", "cannot be read as X.509")])
def test_a_certificate_that_cannot_be_read_is_refused(
        bundle: Any, roots: Roots, old: bytes, new: bytes, said: str) -> None:
    der = base64.b64decode(member(bundle, *CERTIFICATE, "rawBytes"))
    alter(bundle, *CERTIFICATE, "rawBytes",
          to=base64.b64encode(der.replace(old, new, 1)).decode())
    verdict = judge(bundle, (), roots)
    assert verdict.judgement == "refused"
    assert said in verdict.reason


def test_an_undecodable_signature_is_refused(bundle: Any, roots: Roots) -> None:
    alter(bundle, "dsseEnvelope", "signatures", 0, "sig", to="invalid-signature")
    assert judge(bundle, (), roots).reason == "its signature is no base64"


def test_a_publish_attestation_is_held_against_the_registrys_key(roots: Roots) -> None:
    keyed = STORE.keyed(npm_publish(SUBJECT, "paint", "1.0.0"), KEY, AT)
    verdict = judge(keyed, captured(KEY), roots)
    assert (verdict.judgement, verdict.logged) == ("verified", True)
    assert verdict.key is not None
    assert judge(keyed, (), roots).judgement == "unverified"
    assert judge(keyed, captured(Key(seed="another")), roots).judgement == "refused"
    assert judge(keyed, captured(KEY), None).logged is False
    expired = captured(Key(expires="2026-01-01T00:00:00.000Z"))
    assert "expired" in judge(keyed, expired, roots).reason


def test_a_certificate_says_where_the_build_ran() -> None:
    cert = certificate(certificate_bytes(_BUNDLE) or b"")
    assert identity(cert) == Ci().identity
    assert claims(cert)[12] == Ci().url
    assert claims(cert)[13] == Ci().commit
    assert certificate(b"no certificate") is None


def test_the_installed_root_is_read_from_the_library_and_a_wrong_one_is_none() -> None:
    roots = installed()
    assert roots is not None
    assert roots.verifier is not None
    assert len(roots.authorities) >= 2
    assert read_roots(b"no root", "x") is None


def test_without_the_library_there_is_no_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sigstore", None)
    installed.cache_clear()
    try:
        assert installed() is None
        assert judge(_BUNDLE, (), installed()).reason == NO_ROOT
    finally:
        installed.cache_clear()
