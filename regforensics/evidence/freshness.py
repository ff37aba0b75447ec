"""The earliest moment that an answer can stand for.

A cache on the way may answer with what it stored earlier. How old that can be follows RFC 9111
section 4.2.3: the answer was made at the request's time less ``Age``, or at its ``Date`` where that
is earlier. A cache that names no age (``X-Cache: HIT`` alone) is bounded by its Cache-Control.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from regforensics.evidence.exhibit import Entry
from regforensics.model.instant import Instant, iso

_SECONDS = re.compile(r"\d{1,9}")
_LIFETIME = re.compile(r"\b(s-maxage|max-age)\s*=\s*\"?(\d{1,9})")
_STALE = re.compile(r"\b(stale-while-revalidate)\s*=\s*\"?(\d{1,9})")
_DATE_PRECISION = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Freshness:
    """``since`` is the earliest moment the answer can stand for; None where nothing bounds it.

    ``served`` says in words that it came out of a cache or carries an old date; empty where not.
    """

    since: Instant | None
    served: str = ""


def freshness(entry: Entry) -> Freshness:
    """How old the state may be that an acquisition shows.

    What was handed over stands for the time at which somebody said it was obtained.
    """
    if entry.way != "http" or entry.requested_at is None:
        return Freshness(_read(entry.requested_at or entry.observed_at))
    asked = _read(entry.requested_at)
    if asked is None:
        return Freshness(None)
    headers = {name.lower(): value.strip() for name, value in reversed(entry.headers)}
    age = _age(headers)
    if age is None and "hit" in headers.get("x-cache", "").lower():
        return _unaged(asked, headers)
    since, served = asked.utc - timedelta(seconds=age or 0), ""
    if age:
        served = f"served from a cache {age} s old"
    dated = _date(headers.get("date"))
    if dated is not None and dated + _DATE_PRECISION < since:
        since, served = dated, served or f"dated {iso(dated)} by its server"
    return Freshness(asked if since == asked.utc else Instant.at(since), served)


def _unaged(asked: Instant, headers: Mapping[str, str]) -> Freshness:
    control = headers.get("cache-control", "").lower()
    kept = {name: int(value) for name, value in _LIFETIME.findall(control)}
    life = kept.get("s-maxage", kept.get("max-age"))
    if life is None:
        return Freshness(None, "served from a cache that does not say how old its copy is")
    life += sum(int(value) for _, value in _STALE.findall(control))
    return Freshness(Instant.at(asked.utc - timedelta(seconds=life)),
                     f"served from a cache that does not say how old its copy is, at most {life} s"
                     " by its Cache-Control")


def _age(headers: Mapping[str, str]) -> int | None:
    stated = headers.get("age", "")
    return int(stated) if _SECONDS.fullmatch(stated) else None


def _date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):
        return None
    if moment is None:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


def _read(text: str | None) -> Instant | None:
    return Instant.parse(text) if text else None
