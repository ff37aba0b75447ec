"""Whether a Sigstore bundle holds: its signature, its certificate, its log entry.

The order is from what needs nothing to what needs the trust root. ``refused`` is said where a
step that could be taken fails; ``unverified`` where a step could not be taken. An altered
statement is refused even where no trust root is at hand.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from regforensics.attest.certificate import certificate, extension, fault
from regforensics.attest.ecdsa import signed_by, unbase64, verifies
from regforensics.attest.envelope import (
    IN_TOTO,
    Envelope,
    envelope_of,
    member,
    statement_of,
    text,
)
from regforensics.attest.keys import Pinned, candidates, expiry, spki_of
from regforensics.attest.roots import Period, Roots
from regforensics.attest.statement import about_publish
from regforensics.attest.transparency import Entry, consistent, entry_of, promised, timestamped
from regforensics.model.attestation import Verdict
from regforensics.model.claim import said
from regforensics.model.signing import RegistryKey

USAGE = "npm:attestations"
_OWN = {("intoto", "0.0.2"), ("dsse", "0.0.1")}
_MOST_CERTIFICATE = 1 << 16
NO_ROOT = ("no trust root is at hand: the sigstore library is not installed"
           " (pip install 'regforensics[sigstore]')")


def refused(reason: str) -> Verdict:
    """That something fails."""
    return Verdict(judgement="refused", reason=reason)


def unverified(reason: str) -> Verdict:
    """That something could not be judged."""
    return Verdict(judgement="unverified", reason=reason)


def judge(bundle: Any, keys: Sequence[RegistryKey], roots: Roots | None) -> Verdict:
    """The verdict on a decoded bundle, with captured keys beside the shipped ones."""
    envelope = envelope_of(bundle)
    if envelope is None:
        return unverified("it holds no envelope with exactly one signature")
    if envelope.payload_type != IN_TOTO:
        return unverified("what was signed is no in-toto statement")
    signature = unbase64(envelope.signature)
    if signature is None:
        return refused("its signature is no base64")
    der = certificate_bytes(bundle)
    if der is not None:
        return _by_certificate(bundle, envelope, signature, der, roots)
    return _by_key(bundle, envelope, keys, roots)


def certificate_bytes(bundle: Any) -> bytes | None:
    """The signing certificate (DER), from either place in which bundles hold it."""
    material = member(bundle, "verificationMaterial")
    stated = member(material, "certificate", "rawBytes") or member(
        material, "x509CertificateChain", "certificates", 0, "rawBytes")
    return unbase64(stated, _MOST_CERTIFICATE)


def _by_certificate(bundle: Any, envelope: Envelope, signature: bytes, der: bytes,
                    roots: Roots | None) -> Verdict:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    cert = certificate(der)
    unread = fault(cert) if cert is not None else "its certificate cannot be read as X.509"
    if unread is not None:
        return refused(unread)
    try:
        key = cert.public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePublicKey):
        return unverified("its certificate holds no elliptic-curve key that can be read")
    if not signed_by(key, envelope.signed, signature):
        return refused("its signature is not one of the certificate's key over this statement")
    entry = entry_of(bundle)
    if entry is None:
        return unverified("it holds no log entry that can be read, or several")
    own = (entry.kind, entry.version) in _OWN
    problem = consistent(entry, envelope, der) if own else None
    if problem is not None:
        return refused(problem)
    if roots is None:
        return unverified(NO_ROOT)
    issuer = _issuer(cert, roots)
    if isinstance(issuer, Verdict):
        return issuer
    theirs = entry.proof and entry.kind != "intoto"
    if own and not theirs and entry.promise is not None and entry.log in roots.logs:
        return _held(cert, issuer, entry, roots)
    return _by_library(bundle, roots)


def _issuer(cert: Any, roots: Roots) -> tuple[Any, Period] | Verdict:
    """(issuing certificate, its period) of the root, or the verdict where there is none."""
    named = [pair for pair in roots.authorities if pair[0].subject == cert.issuer]
    issuer = next((pair for pair in named if _issued(cert, pair[0])), None)
    if issuer is not None:
        return issuer
    if any(_names_key_of(cert, pair[0]) for pair in named):
        return refused("its certificate names an authority of the trust root as its issuer, and is"
                       " not signed by it")
    return unverified(f"its certificate was issued by an authority that {roots.name} does not"
                      " hold" + (", of the name of one that it does" if named else ""))


def _names_key_of(cert: Any, issuer: Any) -> bool:
    """Whether a certificate names this issuer's key: authorities of several instances of Sigstore
    bear one name."""
    from cryptography.x509 import AuthorityKeyIdentifier, SubjectKeyIdentifier

    stated = extension(cert, AuthorityKeyIdentifier)
    own = extension(issuer, SubjectKeyIdentifier)
    return stated is None or own is None or stated.key_identifier == own.digest


def _issued(cert: Any, issuer: Any) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        cert.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _held(cert: Any, issuer: tuple[Any, Period], entry: Entry, roots: Roots) -> Verdict:
    """The steps that the log's promise carries; ``consistent`` was found before."""
    from cryptography.x509 import ExtendedKeyUsage
    from cryptography.x509.oid import ExtendedKeyUsageOID

    problem = promised(entry, roots) or timestamped(cert, issuer[0], roots)
    if problem is not None:
        return refused(problem)
    when = entry.time
    if when is None or not (_valid_at(cert, when) and _valid_at(issuer[0], when)
                            and issuer[1].holds(when)):
        return refused("its certificate was not valid at the time of the log entry")
    usage = extension(cert, ExtendedKeyUsage)
    if usage is None or ExtendedKeyUsageOID.CODE_SIGNING not in usage:
        return refused("its certificate is not one for signing code")
    return Verdict(judgement="verified", by=f"{roots.name}, by the log's signed promise",
                   logged=True)


