"""What consumers were served: dist-tags, and how long a version that is gone could be had."""

from collections.abc import Iterator

from regforensics.analyze.custody.asks import ask
from regforensics.analyze.releases.walk import (
    Withdrawal,
    ended,
    order,
    plain,
    published,
    withdrawals,
)
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import (
    Series,
    by,
    dated,
    seen,
    series,
    span,
    unchanged,
    until,
    window,
)
from regforensics.model.citation import derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.downloads import DownloadCounts, LastWeek
from regforensics.model.history import History, Scope
from regforensics.model.instant import Instant, Interval
from regforensics.model.snapshot import Snapshot

TAG = Rule(
    "distribution.tag", "distribution",
    "to which version a dist-tag pointed in a capture: what an install by that tag resolved to",
    "the dist-tag and the capture",
    "true at the captures only: the registry keeps no history of tags")
TAG_MOVED = Rule(
    "distribution.tag-moved", "distribution",
    "a dist-tag was set, moved or removed between two captures",
    "the tag in both captures, or its absence from one", "every release moves latest")
TAG_BACK = Rule(
    "distribution.tag-back", "distribution",
    "a dist-tag moved to a lower version between two captures",
    "the tag in both captures",
    "every takedown of the newest version does it; a release that was taken back")
BEHIND = Rule(
    "distribution.latest-behind", "distribution",
    "the dist-tag latest points to a lower version than a stable one that is listed without"
    " deprecation, and was published before it, or later in the same line and has no tag of its"
    " own; a lead only",
    "the tag, and the publish times of both versions",
    "a fix for an old line that was published without a tag of its own; maintainers who hold latest"
    " back, or who took a release back; routine unless one of the two versions is in question")
