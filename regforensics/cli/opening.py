"""Opening an evidence directory, and finding captures in it by what an analyst types."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from regforensics.errors import WrongUsage
from regforensics.evidence.store import EvidenceStore
from regforensics.model.history import History
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Snapshot
from regforensics.reading import Reader


def open_evidence(root: Path) -> EvidenceStore:
    """The evidence directory, for reading."""
    return EvidenceStore.open(root)


def histories(store: EvidenceStore, targets: Sequence[str]) -> tuple[History, ...]:
    """The histories of the targets, or of every package in the directory."""
    return Reader(store).histories(PackageRef.parse(t) for t in targets)


def capture(history: History, wanted: str) -> Snapshot:
    """The capture that ``first``, ``latest``, a label, a digest prefix or a time names.

    Raises WrongUsage where there is none, with the captures that there are.
    """
    if not history.snapshots:
        raise WrongUsage(f"no capture of {history.package.target} gave a document",
                         hint="regforensics list shows what was asked and answered")
    if wanted in ("first", "latest"):
        return history.snapshots[0 if wanted == "first" else -1]
    found = [s for s in history.snapshots if _is_named(s, wanted)] or _until(history, wanted)
    if not found:
        times = ", ".join(str(s.observation.at or s.observation.label)
                          for s in history.snapshots[:6])
        raise WrongUsage(f"no capture of {history.package.target} is named by {wanted!r}",
                         hint=f"captures: {times}{' ...' if len(history.snapshots) > 6 else ''}")
    return found[-1]


def moment(text: str) -> datetime:
    """A time or day in ISO 8601; a day is its start, and UTC where no zone is given.

    Raises WrongUsage for anything else.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongUsage(f"{text!r} is no time", hint="times look like 2025-09-08 or"
                         " 2025-09-08T13:12:39Z (UTC where no zone is given)") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _is_named(snapshot: Snapshot, wanted: str) -> bool:
    observations = [snapshot.observation, *(p.observation for p in snapshot.parts)]
    return any(wanted == o.label or (len(wanted) >= 6 and o.sha256.startswith(wanted.lower()))
               for o in observations)


def _until(history: History, wanted: str) -> list[Snapshot]:
    """The captures that had been made by a time."""
    if not wanted[:4].isdigit() or "-" not in wanted:
        return []
    limit = moment(wanted)
    return [s for s in history.snapshots if s.observation.at and s.observation.at.utc <= limit]
