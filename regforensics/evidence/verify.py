"""verify: name every damage of an evidence directory in one run.

Damage is data here, never an exception: the walk does not stop at the first. What an interrupted
writer leaves (its mark stands) is a note, because the next writer settles it without a loss.

Kinds: changed, missing, extra (exhibits and other files), chain-broken, reordered, truncated,
unreadable (custody.jsonl), manifest, head, case, derived (an exhibit that was taken out of an
archive is not what the archive holds).
"""

import errno
import hashlib
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from regforensics.errors import EvidenceUnwritable
from regforensics.evidence.bodies import Bodies
from regforensics.evidence.custody import CUSTODY, HEAD
from regforensics.evidence.derived import derivation_fault, holds_manifest
from regforensics.evidence.elsewhere import HINT, Changed
from regforensics.evidence.exhibit import Source
from regforensics.evidence.files import Folder, locked, shown
from regforensics.evidence.forms import Stored, by_keyframe, forms_of
from regforensics.evidence.incoming import PREFIX
from regforensics.evidence.layout import (
    CASE,
    DERIVED,
    EXHIBITS,
    MANIFEST,
    MARK,
    UNFINISHED,
    after,
    case_of,
    following,
    lacking,
    manifest_bytes,
    no_evidence,
    open_root,
)
from regforensics.evidence.naming import FILE_NAME
from regforensics.evidence.origins import origin_faults
from regforensics.evidence.statement import HAND_OVER, at_hand, left_out_of
from regforensics.evidence.walk import CustodyWalk, Damage, Findings, Kind

