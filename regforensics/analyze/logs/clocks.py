"""The clocks of a version: published, asked for, cached, served, taken down, still served."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from regforensics.analyze.logs.consumers import Consumer, Rows
from regforensics.analyze.logs.moments import first_asked, resting, timed, utc
from regforensics.analyze.logs.pulled import ends, gap, shown
from regforensics.analyze.logs.requests import Dates, Requests, Tail
from regforensics.analyze.logs.sources import Source, words_of
from regforensics.analyze.rules import Facts, Finding, Rule
from regforensics.analyze.seen import counted, span
from regforensics.model.citation import Fact
from regforensics.model.claim import Claim, Gap, said
from regforensics.model.event import AccessEvent, Outcome
from regforensics.model.instant import Instant, Interval

CLOCKS = Rule(
    "distribution.clocks", "distribution",
    "when a version was first asked for, first fetched for a cache and first served, by one layer,"
    " and how long after the publish each was",
    "the first request line of each, and the publish time",
    "clocks of two machines differ; logs that begin later than the publish")
EARLY = Rule(
    "distribution.before-publish", "distribution",
    "a version's file was fetched before the version was published, by more than clocks, their"
    " precision and the length of the request explain",
    "the request lines and the publish time",
    "an internal package of the same name and version; a wrong clock or time zone at the log's"
    " machine; a version that was staged before it became public; a registry that keeps another"
    " publish time (mirrors do)")
PROBED = Rule(
    "distribution.asked-before-publish", "distribution",
    "a version's file was asked for in vain before the version was published; a lead only",
    "the request lines and the publish time",
    "typing errors; tools that try the next version; an internal package of the same name")
TAIL = Rule(
    "distribution.cache-tail", "distribution",
    "a version was still handed out, confirmed or redirected after it was gone from the registry,"
    " each outcome apart, from a cache, from upstream, or the log does not say from where",
    "the first and last request lines of each, and the capture or the logged request that shows the"
    " takedown",
    "a takedown that is known by a capture alone may be much earlier than it; a request that took"
    " the version away in a registry of one's own says nothing of others")
_GOT: frozenset[Outcome] = frozenset({"transferred"})
_FROM = {"cache": "from a cache", "upstream": "fetched from upstream",
         None: "from where is not said"}
_STILL: dict[Outcome, str] = {
    "transferred": "handed out", "already had it": "confirmed to clients that already had it",
    "partial": "handed out in part", "pointed elsewhere": "redirected to another address",
    "abandoned": "asked for by clients that left before the end",
    "unknown": "asked for with an outcome that the log does not tell"}


def clocks(found: Requests, version: str, dates: Dates) -> Iterator[Finding]:
    """Everything about a version's times."""
    published = dates.published.get(version)
    gone = dates.end(version)
    for source in found.sources(version):
        yield _first(found, version, source, published)
        if published is not None:
            yield from _early(found, version, source, published)
        if gone is not None:
            yield from _late(found, version, source, gone, dates.requested(version))


def _first(found: Requests, version: str, source: Source,
           published: Fact[Instant] | None) -> Claim:
    mine = [c for c in found.of(version) if c.key.source == source]
    people = [c for c in mine if c.kind in ("client", "CI")]
    asked = _earliest(mine, version, None)
    cached = _earliest([c for c in mine if c.kind in ("server", "mirror or proxy")], version, _GOT)
    served = _earliest(people, version, _GOT)
    facts: Facts = {}
    parts = []
    for name, words, row in (("asked", "first asked for", asked),
                             ("cached", "first fetched by a machine that may keep it", cached),
                             ("served", "first served to a client", served)):
        if row is None:
            parts.append(f"no line shows it {words}")
            continue
        part, at = f"{words} at {{{name}}}", row.value.at
        facts[name] = timed(row)
        if name == "asked":
            at, facts[name] = first_asked(row)
        if published is not None and at is not None:
            part += f" ({{{name}_gap}})"
            facts[f"{name}_gap"] = gap(row, at, published)
        parts.append(part)
    if asked is None:
        raise ValueError("a version without requests has no clocks")
    return CLOCKS.claim(
        found.package.at(shown(found, version)), asked.value.at,
        "By the " + source.words + ", version {version} was " + "; ".join(parts) + ".",
        version=resting(shown(found, version), (asked,)), **facts)


def _earliest(consumers: list[Consumer], version: str, outcomes: frozenset[str] | None
              ) -> Fact[AccessEvent] | None:
    rows = [r.first[0] for c in consumers for what, r in c.pulls[version].items()
            if (outcomes is None or what in outcomes) and r.start is not None]
    if not rows:
        rows = [r.first[0] for c in consumers for what, r in c.pulls[version].items()
                if outcomes is None or what in outcomes]
    return min(rows, key=lambda f: (f.value.at is None, f.value.at.utc if f.value.at else 0),
               default=None)


