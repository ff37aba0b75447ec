"""What an archive in memory answers about its lines: looked up by walking all of them."""

from collections.abc import Sequence

from regforensics.evidence.exhibit import Acquisition
from regforensics.evidence.questions import asked, is_answer, is_full


class Lookups:
    """The lookups of an evidence directory, over ``acquisitions``."""

    def acquisitions(self) -> Sequence[Acquisition]:
        """Every line, in order."""
        raise NotImplementedError

    def subjects(self) -> Sequence[str]:
        return tuple(dict.fromkeys(a.entry.subject.partition("@")[0] for a in self.acquisitions()
                                   if a.entry.subject))

    def of_subject(self, purl: str) -> Sequence[Acquisition]:
        return [a for a in self.acquisitions()
                if a.entry.subject and a.entry.subject.partition("@")[0] == purl.partition("@")[0]]

    def of_kind(self, *kinds: str) -> Sequence[Acquisition]:
        return [a for a in self.acquisitions() if a.entry.kind in kinds]

    def of_no_subject(self, *kinds: str) -> Sequence[Acquisition]:
        return [a for a in self.of_kind(*kinds) if a.entry.subject is None]

    def left_out(self, purl: str | None = None) -> tuple[str, ...]:
        return ()

    def last_line(self) -> int:
        return len(self.acquisitions())

    def last_answer(self, url: str, accept: str, body: str) -> Acquisition | None:
        return next((a for a in reversed(self.acquisitions())
                     if is_answer(a.entry) and asked(a.entry) == (url, accept, body)), None)

    def last_full(self, url: str, accept: str) -> Acquisition | None:
        return next((a for a in reversed(self.acquisitions()) if is_full(a.entry, a.exhibit)
                     and (a.entry.final_url or a.entry.url) == url
                     and asked(a.entry)[1] == accept), None)

    def answer_before(self, taken: Acquisition) -> Acquisition | None:
        return next((a for a in reversed(self.acquisitions()) if a.seq < taken.seq
                     and is_answer(a.entry) and asked(a.entry) == asked(taken.entry)), None)

    def first_full(self, url: str) -> int:
        return next((a.seq for a in self.acquisitions()
                     if is_full(a.entry, a.exhibit) and a.entry.url == url), 0)
