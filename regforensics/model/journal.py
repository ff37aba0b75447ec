"""JournalRow: one act that an index wrote down in its journal."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from regforensics.model.citation import Fact
from regforensics.model.instant import Instant

Act = Literal[
    "created", "release-added", "release-removed", "file-added", "file-removed", "yanked",
    "unyanked", "project-removed", "role-added", "role-changed", "role-removed", "invited",
    "invite-revoked", "invite-accepted", "quarantined", "quarantine-cleared",
    "release-quarantined", "release-quarantine-cleared", "other"]
ACTS: tuple[Act, ...] = get_args(Act)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """One row: its serial, its time (whole seconds UTC), the action as the journal words it.

    ``act`` is what the action's words were recognised as. ``version`` is None for acts on the
    project, ``file``, ``role`` and ``login`` are what the action names. The journal names no
    actor: ``login`` is the account that a role was given to or taken from.
    """

    serial: Fact[int]
    at: Fact[Instant]
    action: Fact[str]
    act: Act
    version: Fact[str] | None = None
    file: Fact[str] | None = None
    role: Fact[str] | None = None
    login: Fact[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPage:
    """One answer of the journal: every row after ``since`` up to ``last``, whoever's it is.

    ``last`` is None where the answer has no row. ``line`` shows the answer (its custody line).
    """

    since: int
    last: int | None
    rows: int
    line: Fact[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRole:
    """One role in a project, as the index's XML-RPC answer names it; ``line`` shows the answer."""

    login: Fact[str]
    role: Fact[str]
    line: Fact[Any]
