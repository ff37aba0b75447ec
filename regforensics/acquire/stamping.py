"""Stamping: ask a time-stamp authority (RFC 3161, section 3.4) over HTTP, into custody."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from regforensics.acquire.config import load_config
from regforensics.acquire.draft import Question
from regforensics.acquire.limits import MIB, Limits
from regforensics.acquire.sink import Sink
from regforensics.acquire.text import shown_url
from regforensics.acquire.transport import Transport
from regforensics.errors import WrongUsage
from regforensics.evidence.exhibit import Acquisition
from regforensics.registries.base import Query

KIND = "time-stamp"
LIMITS = Limits(size=MIB, decoded=MIB, deadline=60.0, total=120.0)


def checked_url(url: str) -> str:
    """The address of an authority. Raises WrongUsage where it is none, or holds a password."""
    try:
        parts = urlsplit(url)
        fit = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fit = False
    if not fit or any(c.isspace() for c in url):
        raise WrongUsage(f"--tsa {shown_url(url)!r} is no address of an authority",
                         hint="it looks like https://tsa.example/tsr")
    if "@" in parts.netloc:
        raise WrongUsage(f"--tsa {shown_url(url)!r} holds credentials", hint="an authority that"
                         " wants a password is asked with openssl ts and curl")
    return url


def ask_stamp(url: str, body: bytes, media: tuple[str, str], *, store: Sink[Any],
              limits: Limits | None = None) -> Acquisition:
    """The custody line of the answer; a failure is one with ``error`` set.

    ``media`` are the types of question and answer. Raises EvidenceUnwritable, and WrongUsage for
    an unusable proxy setting.
    """
    asked, wanted = media
    query = Query(url, wanted, KIND, KIND, None, suffix=".tsr", base_url=url, body=body,
                  content_type=asked)
    config = load_config().for_counting({})  # no credential that was set for a registry

    async def ask() -> Acquisition:
        async with Transport(config, store, limits=limits or LIMITS) as transport:
            return await transport.ask(Question(query, "", url))

    return asyncio.run(ask())
