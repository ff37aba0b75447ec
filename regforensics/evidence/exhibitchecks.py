"""The checks that open exhibits: each against its digest, and against what it was taken from."""

import errno
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass

from regforensics.evidence.bodies import Bodies
from regforensics.evidence.custody import CUSTODY
from regforensics.evidence.derived import derivation_fault, holds_manifest
from regforensics.evidence.elsewhere import HINT, Changed
from regforensics.evidence.exhibit import Source
from regforensics.evidence.files import Folder, shown
from regforensics.evidence.forms import Stored, by_keyframe, forms_of
from regforensics.evidence.incoming import PREFIX
from regforensics.evidence.layout import EXHIBITS, after, following
from regforensics.evidence.origins import origin_faults
from regforensics.evidence.walk import CustodyWalk, Damage, Findings, Kind

_PACKAGE_FILE = "artifact"  # the kind of custody lines that bring one
_STORED = (None, 200, 203, 304)  # and their status where they did


@dataclass(slots=True)
class ExhibitChecks:
    """The exhibits of a directory: ``held`` are those that should be there, ``listed`` the file
    names and digests that only the manifest states, ``names`` what stands in exhibits/."""

    folder: Folder
    walk: CustodyWalk
    findings: Findings
    custody: bytes
    held: list[Stored]
    listed: dict[str, str]
    names: list[str]
    left_out: frozenset[str]
    _: KW_ONLY
    interrupted: bool

    def check(self) -> None:
        """Hash every exhibit, in two threads."""
        known, listed = self.held, self.listed
        try:
            folder = self.folder.sub(EXHIBITS)
        except OSError:
            return  # named already, with everything else that could not be read
        size = len(self.custody)
        bodies = Bodies(folder, self.walk.exhibits,
                        lambda: after(self.folder, CUSTODY, size))
        with ThreadPoolExecutor(2) as pool:
            found = (*pool.map(lambda stored: _exhibit_damage(bodies, stored), by_keyframe(known)),
                     *pool.map(lambda item: _listed_damage(folder, *item), listed.items()))
            self.findings.damage.extend(damage for damage in found if damage)
        self._check_derived(bodies)
        expected = {*listed, *(stored.kept for stored in known if not stored.places)}
        other = {name for stored in known for name in forms_of(stored)}
        labels = following(len(self.walk.exhibits))
        for name in self.names:
            if name in expected:
                continue
            if name.startswith(PREFIX):
                self.findings.notes.append(f"{EXHIBITS}/{shown(name)}: a body that is being"
                                           " received, or was left unfinished")
            elif self.interrupted and name in other:
                self.findings.notes.append(f"{EXHIBITS}/{shown(name)}: another form of"
                                           f" {name.partition('.')[0]}; the next writer settles it")
            elif self.interrupted and name.partition(".")[0] in labels:
                self.findings.notes.append(f"{EXHIBITS}/{shown(name)}: stored, but not yet in"
                                           f" {CUSTODY}")
            else:
                self._extra_exhibit(folder, name)

    def _check_derived(self, bodies: Bodies) -> None:
        """Take again out of archives what custody says was taken out of them, in two threads."""
        known, damaged = self.walk.exhibits, damaged_in(self.walk, self.findings) | self.left_out
        said = {(row.source, known[row.exhibit].label): row.seq for row in self.walk.rows
                if row is not None and row.source is not None and row.exhibit in known
                and row.source.exhibit not in damaged}

        def fault(item: tuple[tuple[Source, str], int]) -> str | None:
            (source, label), _ = item
            return derivation_fault(bodies, known, source, known[label].sha256, checked=True)

        with ThreadPoolExecutor(2) as pool:
            for ((_, label), seq), found in zip(said.items(), pool.map(fault, said.items()),
                                                strict=True):
                if found:
                    self.findings.add("derived", place_of(known[label]),
                                      f"by {CUSTODY} line {seq}: {found}")

        self._check_origins(bodies)
        self._note_unread(bodies, damaged)

    def _check_origins(self, bodies: Bodies) -> None:
        """Hold handed-over lines against the custody that they came from."""
        handed = [row for row in self.walk.rows if row is not None and row.origin is not None]
        for seq, fault in origin_faults(bodies, self.walk.exhibits, handed,
                                        self.custody):
            self.findings.add("derived", CUSTODY, f"line {seq} {fault}")

    def _note_unread(self, bodies: Bodies, damaged: set[str]) -> None:
        """Note stored package files out of which custody takes no listing, or no manifest."""
        rows = [row for row in self.walk.rows if row is not None]
        taken: dict[str, set[bool]] = {}
        for row in rows:
            if row.source is not None:
                taken.setdefault(row.source.exhibit, set()).add(bool(row.source.member))
        files = {row.exhibit: row.subject for row in rows if row.kind == _PACKAGE_FILE
                 and row.exhibit in self.walk.exhibits and row.exhibit not in damaged
                 and row.source is None and row.status in _STORED}
        for label, subject in files.items():
            stored, found = self.walk.exhibits[label], taken.get(label, set())
            if False not in found:
                self.findings.notes.append(f"{place_of(stored)}: a package file that was never"
                                           f" read: no line of {CUSTODY} is its listing")
            if True not in found and holds_manifest(bodies, stored, subject or ""):
                self.findings.notes.append(f"{place_of(stored)}: the manifest inside was never"
                                           f" read: no line of {CUSTODY} is about it")

    def _extra_exhibit(self, folder: Folder, name: str) -> None:
        detail = f"no line of {CUSTODY} names it"
        try:
            digest, _ = folder.digest(name)
            same = next((s for s in self.walk.exhibits.values() if s.sha256 == digest), None)
            if same:
                detail = f"{detail}; its bytes are those of {same.label} ({same.file})"
        except OSError as error:
            detail = f"{detail}; {error.strerror}"
        self.findings.add("extra", f"{EXHIBITS}/{name}", detail)


