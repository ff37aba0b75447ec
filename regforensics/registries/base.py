"""What every registry adapter offers. Adapters describe I/O and never perform it."""

from base64 import b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Literal, Protocol

from regforensics.endpoints import GITHUB_API, MAVEN_SEARCH_URL, OSV_API
from regforensics.evidence.exhibit import Entry
from regforensics.evidence.jsonraw import Raw, members_of
from regforensics.evidence.jsontree import Document
from regforensics.evidence.xmltree import XmlDocument
from regforensics.model.citation import Absence, Fact
from regforensics.model.claim import Gap
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Known, Observation, Snapshot

AnyDocument = Document | XmlDocument
ABSENT = frozenset({404, 410, 451})
_MOST_QUOTED = 1 << 16  # bytes of repeated members that a gap quotes; the rest is named only
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Query:
    """One request that a snapshot consists of.

    ``html`` says that an HTML answer is one too, though nothing is read from it.
    ``kind`` names the document that a 200 answer is (``packument``, ``pypi-json`` ...), ``what``
    is the short word in exhibit file names, ``suffix`` how they end. ``subject`` is None for a
    registry-wide document; such a query is asked once a run, and its failure fails no target.

    ``optional`` marks a document that a package need not have: its absence says nothing of the
    target. ``found`` marks an address that stands in an answer: whoever wrote the answer chose it,
    so it leads only where a redirect from the registry could. ``let_pass`` says that its host is
    one of the registry's own or one that the user named. ``spare`` marks a question asked for
    more light alone: its failure is recorded and fails nothing. ``base_url`` names another service
    than the registry. ``body`` (of ``content_type``) makes the request a POST. ``refused``
    says why it is not asked: custody gets a line that says so.
    """

    url: str
    accept: str
    kind: str
    what: str
    subject: PackageRef | None
    html: bool = False
    suffix: str = ".json"
    optional: bool = False
    found: bool = False
    let_pass: bool = False
    spare: bool = False
    base_url: str | None = None
    body: bytes | None = None
    content_type: str = "application/json"
    refused: str = ""

    @property
    def method(self) -> str:
        """GET, or POST where there is a body."""
        return "GET" if self.body is None else "POST"

    @property
    def text(self) -> str | None:
        """The body as custody holds it, in base64 where it is no text; None where there is none."""
        if not self.body:
            return None
        try:
            return self.body.decode("utf-8")
        except UnicodeDecodeError:
            return f"base64:{b64encode(self.body).decode()}"


def _nothing(_: object) -> bool:
    return False


def _no_serial(_: PackageRef) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a capture is to bring beyond the state of each package.

    ``artifacts``: none, those that are not stored yet (``new``), or ``all``; ``artifact_hosts``
    are further hosts that files may be fetched from. ``forms`` asks for npm's abbreviated
    document beside the full one. ``answered`` tells whether an address was
    answered in full before, ``stored`` whether bytes of a SHA-256 digest (hex) are stored, ``kept``
    whether one stored package file has all of some digests (``sha512:`` and hexadecimal digits).
    ``journal_since`` gives the serial from which on the journal is to be read of a package, None
    where none is known. ``search_index`` asks the index at ``maven_search_url`` too. ``osv_url``
    and ``github_api_url`` are the advisory databases to ask. Each address ends in a slash.
    """

    artifacts: Literal["none", "new", "all"] = "none"
    artifact_hosts: frozenset[str] = frozenset()
    attestations: bool = False
    journal: bool = False
    journal_since: Callable[[PackageRef], int | None] = _no_serial
    advisories: bool = False
    search_index: bool = False
    maven_search_url: str = MAVEN_SEARCH_URL
    osv_url: str = OSV_API
    github_api_url: str = GITHUB_API
    forms: bool = False
    answered: Callable[[str], bool] = _nothing
    stored: Callable[[str], bool] = _nothing
    kept: Callable[[Collection[str]], bool] = _nothing


@dataclass(frozen=True, slots=True)
class Part:
    """One answer: the kind of document asked for, and its custody.

    ``document`` is None where the bytes are not JSON, ``xml`` where they are not XML, both where
    none came, or nothing but text was asked for; ``body`` gives the bytes
    (b"" where none came; raises IntegrityError). ``subject`` is what was asked about, ``entry``
    the whole custody entry, None outside an evidence directory.
    """

    kind: str
    document: Document | None
    observation: Observation
    subject: PackageRef | None = None
    entry: Entry | None = None
    body: Callable[[], bytes] = bytes
    xml: XmlDocument | None = None

    @property
    def readable(self) -> bool:
        """False where an answer's bytes are not the JSON or XML that was asked for."""
        document = self.entry is None or self.entry.suffix in (".json", ".xml")
        return not document or self.document is not None or self.xml is not None \
            or self.observation.status in ABSENT


