"""Where vulnerability databases contradict the registry, or each other; both sides are cited.

Advisories are written by people, often in a hurry: versions that never existed, versions left out
and ranges without an end are ordinary mistakes in them, and each is a claim of its own.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations

from regforensics.analyze.advisories.advised import (
    FEW,
    Shown,
    apart,
    few,
    introduced,
    matters,
    records,
    shown,
    when,
)
from regforensics.analyze.releases.walk import withdrawals
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import counted, series, span
from regforensics.model.advisory import Advisory, AdvisoryAnswer
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.claim import Claim
from regforensics.model.history import History, Scope
from regforensics.model.package import PackageRef

UNKNOWN = Rule(
    "integrity.advisory-unknown-version", "integrity",
    "an advisory lists a version that no capture lists and no publish time names",
    "the version in the advisory, its absence from the registry's newest list",
    "PyPI keeps no trace of a deleted release, npm none of some versions from before 2015")
MISSES = Rule(
    "integrity.advisory-misses-version", "integrity",
    "no advisory covers a version in question, or one that was withdrawn and was published"
    " between versions that an advisory covers",
    "the version's publish time, the advisories, and its absence from the list of the one",
    "versions that were withdrawn for another reason; a lead only")
OPEN_ENDED = Rule(
    "integrity.advisory-open-ended", "integrity",
    "an advisory's range has no end and takes in versions from long before the record, or later"
    " ones",
    "the range, and the publish times of versions that it takes in",
    "packages that are malicious as a whole, and vulnerabilities that were always there and are"
    " not fixed")
DISAGREE = Rule(
    "integrity.advisory-disagree", "integrity",
    "two advisories that name each other as one cover different versions, or only one is withdrawn",
    "both ids, and the words that cover the versions", "databases that are updated at other times")

LONG_BEFORE = timedelta(days=180)
MOST_PAIRS = 200


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Each advisory against the registry, then against the others."""
    found = [record.now for record in records(history.of(AdvisoryAnswer))]
    if not found:
        return
    known, named = shown(history), scope.versions_of(history.package)
    for advisory in found:
        yield from _unknown(history.package, known, advisory, named)
        yield from _open_ended(history.package, known, advisory, notable=bool(named))
    yield from _missed(history, known, found, named)
    yield from _disagree(history.package, known, found, named)


def _unknown(package: PackageRef, known: Shown, advisory: Advisory,
             named: frozenset[str]) -> Iterator[Claim]:
    if known.listing is None:
        return
    hit = {fact.value for fact in known.covered(advisory).values()}
    missing = [fact for fact in advisory.listed if fact.value not in hit]
    if not missing:
        return
    first = missing[:FEW]
    template, facts = introduced(advisory)
    traces = "" if len(known.listing.times) else \
        " A release that was deleted before the first capture would leave no trace."
    yield UNKNOWN.claim(
        package, when(advisory),
        template + " lists {count} that the registry does not show: {versions}. No capture lists"
        " or dates them." + traces, notable=matters(advisory, named),
        absences=tuple(a for f in first for a in known.lacks(f.value)),
        count=derive(counted(len(missing), "version"), *first),
        versions=derive(few([f.value for f in missing]), *first), **facts)


def _open_ended(package: PackageRef, known: Shown, advisory: Advisory, *,
                notable: bool) -> Iterator[Claim]:
    bound = next((r for r in advisory.ranges if r.open_ended), None)
    record = advisory.published
    covered = [v for v in known.covered(advisory) if v in known.published]
    if bound is None or record is None or not covered:
        return
    template, facts = introduced(advisory)
    first = known.published[covered[0]]
    before = record.value.utc - first.value.utc
    if bound.from_first and len(covered) > 1 and before >= LONG_BEFORE:
        yield OPEN_ENDED.claim(
            package, when(advisory),
            template + " covers every version: its range ({range}) begins before the first and has"
            " no end. The captures date {count} versions, the first of them, {version}, at {first},"
            " {before} before the record was published ({published}).",
            notable=notable or advisory.malware, range=bound.fact, first=first, published=record,
            count=derive(len(covered), first, known.published[covered[-1]]),
            version=derive(covered[0], first), before=derive(span(before), first, record), **facts)
    changed = advisory.modified or record
    later = [v for v in covered if known.published[v].value.utc > changed.value.utc]
    if advisory.malware and not bound.from_first and later:
        times = [known.published[v] for v in later[:FEW]]
        yield OPEN_ENDED.claim(
            package, when(advisory),
            template + " has a range ({range}) without an end. It takes in {count} that were"
            " published after the record was last changed ({changed}): {versions}.",
            notable=notable, range=bound.fact, changed=changed,
            count=derive(counted(len(later), "version"), *times),
            versions=derive(few(later), *times), **facts)


