"""CycloneDX SBOMs, JSON and XML. Source: the CycloneDX specification, 1.2 to 1.6."""

import re
from collections.abc import Iterable, Iterator

from regforensics.evidence.jsonraw import Raw, children
from regforensics.evidence.jsontree import Document
from regforensics.evidence.xmltree import Element, XmlDocument
from regforensics.evidence.xmlwalk import is_xml
from regforensics.locks.base import (
    DEEPEST,
    Entry,
    Kind,
    Source,
    from_purl,
    items,
    members,
    text_at,
    text_of,
)
from regforensics.model.citation import Fact, mapped
from regforensics.model.locked import Locked, LockedFile, Passed

_ALG = re.compile(rb"<[^>]*?\balg\s*=\s*[\"']([A-Za-z0-9-]+)[\"']")
_NAMES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384",
          "SHA-512": "sha512"}
_LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}
UNKNOWN = "it names no package of npm, PyPI or Maven"


def read(source: Source) -> Iterator[Entry]:
    """Every component, and those inside it."""
    if is_xml(source.body):
        document = XmlDocument(source.label, source.sha256, source.body)
        if document.root.name != "bom":
            raise source.refused("its outermost element is no CycloneDX bom")
        yield from _elements(document.root)
        return
    if text_of(source.document.top.get("bomFormat")) != "CycloneDX":
        raise source.refused("bomFormat is not CycloneDX")
    yield from _components(source.document)


def _components(document: Document) -> Iterator[Entry]:
    waiting = [("/components", document.top.get("components"), 0)]
    metadata = members(document.top.get("metadata")).get("component")
    if metadata is not None:
        line = document.leaf(metadata, "/metadata", "component", "")
        yield component(document, metadata, "/metadata/component", line)
        waiting.append(("/metadata/component/components",
                        members(metadata).get("components"), 0))
    while waiting:
        above, level, depth = waiting.pop()
        for number, raw in enumerate(items(level)):
            place, inside = f"{above}/{number}", children(raw)
            line = document.leaf(raw, place, None, "")
            yield component(document, raw, place, line)
            if isinstance(inside, dict) and "components" in inside:
                if depth == DEEPEST:
                    yield Passed("", f"components nested deeper than {DEEPEST} levels", line)
                else:
                    waiting.append((f"{place}/components", inside["components"], depth + 1))


def component(document: Document, raw: Raw, place: str, line: Fact[str]) -> Entry:
    """A component as the package that its purl names."""
    inside = members(raw)
    digests: dict[str, Fact[str]] = {}
    for number, one in enumerate(items(inside.get("hashes"))):
        kind = _NAMES.get(text_of(members(one).get("alg")) or "")
        fact = text_at(document, one, f"{place}/hashes/{number}", "content")
        if kind and fact and len(fact.value) == _LENGTHS[kind]:
            digests[kind] = fact
    name = text_of(inside.get("name")) or ""
    return listed(text_of(inside.get("purl")), name, line, digests)


def listed(purl: str | None, name: str, line: Fact[str], digests: dict[str, Fact[str]]) -> Entry:
    """What an SBOM lists under a purl."""
    package = from_purl(purl)
    if package is None:
        return Passed(purl or name, UNKNOWN, line)
    return Locked(package=package, line=mapped(line, lambda _: package.version or ""),
                  files=(LockedFile(None, digests),) if digests else ())


def _elements(root: Element) -> Iterator[Entry]:
    metadata = root.find("metadata", "component")
    waiting: list[Iterable[Element]] = [e.children("component") for e in
                                        root.children("components")]
    if metadata is not None:
        waiting.append([metadata])
    while waiting:
        for one in waiting.pop():
            purl, name = one.find("purl"), one.find("name")
            digests: dict[str, Fact[str]] = {}
            for held in (h for hashes in one.children("hashes") for h in hashes.children("hash")):
                found = _ALG.match(held.citations[0].quote[:500])
                kind = _NAMES.get(found[1].decode()) if found else None
                if kind and len(held.text) == _LENGTHS[kind]:
                    digests[kind] = held
            yield listed(purl.text if purl else None, name.text if name else "", one, digests)
            waiting += [e.children("component") for e in one.children("components")]


def _json(head: bytes) -> bool:
    return head.lstrip()[:1] == b"{" and re.search(rb'"bomFormat"\s*:\s*"CycloneDX"',
                                                   head) is not None


def _xml(head: bytes) -> bool:
    return is_xml(head) and b"cyclonedx.org/schema/bom" in head


JSON = Kind("cyclonedx-json", "CycloneDX SBOMs in JSON", re.compile(r"[^/]*\.cdx\.json|bom\.json"),
            read, _json, ".json", ("*.cdx.json", "bom.json"), sbom=True)
XML = Kind("cyclonedx-xml", "CycloneDX SBOMs in XML", re.compile(r"[^/]*\.cdx\.xml|bom\.xml"),
           read, _xml, ".xml", ("*.cdx.xml", "bom.xml"), sbom=True)
