"""Publish times against the package's own rhythm: bursts, and packages that woke up."""

from bisect import insort
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from regforensics.analyze.releases.walk import Published, published
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series, counted, series, span
from regforensics.model.citation import derive
from regforensics.model.claim import Claim, said
from regforensics.model.history import History, Scope
from regforensics.model.instant import Interval

BURST = Rule(
    "publish.burst", "publish",
    "at least four versions within three hours, more than twice as many as ever within three hours"
    " before, of a package with ten versions before that or none in the half year before; a lead"
    " only",
    "the publish times of the burst, of the densest three hours before it, and of the version"
    " before it where that is half a year older",
    "a fix that is put into every maintained line at once; a release that needed several tries:"
    " seen in debug and lodash; routine unless a version of it is in question", lead=True)
WOKE_UP = Rule(
    "publish.woke-up", "publish",
    "a version after a pause of at least a year that is also at least four times the package's"
    " usual gap; a lead only",
    "the publish times before and after the pause, and those of the gap of middle length",
    "maintenance of finished packages: seen in lodash (almost five years), chalk, debug, left-pad"
    " and Flask; routine unless the version is in question or other leads meet in it, as in debug,"
    " which a new owner woke up in 2016", lead=True)

_SHORT, _BURST, _MORE, _KNOWN = timedelta(hours=3), 4, 2, 10
_QUIET = timedelta(days=180)
_YEAR, _LONGER, _GAPS = timedelta(days=365), 4, 3
_MOST_NAMED = 12


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """The rhythm of the leading place; a mirror's times may be those of its own fetches."""
    for part in series(history)[:1]:
        if not part.mirrored:
            named, versions = scope.versions_of(part.package), published(part)
            yield from _bursts(part, versions, named)
            yield from _pauses(part, versions, named)


def _bursts(part: Series, versions: Sequence[Published], named: frozenset[str]) -> Iterator[Claim]:
    ends = _ends(versions)
    densest, whole, start = (0, 0), 0, 0  # a span of indices; the first window that is not over
    while start < len(versions):
        while whole < start and ends[whole] <= start:
            densest = max(densest, (whole, ends[whole]), key=_length)
            whole += 1
        before = max(densest, (whole, start), key=_length)
        if ends[start] - start >= _BURST and (start >= _KNOWN or _quiet(versions, start)) \
                and ends[start] - start > _MORE * _length(before):
            burst = versions[start:ends[start]]
            yield _burst(part, burst, versions[slice(*before)],
                         versions[start - 1] if _quiet(versions, start) else None,
                         notable=any(p.version in named for p in burst))
            start = ends[start]
        else:
            start += 1


def _quiet(versions: Sequence[Published], start: int) -> bool:
    """True where nothing was published for long before a version."""
    return start > 0 and \
        versions[start].time.value.utc - versions[start - 1].time.value.utc >= _QUIET


def _ends(versions: Sequence[Published]) -> list[int]:
    """For each version the first one that was published more than _SHORT after it."""
    found, end = [], 0
    for item in versions:
        while end < len(versions) \
                and versions[end].time.value.utc - item.time.value.utc <= _SHORT:
            end += 1
        found.append(end)
    return found


def _length(span_of: tuple[int, int]) -> int:
    return span_of[1] - span_of[0]


def _burst(part: Series, burst: Sequence[Published], densest: Sequence[Published],
           sleeper: Published | None, *, notable: bool) -> Claim:
    times = [p.time for p in burst]
    first, last = times[0], times[-1]
    names = [said(p.version) for p in burst]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    facts: Facts = {}
    if sleeper is not None:
        facts = {"pause": derive(span(first.value.utc - sleeper.time.value.utc), sleeper.time,
                                 first)}
    return part.claim(
        BURST, Interval(first.value, last.value),
        "{count} ({names}) were published within {length}, from {first} to {last}; before that, at"
        " most {most} within {short} (from {start})"
        + (", and nothing in the {pause} before." if facts else "."), notable=notable, **facts,
        count=derive(counted(len(burst), "version"), *times),
        names=derive(", ".join(names[:_MOST_NAMED]) + more, *times),
        length=derive(span(last.value.utc - first.value.utc), first, last), first=first, last=last,
        most=derive(counted(len(densest), "version"), *(p.time for p in densest)),
        short=derive(span(_SHORT), first), start=densest[0].time)


def _pauses(part: Series, versions: Sequence[Published], named: frozenset[str]) -> Iterator[Claim]:
    gaps: list[tuple[timedelta, int]] = []  # sorted
    for index, (before, item) in enumerate(pairwise(versions)):
        pause = item.time.value.utc - before.time.value.utc
        usual, middle = gaps[len(gaps) // 2] if len(gaps) >= _GAPS else (pause, index)
        if pause >= _YEAR and pause >= _LONGER * usual and len(gaps) >= _GAPS:
            one, other = versions[middle], versions[middle + 1]
            yield part.claim(
                WOKE_UP, item.time.value,
                "Version {version} ({published}) came {pause} after the version before it,"
                " {previous} ({earlier}); the gap of middle length between the versions until then"
                " is {usual} ({one} to {other}).", on=item.version, notable=item.version in named,
                version=derive(item.version, item.time), published=item.time,
                pause=derive(span(pause), before.time, item.time),
                previous=derive(before.version, before.time), earlier=before.time,
                usual=derive(span(usual), one.time, other.time),
                one=derive(one.version, one.time), other=derive(other.version, other.time))
        insort(gaps, (pause, index))


ANALYZER = Analyzer("rhythm", (BURST, WOKE_UP), run)
