"""Journeys that nobody makes: one account, two places, too little time between."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import asin, cos, isfinite, radians, sin, sqrt
from typing import Any

from regforensics.analyze.logs.moments import resting, utc
from regforensics.analyze.rules import Rule
from regforensics.analyze.seen import span
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, said
from regforensics.model.event import AccountEvent
from regforensics.model.events import Events
from regforensics.model.package import PackageRef
from regforensics.model.placing import Placed

TRAVEL = Rule(
    "account.travel", "account",
    "one account succeeded from two places that are too far apart for the time between, with the"
    " distance and the speed that it would take; places are the source's own, or an offline table's"
    " where it has none; a lead only", "both rows, and the custody line of the table",
    "VPNs, gateways and mobile networks; the provider's or the table's idea of where an address"
    " is")

EARTH = 6371.0  # kilometres, mean radius
FAST, FAR = 1000.0, 500.0  # km/h, above what airliners do; km, above how wrong places tend to be
MOST = 20


@dataclass(frozen=True, slots=True)
class Stop:
    """A row, where its address was in degrees, and the table that says so; None: the row itself."""

    row: Fact[AccountEvent]
    place: tuple[float, float]
    table: Fact[Placed] | None = None

    @property
    def facts(self) -> tuple[Fact[Any], ...]:
        """What says where it was."""
        return (self.row,) if self.table is None else (self.row, self.table)

    @property
    def where(self) -> str:
        """The address and the place in words."""
        event = self.row.value
        words = [event.remote_addr, event.place and said(event.place)]
        if self.table is not None:
            placed = self.table.value
            words.append(f"{placed.latitude:.2f} {placed.longitude:.2f}"
                         f"{f' in {placed.country}' if placed.country else ''} by"
                         f" {', '.join(placed.tables)}")
        return ", ".join(filter(None, words)) or "an unnamed place"


@dataclass(frozen=True, slots=True)
class Journey:
    """Two successful rows of one account; ``distance`` in km, ``speed`` in km/h (None: at once)."""

    start: Stop
    end: Stop
    distance: float
    apart: timedelta

    @property
    def speed(self) -> float | None:
        """The speed that it would take."""
        hours = self.apart.total_seconds() / 3600
        return self.distance / hours if hours else None


def journeys(package: PackageRef, rows: Sequence[Fact[AccountEvent]], events: Events
             ) -> Iterator[Claim]:
    """A lead for each such journey among rows in order of time."""
    for journey in impossible(rows, events)[:MOST]:
        one, other = journey.start.row.value, journey.end.row.value
        cited = (*journey.start.facts, *journey.end.facts)
        speed = "no time at all" if journey.speed is None else f"{journey.speed:.0f} km/h"
        yield TRAVEL.claim(
            package, other.at,
            "{actor} succeeded from {here} at {first} and from {there} at {second}: {distance}"
            " apart in {length}, which would take {speed}. A lead only.",
            actor=derive(said(one.actor or "nobody"), journey.start.row, journey.end.row),
            here=resting(journey.start.where, journey.start.facts),
            there=resting(journey.end.where, journey.end.facts),
            first=derive(utc(one.at), journey.start.row),
            second=derive(utc(other.at), journey.end.row),
            distance=resting(f"{journey.distance:.0f} km", cited),
            length=derive(span(journey.apart), journey.start.row, journey.end.row),
            speed=resting(speed, cited))


def impossible(rows: Sequence[Fact[AccountEvent]], events: Events) -> list[Journey]:
    """Neighbouring successful rows of one account with places too far apart."""
    actors: dict[str, list[Fact[AccountEvent]]] = {}
    for row in rows:
        event = row.value
        if event.actor and event.done == "success" and event.at \
                and (_own(row, events) or _by_table(row, events)):
            actors.setdefault(event.actor, []).append(row)
    found = []
    for mine in actors.values():
        for one, other in pairwise(mine):
            journey = _between(one, other, events)
            if journey is not None and journey.distance > FAR and (
                    journey.speed is None or journey.speed > FAST):
                found.append(journey)
    return found


def _between(one: Fact[AccountEvent], other: Fact[AccountEvent], events: Events
             ) -> Journey | None:
    """Both places by one source: two sources may differ about one address by themselves."""
    begun, ended = one.value.at, other.value.at
    for located in (_own, _by_table):
        here, there = located(one, events), located(other, events)
        if here is not None and there is not None and begun is not None and ended is not None:
            return Journey(here, there, distance(here.place, there.place), ended.utc - begun.utc)
    return None


def _own(row: Fact[AccountEvent], _: Events) -> Stop | None:
    place = place_of(row.value)
    return None if place is None else Stop(row, place)


def _by_table(row: Fact[AccountEvent], events: Events) -> Stop | None:
    table = events.placed(row.value.remote_addr) if row.value.remote_addr else None
    place = table.value.coordinates if table else None
    return None if place is None else Stop(row, place, table)


def place_of(event: AccountEvent) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, where the row states them and they are on Earth."""
    try:
        lat, lon = float(event.extra["latitude"]), float(event.extra["longitude"])
    except (KeyError, TypeError, ValueError):
        return None
    return (lat, lon) if isfinite(lat) and isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180 \
        else None


def distance(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Kilometres along the great circle (haversine)."""
    (lat, lon), (lat2, lon2) = ((radians(a), radians(b)) for a, b in (here, there))
    half = sin((lat2 - lat) / 2) ** 2 + cos(lat) * cos(lat2) * sin((lon2 - lon) / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(half)))
