"""Known: what earlier acquisitions say about a question, for conditional requests (RFC 9110, 13).

One ETag per (URL, Accept): registries answer different documents to different Accepts. What is
asked with a body is never asked conditionally.
"""

from dataclasses import dataclass
from typing import Protocol

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


class Recall(Protocol):
    """What an evidence store remembers of answers. Each is None, or 0, where there was none."""

    def last_line(self) -> int:
        """The number of the last custody line."""

    def last_answer(self, url: str, accept: str, body: str) -> Acquisition | None:
        """The last answer of any kind to a question."""

    def last_full(self, url: str, accept: str) -> Acquisition | None:
        """The last whole document that an address itself gave to a question without a body."""

    def answer_before(self, taken: Acquisition) -> Acquisition | None:
        """The last answer, before a given one, to the same question."""

    def first_full(self, url: str) -> int:
        """The line of the first whole document that a question without a body led to."""


class Known:
    """Validators by (URL, Accept), and the exhibit of each question's last answer."""

    def __init__(self, recall: Recall | None = None) -> None:
        self._recall = recall
        self._until = recall.last_line() if recall else 0
        self._forgotten: set[Validator] = set()

    def validator(self, url: str, accept: str) -> Validator | None:
        """What to ask with at ``url``, or None."""
        found = self._recall.last_full(url, accept) if self._recall else None
        if found is None or found.exhibit is None:
            return None
        etag = header(found.entry.headers, "etag")
        modified = header(found.entry.headers, "last-modified")
        made = Validator(found.exhibit, etag, modified)
        return made if (etag or modified) and made not in self._forgotten else None

    def forget(self, validator: Validator) -> None:
        """Ask no more with a validator that led to a wrong answer."""
        self._forgotten.add(validator)

    def latest(self, url: str, accept: str, body: str = "") -> str | None:
        """The exhibit of the last answer to the question, or None where there was none."""
        found = self._recall.last_answer(url, accept, body) if self._recall else None
        return found.exhibit if found else None

    def before(self, taken: Acquisition) -> str | None:
        """The exhibit of the last answer, before a given one, to the same question."""
        found = self._recall.answer_before(taken) if self._recall else None
        return found.exhibit if found else None

    def answered(self, url: str) -> bool:
        """Whether an address was answered in full, under any Accept, before this was made."""
        return self._recall is not None and 0 < self._recall.first_full(url) <= self._until


def _opaque(etag: str | None) -> str:
    return (etag or "").strip().removeprefix("W/")


def header(headers: Headers, name: str) -> str | None:
    """The first value of a header, by its name in any case."""
    return next((value for key, value in headers if key.lower() == name), None)
