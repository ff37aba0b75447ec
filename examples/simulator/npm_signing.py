"""What a simulated npm registry signs, and what can go wrong with it.

Every function does one thing to the registry's present state and keeps all else as it is.
"""

import copy
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from simulator.clock import npm_time
from simulator.npm_manifest import signatures
from simulator.signing import Key
from simulator.web import Refused

if TYPE_CHECKING:
    from simulator.npm import Npm
    from simulator.sigstore import Ci

Json = dict[str, Any]


def rotate_key(npm: "Npm", key: Key, *, sign_again: bool = False) -> None:
    """Sign with ``key`` from now on; the keys so far expire now.

    ``sign_again`` adds a signature by the new key to every version, as npm did in 2025.
    """
    now = npm_time(npm.clock.now())
    npm.keys = [replace(old, expires=old.expires or now) for old in npm.keys] + [key]
    for document in list(npm.documents.values()) if sign_again else ():
        for version, manifest in document.get("versions", {}).items():
            section = manifest["dist"]
            signed = signatures(document["name"], version, section["integrity"], [key])
            _set(npm, document["name"], version, [*section["signatures"], *signed])


def forge_signature(npm: "Npm", name: str, version: str, key: Key | None = None) -> None:
    """Put a signature over other bytes in place of the version's, or one by ``key``."""
    section = npm.documents[name]["versions"][version]["dist"]
    integrity = section["integrity"] if key else "sha512-" + "A" * 86 + "=="
    signed = signatures(name, version, integrity, [key or npm.keys[-1]])
    if key is not None:
        signed[0]["keyid"] = npm.keys[-1].keyid
    _set(npm, name, version, signed)


def sign_with(npm: "Npm", name: str, version: str, key: Key) -> None:
    """Sign a version with a key, whatever keys the registry publishes."""
    integrity = npm.documents[name]["versions"][version]["dist"]["integrity"]
    _set(npm, name, version, signatures(name, version, integrity, [key]))


def strip_signatures(npm: "Npm", name: str, *versions: str) -> None:
    """Take the signatures off some versions, or off every one."""
    for version in versions or tuple(npm.documents[name]["versions"]):
        _set(npm, name, version, None)


def attest(npm: "Npm", name: str, version: str, *, ci: "Ci | None" = None,
           at: datetime | None = None, subject: Json | None = None) -> None:
    """Hold attestations of a version: the provenance of a build, and npm's of the publish.

    ``at`` is the time that the log states; ``subject`` takes the place of the true one.
    """
    from simulator import sigstore

    section = npm.documents[name]["versions"][version]["dist"]
    about = subject or sigstore.npm_subject(name, version, section["integrity"])
    run, moment = ci or sigstore.Ci(), at or npm.clock.now()
    bundles = {
        "https://slsa.dev/provenance/v1":
            npm.sigstore.bundle(sigstore.provenance(about, run), run, moment),
        "https://github.com/npm/attestation/tree/main/specs/publish/v0.1":
            npm.sigstore.keyed(sigstore.npm_publish(about, name, version), npm.keys[-1], moment)}
    npm.attestations[f"{name}@{version}"] = {"attestations": [
        {"predicateType": kind, "bundle": bundle} for kind, bundle in bundles.items()]}


def alter_attestation(npm: "Npm", name: str, version: str, subject: str) -> None:
    """Put another subject's name into the statements, and leave their signatures."""
    import base64

    held = copy.deepcopy(npm.attestations[f"{name}@{version}"])
    for entry in held["attestations"]:
        envelope = entry["bundle"]["dsseEnvelope"]
        payload = base64.b64decode(envelope["payload"])
        changed = payload.replace(f"pkg:npm/{name}@{version}".encode(), subject.encode())
        envelope["payload"] = base64.b64encode(changed).decode()
    npm.attestations[f"{name}@{version}"] = held


def lose_attestations(npm: "Npm", name: str, version: str) -> None:
    """Advertise attestations that the endpoint does not have."""
    del npm.attestations[f"{name}@{version}"]


def _set(npm: "Npm", name: str, version: str, signed: list[Json] | None) -> None:
    if version not in npm.documents.get(name, {}).get("versions", {}):
        raise Refused(f"{name}@{version} is not published")
    document = copy.deepcopy(npm.documents[name])
    section = document["versions"][version]["dist"]
    section.pop("signatures", None)
    if signed is not None:
        section["signatures"] = signed
    npm.documents[name] = document
