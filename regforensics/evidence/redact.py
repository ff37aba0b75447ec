"""Redactor: takes secrets out of everything but exhibits, before it reaches the disk.

The last line of defence: the transport never hands a credential over knowingly. A secret becomes
``[redacted]``; the scheme word of an Authorization header stays, since it says how was asked.
Bodies are evidence and are stored as received.
"""

import re
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from regforensics.evidence.exhibit import Entry, Headers, Hop

MASK = "[redacted]"
_SHORTEST = 4  # characters; masking shorter known values would garble ordinary text

_SECRET_HEADER = re.compile(
    r"(?!(?:www|proxy)-authenticate$).*(?:authoriz|cookie|token|secret|passw|passphrase|session"
    r"|credential|signature|api[-_]?key|jfrog-art-api|x-auth|access-?key|private-?key|[-_]otp$"
    r"|^otp$|jwt)", re.IGNORECASE)
_SCHEME = re.compile(r"\s*(basic|bearer|digest|negotiate|ntlm|token|aws4-hmac-sha256)\s+\S",
                     re.IGNORECASE)
_SECRET_NAME = re.compile(
    r"(?:_?auth|key|sig|sign|pwd|pass|otp|jwt|assertion|x-(?:amz|goog)-.*"
    r"|.*(?:token|secret|passw|passphrase|credential|signature|session|authoriz"
    r"|api[-_]?key|access[-_]?key|private[-_]?key).*)", re.IGNORECASE)
_PAIR = re.compile(r"""([?&;#\s"'(,:/]|^)([\w.%$~\[\]-]{1,80})=("?)([^&;#\s"'<>]+)""")
_USERINFO = re.compile(r"""([a-z][a-z0-9+.-]*:|^|(?<=[\s"'(<]))//[^/?#\s"'<>\\]+@""",
                       re.IGNORECASE)
_NPMRC = re.compile(r"""(_authToken|_auth|_password)("?\s*[=:]\s*"?)([^\s"'&;,]+)""", re.IGNORECASE)
_SCHEMED = re.compile(r"\b(bearer|basic)(\s+)([A-Za-z0-9._~+/=-]{6,})", re.IGNORECASE)
_CHALLENGE = re.compile(r"(?:realm|scope|service|error|charset|title|authorization_uri)\b=?",
                        re.IGNORECASE)
_TOKEN = re.compile(
    r"npm_(?=[A-Za-z]*\d)[A-Za-z0-9]{10,}|npm_[A-Za-z0-9]{20,}"
    r"|pypi-AgE[\w-]{5,}|pypi-[A-Za-z0-9]{20,}[\w-]*|pypi-[\w-]{50,}"
    r"|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|xox[abprs]-[\w-]{10,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*", re.ASCII)


class Redactor:
    """Masks what looks like a secret, and the exact values that the caller knows to be one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= _SHORTEST
                 for form in (secret, quote(secret, safe=""), quote_plus(secret), unquote(secret))}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def text(self, text: str) -> str:
        """``text`` without secrets, also in any URL within; undecodable bytes become escapes."""
        if self._known:
            text = self._known.sub(MASK, text)
        if "//" in text:
            text = _USERINFO.sub(_mask_userinfo, text)
        if "=" in text:
            text = _PAIR.sub(_mask_pair, text)
        text = _NPMRC.sub(_mask_last, text)
        text = _SCHEMED.sub(_mask_schemed, text)
        return _clean(_TOKEN.sub(MASK, text))

    def header(self, name: str, value: str) -> tuple[str, str]:
        """One header pair; the value of a header that carries credentials is masked whole."""
        if not _SECRET_HEADER.match(name):
            return self.text(name), self.text(value)
        scheme = _SCHEME.match(value) if "authoriz" in name.lower() else None
        return self.text(name), f"{scheme[1]} {MASK}" if scheme else MASK

    def headers(self, headers: Headers) -> Headers:
        """Header pairs in their order."""
        return tuple(self.header(name, value) for name, value in headers)

    def entry(self, entry: Entry) -> Entry:
        """``entry`` with every text in it redacted."""
        changes: dict[str, Any] = {}
        for field in fields(entry):
            value = getattr(entry, field.name)
            if isinstance(value, str):
                changes[field.name] = self.text(value)
        hops = tuple(Hop(hop.status, self.text(hop.url), self.text(hop.location))
                     for hop in entry.hops)
        origin = entry.origin
        if origin is not None:
            origin = replace(origin, operator=self.text(origin.operator),
                             tool=self.text(origin.tool))
        return replace(entry, **changes, hops=hops, origin=origin,
                       headers=self.headers(entry.headers),
                       options=self.headers(entry.options),
                       request_headers=self.headers(entry.request_headers))


def _mask_userinfo(match: re.Match[str]) -> str:
    return f"{match[1]}//{MASK}@"


def _mask_pair(match: re.Match[str]) -> str:
    if not _SECRET_NAME.fullmatch(unquote(match[2])) or match[4].startswith(MASK):
        return match[0]
    return f"{match[1]}{match[2]}={match[3]}{MASK}"


def _mask_last(match: re.Match[str]) -> str:
    return match[0] if match[3].startswith(MASK) else f"{match[1]}{match[2]}{MASK}"


def _mask_schemed(match: re.Match[str]) -> str:
    words = match[1].lower() == "basic" and match[3].isalpha() and match[3].islower()
    if words or _CHALLENGE.match(match[3]):
        return match[0]
    return f"{match[1]}{match[2]}{MASK}"


def _clean(text: str) -> str:
    """Lone surrogates (undecodable bytes of names and headers) as visible ``\\udcXX`` escapes."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
