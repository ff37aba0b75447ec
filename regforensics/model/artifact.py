"""ArtifactSeen and ManifestSeen: what a stored package file holds, every leaf a Fact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from regforensics.model.citation import Fact
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation


class MemberSeen(NamedTuple):
    r"""One member of an archive (a named tuple: wheels hold thousands).

    ``path`` is the text in the listing: printable ASCII as it is, other bytes as ``\xNN``.
    ``size`` is in bytes, ``mode`` the permission bits, ``sha256`` None for what has no content
    or could not be read, ``target`` that of a link.
    """

    path: str
    kind: str
    size: int
    mode: int
    sha256: str | None
    target: str | None
    line: Fact[str]


class OddityFound(NamedTuple):
    """One oddity of an archive: its kind, the member (``-``: the archive itself), the words."""

    kind: str
    path: str
    detail: str
    line: Fact[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArtifactSeen:
    """A package file that was fetched or handed over, as its listing shows it.

    ``package`` names the version; ``filename`` is its name where it came from; ``exhibit`` and
    ``sha256`` are those of the file itself. ``observation`` is when the file was obtained, with
    the custody line of its listing. ``digests`` are computed, by algorithm (sha256, sha512,
    sha384, sha1, md5, blake2b_256; hexadecimal). ``complete`` is False where reading stopped.
    ``manifests`` are the members that stand where the manifest does; readers take one of them.
    ``dated`` is True where the listing is of an earlier form, which left out more.
    """

    package: PackageRef
    filename: str
    exhibit: str
    sha256: str
    observation: Observation
    size: Fact[int]
    form: Fact[str]
    complete: Fact[bool]
    digests: Mapping[str, Fact[str]]
    members: tuple[MemberSeen, ...]
    oddities: tuple[OddityFound, ...]
    manifests: tuple[MemberSeen, ...] = ()
    dated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ManifestSeen:
    """The manifest inside a package file: package.json, METADATA or PKG-INFO.

    ``exhibit`` is that of the package file. ``scripts`` and ``dependencies`` are whole sections
    (npm); ``requires`` are the requirement lines (PyPI).
    """

    package: PackageRef
    filename: str
    exhibit: str
    member: str
    observation: Observation
    anchor: Fact[Any]
    name: Fact[str] | None = None
    version: Fact[str] | None = None
    scripts: Fact[Any] | None = None
    dependencies: Mapping[str, Fact[Any]] = field(default_factory=lambda: MappingProxyType({}))
    requires: tuple[Fact[str], ...] = ()
