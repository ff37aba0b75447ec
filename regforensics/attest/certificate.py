"""What a signing certificate says of the build that it was issued to (Fulcio's extensions).

Fulcio copies these claims from the identity token of the CI, so that the build itself cannot
choose them. Object identifiers: sigstore/fulcio, docs/oid-info.md.
"""

from collections.abc import Callable
from typing import Any

from regforensics.model.claim import said

_ARC = "1.3.6.1.4.1.57264.1."
#: The extensions that hold plain text; the later ones hold a DER UTF8String.
_PLAIN = frozenset(range(1, 7))
ISSUER, ISSUER_OLD = 8, 1
SIGNER, REPOSITORY, REPOSITORY_OLD = 9, 12, 5
COMMIT, COMMIT_OLD, REF, REF_OLD = 13, 3, 14, 6
CONFIG, RUN = 18, 21
_LONGEST = 2000  # characters of one claim
_FIELDS = {
    "version": "a version", "issuer": "an issuer", "subject": "a subject",
    "not_valid_before_utc": "a time from which it is valid",
    "not_valid_after_utc": "a time until which it is valid", "extensions": "extensions",
    "signature_algorithm_oid": "a kind of signature", "signature": "a signature"}
_UTF8_STRING, _LONG_FORM = 0x0C, 0x80


def certificate(der: bytes) -> Any:
    """The X.509 certificate, or None where the bytes are none.

    The library warns of odd ones on the error stream; here the verdict says what is wrong.
    """
    import warnings

    from cryptography.x509 import InvalidVersion, load_der_x509_certificate

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return load_der_x509_certificate(der)
        except (ValueError, TypeError, InvalidVersion):
            return None


def fault(cert: Any) -> str | None:
    """Which field of a certificate cannot be read, and why; None where all of them can.

    The library reads fields when they are asked for: each of them may fail then.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import (
        AttributeNotFound,
        DuplicateExtension,
        InvalidVersion,
        UnsupportedGeneralNameType,
    )

    for name, words in _FIELDS.items():
        try:
            getattr(cert, name)
        except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, AttributeNotFound,
                DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType) as error:
            return f"its certificate states {words} that cannot be read: {_brief(error)}"
    return None


def _brief(error: Exception) -> str:
    return said(" ".join(str(error).split())[:200] or type(error).__name__)


def claims(cert: Any) -> dict[int, str]:
    """The claims of a Fulcio certificate, by the last number of their object identifier."""
    found: dict[int, str] = {}
    for extension in extensions(cert):
        name = extension.oid.dotted_string
        number = name.removeprefix(_ARC)
        if name == number or not number.isdecimal() or len(number) > 3:
            continue
        value = getattr(extension.value, "value", b"")
        text = _text(value) if int(number) in _PLAIN else _der_text(value)
        if text is not None and 0 < len(text) <= _LONGEST:
            found[int(number)] = text
    return found


def identity(cert: Any) -> str | None:
    """The first subject alternative name: the workflow, or the mail address of a person."""
    from cryptography.x509 import RFC822Name, SubjectAlternativeName, UniformResourceIdentifier

    for extension in extensions(cert):
        if isinstance(extension.value, SubjectAlternativeName):
            for name in extension.value:
                if isinstance(name, (UniformResourceIdentifier, RFC822Name)) \
                        and len(name.value) <= _LONGEST:
                    return str(name.value)
    return None


def workflow(cert: Any) -> str | None:
    """The workflow that the certificate was issued to: the identity, where it is an address."""
    name = identity(cert)
    return name if name is not None and "://" in name else None


def extensions(cert: Any) -> tuple[Any, ...]:
    """The certificate's extensions; none where they cannot be read."""
    from cryptography.x509 import (
        DuplicateExtension,
        InvalidVersion,
        UnsupportedGeneralNameType,
    )

    try:
        return tuple(cert.extensions)
    except (ValueError, TypeError, DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType):
        return ()


def extension(cert: Any, wanted: type) -> Any:
    """The value of the extension of a type, or None."""
    return next((e.value for e in extensions(cert) if isinstance(e.value, wanted)), None)


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _der_text(value: bytes) -> str | None:
    """The text of a DER UTF8String (X.690, 8.23), of at most 65,535 bytes."""
    if len(value) < 2 or value[0] != _UTF8_STRING:
        return None
    size, start = value[1], 2
    if size & _LONG_FORM:
        start += size & 0x7F
        size = int.from_bytes(value[2:start]) if start <= 4 else -1
    return _text(value[start:]) if len(value) - start == size else None


def first(read: Callable[[int], str | None], *numbers: int) -> str | None:
    """The first claim that is there."""
    return next((text for number in numbers if (text := read(number))), None)
