"""Promises of transparency logs: Rekor's signed entry timestamps, and certificate timestamps.

Why here and not left to the library: it takes no entry of the kind ``intoto``, and no bundle
without an inclusion proof, and npm's bundles are of the first kind, the older of both. Formats:
sigstore/rekor (openapi.yaml, types/intoto, types/dsse), RFC 6962 section 3.2.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from regforensics.attest.certificate import extension
from regforensics.attest.ecdsa import signed_by, unbase64
from regforensics.attest.envelope import Envelope, member, text
from regforensics.attest.roots import Roots

_MOST_BODY = 1 << 20
_PRECERTIFICATE = b"\x00\x01"


@dataclass(frozen=True, slots=True)
class Entry:
    """One log entry as a bundle states it. ``integrated`` is its time; None where it has none."""

    kind: str
    version: str
    log: bytes
    index: int
    integrated: int | None
    promise: bytes | None
    proof: bool
    body_text: str
    body: Any

    @property
    def time(self) -> datetime | None:
        """When the log took the entry in, as it states."""
        return _since_epoch(self.integrated)


def entry_of(bundle: Any) -> Entry | None:
    """The log entry of a bundle; None where it holds none, several, or an unreadable one."""
    entries = member(bundle, "verificationMaterial", "tlogEntries")
    if not isinstance(entries, list) or len(entries) != 1:
        return None
    found = entries[0]
    kind = text(found, "kindVersion", "kind")
    log, index = unbase64(text(found, "logId", "keyId")), whole(member(found, "logIndex"))
    body_text = member(found, "canonicalizedBody")
    body = unbase64(body_text, _MOST_BODY)
    if kind is None or log is None or index is None or body is None:
        return None
    try:
        read = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
    return Entry(kind, text(found, "kindVersion", "version") or "", log, index,
                 _integrated(found), unbase64(text(found, "inclusionPromise",
                                                  "signedEntryTimestamp")),
                 bool(text(found, "inclusionProof", "checkpoint", "envelope")), body_text, read)


def log_time(entry: Any) -> datetime | None:
    """When the log took an entry in, as the entry states; None where it does not."""
    return _since_epoch(_integrated(entry))


def stamped_time(signed: Any) -> datetime | None:
    """The time in a timestamp response (RFC 3161, base64); None without the library for them."""
    der = unbase64(signed, 1 << 16)
    try:
        from rfc3161_client import decode_timestamp_response
    except ImportError:
        return None
    try:
        return None if der is None else decode_timestamp_response(der).tst_info.gen_time
    except ValueError:
        return None


def _since_epoch(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _integrated(entry: Any) -> int | None:
    """In epoch seconds, before the year 10000; 0, as newer logs write it, is none."""
    seconds = whole(member(entry, "integratedTime"))
    return seconds if seconds and seconds < 253402300800 else None


def whole(value: Any) -> int | None:
    """A whole number that is not negative, as a number or, as protobuf writes it, as text."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        return int(value)
    return value if type(value) is int and 0 <= value < 1 << 63 else None


def promised(entry: Entry, roots: Roots) -> str | None:
    """Why the log's promise to hold the entry does not verify; None where it does.

    The log must be one of the root's, and its key in use at the stated time.
    """
    key, period = roots.logs[entry.log]
    if entry.time is None or entry.promise is None:
        return "the log entry has no time that a promise covers"
    if not period.holds(entry.time):
        return "the log's key was not in use at the time of the log entry"
    stated = json.dumps({"body": entry.body_text, "integratedTime": entry.integrated,
                         "logID": entry.log.hex(), "logIndex": entry.index},
                        separators=(",", ":"), sort_keys=True).encode()
    return None if signed_by(key, stated, entry.promise) else \
        "the log's signature over its entry and time does not verify"


def consistent(entry: Entry, envelope: Envelope, verifier: bytes) -> str | None:
    """Why the log entry is not about this envelope and signer; None where it is.

    ``verifier`` is the DER of the certificate, or of the public key.
    """
    if (entry.kind, entry.version) == ("intoto", "0.0.2"):
        content = member(entry.body, "spec", "content")
        digest = member(content, "payloadHash")
        signed = member(content, "envelope", "signatures")
        signature = base64.b64encode(envelope.signature.encode()).decode()
        names = ("sig", "publicKey")
    else:
        digest, signed = member(entry.body, "spec", "payloadHash"), \
            member(entry.body, "spec", "signatures")
        signature, names = envelope.signature, ("signature", "verifier")
    if member(digest, "algorithm") != "sha256" \
            or member(digest, "value") != hashlib.sha256(envelope.payload).hexdigest():
        return "the log entry is about another statement"
    if not isinstance(signed, list) or len(signed) != 1 \
            or member(signed, 0, names[0]) != signature:
        return "the log entry holds another signature"
    return None if _armoured(member(signed, 0, names[1])) == verifier else \
        "the log entry names another signer"


def _armoured(value: Any) -> bytes | None:
    """The DER inside the base64 of a PEM text."""
    pem = unbase64(value, 1 << 16)
    if pem is None:
        return None
    lines = pem.decode("ascii", "replace").split()
    inside = "".join(line for line in lines if "-" not in line and line.isascii()
                     and line not in ("BEGIN", "END", "CERTIFICATE", "PUBLIC"))
    return unbase64(inside, 1 << 16)


def timestamped(cert: Any, issuer: Any, roots: Roots) -> str | None:
    """Why no certificate log vouches for a certificate; None where one does (RFC 6962)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import PrecertificateSignedCertificateTimestamps

    stamps = extension(cert, PrecertificateSignedCertificateTimestamps)
    spki = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if stamps is None:
        return "the certificate carries no timestamp of a certificate log"
    body = cert.tbs_precertificate_bytes
    for stamp in stamps:
        known = roots.certificate_logs.get(stamp.log_id)
        when = stamp.timestamp.replace(tzinfo=UTC)
        if known is None or not known[1].holds(when):
            continue
        signed = b"".join((
            b"\x00\x00", _milliseconds(when).to_bytes(8), _PRECERTIFICATE,
            hashlib.sha256(spki).digest(), len(body).to_bytes(3), body,
            len(stamp.extension_bytes).to_bytes(2), stamp.extension_bytes))
        if signed_by(known[0], signed, stamp.signature):
            return None
    return "no certificate log's timestamp in the certificate verifies"


def _milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
