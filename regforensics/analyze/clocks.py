"""The clocks of a version: published, asked for, cached, served, taken down, still served."""

from collections.abc import Iterator
from datetime import timedelta

from regforensics.analyze.moments import asked as start_of
from regforensics.analyze.moments import resting, timed, utc
from regforensics.analyze.pulled import ends, gap, shown, words_of
from regforensics.analyze.requests import HAD, Consumer, Dates, Requests, Rows
from regforensics.analyze.rules import Facts, Finding, Rule
from regforensics.analyze.seen import counted, span
from regforensics.model.citation import Fact
from regforensics.model.claim import Claim, Gap
from regforensics.model.event import AccessEvent, Layer
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
    "a version was still served after it was gone from the registry, from a cache, from upstream,"
    " or the log does not say from where",
    "the first and last request lines, and what bounds the takedown",
    "the takedown is known by a capture alone, which may be much later than the takedown itself")
_FROM = {"cache": "from a cache", "upstream": "fetched from upstream",
         "unsaid": "where from, the log does not say", "the layer itself": "to the layer itself"}


def clocks(found: Requests, version: str, dates: Dates) -> Iterator[Finding]:
    """Everything about a version's times."""
    published = dates.published.get(version)
    for layer in found.layers(version):
        yield _first(found, version, layer, published)
        if published is not None:
            yield from _early(found, version, layer, published)
        gone = dates.gone.get(version)
        if gone is not None and (layer, version) in found.late:
            yield _tail(found, version, layer, gone)


def _first(found: Requests, version: str, layer: Layer,
           published: Fact[Instant] | None) -> Claim:
    mine = [c for c in found.of(version) if c.key.layer == layer]
    people = [c for c in mine if c.kind in ("client", "CI")]
    asked = _earliest(mine, version, None)
    cached = _earliest([c for c in mine if c.kind in ("server", "mirror or proxy")], version, HAD)
    served = _earliest(people, version, HAD)
    facts: Facts = {}
    parts = []
    for name, words, row in (("asked", "first asked for", asked),
                             ("cached", "first fetched by a machine that may keep it", cached),
                             ("served", "first served to a client", served)):
        if row is None:
            parts.append(f"no line shows it {words}")
            continue
        part = f"{words} at {{{name}}}"
        at = start_of(row.value) if name == "asked" else row.value.at
        facts[name] = resting(utc(at), (row,))
        if published is not None and at is not None:
            part += f" ({{{name}_gap}})"
            facts[f"{name}_gap"] = gap(row, at, published)
        parts.append(part)
    if asked is None:
        raise ValueError("a version without requests has no clocks")
    return CLOCKS.claim(
        found.package.at(shown(found, version)), asked.value.at,
        "By the " + words_of(layer) + ", version {version} was " + "; ".join(parts) + ".",
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


def _early(found: Requests, version: str, layer: Layer,
           published: Fact[Instant]) -> Iterator[Finding]:
    """Fetches that were over before the publish, vain ones, and those of which nobody can tell."""
    early = found.early.get((layer, version), {})
    if "before" in early:
        yield _before(
            found, version, early["before"], published, EARLY,
            "In the {layer}, version {version} was fetched {count} before it was published at"
            " {published}: the first ended by {first} ({by} earlier), by {who}, with the outcome"
            " {outcome}. Clock, precision and duration do not explain that.")
    if "before, without getting it" in early:
        yield _before(
            found, version, early["before, without getting it"], published, PROBED,
            "In the {layer}, version {version} was asked for {count}, and not got, before it was"
            " published at {published}: first at {first} ({by} earlier), by {who}, with the outcome"
            " {outcome}. A lead only.")
    unsure = early.get("unsure")
    if unsure is not None:
        yield Gap(f"whether {counted(unsure.count, 'request')} for version {version} came before"
                  " the publish",
                  "the times lie closer together than clocks, precision, the request's length or"
                  " an assumed time zone allow to tell", found.package.at(shown(found, version)),
                  "the operator of the log's machine: its clock and time zone, and logs that keep"
                  " a request's duration", tuple(unsure.first[0].citations))


def _before(found: Requests, version: str, rows: Rows, published: Fact[Instant], rule: Rule,
            template: str) -> Claim:
    row = rows.first[0]
    event, at = row.value, row.value.at
    length = published.value.utc - at.utc if at else timedelta()
    who = ", ".join(filter(None, (event.remote_addr, event.user, event.user_agent)))
    return rule.claim(
        found.package.at(shown(found, version)), at, template,
        version=resting(shown(found, version), (row, published)),
        count=resting("once" if rows.count == 1 else f"{rows.count} times", rows.facts),
        published=published, first=timed(row), by=resting(span(length), (row, published)),
        layer=resting(words_of(event.layer), (row,)),
        who=resting(who or "nobody that the line names", (row,)),
        outcome=resting(event.outcome, (row,)))


def _tail(found: Requests, version: str, layer: Layer, gone: Fact[Instant]) -> Claim:
    groups = found.late[layer, version]
    cited = tuple(f for rows in groups.values() for f in (rows.first[0], rows.facts[-1]))
    first, last = ends(groups.values())
    told = ", ".join(f"{_FROM[where]}: {rows.count}" for where, rows in sorted(groups.items()))
    return TAIL.claim(
        found.package.at(shown(found, version)), Interval(first, last),
        "Version {version} was gone from the registry by {gone} and, by the " + words_of(layer)
        + ", still handed out {count} after that, from {first} to {last}: {told}.",
        version=resting(shown(found, version), (*cited, gone)), gone=gone,
        count=resting(counted(sum(r.count for r in groups.values()), "time"), cited),
        first=resting(utc(first), cited), last=resting(utc(last), cited),
        told=resting(told, cited))