def _missed(history: History, known: Shown, advisories: Sequence[Advisory],
            named: frozenset[str]) -> Iterator[Claim]:
    valid = [a for a in advisories if a.withdrawn is None]
    open_ = set(known.published).difference(*map(known.covered, valid))
    for version in sorted(named & open_) if valid else ():
        ids = [a.id for a in valid[:FEW]]
        yield MISSES.claim(
            history.package.at(version), known.published[version].value,
            "No advisory in the evidence covers version {version}, published at {published}: those"
            " about the package that are not withdrawn are {ids}.",
            absences=tuple(a for one in valid[:FEW] for a in _unlisted(one, version)),
            version=derive(version, known.published[version]),
            published=known.published[version], ids=derive(few([a.id.value for a in valid]), *ids))
    gone = {item.version for part in series(history) for item in withdrawals(part)}
    for advisory in valid:
        if advisory.malware or any(map(advisory.covering, named)):
            yield from _between(history.package, known, advisory, (gone & open_) - named)


def _between(package: PackageRef, known: Shown, advisory: Advisory,
             gone: set[str]) -> Iterator[Claim]:
    """Withdrawn versions published after the first and before the last that is covered."""
    covered = [v for v in known.covered(advisory) if v in known.published]
    for version in sorted(gone) if covered else ():
        time, first, last = (known.published[v] for v in (version, covered[0], covered[-1]))
        if first.value.utc < time.value.utc < last.value.utc:
            template, facts = introduced(advisory)
            yield MISSES.claim(
                package.at(version), time.value,
                template + " does not cover version {version}, which is gone and was published at"
                " {published}, between two versions that it covers ({first} and {last}). A lead"
                " only.", absences=_unlisted(advisory, version), published=time,
                version=derive(version, time), first=derive(covered[0], first),
                last=derive(covered[-1], last), **facts)


def _unlisted(advisory: Advisory, version: str) -> tuple[Absence, ...]:
    """That the array in which an advisory lists versions does not hold this one."""
    arrays = {}
    for fact in advisory.listed:
        place = fact.citations[0]
        above, _, index = place.where.rpartition("/")
        if index.isdecimal():
            arrays[above] = Absence(place.exhibit, place.sha256,
                                    f"{above}/{version.replace('~', '~0').replace('/', '~1')}")
    return tuple(arrays.values())


def _disagree(package: PackageRef, known: Shown, advisories: Sequence[Advisory],
              named: frozenset[str]) -> Iterator[Claim]:
    linked = [(a, b) for a, b in combinations(advisories[:MOST_PAIRS], 2) if a.names & b.names]
    for one, other in linked[:MOST_PAIRS]:
        notable = matters(one, named) or matters(other, named)
        if (one.withdrawn is None) != (other.withdrawn is None):
            valid, gone = (one, other) if one.withdrawn is None else (other, one)
            if gone.withdrawn is not None:
                yield DISAGREE.claim(
                    package, gone.withdrawn.value,
                    "The advisory {gone} of {there} was withdrawn at {withdrawn}; the record {id}"
                    " of {source}, which shares an identifier with it, was not.", notable=notable,
                    gone=gone.id,
                    there=derive(gone.source, gone.id), withdrawn=gone.withdrawn, id=valid.id,
                    source=derive(valid.source, valid.id), also=valid.aliases[:FEW])
            continue
        first, second = apart(known, one, other), apart(known, other, one)
        if first or second:
            yield _differ(package, one, other, first, second, notable=notable)


def _differ(package: PackageRef, one: Advisory, other: Advisory, first: dict[str, Fact[str]],
            second: dict[str, Fact[str]], *, notable: bool) -> Claim:
    parts, facts = [], Facts()
    for name, only, whose in (("first", first, "{one}"), ("second", second, "{other}")):
        if only:
            parts.append(f"{{{name}}} by {whose} alone")
            facts[name] = derive(few(list(only)), *list(only.values())[:FEW])
    return DISAGREE.claim(
        package, when(other),
        "The records {one} of {here} and {other} of {there} share an identifier and cover different"
        " versions: " + ", ".join(parts) + ".", notable=notable, one=one.id, other=other.id,
        here=derive(one.source, one.id), there=derive(other.source, other.id),
        also=(*one.aliases[:FEW], *other.aliases[:FEW], *(r.fact for r in one.ranges[:FEW]),
              *(r.fact for r in other.ranges[:FEW])), **facts)


ANALYZER = Analyzer("advisory-errors", (UNKNOWN, MISSES, OPEN_ENDED, DISAGREE), run)
