"""Which custody lines answer a question: by keys that leave a line and a question alike.

``latest`` is any answer to a question (address, Accept and body), ``full`` a whole document that
an address gave at last, and ``first`` says whether an address ever gave one.
"""

from hashlib import sha256

from regforensics.evidence.exhibit import Entry, Headers
from regforensics.evidence.record import Seen


def latest(url: str, accept: str, body: str) -> int:
    """The key of a question."""
    return _key("latest", url, accept, body)


def full(url: str, accept: str) -> int:
    """The key of an address that gave a document itself."""
    return _key("full", url, accept)


def first(url: str) -> int:
    """The key of an address that was asked."""
    return _key("first", url)


def key_of(digest: str) -> int:
    """The key of a SHA-256 (hex)."""
    return int(digest[:16], 16)


def _key(*parts: str) -> int:
    return int.from_bytes(sha256("\0".join(parts).encode("utf-8", "replace")).digest()[:8])


def answered(seen: Seen) -> tuple[tuple[int, bool], ...]:
    """The keys that a line is from now on the answer of; True for one that keeps an older line."""
    asked = seen.request
    if asked is None or asked.url is None or seen.how != "http" or seen.status is None \
            or seen.error:
        return ()
    accept = accept_of(asked.headers)
    last = (latest(asked.url, accept, asked.body or ""), False)
    if seen.status != 200 or not seen.complete or seen.exhibit is None or asked.body:
        return (last,)
    return last, (full(seen.final_url or asked.url, accept), False), (first(asked.url), True)


def is_answer(entry: Entry) -> bool:
    """True for a line that answers a question at all."""
    return (entry.how == "http" and entry.url is not None and entry.status is not None
            and not entry.error)


def is_full(entry: Entry, exhibit: str | None) -> bool:
    """True for an answer that is a whole document, not asked for with a body."""
    return (is_answer(entry) and entry.status == 200 and entry.complete
            and exhibit is not None and not entry.request_body)


def asked(entry: Entry) -> tuple[str, str, str]:
    """The address, Accept and body of the question that a line answers."""
    return entry.url or "", accept_of(entry.request_headers), entry.request_body or ""


def accept_of(headers: Headers) -> str:
    """The Accept header among those of a request; empty where there is none."""
    for name, value in headers:
        if name == "Accept" or name.lower() == "accept":
            return value
    return ""
