"""Files of one version in a Maven repository: pom, checksums, signature.

What a header says stands in the custody line of the answer, and is cited from there; so does the
SHA-256 of the pom, which this tool computed of the bytes it stored.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime

from regforensics.evidence.lines import LineFact, lines_of, span_of
from regforensics.evidence.xmltree import Element
from regforensics.model.citation import Citation, Derived, Fact, derive
from regforensics.model.claim import Gap
from regforensics.model.instant import Instant
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Artifact, Release
from regforensics.registries import base
from regforensics.registries.openpgp import block, key_of

POM, CHECKSUM, SIGNATURE = "maven-pom", "maven-checksum", "maven-signature"
KINDS = (POM, CHECKSUM, SIGNATURE)
_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}
_MOST_READ = 4096  # bytes of a checksum file


def place(part: base.Part) -> str:
    """What was asked: the version, and the file's ending."""
    version = part.subject.version if part.subject else ""
    return f"{version} {ending(part)}"


def ending(part: base.Part) -> str:
    """``pom``, ``pom.sha1``, ``jar.sha512`` ...: what stands behind the version."""
    return part.entry.what if part.entry else part.kind


class ReleaseFiles:
    """The files that one observation asked about, by version."""

    def __init__(self, package: PackageRef, parts: Sequence[base.Part]) -> None:
        self._package = package
        self._parts: dict[str, dict[str, base.Part]] = defaultdict(dict)
        for part in parts:
            if part.subject and part.subject.version:
                self._parts[part.subject.version][ending(part)] = part

    def release(self, version: str, listed: Element) -> Release:
        """A listed version, with what its files say where they were asked about."""
        files = self._parts.get(version)
        if files is None:
            return Release(version, listed, unasked=True)
        there = {name: part for name, part in files.items() if part.observation.status == 200}
        anchor: Fact[str] = listed
        pom = files.get("pom")
        if pom is not None and "pom" not in there and pom.observation.line:
            anchor = derive(version, listed, pom.observation.line)
        return Release(version, anchor, artifacts=tuple(self._artifacts(version, there, listed)),
                       delivered=_modified(there.get("pom")), signer=_signer(there.get("pom.asc")),
                       missing=dict(self._missing(version, files)))

    def _missing(self, version: str, files: Mapping[str, base.Part]
                 ) -> Iterator[tuple[str, Fact[str]]]:
        """A pom that its own address does not give, and a file none of whose checksums is there:
        the file itself is asked for by --artifacts only."""
        asked: dict[str, list[base.Part]] = defaultdict(list)
        for name, part in files.items():
            if name == "pom" or (part.kind == CHECKSUM and not name.startswith("pom.")):
                asked[name.partition(".")[0]].append(part)
        for form, parts in asked.items():
            lines = [p.observation.line for p in parts if p.observation.line is not None
                     and p.observation.status in base.ABSENT]
            if lines and len(lines) == len(parts):
                status = f"HTTP {parts[0].observation.status}"
                said = f"{status} at its address; the release is still listed, its other files" \
                    " were not asked for" if form == "pom" else \
                    f"{status} at the addresses of its checksums; the file was not asked for"
                yield f"{self._package.name}-{version}.{form}", derive(said, *lines)

    def _artifacts(self, version: str, there: Mapping[str, base.Part], listed: Element
                   ) -> Iterator[Artifact]:
        stated: dict[str, dict[str, Fact[str]]] = defaultdict(dict)
        for name, part in there.items():
            form, _, kind = name.partition(".")
            digest = _checksum(part, kind) if part.kind == CHECKSUM else None
            if digest is not None:
                stated[form][kind] = digest
        pom = there.get("pom")
        if pom is not None and pom.observation.line:
            stated["pom"]["sha256"] = derive(pom.observation.sha256, pom.observation.line)
        for form, digests in stated.items():
            asked = there.get(form) or there.get(f"{form}.{next(iter(digests))}")
            line = (asked.observation.line if asked else None) or listed
            url = asked.entry.url if asked and asked.entry else None
            filename = f"{self._package.name}-{version}.{form}"
            yield Artifact(filename, derive(filename, line), digests,
                           url=derive(url[:url.rindex(form) + len(form)], line)
                           if url and form != "pom" and form in url else None)

    def gaps(self) -> tuple[Gap, ...]:
        """Checksums that cannot be read, or that the stored bytes do not have."""
        return tuple(gap for files in self._parts.values() for gap in self._doubts(files))

    def _doubts(self, files: Mapping[str, base.Part]) -> Iterator[Gap]:
        for name, part in files.items():
            if part.kind != CHECKSUM or part.observation.status != 200:
                continue
            digest = _checksum(part, name.rpartition(".")[2])
            if digest is None:
                yield Gap(f"what {part.observation.label} says", "no checksum stands in it",
                          part.subject)
            elif name == "pom.sha1" and (pom := files.get("pom")) is not None:
                yield from self._mismatch(pom, part, digest)

    def _mismatch(self, pom: base.Part, part: base.Part, digest: Fact[str]) -> Iterator[Gap]:
        if pom.observation.status != 200:
            return
        real = hashlib.sha1(pom.body(), usedforsecurity=False).hexdigest()
        if real != digest.value.lower():
            lines = pom.observation.line.citations if pom.observation.line else ()
            yield Gap("whether the pom or its checksum is the publisher's",
                      f"the stored pom has the SHA-1 {real}, its checksum file says otherwise",
                      part.subject, citations=(*digest.citations, *lines))


def _checksum(part: base.Part, kind: str) -> Fact[str] | None:
    """The digest that a checksum file begins with; some carry the file's name behind it."""
    body = part.body()[:_MOST_READ]
    for line in lines_of(part.observation.label, part.observation.sha256, body):
        found = re.match(rb"\s*([0-9A-Fa-f]+)(?:\s|\Z)", line.data)
        if found:
            digits = found[1].decode("ascii")
            return LineFact(digits, line) if len(digits) == _DIGITS.get(kind) else None
        if line.data.strip():
            return None
    return None


def _modified(part: base.Part | None) -> Fact[Instant] | None:
    """The Last-Modified header of an answer, from its custody line."""
    line = part.observation.line if part else None
    if part is None or line is None:
        return None
    text = next((v for k, v in part.observation.headers if k.lower() == "last-modified"), "")
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return derive(Instant(aware.astimezone(UTC), text, 1.0), line)
    except OverflowError:
        return None


def _signer(part: base.Part | None) -> Fact[str] | None:
    """The key that a signature names, cited by the whole signature."""
    if part is None:
        return None
    body = part.body()
    span, key = block(body), key_of(body)
    if span is None or key is None:
        return None
    quoted: Citation = span_of(part.observation.label, part.observation.sha256, body, *span)
    return Derived(key, (quoted,))
