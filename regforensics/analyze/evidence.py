"""What the evidence itself is worth: how many captures, from where, with which holes."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series, anchor, counted, dated, seen, series, span, unchanged
from regforensics.model.citation import derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import Attempt, History, Scope
from regforensics.model.instant import Interval
from regforensics.model.origin import verdict
from regforensics.model.snapshot import Snapshot, Tell

CAPTURES = Rule(
    "integrity.captures", "integrity",
    "how many captures of the package there are, from when to when, and how many were unchanged",
    "the first and the last capture's custody lines; list shows the others", "none")
FAILED = Rule(
    "integrity.failed", "integrity", "attempts to capture the package that gave no state of it",
    "the custody lines of the first and last attempt with that reason", "none")
LONGEST_GAP = Rule(
    "integrity.longest-gap", "integrity", "the longest time without a capture",
    "the custody lines of the captures before and after it", "none")
MIRROR = Rule(
    "integrity.mirror", "integrity",
    "a capture looks like a mirror's or proxy's answer, and by which sign",
    "the sign: a header in the custody line, or a member of the document",
    "old packages lack members that newer ones have; every corporate proxy leaves a sign")
ORIGIN = Rule(
    "integrity.origin", "integrity", "a capture carries only signs of the registry itself",
    "the signs", "a mirror that copies documents whole leaves no sign")
UNREADABLE = Rule(
    "integrity.unreadable", "integrity",
    "a capture that could not be read as a document of this package", "its custody line", "none")


def run(history: History, _scope: Scope) -> Iterator[Finding]:
    """Coverage in time, provenance of the captures, and what could not be read."""
    for part in series(history):
        yield _captures(part)
        yield from _longest_gap(part)
        yield from _signs(part)
    yield from _failures(history)
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
    when = Interval(dated(first), dated(last)) if dated(first) or dated(last) else None
    return part.claim(
        CAPTURES, when,
        "There are {count} captures, from {first} to {last}; {same} of them show the same bytes as"
        " the one before.", count=derive(len(shots), anchor(first), anchor(last)),
        same=derive(same or "none", anchor(first), anchor(last)), first=seen(first),
        last=seen(last))


def _longest_gap(part: Series) -> Iterator[Finding]:
    known = [(at.utc, s) for s in part.snapshots if (at := dated(s))]
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
    yield Gap(f"what came and went between {dated(old)} and {dated(new)}",
              f"for {span(length)} nobody captured the package; what was there only in between can"
              " have left no trace", part.package,
              "mirrors, archives and colleagues, for documents captured in that time",
              (*anchor(old).citations, *anchor(new).citations))


def _signs(part: Series) -> Iterator[Claim]:
    """Each sign of a mirror once, at the first capture that shows it."""
    told: dict[str, list[tuple[Snapshot, Tell]]] = {}
    for snapshot in part.snapshots:
        for tell in snapshot.origin:
            if tell.points_to == "mirror":
                told.setdefault(tell.sign, []).append((snapshot, tell))
    for shots in told.values():
        yield _mirror(part, shots)
    quiet = [s for s in part.snapshots if verdict(s.origin) == "origin"]
    if quiet and not told:
        yield _origin(part, quiet[-1])


def _mirror(part: Series, shots: Sequence[tuple[Snapshot, Tell]]) -> Claim:
    snapshot, tell = shots[0]
    fact = tell.fact or anchor(snapshot)
    last = anchor(shots[-1][0])
    return part.claim(
        MIRROR, dated(snapshot),
        "{count}, the first of {at}, looks like a mirror's or proxy's answer and not the registry's"
        " own: {sign}.", absences=(tell.absence,) if tell.absence else (), at=seen(snapshot),
        count=derive(f"{counted(len(shots), 'capture')} of {len(part.snapshots)}",
                     anchor(snapshot), last), sign=derive(tell.sign, fact))


def _origin(part: Series, newest: Snapshot) -> Claim:
    facts = [tell.fact for tell in newest.origin if tell.fact is not None]
    signs = "; ".join(tell.sign for tell in newest.origin)
    return part.claim(
        ORIGIN, dated(newest),
        "No capture carries a sign of a mirror. The newest, of {at}, shows: {signs}.",
        notable=False, at=seen(newest), signs=derive(signs, *(facts or [anchor(newest)])))


def _failures(history: History) -> Iterator[Finding]:
    groups: dict[str, list[Attempt]] = {}
    for attempt in history.failures:
        groups.setdefault(attempt.reason, []).append(attempt)
    for reason, attempts in groups.items():
        first, last = attempts[0], attempts[-1]
        facts: Facts = {
            "reason": derive(reason, first.line),
            "first": derive(first.at or "an unknown time", first.line)}
        if first is last:
            yield FAILED.claim(history.package, first.at,
                               "An attempt to capture the package failed at {first}: {reason}.",
                               **facts)
        else:
            yield FAILED.claim(
                history.package, Interval(first.at, last.at),
                "{count} attempts to capture the package failed, from {first} to {last}: {reason}.",
                count=derive(len(attempts), first.line, last.line),
                last=derive(last.at or "an unknown time", last.line), **facts)


ANALYZER = Analyzer("evidence", (CAPTURES, FAILED, LONGEST_GAP, MIRROR, ORIGIN, UNREADABLE), run)
