"""What vulnerability databases say, held against what the registry showed; both sides are cited.

Advisories are written by people, often in a hurry: versions that never existed, versions left out
and ranges without an end are ordinary mistakes in them, and each is a claim of its own.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations, pairwise

from regforensics.analyze.advised import Record, Shown, newest, records, shown
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import counted, series, span
from regforensics.analyze.walk import withdrawals
from regforensics.model.advisory import Advisory, AdvisoryAnswer
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import History, Scope
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef

LISTS = Rule(
    "publish.advisory-lists", "publish",
    "an advisory covers versions of the package; its times are the record's, not the attack's",
    "the record's id, the words that cover the versions, and the versions in the registry's"
    " document",
    "old vulnerabilities that have nothing to do with the incident: notable only for malware and"
    " for versions in question")
NONE = Rule(
    "publish.advisory-none", "publish",
    "a database that was asked had no advisory about the package",
    "the custody line of the answer", "a database that has not heard of the incident yet")
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
WITHDRAWN = Rule(
    "publish.advisory-withdrawn", "publish", "a database withdrew an advisory",
    "the record's withdrawn member", "duplicates are withdrawn in favour of another record",
    "evidenced")
DISAGREE = Rule(
    "integrity.advisory-disagree", "integrity",
    "two advisories that name each other as one cover different versions, or only one is withdrawn",
    "both ids, and the words that cover the versions", "databases that are updated at other times")
CHANGED = Rule(
    "publish.advisory-changed", "publish", "an advisory covers other versions than it did before",
    "the id and the last change of both forms, and the words that cover the versions",
    "first versions of advisories are often too wide")

FEW = 8  # versions that a sentence names
LONG_BEFORE = timedelta(days=180)
MOST_PAIRS = 200


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Each advisory by itself, then against the registry, then against the others."""
    yield from history.gaps_in(AdvisoryAnswer)
    answers = history.of(AdvisoryAnswer)
    if not answers:
        return
    known, found = shown(history), records(answers)
    named = scope.versions_of(history.package)
    yield from _none_and_more(history.package, answers, notable=bool(named))
    if found and not known.facts:
        yield Gap("which of the versions that advisories list the registry ever had",
                  "no capture of the package lists or dates a version", history.package,
                  "the registry's own full document of the package")
    for record in found:
        yield from _lists(history.package, known, record.now, named)
        yield from _unknown(history.package, known, record.now)
        yield from _open_ended(history.package, known, record.now, notable=bool(named))
        yield from _withdrawn(history.package, record.now, named)
        yield from _changed(history.package, known, record)
    yield from _missed(history, known, [r.now for r in found], named)
    yield from _disagree(history.package, known, [r.now for r in found])


def _none_and_more(package: PackageRef, answers: Sequence[AdvisoryAnswer], *,
                   notable: bool) -> Iterator[Finding]:
    for pages in newest(answers):
        last = pages[-1]
        line, at = last.observation.line, last.observation.at
        if line is not None and not any(page.advisories for page in pages):
            kind = f" of the type {last.question}" if last.question else ""
            yield NONE.claim(
                package, at, "In its answer of {at} {source} had no advisory" + kind
                + " about the package.", notable=notable, at=derive(at or "unknown time", line),
                source=derive(last.source, line))
        if last.more is not None:
            yield Gap(f"which further advisories {last.source} has",
                      f"it said that there are more pages, and after {len(pages)} no further one"
                      " was asked for", package, citations=last.more.citations)


def _lists(package: PackageRef, known: Shown, advisory: Advisory,
           named: frozenset[str]) -> Iterator[Claim]:
    covered = known.covered(advisory)
    for version in sorted(named):
        by = advisory.covering(version)
        if by is not None:
            template, facts = _introduced(advisory)
            yield LISTS.claim(
                package.at(version), _when(advisory),
                template + " covers version {version} ({by})" + _summary(advisory, facts)
                + _dates(advisory, facts), by=by,
                version=derive(version, known.facts.get(version) or by), **facts)
    if named and any(advisory.covering(version) for version in named):
        return
    template, facts = _introduced(advisory)
    ends = [known.facts[v] for v in (*list(covered)[:1], *list(covered)[-1:])]
    words = list({id(fact): fact for fact in covered.values()}.values())[:FEW]
    if covered:
        facts["versions"] = derive(_few(list(covered)), *words, *ends)
    yield LISTS.claim(
        package, _when(advisory), template + " covers {count} of the versions that the captures"
        " show ({total})" + (": {versions}" if covered else "") + _summary(advisory, facts)
        + _dates(advisory, facts), notable=advisory.malware,
        count=derive(len(covered) or "none", advisory.id, *words),
        total=derive(len(known.facts), advisory.id, *ends), **facts)


