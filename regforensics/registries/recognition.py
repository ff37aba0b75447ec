"""A registry document of unknown origin, recognised by its shape."""

from regforensics.errors import UnreadableInput
from regforensics.evidence.jsontree import Document
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation, Snapshot
from regforensics.registries import REGISTRIES
from regforensics.registries.base import Part


def read_file(label: str, sha256: str, body: bytes,
              package: PackageRef | None = None) -> Snapshot:
    """A registry document outside any evidence directory, recognised by its shape.

    Raises UnreadableInput where it is no registry document, or names no package.
    """
    document = Document(label, sha256, body)
    for registry in REGISTRIES:
        kind = registry.recognises(document)
        subject = package or (registry.package_of(document, kind) if kind else None)
        if kind and subject:
            return registry.snapshot(subject, [Part(kind, document, Observation(
                label=label, sha256=sha256))])
    raise UnreadableInput(
        f"{label}: JSON, but no registry document that is known (byte 0: {_shape(document)})",
        hint="expected an npm packument, a PyPI JSON document or a PyPI Simple JSON page", offset=0)


def _shape(document: Document) -> str:
    keys = list(document.top)[:4]
    return "keys " + ", ".join(map(ascii, keys)) if keys else "no object"