def _early(found: Requests, version: str, source: Source,
           published: Fact[Instant]) -> Iterator[Finding]:
    """Fetches that were over before the publish, vain ones, and those of which nobody can tell.

    Those of mirrors, scanners, CI and known networks are told apart and accuse nobody.
    """
    early = found.early.get((source, version), {})
    for before in sorted((b for b in early if b.sure), reverse=True):
        rule, told = (EARLY, _FETCHED) if before.got else (PROBED, _ASKED)
        told = told.replace("{was}", "was" if before.got == _CERTAIN else "may have been")
        apart = "" if before.client else \
            " by mirrors, scanners, CI, the layer itself or known networks"
        yield _before(found, version, early[before], published, rule,
                      told.replace("{apart}", apart), notable=before.client)
    unsure = [rows for before, rows in early.items() if not before.sure]
    if unsure:
        count = counted(sum(rows.count for rows in unsure), "request")
        yield Gap(f"whether {count} for version {version} in the {source.words} came before the"
                  " publish",
                  "the times lie closer together than clocks, precision, the request's length or"
                  " a time zone that was stated by hand allow to tell",
                  found.package.at(shown(found, version)), _CLOCK,
                  tuple(unsure[0].first[0].citations))


_CLOCK = "the operator of the log's machine: its clock and time zone, and logs that keep a" \
         " request's duration"
_CERTAIN = 2  # ``Before.got``
_FETCHED = "In the {layer}, version {version} {was} fetched {count}{apart} before it was" \
           " published at {published}: the first of these requests had ended by {first} ({by}" \
           " earlier), by {who}, with the outcome {outcome}. Clock, precision and duration do not" \
           " explain that."
_ASKED = "In the {layer}, version {version} was asked for {count}{apart}, and not got, before it" \
         " was published at {published}: first at {first} ({by} earlier), by {who}, with the" \
         " outcome {outcome}. A lead only."


def _before(found: Requests, version: str, rows: Rows, published: Fact[Instant], rule: Rule,
            template: str, *, notable: bool) -> Claim:
    row = rows.first[0]
    event, at = row.value, row.value.at
    length = published.value.utc - at.utc if at else timedelta()
    who = ", ".join(map(said, filter(None, (event.remote_addr, event.user, event.user_agent))))
    return rule.claim(
        found.package.at(shown(found, version)), at, template, notable=notable,
        version=resting(shown(found, version), (row, published)),
        count=resting("once" if rows.count == 1 else f"{rows.count} times", rows.facts),
        published=published, first=timed(row), by=resting(span(length), (row, published)),
        layer=resting(words_of(event), (row,)),
        who=resting(who or "nobody that the line names", (row,)),
        outcome=resting(event.outcome, (row,)))


def _late(found: Requests, version: str, source: Source, gone: Fact[Instant], requested: bool
          ) -> Iterator[Finding]:
    """What was still served, each outcome in its own words."""
    groups = found.late.get((source, version), {})
    sure = {tail: rows for tail, rows in groups.items() if tail is not None}
    if sure:
        yield _tail(found, version, source, sure, gone, requested)
    if None in groups:
        yield Gap(f"whether {counted(groups[None].count, 'request')} for version {version} in the"
                  f" {source.words} came after the takedown",
                  "the log states no time zone, and the one that was stated by hand decides",
                  found.package.at(shown(found, version)), _CLOCK,
                  tuple(groups[None].first[0].citations))


def _tail(found: Requests, version: str, source: Source, groups: dict[Tail, Rows],
          gone: Fact[Instant], requested: bool) -> Claim:
    cited = tuple(f for rows in groups.values() for f in (rows.first[0], rows.facts[-1]))
    first, last = ends(groups.values())
    told = "; ".join(filter(None, (
        *(_still(outcome, {t: r for t, r in groups.items() if t.outcome == outcome and not t.own})
          for outcome in _STILL),
        _own([rows for tail, rows in groups.items() if tail.own]))))
    start = "Version {version} was taken away by a request that a log shows at {gone}." \
        if requested else "Version {version} was gone from the registry by {gone}."
    return TAIL.claim(
        found.package.at(shown(found, version)), Interval(first, last),
        start + " After that, by the " + source.words + ", it was still {told}; from {first} to"
        " {last}.", version=resting(shown(found, version), (*cited, gone)), gone=gone,
        first=resting(utc(first), cited), last=resting(utc(last), cited),
        told=resting(told, cited))


def _still(outcome: Outcome, groups: dict[Tail, Rows]) -> str:
    """``handed out 3 times (from a cache: 2, fetched from upstream: 1)``."""
    count = sum(rows.count for rows in groups.values())
    apart = ", ".join(f"{_FROM[tail.source]}: {rows.count}" for tail, rows in sorted(
        groups.items(), key=lambda item: item[0].source or "~"))
    return f"{_STILL[outcome]} {counted(count, 'time')} ({apart})" if count else ""


def _own(rows: Sequence[Rows]) -> str:
    return f"asked for by the layer itself {counted(sum(r.count for r in rows), 'time')}" \
        if rows else ""
