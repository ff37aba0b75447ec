"""The time after the last capture: what should have been one in it, up to when a report is made.

No later capture closes this time, so that no claim spans it: what went on in it is a Gap.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from regforensics.analyze.custody.holes import CAPTURE_GAPS, Rhythm, broken, holes, told, tried
from regforensics.analyze.custody.regular import missing
from regforensics.analyze.seen import Series, anchor, dated, series, span
from regforensics.model.claim import Gap
from regforensics.model.history import Attempt, History, Scope
from regforensics.model.package import PackageRef
from regforensics.model.run import Run
from regforensics.model.snapshot import Snapshot

_ASK = "the registry, with snapshot; mirrors, archives and colleagues for documents of that time"


def open_ends(history: History, scope: Scope) -> Iterator[Gap]:
    """A Gap for each place whose last capture is followed by attempts that failed, by runs that did
    not come to their end, or by less captures than the usual rhythm has; and for a package that
    nobody could capture."""
    every = series(history)
    parts = [part for part in every if part.base] or every
    last = max((at for part in parts for _, at in _dated(part)), default=None)
    for part in parts:
        known = _dated(part)
        if known:
            others = tuple(other.base for other in parts if other is not part and other.base)
            yield from _after(history, part, known[-1], scope, others,
                              leads=known[-1][1] == last)
    if not every:
        yield from _never(history)


def _dated(part: Series) -> list[tuple[Snapshot, datetime]]:
    """The captures of a place with their times, by time."""
    return sorted(((s, at.utc) for s in part.snapshots if (at := dated(s))),
                  key=lambda pair: pair[1])


def _after(history: History, part: Series, last: tuple[Snapshot, datetime], scope: Scope,
           others: tuple[str, ...], *, leads: bool) -> Iterator[Gap]:
    """``leads``: it was captured last, so that runs, and attempts at a place where nothing was ever
    captured, belong to it; ``others`` are the other places."""
    snapshot, at = last
    rhythm, _ = holes(history, part)
    mine = rhythm is not None and not snapshot.observation.handed
    length = scope.made.utc - at if scope.made else None
    lacking = missing(length, rhythm.usual) if length and mine and rhythm else 0
    attempts = [a for when, a in tried(history, "" if leads else part.base)
                if when > at and not a.captured
                and (a.url.startswith(part.base) or not a.url.startswith(others))]
    runs = [run for run in broken(history) if run.begun.utc > at] if leads else []
    if not (lacking or attempts or runs):
        return
    until = f", for {span(length)} up to {scope.made}, when this was written" if length else ""
    place = f" at {part.base}" if part.qualified else ""
    yield _gap(history.package, f"what came and went{place} after {dated(snapshot)}",
               f"no capture follows that one{until}", rhythm, attempts, runs, lacking, snapshot)


def _never(history: History) -> Iterator[Gap]:
    attempts = [a for _, a in tried(history, "")]
    if attempts:
        yield _gap(history.package, "what the registry says of the package",
                   "nobody captured it", None, attempts, broken(history), 0, None)


def _gap(package: PackageRef, question: str, lead: str, rhythm: Rhythm | None,
         attempts: Sequence[Attempt], runs: Sequence[Run], lacking: int,
         snapshot: Snapshot | None) -> Gap:
    ends = (snapshot,) if snapshot else ()
    words, facts = told(rhythm, attempts, runs, lacking, ends)
    reason = CAPTURE_GAPS.claim(package, None, words, **facts)
    lines = dict.fromkeys((*(c for s in ends for c in anchor(s).citations), *reason.citations))
    return Gap(question, f"{lead}: {reason.statement}", package, _ASK, tuple(lines))
