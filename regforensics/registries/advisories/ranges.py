"""Ranges of versions as advisories write them: which versions they cover, and by which words.

OSV writes events (introduced, fixed, last_affected, limit; ossf/osv-schema, "Evaluation"), GitHub
expressions such as ``>= 1.0.0, < 1.4.2`` (GitHub REST docs, global security advisories).
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from regforensics.model.advisory import VersionRange
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Gap
from regforensics.model.package import PackageRef
from regforensics.registries.versions import LOWEST, Key, comparable, key

MOST_EVENTS = 2000  # of one advisory; real ones have a few dozen
LONGEST = 512  # characters of an expression
_TERM = re.compile(r"(>=|<=|>|<|=)\s{0,8}(\S{1,256})")
_STARTS = {"fixed": 0, "limit": 0, "introduced": 1, "last_affected": 2}


class Span(NamedTuple):
    """Versions from ``low`` to ``high`` (None: no end), and the words that say so."""

    low: Key
    with_low: bool
    high: Key | None
    with_high: bool
    fact: Fact[str]

    def holds(self, version: Key) -> bool:
        """True where a version lies inside."""
        low = version > self.low or (self.with_low and version == self.low)
        return low and (self.high is None or version < self.high
                        or (self.with_high and version == self.high))


class Unreadable(Exception):
    """A range that cannot be compared with versions; ``fact`` is what it stumbled over, None
    where that is no text of sane length."""

    def __init__(self, fact: Fact[str] | None = None) -> None:
        super().__init__("a version that cannot be compared")
        self.fact = fact


def from_events(registry: str, events: Sequence[tuple[str, Fact[str]]]) -> Iterator[Span]:
    """The spans of OSV events (kind, version). Raises Unreadable."""
    placed = sorted(((_key(registry, fact), _STARTS[kind], kind, fact) for kind, fact in events
                     if kind in _STARTS), key=lambda event: event[:2])
    begun: tuple[Key, Fact[str]] | None = None
    for place, _, kind, fact in placed:
        if kind == "introduced":
            begun = begun or (place, fact)
        elif begun is not None:
            yield Span(begun[0], True, place, kind == "last_affected",
                       derive(f"{begun[1].value} to {fact.value}", begun[1], fact))
            begun = None
    if begun is not None:
        yield Span(begun[0], True, None, False, begun[1])


def from_expression(registry: str, fact: Fact[str] | None) -> Span:
    """The span of a GitHub expression. Raises Unreadable, also where there is none."""
    if fact is None:
        raise Unreadable
    low, with_low, high, with_high = LOWEST, True, None, False
    for term in fact.value[:LONGEST + 1].split(","):
        read = _TERM.fullmatch(term.strip()) if len(fact.value) <= LONGEST else None
        place = _known(registry, read[2]) if read else None
        if read is None or place is None:
            raise Unreadable(fact)
        sign = read[1]
        if sign in (">", ">=", "=") and (place, sign == ">") > (low, not with_low):
            low, with_low = place, sign != ">"
        if sign in ("<", "<=", "=") and (high is None
                                         or (place, sign != "<") < (high, with_high)):
            high, with_high = place, sign != "<"
    return Span(low, with_low, high, with_high, fact)


class Covering:
    """Tells by which words a version is covered; spellings of one version are one."""

    def __init__(self, registry: str, listed: Iterable[Fact[str]], spans: Sequence[Span]) -> None:
        self._registry, self._spans = registry, spans
        self._texts: dict[str, Fact[str]] = {}
        for fact in listed:
            self._texts.setdefault(fact.value, fact)
        self._keys = {place: fact for text, fact in self._texts.items()
                      if (place := key(registry, text))}

    def of(self, version: str) -> Fact[str] | None:
        """The words, or None."""
        place = key(self._registry, version)
        if version in self._texts or place is None:
            return self._texts.get(version)
        return self._keys.get(place) or next((s.fact for s in self._spans if s.holds(place)), None)

    def among(self, versions: tuple[str, ...]) -> dict[str, Fact[str]]:
        """Those of the versions that are covered, in their order, with the words."""
        keys, names = _sorted(self._registry, versions)
        found: dict[str, Fact[str]] = {}
        for span in reversed(self._spans):
            start = (bisect_left if span.with_low else bisect_right)(keys, span.low)
            end = len(keys) if span.high is None else \
                (bisect_right if span.with_high else bisect_left)(keys, span.high)
            found |= dict.fromkeys(names[start:end], span.fact)
        for place, fact in self._keys.items():
            found |= dict.fromkeys(names[bisect_left(keys, place):bisect_right(keys, place)], fact)
        return {v: self._texts.get(v) or found[v] for v in versions
                if v in found or v in self._texts}


@lru_cache(maxsize=8)
def _sorted(registry: str, versions: tuple[str, ...]) -> tuple[list[Key], list[str]]:
    """The versions that can be compared, sorted, and their keys."""
    placed = sorted(((place, version) for version in versions
                     if (place := key(registry, version)) is not None), key=lambda pair: pair[0])
    return [place for place, _ in placed], [version for _, version in placed]


def stated(spans: Iterable[Span]) -> tuple[VersionRange, ...]:
    """The ranges as the model holds them."""
    return tuple(VersionRange(s.fact, s.low == LOWEST, s.high is None) for s in spans)


def _key(registry: str, fact: Fact[str]) -> Key:
    place = _known(registry, fact.value)
    if place is None:
        raise Unreadable(fact)
    return place


def _known(registry: str, text: str) -> Key | None:
    return LOWEST if text == "0" else key(registry, text)


def gap(package: PackageRef, error: Unreadable) -> Gap:
    """What is not known where a range cannot be compared."""
    return Gap("which versions an advisory's range covers",
               f"the versions of {package.registry} cannot be compared here"
               if not comparable(package.registry) else
               "the range holds a version that cannot be read", package,
               citations=error.fact.citations if error.fact else ())


def distinct(registry: str, listed: Iterable[Fact[str]]) -> list[Fact[str]]:
    """The listed versions, each once, however often and in whatever spelling it stands there."""
    found: dict[object, Fact[str]] = {}
    for fact in listed:
        found.setdefault(key(registry, fact.value) or fact.value, fact)
    return list(found.values())
