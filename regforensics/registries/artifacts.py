"""Package files: which to fetch from where, and what their listings and manifests say.

A registry states the address of each file; whoever controls its answers controls that address.
So files are fetched from the registry's own hosts, and from others only where the user says so.
"""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urljoin, urlsplit

from regforensics.archives.listing import ALGORITHMS
from regforensics.endpoints import PYPI_FILE_HOSTS
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.jsontree import Document
from regforensics.evidence.lines import LineFact, lines_of
from regforensics.model.artifact import ManifestSeen
from regforensics.model.citation import Fact
from regforensics.model.claim import Gap
from regforensics.model.digests import hashes
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Artifact
from regforensics.model.stored_file import StoredFile
from regforensics.registries import registry_of
from regforensics.registries.base import ABSENT, Part, Query, Wanted
from regforensics.registries.listings import read_listing

ARTIFACT, LISTING, MANIFEST = "artifact", "artifact-listing", "artifact-manifest"
FILE_HOSTS = {"pypi": PYPI_FILE_HOSTS}
_SUFFIXES = (".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar", ".whl", ".zip", ".egg", ".jar")
DEPENDENCIES = ("dependencies", "optionalDependencies", "peerDependencies", "bundleDependencies",
                "bundledDependencies")


def ask(package: PackageRef, base_url: str, answered: Sequence[Part],
        wanted: Wanted) -> Iterator[Query]:
    """A query for each file that the captured state lists and that is wanted, newest first."""
    if wanted.artifacts == "none":
        return
    parts = [part for part in answered
             if (registry := registry_of(part.kind)) and registry.name == package.registry
             and part.readable]
    registry = registry_of(parts[0].kind) if parts else None
    if registry is None:
        return
    releases = registry.snapshot(package, parts).releases
    pages = {part.observation.label: part.entry.url or base_url for part in parts if part.entry}
    for version in reversed(list(releases)):
        for file in releases[version].artifacts:
            if file.url is not None and (wanted.artifacts == "all" or not _is_kept(file, wanted)):
                page = pages.get(file.url.citations[0].exhibit, base_url)
                yield _query(package.at(version), file, _absolute(page, file.url.value), base_url,
                             wanted)


def _query(package: PackageRef, file: Artifact, url: str, base_url: str, wanted: Wanted) -> Query:
    refused = _refusal(package, url, base_url, wanted)
    return Query(url, "*/*", ARTIFACT, ARTIFACT, package, optional=True, found=True,
                 let_pass=not refused, suffix=suffix_of(file.filename), refused=refused)


def _refusal(package: PackageRef, url: str, base_url: str, wanted: Wanted) -> str:
    """Why a file is not fetched; empty where it may be."""
    host, name = _host(url)
    own = {*_host(base_url)[:1], *FILE_HOSTS.get(package.registry, ())}
    if name and (host in own or name in own or {host, name} & wanted.artifact_hosts):
        return ""
    return (f"not fetched: its host {name or 'cannot be read and'} is not one of the registry's"
            f" own; --artifact-host {name or 'HOST'} allows it")


