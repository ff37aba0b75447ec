"""What every registry adapter offers. Adapters describe I/O and never perform it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from regforensics.evidence.jsontree import Document
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation, Snapshot


@dataclass(frozen=True, slots=True)
class Query:
    """One GET that a snapshot consists of.

    ``kind`` names the document that a 200 answer is (``packument``, ``pypi-json`` ...), ``what``
    is the short word in exhibit file names. ``subject`` is None for a registry-wide document;
    such a query is asked once a run, and its failure fails no target.
    """

    url: str
    accept: str
    kind: str
    what: str
    subject: PackageRef | None


@dataclass(frozen=True, slots=True)
class Part:
    """One answer: the kind of document asked for, its bytes (None: no body), and its custody."""

    kind: str
    document: Document | None
    observation: Observation


class Registry(Protocol):
    """One package registry: what to ask, and what the answer means."""

    name: str
    default_url: str
    kinds: tuple[str, ...]

    def queries(self, package: PackageRef, base_url: str) -> tuple[Query, ...]:
        """The documents that make up one snapshot of ``package``, most volatile first."""

    def recognises(self, document: Document) -> str | None:
        """The kind of a document of unknown origin, or None where it is not this registry's."""

    def package_of(self, document: Document, kind: str) -> PackageRef | None:
        """The package that the document says it is about, or None where it does not say."""

    def snapshot(self, package: PackageRef, parts: Sequence[Part]) -> Snapshot:
        """Read the answers of one observation as one registry state. Never raises on content."""
