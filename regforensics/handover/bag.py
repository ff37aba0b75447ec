"""Bags (BagIt 1.0, RFC 8493): a directory of files that other tools verify; and zips of them."""

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regforensics.errors import IntegrityError, WrongUsage
from regforensics.evidence.custody import VERIFY_HINT
from regforensics.evidence.exhibit import Exhibit
from regforensics.evidence.files import shown, writing
from regforensics.evidence.layout import EXHIBITS
from regforensics.evidence.locking import TOOL
from regforensics.evidence.store import EvidenceStore
from regforensics.handover import MISSING_HINT
from regforensics.handover.choice import Choice

_CHUNK = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)  # what zips can say at the earliest: the time of no file matters


def copy(store: EvidenceStore, exhibit: Exhibit, path: Path) -> None:
    """Write an exhibit's contents to a new file. Raises IntegrityError where they are others."""
    digest = hashlib.sha256()
    with store.opened(exhibit.label) as source, path.open("xb") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
    if digest.hexdigest() != exhibit.sha256:
        raise IntegrityError(f"{exhibit.label} is not what custody says: nothing was handed over",
                             hint=VERIFY_HINT)


def write_bag(choice: Choice, folder: Path) -> int:
    """Make ``folder``, which must not exist, a bag; the number of exhibits in it.

    Raises WrongUsage, IntegrityError, and EvidenceUnwritable; then no folder is left.
    """
    with fresh(folder) as part:
        count = _fill(choice, part)
        part.rename(folder)
    return count


def write_zip(choice: Choice, file: Path) -> int:
    """The same as one file: the same evidence always gives the same bytes."""
    with fresh(file) as part:
        part.mkdir()
        count = _fill(choice, part / file.stem)
        packed = part / "packed"
        _pack(part / file.stem, packed)
        packed.rename(file)
    return count


@contextmanager
def fresh(target: Path) -> Iterator[Path]:
    """A path beside ``target`` to make it at; nothing is left there at the end."""
    if os.path.lexists(target):
        raise WrongUsage(f"{target} is there already", hint="name a new place")
    with writing(shown(target)):
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.",
                                         dir=target.absolute().parent) as name:
            yield Path(name) / "part"


def _fill(choice: Choice, folder: Path) -> int:
    try:
        import bagit
    except ModuleNotFoundError as error:
        raise WrongUsage("hand-overs need a library that is not installed",
                         hint=MISSING_HINT) from error
    exhibits = choice.exhibits
    (folder / EXHIBITS).mkdir(parents=True)
    for name, data in choice.records(exhibits):
        (folder / name).write_bytes(data)
    for exhibit in exhibits:
        copy(choice.store, exhibit, folder / EXHIBITS / exhibit.file)
    about = {"External-Description": f"Evidence of the case {choice.store.case.name}",
             "External-Identifier": choice.store.custody_head, "Bag-Software-Agent": TOOL,
             "Bagging-Date": choice.store.acquisitions()[-1].recorded_at[:10]}
    bagit.make_bag(str(folder), {k: " ".join(v.split()) for k, v in about.items()},
                   checksums=["sha256"])
    (folder / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
                                      "utf-8")
    bagit.Bag(str(folder)).save()
    return len(exhibits)


def _pack(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = zipfile.ZipInfo(path.relative_to(folder.parent).as_posix(), _EPOCH)
            name.compress_type, name.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            name.create_system = 3
            with path.open("rb") as source, packed.open(name, "w", force_zip64=True) as into:
                shutil.copyfileobj(source, into, _CHUNK)
