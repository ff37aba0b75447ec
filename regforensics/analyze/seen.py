"""Captures of one package, sorted by where they were made, and words for when.

Why by place: a mirror that never dropped a version would otherwise look as if the registry had
listed it again. Comparisons over time stay within one place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from regforensics.analyze.rules import Facts, Rule
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.claim import Claim, Reading
from regforensics.model.dating import observations_of
from regforensics.model.history import History
from regforensics.model.instant import Instant, Interval, When
from regforensics.model.origin import verdict
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation, Release, Snapshot

LISTING = frozenset({"present", "held"})
_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Series:
    """The captures of one place, oldest first, each with a line that shows it.

    ``base`` is the address that was asked; empty for handed-over files. ``qualified`` makes every
    claim name the place: it is not the one that leads, or it looks like a mirror.
    """

    package: PackageRef
    base: str
    snapshots: tuple[Snapshot, ...]
    qualified: bool = False

    @property
    def listings(self) -> tuple[Snapshot, ...]:
        """The captures that list versions and are complete."""
        return tuple(filter(lists, self.forward))

    @property
    def forward(self) -> tuple[Snapshot, ...]:
        """The captures that can be compared over time: those that do not go back in it."""
        late = {id(snapshot) for snapshot, _, _ in self.behind}
        return tuple(s for s in self.snapshots if id(s) not in late)

    @property
    def behind(self) -> tuple[tuple[Snapshot, Fact[Any], Fact[Any]], ...]:
        """(capture, what an earlier capture says of the last write, what this one says) where a
        later capture shows an older state: a cache's edge that lags behind, as CDNs have them."""
        found, newest = [], None
        for snapshot in self.snapshots:
            written = last_write(snapshot)
            if written is None:
                continue
            if newest is not None and written.value < newest.value:
                found.append((snapshot, newest, written))
            else:
                newest = written
        return tuple(found)

    @property
    def mirrored(self) -> bool:
        """True where the newest capture looks like a mirror's: its times may be the mirror's."""
        return mirrored(self.snapshots[-1])

    @property
    def pairs(self) -> Iterator[tuple[Snapshot, Snapshot]]:
        """Neighbouring listings whose bytes differ."""
        shown = self.listings
        return ((a, b) for a, b in pairwise(shown) if not unchanged(a, b))

    def claim(self, rule: Rule, when: When, template: str, *, on: str | None = None,
              absences: tuple[Absence, ...] = (), also: tuple[Fact[Any], ...] = (),
              notable: bool = True, inferred: bool = False, reading: Reading | None = None,
              **facts: Fact[Any]) -> Claim:
        """A claim about the package (version ``on`` of it), naming the place where that matters."""
        if self.qualified:
            template = "At {place}: " + template
            facts["place"] = derive(self._place(), anchor(self.snapshots[-1]))
        return rule.claim(self.package.at(on), when, template, absences=absences, also=also,
                          notable=notable, inferred=inferred, reading=reading, **facts)

    def _place(self) -> str:
        looks = verdict(self.snapshots[-1].origin) == "mirror"
        place = self.base or "a handed-over copy"
        return f"{place}, which looks like a mirror or proxy" if looks else place


def lists(snapshot: Snapshot) -> bool:
    """True where a capture lists versions and is complete: what it does not list is not there."""
    return snapshot.state in LISTING and snapshot.observation.complete and not snapshot.partial


def series(history: History) -> tuple[Series, ...]:
    """The history by place, the leading one (not a mirror, most captures) first.

    A handed-over file counts as from the one captured registry that is no mirror, where there is
    one and the file itself does not look like a mirror's.
    """
    groups: dict[tuple[str, bool], list[Snapshot]] = {}
    for snapshot in history.snapshots:
        if snapshot.state == "unreadable" or not (snapshot.observation.line
                                                  or snapshot.state_fact):
            continue
        base = snapshot.observation.registry.rstrip("/")
        stray = not base and mirrored(snapshot)
        groups.setdefault((base, stray), []).append(snapshot)
    homes = [key for key, group in groups.items() if key[0] and not mirrored(group[-1])]
    if ("", False) in groups and len(homes) == 1:
        place = {id(s): index for index, s in enumerate(history.snapshots)}
        groups[homes[0]] = sorted(groups[homes[0]] + groups.pop(("", False)),
                                  key=lambda s: place[id(s)])
    ordered = sorted(groups.items(), key=lambda item: (mirrored(item[1][-1]), -len(item[1])))
    return tuple(Series(history.package, key[0], tuple(group),
                        qualified=bool(index) or mirrored(group[-1]))
                 for index, (key, group) in enumerate(ordered))


def last_write(snapshot: Snapshot) -> Fact[Any] | None:
    """The registry's own mark of the last write: npm's modified time, PyPI's serial."""
    if snapshot.modified is not None:
        return snapshot.modified
    serial = snapshot.revision
    return serial if serial is not None and type(serial.value) is int else None


def mirrored(snapshot: Snapshot) -> bool:
    """True where a capture carries a sign of a mirror or proxy."""
    return verdict(snapshot.origin) == "mirror"


def anchor(snapshot: Snapshot) -> Fact[Any]:
    """A line that shows the capture: its custody line, else what the document says of itself."""
    fact = snapshot.observation.line or snapshot.state_fact
    if fact is None:
        raise ValueError(f"capture {snapshot.observation.label} has no line of its own")
    return fact


def dated(snapshot: Snapshot) -> Instant | None:
    """When a capture was made, where that is known and a line of custody says it."""
    return snapshot.observation.at if snapshot.observation.line else None


