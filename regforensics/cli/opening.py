"""Opening an evidence directory, and finding captures in it by what an analyst types."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from regforensics.errors import IntegrityError, WrongUsage
from regforensics.evidence.store import EvidenceStore
from regforensics.model.history import History
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Snapshot
from regforensics.reading import Reader

LOG = "log"
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")


def open_evidence(root: Path) -> EvidenceStore:
    """The evidence directory, for reading."""
    return EvidenceStore.open(root)


def reader_of(store: EvidenceStore, damaged: list[IntegrityError] | None = None) -> Reader:
    """A reader of the directory with the events of its logs; see ``events_of`` on damaged ones.
    Raises WrongUsage where there are logs and their engine is not installed."""
    if not store.of_kind(LOG):
        return Reader(store)
    from regforensics.cli.logs_handed import events_of

    return Reader(store, events_of(store, damaged))


def histories(store: EvidenceStore, targets: Sequence[str]) -> tuple[History, ...]:
    """The histories of the targets, or of every package in the directory."""
    return reader_of(store).histories(whole_package(t) for t in targets)


def thinned_histories(store: EvidenceStore, targets: Sequence[str]
                      ) -> tuple[tuple[History, ...], int]:
    """Of the targets, or of every package, the captures that state files otherwise than those
    before them; and how many captures there are in all."""
    from regforensics.thinning import thinned

    reader = reader_of(store)
    read = [thinned(store, reader, p) for p in reader.named(map(whole_package, targets))]
    return tuple(one.history for one in read), sum(one.captures for one in read)


def whole_package(target: str) -> PackageRef:
    """A target that names a package and no version. Raises WrongUsage for one that does."""
    package = PackageRef.parse(target)
    if package.version is not None:
        raise WrongUsage(f"{target!r} names a version; this command is about whole packages",
                         hint=f"say {package.at(None).target}")
    return package


def place_of(snapshot: Snapshot) -> str:
    """The base URL that was asked; empty for a handed-over file, of which nobody knows it."""
    return snapshot.observation.registry.rstrip("/")


def captures(history: History, since: str, until: str) -> tuple[Snapshot, Snapshot]:
    """The two captures that ``first``, ``latest``, labels, digest prefixes or times name.

    A label or a digest names its capture wherever that was made. ``first``, ``latest`` and times
    choose among the captures of one place where it was captured twice: that of the other side
    where a label names it, else that of the latest capture, else the place captured most.
    Raises WrongUsage where there is none, with the captures that there are.
    """
    if not history.snapshots:
        raise WrongUsage(f"no capture of {history.package.target} gave a document",
                         hint="regforensics list shows what was asked and answered")
    exact = [[s for s in history.snapshots if _is_named(s, wanted)] for wanted in (since, until)]
    known = [found[-1] for found in exact if found]
    among = _of_one_place(history.snapshots, known)
    one, other = (found[-1] if found else _chosen(history, among, wanted)
                  for found, wanted in zip(exact, (since, until), strict=True))
    return one, other


def _of_one_place(made: Sequence[Snapshot], known: Sequence[Snapshot]) -> Sequence[Snapshot]:
    """The captures of the place in question; all of them where none was captured twice."""
    counts = Counter(map(place_of, made))
    often = max(counts, key=lambda place: counts[place])
    for place in (*map(place_of, known), place_of(made[-1]), often):
        if counts[place] > 1:
            return [s for s in made if place_of(s) == place]
    return made


def _chosen(history: History, among: Sequence[Snapshot], wanted: str) -> Snapshot:
    """The capture that ``first``, ``latest`` or a time names."""
    if wanted in ("first", "latest"):
        return among[0 if wanted == "first" else -1]
    found = _until(among, wanted) or _until(history.snapshots, wanted)
    if not found:
        times = ", ".join(str(s.observation.at or s.observation.label)
                          for s in history.snapshots[:6])
        raise WrongUsage(f"no capture of {history.package.target} is named by {wanted!r}",
                         hint=f"captures: {times}{' ...' if len(history.snapshots) > 6 else ''}")
    return found[-1]


def moment(text: str) -> datetime:
    """A time in ISO 8601, UTC where no zone is given; a year, month or day is its start.

    Raises WrongUsage for anything else.
    """
    return period(text)[0]


def period(text: str) -> tuple[datetime, datetime]:
    """The first and the last moment that a time, day (2025-09-08), month or year can mean.

    Raises WrongUsage for anything else.
    """
    whole = _DATE.fullmatch(text)
    try:
        if whole is None:
            found = datetime.fromisoformat(text)
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
            return found, found
        year, month, day = int(whole[1]), int(whole[2] or 1), int(whole[3] or 1)
        start = datetime(year, month, day, tzinfo=UTC)
        if whole[3]:
            end = start + timedelta(days=1)
        else:
            end = datetime(year + (not whole[2] or month == 12),
                           month % 12 + 1 if whole[2] else 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise WrongUsage(f"{text!r} is no time", hint="times look like 2025-09-08 or"
                         " 2025-09-08T13:12:39Z (UTC where no zone is given)") from error
    return start, end - timedelta(milliseconds=1)


def _is_named(snapshot: Snapshot, wanted: str) -> bool:
    observations = [snapshot.observation, *(p.observation for p in snapshot.parts)]
    return any(wanted == o.label or (len(wanted) >= 6 and o.sha256.startswith(wanted.lower()))
               for o in observations)


def _until(made: Sequence[Snapshot], wanted: str) -> list[Snapshot]:
    """The captures that had been made by a time (by the end of a day)."""
    if not _DATE.match(wanted):
        return []
    limit = period(wanted)[1]
    return [s for s in made if s.observation.at and s.observation.at.utc <= limit]
