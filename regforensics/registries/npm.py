"""npm: the full packument and the registry's signing keys (npm/registry docs/REGISTRY-API.md)."""

import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from regforensics.endpoints import NPM_REGISTRY
from regforensics.errors import WrongUsage
from regforensics.evidence.jsonraw import Raw, children, decoded, items_of, members_of
from regforensics.evidence.jsontree import Document, Lazy, Part
from regforensics.evidence.pointers import escape
from regforensics.model.citation import Fact
from regforensics.model.claim import Gap
from regforensics.model.instant import Instant, known
from regforensics.model.origin import Tell
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Known, Members, Release, Snapshot, Tombstone
from regforensics.registries import base
from regforensics.registries.npm_manifest import login, read_release
from regforensics.registries.npm_origin import npm_tells
from regforensics.registries.npm_times import PLAIN_TIME

if TYPE_CHECKING:
    from regforensics.model.signing import RegistryKey, ReleaseSignatures

_NOT_VERSIONS = frozenset({"created", "modified", "unpublished"})
_HOLDER = re.compile(r"0\.0\.1-security(\.\d+)?")
_TOP_HELD = frozenset({"versions", "time", "dist-tags", "maintainers", "_rev"})
_LONGEST_VERSION = 256
_LOOSE = re.compile(r"[-.+]|^[v=]+")


class Npm:
    """The npm registry protocol, as the public registry and its mirrors speak it."""

    name = "npm"
    default_url = NPM_REGISTRY
    kinds: tuple[str, ...] = ("packument", "npm-keys")

    def queries(self, package: PackageRef, base_url: str) -> tuple[base.Query, ...]:
        """The full packument, and once a run the signing keys.

        A scoped name is one path segment: its slash is percent-encoded.
        """
        from urllib.parse import quote

        root = base_url.rstrip("/")
        name = quote(package.full_name, safe="@")
        return (
            base.Query(f"{root}/{name}", "application/json", "packument", "packument", package),
            base.Query(f"{root}/-/npm/v1/keys", "application/json", "npm-keys", "npm-keys", None))

    def follow_ups(self, _package: PackageRef, _base_url: str, _answered: Sequence[base.Part],
                   _wanted: base.Wanted, /) -> tuple[base.Query, ...]:
        """Nothing: the first answers are the whole state."""
        return ()

    def recognises(self, document: base.AnyDocument) -> str | None:
        """A packument has a name and a time or versions map; a key list names its keys."""
        top = document.top
        if ("name" in top or "_id" in top) and ("versions" in top or "time" in top) \
                and "files" not in top and not {"level", "remoteIP", "sub"} & set(top):
            return "packument"
        from regforensics.attest.keys import lists_keys

        listed = isinstance(document, Document) and lists_keys(document)
        return "npm-keys" if listed else None

    def package_of(self, document: base.AnyDocument, kind: str) -> PackageRef | None:
        """The package that a packument names."""
        raw = document.top.get("name", document.top.get("_id"))
        name = decoded(raw) if raw is not None and kind == "packument" else None
        try:
            return PackageRef.parse(f"npm:{name}") if isinstance(name, str) else None
        except WrongUsage:
            return None

    def snapshot(self, package: PackageRef, parts: Sequence[base.Part]) -> Snapshot:
        """The state that a packument shows; 404, 410 and 451 are the state "absent"."""
        part = next((p for p in parts if p.kind == "packument"), parts[0])
        if part.document is None or (part.observation.status or 200) in base.ABSENT:
            return base.without_document(package, part)
        named = self.package_of(part.document, "packument")
        if named != package.at(None):
            return base.unreadable(package, part, Gap(
                "what the registry says of this package",
                f"the answer is about {named.target if named else 'no package'}, not about"
                f" {package.target}", package))
        return _Packument(package, part.document, part).read()


def _signed(package: PackageRef, releases: Mapping[str, Release], version: str,
            keys: "Sequence[RegistryKey]") -> "ReleaseSignatures | None":
    """The signatures of a version, checked where somebody asks: a diff never does."""
    from regforensics.attest.signatures import release_signatures

    return release_signatures(package, releases, version, keys)


