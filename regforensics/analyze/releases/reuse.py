"""A version whose files were all replaced by files of other names: deleted, and made anew.

No drift: PyPI refuses a file name for ever, but lets a deleted release come back under new file
names (build tags, another kind of archive), and installers take what they find.
"""

from collections.abc import Iterator

from regforensics.analyze.rules import Analyzer, Facts, Finding, Rule
from regforensics.analyze.seen import Series, series, unchanged, window
from regforensics.model.citation import derive
from regforensics.model.claim import Claim
from regforensics.model.history import History, Scope
from regforensics.model.snapshot import Release, Snapshot

REUSED = Rule(
    "publish.version-reused", "publish",
    "a version has none of the files that it had in an earlier capture, and others instead: its"
    " files were deleted and the version was made anew",
    "a file of each capture, the first file's absence from the later one, and the custody lines",
    "a maintainer who replaces a broken build; registries with one file a version are left out")
_NAMED = 3


def run(history: History, _scope: Scope) -> Iterator[Finding]:
    """Each place by itself; npm names the one file of a version after it."""
    if history.package.registry == "npm":
        return
    for part in series(history):
        last: dict[str, tuple[Snapshot, Release]] = {}
        before: Snapshot | None = None
        for snapshot in part.listings:
            if before is None or not unchanged(before, snapshot):
                for version in snapshot.releases:
                    release = snapshot.releases[version]
                    if release.artifacts:
                        if version in last:
                            yield from _reused(part, *last[version], snapshot, release)
                        last[version] = snapshot, release
            before = snapshot


def _reused(part: Series, old: Snapshot, one: Release, new: Snapshot, other: Release
            ) -> Iterator[Claim]:
    names = {file.filename for file in one.artifacts}
    if names & {file.filename for file in other.artifacts} or other.file_absence is None:
        return
    seen = window(old, new)
    before, after = one.artifacts[:_NAMED], other.artifacts[:_NAMED]
    facts: Facts = {
        "version": derive(other.version, other.anchor),
        "old": derive(tuple(f.filename for f in before), *(f.name for f in before)),
        "new": derive(tuple(f.filename for f in after), *(f.name for f in after))}
    rest = tuple(f.uploaded for f in after if f.uploaded)
    yield part.claim(
        REUSED, seen.when,
        "Version {version} was made anew " + seen.words + ": the files that it had ({old}) are gone"
        " and others stand under it ({new}). Whoever asks for that version by number alone gets"
        " other bytes than before.", on=other.version, also=rest,
        absences=tuple(other.file_absence(f.filename) for f in before), **facts, **seen.facts)


ANALYZER = Analyzer("reuse", (REUSED,), run)
