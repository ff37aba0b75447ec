"""Extractor: the listing and the manifest of a stored package file, as exhibits of their own.

A compressed member has no verbatim bytes that a report could quote. So what is taken out of an
archive is stored too; its custody line says out of which exhibit, and ``verify`` does it again.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace

from regforensics.archives.contents import derived, manifest
from regforensics.archives.listing import FORM
from regforensics.evidence.exhibit import Acquisition, Entry, Source
from regforensics.evidence.store import EvidenceStore
from regforensics.model.package import PackageRef
from regforensics.registries.artifacts import ARTIFACT, LISTING, MANIFEST, file_name
from regforensics.registries.listings import stated_digests

_SUFFIX = {"npm": ".json"}


class Extractor:
    """Takes listings and manifests out of the package files of one evidence store.

    Of the same bytes it is done once; every acquisition of them gets its own custody lines.
    """

    def __init__(self, store: EvidenceStore) -> None:
        self._store = store
        self._known: dict[str, dict[str, Acquisition]] = {}
        self._present: dict[str, bool] = {}  # by the label of a listing
        for acquisition in store.of_kind(LISTING, MANIFEST):
            self._learn(acquisition)

    def take(self, archive: Acquisition) -> tuple[Acquisition, ...]:
        """The custody lines of what an acquired package file holds, its listing first; none for
        what is no package file. Raises IntegrityError, EvidenceUnwritable."""
        label = archive.exhibit
        if label is None or not holds_package_file(archive):
            return ()
        made = tuple(self._again(archive, label) if self._listed(label)
                     else self._first(archive, label))
        for acquisition in made:
            self._learn(acquisition)
        return made

    def left(self) -> tuple[Acquisition, ...]:
        """Package files that were stored and not looked into, or listed in an earlier form only."""
        return tuple(a for a in self._store.of_kind(ARTIFACT)
                     if holds_package_file(a) and not self._listed(a.exhibit or ""))

    def _listed(self, label: str) -> bool:
        """Whether there is a listing in the present form."""
        listed = self._known.get(label, {}).get("")
        if listed is None or listed.exhibit is None:
            return False
        if listed.exhibit not in self._present:
            with self._store.opened(listed.exhibit) as file:
                self._present[listed.exhibit] = file.readline(64).rstrip() == FORM.encode()
        return self._present[listed.exhibit]

    def _learn(self, acquisition: Acquisition) -> None:
        source = acquisition.entry.source
        if source is not None:
            self._known.setdefault(source.exhibit, {})[source.member] = acquisition

    def _first(self, archive: Acquisition, label: str) -> Iterator[Acquisition]:
        with self._store.opened(label) as file:
            listed = derived(file, "", self._store.exhibit(label).file) or b""
        yield self._store.record(
            _entry(archive, LISTING, Source(label, archive.sha256 or ""), ".txt"), listed)
        yield from self._manifest(archive, label)

    def _manifest(self, archive: Acquisition, label: str) -> Iterator[Acquisition]:
        registry = PackageRef.parse(archive.entry.subject).registry \
            if archive.entry.subject else ""
        with self._store.opened(label) as file:
            inside = manifest(file, registry, self._store.exhibit(label).file)
        if inside is not None:
            path, content = inside
            source = Source(label, archive.sha256 or "", path)
            yield self._store.record(
                _entry(archive, MANIFEST, source, _SUFFIX.get(registry, ".txt")), content)

    def _again(self, archive: Acquisition, label: str) -> Iterator[Acquisition]:
        known = self._known[label]
        for member in sorted(known):  # the listing first: its member is empty
            entry = known[member].entry
            entry = _entry(archive, entry.kind, entry.source, entry.suffix)
            yield self._store.record(replace(entry, unchanged_exhibit=known[member].exhibit), None)
        if len(known) == 1:
            yield from self._manifest(archive, label)


class Kept:
    """Tells whether one stored package file has all of some digests (``sha512:`` and hexadecimal
    digits), by the listings in the store when it is first asked."""

    def __init__(self, store: EvidenceStore) -> None:
        self._store = store
        self._holders: dict[str, set[str]] | None = None

    def __call__(self, digests: Collection[str]) -> bool:
        """Whether any one stored package file has every digest. Raises IntegrityError."""
        if self._holders is None:
            self._holders = {}
            for label in dict.fromkeys(a.exhibit for a in self._store.of_kind(LISTING)
                                       if a.exhibit):
                for name, value in stated_digests(self._store.read(label)):
                    self._holders.setdefault(f"{name}:{value}", set()).add(label)
        holders = [self._holders.get(digest, set()) for digest in digests]
        return bool(holders and set.intersection(*holders))


def holds_package_file(acquisition: Acquisition) -> bool:
    """True where an acquisition brought, or confirmed, the bytes of a package file."""
    entry = acquisition.entry
    return (entry.kind == ARTIFACT and acquisition.exhibit is not None and entry.complete
            and entry.error is None and entry.status in (None, 200, 203, 304))


def _entry(archive: Acquisition, kind: str, source: Source | None, suffix: str) -> Entry:
    """``path`` names the package file; the time is when that was observed."""
    entry = archive.entry
    return Entry(how="extracted", kind=kind, what=kind, subject=entry.subject, source=source,
                 requested_at=entry.requested_at, observed_at=entry.observed_at,
                 registry=entry.registry, run=entry.run, path=file_name(entry), suffix=suffix)
