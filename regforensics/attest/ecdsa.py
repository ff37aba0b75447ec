"""ECDSA on P-256 with SHA-256: the one scheme of registry keys and of the signing certificates."""

import base64
import binascii
from functools import lru_cache
from typing import Any

_MOST = 1024  # characters of a key or signature; both have about a hundred


def unbase64(text: object, most: int = _MOST) -> bytes | None:
    """The bytes behind a base64 text; None where it is none, or longer than ``most``."""
    if not isinstance(text, str) or not text or len(text) > most:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def public_key(spki: str) -> Any:
    """The elliptic-curve key behind the base64 of a SubjectPublicKeyInfo; None for anything else.

    Node and OpenSSL print such keys in PEM armour too: then the armour is left out.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    lines = [line for line in spki[:_MOST].splitlines() if not line.startswith("-----")]
    der = unbase64("".join(lines))
    if der is None:
        return None
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, EllipticCurvePublicKey) else None


_public_key = lru_cache(maxsize=64)(public_key)


@lru_cache(maxsize=1 << 16)
def verifies(spki: str, message: bytes, signature: str) -> bool | None:
    """Whether a signature (base64 of DER) over a message is by a key (base64 of SPKI).

    None where the key is no elliptic-curve key, or the signature no base64: nothing was computed.
    Each distinct triple is computed once.
    """
    key, der = _public_key(spki), unbase64(signature)
    return None if key is None or der is None else signed_by(key, message, der)


def signed_by(key: Any, message: bytes, signature: bytes, digest: str = "SHA256") -> bool:
    """Whether ``signature`` (DER) over ``message`` is by an elliptic-curve public key."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        key.verify(signature, message, ec.ECDSA(getattr(hashes, digest)()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
