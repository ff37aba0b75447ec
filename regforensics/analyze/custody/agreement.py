"""Two documents of one observation that disagree: both are cited, neither is believed alone."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from regforensics.analyze.compare.digests import differs
from regforensics.analyze.rules import Analyzer, Finding, Rule
from regforensics.analyze.seen import Series, dated, seen, series, unchanged
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.claim import Claim
from regforensics.model.history import History, Scope
from regforensics.model.snapshot import Artifact, Release, Snapshot

DIGEST = Rule(
    "integrity.digest-disagrees", "integrity",
    "two documents of one capture state different digests for one file",
    "both digests", "two servers of one registry that are out of step for minutes", "evidenced")
YANK = Rule(
    "integrity.yank-disagrees", "integrity",
    "two documents of one capture disagree on whether a file is yanked", "both members",
    "caches of different age: 15 minutes for the JSON API, 10 for the Simple API", "evidenced")
RELEASE = Rule(
    "integrity.release-disagrees", "integrity",
    "one document of a capture lists releases with files that the other does not list",
    "the releases in the one, their absence from the other",
    "caches of different age; a quarantined release; releases without files are not counted")
FILE = Rule(
    "integrity.file-disagrees", "integrity",
    "one document of a capture lists a file of a release that the other lists without it",
    "the file in the one, its absence from the other", "caches of different age")
STATE = Rule(
    "integrity.state-disagrees", "integrity",
    "one document of a capture shows the package, the other says that there is none",
    "both answers", "caches of different age", "evidenced")


def run(history: History, _scope: Scope) -> Iterator[Finding]:
    """Compares the documents of each observation that has several."""
    for part in series(history):
        last: Snapshot | None = None
        for snapshot in part.snapshots:
            if last is None or not unchanged(last, snapshot):
                for one, other in combinations(snapshot.parts, 2):
                    yield from _pair(part, snapshot, one, other)
            last = snapshot


def _pair(part: Series, whole: Snapshot, one: Snapshot, other: Snapshot) -> Iterator[Claim]:
    states = {one.state, other.state}
    if states == {"present", "absent"}:
        yield from _states(part, whole, one, other)
    if states != {"present"} or one.partial or other.partial:
        return
    yield from _unlisted(part, whole, one, other)
    yield from _unlisted(part, whole, other, one)
    for version in one.releases:
        if version in other.releases:
            yield from _files(part, whole, one.releases[version], other.releases[version])


def _states(part: Series, whole: Snapshot, one: Snapshot, other: Snapshot) -> Iterator[Claim]:
    there, gone = (one, other) if one.state == "present" else (other, one)
    if there.state_fact and gone.state_fact:
        yield part.claim(
            STATE, dated(whole),
            "In the capture of {at} one answer shows the package ({name}), the other says that"
            " there is none.", at=seen(whole), name=there.state_fact, also=(gone.state_fact,))


def _unlisted(part: Series, whole: Snapshot, here: Snapshot, there: Snapshot) -> Iterator[Claim]:
    missing = [v for v in here.releases if v not in there.releases and here.releases[v].artifacts]
    if missing:
        anchors: list[Fact[Any]] = [here.releases[v].anchor for v in missing]
        yield part.claim(
            RELEASE, dated(whole),
            "In the capture of {at} {here} lists {count} releases with files that {there} does not"
            " list: {versions}.", at=seen(whole), here=_named(here), there=_named(there),
            count=derive(len(missing), *anchors), versions=derive(tuple(missing), *anchors),
            absences=tuple(there.releases.absence(v) for v in missing))


def _named(document: Snapshot) -> Fact[str]:
    fact = document.state_fact or document.observation.line
    if fact is None:
        raise ValueError(f"document {document.observation.label} has no line of its own")
    return derive(document.observation.label, fact)


def _files(part: Series, whole: Snapshot, one: Release, other: Release) -> Iterator[Claim]:
    mine = {file.filename: file for file in one.artifacts}
    theirs = {file.filename: file for file in other.artifacts}
    for name in mine.keys() & theirs.keys():
        yield from _file(part, whole, one.version, mine[name], theirs[name])
    if not mine or not theirs:
        return
    for held, lacking, release in ((mine, theirs, other), (theirs, mine, one)):
        for name, file in held.items():
            if name not in lacking and release.file_absence is not None:
                yield _unlisted_file(part, whole, release, file, release.file_absence(name))


def _unlisted_file(part: Series, whole: Snapshot, release: Release, file: Artifact,
                   absence: Absence) -> Claim:
    return part.claim(
        FILE, dated(whole),
        "In the capture of {at} one document lists the file {file} of release {version}, the other"
        " lists the release without it.", on=release.version, at=seen(whole), file=file.name,
        version=derive(release.version, release.anchor), absences=(absence,))


def _file(part: Series, whole: Snapshot, version: str, one: Artifact,
          other: Artifact) -> Iterator[Claim]:
    for algorithm, fact in one.digests.items():
        second = other.digests.get(algorithm)
        if second is not None and differs(algorithm, fact.value, second.value):
            yield part.claim(
                DIGEST, dated(whole),
                "Two documents of the capture of {at} state different bytes for {file}:"
                " {algorithm} {one} and {other}.", on=version, at=seen(whole), file=one.name,
                algorithm=derive(algorithm, fact, second), one=fact, other=second)
    if one.yanked and other.yanked and bool(one.yanked.value) != bool(other.yanked.value):
        yield part.claim(
            YANK, dated(whole),
            "Two documents of the capture of {at} disagree on whether {file} is yanked: {one} and"
            " {other}.", on=version, at=seen(whole), file=one.name, one=one.yanked,
            other=other.yanked)


ANALYZER = Analyzer("agreement", (DIGEST, YANK, RELEASE, FILE, STATE), run)
