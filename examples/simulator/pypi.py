"""PyPI: the state of a simulated PyPI, and everything that can be done to it.

Projects are replaced as a whole on every write, never changed in place, so that a server thread
always answers with one consistent state. ``journal`` holds rows as PyPI's own journal words them;
XML-RPC serves them ``journal_page`` at a time, or answers with the fault ``journal_fault``.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from simulator import pypi_answers
from simulator.archives import Files, tarball, wheel
from simulator.clock import Clock
from simulator.pypi_answers import normalised
from simulator.web import Refused, Request, Response

LATE_FILES_REFUSED_SINCE = datetime(2026, 7, 8, tzinfo=UTC)
LATE_AFTER = timedelta(days=14)
STATUSES = ("active", "archived", "quarantined")


@dataclass(frozen=True, slots=True)
class File:
    """One uploaded file."""

    filename: str
    version: str
    content: bytes = field(repr=False)
    uploaded: datetime
    requires_python: str | None = ">=3.9"
    provenance: bool = False

    @property
    def packagetype(self) -> str:
        """``bdist_wheel`` or ``sdist``, by the file name."""
        return "bdist_wheel" if self.filename.endswith(".whl") else "sdist"

    @property
    def sha256(self) -> str:
        """The digest that both APIs print."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def blake2b(self) -> str:
        """The digest that addresses the file on the file host."""
        return hashlib.blake2b(self.content, digest_size=32).hexdigest()

    @property
    def path(self) -> str:
        """The path on the file host."""
        digest = self.blake2b
        return f"packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{self.filename}"


