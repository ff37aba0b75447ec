"""What the evidence itself is worth: how many captures, from where, with which holes."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series, anchor, counted, dated, seen, series, span, unchanged
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import Attempt, History, Scope
from regforensics.model.instant import Interval
from regforensics.model.snapshot import Snapshot

CAPTURES = Rule(
    "integrity.captures", "integrity",
    "how many captures of the package there are, from when to when, and how many were unchanged",
    "the captures' custody lines; of more than twelve the first and the last, and list shows the"
    " others", "none")
CONTRADICTED = Rule(
    "integrity.time-contradicted", "integrity",
    "a capture is stated to have been observed at a time that its own content or its custody line"
    " contradicts: the stated time bounds nothing",
    "the latest time in the document, and the custody line with the stated time",
    "a handed-over file that was dated by its day only; clocks that differ by minutes")
FAILED = Rule(
    "integrity.failed", "integrity",
    "attempts to capture the package, or what other services say of it, that came to nothing",
    "the custody lines of the first and last attempt with that reason", "none", "evidenced")
LONGEST_GAP = Rule(
    "integrity.longest-gap", "integrity", "the longest time without a capture",
    "the custody lines of the captures before and after it", "none")
STALE = Rule(
    "integrity.stale", "integrity",
    "a later capture shows an older state than an earlier one, and is not compared with it",
    "the last write in both documents, and the custody line of the later capture",
    "an operator who puts back an older state of a package")
UNREADABLE = Rule(
    "integrity.unreadable", "integrity",
    "a capture that could not be read as a document of this package", "its custody line", "none")

#: What the documents beside a package's state are, by kind.
_SOUGHT = {
    "osv": "OSV's advisories",
    "github-advisories": "GitHub's advisories",
    "pypi-journal": "the index's journal", "pypi-roles": "the index's roles",
    "pypi-user-packages": "the account's roles", "npm-search": "npm's search",
    "maven-search": "Maven Central's search index",
    "npm-keys": "the registry's signing keys", "npm-abbreviated": "the abbreviated document",
    "npm-attestations": "npm's attestations", "pypi-provenance": "PyPI's provenance",
    "npm-downloads": "npm's download counts",
    "npm-version-downloads": "npm's download counts by version",
    "npm-total-downloads": "npm's download counts of the whole registry",
    "pypistats-downloads": "the download counts of pypistats",
    "clickpy-downloads": "the download counts of ClickPy",
}
_PARTLY = ", and {partly} of them {differ} from it in nothing but {kinds}"
_OUTAGES = 6  # of one reason that are told one by one
_NO_HOLE = timedelta(minutes=1)  # what is shorter leaves nothing open that anybody would ask about
MANY = 12  # captures; of more than that not every custody line is cited


def run(history: History, _scope: Scope) -> Iterator[Finding]:
    """Coverage in time, states that go back, and what could not be read."""
    for part in series(history):
        yield _captures(part)
        yield from _longest_gap(part)
        yield from _stale(part)
    yield from _failures(history)
    yield from _contradicted(history)
    yield from history.gaps
    told: set[str] = set()
    for snapshot in history.snapshots:
        yield from snapshot.gaps
        for document in snapshot.parts:
            yield from document.gaps
        line = snapshot.observation.line
        if snapshot.state == "unreadable" and line is not None \
                and snapshot.observation.sha256 not in told:
            told.add(snapshot.observation.sha256)
            yield UNREADABLE.claim(
                history.package, dated(snapshot),
                "The answer in the capture of {at} could not be read as a document of this package;"
                " its bytes are kept.", at=seen(snapshot))


def _captures(part: Series) -> Claim:
    shots = part.snapshots
    first, last = shots[0], shots[-1]
    if len(shots) == 1:
        return part.claim(CAPTURES, dated(first), "There is {count} capture: {first}.",
                          count=derive("one", anchor(first)), first=seen(first))
    same = sum(map(unchanged, shots, shots[1:]))
    lines = _some(list(map(anchor, shots)))
    partly = [kinds for pair in pairwise(shots) if (kinds := _in_part(*pair))]
    more: Facts = {}
    if partly:
        named = dict.fromkeys(kind for kinds in partly for kind in kinds)
        more = {"partly": derive(len(partly), *lines), "kinds": derive(" and ".join(named), *lines),
                "differ": derive("differs" if len(partly) == 1 else "differ", *lines)}
    when = Interval(dated(first), dated(last)) if dated(first) or dated(last) else None
    listed = "" if len(shots) <= MANY else " (regforensics list shows every one)"
    return part.claim(
        CAPTURES, when,
        "There are {count} captures, from {first} to {last}" + listed + "; {same} of them {verb}"
        " the same bytes as the one before" + (_PARTLY if partly else "") + ".",
        count=derive(len(shots), *lines), **more,
        same=derive(same or "none", *lines), verb=derive("shows" if same == 1 else "show", *lines),
        first=seen(first), last=seen(last))


def _in_part(old: Snapshot, new: Snapshot) -> tuple[str, ...]:
    """The kinds of document that differ where another document of the capture does not."""
    if unchanged(old, new) or old.state != new.state:
        return ()
    one, other = _documents(old), _documents(new)
    apart = [kind for kind, digest in other.items() if one.get(kind) != digest]
    if len(apart) == len(other):
        return ()
    return tuple(dict.fromkeys("files of single versions" if kind in new.further else kind
                               for kind in apart))


def _documents(snapshot: Snapshot) -> dict[str, str]:
    """The digests of all that was answered, by kind or by what was asked."""
    every = (snapshot.observation, *(p.observation for p in snapshot.parts))
    return {**{o.kind: o.sha256 for o in every}, **snapshot.further}


def _stale(part: Series) -> Iterator[Claim]:
    for snapshot, newer, older in part.behind:
        yield part.claim(
            STALE, dated(snapshot),
            "The capture of {at} shows a state last written at {older}, although an earlier capture"
            " showed one of {newer}: a cache that lags behind, or a state that was put back."
            " Nothing is called removed, moved or added because of it.",
            inferred=True, at=seen(snapshot), older=older, newer=newer)


def _some(lines: Sequence[Fact[Any]]) -> Sequence[Fact[Any]]:
    """All the lines that a count rests on; the first and the last where they are many."""
    return lines if len(lines) <= MANY else (lines[0], lines[-1])


def _contradicted(history: History) -> Iterator[Claim]:
    """One claim for each stated time that cannot be right."""
    for snapshot in history.snapshots:
        stated, line = snapshot.observation.stated, snapshot.observation.line
        if stated is None or line is None:
            continue
        recorded, latest = snapshot.observation.recorded, snapshot.latest
        facts: Facts = {"stated": derive(stated, line)}
        if latest is not None and latest.value.utc > stated.utc:
            yield CONTRADICTED.claim(
                history.package, latest.value,
                "The custody line says that a capture was observed at {stated}, but the document"
                " carries the later time {latest}: the stated time cannot be right, and nothing is"
                " dated by it.", latest=latest, **facts)
        elif recorded is not None:
            yield CONTRADICTED.claim(
                history.package, recorded,
                "The custody line says that a capture was observed at {stated}, but was itself"
                " written before that, at {recorded}: the stated time cannot be right, and nothing"
                " is dated by it.", recorded=derive(recorded, line), **facts)


def _longest_gap(part: Series) -> Iterator[Finding]:
    known = sorted(((at.utc, s) for s in part.snapshots if (at := dated(s))),
                   key=lambda pair: pair[0])
    pairs = [(b - a, old, new) for (a, old), (b, new) in pairwise(known)]
    if not pairs:
        return
    length, old, new = max(pairs, key=lambda pair: pair[0])
    facts: Facts = {
        "after": seen(old), "before": seen(new),
        "length": derive(span(length), anchor(old), anchor(new))}
    yield part.claim(
        LONGEST_GAP, Interval(dated(old), dated(new)),
        "The longest time without a capture is {length}, between {after} and {before}.",
        notable=False, **facts)
    if length < _NO_HOLE:
        return
    yield Gap(f"what came and went between {dated(old)} and {dated(new)}",
              f"for {span(length)} nobody captured the package; what was there only in between can"
              " have left no trace", part.package,
              "mirrors, archives and colleagues, for documents captured in that time",
              (*anchor(old).citations, *anchor(new).citations))


def _failures(history: History) -> Iterator[Finding]:
    made = sorted(at.utc for s in history.snapshots if (at := dated(s)))
    groups: dict[tuple[str, str], list[Attempt]] = {}
    for attempt in history.failures:
        if attempt.kind == "artifact":  # a file, not the package: the artifacts analyzer says it
            continue
        groups.setdefault((_sought(attempt), attempt.reason), []).append(attempt)
    for (sought, reason), attempts in groups.items():
        for outage in _outages(attempts, made):
            yield _failed(history, sought, reason, outage)
    beside = dict.fromkeys(_sought(a) for a in history.failures
                           if a.beside and not a.answered and a.kind != "artifact")
    for sought in beside:
        mine = [a for a in history.failures if _sought(a) == sought]
        yield Gap(f"{sought}: an answer", f"{counted(len(mine), 'request')} for it"
                  f" {'was' if len(mine) == 1 else 'were'} not answered, the last at"
                  f" {mine[-1].at or 'an unknown time'}: {mine[-1].reason}", history.package,
                  "the same service again, with snapshot or downloads",
                  mine[-1].line.citations)


def _outages(attempts: Sequence[Attempt], made: Sequence[datetime]) -> list[list[Attempt]]:
    """The attempts that failed for one reason, apart where the package was captured in between;
    together where that would be very many."""
    found = [list(group) for _, group in groupby(
        attempts, key=lambda a: None if a.beside or not a.at else bisect_left(made, a.at.utc))]
    return found if len(found) <= _OUTAGES else [list(attempts)]


def _sought(attempt: Attempt) -> str:
    """What was asked for, as a sentence names it."""
    return _SOUGHT.get(attempt.kind, f"the answer {attempt.kind}") if attempt.beside \
        else "the package"


def _failed(history: History, sought: str, reason: str, attempts: Sequence[Attempt]) -> Claim:
    """One claim for all attempts that failed for one reason."""
    first, last = attempts[0], attempts[-1]
    facts: Facts = {
        "sought": derive(sought, first.line), "reason": derive(reason, first.line),
        "first": derive(first.at or "an unknown time", first.line)}
    where = ""
    if first.url:
        where = "; asked was {url}" if len({a.url for a in attempts}) == 1 else \
            "; asked first was {url}"
        facts["url"] = derive(first.url, first.line)
    names = dict.fromkeys(a.run for a in attempts)
    folds = f"{FAILED.id} {sought} {reason} {' '.join(sorted(names))}" if all(names) else ""
    if first is last:
        return replace(FAILED.claim(
            history.package, first.at,
            "An attempt to capture {sought} failed at {first}: {reason}" + where + ".", **facts),
            folds=folds)
    lines = _some([a.line for a in attempts])
    within = ""
    if all(names) and len(names) > 1:
        within, facts["runs"] = " in {runs}", derive(counted(len(names), "run"), *lines)
    return replace(FAILED.claim(
        history.package, Interval(first.at, last.at),
        "{count} attempts" + within + " to capture {sought} failed, from {first} to {last}:"
        " {reason}" + where + ".", inferred=True, count=derive(len(attempts), *lines),
        last=derive(last.at or "an unknown time", last.line), **facts), folds=folds)


ANALYZER = Analyzer("evidence", (CAPTURES, FAILED, LONGEST_GAP, UNREADABLE, STALE,
                                 CONTRADICTED), run)
