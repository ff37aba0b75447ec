"""When versions were published, and publish times that cannot be what they seem."""

from collections.abc import Iterator, Sequence
from typing import Any

from regforensics.analyze.compare.drift import find_drift
from regforensics.analyze.custody.asks import ask
from regforensics.analyze.releases.walk import Published, newcomers, plain, published, withdrawals
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import (
    Series,
    apart,
    changed_releases,
    counted,
    mirrored,
    series,
    unchanged,
    window,
)
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, Gap, said
from regforensics.model.history import History, Scope
from regforensics.model.instant import Instant, known
from regforensics.model.snapshot import Snapshot

PUBLISHED = Rule(
    "publish.published", "publish",
    "a version was published at a time, and by whom where the registry names one",
    "the version's entry in the time map (npm) or its first file's upload time (PyPI), and the"
    " publisher named in the version",
    "a mirror may have made up its time map: such a claim says so", "evidenced")
REPUBLISHED = Rule(
    "publish.republished", "publish",
    "the publish time of a version or file changed between two captures",
    "both times and both captures",
    "mirrors that fill in missing times with the present time")
TIMES_REWRITTEN = Rule(
    "publish.times-rewritten", "publish",
    "most publish times changed at once between two captures",
    "the first and last changed time of both captures",
    "none known: a registry does not do it, a mirror that builds its own time map does")
CREATED_LATER = Rule(
    "publish.created-later", "publish",
    "the package's creation time is later than versions of it",
    "the creation time and the earliest version time",
    "security holders set it too: then the holder is claimed as well")
RESTORED = Rule(
    "publish.restored", "publish",
    "a version's time is later than that of a higher patch version of the same line",
    "both times",
    "a publisher who released patch versions out of order, more than a day apart")

_TOLERANCE, _DAY = 60.0, 86400.0


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """The publish timeline of each place, a version told once, by the leading place that has it."""
    drifted = {drift.version for drift in find_drift([history])}
    told: set[str] = set()
    doubtful: list[Fact[Any]] = []
    for part in series(history):
        versions = published(part)
        doubtful += [v.time for v in versions[:1] + versions[-1:] if mirrored(v.snapshot)]
        lifted = drifted | scope.versions_of(part.package) \
            | {w.version for w in withdrawals(part)} | {p.version for p, _ in newcomers(versions)}
        for item in versions:
            if item.version not in told:
                yield _published(part, item, notable=item.version in lifted)
        told |= {item.version for item in versions}
        for old, new in part.pairs:
            yield from _rewritten(part, old, new)
        if not part.mirrored:
            yield from _created_later(part)
            yield from _restored(part)
    if doubtful:
        yield _unvouched(history, doubtful)


def _unvouched(history: History, times: Sequence[Fact[Any]]) -> Gap:
    """A mirror's time map may hold the times at which the mirror fetched each version."""
    return Gap(
        "whether the publish times of captures that look like a mirror's are the registry's",
        "such times can be the mirror's own: whether a version was restored, the name created anew,"
        " a file added late, and for how long a version could be had, cannot be known from them",
        history.package, ask(history.package.registry, "publish"), derive(None, *times).citations)


def _published(part: Series, item: Published, *, notable: bool) -> Claim:
    release = item.release
    facts: Facts = {"version": derive(item.version, item.time),
                                      "published": item.time}
    template = "Version {version} was published at {published}"
    if not len(item.snapshot.times):
        template += ", when its first file was uploaded"
    if release is not None and release.publisher is not None:
        facts["publisher"] = release.publisher
        template += " by {publisher}"
        if release.trust is not None:
            facts["trust"] = release.trust
            template += " ({trust})"
    else:
        template += "; the registry's document does not say by whom"
    if item.spelling is not None:
        facts["spelling"] = derive(item.spelling, item.time)
        template += "; the time map spells it {spelling}"
    if mirrored(item.snapshot):
        template += ", according to a mirror, whose times are not the registry's"
    return part.claim(PUBLISHED, item.time.value, template + ".", on=item.version,
                      notable=notable, **facts)


