"""Known: what earlier acquisitions say about a question, for conditional requests (RFC 9110, 13).

One ETag per (URL, Accept): registries answer different documents to different Accepts. What is
asked with a body is never asked conditionally.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from regforensics.evidence.exhibit import Acquisition, Headers


@dataclass(frozen=True, slots=True)
class Validator:
    """An exhibit that holds the last full answer, and what the server called that state."""

    exhibit: str
    etag: str | None
    last_modified: str | None

    @property
    def headers(self) -> Headers:
        """The request headers that ask whether it is still so."""
        if self.etag:
            return (("If-None-Match", self.etag),)
        return (("If-Modified-Since", self.last_modified or ""),)


    def is_of(self, etag: str | None) -> bool:
        """True unless an ETag names another state than ours (weak comparison, RFC 9110, 8.8.3.2).

        A server may leave it out of a 304.
        """
        return None in (etag, self.etag) or _opaque(etag) == _opaque(self.etag)


class Known:
    """Validators by (URL, Accept), and the exhibit of each question's last answer."""

    def __init__(self, acquisitions: Iterable[Acquisition] = ()) -> None:
        self._validators: dict[tuple[str, str], Validator] = {}
        self._latest: dict[tuple[str, str, str], str | None] = {}
        self._full: set[str] = set()
        for acquisition in acquisitions:
            self.learn(acquisition)

    def learn(self, acquisition: Acquisition) -> None:
        """Take one custody line into account; lines come oldest first."""
        entry = acquisition.entry
        if entry.how != "http" or entry.url is None or entry.status is None or entry.error:
            return
        accept = header(entry.request_headers, "accept") or ""
        label = entry.unchanged_exhibit or acquisition.exhibit
        self._latest[entry.url, accept, entry.request_body or ""] = label
        if entry.status != 200 or not entry.complete or label is None or entry.request_body:
            return
        self._full.add(entry.url)
        key = (entry.final_url or entry.url, accept)
        etag = header(entry.headers, "etag")
        modified = header(entry.headers, "last-modified")
        self._validators.pop(key, None)
        if etag or modified:
            self._validators[key] = Validator(label, etag, modified)

    def validator(self, url: str, accept: str) -> Validator | None:
        """What to ask with at ``url``, or None."""
        return self._validators.get((url, accept))

    def forget(self, validator: Validator) -> None:
        """Ask no more with a validator that led to a wrong answer."""
        for key in [key for key, held in self._validators.items() if held == validator]:
            del self._validators[key]

    def latest(self, url: str, accept: str, body: str = "") -> str | None:
        """The exhibit of the last answer to the question, or None where there was none."""
        return self._latest.get((url, accept, body))

    def answered(self, url: str) -> bool:
        """Whether an address was answered in full before, under any Accept."""
        return url in self._full


def _opaque(etag: str | None) -> str:
    return (etag or "").strip().removeprefix("W/")


def header(headers: Headers, name: str) -> str | None:
    """The first value of a header, by its name in any case."""
    return next((value for key, value in headers if key.lower() == name), None)