class _Packument:
    """The reading of one packument."""

    def __init__(self, package: PackageRef, document: Document, part: base.Part) -> None:
        self.package, self.document, self.part = package, document, part
        self.top = document.top
        self.time = members_of(self.top.get("time"))
        self.versions = members_of(self.top.get("versions"))
        self.times: Members[Fact[Instant | None]] = Lazy(
            document, "/time", {k: r for k, r in self.time.items() if k not in _NOT_VERSIONS},
            self._instant)
        self.releases: Members[Release] = Lazy(document, "/versions", self.versions, self._release)

    def read(self) -> Snapshot:
        """The whole state; versions and times are read when they are asked for."""
        tombstone = self._tombstone()
        state, fact = self._state(tombstone)
        return Snapshot(
            package=self.package, observation=self.part.observation, state=state, state_fact=fact,
            releases=self.releases, times=self.times, tombstone=tombstone,
            created=self._moment("created"), modified=self._moment("modified"),
            dist_tags=Lazy(self.document, "/dist-tags", members_of(self.top.get("dist-tags")),
                           lambda tag, raw: self.document.leaf(raw, "/dist-tags", tag)),
            owners=self._owners(),
            revision=self._leaf("_rev"),
            tells=cache(self._origin),
            top=Part(self.document, "", None, _TOP_HELD),
            unlisted=cache(self._unlisted if tombstone is None else lambda: ((), {})),
            findings=cache(lambda: tuple(self._gaps())),
            signed=partial(_signed, self.package.at(None), self.releases))

    def _state(self, tombstone: Tombstone | None) -> tuple[str, Fact[Any] | None]:
        name = self._leaf("name") or self._leaf("_id")
        if tombstone:
            return "unpublished", tombstone.anchor
        held = next((v for v in self.versions if _HOLDER.fullmatch(v)), None)
        if held is not None and len(self.versions) == 1:
            return "held", self.releases[held].anchor
        return "present", name

    def _tombstone(self) -> Tombstone | None:
        """``time.unpublished`` in its three shapes: {time, versions}, with the login that did it
        (about 2016), and a bare date (some mirrors). ``null`` is a mirror's habit, and no one."""
        raw = self.time.get("unpublished")
        if raw is None or self.versions:
            return None
        inside = members_of(raw)
        anchor = self.document.leaf(raw, "/time", "unpublished")
        if not inside:
            if not isinstance(anchor.value, str):
                return None
            return Tombstone(known(self._instant("unpublished", raw)), anchor)
        at = "/time/unpublished"
        when = known(self._instant("time", inside["time"], at)) if "time" in inside else None
        by = self.document.leaf(inside["name"], at, "name") if "name" in inside else None
        listed = inside.get("versions")
        names = None if listed is None else decoded(listed)
        versions = self.document.leaf(listed, at, "versions", tuple(map(str, names))) \
            if listed is not None and isinstance(names, list) else None
        return Tombstone(when, anchor if when is None else when, by, versions)

    def _release(self, version: str, raw: Raw) -> Release:
        return read_release(self.document, version, raw, known(self.times.get(version)))

    def _instant(self, key: str, raw: Raw, parent: str = "/time") -> Fact[Instant | None]:
        text = decoded(raw)
        try:
            moment = Instant.parse(text) if isinstance(text, str) else None
        except ValueError:
            moment = None
        return self.document.leaf(raw, parent, key, moment)

    def _moment(self, key: str) -> Fact[Instant] | None:
        return known(self._instant(key, self.time[key])) if key in self.time else None

    def _leaf(self, key: str) -> Fact[Any] | None:
        return self.document.leaf(self.top[key], "", key) if key in self.top else None

    def _owners(self) -> Members[Fact[str]] | None:
        stated = self.top.get("maintainers")
        if stated is None or not isinstance(children(stated), list):
            return None
        found = {}
        for index, raw in enumerate(items_of(stated)):
            name = login(decoded(raw))
            if name:
                found[name] = self.document.leaf(raw, f"/maintainers/{index}", None, name)
        return Known(found, lambda name: self.document.absence(f"/maintainers/{escape(name)}"))

    def _origin(self) -> tuple[Tell, ...]:
        return npm_tells(self.part, self.document, self.package.full_name, self.time,
                         self.versions)

    def _unlisted(self) -> tuple[tuple[str, ...], dict[str, str]]:
        """(versions with a time that are not listed, loose spellings -> the listed version)."""
        absent = [v for v in self.times if v not in self.versions]
        if not absent:
            return (), {}
        plain = {_LOOSE.sub("", v).lower(): v for v in self.versions}
        respelled = {v: near for v in absent
                     if (near := plain.get(_LOOSE.sub("", v).lower())) and _same_version(v, near)}
        return tuple(v for v in absent if v not in respelled), respelled

    def _gaps(self) -> list[Gap]:
        gaps = []
        if "time" not in self.top:
            gaps.append(Gap("when each version was published",
                            "the document has no time map (an old package, or a mirror that"
                            " drops it)", self.package, "the registry's own full packument"))
        for key in self.times:
            fact = None if PLAIN_TIME.fullmatch(self.time[key]) else self.times[key]
            if fact is not None and fact.value is None:
                gaps.append(Gap(f"when version {key} was published",
                                "its entry in the time map is no readable time", self.package,
                                citations=fact.citations))
        gaps += base.repeats(self.package, self.document, "", "/time", "/versions", "/dist-tags",
                             known={"/time": self.time, "/versions": self.versions})
        return gaps


def _same_version(one: str, other: str) -> bool:
    """True where npm's loose reading takes both texts for the same version.

    It takes no text of more than 256 characters (node-semver, internal/constants.js).
    """
    import nodesemver

    if max(len(one), len(other)) > _LONGEST_VERSION:
        return False
    try:
        return bool(nodesemver.make_semver(one, loose=True).version
                    == nodesemver.make_semver(other, loose=True).version)
    except ValueError:
        return False
