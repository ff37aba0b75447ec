"""What lockfiles and SBOMs in the evidence pin of the versions in question."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from regforensics.analyze.compare.digests import STRONG
from regforensics.analyze.compare.stated import file_named
from regforensics.analyze.logs.requests import plain
from regforensics.analyze.releases.walk import withdrawals
from regforensics.analyze.rules import Analyzer, Finding, Rule
from regforensics.analyze.seen import anchor, counted, series
from regforensics.model.artifact import ArtifactSeen
from regforensics.model.citation import Fact, derive
from regforensics.model.digests import hashes
from regforensics.model.history import History, Scope
from regforensics.model.locked import Locked
from regforensics.model.snapshot import Snapshot

PINNED = Rule(
    "distribution.pinned", "distribution",
    "lockfiles or SBOMs in the evidence pin a version in question",
    "their entries; of more than twelve files the first twelve",
    "a lockfile that nobody used since it was written; an entry for a platform or a group that was"
    " never set up")
UNKNOWN = Rule(
    "publish.locked-unknown", "publish",
    "a lockfile pins a version with hashes of which no captured file of that version has one; a"
    " lead only",
    "the first hash that it pins, and a digest of a captured file",
    "a lockfile that was made against a private index, or that keeps files alone that were deleted"
    " since", lead=True)
MOST = 12


def entries(history: History) -> tuple[Locked, ...]:
    """Every entry once, however often its file was handed over."""
    found: dict[object, Locked] = {}
    for one in history.of(Locked):
        cited = one.line.citations[0]
        found.setdefault((cited.sha256, cited.start, one.repository, one.path), one)
    return tuple(found.values())


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """The files that pin each version in question, and pins that no capture knows."""
    every = entries(history)
    asked = scope.versions_of(history.package) | {
        gone.version for part in series(history) for gone in withdrawals(part)} if every else set()
    for version in sorted(asked):
        mine = [one for one in every if _is(history, one, version) and not one.elsewhere]
        if mine:
            shown = mine[:MOST]
            more = len(mine) - len(shown)
            names = ", ".join(map(file_named, shown)) + (f" and {more} more" if more else "")
            lines = [one.line for one in shown]
            yield PINNED.claim(
                history.package.at(version), None,
                "{count} in this evidence name version {version}: {files}. Whoever set up from one"
                " of them was to get it; that somebody did is not said.",
                count=derive(counted(len(mine), "entry").replace("entrys", "entries"), *lines),
                version=derive(version, *lines), files=derive(names, *lines))
    yield from _unknown(history, every)
    yield from dict.fromkeys(history.gaps_in(Locked))


def _is(history: History, one: Locked, version: str) -> bool:
    mine = one.package.version
    return mine is not None and plain(history.package, mine) == plain(history.package, version)


def _unknown(history: History, every: tuple[Locked, ...]) -> Iterator[Finding]:
    """Only of registries whose versions have several files: of one file, see drift."""
    if history.package.registry != "pypi" or not every:
        return
    known = known_hashes(history)
    told = set[object]()
    for one in every:
        other, pinned = strange(history, one, known), frozenset(_pinned(one))
        key = (plain(history.package, one.package.version or ""), pinned)
        if other is None or key in told or one.elsewhere:
            continue
        told.add(key)
        yield UNKNOWN.claim(
            one.package, None,
            "{lock} pins version {version} with {count}, the first of them {mine}, and none of them"
            " is that of a file of this version in any capture or stored file here, such as"
            " {theirs}.",
            lock=derive(file_named(one)[:1].upper() + file_named(one)[1:], one.line),
            version=derive(one.package.version, one.line),
            count=derive(counted(len(pinned), "hash").replace("hashs", "hashes"), one.line),
            mine=other.mine, theirs=other.theirs, also=(other.line,))


class Strange(NamedTuple):
    """A hash that an entry pins, and one of a captured file with the line that shows it."""

    mine: Fact[str]
    theirs: Fact[str]
    line: Fact[Any]


Known = Mapping[str, Mapping[tuple[str, str], tuple[Fact[str], Fact[Any]]]]


def _pinned(one: Locked) -> dict[tuple[str, str], Fact[str]]:
    """The strong hashes of an entry."""
    return {(kind, value): fact for file in one.files for name, fact in file.digests.items()
            for kind, values in hashes(name, fact.value).items() for value in values
            if kind in STRONG}


def strange(history: History, one: Locked, known: Known) -> Strange | None:
    """That an entry pins hashes of which no captured or stored file of the version has one; None
    where one has, or nothing can be compared."""
    pinned = _pinned(one)
    captured = known.get(plain(history.package, one.package.version or ""), {})
    held = {key: shown for key, shown in captured.items() if key[0] in {kind for kind, _ in pinned}}
    if not pinned or not held or set(pinned) & set(held):
        return None
    return Strange(next(iter(pinned.values())), *next(iter(held.values())))


def known_hashes(history: History) -> Known:
    """By version: each strong digest of a captured or stored file, with what shows it."""
    found: dict[str, dict[tuple[str, str], tuple[Fact[str], Fact[str]]]] = {}
    stated: list[tuple[str, Mapping[str, Fact[str]], Fact[str]]] = [
        (release.version, file.digests, anchor(snapshot))
        for snapshot in _latest(history) for release in snapshot.releases.values()
        for file in release.artifacts]
    stated += [(seen.package.version or "", seen.digests, seen.form)
               for seen in history.of(ArtifactSeen)]
    for version, digests, line in stated:
        for name, fact in digests.items():
            for kind, values in hashes(name, fact.value).items():
                for value in values if kind in STRONG else ():
                    found.setdefault(plain(history.package, version), {}).setdefault(
                        (kind, value), (fact, line))
    return found


def _latest(history: History) -> Iterator[Snapshot]:
    """Every capture that says something else than the one before."""
    last = None
    for snapshot in history.snapshots:
        if snapshot.observation.sha256 != last and (snapshot.observation.line
                                                    or snapshot.state_fact):
            last = snapshot.observation.sha256
            yield snapshot


ANALYZER = Analyzer("pinned", (PINNED, UNKNOWN), run)