AVAILABLE = Rule(
    "distribution.available", "distribution",
    "for how long a withdrawn version could be had: at least, and at most",
    "its publish time and the captures before and after it went",
    "caches and mirrors serve it for longer")


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Tags and availability in each place, and that installs themselves are not in evidence."""
    for part in series(history):
        gone = withdrawals(part)
        lifted = scope.versions_of(part.package) | {item.version for item in gone}
        yield from _tags(part, lifted)
        if not part.mirrored:
            yield from _behind(part, scope.versions_of(part.package))
        for item in gone:
            yield from _available(part, item)
    counted = bool(history.of(DownloadCounts)) or bool(history.of(LastWeek))
    logged = any(log.asked for log in history.events.coverage())
    if (history.snapshots or counted) and not logged:
        often = "" if counted else ", and how often"
        yield Gap(f"who downloaded or installed which version{often}",
                  "download counts name nobody, and no request logs are in the evidence that was"
                  " read" if counted else
                  "neither download counts nor request logs are in the evidence that was read",
                  history.package, ask(history.package.registry, "install"))


def _tags(part: Series, lifted: frozenset[str]) -> Iterator[Claim]:
    runs: dict[str, tuple[Snapshot, Snapshot]] = {}
    old: Snapshot | None = None
    for new in part.listings:
        if old is not None and not unchanged(old, new):
            for tag in dict.fromkeys((*old.dist_tags, *new.dist_tags)):
                change = _moved(part, old, new, tag, lifted)
                if change is not None:
                    if tag in runs:
                        yield _pointed(part, tag, *runs.pop(tag), lifted)
                    yield change
        for tag in new.dist_tags:
            runs[tag] = (runs[tag][0], new) if tag in runs else (new, new)
        old = new
    for tag, (first, last) in runs.items():
        yield _pointed(part, tag, first, last, lifted)


def _pointed(part: Series, tag: str, first: Snapshot, last: Snapshot,
             lifted: frozenset[str]) -> Claim:
    fact = first.dist_tags[tag]
    words = "in the capture of {first}" if first is last else \
        "in the captures from {first} to {last}"
    facts: Facts = {"first": seen(first)}
    facts |= {} if first is last else {"last": seen(last)}
    when: Instant | Interval | None = dated(first)
    return part.claim(
        TAG, when, "The dist-tag {tag} pointed at {version} " + words + ": what an install by that"
        " tag got then.", on=str(fact.value), notable=str(fact.value) in lifted,
        tag=derive(tag, fact), version=fact,
        also=() if first is last else (last.dist_tags[tag],), **facts)


def _moved(part: Series, old: Snapshot, new: Snapshot, tag: str,
           lifted: frozenset[str]) -> Claim | None:
    one, other = old.dist_tags.get(tag), new.dist_tags.get(tag)
    bounds = window(old, new)
    if one is not None and other is not None:
        if one.value == other.value:
            return None
        back = _lower(str(other.value), str(one.value))
        return part.claim(
            TAG_BACK if back else TAG_MOVED, bounds.when,
            "The dist-tag {tag} moved " + ("back, to a lower version, " if back else "")
            + "from {old} to {new} " + bounds.words + ": an install by that"
            " tag got the former before and the latter afterwards.", on=str(other.value),
            notable=tag == "latest" or bool({str(one.value), str(other.value)} & lifted),
            tag=derive(tag, one, other), old=one, new=other, **bounds.facts)
    if other is not None:
        return part.claim(
            TAG_MOVED, bounds.when,
            "The dist-tag {tag} was set to {new} " + bounds.words + ".", on=str(other.value),
            absences=(old.dist_tags.absence(tag),), notable=str(other.value) in lifted,
            tag=derive(tag, other), new=other, **bounds.facts)
    if one is None:
        return None
    return part.claim(
        TAG_MOVED, bounds.when,
        "The dist-tag {tag}, which pointed at {old}, was removed " + bounds.words + ".",
        on=str(one.value), absences=(new.dist_tags.absence(tag),),
        notable=str(one.value) in lifted, tag=derive(tag, one), old=one, **bounds.facts)


def _lower(version: str, than: str) -> bool:
    """True where both are versions and the one is the lower."""
    one, other = order(version), order(than)
    return bool(one[0] and other[0]) and one < other


def _behind(part: Series, named: frozenset[str]) -> Iterator[Claim]:
    """Of the newest list: latest against the highest stable version that was there before it."""
    shown = part.listings[-1:]
    tag = shown[0].dist_tags.get("latest") if shown else None
    if tag is None:
        return
    times = {p.version: p.time for p in published(part)}
    stable = [v for v in shown[0].releases if plain(v) and v in times]
    highest = max(stable, key=order, default=None)
    version = str(tag.value)
    if highest is None or version not in times or not _lower(version, highest) \
            or shown[0].releases[highest].deprecated:
        return
    later = times[highest].value.utc >= times[version].value.utc
    tagged = any(fact.value == highest for fact in shown[0].dist_tags.values())
    if later and (tagged or order(highest)[0][:1] != order(version)[0][:1]):
        return  # a new major version, or one under a tag of its own, may wait for latest
    yield part.claim(
        BEHIND, dated(shown[0]),
        "In the capture of {at} the dist-tag latest points to {version} ({published}), lower than"
        " {highest}, which was published " + ("after" if later else "before") + " it ({earlier}),"
        " is stable and is listed" + (", and to which no dist-tag points." if later else "."),
        on=version, notable=bool({version, highest} & named), at=seen(shown[0]), version=tag,
        published=times[version], highest=derive(highest, times[highest]),
        earlier=times[highest])


def _available(part: Series, item: Withdrawal) -> Iterator[Claim]:
    """At least until the last capture that lists it, at most until the first that does not."""
    start, listing = item.time, None
    if item.listed is not None:
        listing = item.listed.releases[item.version]
        start = start or listing.published
    gone = ended(item)
    if start is None or gone.at is None or gone.at.utc < start.value.utc or part.mirrored:
        return
    facts: Facts = {
        "version": derive(item.version, start), "published": start, "before": gone.fact,
        "most": derive(span(gone.at.utc - start.value.utc), start, gone.fact)}
    words = "for at most {most}"
    last = until(item.listed, listing.anchor) \
        if item.listed and listing and dated(item.listed) else None
    if last and last.at and start.value.utc < last.at.utc <= gone.at.utc:
        facts["least"] = derive(span(last.at.utc - start.value.utc), start, last.fact)
        words = "for at least {least} and " + words.removeprefix("for ")
    how = "not to be had any more by {before}, when the project was quarantined" \
        if item.quarantined else "gone by {before}"
    then = " before that" if item.quarantined else ""
    if item.back is not None:
        facts["again"] = by(item.back).fact
        then = " before it went; by {again} it was listed again"
    yield part.claim(
        AVAILABLE, Interval(start.value, gone.at),
        "Version {version}, published at {published} and " + how + ", could be had from the"
        " registry " + words + then + ".", on=item.version,
        absences=(item.missing.releases.absence(item.version),), **facts)


ANALYZER = Analyzer("distribution", (TAG, TAG_MOVED, TAG_BACK, BEHIND, AVAILABLE), run)
