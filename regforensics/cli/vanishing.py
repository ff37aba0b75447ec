"""Targets that the registry says do not exist, for the first time: taken down, or mistyped."""

from bisect import insort
from collections.abc import Iterator

from regforensics.acquire.capture import TargetResult
from regforensics.evidence.exhibit import Acquisition
from regforensics.evidence.store import EvidenceStore
from regforensics.reading import shows_state
from regforensics.registries.base import ABSENT

_NAMED = 3


class Vanished:
    """The targets of a run that are absent and were not in the run before."""

    def __init__(self, store: EvidenceStore) -> None:
        self._store = store
        self._found: list[tuple[str, str]] = []

    def add(self, result: TargetResult) -> None:
        """A target is absent."""
        runs = {answer.acquisition.entry.run for answer in result.answers}
        before = next((a for a in reversed(self._store.of_subject(str(result.target)))
                       if a.entry.how == "http" and a.entry.run not in runs and shows_state(a)),
                      None)
        if before is None:
            insort(self._found, (result.target.target, "never seen before: is the name right?"))
        elif not _absent(before):
            insort(self._found, (result.target.target,
                                 f"there at {before.entry.observed_at or 'an unknown time'}"))

    @property
    def targets(self) -> list[str]:
        """Their names, sorted."""
        return [target for target, _ in self._found]

    def lines(self, targets: int) -> Iterator[str]:
        """One line for people, where there are any."""
        if self._found:
            more = len(self._found) - _NAMED
            named = ", ".join(f"{target} ({why})" for target, why in self._found[:_NAMED])
            yield (f"{len(self._found)} of {targets} target{'' if targets == 1 else 's'} absent"
                   f" now, says the registry: {named}" + (f" and {more} more" if more > 0 else ""))


def _absent(acquisition: Acquisition) -> bool:
    return acquisition.entry.status in ABSENT
