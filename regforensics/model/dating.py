"""Observation times that cannot be right: such a time dates nothing, and stays on record."""

from dataclasses import replace

from regforensics.model.citation import Fact
from regforensics.model.instant import Instant
from regforensics.model.snapshot import Observation, Snapshot


def observations_of(snapshot: Snapshot) -> tuple[Observation, ...]:
    """The observation of each document of a snapshot; of the only one where it has no parts."""
    return tuple(p.observation for p in snapshot.parts) or (snapshot.observation,)


def settled(snapshot: Snapshot, latest: Fact[Instant] | None) -> Snapshot:
    """``snapshot`` without observation times that ``latest``, its own latest time, contradicts.

    Nobody can have obtained a document before a time that it carries, nor after its custody line
    was written. A contradicted time moves to ``stated``, and the snapshot counts as undated.
    """
    at = [o.at for o in observations_of(snapshot) if o.at is not None]
    newest = max(at, key=lambda moment: moment.utc, default=None)
    late = latest is not None and newest is not None and _later(latest.value, newest)
    early = any(o.at is not None and o.recorded is not None and _later(o.at, o.recorded)
                for o in observations_of(snapshot))
    if not (late or early):
        return snapshot
    return replace(snapshot, observation=_undated(snapshot.observation),
                   parts=tuple(replace(p, observation=_undated(p.observation))
                               for p in snapshot.parts))


def _undated(observation: Observation) -> Observation:
    return replace(observation, at=None, since=None, stated=observation.at)


def _later(one: Instant, other: Instant) -> bool:
    """True where ``one`` is later by more than a second, or than the coarser text says."""
    apart = (one.utc - other.utc).total_seconds()
    return apart > max(1.0, one.precision, other.precision)
