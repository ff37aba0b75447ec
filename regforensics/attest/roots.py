"""The trust root: the certificate authorities, logs and their keys that Sigstore's root names.

It is the copy that the ``sigstore`` library carries in its package, of the version installed.
Nothing is fetched or refreshed: a later key is unknown here until the library is updated.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from regforensics.attest.certificate import certificate
from regforensics.attest.ecdsa import public_key
from regforensics.attest.envelope import member, text
from regforensics.endpoints import SIGSTORE_ROOT


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when (None: still) something of the root is valid."""

    start: datetime
    end: datetime | None

    def holds(self, moment: datetime) -> bool:
        """True at a moment within the period."""
        return self.start <= moment and (self.end is None or moment <= self.end)


@dataclass(frozen=True, slots=True)
class Roots:
    """What a bundle is held against. ``name`` says in words which root it is."""

    name: str
    authorities: tuple[tuple[Any, Period], ...]
    logs: Mapping[bytes, tuple[Any, Period]]
    certificate_logs: Mapping[bytes, tuple[Any, Period]]
    verifier: Any = field(default=None, compare=False)


@cache
def installed() -> Roots | None:
    """The trust root of the installed library; None where it is not installed, or carries none."""
    from importlib import resources
    from importlib.metadata import PackageNotFoundError, version
    from urllib.parse import quote

    try:
        place = resources.files("sigstore") / "_store" / quote(SIGSTORE_ROOT, safe="")
        document = (place / "trusted_root.json").read_bytes()
        name = f"the trust root that comes with sigstore {version('sigstore')}"
    except (ModuleNotFoundError, PackageNotFoundError, OSError):
        return None
    return read_roots(document, name)


def read_roots(document: bytes, name: str) -> Roots | None:
    """A trusted_root.json (sigstore/protobuf-specs); None where it is none."""
    try:
        root = msgspec.json.decode(document)
    except (ValueError, RecursionError):
        return None
    return Roots(name, tuple(_authorities(root)), dict(_keys(root, "tlogs")),
                 dict(_keys(root, "ctlogs")), _verifier(document))


def _verifier(document: bytes) -> Any:
    """The library's own verifier over the same root; None where it cannot be made.

    What it has to say comes as verdicts; its remarks would land between the lines of ours.
    """
    import logging

    logging.getLogger("sigstore").addHandler(logging.NullHandler())
    try:
        from sigstore.errors import Error
        from sigstore.models import TrustedRoot
        from sigstore.verify import Verifier
        from sigstore_models.trustroot.v1 import TrustedRoot as Inner
    except ImportError:
        return None
    try:
        return Verifier(trusted_root=TrustedRoot(Inner.from_json(document)))
    except (Error, ValueError):
        return None


def _authorities(root: Any) -> Iterator[tuple[Any, Period]]:
    for authority in member(root, "certificateAuthorities") or ():
        period = _period(member(authority, "validFor"))
        for entry in member(authority, "certChain", "certificates") or ():
            issuer = certificate(base64.b64decode(text(entry, "rawBytes") or ""))
            if issuer is not None and period is not None:
                yield issuer, period


def _keys(root: Any, kind: str) -> Iterator[tuple[bytes, tuple[Any, Period]]]:
    for log in member(root, kind) or ():
        key = public_key(text(log, "publicKey", "rawBytes") or "")
        period = _period(member(log, "publicKey", "validFor"))
        if key is not None and period is not None:
            yield base64.b64decode(text(log, "logId", "keyId") or ""), (key, period)


def _period(stated: Any) -> Period | None:
    start, end = text(stated, "start"), text(stated, "end")
    try:
        return Period(_moment(start), _moment(end) if end else None) if start else None
    except ValueError:
        return None


def _moment(stated: str) -> datetime:
    return datetime.fromisoformat(stated).astimezone(UTC)
