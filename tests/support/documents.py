"""Documents as snapshots, without an evidence directory."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from regforensics.evidence.jsontree import Document
from regforensics.model.citation import Citation
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation, Snapshot
from regforensics.registries import REGISTRIES
from regforensics.registries.base import Part
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
        read_parts.append(Part(kind, document, Observation(
            label=label, sha256=digest, status=status, order=index)))
    return registry.snapshot(ref, read_parts)


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
