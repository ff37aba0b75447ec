"""What a series of captures shows of versions: when each was published, and which went away."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from regforensics.analyze.seen import Bound, Series, by, lists, unchanged
from regforensics.model.citation import Fact, derive
from regforensics.model.instant import Instant, known
from regforensics.model.snapshot import Release, Snapshot

_VERSION = re.compile(r"[vV=]?(\d{1,18}(?:\.\d{1,18})*)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Published:
    """A version's publish time and, where a capture lists it, the release as first seen."""

    version: str
    time: Fact[Instant]
    release: Release | None
    snapshot: Snapshot
    spelling: str | None = None


@dataclass(slots=True)
class Withdrawal:
    """A version that has gone: last capture that lists it, first that does not, and its return.

    ``held`` is when the registry's holder took the package's place, where that is what the first
    capture without the version shows: it was gone by then. ``known`` is the last list before
    ``missing`` that knows nothing of the version, where no capture ever listed it. ``between`` is
    the first capture after ``listed`` and before ``missing`` in which there was no list at all:
    the project was quarantined, or absent.
    """

    version: str
    listed: Snapshot | None
    missing: Snapshot
    time: Fact[Instant] | None = None
    held: Fact[Instant] | None = None
    back: Snapshot | None = None
    known: Snapshot | None = None
    between: Snapshot | None = None

    @property
    def quarantined(self) -> Snapshot | None:
        """The capture between the two lists that shows the project as quarantined."""
        return self.between if self.between and self.between.state == "quarantined" else None


def published(part: Series) -> list[Published]:
    """Every version with a publish time, in publish order, from the first capture that has it."""
    listing = _first_listing(part)
    found: dict[str, Published] = {}
    last: Snapshot | None = None
    for snapshot in part.forward:
        if last is not None and unchanged(last, snapshot):
            continue
        last, respelled = snapshot, snapshot.respelled
        for key in snapshot.times:
            version = respelled.get(key, key)
            time = known(snapshot.times[key]) if version not in found else None
            if time is not None:
                found[version] = Published(version, time, _release(listing, version), snapshot,
                                           key if key != version else None)
    for version, snapshot in listing.items():
        release = snapshot.releases[version] if version not in found else None
        if release is not None and release.published is not None:
            found[version] = Published(version, release.published, release, snapshot)
    return sorted(found.values(), key=lambda p: (p.time.value.utc, order(p.version)))


def _first_listing(part: Series) -> dict[str, Snapshot]:
    first: dict[str, Snapshot] = {}
    last: Snapshot | None = None
    for snapshot in part.forward:
        if last is None or not unchanged(last, snapshot):
            for version in snapshot.releases:
                first.setdefault(version, snapshot)
        last = snapshot
    return first


def _release(listing: dict[str, Snapshot], version: str) -> Release | None:
    return listing[version].releases[version] if version in listing else None


def withdrawals(part: Series) -> list[Withdrawal]:
    """Every version that a listing misses though an earlier one, or its time map, has it.

    A package that went as a whole is told as that, and not here: versions that a tombstone covers
    stay covered when the name is created anew.
    """
    gone: dict[str, Withdrawal] = {}
    done: list[Withdrawal] = []
    listed: dict[str, Snapshot] = {}
    covered: set[str] = set()
    last: Snapshot | None = None
    between: Snapshot | None = None
    for snapshot in part.forward:
        if snapshot.tombstone is not None:
            covered |= set(snapshot.times)
            listed, last = {}, None
        if not lists(snapshot):
            if snapshot.state == "quarantined" or (snapshot.state == "absent" and not between):
                between = between if between and between.state == "quarantined" else snapshot
            continue
        if last is None or not unchanged(last, snapshot):
            for version in [v for v in gone if v in snapshot.releases]:
                gone[version].back = snapshot
                done.append(gone.pop(version))
            holder = next(iter(snapshot.releases.values())).published \
                if snapshot.state == "held" else None
            for version in _missing(last, snapshot, covered):
                time = known(snapshot.times.get(version))
                gone.setdefault(version, Withdrawal(
                    version, listed.get(version), snapshot, time,
                    holder if holder and time and time.value.utc < holder.value.utc else None,
                    known=last if last and version not in last.times
                    and version not in listed else None,
                    between=between if version in listed else None))
        listed |= dict.fromkeys(snapshot.releases, snapshot)
        last, between = snapshot, None
    return [*done, *gone.values()]


def _missing(old: Snapshot | None, new: Snapshot, covered: set[str]) -> list[str]:
    """Versions with a time that are not listed, then listed ones that left no trace."""
    respelled = new.respelled
    lost = [] if old is None else [
        v for v in old.releases
        if v not in new.releases and v not in new.times and v not in respelled
        and (len(new.times) or old.releases[v].artifacts or old.releases[v].unasked)]
    return [*(v for v in new.withdrawn if v not in covered), *lost]


def ended(item: Withdrawal) -> Bound:
    """By when, at the latest, a withdrawn version could not be had any more."""
    if item.held is not None:
        return Bound(item.held.value, item.held)
    if item.quarantined is not None:
        shown = item.quarantined.state_fact
        bound = by(item.quarantined, shown)
        return Bound(bound.at, derive(bound.fact.value, bound.fact, shown)) if shown else bound
    return by(item.missing)


def newcomers(versions: Sequence[Published]) -> list[tuple[Published, Published]]:
    """(first version of a publisher, the version before it that names one), in publish order."""
    found, names = [], set[str]()
    before: Published | None = None
    for item in versions:
        if item.release is None or item.release.publisher is None:
            continue
        name = item.release.publisher.value
        if before is not None and name not in names:
            found.append((item, before))
        names.add(name)
        before = item
    return found


def order(version: str) -> tuple[Any, ...]:
    """Sorts versions by their numbers, pre-releases before their release; never raises."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return ((), 0, version)
    numbers = tuple(map(int, match[1].split(".")))
    rest = match[2].partition("+")[0]
    return (numbers, 0 if rest and not rest.lstrip(".-_").startswith("post") else 1, rest)


def plain(version: str) -> tuple[int, int, int] | None:
    """The numbers of a plain X.Y.Z version, else None."""
    match = re.fullmatch(r"(\d{1,18})\.(\d{1,18})\.(\d{1,18})", version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
