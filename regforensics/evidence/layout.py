"""What an evidence directory consists of: names, the case file, the manifest, opening the root."""

import errno
import hashlib
import os
import stat
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from regforensics.errors import IntegrityError, UnreadableInput, WrongUsage
from regforensics.evidence.custody import CUSTODY, HEAD, VERIFY_HINT, Chain, head_of
from regforensics.evidence.exhibit import Form
from regforensics.evidence.files import Folder, shown
from regforensics.evidence.forms import Stored
from regforensics.evidence.naming import label

CASE, MANIFEST, EXHIBITS, DERIVED = "case.json", "manifest-sha256.txt", "exhibits", "derived"
MARK = f".{HEAD}.new"  # stands while a writer is between its first and its last step
ROOM = "hand-over-"  # begins the name of a folder below derived/ in which one is unpacked
INTERRUPTED = "interrupted"  # below derived/: what an interrupted writer left, bytes unchanged
UNFINISHED = {MARK, f".{CASE}.new", f".{MANIFEST}.new", f".{CUSTODY}.new"}
AT_ONCE = 64  # custody lines that a writer may leave half finished when it is killed
FORMAT, CASE_SCHEMA = 1, "regforensics/case/1"
_EVIDENCE_HINT = "name an evidence directory with --evidence; `snapshot` and `ingest` make one"


@dataclass(frozen=True, slots=True)
class Case:
    """case.json: the case's name, when it was opened (ISO 8601 UTC), the format and the tool."""

    name: str
    created: str
    format: int
    tool: str


def case_bytes(case: Case) -> bytes:
    """The content of case.json."""
    members = {"schema": CASE_SCHEMA, "name": case.name, "created": case.created,
               "format": case.format, "tool": case.tool}
    return msgspec.json.format(msgspec.json.encode(members), indent=2) + b"\n"


def case_of(data: bytes, root: Path) -> Case | None:
    """Read case.json; None where it is none.

    Raises UnreadableInput where a later version of the tool wrote the directory.
    """
    try:
        members = msgspec.json.decode(data, type=dict[str, object])
        schema, found = members.get("schema"), members.get("format")
        if not isinstance(schema, str) or not schema.startswith("regforensics/case/"):
            return None
        if isinstance(found, int) and found > FORMAT:
            raise UnreadableInput(
                f"evidence directory {shown(root)} is of format {found}; this version of the tool "
                f"reads format {FORMAT}", hint="use the version of regforensics that wrote it, "
                "or a later one")
        return msgspec.convert(members, Case) if schema == CASE_SCHEMA else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def open_root(root: Path) -> Folder | None:
    """The directory, or None where nothing is there.

    Raises WrongUsage for a symbolic link, a file, or a path that cannot be.
    """
    try:
        return Folder.open(root)
    except FileNotFoundError:
        if not os.path.lexists(root):
            return None
        raise _unfit(root, "cannot be opened") from None
    except (OSError, ValueError) as error:
        raise _why_unfit(root, error) from error


def _why_unfit(root: Path, error: OSError | ValueError) -> WrongUsage:
    try:
        mode = os.lstat(root).st_mode
    except (OSError, ValueError):
        return _unfit(root, f"cannot be opened: {getattr(error, 'strerror', None) or error}")
    if stat.S_ISLNK(mode):
        target = shown(root.readlink())
        return WrongUsage(f"evidence directory {shown(root)} is a symbolic link to {target}",
                          hint="name the real directory, so that nobody can move it under a case")
    if not stat.S_ISDIR(mode):
        return _unfit(root, "is a file, not a directory")
    return _unfit(root, f"cannot be opened: {getattr(error, 'strerror', None) or error}")


def _unfit(root: Path, why: str) -> WrongUsage:
    return WrongUsage(f"evidence directory {shown(root)} {why}", hint=_EVIDENCE_HINT)


def no_evidence(root: Path, why: str) -> WrongUsage:
    """The refusal of a path that holds no evidence directory."""
    return _unfit(root, why)


def read_or_none(folder: Folder, name: str) -> bytes | None:
    """A file of the directory, or None where it is not there.

    Raises IntegrityError where something else stands there, UnreadableInput where it is refused.
    """
    with reading(folder, name):
        try:
            return folder.read(name)
        except FileNotFoundError:
            return None


@contextmanager
def reading(folder: Folder, name: str) -> Iterator[None]:
    """Translate an OSError of the body, which reads a file of the directory.

    Raises as ``read_or_none``.
    """
    try:
        yield
    except OSError as error:
        path = shown(folder.path / name)
        if error.errno in {errno.ELOOP, errno.EISDIR, errno.EINVAL, errno.ENXIO}:
            raise IntegrityError(f"{path} is not a regular file (a link, a directory or a device)",
                                 hint=VERIFY_HINT) from error
        raise UnreadableInput(f"cannot read {path}: {error.strerror}",
                              hint="check the permissions and the disk") from error