class Registry(Protocol):
    """One package registry: what to ask, and what the answer means."""

    name: str
    default_url: str
    kinds: tuple[str, ...]

    def queries(self, package: PackageRef, base_url: str) -> tuple[Query, ...]:
        """The documents that make up one snapshot of ``package``, most volatile first."""

    def follow_ups(self, package: PackageRef, base_url: str, answered: Sequence[Part],
                   wanted: Wanted, /) -> tuple[Query, ...]:
        """What else the state consists of, given every answer so far; asked again until it names
        nothing new.

        ``answered`` is read only where it is looked at. Never raises on content.
        """

    def recognises(self, document: AnyDocument) -> str | None:
        """The kind of a document of unknown origin, or None where it is not this registry's."""

    def package_of(self, document: AnyDocument, kind: str) -> PackageRef | None:
        """The package that the document says it is about, or None where it does not say."""

    def snapshot(self, package: PackageRef, parts: Sequence[Part]) -> Snapshot:
        """Read the answers of one observation as one registry state. Never raises on content."""


def without_document(package: PackageRef, part: Part) -> Snapshot:
    """The state that an answer without a readable document shows: absent for 404, 410 and 451."""
    state = "absent" if part.observation.status in ABSENT else "unreadable"
    body = None
    if part.document is not None:
        key = next(iter(part.document.top), None)
        body = part.document.leaf(part.document.top[key], "", key) if key is not None else None
    return _bare(package, part, state, part.observation.line or body)


def unreadable(package: PackageRef, part: Part, *gaps: Gap) -> Snapshot:
    """A document that tells nothing of the package, with the reasons as Gaps."""
    return replace(_bare(package, part, "unreadable", part.observation.line), findings=lambda: gaps)


def repeats(package: PackageRef, document: Document, *levels: str,
            known: Mapping[str, Mapping[str, Raw]] = MappingProxyType({})) -> tuple[Gap, ...]:
    """A Gap for each object, of those at ``levels`` (pointers), in which a key stands twice.

    ``known`` holds the members of levels that the caller has decoded already.
    """
    gaps = []
    for pointer in levels:
        name = pointer.removeprefix("/")
        level = document.top.get(name)
        kept = document.top if not name else known.get(pointer) or members_of(level)
        twice = () if name and not kept else document.repeated(pointer, level, kept)
        if twice:
            names = list(dict.fromkeys(c.where for c in twice))
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            quoted = sum(len(c.quote) for c in twice) <= _MOST_QUOTED
            gaps.append(Gap(
                f"which of the values that share a key at {pointer or '/'} counts",
                "a key stands there more than once; readers disagree which one they take (this"
                " tool takes the last): " + ", ".join(names[:_MOST_NAMED]) + more,
                package, citations=twice if quoted else ()))
    return tuple(gaps)


def _bare(package: PackageRef, part: Part, state: str, fact: Fact[Any] | None) -> Snapshot:
    nothing: Known[Any] = Known({}, partial(Absence, part.observation.label,
                                            part.observation.sha256))
    return Snapshot(package=package, observation=part.observation, state=state, state_fact=fact,
                    releases=nothing, times=nothing, dist_tags=nothing)
