"""Files that come late: ordinary by themselves, and worth a look in an incident."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from regforensics.analyze.releases.walk import published
from regforensics.analyze.rules import Analyzer, Finding, Rule
from regforensics.analyze.seen import Series, series, span
from regforensics.model.citation import derive
from regforensics.model.claim import Claim
from regforensics.model.history import History, Scope
from regforensics.model.snapshot import Artifact, Release

LATE_FILE = Rule(
    "distribution.late-file", "distribution",
    "a file was uploaded to a PyPI release more than 14 days after the release's first file",
    "the upload times of the file and of the release's first file",
    "wheels for a new Python version were added late all the time until July 2026")

LATE = timedelta(days=14)
# PyPI refuses new files for releases older than 14 days since this day (announced 2026-07-22).
REFUSED_SINCE = datetime(2026, 7, 8, tzinfo=UTC)


def run(history: History, scope: Scope) -> Iterator[Finding]:
    """Files that come late, in each place."""
    told: set[str] = set()
    for part in series(history):
        named = scope.versions_of(part.package)
        if part.mirrored:  # its upload times may be those of the mirror's own fetches
            continue
        for item in published(part):
            if item.release is not None:
                yield from _late_files(part, item.release, named, told)
        yield from _late_additions(part, named, told)


def _late_files(part: Series, release: Release, named: frozenset[str], told: set[str], *,
                fresh: frozenset[str] = frozenset()) -> Iterator[Claim]:
    """Files a lot later than the first; ``fresh`` appeared between two captures."""
    first = release.published
    for file in release.artifacts:
        late = file.uploaded
        if first is None or late is None or file.filename in told \
                or late.value.utc - first.value.utc <= LATE:
            continue
        told.add(file.filename)
        yield _late(part, release, file, named, fresh=file.filename in fresh)


def _late(part: Series, release: Release, file: Artifact, named: frozenset[str], *,
          fresh: bool) -> Claim:
    first, late = release.published, file.uploaded
    if first is None or late is None:
        raise ValueError(f"file {file.filename} has no upload time")
    refused = late.value.utc >= REFUSED_SINCE
    template = ("The file {file} of release {version} was uploaded at {late}, {after} after the"
                " release's first file ({first})")
    if refused:
        template += ", at a time when PyPI refuses new files for releases that old"
    return part.claim(
        LATE_FILE, late.value, template + ".", on=release.version,
        notable=refused or fresh or release.version in named, file=file.name, late=late,
        version=derive(release.version, release.anchor), first=first,
        after=derive(span(late.value.utc - first.value.utc), late, first))


def _late_additions(part: Series, named: frozenset[str], told: set[str]) -> Iterator[Claim]:
    for old, new in part.pairs:
        for version in new.releases if not len(new.times) else ():
            if version not in old.releases:
                continue
            before = {file.filename for file in old.releases[version].artifacts}
            release = new.releases[version]
            fresh = frozenset(f.filename for f in release.artifacts) - before
            if fresh:
                yield from _late_files(part, release, named, told, fresh=fresh)


ANALYZER = Analyzer("leads", (LATE_FILE,), run)
