"""Drift: one version and file, other bytes, over every capture of a package and files on disk."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from regforensics.analyze.compare.digests import STRONG, compared
from regforensics.analyze.compare.meaning import ACROSS as ACROSS_MEANING
from regforensics.analyze.compare.meaning import LOCKED as LOCKED_MEANING
from regforensics.analyze.compare.meaning import meaning
from regforensics.analyze.compare.stated import State, States, place_of, states_of
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Window, window
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim
from regforensics.model.drift import DigestSeen, Drift, Grade
from regforensics.model.history import History, Scope
from regforensics.model.package import PackageRef

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
LOCKED = Rule(
    "publish.drift-locked", "publish",
    "a lockfile or SBOM pins other bytes for a file of a version than a capture, a stored file or"
    " another lockfile states",
    "the two digests, and the entry of the lockfile",
    "a lockfile that was made against a private registry with a package of its own under that name,"
    " or a mirror that repacks; an SBOM that hashes something else than the package file")
_GRADES: tuple[Grade, ...] = ("confirmed", "likely", "possible", "contradictory")


def find_drift(histories: Iterable[History]) -> tuple[Drift, ...]:
    """Every drift in the histories, by package and version. Never raises on content.

    Added digests, other letter case or order of an integrity text, base64 for hexadecimal, and
    digests of another kind are no drift (see ``variations``).
    """
    return tuple(drift for history in histories
                 for drift, _ in drifts_in(history.package, states_of(history)))


def drifts_in(package: PackageRef, stated: States) -> Iterator[tuple[Drift, list[State]]]:
    """Each drift among the states of one package's files, and the states it shows in."""
    for version, files in stated.items():
        for states in files.values():
            drift = _of_file(package, version, states)
            if drift is not None:
                yield drift, states


def _of_file(package: PackageRef, version: str, states: Sequence[State]) -> Drift | None:
    pairs = [(a, b, grade) for a, b in combinations(_distinct(states), 2)
             if (grade := grade_of(a, b))]
    if not pairs:
        return None
    within = [pair for pair in pairs if _within(pair[0], pair[1])]
    grades = {grade for _, _, grade in within or pairs}
    one, other, _ = (within or pairs)[0]
    across = LOCKED_MEANING if one.locked or other.locked else ACROSS_MEANING
    return Drift(
        subject=package, version=version, file=states[0].filename,
        observations=tuple(_observations(states)), across=not within,
        meaning=meaning(package.registry, other.snapshot) if within else across,
        grade=next(grade for grade in _GRADES if grade in grades))


def _within(one: State, other: State) -> bool:
    return one.base == other.base >= 0


def _distinct(states: Sequence[State]) -> list[State]:
    """The states of each place without those that repeat the digests of the one before."""
    kept: list[State] = []
    last: dict[int, dict[str, str]] = {}
    for state in states:
        stated = {kind: fact.value for kind, fact in state.digests.items()}
        if last.get(state.base) != stated:
            kept.append(state)
            last[state.base] = stated
    return kept


def grade_of(one: State, other: State) -> Grade | None:
    """What the digests that both state say of the bytes; None where none of them differ."""
    said = list(compared(one.digests, other.digests))
    if all(pair.agrees for pair in said):
        return None
    strong = {pair.agrees for pair in said if pair.kind in STRONG}
    if True in strong:
        return "contradictory"
    if one.locked and other.locked:
        return "possible"
    return "confirmed" if strong else "likely"


def _observations(states: Sequence[State]) -> Iterator[DigestSeen]:
    """Each value of each digest kind that all states have, where it is first seen or comes back."""
    for algorithm in dict.fromkeys(kind for state in states for kind in state.digests):
        said: dict[int, str] = {}
        for state in states:
            fact = state.digests.get(algorithm)
            if fact is not None and said.get(state.base) != fact.value:
                said[state.base] = fact.value
                yield DigestSeen(algorithm, fact, state.observation)


def _claims(history: History, _scope: Scope) -> Iterator[Finding]:
    for drift, states in drifts_in(history.package, states_of(history)):
        found = [(a, b) for a, b in combinations(_distinct(states), 2)
                 if _within(a, b) != drift.across and grade_of(a, b) == drift.grade]
        for one, other in _neighbours(found):
            if one.locked or other.locked:
                yield _locked(history.package, drift, one, other)
            elif (one.snapshot is None) == (other.snapshot is None):  # see the rules on artifacts
                yield _claim(history.package, drift, one, other)


