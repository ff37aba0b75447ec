"""Locked and LockedFile: one version that a lockfile pins or an SBOM lists, every leaf a Fact."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple, Self

from regforensics.model.citation import Fact
from regforensics.model.package import PackageRef
from regforensics.model.snapshot import Observation

_NONE: Mapping[str, Fact[str]] = MappingProxyType({})


class LockedFile(NamedTuple):
    """One file that an entry pins: its name where the entry says it, its digests by algorithm
    (``integrity``, ``shasum``, ``sha256`` ...; see ``Artifact``), and where it is fetched from."""

    filename: str | None
    digests: Mapping[str, Fact[str]] = _NONE
    url: Fact[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Locked:
    """One entry of a lockfile or SBOM.

    ``package`` names the version; it has none where the entry pins none. ``line`` is the whole
    entry. ``elsewhere`` is empty for an entry that the registry of ``package`` is to answer;
    else it says in words why not (git, a folder, an address of its own). ``flags`` are what the
    file says of it: dev, optional, peer, bundled, patched. ``alias`` is the name under which it
    was asked for. ``form`` names the kind of file, ``path`` the file, ``observation`` when and how
    it came (None outside an evidence directory); ``installed`` marks a record of what was
    unpacked, not of what is wanted. ``commit`` and ``repository`` say where in git it stood.
    """

    package: PackageRef
    line: Fact[str]
    files: tuple[LockedFile, ...] = ()
    elsewhere: str = ""
    flags: tuple[str, ...] = ()
    alias: str | None = None
    form: str = ""
    path: str = ""
    installed: bool = False
    sbom: bool = False
    repository: str | None = None
    commit: str | None = None
    observation: Observation | None = None

    def of(self, form: str, path: str, *, sbom: bool, observation: Observation | None) -> Self:
        """The same entry, with the file that it stands in."""
        return replace(self, form=form, path=path, sbom=sbom, observation=observation)


@dataclass(frozen=True, slots=True)
class Passed:
    """An entry that names no package of a known registry: its name as it stands, and why."""

    name: str
    reason: str
    line: Fact[str] | None = None
