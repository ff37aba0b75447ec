"""RFC 3161 time-stamp tokens: a third party's word that bytes existed at a time.

Only what the token itself says is read here; asking for one is acquire's part. A token that no
given certificate authority vouches for says nothing: whoever answered may have made it up.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256, sha384, sha512
from typing import TYPE_CHECKING

from regforensics.attest.der import with_sorted_certificates
from regforensics.errors import IntegrityError, UnreadableInput, WrongUsage

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

MEDIA_QUERY, MEDIA_REPLY = "application/timestamp-query", "application/timestamp-reply"
_HASHES = {"2.16.840.1.101.3.4.2.1": sha256, "2.16.840.1.101.3.4.2.2": sha384,
           "2.16.840.1.101.3.4.2.3": sha512}
_GRANTED = (0, 1)
_UNTRUSTED, _REASON = re.compile(r'"Verify error: ?([^"]{1,200})"'), re.compile(
    r'reason: "([^"]{1,200})"')
_EXTRA = "pip install 'regforensics[seal]'"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request (DER) and the number that its answer must repeat."""

    body: bytes
    nonce: int | None


def request(data: bytes) -> Asked:
    """What to send to an authority for a token over ``data`` (SHA-256, with its certificate).

    Raises WrongUsage where the library is not installed.
    """
    try:
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
    except ModuleNotFoundError as error:
        raise _missing() from error
    made = (TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256)
            .nonce(nonce=True).cert_request(cert_request=True).build())
    return Asked(made.as_bytes(), made.nonce)


def stated_time(reply: bytes, data: bytes, *, nonce: int | None = None) -> datetime:
    """The time (UTC) that a reply states for ``data``. Its signature is not checked.

    Raises UnreadableInput where it is no reply, IntegrityError where it grants nothing or is about
    other bytes or another request.
    """
    return _time(_granted(reply, data, nonce))


def vouched_time(reply: bytes, data: bytes, authorities: bytes) -> datetime:
    """As ``stated_time``, where a certificate of ``authorities`` (PEM) vouches for the signer.

    The certificates must have been valid at the stated time. Raises IntegrityError where the
    signature does not hold, UnreadableInput where the authorities are no certificates.
    """
    from cryptography.x509 import load_pem_x509_certificates

    response = _granted(reply, data, None)
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        builder = VerifierBuilder()
        for certificate in load_pem_x509_certificates(authorities):
            builder = builder.add_root_certificate(certificate)
        verifier = builder.build()
    except ValueError as error:
        raise UnreadableInput(f"the authority's certificates cannot be read: {error}") from error
    try:
        verifier.verify_message(response, data)
    except (VerificationError, ValueError) as error:
        raise IntegrityError(f"the time-stamp does not hold: {_clause(str(error))}") from error
    return _time(response)


def _clause(said: str) -> str:
    """What a verifier says in one clause; OpenSSL's is a dump of its error stack."""
    if untrusted := _UNTRUSTED.findall(said):
        return f"no authority given vouches for its signer ({untrusted[-1]})"
    reasons = _REASON.findall(said)
    return reasons[-1] if reasons else " ".join(said.partition("ErrorStack")[0].split())[:200]


def _granted(reply: bytes, data: bytes, nonce: int | None) -> "TimeStampResponse":
    try:
        from rfc3161_client import decode_timestamp_response
    except ModuleNotFoundError as error:
        raise _missing() from error
    try:
        response = decode_timestamp_response(with_sorted_certificates(reply))
        if response.status not in _GRANTED:
            raise IntegrityError(f"the authority granted no time-stamp (status {response.status})")
        imprint, said = response.tst_info.message_imprint, response.tst_info.nonce
        digest = _HASHES.get(imprint.hash_algorithm.dotted_string)
    except (ValueError, TypeError) as error:
        raise UnreadableInput(f"not an RFC 3161 reply: {error}", offset=0) from error
    if digest is None or imprint.message != digest(data).digest():
        raise IntegrityError("the time-stamp is about other bytes")
    if nonce is not None and said != nonce:
        raise IntegrityError("the time-stamp answers another request")
    return response


def _time(response: "TimeStampResponse") -> datetime:
    moment = response.tst_info.gen_time
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _missing() -> WrongUsage:
    return WrongUsage("time-stamps need a library that is not installed", hint=_EXTRA)
