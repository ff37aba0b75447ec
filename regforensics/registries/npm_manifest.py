"""One version object of an npm packument, read as a Release.

Field meanings: npm/registry docs/responses/package-metadata.md. Everything but ``dist``,
``_npmUser``, ``maintainers`` and ``_id`` is what the publishing client sent, unchecked.
"""

from functools import lru_cache, partial
from typing import Any

import msgspec
from msgspec import UNSET

from regforensics.evidence.jsonraw import Raw, decoded, decoded_as, members_of
from regforensics.evidence.jsontree import Document, Leaf, Part, View
from regforensics.evidence.pointers import escape
from regforensics.model.citation import Fact
from regforensics.model.instant import Instant
from regforensics.model.snapshot import Artifact, Release
from regforensics.registries.npm_identity import read_identity

DEPENDENCY_FIELDS = ("dependencies", "optionalDependencies", "peerDependencies",
                     "bundleDependencies")
HELD_FIELDS = frozenset({
    "maintainers", "deprecated", "scripts", *DEPENDENCY_FIELDS, "_npmUser/name",
    "_npmUser/trustedPublisher", "_npmUser/approver", "dist/integrity", "dist/shasum",
    "dist/tarball", "dist/signatures", "dist/attestations"})


Optional = Raw | msgspec.UnsetType


class Person(msgspec.Struct):
    """One entry of ``maintainers``."""

    name: str = ""


_PEOPLE = msgspec.json.Decoder(list[Person])


class Dist(msgspec.Struct):
    """``dist``: what the registry says of the tarball."""

    integrity: Optional = UNSET
    shasum: Optional = UNSET
    tarball: Optional = UNSET
    unpackedSize: Optional = UNSET
    signatures: Optional = UNSET
    attestations: Optional = UNSET


class User(msgspec.Struct):
    """``_npmUser``: who published this version."""

    name: Optional = UNSET
    trustedPublisher: Optional = UNSET
    approver: Optional = UNSET


class Manifest(msgspec.Struct):
    """The members of a version object that the model has fields for."""

    version: Optional = UNSET
    dist: Dist = msgspec.field(default_factory=Dist)
    user: User = msgspec.field(name="_npmUser", default_factory=User)
    maintainers: Optional = UNSET
    deprecated: Optional = UNSET
    scripts: Optional = UNSET
    dependencies: Optional = UNSET
    optionalDependencies: Optional = UNSET
    peerDependencies: Optional = UNSET
    bundleDependencies: Optional = UNSET


def read_release(document: Document, version: str, raw: Raw,
                 published: Fact[Instant] | None) -> Release:
    """The release at ``/versions/{version}``; odd shapes give fewer facts, never an error."""
    at = f"/versions/{escape(version)}"
    manifest = decoded_as(Manifest, raw) or _by_hand(raw)
    dist = manifest.dist
    artifact = _artifact(document, f"{at}/dist", version, dist)
    return Release(
        version=version,
        anchor=_anchor(document, at, version, raw, manifest),
        published=published,
        publisher=_text(document, f"{at}/_npmUser", "name", manifest.user.name),
        trust=_trust(document, at, manifest.user, dist),
        owners=owners_fact(document, at, manifest.maintainers),
        deprecated=_deprecated(document, at, manifest.deprecated),
        scripts=_view(document, at, "scripts", manifest.scripts),
        dependencies=_dependencies(document, at, manifest),
        artifacts=(artifact,) if artifact else (),
        file_absence=None if artifact or not _nothing(dist) else
        lambda _: document.absence(f"{at}/dist/tarball"),
        remainder=Part(document, at, raw, HELD_FIELDS),
        identity=partial(read_identity, document, at, raw))


def owners_fact(document: Document, at: str, raw: Optional) -> Fact[tuple[str, ...]] | None:
    """The logins in a ``maintainers`` list (objects, or old ``name <mail>`` strings), sorted."""
    if raw is UNSET:
        return None
    return Leaf(document, raw, at, "maintainers", _logins(bytes(raw)))


@lru_cache(maxsize=1024)
def _logins(listed: bytes) -> tuple[str, ...]:
    """Kept for the next version: most versions of a package have the same list."""
    try:
        names = [person.name for person in _PEOPLE.decode(listed)]
    except (ValueError, RecursionError):
        people = decoded(Raw(listed))
        names = list(map(login, people if isinstance(people, list) else [people]))
    return tuple(sorted(filter(None, names)))


