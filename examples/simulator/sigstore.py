"""A Sigstore of its own: a certificate authority, a certificate log and a transparency log.

What it signs is laid out as the real bundles are, and holds against ``trusted_root`` and against
nothing else. Every key is made of a seed that stands here: it proves nothing to anybody.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from regforensics.endpoints import PUBLISHER_ISSUERS
from simulator.signing import Key

Json = dict[str, Any]
IN_TOTO = "application/vnd.in-toto+json"
ISSUER = PUBLISHER_ISSUERS["GitHub"]
_ARC = "1.3.6.1.4.1.57264.1."
_SCT = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_FIRST_DAY, _YEARS = datetime(2020, 1, 1, tzinfo=UTC), timedelta(days=36500)


@dataclass(frozen=True, slots=True)
class Ci:
    """One run of a workflow, as the CI's identity token states it."""

    repository: str = "paint-works/paint-lines"
    workflow: str = "release.yml"
    ref: str = "refs/heads/main"
    commit: str = "4c1f0e6a9d7b2e8f5a3c6d9b0e1f2a3b4c5d6e7f"
    run: int = 4711
    host: str = "https://git.example"
    issuer: str = ISSUER

    @property
    def url(self) -> str:
        """The repository's address."""
        return f"{self.host}/{self.repository}"

    @property
    def path(self) -> str:
        """The workflow's file in the repository."""
        return f".github/workflows/{self.workflow}"

    @property
    def identity(self) -> str:
        """The workflow as certificates name it."""
        return f"{self.url}/{self.path}@{self.ref}"

    @property
    def invocation(self) -> str:
        """The address of the run."""
        return f"{self.url}/actions/runs/{self.run}/attempts/1"


def npm_subject(name: str, version: str, integrity: str) -> Json:
    """The subject of npm's attestations."""
    digest = base64.b64decode(integrity.partition("-")[2]).hex()
    return {"name": f"pkg:npm/{name.replace('@', '%40', 1)}@{version}",
            "digest": {"sha512": digest}}


def provenance(subject: Json, ci: Ci) -> Json:
    """A statement of SLSA provenance, as npm's CLI writes it in a workflow."""
    return {"_type": "https://in-toto.io/Statement/v1", "subject": [subject],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {
                "buildDefinition": {
                    "buildType": f"{ci.host}/actions-buildtypes/workflow/v1",
                    "externalParameters": {"workflow": {
                        "ref": ci.ref, "repository": ci.url, "path": ci.path}},
                    "resolvedDependencies": [{"uri": f"git+{ci.url}@{ci.ref}",
                                              "digest": {"gitCommit": ci.commit}}]},
                "runDetails": {"builder": {"id": f"{ci.host}/actions/runner/hosted"},
                               "metadata": {"invocationId": ci.invocation}}}}


def npm_publish(subject: Json, name: str, version: str) -> Json:
    """npm's own statement that it took a version in."""
    return {"_type": "https://in-toto.io/Statement/v0.1", "subject": [subject],
            "predicateType": "https://github.com/npm/attestation/tree/main/specs/publish/v0.1",
            "predicate": {"name": name, "version": version, "registry": "https://npm.example"}}


def pypi_publish(filename: str, sha256: str) -> Json:
    """The publish attestation of PEP 740."""
    return {"_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": filename, "digest": {"sha256": sha256}}],
            "predicateType": "https://docs.pypi.example/attestations/publish/v1",
            "predicate": None}


def pep_740(bundle: Json) -> Json:
    """A bundle in the layout of PyPI's Integrity API."""
    material = bundle["verificationMaterial"]
    return {"version": 1,
            "verification_material": {
                "certificate": material["x509CertificateChain"]["certificates"][0]["rawBytes"],
                "transparency_entries": material["tlogEntries"]},
            "envelope": {"statement": bundle["dsseEnvelope"]["payload"],
                         "signature": bundle["dsseEnvelope"]["signatures"][0]["sig"]}}