def _introduced(advisory: Advisory) -> tuple[str, Facts]:
    kind = "malware advisory" if advisory.malware else "advisory"
    return "The " + kind + " {id} of {source}", {
        "id": advisory.id, "source": derive(advisory.source, advisory.id)}


def _summary(advisory: Advisory, facts: Facts) -> str:
    if advisory.summary is None:
        return "."
    facts["summary"] = advisory.summary
    return ". Its summary: {summary}."


def _dates(advisory: Advisory, facts: Facts) -> str:
    """When the record was written, and when a malware database had it from a reporter."""
    said = ""
    if advisory.published is not None:
        facts["published"] = advisory.published
        said = " The record was published at {published}, which is not the time of an attack."
    first = min(advisory.imported, key=lambda fact: fact.value.utc, default=None)
    if first is not None:
        facts["imported"] = first
        said += " A reporter's finding was imported into it at {imported}."
    return said


def _unknown(package: PackageRef, known: Shown, advisory: Advisory) -> Iterator[Claim]:
    if known.listing is None:
        return
    hit = {fact.value for fact in known.covered(advisory).values()}
    missing = [fact for fact in advisory.listed if fact.value not in hit]
    if not missing:
        return
    few = missing[:FEW]
    template, facts = _introduced(advisory)
    traces = "" if len(known.listing.times) else \
        " A release that was deleted before the first capture would leave no trace."
    yield UNKNOWN.claim(
        package, _when(advisory),
        template + " lists {count} that the registry does not show: {versions}. No capture lists"
        " or dates them." + traces, absences=tuple(a for f in few for a in known.lacks(f.value)),
        count=derive(counted(len(missing), "version"), *few),
        versions=derive(_few([f.value for f in missing]), *few), **facts)


def _open_ended(package: PackageRef, known: Shown, advisory: Advisory, *,
                notable: bool) -> Iterator[Claim]:
    bound = next((r for r in advisory.ranges if r.open_ended), None)
    record = advisory.published
    covered = [v for v in known.covered(advisory) if v in known.published]
    if bound is None or record is None or not covered:
        return
    template, facts = _introduced(advisory)
    first = known.published[covered[0]]
    before = record.value.utc - first.value.utc
    if bound.from_first and len(covered) > 1 and before >= LONG_BEFORE:
        yield OPEN_ENDED.claim(
            package, _when(advisory),
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
            package, _when(advisory),
            template + " has a range ({range}) without an end. It takes in {count} that were"
            " published after the record was last changed ({changed}): {versions}.",
            notable=notable, range=bound.fact, changed=changed,
            count=derive(counted(len(later), "version"), *times),
            versions=derive(_few(later), *times), **facts)


def _withdrawn(package: PackageRef, advisory: Advisory, named: frozenset[str]) -> Iterator[Claim]:
    if advisory.withdrawn is not None:
        template, facts = _introduced(advisory)
        yield WITHDRAWN.claim(
            package, advisory.withdrawn.value, template + " was withdrawn at {withdrawn}.",
            notable=advisory.malware or any(map(advisory.covering, named)),
            withdrawn=advisory.withdrawn, **facts)


