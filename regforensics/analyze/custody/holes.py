"""Times without a capture in which one should have been: what failed in them, and what that leaves
open in every claim that captures bound.

A claim that something happened between two captures is as exact as the captures are close. Where
attempts failed in between, runs were killed, or the usual rhythm was missed, the claim says so.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from regforensics.analyze.custody.evidence import LONGEST_GAP
from regforensics.analyze.custody.regular import missing, usual
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series, anchor, counted, dated, seen, series, span
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.dating import observations_of
from regforensics.model.history import Attempt, History, Scope
from regforensics.model.instant import Instant, Interval
from regforensics.model.run import Run
from regforensics.model.snapshot import Snapshot

CAPTURE_GAPS = Rule(
    "integrity.capture-gaps", "integrity",
    "how many times without a capture there are in which attempts failed, runs ended before they"
    " were done, or captures of the usual rhythm are missing, and the longest of them",
    "the custody lines of the captures around the longest, of the first and last attempt and run"
    " that failed, and of two captures as far apart as is usual",
    "a rhythm that was changed on purpose; runs that are still at work when the report is made")

_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Hole:
    """The time between two captures of one place, and what should have been a capture in it."""

    old: Snapshot
    new: Snapshot
    after: datetime
    before: datetime
    attempts: tuple[Attempt, ...] = ()
    runs: tuple[Run, ...] = ()
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The usual time between two captures, with a pair of captures that lie so far apart."""

    usual: timedelta
    old: Snapshot
    new: Snapshot


def run(history: History, _scope: Scope) -> Iterator[Finding]:
    """The holes of each place, counted."""
    for part in series(history):
        rhythm, found = holes(history, part)
        if found:
            yield _claim(part, rhythm, found)


def holes(history: History, part: Series) -> tuple[Rhythm | None, tuple[Hole, ...]]:
    """The usual rhythm, and the times between captures in which something failed or is missing."""
    known = sorted(((at.utc, s) for s in part.snapshots
                    if (at := dated(s)) and not s.observation.served),
                   key=lambda pair: pair[0])
    rhythm = _rhythm(known)
    attempts = tried(history, part.base)
    whens = [at for at, _ in attempts]
    runs = broken(history)
    begun = [r.begun.utc for r in runs]
    found = []
    for (a, old), (b, new) in pairwise(known):
        lacking = missing(b - a, rhythm.usual if rhythm else None)
        lost = attempts[bisect_right(whens, a):bisect_left(whens, b)]
        ended = runs[bisect_right(begun, a):bisect_left(begun, b)]
        if lacking or lost or ended:
            found.append(Hole(old, new, a, b, tuple(t for _, t in lost), tuple(ended), lacking))
    return rhythm, tuple(found)