class Sigstore:
    """One instance; two of different seeds do not trust each other."""

    def __init__(self, seed: str = "simulated") -> None:
        self.seed = seed
        self.entries = 100

    def bundle(self, statement: Json, ci: Ci, at: datetime) -> Json:
        """``statement`` signed by a run of a workflow, logged at ``at``."""
        key = self._key(f"leaf {ci} {at}")
        cert = self._certificate(key, ci, at)
        payload, signature = _signed(statement, key)
        material = {"x509CertificateChain": {"certificates": [
            {"rawBytes": _b64(cert.public_bytes(Encoding.DER))}]}}
        return self._bundled(payload, signature, material,
                             cert.public_bytes(Encoding.PEM), at, "")

    def keyed(self, statement: Json, key: Key, at: datetime) -> Json:
        """``statement`` signed by a registry's key, logged at ``at``."""
        private = ec.derive_private_key(key.private, ec.SECP256R1())
        payload, signature = _signed(statement, private)
        pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return self._bundled(payload, signature, {"publicKey": {"hint": key.keyid}}, pem, at,
                             key.keyid)

    def trusted_root(self) -> bytes:
        """The trusted_root.json that says to trust this instance."""
        valid = {"start": _FIRST_DAY.isoformat().replace("+00:00", "Z")}
        document = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_instance("https://log.sigstore.example", self._key("log"), valid)],
            "ctlogs": [_instance("https://ct.sigstore.example", self._key("ct"), valid)],
            "certificateAuthorities": [{
                "subject": {"organization": "sigstore.example", "commonName": self._name},
                "uri": "https://ca.sigstore.example", "validFor": valid,
                "certChain": {"certificates": [{"rawBytes": _b64(
                    self._authority.public_bytes(Encoding.DER))}]}}]}
        return json.dumps(document).encode()

    @property
    def _name(self) -> str:
        return f"{self.seed} authority"

    def _key(self, use: str) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(Key(seed=f"{self.seed} {use}").private, ec.SECP256R1())

    @cached_property
    def _authority(self) -> x509.Certificate:
        key, name = self._key("authority"), _common_name(self._name)
        return (x509.CertificateBuilder().subject_name(name).issuer_name(name)
                .public_key(key.public_key()).serial_number(1)
                .not_valid_before(_FIRST_DAY).not_valid_after(_FIRST_DAY + _YEARS)
                .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
                .sign(key, hashes.SHA256()))

    def _certificate(self, key: ec.EllipticCurvePrivateKey, ci: Ci,
                     at: datetime) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder().subject_name(x509.Name([]))
            .issuer_name(_common_name(self._name)).public_key(key.public_key())
            .serial_number(int.from_bytes(hashlib.sha256(str(at).encode()).digest()[:12]))
            .not_valid_before(at - timedelta(seconds=5)).not_valid_after(at + timedelta(minutes=10))
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                self._key("authority").public_key()), False)
            .add_extension(x509.SubjectAlternativeName([
                x509.UniformResourceIdentifier(ci.identity)]), critical=True))
        claims = {8: ci.issuer, 12: ci.url, 13: ci.commit, 14: ci.ref, 18: ci.identity,
                  21: ci.invocation}
        for number, value in claims.items():
            text = value.encode()
            size = bytes([len(text)]) if len(text) < 128 else bytes([0x81, len(text)])
            builder = builder.add_extension(x509.UnrecognizedExtension(
                x509.ObjectIdentifier(f"{_ARC}{number}"), b"\x0c" + size + text), critical=False)
        authority = self._key("authority")
        before = builder.sign(authority, hashes.SHA256()).tbs_certificate_bytes
        stamps = self._timestamps(before, at)
        return builder.add_extension(x509.UnrecognizedExtension(_SCT, stamps), critical=False) \
            .sign(authority, hashes.SHA256())

    def _timestamps(self, precertificate: bytes, at: datetime) -> bytes:
        """The certificate log's timestamp, as an extension holds it (RFC 6962, section 3.3)."""
        key = self._key("ct")
        issuer = hashlib.sha256(_spki(self._key("authority"))).digest()
        when = int(at.timestamp() * 1000).to_bytes(8)
        signed = b"".join((b"\x00\x00", when, b"\x00\x01", issuer,
                           len(precertificate).to_bytes(3), precertificate, b"\x00\x00"))
        signature = key.sign(signed, ec.ECDSA(hashes.SHA256()))
        stamp = b"".join((b"\x00", hashlib.sha256(_spki(key)).digest(), when, b"\x00\x00",
                          b"\x04\x03", len(signature).to_bytes(2), signature))
        listed = len(stamp).to_bytes(2) + stamp
        inside = len(listed).to_bytes(2) + listed
        return b"\x04" + (bytes([len(inside)]) if len(inside) < 128
                          else bytes([0x81, len(inside)])) + inside

    def _bundled(self, payload: bytes, signature: str, material: Json, signer: bytes,
                 at: datetime, keyid: str) -> Json:
        return {"mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.2",
                "verificationMaterial": material | {
                    "tlogEntries": [self._entry(payload, signature, signer, at)],
                    "timestampVerificationData": {"rfc3161Timestamps": []}},
                "dsseEnvelope": {"payload": _b64(payload), "payloadType": IN_TOTO,
                                 "signatures": [{"sig": signature, "keyid": keyid}]}}

    def _entry(self, payload: bytes, signature: str, signer: bytes, at: datetime) -> Json:
        """A log entry with the log's promise (sigstore/rekor, types/intoto/v0.0.2)."""
        self.entries += 1
        body = {"apiVersion": "0.0.2", "kind": "intoto", "spec": {"content": {
            "envelope": {"payloadType": IN_TOTO, "signatures": [
                {"publicKey": _b64(signer), "sig": _b64(signature.encode())}]},
            "payloadHash": {"algorithm": "sha256",
                            "value": hashlib.sha256(payload).hexdigest()}}}}
        key = self._key("log")
        log = hashlib.sha256(_spki(key)).digest()
        promised = {"body": _b64(json.dumps(body).encode()), "integratedTime": int(at.timestamp()),
                    "logID": log.hex(), "logIndex": self.entries}
        stated = json.dumps(promised, separators=(",", ":"), sort_keys=True).encode()
        return {"logIndex": str(self.entries), "logId": {"keyId": _b64(log)},
                "kindVersion": {"kind": "intoto", "version": "0.0.2"},
                "integratedTime": str(promised["integratedTime"]),
                "inclusionPromise": {"signedEntryTimestamp": _b64(
                    key.sign(stated, ec.ECDSA(hashes.SHA256())))},
                "inclusionProof": None, "canonicalizedBody": promised["body"]}


def _signed(statement: Json, key: ec.EllipticCurvePrivateKey) -> tuple[bytes, str]:
    payload = json.dumps(statement, separators=(",", ":")).encode()
    message = b"DSSEv1 %d %s %d %s" % (len(IN_TOTO), IN_TOTO.encode(), len(payload), payload)
    return payload, _b64(key.sign(message, ec.ECDSA(hashes.SHA256())))


def _instance(url: str, key: ec.EllipticCurvePrivateKey, valid: Json) -> Json:
    return {"baseUrl": url, "hashAlgorithm": "SHA2_256",
            "publicKey": {"rawBytes": _b64(_spki(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                          "validFor": valid},
            "logId": {"keyId": _b64(hashlib.sha256(_spki(key)).digest())}}


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
