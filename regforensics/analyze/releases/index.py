"""What only Python indexes show: the release in front, provenance, spellings, late listings."""

from collections.abc import Iterator
from datetime import timedelta

from regforensics.analyze.releases.walk import order, published
from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series, anchor, counted, seen, series, span, until, window
from regforensics.model.citation import derive
from regforensics.model.claim import Claim
from regforensics.model.history import History, Scope
from regforensics.model.snapshot import Artifact, Release, Snapshot

SHOWN_DOWN = Rule(
    "publish.shown-release-down", "publish",
    "the release that the index describes first went down to an older one between two captures",
    "the version in both documents, both captures, and what became of the newer release",
    "a maintainer who yanks a broken release")
PROVENANCE = Rule(
    "publish.provenance-missing", "publish",
    "files of a release have no provenance although every file of the release before it had; a"
    " lead only",
    "the provenance members of both releases and both upload times",
    "a release by hand, and attestations that were switched off; provenance of files that a"
    " different workflow builds")
SPELLING = Rule(
    "distribution.build-tag", "distribution",
    "one text stands for two releases: for a build of the one in a wheel's name, and for a"
    " post-release in the name of a source archive",
    "both file names", "none known; it confuses whoever pins that text")
LATE_LISTED = Rule(
    "distribution.listed-later", "distribution",
    "a later capture lists a file with an upload time from long before a capture that listed the"
    " release without it",
    "the file and its upload time, its absence from the earlier list, and both captures",
    "a release that was quarantined or hidden and came back; mirrors that are out of step")

LONG = timedelta(days=1)  # caches and mirrors are out of step for less
_PARTS = (5, 6)  # of a wheel's name, without and with a build tag


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Each place by itself."""
    if history.package.registry != "pypi":
        return
    for part in series(history):
        named = scope.versions_of(part.package)
        for old, new in part.pairs:
            yield from _shown_down(part, old, new)
            yield from _listed_later(part, old, new)
        if part.listings:
            yield from _spellings(part, part.listings[-1])
            yield from _provenance(part, part.listings[-1], named)


def _shown_down(part: Series, old: Snapshot, new: Snapshot) -> Iterator[Claim]:
    one, other = (s.top.fact("/info/version") if s.top else None for s in (old, new))
    if one is None or other is None or not isinstance(one.value, str) \
            or not isinstance(other.value, str) or order(other.value) >= order(one.value):
        return
    bounds = window(old, new, was=one, shows=other)
    facts: Facts = {"old": one, "new": other, **bounds.facts}
    release = new.releases.get(one.value)
    if release is None or not release.artifacts:
        why = ", which the later capture does not list with any file any more"
    elif release.yanked is not None and release.yanked.value:
        why, facts["yanked"] = ", which is yanked in the later capture ({yanked})", release.yanked
    else:
        why = ", which the later capture still lists"
    yield part.claim(
        SHOWN_DOWN, bounds.when,
        "The release that the index describes went down from {old} to {new} " + bounds.words
        + ": the index shows the newest one that is neither yanked nor quarantined, and left {gone}"
        + why + ".", on=one.value, gone=derive(one.value, one),
        absences=() if release is not None else (new.releases.absence(one.value),), **facts)


def _provenance(part: Series, newest: Snapshot, named: frozenset[str]) -> Iterator[Claim]:
    before: Release | None = None
    for item in published(part):
        release = newest.releases.get(item.version)
        stated = [f for f in release.artifacts if f.provenance is not None] if release else []
        if release is None or not stated:
            continue
        lacking = [f for f in stated if not f.provenance or not f.provenance.value]
        if before is not None and lacking and before.published and release.published:
            yield _dropped(part, before, release, lacking, notable=item.version in named)
        before = release if not lacking else None


def _dropped(part: Series, before: Release, release: Release, lacking: list[Artifact], *,
             notable: bool) -> Claim:
    members = [f.provenance for f in lacking if f.provenance is not None]
    had = [f.provenance for f in before.artifacts if f.provenance is not None]
    return part.claim(
        PROVENANCE, release.published.value if release.published else None,
        "{count} of release {version} ({published}) have no provenance; every file of {previous}"
        " ({earlier}), the release before it, had. A lead only."
        if len(lacking) > 1 else
        "{count} of release {version} ({published}) has no provenance; every file of {previous}"
        " ({earlier}), the release before it, had. A lead only.", on=release.version,
        notable=notable, count=derive(counted(len(lacking), "file"), *members),
        version=derive(release.version, release.anchor),
        published=release.published or release.anchor,
        previous=derive(before.version, before.anchor),
        earlier=before.published or before.anchor, also=tuple(had[:5]))


def _spellings(part: Series, newest: Snapshot) -> Iterator[Claim]:
    """A wheel ``x-1.2-1-py3-none-any.whl`` is build 1 of 1.2, a ``x-1.2-1.tar.gz`` is 1.2.post1."""
    archives: dict[str, tuple[Release, Artifact]] = {}
    wheels: list[tuple[str, Release, Artifact]] = []
    for version in newest.releases:
        release = newest.releases[version]
        for file in release.artifacts:
            if file.filename.endswith(".whl"):
                parts = file.filename.removesuffix(".whl").split("-")
                if len(parts) == _PARTS[1] and parts[2][:1].isdigit():
                    wheels.append((f"{parts[1]}-{parts[2]}", release, file))
            elif file.filename.endswith((".tar.gz", ".zip")):
                stem = file.filename.removesuffix(".tar.gz").removesuffix(".zip").split("-")
                archives["-".join(stem[-2:])] = release, file
    for text, release, wheel in wheels:
        other, archive = archives.get(text, (None, None))
        if other is not None and archive is not None and other.version != release.version:
            yield part.claim(
                SPELLING, wheel.uploaded.value if wheel.uploaded else None,
                "The text {text} stands for two releases: the wheel {wheel} is a build of release"
                " {one}, the source archive {archive} belongs to release {other}.",
                on=release.version, text=derive(text, wheel.name, archive.name), wheel=wheel.name,
                archive=archive.name, one=derive(release.version, release.anchor, wheel.name),
                other=derive(other.version, other.anchor, archive.name))


def _listed_later(part: Series, old: Snapshot, new: Snapshot) -> Iterator[Claim]:
    seen_by = until(old).at
    if part.mirrored or seen_by is None:
        return
    for version in new.releases:
        before = old.releases.get(version)
        if before is None or old.releases.same(version, new.releases) \
                or before.file_absence is None or not before.artifacts:
            continue
        had = {file.filename for file in before.artifacts}
        for file in new.releases[version].artifacts:
            if file.filename in had or file.uploaded is None or \
                    seen_by.utc - file.uploaded.value.utc < LONG:
                continue
            early = span(seen_by.utc - file.uploaded.value.utc)
            yield part.claim(
                LATE_LISTED, window(old, new).when,
                "The file {file} of release {version} states the upload time {uploaded}, but the"
                " capture of {old}, {early} later, lists the release without it; that of {new}"
                " lists it.", on=version, absences=(before.file_absence(file.filename),),
                file=file.name, version=derive(version, new.releases[version].anchor),
                uploaded=file.uploaded, old=seen(old), new=seen(new),
                early=derive(early, file.uploaded, anchor(old)))


ANALYZER = Analyzer("index", (SHOWN_DOWN, PROVENANCE, SPELLING, LATE_LISTED), run)
