"""Npm: the state of a simulated npm registry, and everything that can be done to it.

A document is replaced as a whole on every write, never changed in place, so that a server
thread always answers with one consistent state.
"""

import copy
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from simulator import npm_answers, npm_signing, signing
from simulator.archives import Files
from simulator.clock import Clock, npm_time
from simulator.npm_manifest import (
    Json,
    Person,
    dist,
    packed,
    publisher,
    security_holder,
    upload,
    version_object,
)
from simulator.web import Refused, Request, Response, dumps

HOISTED = ("license", "homepage", "keywords", "repository", "description")
NOT_VERSIONS = ("created", "modified", "unpublished")
TOMBSTONES = ("current", "named", "date")


class Npm:
    """A registry: publish, unpublish, deprecate, own, tag; and ``respond`` to requests.

    ``base_url`` ends in a slash and is the host of the tarball URLs in every document.
    ``mirror`` names a product of ``simulator.mirrors`` whose rewriting the answers go through.
    """

    def __init__(self, clock: Clock | None = None, *, base_url: str = "https://npm.example/",
                 mirror: str | None = None) -> None:
        self.clock = clock or Clock()
        self.base_url = base_url
        self.mirror = mirror
        self.documents: dict[str, Json] = {}
        self.tarballs: dict[str, bytes] = {}
        self.mirror_cache: dict[str, Json] = {}
        self.keys: list[signing.Key] = [signing.REGISTRY_KEY]
        self.attestations: dict[str, Json] = {}

    def through(self, product: str, *, base_url: str = "https://mirror.example/") -> "Npm":
        """A mirror of this registry: the same state, seen through ``product``."""
        view = Npm(self.clock, base_url=base_url, mirror=product)
        view.documents, view.tarballs = self.documents, self.tarballs
        view.keys, view.attestations = self.keys, self.attestations
        return view

    @cached_property
    def sigstore(self) -> Any:
        """The Sigstore whose workflows publish here."""
        from simulator.sigstore import Sigstore

        return Sigstore()

    def respond(self, request: Request) -> Response:
        """The answer to ``request`` in the present state."""
        return npm_answers.respond(self, request)

    def tick(self, seconds: float) -> None:
        """Let time pass on the registry's clock."""
        self.clock.tick(seconds)

    def publish(self, name: str, version: str, *, by: Person | str, files: Files | None = None,
                at: datetime | None = None, tag: str | None = "latest",
                deprecated: str | None = None, scripts: Mapping[str, str] | None = None,
                dependencies: Mapping[str, str] | None = None, description: str | None = None,
                trusted_publisher: str | None = None, approver: Person | str | None = None,
                provenance: bool = False, extra: Mapping[str, Any] | None = None,
                config: str | None = None, uploaded: datetime | None = None,
                declared: Mapping[str, str | None] | None = None,
                tarball: bytes | None = None) -> None:
        """Publish ``name@version`` as the account ``by``, now or ``at`` an earlier time.

        ``trusted_publisher`` is the CI ("github", "gitlab", "circleci"), ``config`` the id of its
        configuration; ``extra`` joins the manifest as sent. ``declared`` replaces what the client
        says of itself (``gitHead``, ``_npmVersion``, ``_nodeVersion``; None leaves it out),
        ``uploaded`` is when a staged publish was uploaded, ``tarball`` the package file where it
        is to be no honest one. Raises Refused where the account is no owner or the version is
        burnt.
        """
        who, moment = Person.of(by), at or self.clock.now()
        document = self._opened(name, version, who, moment)
        sent: Json = {"description": description or document.get("description")
                      or f"The {name} package"}
        sent |= {"scripts": dict(scripts)} if scripts else {}
        sent |= {"dependencies": dict(dependencies)} if dependencies else {}
        sent |= dict(extra or {})
        data, count, unpacked = packed(name, version, files or {}, sent)
        data = data if tarball is None else tarball
        section = dist(name, version, data, count, unpacked, self.keys[-1:])
        if provenance:
            section["attestations"] = _attestations(name, version)
        user = publisher(who, trusted_publisher, Person.of(approver) if approver else None, config)
        owners = copy.deepcopy(document["maintainers"])
        manifest = version_object(name, version, sent, section, user, owners, moment)
        manifest |= {"deprecated": deprecated} if deprecated is not None else {}
        if uploaded is not None:
            manifest["_npmOperationalInternal"] |= upload(name, version, section, uploaded)
        for key, value in (declared or {}).items():
            manifest.pop(key)
            manifest |= {} if value is None else {key: value}
        document["versions"][version] = manifest
        document["time"][version] = npm_time(moment)
        if tag:
            document["dist-tags"][tag] = version
        self.tarballs[section["tarball"]] = data
        self._commit(document, moment)
        if provenance:
            npm_signing.attest(self, name, version, at=moment)

    def republish(self, name: str, version: str, files: Files, *,
                  at: datetime | None = None) -> None:
        """Put other bytes under a published version, as no owner can: an operator's or tamperer's
        act. Tarball and ``dist`` change; the version's publish time stays.
        """
        document = self._present(name, version)
        manifest = document["versions"][version]
        sent = {key: manifest[key] for key in ("description", "scripts", "dependencies")
                if key in manifest}
        data, count, unpacked = packed(name, version, files, sent)
        manifest["dist"] = dist(name, version, data, count, unpacked, self.keys[-1:])
        self.tarballs[manifest["dist"]["tarball"]] = data
        self._commit(document, at)

    def swap(self, name: str, version: str, data: bytes) -> None:
        """Serve other bytes at a tarball's address, while the document stays as it is: what an
        attacker on the way, or on the storage, does."""
        self.tarballs[self._present(name, version)["versions"][version]["dist"]["tarball"]] = data

    def unpublish(self, name: str, version: str, *, at: datetime | None = None) -> None:
        """Take one version down: it leaves ``versions`` and its tags and stays in ``time``."""
        document = self._present(name, version)
        if len(document["versions"]) == 1:
            self.unpublish_all(name, at=at)
            return
        del self.tarballs[document["versions"].pop(version)["dist"]["tarball"]]
        tags = {t: v for t, v in document["dist-tags"].items() if v != version}
        if "latest" not in tags:
            tags["latest"] = max(document["versions"], key=_precedence)
        document["dist-tags"] = tags
        self._commit(document, at)

    def restore(self, name: str, manifest: Json, *, at: datetime | None = None,
                published: datetime | None = None) -> None:
        """Put an unpublished version back, as the registry's operator can: with its old publish
        time, or with ``published``.
        """
        document = self._present(name)
        version = manifest["version"]
        document["versions"][version] = copy.deepcopy(manifest)
        if published is not None:
            document["time"][version] = npm_time(published)
        self._commit(document, at)

    def unpublish_all(self, name: str, *, by: Person | str | None = None, shape: str = "current",
                      at: datetime | None = None) -> None:
        """Take the whole package down and leave a tombstone.

        ``shape``: "current" (time and versions), "named" (the older form, with who did it, tags
        and maintainers) or "date" (a bare time, as some mirrors keep it).
        """
        if shape not in TOMBSTONES:
            raise ValueError(f"tombstone shape {shape!r} is not one of {', '.join(TOMBSTONES)}")
        document, moment = self._present(name), at or self.clock.now()
        versions = sorted(document["versions"])
        for version in versions:
            self.tarballs.pop(document["versions"][version]["dist"]["tarball"], None)
        who = Person.of(by).name if by else document["maintainers"][0]["name"]
        named = {"name": who, "time": npm_time(moment), "tags": document["dist-tags"],
                 "versions": versions, "maintainers": document["maintainers"]}
        gone = {"current": {"time": npm_time(moment), "versions": versions}, "named": named,
                "date": npm_time(moment)}[shape]
        tombstone: Json = {"_id": name, "_rev": document["_rev"], "name": name,
                           "time": document["time"] | {"unpublished": gone}}
        tombstone |= ({"_attachments": {}} if shape == "named"
                      else {"maintainers": document["maintainers"]})
        self._commit(tombstone, moment)

    def security_hold(self, name: str, *, at: datetime | None = None) -> None:
        """Replace the package by npm's security holder; older keys of ``time`` survive."""
        old, moment = self._document(name), at or self.clock.now()
        for manifest in old.get("versions", {}).values():
            self.tarballs.pop(manifest["dist"]["tarball"], None)
        holder, data = security_holder(name, moment)
        burnt = {v: t for v, t in old["time"].items() if v not in NOT_VERSIONS}
        times = burnt | {"created": npm_time(moment - timedelta(milliseconds=87)),
                         holder["version"]: npm_time(moment), "modified": npm_time(moment)}
        self.tarballs[holder["dist"]["tarball"]] = data
        self._commit({"_id": name, "_rev": old["_rev"], "time": times, "name": name,
                      "dist-tags": {"latest": holder["version"]},
                      "versions": {holder["version"]: holder},
                      "maintainers": holder["maintainers"]}, moment)

    def deprecate(self, name: str, version: str, message: str, *,
                  at: datetime | None = None) -> None:
        """Set the version's deprecation message. The registry keeps no time of it and no actor."""
        document = self._present(name, version)
        document["versions"][version]["deprecated"] = message
        self._commit(document, at)

    def undeprecate(self, name: str, version: str, *, at: datetime | None = None,
                    drop: bool = False) -> None:
        """Clear the message: an empty string as the npm client sends it, or no key (``drop``)."""
        document = self._present(name, version)
        document["versions"][version]["deprecated"] = ""
        if drop:
            del document["versions"][version]["deprecated"]
        self._commit(document, at)

    def set_owner(self, name: str, *owners: Person | str, at: datetime | None = None) -> None:
        """Make ``owners`` the only maintainers."""
        document = self._present(name)
        document["maintainers"] = [Person.of(owner).entry() for owner in owners]
        self._commit(document, at)

    def add_owner(self, name: str, owner: Person | str, *, at: datetime | None = None) -> None:
        """Add one maintainer at the end of the list."""
        self.set_owner(name, *self.owners(name), owner, at=at)

    def remove_owner(self, name: str, owner: str, *, at: datetime | None = None) -> None:
        """Remove one maintainer. Raises Refused where there is none of that name."""
        kept = [person for person in self.owners(name) if person.name != owner]
        if len(kept) == len(self.owners(name)):
            raise Refused(f"{owner} is no maintainer of {name}")
        self.set_owner(name, *kept, at=at)

    def owners(self, name: str) -> list[Person]:
        """The maintainers now."""
        return [Person(**entry) for entry in self._present(name)["maintainers"]]

    def move_tag(self, name: str, tag: str, version: str | None, *,
                 at: datetime | None = None) -> None:
        """Point a dist-tag at a version, or remove it (None)."""
        document = self._present(name, version)
        tags = document["dist-tags"]
        if version is None:
            tags.pop(tag, None)
        else:
            tags[tag] = version
        self._commit(document, at)

    def _document(self, name: str) -> Json:
        if name not in self.documents:
            raise Refused(f"{name} was never published")
        return copy.deepcopy(self.documents[name])

    def _present(self, name: str, version: str | None = None) -> Json:
        document = self._document(name)
        if "versions" not in document:
            raise Refused(f"{name} is unpublished")
        if version is not None and version not in document["versions"]:
            raise Refused(f"{name}@{version} is not published")
        return document

    def _opened(self, name: str, version: str, who: Person, at: datetime) -> Json:
        """The document ready for a further version: the present one, or one of a new name."""
        old = self._document(name) if name in self.documents else None
        created = npm_time(at - timedelta(milliseconds=149))
        fresh: Json = {"_id": name, "_rev": "0-", "name": name, "dist-tags": {}, "versions": {},
                       "time": {"created": created}, "maintainers": [who.entry()]}
        if old is None:
            return fresh
        if version in old["time"]:
            raise Refused(f"{name}@{version} was published before: a version is burnt for ever")
        if "versions" in old:
            if who.name not in {entry["name"] for entry in old["maintainers"]}:
                raise Refused(f"{who.name} is no maintainer of {name}")
            return old
        if npm_time(at - timedelta(hours=24)) < old["time"]["modified"]:
            raise Refused(f"{name} was unpublished within the last 24 hours")
        burnt = {v: t for v, t in old["time"].items() if v not in NOT_VERSIONS}
        return fresh | {"_rev": old["_rev"], "time": burnt | {"created": created}}

    def _commit(self, document: Json, at: datetime | None) -> None:
        """Store a new revision: ``modified`` never goes back, ``_rev`` counts one further."""
        moment = npm_time(at or self.clock.now())
        times = document["time"]
        times["modified"] = max(moment, times.get("modified", moment))
        self._hoist(document)
        generation = int(document["_rev"].partition("-")[0]) + 1
        document["_rev"] = f"{generation}-"
        document["_rev"] += hashlib.md5(dumps(document)).hexdigest()
        self.documents[document["name"]] = document

    @staticmethod
    def _hoist(document: Json) -> None:
        latest = document.get("dist-tags", {}).get("latest")
        if latest is None:
            return
        manifest = document["versions"][latest]
        document |= {key: manifest[key] for key in HOISTED if key in manifest}
        document["maintainers"] = document.pop("maintainers")
        document["readme"] = f"# {document['name']}\n\n{manifest['description']}\n"
        document["readmeFilename"] = "README.md"



def _attestations(name: str, version: str) -> Json:
    path = f"-/npm/v1/attestations/{name.replace('/', '%2f')}@{version}"
    return {"url": path, "provenance": {"predicateType": "https://slsa.dev/provenance/v1"}}


def _precedence(version: str) -> tuple[bool, list[int], str]:
    """Releases before pre-releases, then by number: enough to recompute ``latest``."""
    release, _, pre = version.partition("-")
    return not pre, [int(part) for part in re.findall(r"\d+", release)], pre
