"""One version as two observations show it -> what changed in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regforensics.analyze.compare.digests import differs
from regforensics.analyze.compare.remainder import compare_remainder
from regforensics.model.change import Change
from regforensics.model.citation import Absence, Fact, derive
from regforensics.model.snapshot import Artifact, Release, Snapshot

INSTALL_HOOKS = ("preinstall", "install", "postinstall", "prepare")


def compare_release(old: Release, new: Release) -> Iterator[Change]:
    """Every change between two observations of one version."""
    version = new.version
    yield from _files(old, new)
    for kind, one, other in (("publisher-changed", old.publisher, new.publisher),
                             ("trust-changed", old.trust, new.trust),
                             ("scripts-changed", old.scripts, new.scripts)):
        yield from _changed(kind, version, one, other)
    for name in dict.fromkeys((*old.dependencies, *new.dependencies)):
        yield from _changed("dependencies-changed", version, old.dependencies.get(name),
                            new.dependencies.get(name))
    yield from _frozen_owners(old, new)
    yield from _deprecation(old, new)
    if old.remainder and new.remainder:
        yield from compare_remainder(old.remainder, new.remainder, version=version,
                                     at=f"/versions/{version}")


def first_publishes(old: Snapshot, added: Sequence[Release]) -> Iterator[Change]:
    """Among added versions, the first by each publisher who had published none known before."""
    before: Fact[str] | None = None
    known: set[str] = set()
    for release in sorted(added, key=_publish_order):
        now = release.publisher
        if now is None:
            continue
        if now.value not in known and not _published(old, now.value):
            last = newest(old) if before is None else None
            other = last.publisher if last else before
            if other is not None:
                yield Change(kind="publisher-changed", version=release.version,
                             before=other.value, after=now.value,
                             citations=derive(None, other, now).citations, was=other.citations,
                             note="first version by this publisher among those observed")
        known.add(now.value)
        before = now


def _published(snapshot: Snapshot, publisher: str) -> bool:
    """True where a version names this publisher; the newest are looked at first."""
    return any(release.publisher and release.publisher.value == publisher
               for release in map(snapshot.releases.get, reversed(list(snapshot.releases)))
               if release)


def withheld(added: Release, absence: Absence) -> Iterator[Change]:
    """An added version that is deprecated, or has yanked files, when it is first seen."""
    if added.deprecated:
        yield Change(kind="deprecated-set", version=added.version, after=added.deprecated.value,
                     citations=added.deprecated.citations, absences=(absence,))
    for file in added.artifacts:
        if file.yanked and file.yanked.value:
            yield Change(kind="yanked", version=added.version, file=file.filename,
                         after=file.yanked.value, citations=file.yanked.citations,
                         absences=(absence,))


def _publish_order(release: Release) -> tuple[bool, str]:
    when = release.published
    return when is None, when.value.utc.isoformat() if when else ""


def hooks_appeared(old: Snapshot, added: Release) -> Iterator[Change]:
    """An added version that runs code at install time where the newest one before it did not."""
    new_hooks = _hooks(added.scripts.value) if added.scripts else {}
    last = newest(old) if new_hooks else None
    if last is None or added.scripts is None:
        return
    old_hooks = _hooks(last.scripts.value) if last.scripts else {}
    if new_hooks.items() - old_hooks.items():
        yield Change(kind="scripts-changed", version=added.version,
                     before=old_hooks or None, after=new_hooks,
                     citations=derive(None, last.scripts or last.anchor, added.scripts).citations,
                     was=(last.scripts or last.anchor).citations,
                     note=f"install scripts, compared with {last.version}")


def newest(snapshot: Snapshot) -> Release | None:
    """The listed version that was published last."""
    dated = [(fact.value.utc, v) for v, fact in snapshot.times.items()
             if fact.value is not None and v in snapshot.releases]
    return snapshot.releases[max(dated)[1]] if dated else None


def _hooks(scripts: Any) -> dict[str, str]:
    if not isinstance(scripts, Mapping):
        return {}
    return {name: str(scripts[name]) for name in INSTALL_HOOKS if name in scripts}


def _files(old: Release, new: Release) -> Iterator[Change]:
    if old.unasked or new.unasked:
        return
    before = {f.filename: f for f in old.artifacts}
    after = {f.filename: f for f in new.artifacts}
    if len(before) == len(after) == 1 and old.scripts is not None:  # an npm version is one tarball
        before = dict(zip(after, before.values(), strict=True))
    for name, file in after.items():
        if name in before:
            yield from _file(new.version, before[name], file)
        else:
            facts = [file.name] + ([file.uploaded] if file.uploaded else [])
            yield Change(kind="file-added", version=new.version, file=name,
                         after=file.uploaded.value.text if file.uploaded else name,
                         citations=derive(None, *facts).citations)
    for name, file in before.items():
        if name not in after:
            yield from _removed(new, name, file)


def _removed(new: Release, name: str, file: Artifact) -> Iterator[Change]:
    """A file that is not listed any more, or whose own address answered that it is not there."""
    gone = new.missing.get(name)
    if gone is None and new.file_absence is None:
        return
    yield Change(kind="file-removed", version=new.version, file=name, before=name,
                 citations=derive(None, file.name, gone or new.anchor).citations,
                 was=file.name.citations,
                 absences=(new.file_absence(name),) if new.file_absence and not gone else (),
                 note=gone.value if gone else None)


def _file(version: str, old: Artifact, new: Artifact) -> Iterator[Change]:
    for kind in dict.fromkeys((*old.digests, *new.digests)):
        yield from _digest(version, new.filename, kind, old.digests.get(kind),
                           new.digests.get(kind))
    yield from _yank(version, old, new)
    if old.uploaded and new.uploaded and old.uploaded.value.utc != new.uploaded.value.utc:
        yield Change(kind="time-changed", version=version, file=new.filename,
                     before=old.uploaded.value.text, after=new.uploaded.value.text,
                     citations=derive(None, old.uploaded, new.uploaded).citations,
                     was=old.uploaded.citations)
    if old.url and new.url and old.url.value != new.url.value:
        yield Change(kind="metadata-changed", version=version, file=new.filename, where="url",
                     before=old.url.value, after=new.url.value,
                     representation=_same_place(old.url.value, new.url.value),
                     citations=derive(None, old.url, new.url).citations, was=old.url.citations)
    for where, one, other in (("signatures", old.signatures, new.signatures),
                              ("provenance", old.provenance, new.provenance)):
        if (one.value if one else None) != (other.value if other else None):
            yield from _metadata(version, new.filename, where, one, other,
                                 representation=one is None or not one.value)


def _digest(version: str, file: str, algorithm: str, old: Fact[str] | None,
            new: Fact[str] | None) -> Iterator[Change]:
    if old and new:
        if differs(algorithm, old.value, new.value):
            yield Change(kind="hash-drift", version=version, file=file, before=old.value,
                         after=new.value, where=algorithm, was=old.citations,
                         citations=derive(None, old, new).citations)
        elif old.value != new.value:
            yield from _metadata(version, file, algorithm, old, new, representation=True)
    elif new:
        yield Change(kind="hash-added", version=version, file=file, after=new.value,
                     where=algorithm, citations=new.citations, representation=True)
    elif old:
        yield from _metadata(version, file, algorithm, old, None, representation=True)


def _metadata(version: str, file: str | None, where: str, old: Fact[Any] | None,
              new: Fact[Any] | None, *, representation: bool) -> Iterator[Change]:
    facts = [fact for fact in (old, new) if fact is not None]
    if facts:
        yield Change(kind="metadata-changed", version=version, file=file, where=where,
                     before=old.value if old else None, after=new.value if new else None,
                     citations=derive(None, *facts).citations, representation=representation,
                     was=old.citations if old else ())


def _yank(version: str, old: Artifact, new: Artifact) -> Iterator[Change]:
    one, other = old.yanked, new.yanked
    if other is None or bool(one and one.value) == bool(other.value):
        return
    yield Change(kind="yanked" if other.value else "unyanked", version=version, file=new.filename,
                 before=one.value if one else None, after=other.value,
                 citations=(derive(None, one, other) if one else other).citations,
                 was=one.citations if one else ())


def _changed(kind: str, version: str, old: Fact[Any] | None,
             new: Fact[Any] | None) -> Iterator[Change]:
    one, other = (old.value if old else None), (new.value if new else None)
    facts = [fact for fact in (old, new) if fact is not None]
    if one != other and facts:
        yield Change(kind=kind, version=version, before=one, after=other,
                     citations=derive(None, *facts).citations,
                     was=old.citations if old else ())


def _frozen_owners(old: Release, new: Release) -> Iterator[Change]:
    if old.owners and new.owners and old.owners.value != new.owners.value:
        yield from _metadata(new.version, None, f"/versions/{new.version}/maintainers",
                             old.owners, new.owners, representation=False)


def _deprecation(old: Release, new: Release) -> Iterator[Change]:
    one, other = old.deprecated, new.deprecated
    if other is not None and (one is None or one.value != other.value):
        yield Change(kind="deprecated-set", version=new.version, before=one.value if one else None,
                     after=other.value, was=one.citations if one else (),
                     citations=(derive(None, one, other) if one else other).citations)
    elif one is not None and other is None:
        stated = new.remainder.fact("/deprecated") if new.remainder else None
        yield Change(kind="deprecated-cleared", version=new.version, before=one.value,
                     citations=derive(None, one, stated or new.anchor).citations,
                     was=one.citations,
                     absences=() if stated or not new.remainder
                     else (new.remainder.absence("/deprecated"),))


def _same_place(one: str, other: str) -> bool:
    """True where only the scheme differs."""
    return one.partition("://")[2] == other.partition("://")[2]
