"""Attestations, each judged once, beside the releases that captures show them to be about."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regforensics.analyze.rules import Facts, Rule
from regforensics.analyze.seen import LISTING, Series, series, unchanged
from regforensics.model.attestation import Attestation, Build, Unretrievable, Verdict
from regforensics.model.citation import Fact, mapped
from regforensics.model.claim import Claim, said
from regforensics.model.history import History
from regforensics.model.instant import Instant, When
from regforensics.model.signing import RegistryKey
from regforensics.model.snapshot import Artifact, Release, Snapshot

_HOST = re.compile(r"^(?:(?:git\+)?(?:ssh|https?)://(?:[^/@]+@)?[^/]+/|[^/:@]+\.[^/:@]+/(?=[^/]+/))",
                   re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stated:
    """One file of one version as a capture states it."""

    snapshot: Snapshot
    release: Release
    file: Artifact


@dataclass(frozen=True, slots=True)
class Judged:
    """An attestation, the verdict on it, and what captures of the same place state of its file.

    ``stated`` holds each state of the file that differs, oldest first; empty where no capture
    lists it. ``part`` is the place that those captures are of.
    """

    attestation: Attestation
    verdict: Verdict
    part: Series | None
    stated: tuple[Stated, ...]

    @property
    def version(self) -> str:
        """The version that it was asked about, or that it names."""
        return self.attestation.package.version or ""

    @property
    def what(self) -> str:
        """The version or file, as a sentence names it."""
        return said(self.attestation.file or self.version)

    @property
    def published(self) -> Fact[Instant] | None:
        """When the version was published, or the file uploaded, as the newest capture says."""
        if not self.stated:
            return None
        newest = self.stated[-1]
        return newest.file.uploaded or newest.release.published

    def claim(self, rule: Rule, when: When, template: str, *, also: tuple[Fact[Any], ...] = (),
              notable: bool = True, **facts: Fact[Any]) -> Claim:
        """A claim about the version, naming the place where that matters."""
        given: Facts = dict(facts)
        if self.part is not None:
            return self.part.claim(rule, when, template, on=self.version, also=also,
                                   notable=notable, **given)
        return rule.claim(self.attestation.package, when, template, also=also, notable=notable,
                          **given)


def judged(history: History) -> tuple[Judged, ...]:
    """Every attestation once for each version and file that it was asked about, in the order of
    the publish times that are known.

    Bytes that are answered for two versions are two attestations: one of them is about the other.
    """
    keys = history.of(RegistryKey)
    distinct: dict[tuple[object, ...], Attestation] = {}
    for one in history.of(Attestation):
        distinct.setdefault((one.label, one.anchor.citations[0].where, one.package, one.file), one)
    places = files_by_place(history) if distinct else []
    found = [_judged(attestation, keys, places) for attestation in distinct.values()]
    return tuple(sorted(found, key=lambda item: (
        item.published.value.utc.isoformat() if item.published else "", item.version)))


Files = Mapping[tuple[str, str], Sequence[Stated]]


def _judged(attestation: Attestation, keys: Sequence[RegistryKey],
            places: Sequence[tuple[Series, Files]]) -> Judged:
    """Held against no other captured keys than those of the registry that was asked."""
    part, stated = place_of(attestation, places)
    place = attestation.registry.rstrip("/")
    own = [key for key in keys if key.registry.rstrip("/") == place]
    return Judged(attestation, attestation.judge(own), part, stated)


def place_of(record: Attestation | Unretrievable, places: Sequence[tuple[Series, Files]]
             ) -> tuple[Series | None, tuple[Stated, ...]]:
    """The place whose captures list the file: the one that was asked, else the leading one."""
    key = (record.package.version or "", record.file or "")
    asked = record.registry.rstrip("/")
    holding = [(part, files[key]) for part, files in places if key in files]
    part, found = next(((p, f) for p, f in holding if p.base == asked),
                       holding[0] if holding else (None, ()))
    return part, tuple(found)


def files_by_place(history: History) -> list[tuple[Series, Files]]:
    """What each place states of each file."""
    return [(part, files_at(part)) for part in series(history)]


def files_at(part: Series) -> Files:
    """(version, file name) -> the states that captures show of it; npm's files go by version."""
    found: dict[tuple[str, str], list[Stated]] = {}
    for item in _states(part):
        names = {item.file.filename, ""} if len(item.release.artifacts) == 1 \
            else {item.file.filename}
        for name in names:
            found.setdefault((item.release.version, name), []).append(item)
    return found


def _states(part: Series) -> Iterator[Stated]:
    last: Snapshot | None = None
    for snapshot in part.snapshots:
        if snapshot.state not in LISTING or (last is not None and unchanged(last, snapshot)):
            continue
        for version in snapshot.releases:
            if last is None or not last.releases.same(version, snapshot.releases):
                release = snapshot.releases[version]
                yield from (Stated(snapshot, release, file) for file in release.artifacts)
        last = snapshot


def best(attestation: Attestation) -> Build:
    """The build by the certificate, and by the statement what the certificate does not say."""
    certified, declared = attestation.certified, attestation.declared
    return Build(**{name: getattr(certified, name) or getattr(declared, name)
                    for name in Build.__slots__})


def words(fact: Fact[str]) -> Fact[str]:
    """A value that was decoded out of its line, as somebody else's words: in quotes unless it is
    one plain token."""
    return mapped(fact, said)


def repository(text: str) -> str:
    """A repository's owner and name, however its address is written."""
    plain = _HOST.sub("", text.strip()).partition("@")[0]
    return plain.strip("/").removesuffix(".git").lower()