def login(person: Any) -> str:
    """The login of one entry of a ``maintainers`` list; empty where it has none."""
    name = person.get("name") if isinstance(person, dict) else person
    return name.partition(" <")[0].strip() if isinstance(name, str) else ""


def _by_hand(raw: Raw) -> Manifest:
    """The slower road for a manifest in which a section has another type than it should."""
    manifest = Manifest()
    for name, part in members_of(raw).items():
        if name == "dist":
            manifest.dist = Dist(**{k: v for k, v in members_of(part).items() if k in _DIST_KEYS})
        elif name == "_npmUser":
            manifest.user = User(**{k: v for k, v in members_of(part).items() if k in _USER_KEYS})
        elif name in _RAW_KEYS:
            setattr(manifest, name, part)
    return manifest


_DIST_KEYS = frozenset(Dist.__struct_fields__)
_USER_KEYS = frozenset(User.__struct_fields__)
_RAW_KEYS = frozenset(Manifest.__struct_fields__) - {"dist", "user"}


def _artifact(document: Document, at: str, version: str, dist: Dist) -> Artifact | None:
    digests: dict[str, Fact[str]] = {}
    shasum = _text(document, at, "shasum", dist.shasum)
    if shasum is not None:
        digests["shasum"] = shasum
    integrity = _text(document, at, "integrity", dist.integrity)
    if integrity is not None:
        digests["integrity"] = integrity
    url = _text(document, at, "tarball", dist.tarball)
    if not digests and url is None:
        return None
    filename = url.value.rpartition("/")[2] if url else f"{version}.tgz"
    return Artifact(filename, url or next(iter(digests.values())), digests, url,
                    provenance=_view(document, at, "attestations", dist.attestations),
                    signatures=_view(document, at, "signatures", dist.signatures))


def _nothing(dist: Dist) -> bool:
    """True where no address and no digest of a file stands there, not even an unreadable one."""
    return dist.tarball is UNSET and dist.shasum is UNSET and dist.integrity is UNSET


def _trust(document: Document, at: str, user: User, dist: Dist) -> Fact[str] | None:
    """The strongest trust marker, in the order that npm clients rank them."""
    if user.approver is not UNSET:
        return document.leaf(user.approver, f"{at}/_npmUser", "approver", "approver")
    if user.trustedPublisher is not UNSET:
        return document.leaf(user.trustedPublisher, f"{at}/_npmUser", "trustedPublisher",
                             "trusted publisher")
    if dist.attestations is not UNSET and members_of(dist.attestations):
        return document.leaf(dist.attestations, f"{at}/dist", "attestations", "provenance")
    return None


def _deprecated(document: Document, at: str, raw: Optional) -> Fact[str] | None:
    """The deprecation message; an empty text and false mean not deprecated (npm deprecate)."""
    if raw is UNSET:
        return None
    value = decoded(raw)
    if not value:
        return None
    return document.leaf(raw, at, "deprecated", value if isinstance(value, str) else str(value))


def _dependencies(document: Document, at: str, manifest: Manifest) -> dict[str, Fact[Any]]:
    found: dict[str, Fact[Any]] = {}
    for name in DEPENDENCY_FIELDS:
        raw = getattr(manifest, name)
        if raw is not UNSET:
            found[name] = View(document, raw, at, name)
    return found


def _anchor(document: Document, at: str, version: str, raw: Raw, manifest: Manifest) -> View:
    """The shortest member that shows the version is listed: its ``version``, else a digest."""
    if manifest.version is not UNSET:
        return document.view(manifest.version, at, "version")
    for name in ("shasum", "integrity", "tarball"):
        part = getattr(manifest.dist, name)
        if part is not UNSET:
            return document.view(part, f"{at}/dist", name)
    return document.view(raw, "/versions", version)


def _view(document: Document, at: str, name: str, raw: Optional) -> View | None:
    return None if raw is UNSET else document.view(raw, at, name)


def _text(document: Document, at: str, name: str, raw: Optional) -> Fact[str] | None:
    if raw is UNSET:
        return None
    value = decoded(raw)
    return Leaf(document, raw, at, name, value) if isinstance(value, str) and value else None
