"""Two snapshots of a package -> what changed between them, each change with its lines.

Facts are compared field by field; deepdiff is given only the normalised remainder of manifests
that differ ("everything else that changed"), because on whole documents it is hundreds of times
slower and reports list positions instead of facts.
"""

from collections.abc import Iterator
from typing import Any

from regforensics.analyze.compare.compare_release import (
    compare_release,
    first_publishes,
    hooks_appeared,
    withheld,
)
from regforensics.analyze.compare.remainder import compare_remainder
from regforensics.model.change import KINDS, Change
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import printed
from regforensics.model.snapshot import Members, Release, Snapshot

_GONE = frozenset({"absent", "unpublished", "quarantined"})


def compare(old: Snapshot, new: Snapshot) -> tuple[Change, ...]:
    """Every change from ``old`` to ``new``, the gravest kinds first.

    Key order, white space and list order of owners never count. A package that went as a whole is
    one change, not one for each of its versions.
    """
    changes = list(_state(old, new))
    if not {old.state, new.state} & (_GONE | {"unreadable"}):
        for part in (_versions, _times, _common, _tags, _owners, _top):
            changes.extend(part(old, new))
    rank = {kind: index for index, kind in enumerate(KINDS)}
    return tuple(sorted(changes, key=lambda c: (c.representation, rank[c.kind])))


def _state(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    one, other = old.state_fact, new.state_fact
    if old.state != new.state and one is not None and other is not None:
        kind = {"unpublished": "tombstoned", "held": "held"}.get(new.state, "status-changed")
        at = new.tombstone.at if new.tombstone else None
        yield Change(kind=kind, before=old.state, after=at.value.text if at else new.state,
                     citations=derive(None, other, one).citations, was=one.citations)
    elif old.status and new.status and old.status.value != new.status.value:
        yield Change(kind="status-changed", before=old.status.value, after=new.status.value,
                     citations=derive(None, new.status, old.status).citations,
                     was=old.status.citations)


def _versions(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    added = [new.releases[v] for v in new.releases if v not in old.releases]
    for release in added:
        yield from _added(old, release)
    yield from first_publishes(old, added)
    for version in old.releases:
        if version not in new.releases:
            anchor = old.releases[version].anchor
            still = new.times.get(version)
            yield Change(
                kind="version-removed", version=version, before=version, after=None,
                citations=(derive(None, anchor, still) if still else anchor).citations,
                absences=(new.releases.absence(version),), was=anchor.citations,
                note="its time is still in the time map" if still else None)


def _added(old: Snapshot, release: Release) -> Iterator[Change]:
    version = release.version
    facts = [release.anchor] + [f for f in (release.published, release.publisher) if f]
    known = old.times.get(version)
    yield Change(
        kind="version-added", version=version,
        after=release.published.value.text if release.published else version,
        citations=derive(None, *facts).citations, absences=(old.releases.absence(version),),
        note="its time was in the time map already" if known else None)
    yield from withheld(release, old.releases.absence(version))
    yield from hooks_appeared(old, release)


def _times(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    for version in new.times:
        if version not in old.times:
            fact = new.times[version]
            gone = version not in new.releases and version not in new.respelled
            if len(old.times):
                yield Change(kind="time-added", version=version, after=printed(fact.value),
                             citations=fact.citations,
                             absences=(old.times.absence(version),
                                       *((new.releases.absence(version),) if gone else ())),
                             note="published, and already gone: the version is not listed" if gone
                             else None)
        elif not old.times.same(version, new.times):
            yield from _time_changed(version, old.times[version], new.times[version])
    for version in old.times:
        if version not in new.times and len(new.times):
            fact = old.times[version]
            yield Change(kind="time-removed", version=version, before=printed(fact.value),
                         citations=fact.citations, absences=(new.times.absence(version),),
                         was=fact.citations)
    if old.created and new.created and old.created.value.utc != new.created.value.utc:
        yield Change(kind="time-changed", where="/time/created", before=old.created.value.text,
                     after=new.created.value.text,
                     citations=derive(None, old.created, new.created).citations,
                     was=old.created.citations,
                     note="the name was created anew")


def _time_changed(version: str, one: Fact[Any], other: Fact[Any]) -> Iterator[Change]:
    if one.value == other.value:
        return
    same = bool(one.value and other.value and one.value.utc == other.value.utc)
    yield Change(kind="time-changed", version=version, before=printed(one.value),
                 after=printed(other.value), representation=same, was=one.citations,
                 citations=derive(None, one, other).citations)


def _common(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    for version in new.releases:
        if version in old.releases and not old.releases.same(version, new.releases):
            yield from compare_release(old.releases[version], new.releases[version])


def _tags(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    for tag, fact in new.dist_tags.items():
        if tag not in old.dist_tags:
            yield Change(kind="dist-tag-added", version=str(fact.value), tag=tag,
                         where=f"/dist-tags/{tag}",
                         after=fact.value, citations=fact.citations,
                         absences=(old.dist_tags.absence(tag),))
        elif old.dist_tags[tag].value != fact.value:
            before = old.dist_tags[tag]
            yield Change(kind="dist-tag-moved", version=str(fact.value), where=f"/dist-tags/{tag}",
                         before=before.value, after=fact.value, tag=tag, was=before.citations,
                         citations=derive(None, before, fact).citations)
    for tag, fact in old.dist_tags.items():
        if tag not in new.dist_tags:
            yield Change(kind="dist-tag-removed", version=str(fact.value),
                         where=f"/dist-tags/{tag}", before=fact.value, tag=tag,
                         citations=fact.citations, was=fact.citations,
                         absences=(new.dist_tags.absence(tag),))


def _owners(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    if old.owners is None or new.owners is None:
        return
    yield from _one_sided("owner-added", new.owners, old.owners)
    yield from _one_sided("owner-removed", old.owners, new.owners)


def _one_sided(kind: str, here: Members[Fact[str]], there: Members[Fact[str]]) -> Iterator[Change]:
    for name, fact in here.items():
        if name not in there:
            added = kind == "owner-added"
            yield Change(kind=kind, before=None if added else name, after=name if added else None,
                         citations=fact.citations, absences=(there.absence(name),),
                         was=() if added else fact.citations)


def _top(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    if old.top is None or new.top is None or len(old.parts) != len(new.parts):
        return
    pairs = list(zip(old.parts, new.parts, strict=True)) or [(old, new)]
    for one, other in pairs:
        if one.top and other.top and one.observation.label != other.observation.label:
            yield from compare_remainder(one.top, other.top, version=None, at="")
            yield from _revision(one, other)


def _revision(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    """The registry's own counter of writes: it moves with everything, and says nothing alone."""
    one, other = old.revision, new.revision
    if one and other and one.value != other.value:
        yield Change(kind="metadata-changed", where=one.citations[0].where, before=one.value,
                     after=other.value, representation=True, was=one.citations,
                     citations=derive(None, one, other).citations)
