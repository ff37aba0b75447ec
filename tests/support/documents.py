"""Documents as snapshots, without an evidence directory."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regforensics.evidence.exhibit import Entry
from regforensics.evidence.jsontree import Document
from regforensics.evidence.lines import Line, LineFact
from regforensics.evidence.xmltree import XmlDocument
from regforensics.evidence.xmlwalk import is_xml
from regforensics.model.citation import Citation
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation, Snapshot
from regforensics.registries import REGISTRIES
from regforensics.registries.base import Part, Query, Wanted
from regforensics.registries.recognition import read_file

SHARED = Path(os.environ.get("REGFORENSICS_SHARED_DATA")
              or Path(__file__).resolve().parents[3] / "shared/data")


def encoded(value: object) -> bytes:
    """A document as a registry would send it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def read(body: bytes, label: str = "EX-000001") -> Snapshot:
    """A document recognised by its shape."""
    return read_file(label, hashlib.sha256(body).hexdigest(), body)


def document(body: bytes, label: str = "EX-000001") -> Document:
    """Bytes as a document of an exhibit."""
    return Document(label, hashlib.sha256(body).hexdigest(), body)


def shared(name: str, label: str = "EX-000001") -> Snapshot:
    """A real document."""
    return read((SHARED / name).read_bytes(), label)


def answers(package: str, *parts: tuple[str, int, bytes]) -> Snapshot:
    """The state that several answers (kind, status, body) of one observation show."""
    ref = PackageRef.parse(package)
    registry = next(r for r in REGISTRIES if r.name == ref.registry)
    read_parts = []
    for index, (kind, status, body) in enumerate(parts, 1):
        label, digest = f"EX-{index:06}", hashlib.sha256(body).hexdigest()
        document = Document(label, digest, body) if body.startswith((b"{", b"[", b'"')) else None
        xml = XmlDocument(label, digest, body) if is_xml(body) and status == 200 else None
        read_parts.append(Part(kind, document, Observation(
            label=label, sha256=digest, status=status, order=index), xml=xml))
    return registry.snapshot(ref, read_parts)


@dataclass(frozen=True)
class Exchange:
    """A query, and what was answered."""

    query: Query
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def part(self, index: int) -> Part:
        """The answer as the reader hands it over, with a custody line of its own."""
        label, digest, query = f"EX-{index:06}", hashlib.sha256(self.body).hexdigest(), self.query
        line = Line("custody.jsonl", "0" * 64, index, 0, encoded([query.url, self.headers]))
        document = self.body if self.status == 200 or not is_xml(self.body) else b""
        return Part(
            query.kind,
            Document(label, digest, document) if query.suffix == ".json" and document else None,
            Observation(label=label, sha256=digest, status=self.status, order=index,
                        headers=self.headers, line=LineFact(None, line)),
            query.subject, Entry(how="http", kind=query.kind, what=query.what, url=query.url),
            lambda: self.body,
            XmlDocument(label, digest, document) if query.suffix == ".xml" and document else None)


def exchanged(target: str, base: str, respond: Callable[[Query], Any]) -> list[Exchange]:
    """Everything that the adapter asks about a package, answered by a simulated registry."""
    ref = PackageRef.parse(target)
    registry = next(r for r in REGISTRIES if r.name == ref.registry)
    found: dict[Query, Exchange] = {}
    queries = registry.queries(ref, base)
    while queries:
        for query in queries:
            answer = respond(query)
            found[query] = Exchange(query, answer.status, answer.headers, answer.body)
        parts = [one.part(index) for index, one in enumerate(found.values(), 1)]
        queries = tuple(q for q in registry.follow_ups(ref, base, parts, Wanted())
                        if q not in found)
    return list(found.values())


def holds(citation: Citation, body: bytes) -> bool:
    """True where the quote is the stored bytes at its span."""
    return body[citation.start:citation.end] == citation.quote


def packument(name: str = "paint", *, versions: dict[str, dict[str, Any]] | None = None,
              **top: Any) -> dict[str, Any]:
    """A small packument; ``versions`` maps a version to what its manifest has besides."""
    manifests = {}
    times = {"created": "2024-01-01T00:00:00.000Z", "modified": "2025-01-01T00:00:00.000Z"}
    for index, (version, extra) in enumerate((versions or {"1.0.0": {}}).items(), 1):
        dist = {"shasum": f"{index:040x}", "integrity": f"sha512-{index:086}==",
                "tarball": f"https://npm.example/{name}/-/{name}-{version}.tgz"}
        manifests[version] = {"name": name, "version": version, "_npmUser": {"name": "ada"},
                              "maintainers": [{"name": "ada"}],
                              **extra, "dist": {**dist, **extra.get("dist", {})}}
        times[version] = f"2024-01-{index:02}T00:00:00.000Z"
    return {"_id": name, "_rev": "3-abc", "name": name,
            "dist-tags": {"latest": list(manifests)[-1]}, "versions": manifests, "time": times,
            "maintainers": [{"name": "ada", "email": "ada@paint.example"}], **top}