def _changed(package: PackageRef, known: Shown, record: Record) -> Iterator[Claim]:
    for old, new in pairwise(record.forms):
        gone, come = _apart(known, old, new), _apart(known, new, old)
        if old.modified is None or new.modified is None or not (gone or come):
            continue
        template, facts = _introduced(new)
        parts = []
        if come:
            parts.append("covers {come} now and did not before")
            facts["come"] = derive(_few(list(come)), *list(come.values())[:FEW])
        if gone:
            parts.append("covered {gone} before and does not now")
            facts["gone"] = derive(_few(list(gone)), *list(gone.values())[:FEW])
        yield CHANGED.claim(
            package, new.modified.value,
            template + ", changed at {new}, " + " and ".join(parts)
            + " (the form before was of {old}).", new=new.modified, old=old.modified, **facts)


def _missed(history: History, known: Shown, advisories: Sequence[Advisory],
            named: frozenset[str]) -> Iterator[Claim]:
    valid = [a for a in advisories if a.withdrawn is None]
    open_ = {v for v in known.published if not any(a.covering(v) for a in valid)}
    for version in sorted(named & open_) if valid else ():
        ids = [a.id for a in valid[:FEW]]
        yield MISSES.claim(
            history.package.at(version), known.published[version].value,
            "No advisory in the evidence covers version {version}, published at {published}: those"
            " about the package that are not withdrawn are {ids}.",
            absences=tuple(a for one in valid[:FEW] for a in _unlisted(one, version)),
            version=derive(version, known.published[version]),
            published=known.published[version], ids=derive(_few([a.id.value for a in valid]), *ids))
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
            template, facts = _introduced(advisory)
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


def _disagree(package: PackageRef, known: Shown, advisories: Sequence[Advisory]) -> Iterator[Claim]:
    linked = [(a, b) for a, b in combinations(advisories[:MOST_PAIRS], 2) if a.names & b.names]
    for one, other in linked[:MOST_PAIRS]:
        if (one.withdrawn is None) != (other.withdrawn is None):
            valid, gone = (one, other) if one.withdrawn is None else (other, one)
            if gone.withdrawn is not None:
                yield DISAGREE.claim(
                    package, gone.withdrawn.value,
                    "The advisory {gone} of {there} was withdrawn at {withdrawn}; the record {id}"
                    " of {source}, which is called the same, was not.", gone=gone.id,
                    there=derive(gone.source, gone.id), withdrawn=gone.withdrawn, id=valid.id,
                    source=derive(valid.source, valid.id), also=valid.aliases[:FEW])
            continue
        first, second = _apart(known, one, other), _apart(known, other, one)
        if first or second:
            yield _differ(package, one, other, first, second)


def _differ(package: PackageRef, one: Advisory, other: Advisory, first: dict[str, Fact[str]],
            second: dict[str, Fact[str]]) -> Claim:
    parts, facts = [], Facts()
    for name, only, whose in (("first", first, "{one}"), ("second", second, "{other}")):
        if only:
            parts.append(f"{{{name}}} by {whose} alone")
            facts[name] = derive(_few(list(only)), *list(only.values())[:FEW])
    return DISAGREE.claim(
        package, _when(other),
        "The records {one} of {here} and {other} of {there} are called the same and cover different"
        " versions: " + ", ".join(parts) + ".", one=one.id, other=other.id,
        here=derive(one.source, one.id), there=derive(other.source, other.id),
        also=(*one.aliases[:FEW], *other.aliases[:FEW], *(r.fact for r in one.ranges[:FEW]),
              *(r.fact for r in other.ranges[:FEW])), **facts)


def _apart(known: Shown, one: Advisory, other: Advisory) -> dict[str, Fact[str]]:
    """What ``one`` covers and ``other`` does not, of the versions that are shown or listed."""
    versions = dict.fromkeys((*known.facts, *(f.value for f in (*one.listed, *other.listed))))
    return {v: fact for v in versions
            if (fact := one.covering(v)) is not None and other.covering(v) is None}


def _few(versions: Sequence[str]) -> tuple[str, ...]:
    more = (f"{len(versions) - FEW} more",) if len(versions) > FEW else ()
    return (*versions[:FEW], *more)


def _when(advisory: Advisory) -> Instant | None:
    return advisory.published.value if advisory.published else None


ANALYZER = Analyzer("advisories", (LISTS, NONE, UNKNOWN, MISSES, OPEN_ENDED, WITHDRAWN, DISAGREE,
                                   CHANGED), run)