@dataclass(frozen=True, slots=True)
class Release:
    """One version: its metadata is that of the first file and is never updated."""

    summary: str
    created: datetime
    requires_dist: tuple[str, ...] | None = None
    yanked: bool = False
    yanked_reason: str | None = None
    quarantined: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """One project: releases in order of creation, files in order of upload, roles by login."""

    name: str
    releases: Mapping[str, Release] = field(default_factory=dict)
    files: tuple[File, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    status: str = "active"
    serial: int = 0
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One journal entry. The actor is never public and therefore not here."""

    name: str
    version: str | None
    at: datetime
    action: str
    serial: int


class PyPI:
    """An index: upload, yank, delete, quarantine, archive, own; and ``respond`` to requests.

    ``base_url`` and ``files_url`` end in a slash; without the latter the index serves the files.
    ``mirror`` is None, "artifactory", "nexus" or "devpi".
    """

    def __init__(self, clock: Clock | None = None, *, base_url: str = "https://pypi.example/",
                 files_url: str | None = None, mirror: str | None = None) -> None:
        self.clock = clock or Clock()
        self.base_url = base_url
        self.files_url = files_url
        self.mirror = mirror
        self.projects: dict[str, Project] = {}
        self.stored: dict[str, bytes] = {}
        self.filenames: set[str] = set()
        self.prohibited: set[str] = set()
        self.journal: list[Row] = []
        self.journal_page = 50_000
        self.journal_fault = ""
        self.serial = 31_000_000
        self.attested: dict[str, dict[str, Any]] = {}

    def through(self, product: str, *, base_url: str = "https://mirror.example/") -> "PyPI":
        """A mirror of this index: the same state, seen through ``product``."""
        view = PyPI(self.clock, base_url=base_url, mirror=product)
        view.projects, view.stored = self.projects, self.stored
        view.attested = self.attested
        return view

    @cached_property
    def sigstore(self) -> Any:
        """The Sigstore whose workflows upload here."""
        from simulator.sigstore import Sigstore

        return Sigstore()

    def respond(self, request: Request) -> Response:
        """The answer to ``request`` in the present state."""
        return pypi_answers.respond(self, request)

    def tick(self, seconds: float) -> None:
        """Let time pass on the registry's clock."""
        self.clock.tick(seconds)

    def upload(self, name: str, version: str, filename: str | None = None, *,
               by: str = "", content: bytes | None = None, files: Files | None = None,
               at: datetime | None = None, summary: str | None = None,
               requires_dist: tuple[str, ...] | None = None, provenance: bool = False,
               requires_python: str | None = ">=3.9", allow_late: bool = False) -> None:
        """Upload one file as the account ``by`` (default: the first owner), now or ``at``.

        Raises Refused where PyPI would: a file name used before, an account without a role, a
        prohibited name, a quarantined or archived project, a file later than 14 days after its
        release (a rule since 2026-07-08; ``allow_late`` sets it aside).
        """
        moment, key = at or self.clock.now(), normalised(name)
        stem = f"{key.replace('-', '_')}-{version}"
        filename = filename or f"{stem}.tar.gz"
        project = self._opened(name, by, moment)
        release = project.releases.get(version)
        self._check_upload(project, release, filename, moment, allow_late)
        if release is None:
            earlier = [known.summary for known in project.releases.values()][-1:]
            text = summary or (earlier or [f"The {name} project"])[0]
            release = Release(text, moment, requires_dist)
            self._log(key, version, moment, "new release")
        body = content if content is not None else _archive(filename, stem, files or {})
        source = "py3" if filename.endswith(".whl") else "source"
        self._log(key, version, moment, f"add {source} file {filename}")
        file = File(filename, version, body, moment, requires_python, provenance)
        self.filenames.add(filename)
        self.stored[file.path] = body
        self._commit(key, moment, project, files=(*project.files, file),
                     releases={**project.releases, version: release})

    def replace_file(self, name: str, filename: str, content: bytes, *,
                     at: datetime | None = None) -> None:
        """Put other bytes under a file name, as no owner can: an operator's or tamperer's act."""
        project = self._present(name)
        files = tuple(replace(file, content=content) if file.filename == filename else file
                      for file in project.files)
        if files == project.files:
            raise Refused(f"{name} has no other file {filename}")
        self.stored.update((file.path, file.content) for file in files)
        self._commit(normalised(name), at, project, files=files)

    def yank(self, name: str, version: str, reason: str = "", *,
             at: datetime | None = None) -> None:
        """Yank a whole release, with or without a reason."""
        self._change(name, version, at, "yank release",
                     lambda release: replace(release, yanked=True, yanked_reason=reason or None))

    def unyank(self, name: str, version: str, *, at: datetime | None = None) -> None:
        """Take the yank back."""
        self._change(name, version, at, "unyank release",
                     lambda release: replace(release, yanked=False, yanked_reason=None))

    def quarantine_release(self, name: str, version: str, *, at: datetime | None = None) -> None:
        """Hide one release and its files."""
        self._change(name, version, at, "release quarantined",
                     lambda release: replace(release, quarantined=True))

    def clear_release(self, name: str, version: str, *, at: datetime | None = None) -> None:
        """Show a quarantined release again."""
        self._change(name, version, at, "release quarantine cleared",
                     lambda release: replace(release, quarantined=False))

    def delete_file(self, name: str, filename: str, *, at: datetime | None = None) -> None:
        """Delete one file. Its release stays, even without files; its name is burnt."""
        project = self._present(name)
        gone = [file for file in project.files if file.filename == filename]
        if not gone:
            raise Refused(f"{name} has no file {filename}")
        self._log(normalised(name), gone[0].version, at, f"remove file {filename}")
        self._commit(normalised(name), at, project,
                     files=tuple(file for file in project.files if file.filename != filename))

    def delete_release(self, name: str, version: str, *, at: datetime | None = None) -> None:
        """Delete one release with its files: one journal row, none per file."""
        project = self._present(name, version)
        self._log(normalised(name), version, at, "remove release")
        self._commit(normalised(name), at, project,
                     releases={v: r for v, r in project.releases.items() if v != version},
                     files=tuple(file for file in project.files if file.version != version))

    def delete_project(self, name: str, *, prohibit: bool = False,
                       at: datetime | None = None) -> None:
        """Delete the project: both APIs answer 404; stored files may still be served."""
        self._present(name)
        self._log(normalised(name), None, at, "remove project")
        self.projects.pop(normalised(name))
        self.prohibited |= {normalised(name)} if prohibit else set()

    def quarantine(self, name: str, *, at: datetime | None = None) -> None:
        """Quarantine the project: the JSON API says 404, the Simple API shows no files."""
        self._status(name, "quarantined", at, "project quarantined")

    def clear(self, name: str, *, at: datetime | None = None) -> None:
        """End the quarantine."""
        self._status(name, "active", at, "project quarantine cleared")

    def archive(self, name: str, *, at: datetime | None = None) -> None:
        """Archive the project. It is not journaled and the serial does not move."""
        self._status(name, "archived", at, None)

    def unarchive(self, name: str, *, at: datetime | None = None) -> None:
        """Make an archived project active again, unjournaled too."""
        self._status(name, "active", at, None)

    def add_owner(self, name: str, user: str, *, role: str = "Owner",
                  at: datetime | None = None) -> None:
        """Give an account the role Owner or Maintainer."""
        project = self._present(name)
        self._log(normalised(name), None, at, f"add {role} {user}")
        self._commit(normalised(name), at, project, roles={**project.roles, user: role})

    def remove_owner(self, name: str, user: str, *, at: datetime | None = None) -> None:
        """Take an account's role away. Raises Refused where it has none."""
        project = self._present(name)
        if user not in project.roles:
            raise Refused(f"{user} has no role in {name}")
        self._log(normalised(name), None, at, f"remove {project.roles[user]} {user}")
        self._commit(normalised(name), at, project,
                     roles={u: r for u, r in project.roles.items() if u != user})

    def set_owner(self, name: str, *users: str, at: datetime | None = None) -> None:
        """Make ``users`` the only owners."""
        for user in users:
            if user not in self._present(name).roles:
                self.add_owner(name, user, at=at)
        for user in set(self._present(name).roles) - set(users):
            self.remove_owner(name, user, at=at)

    def _present(self, name: str, version: str | None = None) -> Project:
        project = self.projects.get(normalised(name))
        if project is None:
            raise Refused(f"there is no project {name}")
        if version is not None and version not in project.releases:
            raise Refused(f"{name} has no release {version}")
        return project

    def _opened(self, name: str, by: str, at: datetime) -> Project:
        """The project that takes an upload; a new name yields one owned by ``by``."""
        key = normalised(name)
        project = self.projects.get(key)
        if project is None:
            if key in self.prohibited:
                raise Refused(f"the name {name} is prohibited")
            owner = by or "ada"
            self._log(key, None, at, "create")
            self._log(key, None, at, f"add Owner {owner}")
            return Project(name, roles={owner: "Owner"})
        if by and by not in project.roles:
            raise Refused(f"{by} has no role in {name}")
        if project.status != "active":
            raise Refused(f"{name} is {project.status} and takes no upload")
        return project

    def _check_upload(self, project: Project, release: Release | None, filename: str,
                      at: datetime, allow_late: bool) -> None:
        if filename in self.filenames:
            raise Refused(f"{filename}: this filename was used by a file before")
        late = release is not None and at - release.created > LATE_AFTER
        if late and at >= LATE_FILES_REFUSED_SINCE and not allow_late:
            raise Refused(f"{filename}: the release of {project.name} is older than 14 days")

    def _change(self, name: str, version: str, at: datetime | None, action: str,
                change: Callable[[Release], Release]) -> None:
        project = self._present(name, version)
        release = change(project.releases[version])
        self._log(normalised(name), version, at, action)
        self._commit(normalised(name), at, project,
                     releases={**project.releases, version: release})

    def _status(self, name: str, status: str, at: datetime | None, action: str | None) -> None:
        project = self._present(name)
        if action:
            self._log(normalised(name), None, at, action)
        self._commit(normalised(name), at, replace(project, status=status))

    def _log(self, key: str, version: str | None, at: datetime | None, action: str) -> None:
        self.serial += 7
        self.journal.append(Row(key, version, at or self.clock.now(), action, self.serial))

    def _commit(self, key: str, at: datetime | None, project: Project, *,
                releases: Mapping[str, Release] | None = None,
                files: tuple[File, ...] | None = None,
                roles: Mapping[str, str] | None = None) -> None:
        """Store the project with the serial of its last journal row."""
        serial = next((row.serial for row in reversed(self.journal) if row.name == key), 0)
        self.projects[key] = replace(
            project, serial=serial, modified=at or self.clock.now(),
            releases=project.releases if releases is None else releases,
            files=project.files if files is None else files,
            roles=project.roles if roles is None else roles)


def _archive(filename: str, stem: str, files: Files) -> bytes:
    name, _, version = stem.rpartition("-")
    contents = {"PKG-INFO": f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n", **files}
    return wheel(contents) if filename.endswith(".whl") else tarball(contents, root=stem)
