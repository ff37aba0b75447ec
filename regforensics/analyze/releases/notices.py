"""Versions that a registry still serves but warns of: deprecated (npm), yanked (PyPI).

npm records neither time nor actor of a deprecation, PyPI's documents neither of a yank: what two
captures show lies between them.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series, Window, series, unchanged, window
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.claim import Claim, said
from regforensics.model.history import History, Scope
from regforensics.model.instant import Instant
from regforensics.model.snapshot import Artifact, Release, Snapshot

DEPRECATED = Rule(
    "publish.deprecated", "publish", "a deprecation message was set on versions",
    "the messages and both captures",
    "routine for old versions: notable only between captures or for a version in question")
UNDEPRECATED = Rule(
    "publish.undeprecated", "publish", "the deprecation message of versions was cleared",
    "the messages of the earlier capture, the versions of the later one", "routine")
YANKED = Rule(
    "publish.yanked", "publish", "files of a release were yanked",
    "the files' yanked members and both captures",
    "maintainers yank broken releases all the time")
UNYANKED = Rule(
    "publish.unyanked", "publish", "the yank of files of a release was taken back",
    "the files' yanked members and both captures", "routine")


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Deprecations and yanks, set and cleared, in each place."""
    for part in series(history):
        named = scope.versions_of(part.package)
        old: Snapshot | None = None
        for new in part.listings:
            if old is None or not unchanged(old, new):
                touched = [(_of(old, version), new.releases[version]) for version in new.releases
                           if old is None or version not in old.releases
                           or not old.releases.same(version, new.releases)]
                yield from _deprecations(part, old, new, touched, named)
                for one, other in touched:
                    yield from _yanks(part, old if one else None, new, one, other, named)
            old = new


Pair = tuple[Release | None, Release]


def _of(snapshot: Snapshot | None, version: str) -> Release | None:
    return None if snapshot is None else snapshot.releases.get(version)


def _deprecations(part: Series, old: Snapshot | None, new: Snapshot, touched: Sequence[Pair],
                  named: frozenset[str]) -> Iterator[Claim]:
    """One claim for all versions that got, or lost, the same message in the same window."""
    groups: dict[tuple[bool, bool, str], list[Pair]] = {}
    for one, other in touched:
        before, after = one.deprecated if one else None, other.deprecated
        if after is not None and (before is None or before.value != after.value):
            groups.setdefault((True, one is not None, after.value), []).append((one, other))
        elif before is not None and after is None:
            groups.setdefault((False, True, before.value), []).append((one, other))
    for (was_set, seen_before, _), pairs in groups.items():
        lifted = any(other.version in named for _, other in pairs)
        if was_set:
            yield _deprecated(part, old if seen_before else None, new, pairs,
                              notable=seen_before or lifted)
        else:
            yield _cleared(part, window(old, new), pairs)


def _deprecated(part: Series, old: Snapshot | None, new: Snapshot, pairs: Sequence[Pair], *,
                notable: bool) -> Claim:
    notes = [other.deprecated for _, other in pairs if other.deprecated]
    bounds = window(old, new, _earliest([other for _, other in pairs]))
    return part.claim(
        DEPRECATED, bounds.when,
        "The deprecation message {message} was set on {versions} " + bounds.words
        + "; neither time nor actor is recorded.", on=_single(pairs), notable=notable,
        versions=_versions(pairs, notes), message=notes[0], **bounds.facts)


def _cleared(part: Series, bounds: Window, pairs: Sequence[Pair]) -> Claim:
    notes = [one.deprecated for one, _ in pairs if one and one.deprecated]
    now: list[Fact[Any]] = []
    absences: list[Absence] = []
    for _, other in pairs:
        stated = other.remainder.fact("/deprecated") if other.remainder else None
        now.append(stated or other.anchor)
        if stated is None and other.remainder:
            absences.append(other.remainder.absence("/deprecated"))
    return part.claim(
        UNDEPRECATED, bounds.when,
        "The deprecation message {message} of {versions} was cleared " + bounds.words
        + "; neither time nor actor is recorded.", on=_single(pairs), absences=tuple(absences),
        also=tuple(now), versions=_versions(pairs, notes), message=notes[0], **bounds.facts)


def _versions(pairs: Sequence[Pair], facts: Sequence[Fact[Any]]) -> Fact[str]:
    names = [other.version for _, other in pairs]
    text = f"version {said(names[0])}" if len(names) == 1 else \
        f"{len(names)} versions ({', '.join(map(said, names))})"
    return derive(text, facts[0], *facts[1:])


def _single(pairs: Sequence[Pair]) -> str | None:
    return pairs[0][1].version if len(pairs) == 1 else None


def _earliest(releases: Sequence[Release]) -> Fact[Instant] | None:
    """The publish time before which none of the releases existed; None where one is unknown."""
    times = [release.published for release in releases]
    if any(fact is None for fact in times):
        return None
    return min((f for f in times if f is not None), key=lambda f: f.value.utc)


def _yanks(part: Series, old: Snapshot | None, new: Snapshot, one: Release | None, other: Release,
           named: frozenset[str]) -> Iterator[Claim]:
    before = {file.filename: file for file in one.artifacts} if one else {}
    turned: dict[bool, list[Artifact]] = {True: [], False: []}
    for file in other.artifacts:
        was = before.get(file.filename)
        if file.yanked is not None and bool(file.yanked.value) != bool(
                was and was.yanked and was.yanked.value):
            turned[bool(file.yanked.value)].append(file)
    known = old is not None
    for now, files in turned.items():
        if files and (now or known):
            yield _turned(part, window(old, new, other.published), other, files, before, now=now,
                          notable=known or other.version in named)


def _turned(part: Series, bounds: Window, release: Release, files: Sequence[Artifact],
            before: dict[str, Artifact], *, now: bool, notable: bool) -> Claim:
    facts = [f.yanked for f in files if f.yanked]
    reason = next((f for f in facts if isinstance(f.value, str)), None)
    also = tuple(y for f in files if (was := before.get(f.filename)) and (y := was.yanked))
    whole = len(files) == len(release.artifacts)
    what = f"all files ({len(files)})" if whole else \
        f"{len(files)} of {len(release.artifacts)} files"
    template = ("Release {version} was yanked, {what}, " if now else
                "The yank of release {version} was taken back, {what}, ") + bounds.words
    given: Facts = {"reason": reason} if reason and now else {}
    template += "; the reason given is: {reason}" if given else ""
    return part.claim(
        YANKED if now else UNYANKED, bounds.when, template + ".", on=release.version,
        notable=notable, also=also, version=derive(release.version, release.anchor),
        what=derive(what, facts[0], *facts[1:], *(f.name for f in files)), **given, **bounds.facts)


ANALYZER = Analyzer("notices", (DEPRECATED, UNDEPRECATED, YANKED, UNYANKED), run)
