"""What failed in a run, put together by reason, so that one line says it."""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from regforensics.acquire.capture import Answer, TargetResult
from regforensics.evidence.exhibit import Acquisition
from regforensics.evidence.runs import END, RUN

_NAMED, _REASONS = 3, 3  # targets of one reason, and reasons, that the line names
_BACK = 1_000  # ends of runs among which the one before over the same targets is looked for


@dataclass(slots=True)
class Failed:
    """The targets that failed for one reason: how many, and the first few by name."""

    host: str
    reason: str
    count: int = 0
    first: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """``registry.example: connection refused (npm:a, npm:b and 118 more)``."""
        more = self.count - len(self.first)
        names = ", ".join(self.first) + (f" and {more} more" if more else "")
        return f"{self.host}: {self.reason} ({names})" if self.host else f"{self.reason} ({names})"

    @property
    def document(self) -> dict[str, Any]:
        """The same for JSON."""
        return {"host": self.host or None, "reason": self.reason, "targets": self.count,
                "first": list(self.first)}


class Failures:
    """Every target that failed, by reason; memory grows with the reasons alone."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], Failed] = {}

    def __bool__(self) -> bool:
        return bool(self._groups)

    @property
    def groups(self) -> Sequence[Failed]:
        """The reasons, the most frequent first."""
        return sorted(self._groups.values(), key=lambda group: -group.count)

    def __contains__(self, answer: Answer) -> bool:
        """True where a target failed at the same host for the same reason as an answer."""
        return why(answer) in self._groups

    def add(self, result: TargetResult, told: str) -> None:
        """A target failed; ``told`` is why, where none of its answers says so."""
        answer = next((a for a in result.answers if a.error and not a.query.spare), None)
        host, reason = why(answer) if answer else ("", told)
        group = self._groups.setdefault((host, reason), Failed(host, reason))
        group.count += 1
        insort(group.first, result.target.target)
        del group.first[_NAMED:]

    def line(self, targets: int, in_a_row: int) -> str:
        """One line for people: how many of how many failed, why, and since when."""
        groups = self.groups
        lost = sum(group.count for group in groups)
        reasons = "; ".join(group.text for group in groups[:_REASONS])
        more = f"; and {len(groups) - _REASONS} more reasons" if len(groups) > _REASONS else ""
        row = f"; {in_a_row} runs in a row had failures" if in_a_row > 1 else ""
        return f"{lost} of {targets} target{'s' if targets != 1 else ''} failed: {reasons}{more}" \
            + row


def why(answer: Answer) -> tuple[str, str]:
    """The host that was asked, and why it gave no answer."""
    host = urlsplit(answer.query.url).netloc.rpartition("@")[2]
    return host, answer.acquisition.entry.cause or ""


def in_a_row(lines: Sequence[Acquisition], watched: str) -> int:
    """How many of the latest runs over the same targets had failures, one after another. The end of
    each carries the number, so that only the last one need be found."""
    for acquisition in islice(reversed(lines), _BACK):
        said = dict(acquisition.entry.options)
        end = acquisition.entry.how == RUN and acquisition.entry.kind == END
        if end and said.get("watched") == watched:
            count = said.get("in-a-row", "0")
            return int(count) if count.isascii() and count.isdigit() and len(count) < 10 else 0
    return 0