def _rewritten(part: Series, old: Snapshot, new: Snapshot) -> Iterator[Claim]:
    changed = [*_changed_times(old, new), *_changed_uploads(old, new)]
    common = sum(1 for version in new.times if version in old.times) or len(new.releases)
    bounds = window(old, new)
    if len(changed) > 3 and len(changed) * 2 > common:
        (_, _, first, _), (_, _, _, last) = changed[0], changed[-1]
        yield part.claim(
            TIMES_REWRITTEN, bounds.when,
            "The publish times of {count} changed at once, " + bounds.words
            + ": the time map was built anew, as mirrors do.",
            count=derive(counted(len(changed), "version"), first, last), **bounds.facts)
        return
    for version, what, before, after in changed:
        yield part.claim(
            REPUBLISHED, bounds.when,
            "The publish time of {what} changed from {old} to {new}, " + bounds.words + ".",
            on=version, notable=not part.mirrored, what=derive(what, before, after), old=before,
            new=after, **bounds.facts)


Moved = tuple[str, str, Fact[Instant], Fact[Instant]]


def _changed_times(old: Snapshot, new: Snapshot) -> Iterator[Moved]:
    for version in new.times:
        if version in old.times and not old.times.same(version, new.times):
            before, after = known(old.times[version]), known(new.times[version])
            if before and after and apart(before.value, after.value):
                yield version, f"version {said(version)}", before, after


def _changed_uploads(old: Snapshot, new: Snapshot) -> Iterator[Moved]:
    for one, other in changed_releases(old, new):
        before = {file.filename: file.uploaded for file in one.artifacts}
        for file in other.artifacts:
            first, second = before.get(file.filename), file.uploaded
            if first and second and apart(first.value, second.value):
                yield other.version, f"file {said(file.filename)}", first, second


def _created_later(part: Series) -> Iterator[Claim]:
    told: set[str] = set()
    last: Snapshot | None = None
    for snapshot in part.snapshots:
        if (last is not None and unchanged(last, snapshot)) or snapshot.created is None \
                or mirrored(snapshot):
            continue
        last, created = snapshot, snapshot.created
        early = sorted(((fact.value.utc, version, fact) for version, raw in snapshot.times.items()
                        if (fact := known(raw)) and (created.value.utc - fact.value.utc)
                        .total_seconds() > _TOLERANCE), key=lambda item: item[:2])
        if early and created.value.text not in told:
            told.add(created.value.text)
            _, version, fact = early[0]
            yield part.claim(
                CREATED_LATER, created.value,
                "The package was created at {created}, later than the publish time of {count} (the"
                " first, {version}, at {published}): the name was created anew, or a holder was put"
                " on it.", created=created, published=fact, version=derive(version, fact),
                count=derive(counted(len(early), "version"), fact, early[-1][2]))


def _restored(part: Series) -> Iterator[Claim]:
    shown = part.listings
    if not shown:
        return
    lines: dict[tuple[int, int], list[tuple[int, str, Fact[Instant]]]] = {}
    for version, raw in shown[-1].times.items():
        numbers, fact = plain(version), known(raw)
        if numbers and fact and version in shown[-1].releases:
            lines.setdefault(numbers[:2], []).append((numbers[2], version, fact))
    for line in lines.values():
        line.sort(key=lambda item: item[0])
        for index, (_, version, fact) in enumerate(line):
            higher = next(((v, f) for _, v, f in line[index + 1:] if (
                fact.value.utc - f.value.utc).total_seconds() > _DAY), None)
            if higher is not None:
                yield part.claim(
                    RESTORED, fact.value,
                    "Version {version} has the publish time {published}, later than the higher"
                    " {higher} of the same line, of {earlier}: the order of a version that was"
                    " restored or put in again, not of a release in its turn.", on=version,
                    version=derive(version, fact), published=fact,
                    higher=derive(higher[0], higher[1]), earlier=higher[1])


ANALYZER = Analyzer("publishes", (PUBLISHED, REPUBLISHED, TIMES_REWRITTEN, CREATED_LATER,
                                  RESTORED), run)
