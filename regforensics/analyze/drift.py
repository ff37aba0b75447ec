"""Drift: one version and file, other bytes, over every capture of a package.

Releases that stand in the same bytes as in the capture before are not read at all, so that a
hundred captures of a large packument take little more than reading them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from regforensics.analyze.digests import STRONG, agreement
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Window, anchor, series, unchanged, window
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim
from regforensics.model.drift import DigestSeen, Drift, Grade
from regforensics.model.history import History, Scope
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Artifact, Members, Release, Snapshot

__all__ = ["ANALYZER", "Drift", "find_drift"]

DRIFT = Rule(
    "publish.drift", "publish",
    "one file of one version is stated with different bytes in two captures of one registry",
    "the two digests, and the custody lines of the two captures",
    "none in real captures of the public registries; private registries that allow overwriting"
    " a version do it on purpose")
ACROSS = Rule(
    "publish.drift-across", "publish",
    "two registries, or a registry and a mirror, state different bytes for one file",
    "the two digests, and the custody lines of the two captures",
    "a private registry with a package of its own under a public name")
CONTRADICTORY = Rule(
    "publish.digests-contradict", "publish",
    "some digests of a file differ between captures while a strong one agrees",
    "all the digests, and the custody lines of the two captures",
    "a mirror that computes a wrong or differently encoded digest")
MEANING = {
    "npm": "npm lets no publisher replace a published version, so this was the registry's"
           " operator, a mirror or proxy, or tampering; a private registry may allow it",
    "pypi": "PyPI never takes a file name a second time, so this was a mirror or proxy, or"
            " tampering; a private index may allow it"}
_OTHERWISE = "whether a publisher can replace a published file depends on the registry"
_GRADES: tuple[Grade, ...] = ("confirmed", "likely", "contradictory")


@dataclass(frozen=True, slots=True)
class _State:
    """A file as one capture shows it."""

    base: int
    snapshot: Snapshot
    file: Artifact


def find_drift(histories: Iterable[History]) -> tuple[Drift, ...]:
    """Every drift in the histories, by package and version. Never raises on content.

    Added digests, other letter case or order of an integrity text, and digests of another kind
    are no drift.
    """
    return tuple(drift for history in histories for drift, _ in _drifts(history))


def _drifts(history: History) -> Iterator[tuple[Drift, list[_State]]]:
    for version, states in _states(history).items():
        if len(states) > 1:
            yield from _in_version(history.package, version, states)


def _states(history: History) -> dict[str, list[tuple[int, Snapshot]]]:
    """For each version the captures in which it stands in other bytes than in the one before."""
    states: dict[str, list[tuple[int, Snapshot]]] = {}
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
                    states.setdefault(version, []).append((base, snapshot))
                    last[version] = releases
    return states


def _alike(one: Release, other: Release) -> bool:
    """True where both state the same files with the same digests, whatever else changed."""
    return _prints(one) == _prints(other)


def _prints(release: Release) -> dict[str, dict[str, str]]:
    return {file.filename: {kind: fact.value for kind, fact in file.digests.items()}
            for file in release.artifacts}


def _in_version(package: PackageRef, version: str, states: Sequence[tuple[int, Snapshot]]
                ) -> Iterator[tuple[Drift, list[_State]]]:
    files: dict[str, list[_State]] = {}
    for base, snapshot in states:
        for file in snapshot.releases[version].artifacts:
            # An npm version is one tarball, however a mirror spells its address.
            key = file.filename if package.registry != "npm" else ""
            files.setdefault(key, []).append(_State(base, snapshot, file))
    for held in files.values():
        drift = _of_file(package, version, held)
        if drift is not None:
            yield drift, held


def _of_file(package: PackageRef, version: str, states: Sequence[_State]) -> Drift | None:
    pairs = [(a, b, grade) for a, b in combinations(states, 2) if (grade := _grade(a.file, b.file))]
    within = [pair for pair in pairs if pair[0].base == pair[1].base]
    if not pairs:
        return None
    grades = {grade for _, _, grade in within or pairs}
    return Drift(
        subject=package, version=version, file=states[0].file.filename,
        observations=tuple(_observations(states)), across=not within,
        grade=next(grade for grade in _GRADES if grade in grades))


def _grade(one: Artifact, other: Artifact) -> Grade | None:
    """What the digests that both state say of the bytes; None where none of them differ."""
    said = [(kind, agrees) for name, fact in one.digests.items() if name in other.digests
            for kind, agrees in agreement(name, fact.value, other.digests[name].value).items()]
    if all(agrees for _, agrees in said):
        return None
    strong = {agrees for kind, agrees in said if kind in STRONG}
    if True in strong:
        return "contradictory"
    return "confirmed" if strong else "likely"


def _observations(states: Sequence[_State]) -> Iterator[DigestSeen]:
    """Each value of each digest kind that all states have, where it is first seen or comes back."""
    for algorithm in dict.fromkeys(kind for state in states for kind in state.file.digests):
        said: dict[int, str] = {}
        for state in states:
            fact = state.file.digests.get(algorithm)
            if fact is not None and said.get(state.base) != fact.value:
                said[state.base] = fact.value
                yield DigestSeen(algorithm, fact, state.snapshot.observation)


def _claims(history: History, _scope: Scope) -> Iterator[Finding]:
    for drift, states in _drifts(history):
        found = [(a, b) for a, b in combinations(states, 2)
                 if (a.base != b.base) == drift.across and _grade(a.file, b.file) == drift.grade]
        for one, other in _neighbours(found):
            yield _claim(history.package, drift, one, other)


def _neighbours(pairs: Sequence[tuple[_State, _State]]) -> list[tuple[_State, _State]]:
    """For each later state the nearest earlier one that contradicts it."""
    nearest = {id(other): (one, other) for one, other in pairs}
    return list(nearest.values())


def _claim(package: PackageRef, drift: Drift, one: _State, other: _State) -> Claim:
    algorithm, before, after = _shown(one.file, other.file)
    also = tuple(fact for state in (one, other) for kind, fact in state.file.digests.items()
                 if kind != algorithm)
    facts: Facts = {
        "file": derive(other.file.filename, after), "version": derive(drift.version, after),
        "algorithm": derive(algorithm, before, after), "old": before, "new": after}
    meaning = MEANING.get(package.registry, _OTHERWISE)
    if drift.across:
        facts |= {"here": _place(one), "there": _place(other)}
        return ACROSS.claim(
            package.at(drift.version), None,
            "{here} and {there} state different bytes for {file} of version {version}:"
            " {algorithm} {old} and {new}.", also=also, **facts)
    seen: Window = window(one.snapshot, other.snapshot)
    template = _TEMPLATES[drift.grade].format(when=seen.words, meaning=meaning)
    rule = CONTRADICTORY if drift.grade == "contradictory" else DRIFT
    return rule.claim(package.at(drift.version), seen.when, template, also=also,
                      **facts, **seen.facts)


_TEMPLATES: dict[Grade, str] = {
    "confirmed": "The bytes of {{file}} in version {{version}} changed {when}: {{algorithm}} was"
                 " {{old}} and became {{new}}. {meaning}.",
    "likely": "The bytes of {{file}} in version {{version}} changed {when}, as far as a weak digest"
              " shows: {{algorithm}} was {{old}} and became {{new}}. {meaning}.",
    "contradictory": "The digests stated for {{file}} in version {{version}} contradict each other:"
                     " {when} {{algorithm}} changed from {{old}} to {{new}} while a strong digest"
                     " stayed: the metadata was altered, not the bytes. {meaning}."}


def _shown(one: Artifact, other: Artifact) -> tuple[str, Fact[str], Fact[str]]:
    """The strongest digest that differs."""
    apart = [(not any(kind in STRONG and not agrees for kind, agrees in said.items()), name)
             for name, fact in one.digests.items() if name in other.digests
             and not all((said := agreement(name, fact.value, other.digests[name].value)).values())]
    name = min(apart)[1]
    return name, one.digests[name], other.digests[name]


def _place(state: _State) -> Fact[object]:
    base = state.snapshot.observation.registry or "a handed-over file"
    return derive(base, anchor(state.snapshot))


ANALYZER = Analyzer("drift", (DRIFT, ACROSS, CONTRADICTORY), _claims)
