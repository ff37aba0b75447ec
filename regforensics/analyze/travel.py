"""Journeys that nobody makes: one account, two places, too little time between."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import asin, cos, isfinite, radians, sin, sqrt

from regforensics.analyze.moments import utc
from regforensics.analyze.rules import Rule
from regforensics.analyze.seen import span
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, said
from regforensics.model.event import AccountEvent
from regforensics.model.package import PackageRef

TRAVEL = Rule(
    "account.travel", "account",
    "one account succeeded from two places that are too far apart for the time between, with the"
    " distance and the speed that it would take; a lead only", "both rows",
    "VPNs, gateways and mobile networks; the identity provider's idea of where an address is")

EARTH = 6371.0  # kilometres, mean radius
FAST, FAR = 1000.0, 500.0  # km/h, above what airliners do; km, above how wrong places tend to be
MOST = 20


@dataclass(frozen=True, slots=True)
class Journey:
    """Two successful rows of one account; ``distance`` in km, ``speed`` in km/h (None: at once)."""

    start: Fact[AccountEvent]
    end: Fact[AccountEvent]
    distance: float
    apart: timedelta

    @property
    def speed(self) -> float | None:
        """The speed that it would take."""
        hours = self.apart.total_seconds() / 3600
        return self.distance / hours if hours else None


def journeys(package: PackageRef, rows: Sequence[Fact[AccountEvent]]) -> Iterator[Claim]:
    """A lead for each such journey among rows in order of time."""
    for journey in impossible(rows)[:MOST]:
        one, other = journey.start.value, journey.end.value
        speed = "no time at all" if journey.speed is None else f"{journey.speed:.0f} km/h"
        yield TRAVEL.claim(
            package, other.at,
            "{actor} succeeded from {here} at {first} and from {there} at {second}: {distance}"
            " apart in {length}, which would take {speed}. A lead only.",
            actor=derive(said(one.actor or "nobody"), journey.start, journey.end),
            here=derive(_where(one), journey.start), there=derive(_where(other), journey.end),
            first=derive(utc(one.at), journey.start), second=derive(utc(other.at), journey.end),
            distance=derive(f"{journey.distance:.0f} km", journey.start, journey.end),
            length=derive(span(journey.apart), journey.start, journey.end),
            speed=derive(speed, journey.start, journey.end))


def impossible(rows: Sequence[Fact[AccountEvent]]) -> list[Journey]:
    """Neighbouring successful rows of one account with places too far apart."""
    actors: dict[str, list[Fact[AccountEvent]]] = {}
    for row in rows:
        event = row.value
        if event.actor and event.done == "success" and event.at and place_of(event):
            actors.setdefault(event.actor, []).append(row)
    found = []
    for mine in actors.values():
        for one, other in pairwise(mine):
            journey = _between(one, other)
            if journey is not None and journey.distance > FAR and (
                    journey.speed is None or journey.speed > FAST):
                found.append(journey)
    return found


def _between(one: Fact[AccountEvent], other: Fact[AccountEvent]) -> Journey | None:
    here, there = place_of(one.value), place_of(other.value)
    if here is None or there is None or one.value.at is None or other.value.at is None:
        return None
    return Journey(one, other, distance(here, there), other.value.at.utc - one.value.at.utc)


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


def _where(event: AccountEvent) -> str:
    words = [event.remote_addr, event.place and said(event.place)]
    return ", ".join(filter(None, words)) or "an unnamed place"
