"""Settle what an interrupted writer left, without losing a byte of it.

A writer works in the order mark, exhibits, custody lines, manifest lines, head (which removes the
mark), for at most AT_ONCE lines at a time. Whatever it was killed in, the steps before custody are
moved to ``derived/interrupted/`` and the steps after custody are finished. Who packs or unpacks
exhibits adds one line, writes the manifest anew and removes the files that stood for them before:
those go where the new ones hold what they must. Everything else that does not fit is damage:
refused.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from regforensics.errors import IntegrityError
from regforensics.evidence.bodies import Bodies
from regforensics.evidence.custody import CUSTODY, HEAD, VERIFY_HINT, Chain
from regforensics.evidence.files import Folder, try_lock, writing
from regforensics.evidence.forms import Stored, forms_of, plain
from regforensics.evidence.incoming import PREFIX
from regforensics.evidence.layout import (
    AT_ONCE,
    DERIVED,
    EXHIBITS,
    INTERRUPTED,
    MANIFEST,
    MARK,
    following,
    lacking,
    lag_of,
    manifest_bytes,
    read_or_none,
)
from regforensics.model.instant import now


def settle(folder: Folder, bodies: Bodies, chain: Chain, fd: int, tail: bytes) -> list[str]:
    """Bring the directory to the state of its last complete custody line; say what was done.

    ``fd`` is custody.jsonl, locked and open for writing; ``tail`` its bytes after the last LF.
    Raises IntegrityError, before anything is written, where the state is not an interrupted one.
    """
    marked = folder.stat(MARK) is not None
    most = AT_ONCE if marked else 1
    lag = lag_of(chain, read_or_none(folder, HEAD), most=most)
    missing = _missing_manifest(folder, chain, most)
    exhibits = bodies.folder
    orphans = _orphans(exhibits, chain) if marked else []
    others = _other_forms(exhibits, chain) if marked else []
    if not (lag or missing or tail or marked):
        return []
    done: list[str] = []
    begin(folder, anew=False)
    if tail:
        place = keep(folder, f"custody-line-{len(chain) + 1}", tail)
        os.ftruncate(fd, chain.size)
        os.fsync(fd)
        done.append(f"moved {len(tail)} bytes of an unfinished line of {CUSTODY} to {place}")
    for name in orphans:
        place = set_aside(folder, exhibits, name)
        done.append(f"moved {EXHIBITS}/{name}, which no custody line names, to {place}")
    if missing is None:
        write_manifest(folder, chain)
    elif missing:
        folder.write(MANIFEST, missing, flags=os.O_APPEND)
    if missing != b"":
        done.append(f"finished {MANIFEST}")
    done += [_cleared(folder, bodies, stored, name) for stored, name in others]
    if marked:
        folder.remove(f".{MANIFEST}.new")
    finish(folder, chain.head())
    done.append(f"finished {HEAD}" if lag else "cleared the mark of an interrupted writer")
    return done


def _missing_manifest(folder: Folder, chain: Chain, most: int) -> bytes | None:
    """What the manifest lacks at its end; None where it is to be written anew."""
    wanted = manifest_bytes(chain.record(1).sha256 or "", chain.exhibits.values())
    found = read_or_none(folder, MANIFEST)
    missing = None if found is None else lacking(wanted, found, most=most)
    if missing is None and found != _manifest_before(chain):
        raise IntegrityError(f"{MANIFEST} is not what {CUSTODY} says it must be", hint=VERIFY_HINT)
    return missing


def _manifest_before(chain: Chain) -> bytes | None:
    """The manifest before the last line, where that line says how exhibits stand."""
    changed = {form.exhibit for form in chain.record(len(chain)).entry.forms}
    return manifest_bytes(chain.record(1).sha256 or "", chain.exhibits.values(), changed) \
        if changed else None


def write_manifest(folder: Folder, chain: Chain) -> None:
    """Write the manifest anew, as the chain says. Raises OSError."""
    data = manifest_bytes(chain.record(1).sha256 or "", chain.exhibits.values())
    folder.write(f".{MANIFEST}.new", data, flags=os.O_CREAT | os.O_TRUNC)
    folder.replace(f".{MANIFEST}.new", MANIFEST)


def _other_forms(exhibits: Folder, chain: Chain) -> list[tuple[Stored, str]]:
    """Files of known exhibits in a form that custody does not say, or says no more."""
    found = ((chain.exhibits.get(name.partition(".")[0]), name) for name in exhibits.names())
    return [(stored, name) for stored, name in found
            if stored is not None and name != stored.kept and name in forms_of(stored)]


def _cleared(folder: Folder, bodies: Bodies, stored: Stored, name: str) -> str:
    """Remove a file that stood for an exhibit before, where the one that does now is sound; move
    aside every other one."""
    before = stored.was if stored.was and stored.was.file == name else plain(stored)
    try:
        needless = bodies.digest(stored) == (stored.sha256, stored.size) and \
            bodies.folder.digest(name) == (before.sha256, before.size)
    except OSError:
        needless = False
    if not needless:
        place = set_aside(folder, bodies.folder, name)
        return f"moved {EXHIBITS}/{name}, in whose place {stored.kept} stands, to {place}"
    bodies.folder.remove(name)
    bodies.folder.sync()
    return f"removed {EXHIBITS}/{name}: {stored.label} stands in {EXHIBITS}/{stored.kept}"


def _orphans(exhibits: Folder, chain: Chain) -> list[str]:
    labels = following(len(chain.exhibits))
    return [name for name in exhibits.names() if name.partition(".")[0] in labels]


def begin(folder: Folder, *, anew: bool = True, durable: bool = False) -> None:
    """Set the mark. With ``anew`` raises FileExistsError where another writer left it.

    ``durable``: it survives a power cut, as it must where more than one line may be unfinished.
    """
    os.close(folder.file(MARK, os.O_WRONLY | os.O_CREAT | (os.O_EXCL if anew else 0)))
    if durable:
        folder.sync()


def finish(folder: Folder, head: bytes) -> None:
    """Write the head into the mark and move it to its place: the last step of every writer."""
    folder.write(MARK, head, flags=os.O_TRUNC)
    folder.replace(MARK, HEAD)


def sweep(folder: Folder, exhibits: Folder) -> list[str]:
    """Move aside the incoming files that no living process holds."""
    done = []
    for name in exhibits.names():
        if name.startswith(PREFIX):
            with _abandoned(exhibits, name) as abandoned:
                if abandoned:
                    place = set_aside(folder, exhibits, name)
                    done.append(f"moved {EXHIBITS}/{name}, an unfinished body, to {place}")
    return done


@contextmanager
def _abandoned(exhibits: Folder, name: str) -> Iterator[bool]:
    """Whether nobody holds the file. The lock is kept while it is moved: who has only just made it,
    and could not lock it, takes another name."""
    found = exhibits.stat(name)
    try:
        fd = exhibits.file(name, os.O_RDONLY) if found and stat.S_ISREG(found.st_mode) else None
    except FileNotFoundError:  # recorded meanwhile, or swept by another process
        fd = None
    if fd is None:
        yield False
        return
    try:
        yield try_lock(fd) and exhibits.stat(name) is not None
    finally:
        os.close(fd)


def set_aside(folder: Folder, source: Folder, name: str) -> str:
    """Move a file to derived/interrupted/; its new place, relative to the directory."""
    target = folder.made(DERIVED).made(INTERRUPTED)
    new_name = _free_name(target, name)
    source.rename(name, target, new_name)
    target.sync()
    source.sync()
    return f"{DERIVED}/{INTERRUPTED}/{new_name}"


def keep(folder: Folder, name: str, data: bytes) -> str:
    """Write bytes to derived/interrupted/; their place, relative to the directory."""
    target = folder.made(DERIVED).made(INTERRUPTED)
    new_name = _free_name(target, name)
    target.write(new_name, data, flags=os.O_CREAT | os.O_EXCL)
    target.sync()
    return f"{DERIVED}/{INTERRUPTED}/{new_name}"


def _free_name(target: Folder, name: str) -> str:
    base = f"{now():%Y%m%dT%H%M%SZ}-{name.lstrip('.')}"
    number, candidate = 1, base
    while target.stat(candidate) is not None:
        number += 1
        candidate = f"{base}-{number}"
    return candidate


def settled(folder: Folder, bodies: Bodies, chain: Chain, fd: int, tail: bytes) -> list[str]:
    """``settle`` with the errors of the system translated to EvidenceUnwritable."""
    with writing(f"{folder.path} while finishing what an interrupted writer left"):
        return settle(folder, bodies, chain, fd, tail)
