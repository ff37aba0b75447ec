"""PyPI: the JSON API and the Simple API in its JSON form (warehouse docs/user/api).

Asked together, because neither is enough: the JSON API has upload times of deleted-file releases
and roles, the Simple API has status, provenance and the answer that tells a quarantined project
(JSON 404, Simple 200) from a deleted one (404 on both).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from regforensics.endpoints import PYPI_URL
from regforensics.errors import WrongUsage
from regforensics.evidence.jsonraw import Raw, children, decoded, items_of, members_of
from regforensics.evidence.jsontree import Document, Lazy, Part
from regforensics.evidence.pointers import escape
from regforensics.model.citation import Absence, Fact
from regforensics.model.claim import Gap
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Artifact, Known, Members, Release, Snapshot
from regforensics.registries import base
from regforensics.registries.pypi_files import (
    VersionNames,
    file_pointer,
    files_of,
    read_file,
    read_release,
)
from regforensics.registries.pypi_origin import pypi_tells

_JSON_HELD = frozenset({"releases", "urls", "ownership", "last_serial"})
_STATUSES = ("/project-status/status", "/meta/project-status")  # the specification has both
_SIMPLE_HELD = frozenset({"files", "versions", "project-status", "meta/_last-serial",
                          "meta/project-status"})


class Pypi:
    """PyPI and indexes that speak its protocols."""

    name = "pypi"
    default_url = PYPI_URL
    kinds: tuple[str, ...] = ("pypi-json", "pypi-simple")

    def queries(self, package: PackageRef, base_url: str) -> tuple[base.Query, ...]:
        """The JSON document and the Simple detail page of a project."""
        from urllib.parse import quote

        root, name = base_url.rstrip("/"), quote(package.name)
        return (
            base.Query(f"{root}/pypi/{name}/json", "application/json", "pypi-json", "json",
                       package),
            base.Query(f"{root}/simple/{name}/", "application/vnd.pypi.simple.v1+json",
                       "pypi-simple", "simple", package, html=True))

    def follow_ups(self, _package: PackageRef, _base_url: str, _answered: Sequence[base.Part],
                   _wanted: base.Wanted, /) -> tuple[base.Query, ...]:
        """Nothing: the first answers are the whole state."""
        return ()

    def recognises(self, document: base.AnyDocument) -> str | None:
        """The JSON API has info with releases or urls; the Simple API has meta with files."""
        top = document.top
        if "info" in top and ("releases" in top or "urls" in top):
            return "pypi-json"
        return "pypi-simple" if "files" in top and "meta" in top else None

    def package_of(self, document: base.AnyDocument, kind: str) -> PackageRef | None:
        """The project that the document names."""
        level = members_of(document.top.get("info")) if kind == "pypi-json" else document.top
        name = decoded(level["name"]) if "name" in level else None
        try:
            return PackageRef.parse(f"pypi:{name}") if isinstance(name, str) else None
        except WrongUsage:
            return None

    def snapshot(self, package: PackageRef, parts: Sequence[base.Part]) -> Snapshot:
        """One state out of the answers of both APIs; what only one says is taken from it."""
        read = [self._read(package, part) for part in parts]
        lead = next((s for s in read if s.state == "present"), read[0])
        if len(read) == 1:
            return lead
        state = next((s for s in read if s.state == "quarantined"), lead)
        return replace(
            lead, state=state.state, state_fact=state.state_fact,
            status=next((s.status for s in read if s.status), None),
            releases=_merged([s for s in read if len(s.releases)] or [lead]),
            owners=next((s.owners for s in read if s.owners is not None), None),
            tells=cache(lambda: tuple({(t.test, t.result, t.sign): t for s in reversed(read)
                                       for t in reversed(s.origin)}.values())[::-1]),
            findings=lambda: tuple(gap for s in read for gap in s.gaps), parts=tuple(read),
            partial=all(s.partial for s in read if len(s.releases)) and lead.partial)

    def _read(self, package: PackageRef, part: base.Part) -> Snapshot:
        if part.document is None or (part.observation.status or 200) in base.ABSENT:
            return base.without_document(package, part)
        named = self.package_of(part.document, part.kind)
        if named != package.at(None):
            return base.unreadable(package, part, Gap(
                "what the index says of this project",
                f"the answer is about {named.target if named else 'no project'}, not about"
                f" {package.target}", package))
        read = _from_json if part.kind == "pypi-json" else _from_simple
        return read(package, part.document, part)


def _from_json(package: PackageRef, document: Document, part: base.Part) -> Snapshot:
    top, info = document.top, members_of(document.top.get("info"))
    raws = members_of(top.get("releases"))
    releases: Members[Release] = Lazy(document, "/releases", raws, partial(_json_release, document))
    of_one_version = "releases" not in top and "version" in info
    if of_one_version:
        releases = _only_release(document, str(decoded(info["version"])))
    serial = document.leaf(top["last_serial"], "", "last_serial") if "last_serial" in top else None
    return Snapshot(
        package=package, observation=part.observation, state="present",
        state_fact=document.at("/info/name"), releases=releases, times=_none(document, "/time"),
        dist_tags=_none(document, "/dist-tags"), owners=_roles(document), revision=serial,
        tells=cache(lambda: pypi_tells(part, serial, files_of(releases))),
        top=Part(document, "", None, _JSON_HELD), partial=of_one_version,
        findings=cache(lambda: base.repeats(package, document, "", "/info", "/releases",
                                            "/ownership")))


def _json_release(document: Document, version: str, raw: Raw) -> Release:
    files = [read_file(document, file_pointer(version, i), item)
             for i, item in enumerate(items_of(raw))]
    kept = [f for f in files if f is not None]
    anchor = kept[0].name if kept else document.leaf(raw, "/releases", version)
    return read_release(version, kept, anchor,
                        _absent_below(document, f"/releases/{escape(version)}"))


def _only_release(document: Document, version: str) -> Members[Release]:
    """The one release of a version's own document, whose files stand at /urls."""
    files = [read_file(document, f"/urls/{i}", item)
             for i, item in enumerate(items_of(document.top.get("urls")))]
    anchor = document.at("/info/version")
    kept = [f for f in files if f is not None]
    held = {version: read_release(version, kept, anchor, _absent_below(document, "/urls"))} \
        if anchor else {}
    return Known(held, _absent_below(document, "/releases"))