def after(folder: Folder, name: str, size: int) -> bytes:
    """What a file of the directory holds after its first ``size`` bytes. Raises OSError."""
    with os.fdopen(folder.file(name, os.O_RDONLY), "rb") as file:
        file.seek(size)
        return file.read()


def open_exhibits(folder: Folder) -> Folder:
    """The exhibits/ directory. Raises IntegrityError where it is missing or a link."""
    try:
        return folder.sub(EXHIBITS)
    except OSError as error:
        raise IntegrityError(
            f"{shown(folder.path / EXHIBITS)} is missing or not a directory: {error.strerror}",
            hint=VERIFY_HINT) from error


def is_new(root: Path) -> bool:
    """True where nothing is at a path yet that a new evidence directory would not be made of.

    Raises WrongUsage as ``open_root`` does.
    """
    folder = open_root(root)
    return folder is None or is_unborn(folder, folder.names())


def is_unborn(folder: Folder, names: Iterable[str]) -> bool:
    """True where a directory is empty, or holds no more than a first writer leaves when killed."""
    present = set(names)
    if not present <= UNFINISHED | {CASE, MANIFEST, EXHIBITS, DERIVED}:
        return False
    if EXHIBITS in present and open_exhibits(folder).names():
        return False
    if MARK in present:
        return True
    return not present & {CASE, MANIFEST} and not (DERIVED in present and _derived(folder))


def _derived(folder: Folder) -> list[str]:
    """What stands below derived/ but rooms: those may come before the directory does."""
    try:
        return [name for name in folder.sub(DERIVED).names() if not name.startswith(ROOM)]
    except OSError:
        return [DERIVED]


def manifest_bytes(case_sha256: str, exhibits: Iterable[Stored],
                   before: Container[str] = ()) -> bytes:
    """What manifest-sha256.txt must hold: the case file, then every exhibit that has a file here,
    in order, as stored.

    Of the labels ``before`` as they were before their form changed last.
    """
    lines = [f"{case_sha256}  {CASE}\n"]
    lines += (manifest_line(stored, stored.was if stored.label in before else stored.form)
              for stored in exhibits if not stored.places)
    return "".join(lines).encode()


def lacking(wanted: bytes, found: bytes, *, most: int = AT_ONCE) -> bytes | None:
    """The end that a manifest lacks; None where that is more than ``most`` lines, or no end.

    The line of the case file is there before there is any custody.
    """
    missing = wanted[len(found):]
    begun = wanted.startswith(found) and b"\n" in found
    return missing if begun and missing.count(b"\n") <= most else None


def following(count: int) -> frozenset[str]:
    """The labels that a writer may have used whose custody lines are missing."""
    return frozenset(label(number) for number in range(count + 1, count + AT_ONCE + 1))


def manifest_line(stored: Stored, form: Form | None = None) -> str:
    """The line of one exhibit, as coreutils' sha256sum writes it, with its LF."""
    kept = form or stored
    return f"{kept.sha256}  {EXHIBITS}/{kept.file}\n"


def check_case(chain: Chain, data: bytes, root: Path) -> None:
    """Raises IntegrityError where case.json is not what custody line 1 says."""
    first = chain.record(1) if len(chain) else None
    if first is None or first.entry.how != "case" \
            or first.sha256 != hashlib.sha256(data).hexdigest():
        raise IntegrityError(f"{shown(root / CASE)} is not the case file that {CUSTODY} line 1 "
                             "names", hint=VERIFY_HINT)


def lag_of(chain: Chain, head: bytes | None, *, most: int) -> int:
    """How many lines custody-head.json lags behind the chain, at most ``most``.

    Raises IntegrityError where lines are cut off, or head and chain disagree.
    """
    if head is None:
        if len(chain) <= 1:
            return len(chain)
        raise IntegrityError(f"{HEAD} is missing", hint=VERIFY_HINT)
    stated = head_of(head)
    if stated is None:
        raise IntegrityError(f"{HEAD} is unreadable", hint=VERIFY_HINT)
    back = len(chain) - stated.seq
    if back < 0 or stated.size > chain.size:
        raise IntegrityError(
            f"{CUSTODY} is cut off: it ends at line {len(chain)}, byte {chain.size}; {HEAD} "
            f"names line {stated.seq}, byte {stated.size}", hint=VERIFY_HINT)
    if back > most or chain.head(back) != head:
        raise IntegrityError(f"{CUSTODY} and {HEAD} disagree about line {stated.seq}",
                             hint=VERIFY_HINT)
    return back