def damaged_in(walk: CustodyWalk, findings: Findings) -> set[str]:
    """The labels of the exhibits that something was found wrong with so far."""
    broken = {damage.path for damage in findings.damage}
    return {label for label, stored in walk.exhibits.items() if place_of(stored) in broken}


def _exhibit_damage(bodies: Bodies, stored: Stored) -> Damage | None:
    path = place_of(stored)
    try:
        if stored.form is not None:
            wanted, found = bodies.kept(stored)
            if found is not None:
                return Damage("changed", path, f"expected {wanted.size} bytes of sha256"
                              f" {wanted.sha256}; found {found.size} bytes of sha256"
                              f" {found.sha256}")
        digest, size = bodies.digest(stored)
    except OSError as error:
        kind, path, detail = refused(path, error)
        if not stored.places:
            return Damage(kind, path, detail)
        if isinstance(error, Changed):
            kind, detail = "changed", error.strerror or ""
        return Damage(kind, path, f"is {stored.label}, left in place: {detail}; {HINT}")
    if (digest, size) == (stored.sha256, stored.size):
        return None
    return Damage("changed", path, f"expected {stored.size} bytes of sha256 {stored.sha256};"
                  f" found {size} bytes of sha256 {digest}")


def _listed_damage(folder: Folder, file: str, sha256: str) -> Damage | None:
    path = f"{EXHIBITS}/{file}"
    try:
        digest, size = folder.digest(file)
    except OSError as error:
        return Damage(*refused(path, error))
    return None if digest == sha256 else Damage(
        "changed", path, f"expected sha256 {sha256}; found {size} bytes of sha256 {digest}")


def place_of(stored: Stored) -> str:
    """Where an exhibit's bytes are, as damage names it."""
    return shown(stored.places[-1]) if stored.places else f"{EXHIBITS}/{stored.kept}"


def refused(path: str, error: OSError) -> tuple[Kind, str, str]:
    """Damage of a file that could not be read as one."""
    if error.errno == errno.ENOENT:
        return "missing", path, "is not there"
    if error.errno == errno.ELOOP:
        return "changed", path, "was replaced by a symbolic link"
    if error.errno in {errno.EISDIR, errno.EINVAL, errno.ENXIO}:
        return "changed", path, "was replaced by something that is no regular file"
    return "unreadable", path, f"cannot be read: {error.strerror}"