def _from_simple(package: PackageRef, document: Document, part: base.Part) -> Snapshot:
    status = next((s for s in map(document.at, _STATUSES) if s and isinstance(s.value, str)), None)
    quarantined = status is not None and status.value == "quarantined"
    releases = _simple_releases(package, document)
    serial = document.at("/meta/_last-serial")
    return Snapshot(
        package=package, observation=part.observation,
        state="quarantined" if quarantined else "present",
        state_fact=status if quarantined else document.at("/name"), releases=releases,
        times=_none(document, "/time"), dist_tags=_none(document, "/dist-tags"),
        status=status, revision=serial,
        tells=cache(lambda: pypi_tells(part, serial, files_of(releases))),
        top=Part(document, "", None, _SIMPLE_HELD),
        findings=cache(lambda: base.repeats(package, document, "", "/meta", "/project-status")))


def _simple_releases(package: PackageRef, document: Document) -> Members[Release]:
    listed = [str(decoded(raw)) for raw in items_of(document.top.get("versions"))]
    anchors: dict[str, Fact[Any]] = {
        v: document.leaf(raw, f"/versions/{i}", None)
        for i, (v, raw) in enumerate(zip(listed, items_of(document.top.get("versions")),
                                         strict=True))}
    names = VersionNames(package.name, listed)
    files: dict[str, list[Artifact]] = {v: [] for v in listed}
    for index, raw in enumerate(items_of(document.top.get("files"))):
        artifact = read_file(document, f"/files/{index}", raw)
        if artifact is None:
            continue
        version = names.version_of(artifact.filename) or artifact.filename
        files.setdefault(version, []).append(artifact)
        anchors.setdefault(version, artifact.name)
    absent = _absent_below(document, "/files")
    held = {v: read_release(v, group, anchors[v], absent) for v, group in files.items()}
    return Known(held, _absent_below(document, "/versions"))


def _merged(read: Sequence[Snapshot]) -> Members[Release]:
    """The releases of several documents of one observation, the first document leading."""
    if len(read) == 1:
        return read[0].releases
    lead = read[0]
    names: Iterable[str] = dict.fromkeys(v for s in read for v in s.releases)
    held = {v: _joined([s.releases[v] for s in read if v in s.releases]) for v in names}
    return Known(held, lead.releases.absence)


def _joined(releases: Sequence[Release]) -> Release:
    lead = releases[0]
    files = {f.filename: f for f in lead.artifacts}
    for release in releases[1:]:
        for other in release.artifacts:
            mine = files.get(other.filename)
            files[other.filename] = other if mine is None else mine._replace(
                digests={**other.digests, **mine.digests},
                provenance=mine.provenance or other.provenance,
                yanked=mine.yanked or other.yanked, uploaded=mine.uploaded or other.uploaded)
    return lead._replace(artifacts=tuple(files.values()),
                         published=lead.published or next((r.published for r in releases
                                                     if r.published), None))


def _roles(document: Document) -> Members[Fact[str]] | None:
    """Logins with their role; not stated (None) in captures before 2026-02-17."""
    roles = members_of(document.top.get("ownership")).get("roles")
    if roles is None or not isinstance(children(roles), list):
        return None
    held = {}
    for index, raw in enumerate(items_of(roles)):
        inside = members_of(raw)
        user = decoded(inside["user"]) if "user" in inside else None
        if isinstance(user, str):
            role = str(decoded(inside["role"])) if "role" in inside else "no role"
            held[user] = document.leaf(raw, f"/ownership/roles/{index}", None, role)
    return Known(held, _absent_below(document, "/ownership/roles"))


def _none(document: Document, pointer: str) -> Known[Any]:
    return Known({}, _absent_below(document, pointer))


def _absent_below(document: Document, pointer: str) -> Callable[[str], Absence]:
    return lambda key: document.absence(f"{pointer}/{escape(key)}")
