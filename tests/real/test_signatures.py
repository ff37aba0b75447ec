"""Real signatures, keys and attestations: the genuine verify, the altered are refused."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from regforensics.attest.keys import PINNED, keys_in, lists_keys
from regforensics.evidence.jsontree import Document
from regforensics.model.attestation import Attestation
from regforensics.model.package import PackageRef
from regforensics.model.signing import RegistryKey
from regforensics.model.snapshot import Observation
from regforensics.registries.attestations import read_attestations
from regforensics.registries.base import Part
from tests.support.documents import SHARED, shared

pytestmark = pytest.mark.shared_data

SIGNED = {"chalk/2026-08-02": 44, "debug/2026-08-02": 77, "left-pad/2026-08-02": 15,
          "flatmap-stream/2026-08-02": 1, "lodash/2024-08-04": 114, "lodash/2026-08-02": 117}


def opened(path: Path) -> Document:
    body = path.read_bytes()
    return Document("EX-000001", hashlib.sha256(body).hexdigest(), body)


def test_the_published_keys_are_the_shipped_ones() -> None:
    document = opened(next((SHARED / "npm/keys").glob("*.json")))
    assert lists_keys(document)
    found = [key for key in keys_in(document, "") if isinstance(key, RegistryKey)]
    assert {k.keyid.value: (k.key.value, k.expires.value.text if k.expires else None)
            for k in found} == {k.keyid: (k.key, k.expires) for k in PINNED.values()}


@pytest.mark.parametrize("path", sorted(
    f"{p.parent.name}/{p.stem}" for p in (SHARED / "npm").glob("*/20*.json")))
def test_every_signature_of_a_real_packument_verifies(path: str) -> None:
    snapshot = shared(f"npm/{path}.json")
    found = [snapshot.signed(version, ()) for version in snapshot.releases]
    counted = Counter(s.outcome for s in found if s is not None)
    assert counted == ({"valid": SIGNED[path]} if path in SIGNED else {})
    assert path not in SIGNED or len(snapshot.releases) == SIGNED[path]


def attestations(name: str) -> dict[str, Attestation]:
    document = opened(SHARED / f"npm/attestations/{name}.json")
    part = Part("npm-attestations", document,
                Observation(label=document.label, sha256=document.sha256))
    found = [a for a in read_attestations(PackageRef.parse("npm:sigstore"), part)
             if isinstance(a, Attestation)]
    return {"publish" if a.about_publish else "build": a for a in found}


def test_the_genuine_attestations_verify_and_say_where_they_come_from() -> None:
    both = attestations("sigstore-1.0.0")
    for attestation in both.values():
        verdict = attestation.judge(())
        assert (verdict.judgement, verdict.logged) == ("verified", True)
        assert attestation.package.target == "npm:sigstore@1.0.0"
    build = both["build"]
    for stated in (build.certified, build.declared):
        assert stated.commit is not None
        assert stated.commit.value == "06528997c3c8ab9f864fad9a3658446aca7fd86d"
        assert stated.ref is not None
        assert stated.ref.value == "refs/tags/v1.0.0"
    assert build.certified.repository is not None
    assert build.certified.repository.value == "sigstore/sigstore-js"
    assert build.certified.issuer is not None
    assert build.certified.issuer.value.startswith("https://token.actions.")
    assert build.logged is not None
    assert build.logged.value.text == "2023-02-09T17:56:00Z"
    assert build.log_index is not None
    assert build.log_index.value == "12988397"
    (subject,) = build.subjects
    assert subject.name.value == "pkg:npm/sigstore@1.0.0"
    assert subject.digests.value["sha512"].startswith("7bea9f6e7ff37f5f")


@pytest.mark.parametrize(("name", "reason"), [
    ("invalid", "no base64"), ("mismatched-subject-digest", "over this statement")])
def test_the_altered_attestations_are_refused(name: str, reason: str) -> None:
    both = attestations(name)
    verdict = both["publish"].judge(())
    assert verdict.judgement == "refused"
    assert reason in verdict.reason
    assert both["build"].judge(()).judgement == "verified"  # that half was left as it was
