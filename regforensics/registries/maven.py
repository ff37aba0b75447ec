"""Maven repositories: the metadata of an artifact, and the small files of each version.

The list of versions is ``maven-metadata.xml``. Nothing there says when a version was published:
the Last-Modified header of its pom says by when the file was delivered. Releases never change, so
a version's files are asked about once, and those of the newest again in each capture.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote

from regforensics.endpoints import MAVEN_URL
from regforensics.errors import WrongUsage
from regforensics.evidence.pointers import named
from regforensics.evidence.xmltree import Element, Leaves, XmlDocument
from regforensics.model.citation import Fact, derive
from regforensics.model.claim import Gap
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Known, Members, Release, Snapshot
from regforensics.registries import base
from regforensics.registries.maven_files import CHECKSUM, KINDS, POM, SIGNATURE, ReleaseFiles, place
from regforensics.registries.maven_origin import maven_tells

METADATA = "maven-metadata"
MOST_NEW, MOST_AGAIN, MOST_ALL = 20, 3, 200  # versions whose files one capture asks about
_VERSIONS = "/metadata/versioning/versions"
_ASKABLE = re.compile(r"(?!\.{1,2}\Z)(?!.*-SNAPSHOT\Z)[^\x00-\x20/\\?#%\x7f]{1,200}")
_PACKED = {"war": "war", "ear": "ear", "rar": "rar", "aar": "aar", "zip": "zip", "pom": ""}
_XML = "application/xml, text/xml;q=0.9"


class Maven:
    """Maven Central and repositories of its layout."""

    name = "maven"
    default_url = MAVEN_URL
    kinds: tuple[str, ...] = (METADATA, *KINDS)

    def queries(self, package: PackageRef, base_url: str) -> tuple[base.Query, ...]:
        """The metadata, which lists the versions."""
        return (base.Query(f"{_folder(package, base_url)}/maven-metadata.xml", _XML, METADATA,
                           "metadata", package, suffix=".xml"),)

    def follow_ups(self, package: PackageRef, base_url: str, answered: Sequence[base.Part],
                   wanted: base.Wanted) -> tuple[base.Query, ...]:
        """The pom of each version chosen; then its checksum and signature, and the checksums of
        the file that it describes.

        Chosen are the newest MOST_NEW that no capture has asked about, and the newest MOST_AGAIN;
        with all artifacts wanted the newest MOST_ALL.
        """
        poms = [p for p in answered if p.kind == POM and p.subject and p.subject.version]
        if not poms:
            listed = next((p for p in answered if p.kind == METADATA and p.xml), None)
            versions = _askable(listed.xml) if listed and listed.xml else []
            return tuple(_query(package.at(v), base_url, ".pom", POM, _XML, ".xml")
                         for v in _chosen(package, base_url, versions, wanted))
        return tuple(query for pom in poms if pom.subject and pom.observation.status == 200
                     for query in _small_files(pom.subject, base_url, pom))

    def recognises(self, document: base.AnyDocument) -> str | None:
        """The metadata of an artifact has a root element of its own."""
        return METADATA if isinstance(document, XmlDocument) and \
            document.find("metadata", "versioning") else None

    def package_of(self, document: base.AnyDocument, kind: str) -> PackageRef | None:
        """The group and artifact that the metadata names."""
        if not isinstance(document, XmlDocument) or kind != METADATA:
            return None
        group, artifact = (document.find("metadata", name) for name in ("groupId", "artifactId"))
        try:
            return PackageRef.parse(f"maven:{group.text}:{artifact.text}") \
                if group and artifact else None
        except WrongUsage:
            return None

    def snapshot(self, package: PackageRef, parts: Sequence[base.Part]) -> Snapshot:
        """The list of versions, each with the files that were asked about."""
        listing = next((p for p in parts if p.kind == METADATA), None)
        if listing is None or (listing.observation.status or 200) in base.ABSENT:
            return base.without_document(package, listing or parts[0])
        if listing.xml is None:
            return base.unreadable(package, listing)
        named_package = self.package_of(listing.xml, METADATA)
        if named_package != package.at(None):
            return base.unreadable(package, listing, Gap(
                "what the repository says of this artifact", "the answer is about "
                f"{named_package.target if named_package else 'no artifact'}, not about"
                f" {package.target}", package))
        return _Metadata(package, listing.xml, listing, parts).read()


class _Metadata:
    """The reading of one artifact's metadata, and of the files asked about with it."""

    def __init__(self, package: PackageRef, document: XmlDocument, part: base.Part,
                 parts: Sequence[base.Part]) -> None:
        self.package, self.document, self.part = package, document, part
        self.asked = [p for p in parts if p.kind in KINDS and p.subject and p.subject.version]
        self.files = ReleaseFiles(package, self.asked)

    def read(self) -> Snapshot:
        """The whole state."""
        document, versioning = self.document, self.document.find("metadata", "versioning")
        nothing: Known[Any] = Known({}, lambda name: document.absence(named("/metadata", name)))
        return Snapshot(
            package=self.package, observation=self.part.observation, state="present",
            state_fact=document.find("metadata", "artifactId"), releases=self._releases(),
            times=nothing, dist_tags=nothing, modified=self._updated(),
            tells=cache(lambda: maven_tells(self.part, self.asked)),
            top=Leaves(versioning, frozenset({"versions", "lastUpdated"})) if versioning else None,
            findings=cache(self._gaps),
            further={place(p): p.observation.sha256 for p in self.asked})

    def _releases(self) -> Members[Release]:
        listed: dict[str, Element] = {}
        for element in _listed(self.document):
            listed.setdefault(element.text, element)
        held = {version: self.files.release(version, element)
                for version, element in listed.items()}
        return Known(held, lambda version: self.document.absence(
            named(_VERSIONS, "version", version)))

    def _updated(self) -> Fact[Instant] | None:
        """``lastUpdated``: yyyyMMddHHmmss in UTC, of the whole artifact."""
        element = self.document.find("metadata", "versioning", "lastUpdated")
        digits = element.text if element else ""
        if element is None or not re.fullmatch(r"[0-9]{14}", digits):
            return None
        day, clock = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}", digits[8:]
        try:
            moment = Instant.parse(f"{day}T{clock[:2]}:{clock[2:4]}:{clock[4:]}", assume_utc=True)
        except ValueError:
            return None
        return derive(moment, element)

    def _gaps(self) -> tuple[Gap, ...]:
        odd = [e for e in _listed(self.document) if not _ASKABLE.fullmatch(e.text)]
        unread = (Gap("what the files of some versions say",
                      "no file is asked about for a version that is a snapshot or no plain text:"
                      f" {', '.join(repr(e.text[:40]) for e in odd[:8])}", self.package,
                      citations=odd[0].citations),) if odd else ()
        return (*unread, *self.files.gaps())


