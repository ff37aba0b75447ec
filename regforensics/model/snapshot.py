"""Snapshot > Release > Artifact: the state of one package at one observation, every leaf a Fact."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from regforensics.errors import RegForensicsError
from regforensics.model.citation import Absence, Fact
from regforensics.model.claim import stopped
from regforensics.model.instant import Instant, known
from regforensics.model.origin import Tell, untested
from regforensics.model.package import PackageRef

if TYPE_CHECKING:
    from regforensics.model.claim import Gap
    from regforensics.model.identity import Identity
    from regforensics.model.signing import RegistryKey, ReleaseSignatures

T = TypeVar("T")


class Members(Mapping[str, T]):
    """Keyed parts of one document, each read when it is asked for.

    A packument of 3,000 versions costs nothing for the 2,999 that nobody looks at.
    """

    @abstractmethod
    def same(self, key: str, other: "Members[T]") -> bool:
        """True where both hold ``key`` in the same bytes (False means: look closer)."""

    @abstractmethod
    def absence(self, key: str) -> Absence:
        """That ``key`` is not there."""


class Known(Members[T]):
    """Keyed parts that were read at once, or put together from several documents."""

    def __init__(self, held: Mapping[str, T], absent: Callable[[str], Absence]) -> None:
        self._held, self._absent = held, absent

    def __getitem__(self, key: str) -> T:
        return self._held[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def same(self, key: str, other: Members[T]) -> bool:
        """Known only of one and the same reading; else: look."""
        return other is self and key in self._held

    def absence(self, key: str) -> Absence:
        """That ``key`` is not there."""
        return self._absent(key)


class Remainder(Protocol):
    """A part of a document that no field of the model holds: comparable, and citable by pointer."""

    def same(self, other: "Remainder") -> bool:
        """True where the bytes are equal (unequal bytes may still mean the same)."""

    def value(self) -> Any:
        """The decoded value, without what the model holds in fields of its own."""

    def fact(self, pointer: str) -> Fact[Any] | None:
        """The value at a pointer below this part, or None where it is not there."""

    def absence(self, pointer: str) -> Absence:
        """That nothing stands at the pointer below this part."""


class Artifact(NamedTuple):
    """One file of a release (a named tuple: packuments hold thousands).

    ``digests`` maps an algorithm (shasum, integrity, sha256, md5, blake2b_256) to its stated
    value; ``name`` is where the file name stands. ``yanked`` is False, True or the
    reason, ``uploaded`` the file's upload time.
    """

    filename: str
    name: Fact[str]
    digests: Mapping[str, Fact[str]]
    url: Fact[str] | None = None
    size: Fact[int] | None = None
    uploaded: Fact[Instant] | None = None
    yanked: Fact[Any] | None = None
    provenance: Fact[Any] | None = None
    signatures: Fact[Any] | None = None


class Release(NamedTuple):
    """One version as a registry shows it (a named tuple: packuments hold thousands).

    ``anchor`` is a fact that the version is there at all. ``trust`` is the publisher's trust
    marker (npm: approver, trusted publisher, provenance), ``owners`` the owner list frozen at the
    publish (npm), ``dependencies`` and ``scripts`` whole sections of the manifest.
    ``file_absence`` states that a file name is not among the release's files. ``identity`` reads
    who published it and with what (npm), when asked. ``delivered`` is a time by which the
    release's files were delivered, for registries that give no publish time (Maven): the publish
    may have been before it, and the files public only later. ``signer`` is the key that a
    signature of the release names. ``unasked`` says that nobody asked about the files in this
    observation: then none is listed, and none is missing. ``missing`` holds, by file name, in words
    what shows that a file of a listed release is not served (Maven: the answer to its address).
    """

    version: str
    anchor: Fact[Any]
    published: Fact[Instant] | None = None
    publisher: Fact[str] | None = None
    trust: Fact[str] | None = None
    owners: Fact[tuple[str, ...]] | None = None
    deprecated: Fact[str] | None = None
    yanked: Fact[Any] | None = None
    scripts: Fact[Mapping[str, Any]] | None = None
    dependencies: Mapping[str, Fact[Any]] = MappingProxyType({})
    artifacts: tuple[Artifact, ...] = ()
    file_absence: Callable[[str], Absence] | None = None
    remainder: Remainder | None = None
    identity: "Callable[[], Identity | None]" = lambda: None
    delivered: Fact[Instant] | None = None
    signer: Fact[str] | None = None
    unasked: bool = False
    missing: Mapping[str, Fact[str]] = MappingProxyType({})


class Tombstone(NamedTuple):
    """A whole package that was unpublished: when, by whom where the registry says it, and what."""

    at: Fact[Instant] | None
    anchor: Fact[Any]
    by: Fact[str] | None = None
    versions: Fact[tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Handed:
    """Whose custody a capture was handed over from: operator and tool as its line says, and the
    digest of that custody's last line."""

    operator: str
    tool: str
    head: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observation:
    """When and how the bytes of a snapshot were obtained.

    ``at`` is when it was received: a state that it shows began not later. ``since`` is the
    earliest moment that it can stand for (a cache may have answered): a state that it shows lasted
    at least until then. ``served`` says in words why the two lie apart. Both are None where nobody
    said when a handed-over file was obtained, and where the stated time cannot be right: then
    ``stated`` holds it. ``recorded`` is when the custody line was written. ``order`` is its place
    in custody, which sorts observations of the same instant.
    ``label`` is the exhibit that leads the snapshot, ``registry`` the base URL that was asked
    (empty where unknown), ``headers`` the answer's, ``kind`` the document's; ``line`` cites the
    custody line and is None for a file outside any evidence directory. ``handed`` says whose
    custody the capture was handed over from, None where it was made here.
    """

    label: str
    sha256: str
    at: Instant | None = None
    since: Instant | None = None
    served: str = ""
    stated: Instant | None = None
    recorded: Instant | None = None
    order: int = 0
    registry: str = ""
    line: Fact[Any] | None = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    complete: bool = True
    kind: str = ""
    handed: Handed | None = None


