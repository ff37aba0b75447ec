"""IndexAnswer: what a repository's search index lists of one artifact. It may lag far behind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regforensics.model.citation import Fact
from regforensics.model.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexAnswer:
    """One answer of the index: the versions it lists, with the time that it gives each.

    ``found`` is how many it says it has; an answer holds a part of them. ``line`` shows the answer
    (its custody line), ``at`` is when it was received, ``run`` names the command that asked.
    """

    found: Fact[int]
    versions: Mapping[str, Fact[Instant | None]]
    line: Fact[Any]
    at: Instant | None
    run: str
