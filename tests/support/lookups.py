"""What an archive in memory answers about its lines: looked up by walking all of them."""

from collections.abc import Sequence

from regforensics.evidence.exhibit import Acquisition


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