_OWN = (CASE, CUSTODY, HEAD, MANIFEST)
_PACKAGE_FILE = "artifact"  # the kind of custody lines that bring one
_STORED = (None, 200, 203, 304)  # and their status where they did
_LOCK_SECONDS = 10.0
_PATH_AT = 66  # where the path begins in a manifest line
_NAME_AT = _PATH_AT + len(EXHIBITS) + 1  # where an exhibit's file name begins


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The outcome: ``exhibits`` is how many custody names, ``notes`` what is odd but no damage.

    ``left_out`` is how many of the exhibits a hand-over says that it leaves out, ``damaged`` are
    the labels of those whose bytes are not what they were.
    """

    exhibits: int
    damage: tuple[Damage, ...]
    notes: tuple[str, ...]
    custody_head: str
    left_out: int = 0
    damaged: frozenset[str] = frozenset()

    @property
    def ok(self) -> bool:
        """True where nothing is damaged."""
        return not self.damage


def verify(root: Path) -> VerifyReport:
    """Check every exhibit, the manifest, the custody chain, the case file, and for strays.

    Raises WrongUsage where ``root`` is no evidence directory, UnreadableInput for a newer format.
    """
    root = Path(root)
    folder = open_root(root)
    if folder is None:
        raise no_evidence(root, "does not exist")
    names = folder.names()
    if not set(names) & {*_OWN, MARK}:
        raise no_evidence(root, "is not an evidence directory")
    state = _State(folder)
    with ExitStack() as stack:
        state.hold(stack)
        state.read()
    state.check()
    findings = state.findings
    return VerifyReport(len(state.walk.exhibits), tuple(findings.damage), tuple(findings.notes),
                        state.walk.digest, len(state.left_out), frozenset(state.damaged()))


class _State:
    """The directory as it was read at one moment, and what was found wrong with it."""

    def __init__(self, folder: Folder) -> None:
        self.folder, self.findings = folder, Findings()
        self.files: dict[str, bytes] = {}
        self.names: list[str] = []
        self.stored_names: list[str] = []
        self.left_out: frozenset[str] = frozenset()

    @property
    def interrupted(self) -> bool:
        """True where a writer was stopped between its first and its last step."""
        return MARK in self.names

    def hold(self, stack: ExitStack) -> None:
        """Keep writers out while the small files are read, where that can be had."""
        try:
            fd = self.folder.file(CUSTODY, os.O_RDONLY)
            stack.callback(os.close, fd)
            stack.enter_context(locked(fd, shared=True, timeout=_LOCK_SECONDS, what=CUSTODY))
        except EvidenceUnwritable:
            self.findings.notes.append("read while another process held the lock")
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ELOOP, errno.EINVAL, errno.EISDIR}:
                self.findings.notes.append(f"read without a lock: {error.strerror}")

    def read(self) -> None:
        """Read the listing and the small files as one state."""
        self.names = self.folder.names()
        for name in (*_OWN, *({HAND_OVER} & set(self.names))):
            try:
                self.files[name] = self.folder.read(name)
            except FileNotFoundError:
                if not (self.interrupted and self._may_lack(name)):
                    self.findings.add("missing", name, "is not there")
            except OSError as error:
                self.findings.add(*_refused(name, error))
        try:
            self.stored_names = self.folder.sub(EXHIBITS).names()
        except OSError as error:
            if not (self.interrupted and CUSTODY not in self.names):
                kind: Kind = "missing" if error.errno == errno.ENOENT else "changed"
                self.findings.add(kind, EXHIBITS, f"is no directory: {error.strerror}")

    def _may_lack(self, name: str) -> bool:
        unborn = CUSTODY not in self.names and HEAD not in self.names
        return unborn or name == HEAD

    def check(self) -> None:
        """Every check, in the order in which a reader wants the answers."""
        if self.interrupted:
            self.findings.notes.append(f"{MARK}: a writer was interrupted; the next settles it")
        unborn = self.interrupted and CUSTODY not in self.names
        self.walk = CustodyWalk(b"" if unborn else self.files.get(CUSTODY), self.findings,
                                interrupted=self.interrupted)
        if HEAD in self.files and CUSTODY in self.files:
            self.walk.check_head(self.files[HEAD])
        self.listed = self.files.get(MANIFEST, b"").decode("utf-8", "backslashreplace")
        if not unborn:
            self._check_statement()
            self._check_case()
            self._check_manifest()
        self._check_exhibits()
        self._check_strays()

    def _case_digest(self) -> str | None:
        first = next((row for row in self.walk.rows if row and row.seq == 1), None)
        if first:
            return first.sha256
        listed = self.listed.split("\n", 1)[0]
        return listed[:64] if listed.endswith(f"  {CASE}") else None

    def _check_case(self) -> None:
        data = self.files.get(CASE)
        if data is None:
            return
        if hashlib.sha256(data).hexdigest() != self._case_digest():
            self.findings.add("case", CASE, f"is not the case file that {CUSTODY} line 1 names")
        elif case_of(data, self.folder.path) is None:
            self.findings.add("case", CASE, "is not in the form of a case file")

    def _check_statement(self) -> None:
        """What a hand-over says that it leaves out, where it says so of this custody."""
        data = self.files.get(HAND_OVER)
        if data is None:
            return
        at_hand(self.walk.exhibits)
        fault, self.left_out = left_out_of(data, len(self.walk.rows), self.walk.digest,
                                           self.walk.exhibits)
        if fault:
            self.findings.add("changed", HAND_OVER, fault)
        elif self.left_out:
            self.findings.notes.append(
                f"{len(self.left_out)} of {len(self.walk.exhibits)} exhibits are not in this"
                f" hand-over, as {HAND_OVER} says")

    def _held(self) -> list[Stored]:
        """The exhibits that should be here."""
        return [s for s in self.walk.exhibits.values() if s.label not in self.left_out]

    def _check_manifest(self) -> None:
        data = self.files.get(MANIFEST)
        digest = self._case_digest()
        if data is None or digest is None:
            return
        expected = manifest_bytes(digest, self._held())
        if data == expected:
            return
        if self.interrupted and (lacking(expected, data) is not None
                                 or data == self._manifest_before(digest)):
            self.findings.notes.append(f"{MANIFEST} lacks what a writer did last")
            return
        for detail in _differences(expected, data, self._unread()):
            self.findings.add("manifest", MANIFEST, detail)

    def _manifest_before(self, digest: str) -> bytes | None:
        last = self.walk.rows[-1] if self.walk.rows else None
        if last is None or not last.forms:
            return None
        changed = {form.exhibit for form in last.forms}
        return manifest_bytes(digest, self.walk.exhibits.values(), changed)

    def _unread(self) -> set[str]:
        """Labels that unreadable or missing custody lines may have named."""
        if self.walk.whole:
            return set()
        names = (FILE_NAME.fullmatch(line[_NAME_AT:]) for line in self.listed.split("\n"))
        return {name[1] for name in names if name and name[1] not in self.walk.exhibits}

    def _listed_only(self) -> dict[str, str]:
        """File name to digest as the manifest says, where custody cannot be read."""
        unread = self._unread()
        names = ((FILE_NAME.fullmatch(line[_NAME_AT:]), line) for line in self.listed.split("\n"))
        return {name[0]: line[:64] for name, line in names if name and name[1] in unread}

    def _check_exhibits(self) -> None:
        """Hash every exhibit, in two threads."""
        known, listed = self._held(), self._listed_only()
        try:
            folder = self.folder.sub(EXHIBITS)
        except OSError:
            return  # named already, with everything else that could not be read
        size = len(self.files.get(CUSTODY, b""))
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
        for name in self.stored_names:
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
        known, damaged = self.walk.exhibits, self.damaged() | self.left_out
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

    def damaged(self) -> set[str]:
        """The labels of the exhibits that something was found wrong with so far."""
        broken = {damage.path for damage in self.findings.damage}
        return {label for label, s in self.walk.exhibits.items() if place_of(s) in broken}

    def _check_origins(self, bodies: Bodies) -> None:
        """Hold handed-over lines against the custody that they came from."""
        handed = [row for row in self.walk.rows if row is not None and row.origin is not None]
        for seq, fault in origin_faults(bodies, self.walk.exhibits, handed,
                                        self.files.get(CUSTODY, b"")):
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

    def _check_strays(self) -> None:
        for name in self.names:
            if name == DERIVED:
                try:
                    self.folder.sub(DERIVED)
                except OSError as error:
                    self.findings.add("changed", DERIVED, f"is no directory: {error.strerror}")
            elif name not in {*_OWN, EXHIBITS, MARK, HAND_OVER} \
                    and not (self.interrupted and name in UNFINISHED):
                self.findings.add("extra", name, "does not belong into an evidence directory")


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
        kind, path, detail = _refused(path, error)
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
        return Damage(*_refused(path, error))
    return None if digest == sha256 else Damage(
        "changed", path, f"expected sha256 {sha256}; found {size} bytes of sha256 {digest}")


def place_of(stored: Stored) -> str:
    """Where an exhibit's bytes are, as damage names it."""
    return shown(stored.places[-1]) if stored.places else f"{EXHIBITS}/{stored.kept}"