def unsigned(_version: str, _keys: "Sequence[RegistryKey]") -> None:
    """What ``Snapshot.signed`` is of a registry that signs no releases."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """What a registry said about one package at one observation.

    ``state`` is one of STATES; ``state_fact`` is where that shows. ``times`` holds npm's time map
    without created, modified and unpublished (an unreadable time has the value None).
    ``unlisted``, ``findings`` and ``tells`` work out ``withdrawn``, ``respelled``, ``gaps`` and
    ``origin`` when asked.
    ``signed`` checks the registry's signatures over one version, with captured keys beside those
    that the tool ships; None where the version carries none.
    ``top`` is the rest of the document outside
    versions and time. ``parts`` holds the single documents where an observation has several
    (PyPI's JSON and Simple answers), so that their disagreements can be stated. ``partial`` marks
    a document that lists some versions only (PyPI's document of one version): what it does not
    list is not missing. ``further`` holds the digests of other exhibits that releases were read
    from, by what was asked (Maven's files of single versions).
    """

    package: PackageRef
    observation: Observation
    state: str
    state_fact: Fact[Any] | None
    releases: Members[Release]
    times: Members[Fact[Instant | None]]
    created: Fact[Instant] | None = None
    modified: Fact[Instant] | None = None
    dist_tags: Members[Fact[str]]
    owners: Members[Fact[str]] | None = None
    tombstone: Tombstone | None = None
    status: Fact[str] | None = None
    revision: Fact[Any] | None = None
    top: Remainder | None = None
    tells: "Callable[[], tuple[Tell, ...]]" = lambda: ()
    unlisted: "Callable[[], tuple[tuple[str, ...], Mapping[str, str]]]" = lambda: ((), {})
    findings: "Callable[[], tuple[Gap, ...]]" = lambda: ()
    signed: "Callable[[str, Sequence[RegistryKey]], ReleaseSignatures | None]" = unsigned
    parts: tuple["Snapshot", ...] = ()
    partial: bool = False
    further: Mapping[str, str] = field(default_factory=dict)

    @property
    def withdrawn(self) -> tuple[str, ...]:
        """Versions that have a time and are not listed, in the order of the time map."""
        return self.unlisted()[0]

    @property
    def respelled(self) -> Mapping[str, str]:
        """Loose spellings in the time map (1.0.0beta) -> the listed version (1.0.0-beta)."""
        return self.unlisted()[1]

    @property
    def publishes(self) -> tuple[Fact[Instant], ...]:
        """A publish time for each version that has one; loose spellings of a version count once."""
        if not len(self.times):
            return tuple(r.published for r in self.releases.values() if r.published)
        found: dict[str, Fact[Instant]] = {}
        for key in self.times:
            fact = known(self.times[key])
            if fact is not None:
                found.setdefault(self.respelled.get(key, key), fact)
        return tuple(found.values())

    @property
    def latest(self) -> Fact[Instant] | None:
        """The latest time that the documents carry themselves: they were not obtained before it."""
        inside = [self.modified, *map(known, self.times.values()),
                  self.tombstone.at if self.tombstone else None]
        if not len(self.times):
            inside += [fact for release in self.releases.values()
                       for fact in (release.published, *(f.uploaded for f in release.artifacts))]
        return max((f for f in inside if f is not None), key=lambda f: f.value.utc, default=None)

    @property
    def origin(self) -> tuple[Tell, ...]:
        """What the tests of origin gave on the documents; where they crash, that they did: every
        analyzer asks for this, and none of them is about it."""
        try:
            return self.tells()
        except RegForensicsError:  # the evidence itself is not as it should be
            raise
        except Exception as error:  # whatever it is, the table and a Gap say so
            return untested(stopped(error))

    @property
    def gaps(self) -> "tuple[Gap, ...]":
        """What the documents leave open, or say twice."""
        return self.findings()


STATES = ("present", "absent", "quarantined", "unpublished", "held", "unreadable")
