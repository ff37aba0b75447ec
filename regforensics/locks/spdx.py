"""SPDX SBOMs: JSON (2.2, 2.3, 3.0) and tag-value. Source: the SPDX specification."""

import re
from collections.abc import Iterator

from regforensics.evidence.jsonraw import Raw
from regforensics.evidence.jsontree import Document
from regforensics.evidence.lines import Line, LineFact
from regforensics.locks.base import Entry, Kind, Source, items, members, text_at, text_of
from regforensics.locks.cyclonedx import listed
from regforensics.model.citation import Fact
from regforensics.model.locked import Passed

_NAMES = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA384": "sha384",
          "SHA512": "sha512"}
_TAG = re.compile(r"([A-Za-z]+):\s*(.*)")
_PURL = re.compile(r"PACKAGE[-_]MANAGER\s+purl\s+(\S+)")
_LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}


def read_json(source: Source) -> Iterator[Entry]:
    """Every package; of version 3 every element with a purl."""
    document = source.document
    if "spdxVersion" in document.top:
        for number, raw in enumerate(items(document.top.get("packages"))):
            yield _package(document, raw, f"/packages/{number}")
    elif "@graph" in document.top:
        for number, raw in enumerate(items(document.top["@graph"])):
            yield from _element(document, raw, f"/@graph/{number}")
    else:
        raise source.refused("neither spdxVersion nor @graph stands in it")


def _package(document: Document, raw: Raw, place: str) -> Entry:
    inside, digests = members(raw), dict[str, Fact[str]]()
    for number, one in enumerate(items(inside.get("checksums"))):
        kind = _NAMES.get(text_of(members(one).get("algorithm")) or "")
        fact = text_at(document, one, f"{place}/checksums/{number}", "checksumValue")
        if kind and fact and len(fact.value) == _LENGTHS[kind]:
            digests[kind] = fact
    purl = next((text_of(members(one).get("referenceLocator"))
                 for one in items(inside.get("externalRefs"))
                 if text_of(members(one).get("referenceType")) == "purl"), None)
    return listed(purl, text_of(inside.get("name")) or "", document.leaf(raw, place, None, ""),
                  digests)


def _element(document: Document, raw: Raw, place: str) -> Iterator[Entry]:
    inside = members(raw)
    if text_of(inside.get("type")) == "software_Package":
        purl = text_of(inside.get("software_packageUrl")) or next(
            (text_of(members(one).get("identifier"))
             for one in items(inside.get("externalIdentifier"))
             if text_of(members(one).get("externalIdentifierType")) == "packageUrl"), None)
        yield listed(purl, text_of(inside.get("name")) or "",
                     document.leaf(raw, place, None, ""), {})


def read_tags(source: Source) -> Iterator[Entry]:
    """Every block that a PackageName begins; one ends where a file, snippet or relation begins."""
    if b"SPDXVersion:" not in source.body[:1 << 16]:
        raise source.refused("no SPDXVersion stands in it")
    block: list[tuple[Line, str, str]] = []
    for line, text in source.lines():
        found = _TAG.fullmatch(text)
        if found is None:
            continue
        if found[1] in ("PackageName", "FileName", "SnippetSPDXID", "Relationship", "LicenseID"):
            yield from _block(source, block)
            block = []
        if block or found[1] == "PackageName":
            block.append((line, found[1], found[2].strip()))
    yield from _block(source, block)


def _block(source: Source, block: list[tuple[Line, str, str]]) -> Iterator[Entry]:
    if not block:
        return
    purl, digests = None, dict[str, Fact[str]]()
    for line, tag, text in block:
        found = _PURL.fullmatch(text) if tag == "ExternalRef" else None
        purl = purl or (found[1] if found else None)
        kind, _, value = text.partition(":")
        if tag == "PackageChecksum" and kind.strip() in _NAMES \
                and len(value.strip()) == _LENGTHS[_NAMES[kind.strip()]]:
            digests[_NAMES[kind.strip()]] = LineFact(value.strip(), line)
    whole = source.rows(block[0][0].number, block[-1][0].number, "")
    yield listed(purl, block[0][2], whole, digests) if block[0][2] else Passed(
        "", "a package without a name", whole)


def _json(head: bytes) -> bool:
    return head.lstrip()[:1] == b"{" and (
        re.search(rb'"spdxVersion"\s*:\s*"SPDX-', head) is not None
        or re.search(rb'"@context"\s*:\s*"https://spdx\.org', head) is not None)


def _tags(head: bytes) -> bool:
    return re.search(rb"^SPDXVersion:\s*SPDX-", head, re.MULTILINE) is not None


JSON = Kind("spdx-json", "SPDX SBOMs in JSON", re.compile(r"[^/]*\.spdx\.json"), read_json, _json,
            ".json", ("*.spdx.json",), sbom=True)
TAGS = Kind("spdx-tag-value", "SPDX SBOMs in tag-value form", re.compile(r"[^/]*\.spdx"), read_tags,
            _tags, ".txt", ("*.spdx",), sbom=True)