def seen(snapshot: Snapshot) -> Fact[Any]:
    """When the capture was made, as a sentence says it."""
    line, at = snapshot.observation.line, dated(snapshot)
    if line is not None and at is not None:
        served = snapshot.observation.served
        return derive(f"{at.text} ({served})" if served else at, line)
    latest, stated = snapshot.latest, snapshot.observation.stated
    told = f"a copy whose stated time {stated} cannot be right and" if stated else \
        "a copy of unknown date"
    if latest is None:
        return derive(told.removesuffix(" and"), anchor(snapshot))
    return derive(f"{told} whose own latest time is {latest.value.text}",
                  latest, *([line] if line else []))


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of an interval: the instant (None: it bounds nothing), its words and lines."""

    at: Instant | None
    fact: Fact[Any]


def until(snapshot: Snapshot, shown: Fact[Any] | None = None) -> Bound:
    """Until when, at least, what a capture shows was so: the earliest moment it can stand for.

    Where an observation has several documents, it is the one that ``shown`` stands in, and
    without that the earliest of them. A document of unknown date stands for its own latest time.
    """
    made = [(o.since, o) for o in _showing(snapshot, shown) if o.at and o.line]
    if not made:
        latest = snapshot.latest
        return Bound(latest.value if latest else None, seen(snapshot))
    since, chosen = min(made, key=lambda pair: pair[0].utc if pair[0] else _FIRST)
    line, at = chosen.line or anchor(snapshot), chosen.at
    if since is None:
        return Bound(None, derive(f"an unknown time before {at} ({chosen.served})", line))
    words = f"{since.text} (captured at {at}, {chosen.served})" if chosen.served else since
    return Bound(since, derive(words, line))


def by(snapshot: Snapshot, shown: Fact[Any] | None = None) -> Bound:
    """By when, at the latest, what a capture shows was so: when it was received."""
    made = [(o.at, o) for o in _showing(snapshot, shown) if o.at and o.line]
    if not made:
        return Bound(None, seen(snapshot))
    at, chosen = max(made, key=lambda pair: pair[0].utc)
    return Bound(at, derive(f"{at.text} ({chosen.served})" if chosen.served else at,
                            chosen.line or anchor(snapshot)))


def _showing(snapshot: Snapshot, shown: Fact[Any] | None) -> tuple[Observation, ...]:
    """The observations of the documents that a fact stands in; of all where it is in none."""
    every = observations_of(snapshot)
    if shown is None:
        return every
    lead = shown.citations[0]
    mine = tuple(o for o in every if o.label == lead.exhibit
                 or (o.line is not None and o.line.citations[0] == lead))
    return mine or every


@dataclass(frozen=True, slots=True)
class Window:
    """Between which two lines something happened: the interval, the words and their facts."""

    when: Interval
    words: str
    facts: Facts


def window(old: Snapshot | None, new: Snapshot, floor: Fact[Instant] | None = None, *,
           was: Fact[Any] | None = None, shows: Fact[Any] | None = None) -> Window:
    """From the later of ``old`` and ``floor`` (a publish time) to the capture ``new``.

    ``was`` and ``shows`` are where the two captures show their state. An undated ``new`` bounds
    nothing; a bound that clocks contradict is left out.
    """
    start = until(old, was) if old else None
    end = by(new, shows)
    if floor is not None and (start is None or start.at is None
                              or floor.value.utc > start.at.utc):
        named = old is not None and not dated(old) and start is not None
        start = Bound(floor.value, start.fact if named and start else floor)
    if start and start.at and end.at and start.at.utc > end.at.utc:
        start = None
    if start is None:
        return Window(Interval(None, end.at), "not later than {before}", {"before": end.fact})
    return Window(Interval(start.at, end.at), "between {after} and {before}",
                  {"after": start.fact, "before": end.fact})


def unchanged(old: Snapshot, new: Snapshot) -> bool:
    """True where ``new`` holds no other bytes than ``old`` does."""
    return old is new or (
        old.state == new.state and _prints(old) == _prints(new)
        and all(old.further.get(asked) == digest for asked, digest in new.further.items()))


def _prints(snapshot: Snapshot) -> tuple[str, ...]:
    return (snapshot.observation.sha256, *(p.observation.sha256 for p in snapshot.parts))


def changed_releases(old: Snapshot, new: Snapshot) -> Iterator[tuple[Release, Release]]:
    """The versions that both captures list in different bytes."""
    for version in new.releases:
        if version in old.releases and not old.releases.same(version, new.releases):
            yield old.releases[version], new.releases[version]


def apart(one: Instant, other: Instant) -> bool:
    """True where two times differ by more than their precision."""
    return abs((one.utc - other.utc).total_seconds()) >= max(one.precision, other.precision)


def counted(count: int, noun: str) -> str:
    """``1 version``, ``2 versions``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def escaped(token: str) -> str:
    """A token of a JSON pointer (RFC 6901)."""
    return token.replace("~", "~0").replace("/", "~1")


def span(length: timedelta) -> str:
    """A duration in the units that matter: ``2 days 3 h 4 min``, ``4 min 9 s``, ``0.43 s``."""
    exact = abs(length).total_seconds()
    if exact < 10:
        return f"{exact:.2f} s"
    seconds = int(abs(length).total_seconds())
    units = (("days", 86400), ("h", 3600), ("min", 60), ("s", 1))
    parts = []
    for name, size in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {'day' if name == 'days' and count == 1 else name}")
    return " ".join(parts[:3])
