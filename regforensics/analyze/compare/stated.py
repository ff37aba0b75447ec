"""What each place states of each file, and which files stand on disk.

Releases that stand in the same bytes as in the capture before are not read at all, so that a
hundred captures of a large packument take little more than reading them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from regforensics.analyze.logs.requests import plain
from regforensics.analyze.seen import anchor, series, unchanged
from regforensics.model.artifact import ArtifactSeen
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import said
from regforensics.model.drift import Sighting
from regforensics.model.history import History
from regforensics.model.locked import Locked
from regforensics.model.snapshot import Artifact, Members, Observation, Release, Snapshot

ON_DISK = -1  # the place of files on disk, which no registry states
LOCKED = -2  # the place of what lockfiles and SBOMs pin, whose own place nobody can ask


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
    """A file as one capture states it, as it stands on disk, or as a lockfile pins it (both without
    a snapshot); ``url`` is where the lockfile has it fetched from."""

    base: int
    version: str
    filename: str
    digests: Mapping[str, Fact[str]]
    observation: Observation
    snapshot: Snapshot | None = None
    file: Artifact | None = None
    locked: Locked | None = None
    url: Fact[str] | None = None


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
    _add_locked(history, states)
    return states


def _add_locked(history: History, states: States) -> None:
    """What lockfiles pin of files that are known by name; of npm there is one a version."""
    single, told = history.package.registry == "npm", set[object]()
    spelled = {plain(history.package, version): version for version in states}
    for one in history.of(Locked):
        seen, asked = one.observation, one.package.version
        cited = one.line.citations[0]
        if not asked or seen is None or one.elsewhere or (cited.sha256, cited.start) in told:
            continue
        told.add((cited.sha256, cited.start))
        version = spelled.setdefault(plain(history.package, asked), asked)
        files = states.setdefault(version, {})
        for file in one.files:
            key = "" if single else file.filename
            if key is not None and file.digests:
                name = next((s.filename for s in files.get(key, ())), None) or file.filename \
                    or f"the file of {one.package.target}"
                files.setdefault(key, []).append(State(
                    LOCKED, version, name, file.digests, seen, locked=one, url=file.url))


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


def file_named(one: Locked) -> str:
    """A lockfile or SBOM as a sentence names it, by the path that it was handed over under."""
    label = one.observation.label if one.observation else ""
    where = f" at commit {one.commit[:12]}" if one.commit else ""
    return f"{'the SBOM' if one.sbom else 'the lockfile'} {said(one.path)} ({label}){where}"


def line_of(state: State) -> Fact[object]:
    return anchor(state.snapshot) if state.snapshot else next(iter(state.digests.values()))


def place_of(state: State) -> Fact[object]:
    if state.locked is not None:
        return derive(file_named(state.locked), state.locked.line)
    if state.snapshot is None:
        seen = state.observation
        place = f", from {seen.registry}" if seen.registry else ""
        return derive(f"the stored file {state.filename} ({seen.label}{place})", line_of(state))
    return derive(state.observation.registry or "a handed-over file", line_of(state))
