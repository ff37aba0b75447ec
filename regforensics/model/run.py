"""Run: one run of a command that brings evidence in, as its own custody lines tell it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from regforensics.model.citation import Fact
from regforensics.model.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run: its start, and its end where it left one.

    ``watched`` is a digest of the list of targets: two runs with the same one were to capture the
    same. ``code`` is the exit code, ``error`` why the run ended as a whole before it was done,
    ``note`` what failed in it, ``counts`` the targets by outcome (``ingest``: the files),
    ``unreached`` targets of which nothing was known and that it did not come to, as purls.
    ``places`` are the numbers of its lines; ``line`` and ``end`` cite the first and the last of
    them, for whoever wants to claim something.
    """

    name: str
    command: str
    begun: Instant
    line: Fact[str] | None = None
    watched: str = ""
    targets: int = 0
    ended: Instant | None = None
    code: int | None = None
    error: str | None = None
    note: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    places: tuple[int, ...] = ()
    process: int | None = None
    host: str = ""
    end: Fact[str] | None = None
    unreached: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """True where it came to its end, with whatever exit code."""
        return self.ended is not None and self.error is None
