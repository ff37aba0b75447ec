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
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from regforensics.errors import EvidenceUnwritable
from regforensics.evidence.custody import CUSTODY, HEAD
from regforensics.evidence.exhibitchecks import ExhibitChecks, damaged_in, refused
from regforensics.evidence.files import Folder, locked, shown
from regforensics.evidence.forms import Stored
from regforensics.evidence.layout import (
    CASE,
    DERIVED,
    EXHIBITS,
    MANIFEST,
    MARK,
    UNFINISHED,
    case_of,
    lacking,
    manifest_bytes,
    no_evidence,
    open_root,
)
from regforensics.evidence.naming import FILE_NAME
from regforensics.evidence.statement import HAND_OVER, at_hand, left_out_of
from regforensics.evidence.walk import CustodyWalk, Damage, Findings, Kind

_OWN = (CASE, CUSTODY, HEAD, MANIFEST)
_LOCK_SECONDS = 10.0
_PATH_AT = 66  # where the path begins in a manifest line
_NAME_AT = _PATH_AT + len(EXHIBITS) + 1  # where an exhibit's file name begins


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The outcome: ``exhibits`` is how many custody names, ``notes`` what is odd but no damage.

    ``left_out`` are the labels of the exhibits that a hand-over says it leaves out, ``damaged``
    those of the exhibits whose bytes are not what they were, or cannot be had.
    """

    exhibits: int
    damage: tuple[Damage, ...]
    notes: tuple[str, ...]
    custody_head: str
    left_out: frozenset[str] = frozenset()
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
    walk, findings = state.walk, state.findings
    return VerifyReport(len(walk.exhibits), tuple(findings.damage), tuple(findings.notes),
                        walk.digest, state.left_out, state.damaged())


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
                self.findings.add(*refused(name, error))
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
        ExhibitChecks(self.folder, self.walk, self.findings, self.files.get(CUSTODY, b""),
                      self._held(), self._listed_only(), self.stored_names, self.left_out,
                      interrupted=self.interrupted).check()
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

    def damaged(self) -> frozenset[str]:
        """Labels; those of all that should be in exhibits/ where that cannot be read."""
        lost = any(damage.path == EXHIBITS for damage in self.findings.damage)
        gone = {s.label for s in self._held() if not s.places} if lost else set[str]()
        return frozenset(damaged_in(self.walk, self.findings) | gone)

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
