"""Versions and files that went away: taken down, removed, emptied, back again, superseded."""

from collections.abc import Iterator, Sequence

from regforensics.analyze.custody.asks import ask
from regforensics.analyze.releases.walk import Published, Withdrawal, order, published, withdrawals
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import (
    Series,
    anchor,
    by,
    changed_releases,
    counted,
    dated,
    mirrored,
    seen,
    series,
    unchanged,
    window,
)
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.claim import Claim, Gap
from regforensics.model.history import History, Scope
from regforensics.model.instant import Interval
from regforensics.model.journal import JournalRow
from regforensics.model.snapshot import Release, Snapshot

WITHDRAWN = Rule(
    "publish.withdrawn", "publish",
    "a version that was published is no longer listed: it was taken down",
    "its entry in the time map, its absence among the versions, the capture that still listed it"
    " where there is one",
    "12 % of real packages have such a version; alone it is no incident")
REMOVED = Rule(
    "publish.removed", "publish",
    "a version that one capture lists is in no way mentioned by a later one",
    "the version in the earlier capture, its absence in the later one, both captures",
    "proxies that hide young versions; a Maven repository that wrote its metadata anew, whose files"
    " are still served")
RETURNED = Rule(
    "publish.returned", "publish", "a version that was gone is listed again",
    "the version in the later capture, and both captures",
    "two servers of one registry that are out of step for minutes")
SUPERSEDED = Rule(
    "publish.superseded", "publish",
    "the next higher version that is still listed after a withdrawn one",
    "both publish times", "it says nothing of when the takedown was")
EMPTIED = Rule(
    "publish.emptied", "publish", "a release is listed without any file",
    "the empty release, and the capture that still had files where there is one",
    "old releases that never had a file")
FILE_REMOVED = Rule(
    "publish.file-removed", "publish", "a file of a release is gone, the release is still listed",
    "the file in the earlier capture, its absence in the later one, both captures",
    "none known")


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """What went away in each place, version by version."""
    every, still = set[str](), set[str]()
    for part in series(history):
        versions, gone = published(part), withdrawals(part)
        every |= {item.version for item in gone}
        still |= {item.version for item in gone if item.back is None}
        for item in gone:
            yield _gone(part, item)
            if item.back is not None:
                yield _back(part, item, item.back)
        lost = {item.version for item in gone if item.back is None}
        named = scope.versions_of(part.package)
        for item in gone if not part.mirrored else ():
            if item.version not in lost:  # it is listed again: nothing took its place
                continue
            yield from _superseded(part, item, versions, lost, notable=item.version in named)
        yield from _emptied(part, named)
        for old, new in part.pairs:
            for one, other in changed_releases(old, new):
                yield from _files_removed(part, old, new, one, other)
    if every:
        yield _who(history, every, "that are gone" if still else "that were gone for a time")


def _who(history: History, gone: set[str], which: str) -> Gap:
    """Nobody says by whom; the index's journal says when, where it was read."""
    timed = {row.version.value for row in history.of(JournalRow)
             if row.version is not None and row.act in ("release-removed", "release-quarantined")}
    package = history.package
    if gone <= timed:
        return Gap(f"who took the versions down {which}", "the index's journal says when, and"
                   " names no actor", package, ask(package.registry, "withdrawal"))
    return Gap(f"who took the versions down {which}, and exactly when",
               "the documents show that a version went, never when or by whom", package,
               ask(package.registry, "withdrawal"))


def _gone(part: Series, item: Withdrawal) -> Claim:
    absent: tuple[Absence, ...] = (item.missing.releases.absence(item.version),)
    floor = None if mirrored(item.missing) else item.time
    bounds = window(item.listed, item.missing, floor, was=_listing(item))
    if item.time is None:
        return _removed(part, item, absent)
    facts = {"version": derive(item.version, item.time), "published": item.time, **bounds.facts}
    if item.held is not None:
        start = bounds.when.after
        after = start if start and start.utc < item.held.value.utc else item.time.value
        return part.claim(
            WITHDRAWN, Interval(after, item.held.value),
            "Version {version}, published at {published}, was gone when the registry's security"
            " holder took the package's place at {held}; only its publish time is left.",
            on=item.version, absences=absent, version=derive(item.version, item.time),
            published=item.time, held=item.held)
    stays = "its publish time is still in the time map"
    if item.listed is None:
        if item.known is not None:
            return _unseen(part, item, item.known, absent)
        facts |= {"before": bounds.facts["before"]}
        facts.pop("after", None)
        template = ("Version {version}, published at {published}, is not listed in the capture of"
                    " {before}; only its publish time is left: it was taken down in between, by"
                    " whom is not recorded.")
        return part.claim(WITHDRAWN, bounds.when, template, on=item.version, absences=absent,
                          **facts)
    listing = item.listed.releases[item.version].anchor
    meanwhile, more = _meanwhile(item)
    return part.claim(
        WITHDRAWN, bounds.when,
        "Version {version}, published at {published}, was taken down " + bounds.words + ": one"
        " capture lists it, the next list of versions does not, and " + stays + meanwhile
        + ". By whom is not recorded.",
        on=item.version, absences=absent, also=(listing,), **facts, **more)


def _unseen(part: Series, item: Withdrawal, before: Snapshot, absent: tuple[Absence, ...]) -> Claim:
    """A version that came and went between two captures."""
    bounds = window(None, item.missing)
    time = item.missing.times[item.version]
    return part.claim(
        WITHDRAWN, Interval(None if mirrored(item.missing) else time.value, bounds.when.before),
        "Version {version} was published at {published} and was already gone "
        + ("by the capture of" if dated(item.missing) else "in") + " {before}: no capture lists it,"
        + (" the capture of" if dated(before) else "") + " {earlier} knows nothing of it, and only"
        " its publish time is left. By whom it was taken down is not recorded.", on=item.version,
        absences=(*absent, before.times.absence(item.version)), published=time,
        version=derive(item.version, time), earlier=seen(before), **bounds.facts)


