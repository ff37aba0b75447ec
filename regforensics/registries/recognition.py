"""A registry document of unknown origin, recognised by its shape."""

from regforensics.errors import UnreadableInput
from regforensics.evidence.jsontree import Document
from regforensics.evidence.places import document_of, form_of
from regforensics.evidence.xmltree import XmlDocument
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation, Snapshot
from regforensics.registries import REGISTRIES
from regforensics.registries.base import AnyDocument, Part


def read_file(label: str, sha256: str, body: bytes,
              package: PackageRef | None = None) -> Snapshot:
    """A registry document outside any evidence directory, recognised by its shape.

    Raises UnreadableInput where it is no registry document, or names no package.
    """
    document = document_of(label, sha256, body)
    for registry in REGISTRIES:
        kind = registry.recognises(document)
        subject = package or (registry.package_of(document, kind) if kind else None)
        if kind and subject:
            return registry.snapshot(subject, [_part(kind, document, body)])
    raise UnreadableInput(
        f"{label}: {form_of(body)}, but no registry document that is known"
        f" (byte 0: {_shape(document)})",
        hint="expected an npm packument, a PyPI JSON document, a PyPI Simple JSON page or a"
        " maven-metadata.xml", offset=0)


def _part(kind: str, document: AnyDocument, body: bytes) -> Part:
    json = document if isinstance(document, Document) else None
    xml = document if isinstance(document, XmlDocument) else None
    return Part(kind, json, Observation(label=document.label, sha256=document.sha256),
                body=lambda: body, xml=xml)


def _shape(document: AnyDocument) -> str:
    if isinstance(document, XmlDocument):
        return f"element {document.root.name!a}"
    keys = list(document.top)[:4]
    return "keys " + ", ".join(map(ascii, keys)) if keys else "no object"