def _valid_at(cert: Any, when: datetime) -> bool:
    return bool(cert.not_valid_before_utc <= when <= cert.not_valid_after_utc)


def _by_library(bundle: Any, roots: Roots) -> Verdict:
    """What the ``sigstore`` library says: it checks inclusion proofs and timestamps too."""
    from cryptography.x509 import ExtensionNotFound
    from sigstore.errors import Error
    from sigstore.models import Bundle, InvalidBundle

    if roots.verifier is None:
        return unverified(NO_ROOT)
    try:
        read = Bundle.from_json(msgspec.json.encode(bundle))
    except (InvalidBundle, ValueError, TypeError) as error:
        return unverified(f"the sigstore library does not take it: {_short(error)}")
    try:
        roots.verifier.verify_dsse(read, _AnyIdentity())
    except Error as error:
        return _said(str(error))
    except (ValueError, TypeError, KeyError, AttributeError, ExtensionNotFound) as error:
        return unverified(f"the sigstore library could not judge it: {_short(error)}")
    return Verdict(judgement="verified", by=f"{roots.name}, by that library", logged=True)


class _AnyIdentity:
    """Who signed is compared afterwards, with what the registry says."""

    def verify(self, cert: Any) -> None:
        """Take every identity."""


#: What the library says where it misses something that it would need, rather than finds it wrong.
_LACKS = ("not enough sources of verified time", "no Timestamp Authorities", "Unsupported",
          "only supported for", "key not found", "Key not found")


def _said(reason: str) -> Verdict:
    line = _short(reason)
    if any(words in reason for words in _LACKS):
        return unverified(f"the sigstore library cannot judge it: {line}")
    return refused(f"the sigstore library refuses it: {line}")


def _short(error: object) -> str:
    """What a library says, which may quote the document, as somebody else's words."""
    lines = str(error).split("\n")
    return said(" ".join(" ".join(lines[:2]).split())[:200])


def _by_key(bundle: Any, envelope: Envelope, keys: Sequence[RegistryKey],
            roots: Roots | None) -> Verdict:
    """A bundle that a registry key signed: npm's publish attestations."""
    keyid = text(bundle, "verificationMaterial", "publicKey", "hint")
    if keyid is None:
        return unverified("it names neither a certificate nor a key")
    if not about_publish(statement_of(member(bundle, "dsseEnvelope", "payload"))):
        return refused("it names a registry's key as its signer, and such a key may sign only that"
                       " a version was published")
    pinned, captured = candidates(keyid, keys, USAGE)
    tried: tuple[Pinned | RegistryKey, ...] = (pinned,) if pinned else tuple(captured)
    if not tried:
        return unverified("it is signed with a key that is neither shipped nor captured from"
                          " the registry that was asked")
    for key in tried:
        if verifies(spki_of(key), envelope.signed, envelope.signature):
            return _keyed(bundle, envelope, key, roots)
    return refused("its signature is not one of the registry's key over this statement")


def _keyed(bundle: Any, envelope: Envelope, key: Pinned | RegistryKey,
           roots: Roots | None) -> Verdict:
    spki, end = spki_of(key), expiry(key)
    entry, logged = entry_of(bundle), False
    if entry is not None and (entry.kind, entry.version) in _OWN:
        problem = consistent(entry, envelope, unbase64(spki) or b"")
        if problem is None and roots is not None and entry.log in roots.logs:
            problem = promised(entry, roots)
            logged = problem is None
        if problem is not None:
            return refused(problem)
    if end and logged and entry is not None and entry.time is not None and entry.time >= end.utc:
        return refused("the registry's key had expired when it was logged")
    by = "a key that this tool ships" if isinstance(key, Pinned) else "a captured key"
    return Verdict(judgement="verified", logged=logged,
                   key=key if isinstance(key, RegistryKey) else None,
                   by=by + ("" if logged else "; its log entry could not be checked"))