def _listing(item: Withdrawal) -> Fact[object] | None:
    return item.listed.releases[item.version].anchor if item.listed else None


def _meanwhile(item: Withdrawal) -> tuple[str, Facts]:
    """What the captures between the two lists show, and its facts."""
    if item.between is None:
        return "", {}
    shown = item.between.state_fact or anchor(item.between)
    state = "the project was quarantined" if item.quarantined else \
        "the registry answered that there is no such package"
    return "; in between, by {meanwhile}, " + state, {
        "meanwhile": derive(by(item.between, shown).fact.value, by(item.between, shown).fact,
                            shown)}


def _removed(part: Series, item: Withdrawal, absent: tuple[Absence, ...]) -> Claim:
    if item.listed is None:
        fact: Fact[object] = item.missing.times[item.version]
        bounds = window(None, item.missing)
        return part.claim(
            WITHDRAWN, bounds.when,
            "Version {version} has an unreadable publish time and is not listed in the capture of"
            " {before}: it was taken down before that, by whom is not recorded.",
            on=item.version, absences=absent, version=derive(item.version, fact), **bounds.facts)
    release = item.listed.releases[item.version]
    bounds = window(item.listed, item.missing, release.published, was=release.anchor)
    meanwhile, more = _meanwhile(item)
    went = "left the list of versions " if part.package.registry == "maven" else "was removed "
    return part.claim(
        REMOVED, bounds.when,
        "Version {version} " + went + bounds.words + ": one capture lists it, the next list of"
        " versions does not" + meanwhile + "." + _either(part) + " By whom is not recorded.",
        on=item.version, absences=absent, version=derive(item.version, release.anchor),
        **bounds.facts, **more)


def _either(part: Series) -> str:
    """PyPI's documents leave out a quarantined release as they do a deleted one."""
    return " A release that was deleted and one that was quarantined look the same here." \
        if part.package.registry == "pypi" else ""


def _back(part: Series, item: Withdrawal, back: Snapshot) -> Claim:
    bounds = window(item.missing, back)
    release = back.releases[item.version]
    return part.claim(
        RETURNED, bounds.when,
        "Version {version}, which was not listed any more, is listed again: it came back "
        + bounds.words + ".", on=item.version, version=derive(item.version, release.anchor),
        **bounds.facts)


def _superseded(part: Series, item: Withdrawal, versions: Sequence[Published], lost: set[str],
                *, notable: bool) -> Iterator[Claim]:
    """The first later version with a higher number of the same main line that is still listed."""
    mine = order(item.version)
    if item.time is None or not mine[0]:
        return
    later = [p for p in versions if p.release is not None and p.version not in lost
             and p.time.value.utc > item.time.value.utc and order(p.version) > mine]
    same = [p for p in later if order(p.version)[0][:1] == mine[0][:1]]
    for following in (same or later)[:1]:
        yield part.claim(
            SUPERSEDED, following.time.value,
            "After version {version} ({published}), which is gone, the next higher version that is"
            " still listed is {following}, published at {later}: superseded by then, which is not"
            " when it was taken down.", on=item.version, notable=notable,
            version=derive(item.version, item.time), published=item.time,
            following=derive(following.version, following.time), later=following.time)


def _emptied(part: Series, named: frozenset[str]) -> Iterator[Claim]:
    told: set[str] = set()
    old: Snapshot | None = None
    for new in part.listings:
        if old is not None and unchanged(old, new):
            old = new
            continue
        for version in new.releases if not len(new.times) else ():
            release = new.releases[version]
            if release.unasked:
                continue
            had = old is not None and version in old.releases \
                and bool(old.releases[version].artifacts)
            if release.artifacts:
                told.discard(version)
            elif version not in told:
                told.add(version)
                yield _empty(part, old if had else None, new, release,
                             notable=had or version in named)
        old = new


def _empty(part: Series, old: Snapshot | None, new: Snapshot, release: Release, *,
           notable: bool) -> Claim:
    bounds = window(old, new)
    version = derive(release.version, release.anchor)
    if old is None:
        return part.claim(
            EMPTIED, bounds.when,
            "Release {version} is listed without any file in the capture of {before}: its files"
            " were deleted before that, or it never had one.", on=release.version,
            notable=notable, version=version, **bounds.facts)
    before = old.releases[release.version]
    return part.claim(
        EMPTIED, bounds.when,
        "Every file of release {version} ({count}) was deleted " + bounds.words
        + "; the release is still listed. By whom is not recorded.", on=release.version,
        version=version, **bounds.facts,
        count=derive(counted(len(before.artifacts), "file"), *(f.name for f in before.artifacts)))


def _files_removed(part: Series, old: Snapshot, new: Snapshot, one: Release,
                   other: Release) -> Iterator[Claim]:
    kept = {file.filename for file in other.artifacts}
    if len(new.times) or not kept:  # npm: one tarball, told as drift; no file left: emptied
        return
    for file in one.artifacts:
        if file.filename not in kept and other.file_absence is not None:
            bounds = window(old, new, file.uploaded)
            yield part.claim(
                FILE_REMOVED, bounds.when,
                "The file {file} of release {version} was removed " + bounds.words
                + "; the release is still listed. By whom is not recorded.", on=other.version,
                absences=(other.file_absence(file.filename),), file=file.name,
                version=derive(other.version, other.anchor), **bounds.facts)


ANALYZER = Analyzer("withdrawals", (WITHDRAWN, REMOVED, RETURNED, SUPERSEDED, EMPTIED,
                                    FILE_REMOVED), run)
