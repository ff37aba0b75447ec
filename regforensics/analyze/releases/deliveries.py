"""Versions without a publish time: by when they were delivered, as far as headers say.

For registries (Maven) whose only time is the last change of a version's files. The files were
delivered not later than that; the public may have had them only later.
"""

from collections.abc import Iterator

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
_FEW = 8


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Each version once, by the leading place whose files were asked about."""
    told: set[str] = set()
    for part in series(history):
        named, found = scope.versions_of(part.package), asked(part)
        for snapshot, release in found:
            if release.delivered is not None and release.version not in told:
                told.add(release.version)
                yield _delivered(part, snapshot, release, release.delivered,
                                 notable=release.version in named)
        yield from _open(part, [release for _, release in found])


def asked(part: Series) -> list[tuple[Snapshot, Release]]:
    """Each version whose files were asked about, from the first capture that did.

    In the order of delivery, where that is known of all of them; else in that of the lists.
    """
    found: dict[str, tuple[Snapshot, Release]] = {}
    last: Snapshot | None = None
    for snapshot in part.listings:
        if not snapshot.further or (last is not None and unchanged(last, snapshot)):
            continue
        last = snapshot
        for release in snapshot.releases.values():
            if not release.unasked:
                found.setdefault(release.version, (snapshot, release))
    order = {v: n for s in part.listings[-1:] for n, v in enumerate(s.releases)}
    listed = sorted(found.values(), key=lambda item: order.get(item[1].version, len(order)))
    times = {r.version: r.delivered.value.utc for _, r in listed if r.delivered}
    return sorted(listed, key=lambda item: times[item[1].version]) \
        if len(times) == len(listed) else listed


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


def _open(part: Series, found: list[Release]) -> Iterator[Gap]:
    """Versions of the newest list that nobody asked about, and answers without a time."""
    if not found:
        return
    known = {release.version for release in found}
    left = [v for v in part.listings[-1].releases if v not in known]
    if left:
        yield Gap(
            f"when {counted(len(left), 'listed version')} came, under which key and with which"
            " checksums", f"no capture asked about their files: {_some(left)}", part.package,
            "snapshot again: each capture asks about the newest that were not asked about")
    undated = [r.version for r in found if r.delivered is None and r.artifacts]
    if undated:
        yield Gap(
            f"when {counted(len(undated), 'version')} came",
            "the answers carry no Last-Modified header that can be read, as a mirror or proxy may"
            f" leave it out: {_some(undated)}", part.package,
            "the repository itself, asked directly")


def _some(versions: list[str]) -> str:
    more = f", and {len(versions) - _FEW} more" if len(versions) > _FEW else ""
    return ", ".join(map(said, versions[-_FEW:])) + more


ANALYZER = Analyzer("deliveries", (DELIVERED,), run)
