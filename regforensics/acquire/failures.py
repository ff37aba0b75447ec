"""What went wrong on the network, as one line for people, and whether asking again may help."""

import errno
import ssl
from collections.abc import Iterator

import httpx

from regforensics.acquire.guard import RefusedAddress, Unresolved
from regforensics.acquire.limits import Limits
from regforensics.acquire.text import one_line

NETWORK_ERRORS = (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError)


# What Python's ssl raises on the way to waiting for bytes, or when the peer went away.
_NOT_TLS = (ssl.SSLWantReadError, ssl.SSLWantWriteError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class Refused(Exception):
    """We will not go on: a limit was reached or a rule of ours says no. Asking again is useless."""


class Broken(Exception):
    """The answer's body ended early or does not decode; another try may bring it whole."""


def describe(error: BaseException, limits: Limits) -> tuple[str, bool]:
    """(one line, whether asking again may help) for one of NETWORK_ERRORS."""
    for cause in _chain(error):
        if isinstance(cause, RefusedAddress):
            return one_line(str(cause)), False
        if isinstance(cause, Unresolved):
            return one_line(str(cause)), cause.passing
        if isinstance(cause, ssl.SSLCertVerificationError):
            return one_line(f"the server's certificate is not accepted: "
                            f"{cause.verify_message}"), False
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, _NOT_TLS):
            reason = getattr(cause, "reason", None) or cause.strerror
            return one_line(f"TLS failed: {reason}"), False
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused", True
        if isinstance(cause, OSError) and cause.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            return "no route to the host", True
    return _by_type(error, limits)


def _by_type(error: BaseException, limits: Limits) -> tuple[str, bool]:
    text = one_line(str(error))
    match error:
        case httpx.ConnectTimeout():
            return f"no connection within {limits.connect:g} s", True
        case httpx.TimeoutException():
            return f"the server was silent for {limits.read:g} s", True
        case httpx.RemoteProtocolError():
            return f"broken HTTP answer: {text}", True
        case httpx.LocalProtocolError() if "header" in text.lower():
            # The text would quote the header, and the header may be a credential.
            return "a request header cannot be sent as it is configured", False
        case httpx.ProxyError():
            return f"the proxy refused: {text}", False
        case httpx.InvalidURL() | httpx.UnsupportedProtocol() | UnicodeError():
            return f"not a usable URL: {text}", False
        case _:
            return f"the connection broke{': ' + text if text else ''}", True


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    for _ in range(20):
        if link is None:
            return
        yield link
        link = link.__cause__ or link.__context__
