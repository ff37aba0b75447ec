"""Question and Draft: one request as asked, and what is known of one attempt at it so far."""

import ssl
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256

import httpx

from regforensics.acquire.body import Taken
from regforensics.acquire.sink import Body
from regforensics.acquire.text import one_line
from regforensics.acquire.validators import Validator
from regforensics.evidence.exhibit import Acquisition, Entry, Headers, Hop
from regforensics.model.instant import iso, now
from regforensics.registries.base import Query

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})


@dataclass(frozen=True, slots=True)
class Question:
    """A query, the registry (name and base URL) that it is put to, and the run it belongs to."""

    query: Query
    registry: str
    base_url: str
    run: str | None = None


@dataclass(slots=True)
class Draft:
    """One attempt on its way to custody, and its 1-based number.

    ``again``: False, True, or the seconds to wait before the next attempt. ``body`` is None where
    there is none worth keeping. ``handed`` says that the store has it, ``done`` is set once it is
    recorded. ``remarks`` say what a reader must know of the way to the server (a proxy, an
    unchecked certificate).
    """

    question: Question
    number: int = 0
    body: Body | None = None
    requested_at: str | None = None
    observed_at: str | None = None
    url: str = ""
    hops: list[Hop] = field(default_factory=list)
    sent: Headers = ()
    status: int | None = None
    reason: str | None = None
    http_version: str | None = None
    headers: Headers = ()
    peer: str | None = None
    peer_host: str | None = None
    tls: str | None = None
    remarks: tuple[str, ...] = ()
    taken: Taken = field(default_factory=Taken)
    validator: Validator | None = None
    unchanged_exhibit: str | None = None
    complete: bool = True
    error: str | None = None
    again: bool | float = False
    handed: bool = False
    done: Acquisition | None = None
    _held: ExitStack = field(default_factory=ExitStack)

    def hold(self, body: Body) -> Body:
        """Take ownership of ``body``: it is discarded by ``drop`` unless it was recorded."""
        self.drop()
        self.body = body
        self._held.enter_context(body)
        return body

    def hand(self, *, keep: bool) -> Body | None:
        """The body for the store, which owns it from now on; None where none is kept."""
        self.handed, body = True, self.body
        if not keep or body is None or (not body.size and not self.complete):
            self.drop()
            return None
        self._held.pop_all()
        self.body = None
        return body

    def drop(self) -> None:
        """Discard the body."""
        self._held.close()
        self.body = None

    def fail(self, error: str, *, again: bool | float = False) -> None:
        """The attempt gave no usable answer."""
        self.error, self.again = one_line(error), again
        self.observed_at = self.observed_at or iso(now())

    def asks(self, url: str, request: httpx.Request) -> None:
        """A request is about to go out."""
        self.url = url
        self.requested_at = self.requested_at or iso(now())
        self.sent = tuple((name, _shown(name, value)) for name, value in _text(request.headers))

    def heard(self, response: httpx.Response) -> None:
        """The head of an answer is here: that is when the registry's state was observed."""
        self.observed_at = iso(now())
        self.status = response.status_code
        self.reason = response.reason_phrase or None
        self.http_version = response.http_version
        self.headers = tuple(_text(response.headers))
        stream = response.extensions.get("network_stream")
        self.peer = self.peer_host = self.tls = None
        if stream is not None:
            address = stream.get_extra_info("server_addr")
            if address:
                self.peer, self.peer_host = _address(address), str(address[0])
            self.tls = _tls(stream.get_extra_info("ssl_object"))

    def entry(self, error: str | None) -> Entry:
        """The custody entry of this attempt."""
        query = self.question.query
        asked = query.url
        return Entry(
            how="http", kind=query.kind, what=query.what, run=self.question.run,
            subject=str(query.subject) if query.subject else None,
            requested_at=self.requested_at, observed_at=self.observed_at,
            method=query.method, url=asked, request_headers=self.sent,
            request_body=query.text,
            status=self.status, reason=self.reason, http_version=self.http_version,
            headers=self.headers, peer=self.peer, hops=tuple(self.hops),
            final_url=self.url if self.hops and self.url != asked else None,
            registry=query.base_url or self.question.base_url, suffix=query.suffix,
            content_encoding=self.taken.encoding,
            wire_sha256=self.taken.wire_sha256, wire_size=self.taken.wire_size,
            unchanged_exhibit=self.unchanged_exhibit, complete=self.complete,
            note="; ".join(filter(None, (self.tls, *self.remarks))) or None, error=error)


_NAMES = {"organizationName": "O", "commonName": "CN"}


def _text(headers: httpx.Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw]


def _shown(name: str, value: str) -> str:
    if name.lower() not in _SECRET_HEADERS:
        return value
    scheme, space, _ = value.partition(" ")
    return f"{scheme} [redacted]" if space else "[redacted]"


def _address(address: tuple[object, ...]) -> str:
    host, port = str(address[0]), address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _tls(connection: ssl.SSLObject | None) -> str | None:
    """The TLS version, the certificate's digest and who issued it: an intercepting proxy shows
    itself there."""
    if connection is None:
        return None
    certificate = connection.getpeercert(binary_form=True)
    if not certificate:
        return connection.version()
    issuer = (connection.getpeercert() or {}).get("issuer", ())
    names = [f"{_NAMES[name[0]]}={one_line(str(name[1]))}" for part in issuer for name in part
             if isinstance(name, tuple) and name[0] in _NAMES]
    by = f" issued by {', '.join(names)}" if names else ""
    return f"{connection.version()}, certificate sha256 {sha256(certificate).hexdigest()}{by}"