def _neighbours(pairs: Sequence[tuple[State, State]]) -> list[tuple[State, State]]:
    """For each later state the nearest earlier one that contradicts it."""
    nearest = {id(other): (one, other) for one, other in pairs}
    return list(nearest.values())


def _claim(package: PackageRef, drift: Drift, one: State, other: State) -> Claim:
    algorithm, before, after = _shown(one, other)
    also = tuple(fact for state in (one, other) for kind, fact in state.digests.items()
                 if fact not in (before, after))
    facts: Facts = {
        "file": derive(other.filename, after), "version": derive(drift.version, after),
        "algorithm": derive(algorithm, before, after), "old": before, "new": after}
    if drift.across or one.snapshot is None or other.snapshot is None:
        here = place_of(one)
        facts |= {"here": derive(_capital(str(here.value)), here), "there": place_of(other)}
        return ACROSS.claim(
            package.at(drift.version), None,
            f"{{here}} and {{there}} {_verb(one, other)} different bytes for {{file}} of version"
            f" {{version}}: {{algorithm}} {{old}} and {{new}}. That is {ACROSS_MEANING}.",
            also=also, **facts)
    seen: Window = window(one.snapshot, other.snapshot)
    template = _TEMPLATES[drift.grade].format(
        when=seen.words, meaning=meaning(package.registry, other.snapshot))
    rule = CONTRADICTORY if drift.grade == "contradictory" else DRIFT
    return rule.claim(package.at(drift.version), seen.when, template, also=also,
                      **facts, **seen.facts)


def _locked(package: PackageRef, drift: Drift, one: State, other: State) -> Claim:
    """The claim that a lockfile's entry does not fit what another state says; the lock first."""
    if one.locked is None:
        one, other = other, one
    algorithm, before, after = _shown(one, other)
    lock, url = place_of(one), one.url
    facts: Facts = {
        "lock": derive(_capital(str(lock.value)), lock), "there": place_of(other),
        "file": derive(other.filename, after), "version": derive(drift.version, lock),
        "algorithm": derive(algorithm, before, after), "old": before, "new": after}
    asked = ""
    if url is not None:
        asked, facts["url"] = "; it was to be fetched from {url}", url
    verb = "pins" if other.locked else "states" if other.snapshot else "holds"
    return LOCKED.claim(
        package.at(drift.version), None,
        f"{{lock}} pins {{file}} of version {{version}} with {{algorithm}} {{old}}{asked}, and"
        f" {{there}} {verb} {{new}}: {_WEIGHT[drift.grade]}. That is {LOCKED_MEANING}.", **facts)


_WEIGHT: dict[Grade, str] = {
    "confirmed": "not the same bytes",
    "possible": "the two disagree about its bytes, neither says when it was written, and either may"
                " have been altered", "likely": "other bytes, as far as a weak digest shows",
    "contradictory": "the two disagree although a strong digest of theirs agrees, so that one of"
                     " the statements is wrong, not the bytes"}


def _verb(one: State, other: State) -> str:
    return "state" if one.snapshot or other.snapshot else "hold"


def _capital(place: str) -> str:
    """A place at the beginning of a sentence; an address stays as it is."""
    return place if "://" in place.partition(" ")[0] else place[:1].upper() + place[1:]


_TEMPLATES: dict[Grade, str] = {
    "confirmed": "The bytes of {{file}} in version {{version}} changed {when}: {{algorithm}} was"
                 " {{old}} and became {{new}}. {meaning}.",
    "likely": "The bytes of {{file}} in version {{version}} changed {when}, as far as a weak digest"
              " shows: {{algorithm}} was {{old}} and became {{new}}. {meaning}.",
    "contradictory": "The digests stated for {{file}} in version {{version}} contradict each other:"
                     " {when} {{algorithm}} changed from {{old}} to {{new}} while a strong digest"
                     " stayed: the metadata was altered, not the bytes. {meaning}."}


def _shown(one: State, other: State) -> tuple[str, Fact[str], Fact[str]]:
    """The strongest digest that differs."""
    apart = [pair for pair in compared(one.digests, other.digests) if not pair.agrees]
    found = min(apart, key=lambda pair: (pair.kind not in STRONG, pair.one))
    name = found.one if found.one == found.other else found.kind
    return name, one.digests[found.one], other.digests[found.other]


ANALYZER = Analyzer("drift", (DRIFT, ACROSS, LOCKED, CONTRADICTORY), _claims)