def _refused(path: str, error: OSError) -> tuple[Kind, str, str]:
    """Damage of a file that could not be read as one."""
    if error.errno == errno.ENOENT:
        return "missing", path, "is not there"
    if error.errno == errno.ELOOP:
        return "changed", path, "was replaced by a symbolic link"
    if error.errno in {errno.EISDIR, errno.EINVAL, errno.ENXIO}:
        return "changed", path, "was replaced by something that is no regular file"
    return "unreadable", path, f"cannot be read: {error.strerror}"


def _differences(expected: bytes, data: bytes, unread: set[str]) -> list[str]:
    """What is wrong with a manifest, a sentence each; never none."""
    wanted, found = _lines(expected), _lines(data)
    if wanted == found:
        return ["its end was changed"]
    if Counter(wanted) == Counter(found):
        return ["its lines stand in another order"]
    names = {line[_PATH_AT:]: line for line in wanted}
    said: list[str] = []
    blamed: set[str] = set()
    for number, line in enumerate(found, 1):
        if line in names.values():
            continue
        hit = FILE_NAME.fullmatch(line[_NAME_AT:])
        if hit and hit[1] in unread:
            continue
        blamed.add(line[_PATH_AT:])
        said.append(f"line {number} was changed: {CUSTODY} says otherwise of {line[_PATH_AT:]}"
                    if line[_PATH_AT:] in names else
                    f"line {number} is not one that {CUSTODY} accounts for")
    said += [f"the line of {name} is missing" for name, line in names.items()
             if line not in found and name not in blamed]
    said += [f"the line of {line[_PATH_AT:]} stands {times} times"
             for line, times in Counter(found).items() if times > 1]
    return [shown(text) for text in said] or ([] if unread else ["its end was changed"])


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "backslashreplace").removesuffix("\n").split("\n")
