"""Registry signatures over a release: ``name@version:integrity``, ECDSA (npm/documentation).

They prove that the registry vouched for the name, the version and the bytes. They cover neither
the publish time nor the publisher, and old releases were signed years after their publish.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from regforensics.attest.ecdsa import verifies
from regforensics.attest.keys import Pinned, candidates, expiry, spki_of
from regforensics.model.citation import Fact
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.model.signing import RegistryKey, ReleaseSignatures, SignatureCheck
from regforensics.model.snapshot import Release

USAGE = "npm:signatures"
_MOST_SIGNATURES = 16  # of one release: a registry adds one for each key it rotates to


def release_signatures(package: PackageRef, releases: Mapping[str, Release], version: str,
                       keys: Sequence[RegistryKey]) -> ReleaseSignatures | None:
    """The signatures of one listed version, checked; None where it carries none.

    ``keys`` are captured ones; the shipped ones are always tried first.
    """
    release = releases.get(version)
    artifact = release.artifacts[0] if release is not None and release.artifacts else None
    if release is None or artifact is None or artifact.signatures is None \
            or artifact.signatures.value in ([], None):
        return None
    stated, integrity = artifact.signatures.value, artifact.digests.get("integrity")
    message = f"{package.full_name}@{version}:{integrity.value if integrity else ''}".encode(
        "utf-8", "surrogatepass")
    entries = stated if isinstance(stated, list) else [stated]
    checks = [_checked(entry, message, release.published, keys)
              for entry in entries[:_MOST_SIGNATURES]]
    return ReleaseSignatures(version=version, stated=artifact.signatures, integrity=integrity,
                             published=release.published, checks=tuple(checks))


def _checked(entry: Any, message: bytes, published: Fact[Instant] | None,
             keys: Sequence[RegistryKey]) -> SignatureCheck:
    keyid = entry.get("keyid") if isinstance(entry, dict) else None
    signature = entry.get("sig") if isinstance(entry, dict) else None
    if not isinstance(keyid, str) or not isinstance(signature, str):
        return SignatureCheck(keyid=keyid if isinstance(keyid, str) else "", outcome="malformed")
    pinned, captured = candidates(keyid, keys, USAGE)
    tried = [_tried(key, message, signature, published)
             for key in ((pinned,) if pinned else captured)]
    order = ("valid", "expired", "invalid", "malformed")
    return min(tried, key=lambda check: order.index(check.outcome),
               default=SignatureCheck(keyid=keyid, outcome="unknown"))


def _tried(key: Pinned | RegistryKey, message: bytes, signature: str,
           published: Fact[Instant] | None) -> SignatureCheck:
    end, good = expiry(key), verifies(spki_of(key), message, signature)
    late = end is not None and published is not None and published.value.utc >= end.utc
    return SignatureCheck(
        keyid=key.keyid if isinstance(key, Pinned) else key.keyid.value,
        pinned=isinstance(key, Pinned), key=key if isinstance(key, RegistryKey) else None,
        expires=end.text if end else None,
        outcome="malformed" if good is None else
        "invalid" if not good else "expired" if late else "valid")

