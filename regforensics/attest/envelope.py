"""A signed statement: the DSSE envelope and the in-toto statement inside (secure-systems-lab/dsse).

``bundle`` values are decoded JSON of any shape: whatever is not as it should be is None.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from regforensics.attest.ecdsa import unbase64

IN_TOTO = "application/vnd.in-toto+json"
_MOST_PAYLOAD = 1 << 20  # characters; real statements have a few thousand
_LONGEST = 2000  # characters of one value


@dataclass(frozen=True, slots=True)
class Envelope:
    """What was signed, and the signature (base64, as it stands)."""

    payload_type: str
    payload: bytes
    signature: str

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is over: the pre-authentication encoding."""
        kind = self.payload_type.encode("utf-8", "replace")
        return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(self.payload), self.payload)


def envelope_of(bundle: Any) -> Envelope | None:
    """The envelope of a Sigstore bundle; None where it holds none with exactly one signature."""
    inside = member(bundle, "dsseEnvelope")
    signatures = member(inside, "signatures")
    payload = unbase64(member(inside, "payload"), _MOST_PAYLOAD)
    kind = member(inside, "payloadType")
    if payload is None or not isinstance(kind, str) or not isinstance(signatures, list) \
            or len(signatures) != 1:
        return None
    signature = member(signatures[0], "sig")
    return Envelope(kind, payload, signature) if isinstance(signature, str) else None


def statement_of(payload: object) -> Any:
    """The in-toto statement in a payload (base64); None where it is no JSON."""
    data = unbase64(payload, _MOST_PAYLOAD)
    try:
        return None if data is None else msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return None


def member(value: Any, *path: str | int) -> Any:
    """The value at a path of keys and indexes; None where the path leads nowhere."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def text(value: Any, *path: str | int) -> str | None:
    """The text at a path; None for anything else, for an empty one and for one out of measure."""
    found = member(value, *path)
    return found if isinstance(found, str) and 0 < len(found) <= _LONGEST else None
