"""Versions in question and the announcement of the incident: published and gone, how far apart.

The time of the announcement is what the analyst typed: it stands in the sentence as given, and has
no line of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from regforensics.analyze.custody.asks import ask
from regforensics.analyze.releases.walk import Published, ended, published, withdrawals
from regforensics.analyze.rules import Analyzer, Finding, Rule
from regforensics.analyze.seen import Bound, Series, anchor, by, series, span, until
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import History, Scope
from regforensics.model.instant import Instant, Interval
from regforensics.model.snapshot import Snapshot, Tombstone

PUBLISHED = Rule(
    "publish.announced", "publish",
    "how long before or after the announcement a version in question was published",
    "the publish time; the announcement is as given on the command line",
    "an announcement time that was rounded or misremembered")
GONE = Rule(
    "publish.gone-by-announcement", "publish",
    "whether a version in question was taken down before or after the announcement",
    "the captures (or the tombstone) that bound the takedown; the announcement is as given on the"
    " command line", "an announcement time that was rounded or misremembered")
_AWAY = frozenset({"absent", "quarantined", "unpublished"})


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Nothing without an announcement; else two statements, or Gaps, for each version named."""
    announced, package = scope.announced, history.package
    if announced is None:
        return
    places = [(part, {p.version: p for p in published(part)}) for part in series(history)]
    for version in sorted(scope.versions_of(package)):
        told = next(((part, known[version]) for part, known in places if version in known), None)
        if told is None:
            yield Gap(f"how long before or after the announcement version {version} was published",
                      "no document in the evidence gives its publish time", package.at(version),
                      ask(package.registry, "publish"))
        elif told[0].mirrored:
            yield Gap(f"how long before or after the announcement version {version} was published",
                      "its publish time is known from a mirror only", package.at(version),
                      ask(package.registry, "publish"), told[1].time.citations)
        else:
            yield _published(*told, announced)
        if places:
            yield _taken_down(places[0][0], version, announced)


def _published(part: Series, item: Published, announced: Instant) -> Claim:
    return part.claim(
        PUBLISHED, item.time.value,
        "Version {version} was published at {published}, {apart}.", on=item.version,
        version=derive(item.version, item.time), published=item.time,
        apart=_apart(item.time.value, announced, item.time))


def _apart(moment: Instant, announced: Instant, *facts: Fact[Any]) -> Fact[str]:
    """``3 h before the announcement (given as ...)``, resting on the facts that give the time."""
    length = announced.utc - moment.utc
    side = "before" if length.total_seconds() > 0 else "after"
    words = f"{span(length)} {side}" if length else "at the time of"
    return derive(f"{words} the announcement (given as {announced})", *facts)


def _taken_down(part: Series, version: str, announced: Instant) -> Finding:
    stone = next(((s, s.tombstone) for s in part.snapshots if s.tombstone), None)
    gone = [item for item in withdrawals(part) if item.version == version and item.back is None]
    if gone:
        item = gone[0]
        what = "was not to be had any more, as the project was quarantined," \
            if item.quarantined else "was gone"
        return _bounded(part, _Seen(version, item.listed, ended(item), what,
                                    (item.missing.releases.absence(version),)), announced)
    if stone is not None and stone[1].at is not None and version in stone[0].times:
        return _unpublished(part, version, stone[0], stone[1], stone[1].at, announced)
    listed = [s for s in part.listings if version in s.releases]
    if not listed:
        return _open(part, version, "no list of versions in the evidence has it")
    after = part.snapshots[part.snapshots.index(listed[-1]) + 1:]
    away = next((s for s in after if s.state in _AWAY), None)
    end = None
    if away is not None:
        shown = away.state_fact or anchor(away)
        bound = by(away, shown)
        end = Bound(bound.at, derive(bound.fact.value, bound.fact, shown))
    state = f"was {away.state} with the whole package" if away else ""
    return _bounded(part, _Seen(version, listed[-1], end, state), announced)


def _unpublished(part: Series, version: str, snapshot: Snapshot, stone: Tombstone,
                 at: Fact[Instant], announced: Instant) -> Claim:
    return part.claim(
        GONE, at.value, "Version {version} went with the whole package, which was unpublished at"
        " {at}, {apart}.", on=version, version=derive(version, snapshot.times[version]), at=at,
        apart=_apart(at.value, announced, at), also=(stone.anchor,))


@dataclass(frozen=True, slots=True)
class _Seen:
    """The last capture that lists a version, and by when it is seen gone, in which way."""

    version: str
    listed: Snapshot | None
    end: Bound | None
    gone: str
    absences: tuple[Absence, ...] = ()


def _bounded(part: Series, item: _Seen, announced: Instant) -> Finding:
    """Gone for certain before, or there for certain after; else nobody can tell from this."""
    end, listing = item.end, item.listed.releases[item.version].anchor if item.listed else None
    start = until(item.listed, listing) if item.listed else None
    when = Interval(start.at if start else None, end.at if end else None)
    if end is not None and end.at is not None and end.at.utc <= announced.utc:
        return part.claim(
            GONE, when, "Version {version} " + item.gone + " by {gone}, {apart}.",
            on=item.version, absences=item.absences, version=derive(item.version, end.fact),
            gone=end.fact, apart=_apart(end.at, announced, end.fact))
    if start is not None and start.at is not None and listing is not None \
            and start.at.utc >= announced.utc:
        return part.claim(
            GONE, when, "Version {version} was still listed at {still}, {apart}.",
            on=item.version, version=derive(item.version, listing), still=start.fact,
            apart=_apart(start.at, announced, start.fact))
    if end is None:
        return _open(part, item.version, "no list of versions was captured after the announcement"
                     f" (given as {announced})", start)
    if end.at is None:
        return _open(part, item.version, "the document that shows it gone is of unknown date", end)
    return _open(part, item.version, f"the announcement (given as {announced}) lies between the"
                 " last time at which the version is known to have been there and the first at"
                 " which it was gone", start, end)


def _open(part: Series, version: str, reason: str, *bounds: Bound | None) -> Gap:
    lines = dict.fromkeys(c for bound in bounds if bound for c in bound.fact.citations)
    return Gap(f"whether version {version} was taken down before or after the announcement", reason,
               part.package.at(version), ask(part.package.registry, "withdrawal"), tuple(lines))


ANALYZER = Analyzer("announced", (PUBLISHED, GONE), run)
