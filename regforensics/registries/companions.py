"""Documents beside registry states: attestations, file listings, journals, counts, advisories.

Why one visible tuple: a new kind of companion document is one file and one line here; capture,
ingest, reading and the analyzers take it from the tuple.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from regforensics.evidence.jsontree import Document
from regforensics.model.account import AccountAnswer
from regforensics.model.advisory import AdvisoryAnswer
from regforensics.model.artifact import ArtifactSeen, ManifestSeen
from regforensics.model.attestation import Attestation, Unretrievable
from regforensics.model.downloads import DownloadCounts, LastWeek, RegistryDay
from regforensics.model.forms import ShortForm
from regforensics.model.journal import JournalPage, JournalRow, StatedRole
from regforensics.model.locked import Locked
from regforensics.model.package import PackageRef
from regforensics.model.roles import RolesAnswer
from regforensics.model.search_index import IndexAnswer
from regforensics.model.signing import RegistryKey
from regforensics.model.stored_file import StoredFile
from regforensics.registries import (
    accounts,
    advisories,
    artifacts,
    attestation_queries,
    attestations,
    downloads,
    locked,
    maven_search,
    npm_forms,
    pypi_journal,
    pypi_roles,
)
from regforensics.registries.base import Part, Query, Wanted

Ask = Callable[[PackageRef, str, Sequence[Part], Wanted], Iterable[Query]]


def _ask_nothing(*_: object) -> tuple[()]:
    return ()


def _nothing(*_: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Companion:
    """How documents of some kinds are read.

    ``makes`` is the record type. ``read`` is given the package that records are wanted of and one
    answer (also an absence: see ``part.observation.status``), and gives records and Gaps; it may
    raise UnreadableInput, which becomes a Gap. Answers without a subject are given for every
    package. ``ask`` names what to ask for, as ``Registry.follow_ups`` does, where it is wanted.
    ``recognises`` gives the kind of a handed-over document or None, ``package_of`` the one package
    that it is about or None, as a Registry's do. ``shared`` answers are about one subject and read
    for every other too. ``spare`` ones are asked for more light alone: to have none is no failure.
    """

    kinds: tuple[str, ...]
    makes: type
    read: Callable[[PackageRef, Part], Iterable[Any]]
    ask: Ask = _ask_nothing
    recognises: Callable[[Document], str | None] = _nothing
    package_of: Callable[[Document, str], PackageRef | None] = _nothing
    shared: bool = False
    spare: bool = False


COMPANIONS: tuple[Companion, ...] = (
    Companion((npm_forms.KIND,), ShortForm, npm_forms.read, npm_forms.ask),
    Companion(("npm-keys",), RegistryKey, attestations.read_keys),
    Companion(attestations.KINDS, Attestation, attestations.read_attestations,
              attestation_queries.ask, attestations.recognises, attestations.package_of),
    Companion(attestations.KINDS, Unretrievable, attestations.read_missing),
    Companion(downloads.COUNTED, DownloadCounts, downloads.read),
    Companion((downloads.npm.VERSIONS,), LastWeek, downloads.read),
    Companion((downloads.npm.TOTAL,), RegistryDay, downloads.read),
    Companion((artifacts.ARTIFACT, artifacts.LISTING), ArtifactSeen, artifacts.read_file,
              artifacts.ask),
    Companion((artifacts.ARTIFACT,), StoredFile, artifacts.read_stored),
    Companion((artifacts.MANIFEST,), ManifestSeen, artifacts.read_manifest),
    Companion(advisories.KINDS, AdvisoryAnswer, advisories.read, advisories.ask,
              advisories.recognises, advisories.package_of),
    Companion((pypi_journal.JOURNAL,), JournalRow, pypi_journal.read_rows, pypi_journal.ask),
    Companion((pypi_journal.JOURNAL,), JournalPage, pypi_journal.read_pages),
    Companion((pypi_journal.ROLES,), StatedRole, pypi_journal.read_roles),
    Companion((maven_search.SEARCH,), IndexAnswer, maven_search.read, maven_search.ask),
    Companion((pypi_journal.ROLES,), RolesAnswer, pypi_roles.read),
    Companion((pypi_roles.KIND,), RolesAnswer, pypi_roles.read, pypi_roles.ask, spare=True),
    Companion(locked.KINDS, Locked, locked.read),
    *(Companion((kind,), AccountAnswer, read, shared=True)
      for kind, read in accounts.READERS.items()),
)


def is_companion(kind: str) -> bool:
    """True where documents of a kind stand beside registry states."""
    return any(kind in companion.kinds for companion in COMPANIONS)


def is_spare(kind: str) -> bool:
    """True where no answer of a kind is no failure to capture the package."""
    return any(kind in companion.kinds and companion.spare for companion in COMPANIONS)


def savable() -> tuple[Companion, ...]:
    """The companions whose documents are known by their shape when somebody hands them over."""
    return tuple(c for c in COMPANIONS if c.recognises is not _nothing)


def follow_ups(package: PackageRef, base_url: str, answered: Sequence[Part],
               wanted: Wanted) -> tuple[Query, ...]:
    """What to ask for beside a package's state, given every answer so far."""
    return tuple(query for companion in COMPANIONS
                 for query in companion.ask(package, base_url, answered, wanted))
