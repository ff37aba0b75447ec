"""Making: what stands at the path of an evidence directory, and making one where none does."""

import os
from pathlib import Path

from regforensics.errors import IntegrityError
from regforensics.evidence.custody import CUSTODY, HEAD, VERIFY_HINT, Chain
from regforensics.evidence.files import Folder, shown, writing
from regforensics.evidence.index import chain_of
from regforensics.evidence.interrupted import set_aside
from regforensics.evidence.layout import (
    CASE,
    DERIVED,
    EXHIBITS,
    FORMAT,
    MARK,
    Case,
    case_of,
    is_unborn,
    no_evidence,
    open_root,
    read_or_none,
    reading,
)
from regforensics.evidence.locking import TOOL
from regforensics.evidence.statement import HAND_OVER, left_out_of
from regforensics.evidence.writer import create
from regforensics.model.instant import iso, now


def left_out_in(folder: Folder, chain: Chain) -> frozenset[str]:
    """The exhibits that a statement beside this very custody says were left out."""
    with reading(folder, HAND_OVER):
        return left_out_of(folder.read(HAND_OVER), len(chain), chain.digest, chain.exhibits)[1]


def chain_in(folder: Folder, head: bytes | None) -> Chain:
    """The custody of a directory, for reading. Raises IntegrityError."""
    with reading(folder, CUSTODY):
        try:
            fd = folder.file(CUSTODY, os.O_RDONLY)
        except FileNotFoundError:
            raise IntegrityError(f"{shown(folder.path / CUSTODY)} is missing",
                                 hint=VERIFY_HINT) from None
        try:
            chain = chain_of(folder, fd, head)
            chain.catch_up()
            return chain
        finally:
            os.close(fd)


def case_in(folder: Folder) -> tuple[Case, bytes]:
    """case.json, read and as it stands. Raises IntegrityError, WrongUsage where there is none."""
    data = read_or_none(folder, CASE)
    case = case_of(data, folder.path) if data is not None else None
    if data is not None and case is not None:
        return case, data
    if folder.stat(CUSTODY) or folder.stat(HEAD):
        raise IntegrityError(f"{shown(folder.path / CASE)} is "
                             f"{'missing' if data is None else 'unreadable'}", hint=VERIFY_HINT)
    raise no_evidence(folder.path, f"is not an evidence directory: it holds no {CASE} of ours")


def named_after(root: Path) -> str:
    """A name for a case: its directory's, or of the folder around one that is called evidence."""
    path = root.absolute()
    return (path.parent.name if path.name == "evidence" else path.name) or "case"


def root_for_writing(root: Path) -> Folder:
    """The directory, made where there is none. Raises EvidenceUnwritable and WrongUsage."""
    folder = open_root(root)
    if folder is None:
        with writing(f"a new evidence directory {shown(root)}"):
            root.mkdir(parents=True, exist_ok=True)
        folder = open_root(root)
    if folder is None:
        raise no_evidence(root, "was removed while it was being made")
    return folder


def prepare(folder: Folder, name: str, operator: str) -> list[str]:
    """Make the evidence directory where there is none yet; what had to be moved aside for that."""
    names = folder.names()
    if not is_unborn(folder, names):
        return []
    with writing(shown(folder.path)):
        done = [f"moved {old}, left when this directory was being made, to "
                f"{set_aside(folder, folder, old)}"
                for old in names if old not in {EXHIBITS, DERIVED, MARK}]
    create(folder, Case(name, iso(now()), FORMAT, TOOL), operator)
    return done
