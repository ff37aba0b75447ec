"""One version object of an npm packument, read as a Release.

Field meanings: npm/registry docs/responses/package-metadata.md. Everything but ``dist``,
``_npmUser``, ``maintainers`` and ``_id`` is what the publishing client sent, unchecked.
"""

from typing import Any

import msgspec

from regforensics.evidence.jsontree import (
    Document,
    Leaf,
    Part,
    Raw,
    decoded,
    decoded_as,
    members_of,
)
from regforensics.evidence.jsonwalk import escape
from regforensics.model.citation import Fact
from regforensics.model.instant import Instant
from regforensics.model.snapshot import Artifact, Release

DEPENDENCY_FIELDS = ("dependencies", "optionalDependencies", "peerDependencies",
                     "bundleDependencies")
HELD_FIELDS = frozenset({"dist", "_npmUser", "maintainers", "deprecated", "scripts",
                         *DEPENDENCY_FIELDS})


class Dist(msgspec.Struct):
    """``dist``: what the registry says of the tarball."""

    integrity: Raw | None = None
    shasum: Raw | None = None
    tarball: Raw | None = None
    unpackedSize: Raw | None = None
    signatures: Raw | None = None
    attestations: Raw | None = None


class User(msgspec.Struct):
    """``_npmUser``: who published this version."""

    name: Raw | None = None
    trustedPublisher: Raw | None = None
    approver: Raw | None = None


class Manifest(msgspec.Struct):
    """The members of a version object that the model has fields for."""

    version: Raw | None = None
    dist: Dist | None = None
    user: User | None = msgspec.field(name="_npmUser", default=None)
    maintainers: Raw | None = None
    deprecated: Raw | None = None
    scripts: Raw | None = None
    dependencies: Raw | None = None
    optionalDependencies: Raw | None = None
    peerDependencies: Raw | None = None
    bundleDependencies: Raw | None = None


def read_release(document: Document, version: str, raw: Raw,
                 published: Fact[Instant] | None) -> Release:
    """The release at ``/versions/{version}``; odd shapes give fewer facts, never an error."""
    at = f"/versions/{escape(version)}"
    manifest = _manifest(raw)
    dist, user = manifest.dist or Dist(), manifest.user or User()
    artifact = _artifact(document, f"{at}/dist", version, dist)
    return Release(
        version=version,
        anchor=_anchor(document, at, version, raw, manifest),
        published=published,
        publisher=_text(document, f"{at}/_npmUser", "name", user.name),
        trust=_trust(document, at, user, dist),
        owners=owners_fact(document, at, manifest.maintainers),
        deprecated=_deprecated(document, at, manifest.deprecated),
        scripts=_leaf(document, at, "scripts", manifest.scripts),
        dependencies={name: document.leaf(part, at, name) for name in DEPENDENCY_FIELDS
                      if (part := getattr(manifest, name)) is not None},
        artifacts=(artifact,) if artifact else (),
        remainder=Part(document, at, raw, HELD_FIELDS))


def owners_fact(document: Document, at: str, raw: Raw | None) -> Fact[tuple[str, ...]] | None:
    """The logins in a ``maintainers`` list (objects, or old ``name <mail>`` strings), sorted."""
    if raw is None:
        return None
    listed = decoded(raw)
    people = listed if isinstance(listed, list) else [listed]
    names = tuple(sorted(filter(None, map(login, people))))
    return document.leaf(raw, at, "maintainers", names)


def login(person: Any) -> str:
    """The login of one entry of a ``maintainers`` list; empty where it has none."""
    name = person.get("name") if isinstance(person, dict) else person
    return name.partition(" <")[0].strip() if isinstance(name, str) else ""


def _manifest(raw: Raw) -> Manifest:
    found = decoded_as(Manifest, raw)
    return found if found is not None else _by_hand(raw)


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
    digests = {name: fact for name, raw in (("shasum", dist.shasum), ("integrity", dist.integrity))
               if (fact := _text(document, at, name, raw)) is not None}
    url = _text(document, at, "tarball", dist.tarball)
    if not digests and url is None:
        return None
    filename = url.value.rpartition("/")[2] if url else f"{version}.tgz"
    return Artifact(filename, url or next(iter(digests.values())), digests, url,
                    provenance=_leaf(document, at, "attestations", dist.attestations),
                    signatures=_leaf(document, at, "signatures", dist.signatures))


def _trust(document: Document, at: str, user: User, dist: Dist) -> Fact[str] | None:
    """The strongest trust marker, in the order that npm clients rank them."""
    if user.approver is not None:
        return document.leaf(user.approver, f"{at}/_npmUser", "approver", "approver")
    if user.trustedPublisher is not None:
        return document.leaf(user.trustedPublisher, f"{at}/_npmUser", "trustedPublisher",
                             "trusted publisher")
    if dist.attestations is not None and members_of(dist.attestations):
        return document.leaf(dist.attestations, f"{at}/dist", "attestations", "provenance")
    return None


def _deprecated(document: Document, at: str, raw: Raw | None) -> Fact[str] | None:
    """The deprecation message; an empty text and false mean not deprecated (npm deprecate)."""
    if raw is None:
        return None
    value = decoded(raw)
    if not value:
        return None
    return document.leaf(raw, at, "deprecated", value if isinstance(value, str) else str(value))


def _anchor(document: Document, at: str, version: str, raw: Raw, manifest: Manifest) -> Leaf:
    """The shortest member that shows the version is listed: its ``version``, else a digest."""
    if manifest.version is not None:
        return document.leaf(manifest.version, at, "version")
    dist = manifest.dist or Dist()
    for name in ("shasum", "integrity", "tarball"):
        part = getattr(dist, name)
        if part is not None:
            return document.leaf(part, f"{at}/dist", name)
    return document.leaf(raw, "/versions", version)


def _leaf(document: Document, at: str, name: str, raw: Raw | None) -> Leaf | None:
    return None if raw is None else document.leaf(raw, at, name)


def _text(document: Document, at: str, name: str, raw: Raw | None) -> Fact[str] | None:
    if raw is None:
        return None
    value = decoded(raw)
    return document.leaf(raw, at, name, value) if isinstance(value, str) and value else None

