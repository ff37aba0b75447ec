"""Versions without a publish time: by when they were delivered, and which key signed them.

For registries (Maven) whose only time is the last change of a version's files. The files were
delivered not later than that; the public may have had them only later.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series, counted, mirrored, series, unchanged
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Claim, Gap, said
from regforensics.model.history import History, Scope
from regforensics.model.instant import Instant, Interval
from regforensics.model.snapshot import Release, Snapshot

DELIVERED = Rule(
    "publish.delivered", "publish",
    "a version's files were delivered not later than a time, where no publish time is stated"
    " (Maven)",
    "the version in the list of versions, the custody line with the Last-Modified header of its"
    " pom, the signature where one was captured",
    "storage that was moved, and mirrors, which may state the time at which they fetched the file",
    "evidenced")
SIGNER = Rule(
    "publish.signer-changed", "publish",
    "the signature of a version names a key that no earlier listed version's names: a lead only",
    "both signatures, and the version in the list of versions",
    "rotated keys, another member of the same project, signatures made by a build service; nobody"
    " verified the signatures here")
_FEW = 8


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Each version once, by the leading place whose files were asked about."""
    told: set[str] = set()
    for part in series(history):
        named = scope.versions_of(part.package)
        found = delivered(part)
        new = list(_newcomers(found))
        changed = {one.release.version for one in new}
        for snapshot, release, at in found:
            if release.version not in told:
                yield _delivered(part, snapshot, release, at,
                                 notable=release.version in named | changed)
        told |= {release.version for _, release, _ in found}
        yield from (_signer(part, one) for one in new)
        yield from _unasked(part)


def delivered(part: Series) -> list[tuple[Snapshot, Release, Fact[Instant]]]:
    """(capture, release, time) of each version with such a time, from the first capture that
    asked, by time."""
    found: dict[str, tuple[Snapshot, Release, Fact[Instant]]] = {}
    last: Snapshot | None = None
    for snapshot in part.listings:
        if not snapshot.further or (last is not None and unchanged(last, snapshot)):
            continue
        last = snapshot
        for release in snapshot.releases.values():
            if release.delivered is not None and release.version not in found:
                found[release.version] = snapshot, release, release.delivered
    return sorted(found.values(), key=lambda item: item[2].value.utc)


def _delivered(part: Series, snapshot: Snapshot, release: Release, at: Fact[Instant], *,
               notable: bool) -> Claim:
    facts: Facts = {"version": derive(release.version, release.anchor), "delivered": at}
    if release.signer is not None:
        facts["signer"] = release.signer
    whose = "the mirror's answer" if mirrored(snapshot) else "the answer's header"
    return part.claim(
        DELIVERED, Interval(None, at.value),
        "The files of version {version} were delivered not later than {delivered}, the last change"
        f" of its pom by {whose}; when they became public is not stated."
        + (" Its signature, which nobody verified here, names the key {signer}."
           if release.signer else ""), on=release.version, notable=notable, **facts)


@dataclass(frozen=True, slots=True)
class _Newcomer:
    """A release whose signature names a key that none before it names, and those signatures."""

    release: Release
    signer: Fact[str]
    before: Release
    known: Sequence[Fact[str]]


def _newcomers(found: Sequence[tuple[Snapshot, Release, Fact[Instant]]]) -> Iterator[_Newcomer]:
    """In the order of delivery, among the versions whose signatures were captured."""
    known: list[Fact[str]] = []
    before: Release | None = None
    for _, release, _ in found:
        signer = release.signer
        if signer is None:
            continue
        if before is not None and not any(_same_key(signer.value, k.value) for k in known):
            yield _Newcomer(release, signer, before, tuple(known))
        known.append(signer)
        before = release


def _same_key(one: str, other: str) -> bool:
    """True for a key id and the fingerprint that it is the end of (version 4)."""
    return one.endswith(other) or other.endswith(one)


def _signer(part: Series, new: _Newcomer) -> Claim:
    shown = new.known if len(new.known) <= _FEW else (new.known[0], new.known[-1])
    count = derive(counted(len(new.known), "version"), *shown)
    at = new.release.delivered
    return part.claim(
        SIGNER, Interval(None, at.value if at else None),
        "The signature of version {version} names the key {signer}, which the captured signatures"
        " of {count} delivered before it do not name (that of {before} names {old}): a lead only."
        " Keys rotate, and a project may have several signers; nobody verified the signatures"
        " here.", on=new.release.version, version=derive(new.release.version, new.release.anchor),
        signer=new.signer, count=count, old=new.known[-1],
        before=derive(new.before.version, new.before.anchor))


def _unasked(part: Series) -> Iterator[Gap]:
    """Versions of the newest list whose files no capture asked about."""
    shown = [s for s in part.listings if s.further]
    if not shown:
        return
    asked = {v for s in shown for v, r in s.releases.items() if not r.unasked}
    left = [v for v in part.listings[-1].releases if v not in asked]
    if left:
        names = ", ".join(map(said, left[-_FEW:]))
        more = f", and {len(left) - _FEW} more" if len(left) > _FEW else ""
        yield Gap(
            f"when {counted(len(left), 'listed version')} of {part.package.target} came, under"
            " which key and with which checksums",
            f"no capture asked about their files: {names}{more}", part.package,
            "snapshot again: each capture asks about the newest that were not asked about")


ANALYZER = Analyzer("deliveries", (DELIVERED, SIGNER), run)
