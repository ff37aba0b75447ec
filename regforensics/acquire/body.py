"""Streams an answer's body into the store, under its caps, decoded where the server encoded it."""

import hashlib
from dataclasses import dataclass

import httpx

from regforensics.acquire.encoding import Decoder, decoder_for, names_of
from regforensics.acquire.failures import Refused
from regforensics.acquire.limits import Limits
from regforensics.acquire.sink import Body
from regforensics.acquire.text import size_text

_HEAD = 256
_OPENINGS = {"json": (b"{", b"["), "xml": (b"<",)}


@dataclass(slots=True)
class Taken:
    """What a body turned out to be. The wire fields are set where the server encoded it."""

    head: bytes = b""
    encoding: str | None = None
    undecodable: bool = False
    wire_sha256: str | None = None
    wire_size: int | None = None


async def take(response: httpx.Response, body: Body, limits: Limits, taken: Taken) -> None:
    """Write the body of ``response`` to ``body`` and describe it in ``taken``.

    What arrived before a failure is in both. Raises Refused at a cap, Broken on a damaged
    encoding, and httpx's transport errors.
    """
    _check_declared(response, limits)
    names = names_of(", ".join(response.headers.get_list("content-encoding")))
    decoder = decoder_for(names) if names else None
    taken.encoding = ", ".join(names) or None
    taken.undecodable = bool(names) and decoder is None
    digest, wire = hashlib.sha256(), 0
    async for chunk in response.aiter_raw():
        wire += len(chunk)
        if wire > limits.size:
            raise Refused(f"the answer is larger than {size_text(limits.size)}; nothing was kept")
        if names:
            digest.update(chunk)
            taken.wire_sha256, taken.wire_size = digest.hexdigest(), wire
        _write(chunk, decoder, body, limits, taken)
    if decoder is not None:
        decoder.finish()


def _check_declared(response: httpx.Response, limits: Limits) -> None:
    declared = response.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (
            len(declared) > 18 or int(declared) > limits.size):
        raise Refused(f"the answer announces {declared[:20]} bytes, more than "
                      f"{size_text(limits.size)}; nothing was kept")


def _write(chunk: bytes, decoder: Decoder | None, body: Body, limits: Limits,
           taken: Taken) -> None:
    for part in (decoder.feed(chunk) if decoder else (chunk,)):
        if body.size + len(part) > limits.decoded:
            raise Refused(f"the answer unpacks to more than {size_text(limits.decoded)}; "
                          "nothing was kept")
        if len(taken.head) < _HEAD:
            taken.head = (taken.head + part)[:_HEAD]
        body.write(part)


def unexpected(accept: str, content_type: str, head: bytes, *, html: bool = False) -> str | None:
    """A line where a 200 answer is plainly not the JSON or XML that was asked for, else None.

    The body decides, not the Content-Type: static mirrors send JSON as text or octets. ``html``
    lets an HTML page pass that says it is one (indexes older than PEP 691).
    """
    wanted = next((name for name in _OPENINGS if name in accept), None)
    if wanted is None:
        return None
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head:
        return "the answer is empty"
    if start[:1] in _OPENINGS[wanted]:
        return None
    if html and start[:1] == b"<" and "html" in content_type.lower():
        return None
    return f"the answer is not {wanted.upper()} ({content_type or 'no content type'})"
