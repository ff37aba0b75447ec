"""What each place states of each file, and which files stand on disk.

Releases that stand in the same bytes as in the capture before are not read at all, so that a
hundred captures of a large packument take little more than reading them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from regforensics.analyze.seen import anchor, series, unchanged
from regforensics.model.artifact import ArtifactSeen
from regforensics.model.citation import Fact, derive
from regforensics.model.drift import Sighting
from regforensics.model.history import History
from regforensics.model.snapshot import Artifact, Members, Observation, Release, Snapshot

ON_DISK = -1  # the place of files on disk, which no registry states


def stored_files(history: History) -> Iterator[Sighting]:
    """The package files that are exhibits themselves, by what their listings say."""
    for seen in history.of(ArtifactSeen):
        if seen.package.version is not None:
            yield Sighting(version=seen.package.version, filename=seen.filename,
                           exhibit=seen.exhibit, digests=seen.digests,
                           observation=seen.observation)


#: What finds files on disk among a history's records; the digests of each count beside those that
#: registries state.
SIGHTINGS: tuple[Callable[[History], Iterable[Sighting]], ...] = (stored_files,)


@dataclass(frozen=True, slots=True)
class State:
    """A file as one capture states it, or as it stands on disk (without a snapshot)."""

    base: int
    version: str
    filename: str
    digests: Mapping[str, Fact[str]]
    observation: Observation
    snapshot: Snapshot | None = None
    file: Artifact | None = None


States = dict[str, dict[str, list[State]]]


def states_of(history: History) -> States:
    """By version and file: the captures that state it otherwise than the one before does, and the
    files on disk."""
    states: States = {}
    single = history.package.registry == "npm"  # one tarball, however a mirror spells its address
    for base, snapshot, release in _stated(history):
        for file in release.artifacts:
            key = "" if single else file.filename
            states.setdefault(release.version, {}).setdefault(key, []).append(State(
                base, release.version, file.filename, file.digests, snapshot.observation, snapshot,
                file))
    for find in SIGHTINGS:
        for seen in find(history):
            key = "" if single else seen.filename
            states.setdefault(seen.version, {}).setdefault(key, []).append(State(
                ON_DISK, seen.version, seen.filename, seen.digests, seen.observation))
    return states


def _stated(history: History) -> Iterator[tuple[int, Snapshot, Release]]:
    """Each version of each place where it is first listed, and where its files are stated anew."""
    for base, part in enumerate(series(history)):
        last: dict[str, Members[Release]] = {}
        before: Snapshot | None = None
        for snapshot in part.snapshots:
            if before is not None and unchanged(before, snapshot):
                continue
            before, releases = snapshot, snapshot.releases
            for version in releases:
                known = last.get(version)
                if known is None or not (known.same(version, releases) or _alike(
                        known[version], releases[version])):
                    yield base, snapshot, releases[version]
                    last[version] = releases


def _alike(one: Release, other: Release) -> bool:
    """True where both state the same of their files, whatever else changed."""
    return _prints(one) == _prints(other)


def _prints(release: Release) -> list[tuple[object, ...]]:
    return [(file.filename, {kind: fact.value for kind, fact in file.digests.items()},
             file.url and file.url.value, file.signatures and file.signatures.value)
            for file in release.artifacts]


def line_of(state: State) -> Fact[object]:
    return anchor(state.snapshot) if state.snapshot else next(iter(state.digests.values()))


def place_of(state: State) -> Fact[object]:
    if state.snapshot is None:
        seen = state.observation
        place = f", from {seen.registry}" if seen.registry else ""
        return derive(f"the stored file {state.filename} ({seen.label}{place})", line_of(state))
    return derive(state.observation.registry or "a handed-over file", line_of(state))
