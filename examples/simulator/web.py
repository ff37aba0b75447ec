"""Request and Response: HTTP without sockets, and what both registries do alike."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit


class Refused(Exception):
    """The registry does not accept the write; the message says which of its rules forbids it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request: the path as it stands on the wire, percent-encoding and query included."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: bytes = b""

    def header(self, name: str) -> str:
        """The header's value whatever its case, or an empty string."""
        return next((v for k, v in self.headers.items() if k.lower() == name.lower()), "")

    @property
    def segments(self) -> tuple[str, ...]:
        """The decoded path segments; an encoded slash stays inside its segment."""
        return tuple(unquote(part) for part in urlsplit(self.path).path.split("/")[1:])


@dataclass(frozen=True, slots=True)
class Response:
    """One answer: the status, the headers in order, the body as sent."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header of that name whatever its case, or None."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    def json(self) -> Any:
        """The body decoded as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)


class Registry(Protocol):
    """What the server serves: a base URL that the registry prints in documents, and answers."""

    base_url: str

    def respond(self, request: Request) -> Response:
        """The answer to ``request`` in the registry's present state."""


def dumps(value: Any) -> bytes:
    """``value`` as compact JSON in UTF-8, keys in the order given."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def conditional(request: Request, response: Response, modified: datetime | None) -> Response:
    """``response``, or a 304 without a body where the client's copy is still the current one.

    If-None-Match decides alone where it is sent (RFC 9110, section 13.2.2).
    """
    if response.status != 200:
        return response
    sent, etag = request.header("If-None-Match"), response.header("ETag")
    if sent:
        tags = {tag.strip().removeprefix("W/") for tag in sent.split(",")}
        fresh = "*" in tags or (etag or "").removeprefix("W/") in tags
    else:
        since = _date(request.header("If-Modified-Since"))
        fresh = bool(since and modified and modified.replace(microsecond=0) <= since)
    if not fresh:
        return response
    kept = tuple((k, v) for k, v in response.headers
                 if k.lower() not in {"content-type", "content-length"})
    return Response(304, kept)


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