def _rhythm(known: Sequence[tuple[datetime, Snapshot]]) -> Rhythm | None:
    """None where the captures have no regular one."""
    pairs = sorted(((b - a, old, new) for (a, old), (b, new) in pairwise(known)),
                   key=lambda pair: pair[0])
    if usual([length for length, _, _ in pairs]) is None:
        return None
    return Rhythm(*pairs[len(pairs) // 2])


def tried(history: History, base: str) -> list[tuple[datetime, Attempt]]:
    """The attempts to capture the package's state at a place that failed, by time."""
    return sorted(((a.at.utc, a) for a in history.failures
                   if a.at and not a.beside and not a.repeated and a.kind != "artifact"
                   and (not a.url or a.url.startswith(base))), key=lambda pair: pair[0])


def broken(history: History) -> list[Run]:
    """The runs that did not come to their end, by time."""
    return sorted((r for r in history.runs if not r.finished), key=lambda r: r.begun.utc)


def _claim(part: Series, rhythm: Rhythm | None, found: Sequence[Hole]) -> Claim:
    longest = max(found, key=lambda hole: hole.before - hole.after)
    first, last = found[0], found[-1]
    words, facts = _told(rhythm, found)
    return part.claim(
        CAPTURE_GAPS, Interval(dated(first.old), dated(last.new)),
        "{holes} between captures {had} capture that failed or is missing: " + words + "; the"
        " longest is {length}, between {after} and {before}.", notable=False, **facts,
        holes=derive(counted(len(found), "time"), anchor(first.old), anchor(last.new)),
        had=derive("has a" if len(found) == 1 else "have a", anchor(first.old)),
        length=derive(span(longest.before - longest.after), anchor(longest.old),
                      anchor(longest.new)),
        after=seen(longest.old), before=seen(longest.new))


def _told(rhythm: Rhythm | None, found: Sequence[Hole]) -> tuple[str, Facts]:
    """What failed or is missing in some holes, as words and their facts."""
    lacking = [hole for hole in found if hole.missing]
    return told(rhythm, [a for hole in found for a in hole.attempts],
                [r for hole in found for r in hole.runs], sum(hole.missing for hole in lacking),
                [lacking[0].old, lacking[-1].new] if lacking else ())


def told(rhythm: Rhythm | None, attempts: Sequence[Attempt], runs: Sequence[Run], lacking: int,
         ends: Sequence[Snapshot]) -> tuple[str, Facts]:
    """What failed or is missing, as words and their facts; ``ends`` are the captures around the
    ``lacking`` ones."""
    words, facts = [], Facts()
    if attempts:
        last = attempts[-1]
        words.append("{attempts} to capture the package failed, the last at {tried}: {reason}")
        facts |= {"attempts": derive(counted(len(attempts), "attempt"), attempts[0].line,
                                     last.line),
                  "tried": derive(last.at, last.line), "reason": derive(last.reason, last.line)}
    if runs:
        words.append("{runs} that {had_it} to capture it {left}, the last begun at {begun}")
        lines = _lines(runs)
        begun = runs[-1].line or lines[-1]
        facts |= {"runs": derive(counted(len(runs), "run"), *lines),
                  "had_it": derive("was" if len(runs) == 1 else "were", *lines),
                  "left": derive(_left(runs), *lines),
                  "begun": derive(runs[-1].begun, begun)}
    if lacking and rhythm:
        around = [anchor(s) for s in (*ends, rhythm.old, rhythm.new)]
        words.append("about {missing} of the usual rhythm, one every {usual}, {are} missing")
        facts |= {"missing": derive(counted(lacking, "capture"), *around),
                  "are": derive("is" if lacking == 1 else "are", *around),
                  "usual": derive(span(rhythm.usual), *around[-2:])}
    return "; ".join(words), facts


def _lines(runs: Sequence[Run]) -> list[Fact[str]]:
    """The first and the last run's own lines."""
    lines = [line for r in (runs[0], runs[-1]) for line in (r.line, r.end) if line is not None]
    return lines[:2] if len(runs) == 1 else lines


def _left(runs: Sequence[Run]) -> str:
    killed = sum(r.ended is None for r in runs)
    if killed == len(runs):
        return "left no line of an end"
    return "ended before being done" if not killed else \
        "ended before being done or left no line of an end"


def spanned(history: History, claims: Iterable[Claim]) -> tuple[list[Claim], list[Gap]]:
    """(the claims, those that captures bound with what failed between these captures, a Gap for
    each hole that claims span)."""
    claims, gaps = list(claims), list[Gap]()
    for part in series(history):
        rhythm, found = holes(history, part)
        if not found:
            continue
        ends = {o.at.utc for s in part.snapshots for o in observations_of(s) if o.at}
        across: dict[int, list[Claim]] = {}
        for index, claim in enumerate(claims):
            inside = [hole for hole in found if _spans(claim, hole, ends)]
            if inside:
                words, facts = _told(rhythm, inside)
                claims[index] = claim.adding(f"In that time, {words}.", facts)
                for hole in inside:
                    across.setdefault(id(hole), []).append(claim)
        gaps += [_gap(part, rhythm, hole, across[id(hole)]) for hole in found if id(hole) in across]
    return claims, gaps


def _spans(claim: Claim, hole: Hole, ends: set[datetime]) -> bool:
    """True where a claim of something between captures takes in a hole, or a part of it."""
    when = claim.when
    if not isinstance(when, Interval) or when.after is None or when.before is None:
        return False
    if claim.section == "integrity" and claim.rule != LONGEST_GAP.id:
        return False  # about all captures: integrity.capture-gaps says it once
    return when.before.utc in ends and when.after.utc < hole.before \
        and hole.after < when.before.utc


def _gap(part: Series, rhythm: Rhythm | None, hole: Hole, across: Sequence[Claim]) -> Gap:
    words, facts = _told(rhythm, [hole])
    reason = CAPTURE_GAPS.claim(part.package, None, f"{words}.", **facts)
    named = list(dict.fromkeys(f"{claim.rule} of {claim.subject.target}" for claim in across))
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return Gap(
        f"when exactly it happened, and what else came and went, between {_text(hole.old)} and"
        f" {_text(hole.new)}",
        f"{reason.statement} Claims that span this time: {', '.join(named[:_MOST_NAMED])}{more}.",
        part.package, "mirrors, archives and colleagues, for documents captured in that time",
        (*anchor(hole.old).citations, *anchor(hole.new).citations, *reason.citations))


def _text(snapshot: Snapshot) -> Instant | str:
    return dated(snapshot) or snapshot.observation.label


ANALYZER = Analyzer("holes", (CAPTURE_GAPS,), run)