def _host(url: str) -> tuple[str, str]:
    """(host with port, host alone), in lower case; empty where the address has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", ""
    name = (parts.hostname or "").lower()
    return (f"{name}:{port}", name) if name else ("", "")


def _absolute(page: str, url: str) -> str:
    try:
        return urljoin(page, url)
    except ValueError:
        return url


def _is_kept(file: Artifact, wanted: Wanted) -> bool:
    """Whether the bytes are stored: one file has every stated digest that can be computed."""
    stated = frozenset(f"{kind}:{value}" for name, fact in file.digests.items()
                       for kind, values in hashes(name, fact.value).items()
                       if kind in ALGORITHMS for value in values)
    if stated:
        return wanted.kept(stated)
    return file.url is not None and wanted.answered(file.url.value)


def suffix_of(filename: str) -> str:
    """How the exhibit of a package file of that name ends."""
    return next((s for s in _SUFFIXES if filename.lower().endswith(s)), ".bin")


def file_name(entry: Entry) -> str:
    """The name of a package file where it came from: of the file, or the end of its address."""
    if entry.path is not None:
        return entry.path.replace("\\", "/").rpartition("/")[2]
    return (entry.url or "").rpartition("/")[2]


def read_file(package: PackageRef, part: Part) -> Iterable[object]:
    """The ArtifactSeen of a listing; a Gap for a file that is stated and was not there."""
    if part.kind == LISTING:
        return (read_listing(package, part),)
    line = part.observation.line
    if part.observation.status not in ABSENT or part.entry is None or line is None:
        return ()
    subject = part.subject or package
    return (Gap(f"what the file {file_name(part.entry)} of version {subject.version} holds",
                f"the registry states its address and answered {part.observation.status} there",
                package, "mirrors, caches and build machines, for a copy of the file",
                line.citations),)


def read_stored(package: PackageRef, part: Part) -> Iterable[StoredFile]:
    """That a package file is stored, whether or not anybody looked into it."""
    if part.observation.status in (None, 200, 203) and part.entry is not None \
            and part.observation.line is not None:
        yield StoredFile(part.subject or package, file_name(part.entry), part.observation.label,
                         part.observation.line)


def read_manifest(package: PackageRef, part: Part) -> Iterable[object]:
    """The ManifestSeen of a manifest that was taken out of a package file."""
    entry = part.entry
    if entry is None or entry.source is None:
        return ()
    subject = part.subject or package
    read = _package_json if subject.registry == "npm" else _metadata
    found = read(subject, part, entry, entry.source.exhibit, entry.source.member)
    return (found,) if found is not None else (Gap(
        f"what the manifest inside {entry.path} states", f"{part.observation.label}: it cannot be"
        " read", package),)


def _package_json(package: PackageRef, part: Part, entry: Entry, exhibit: str,
                  member: str) -> ManifestSeen | None:
    document = part.document
    if document is None or not document.top:
        return None
    sections = {name: fact for name in DEPENDENCIES if (fact := _leaf(document, name))}
    anchor = _text(document, "name") or _text(document, "version") \
        or document.leaf(next(iter(document.top.values())), "", next(iter(document.top)))
    return ManifestSeen(
        package=package, filename=entry.path or "", exhibit=exhibit, member=member,
        observation=part.observation, anchor=anchor, name=_text(document, "name"),
        version=_text(document, "version"), scripts=_leaf(document, "scripts"),
        dependencies=sections)


def _metadata(package: PackageRef, part: Part, entry: Entry, exhibit: str,
              member: str) -> ManifestSeen | None:
    """The header fields of METADATA or PKG-INFO (Core metadata specification)."""
    fields: dict[str, list[LineFact[str]]] = {}
    for line in lines_of(part.observation.label, part.observation.sha256, part.body()):
        text = line.data.decode("utf-8", "replace").rstrip("\r")
        if not text:
            break
        key, colon, value = text.partition(":")
        if colon and not key[:1].isspace():
            fields.setdefault(key.lower(), []).append(LineFact(value.strip(), line))
    if not fields:
        return None
    return ManifestSeen(
        package=package, filename=entry.path or "", exhibit=exhibit, member=member,
        observation=part.observation, anchor=next(iter(fields.values()))[0],
        name=next(iter(fields.get("name", ())), None),
        version=next(iter(fields.get("version", ())), None),
        requires=tuple(fields.get("requires-dist", ())))


def _leaf(document: Document, name: str) -> Fact[object] | None:
    return document.leaf(document.top[name], "", name) if name in document.top else None


def _text(document: Document, name: str) -> Fact[str] | None:
    fact = document.leaf(document.top[name], "", name) if name in document.top else None
    return fact if fact is not None and isinstance(fact.value, str) and fact.value else None