def _chosen(package: PackageRef, base_url: str, versions: Sequence[str],
            wanted: base.Wanted) -> Iterator[str]:
    newest = list(reversed(versions))
    if wanted.artifacts == "all":
        yield from newest[:MOST_ALL]
        return
    fresh = [v for v in newest if not wanted.answered(_url(package.at(v), base_url, ".pom"))]
    yield from dict.fromkeys((*fresh[:MOST_NEW], *newest[:MOST_AGAIN]))


def _small_files(package: PackageRef, base_url: str, pom: base.Part) -> Iterator[base.Query]:
    yield _query(package, base_url, ".pom.sha1", CHECKSUM, "text/plain, */*", ".sha1")
    yield _query(package, base_url, ".pom.asc", SIGNATURE, "text/plain, */*", ".asc")
    packaging = pom.xml.find("project", "packaging") if pom.xml else None
    form = _PACKED.get(packaging.text, "jar") if packaging else "jar"
    for kind in ("sha1", "sha512") if form else ():
        yield _query(package, base_url, f".{form}.{kind}", CHECKSUM, "text/plain, */*", f".{kind}")


def _query(package: PackageRef, base_url: str, ending: str, kind: str, accept: str,
           suffix: str) -> base.Query:
    return base.Query(_url(package, base_url, ending), accept, kind, ending.strip("."), package,
                      suffix=suffix, optional=True)


def _url(package: PackageRef, base_url: str, ending: str) -> str:
    version, name = quote(package.version or "", safe="+~"), quote(package.name)
    return f"{_folder(package, base_url)}/{version}/{name}-{version}{ending}"


def _folder(package: PackageRef, base_url: str) -> str:
    group = "/".join(map(quote, (package.namespace or "").split(".")))
    return f"{base_url.rstrip('/')}/{group}/{quote(package.name)}"


def _listed(document: XmlDocument) -> Iterator[Element]:
    versions = document.find("metadata", "versioning", "versions")
    return versions.children("version") if versions else iter(())


def _askable(document: XmlDocument) -> list[str]:
    return [v for v in dict.fromkeys(e.text for e in _listed(document)) if _ASKABLE.fullmatch(v)]
