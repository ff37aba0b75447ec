"""Each way of failing on the network is one line that fits it, and is retried where that helps."""

import ssl

import httpx
import pytest

from regforensics.acquire.failures import describe
from regforensics.acquire.guard import Unresolved
from regforensics.acquire.limits import Limits


def chained(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(("error", "line", "again"), [
    (httpx.ConnectTimeout(""), "no connection within 15 s", True),
    (httpx.ReadTimeout(""), "the server was silent for 30 s", True),
    (httpx.ReadError(""), "the connection broke", True),
    (httpx.RemoteProtocolError("two\nlines \x1b[31m"),
     "broken HTTP answer: two lines \\u001b[31m", True),
    (httpx.LocalProtocolError("Illegal header value b'Bearer tok-1\\n'"),
     "a request header cannot be sent as it is configured", False),
    (httpx.ProxyError("407 Proxy Authentication Required"),
     "the proxy refused: 407 Proxy Authentication Required", False),
    (httpx.InvalidURL("Invalid port"), "not a usable URL: Invalid port", False),
    (chained(httpx.ConnectError(""), ConnectionRefusedError()), "connection refused", True),
    (chained(httpx.ConnectError(""), OSError(113, "x")), "no route to the host", True),
    (chained(httpx.ConnectError(""), Unresolved("host name a.example does not resolve: later",
                                                passing=True)),
     "host name a.example does not resolve: later", True),
    (chained(httpx.ConnectError(""), ssl.SSLError(1, "wrong version number")),
     "TLS failed: wrong version number", False),
    (chained(httpx.RemoteProtocolError("bad frame"), ssl.SSLWantReadError()),
     "broken HTTP answer: bad frame", True),
    (chained(httpx.ConnectError("eof"), ssl.SSLEOFError()), "the connection broke: eof", True),
])
def test_describe(error: Exception, line: str, again: bool) -> None:
    assert describe(error, Limits()) == (line, again)
