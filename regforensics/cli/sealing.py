"""What seal does: a checkpoint, and what vouches for it."""

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from regforensics.acquire.foreign import read_file
from regforensics.acquire.stamping import ask_stamp, checked_url
from regforensics.attest import ssh, timestamps
from regforensics.cli.console import Talk, out, out_bytes, out_json
from regforensics.errors import (
    AcquisitionError,
    RegForensicsError,
    WrongUsage,
)
from regforensics.evidence.checkpoint import (
    Checkpoint,
    checkpoint_bytes,
    checkpoint_now,
)
from regforensics.evidence.exhibit import Acquisition, Entry
from regforensics.evidence.files import shown, writing
from regforensics.evidence.locking import TOOL
from regforensics.evidence.store import EvidenceStore
from regforensics.model.instant import iso

SIGNATURE, TOKEN = ".sig", ".tsr"  # what stands beside a checkpoint, after its whole name
LARGEST = 1 << 20  # bytes of a checkpoint, a signature, a token or certificates
SEAL = "seal"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for: where the checkpoint goes, with which key, by which authority."""

    file: Path | None
    key: Path | None = None
    tsa: str | None = None
    tsa_ca: Path | None = None

    def check(self, root: Path) -> None:
        """Raises WrongUsage where that cannot be done, before anything is."""
        if self.file is None:
            if self.key or self.tsa:
                raise WrongUsage("a signature or a time-stamp goes into a file beside the"
                                 " checkpoint's", hint="name that with -o case.checkpoint.json")
            return
        must_be_there("--tsa-ca", self.tsa_ca)
        if self.tsa is not None:
            checked_url(self.tsa)
        elif self.tsa_ca is not None:
            raise WrongUsage("--tsa-ca says whom to believe of --tsa, which was not given")
        if self.file.absolute().resolve().is_relative_to(root.absolute().resolve()):
            raise WrongUsage(f"{self.file} lies in the evidence directory that it is to witness",
                             hint="write it elsewhere, and give it to somebody else")
        for suffix in ("", SIGNATURE, TOKEN):
            if os.path.lexists(beside(self.file, suffix)):
                raise WrongUsage(f"{beside(self.file, suffix)} is there already",
                                 hint="a checkpoint is never overwritten; name another file")


def must_be_there(option: str, path: Path | None) -> None:
    """Raises WrongUsage where the file that an option names is none."""
    if path is not None and not path.is_file():
        raise WrongUsage(f"{option} {path}: " + ("is no file" if path.exists() else "is not there"))


def beside(file: Path, suffix: str) -> Path:
    """The file of a signature or a token."""
    return file.with_name(file.name + suffix)


def run(root: Path, wish: Wish, *, as_json: bool) -> int:
    """Write the checkpoint and what vouches for it; the exit code."""
    wish.check(root)
    EvidenceStore.open(root)  # a seal makes no evidence directory
    store = EvidenceStore.create_or_open(root)
    for line in store.repairs:
        Talk.say(f"note: {line}")
    checkpoint = checkpoint_now(root, sealed_at=iso(datetime.now(UTC)), tool=TOOL)
    data = checkpoint_bytes(checkpoint)
    signature = ssh.sign(data, wish.key) if wish.key else None
    if wish.file is not None:
        _write(wish.file, data)
        if signature is not None:
            _write(beside(wish.file, SIGNATURE), signature)
    taken = store.record(_entry(checkpoint, data), data)
    stamp, trouble = None, None
    if wish.file is not None and wish.tsa is not None:
        try:
            stamp = _stamp(store, wish, wish.file, data)
        except RegForensicsError as error:
            trouble = error
            Talk.error(error)
    _tell(store, checkpoint, data, wish, taken, stamp, trouble, as_json=as_json)
    return trouble.exit_code if trouble else 0


def _entry(checkpoint: Checkpoint, data: bytes) -> Entry:
    sealed = checkpoint.custody
    return Entry(how="note", kind=SEAL, what="checkpoint", observed_at=checkpoint.sealed_at,
                 note=f"sealed {sealed.lines} lines, {sealed.bytes} bytes, custody head"
                 f" {sealed.head}; sha256 of the checkpoint {hashlib.sha256(data).hexdigest()}")


def _write(path: Path, data: bytes) -> None:
    """A new file, durable, that is either whole or not there."""
    part = path.with_name(f".{path.name}.new")
    with writing(shown(path)):
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        folder = os.open(path.absolute().parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _stamp(store: EvidenceStore, wish: Wish, file: Path, data: bytes) -> dict[str, Any]:
    asked = timestamps.request(data)
    taken = ask_stamp(wish.tsa or "", asked.body,
                      (timestamps.MEDIA_QUERY, timestamps.MEDIA_REPLY), store=store)
    if taken.entry.error or taken.exhibit is None or taken.entry.status != 200:
        why = taken.entry.error or f"HTTP {taken.entry.status}"
        raise AcquisitionError(f"no time-stamp: {why}", hint="the checkpoint is written; another"
                               " seal asks again")
    reply = store.read(taken.exhibit)
    moment = timestamps.stated_time(reply, data, nonce=asked.nonce)
    if wish.tsa_ca is not None:
        moment = timestamps.vouched_time(reply, data, read_file(wish.tsa_ca, largest=LARGEST))
    _write(beside(file, TOKEN), reply)
    return {"file": str(beside(file, TOKEN)), "time": iso(moment),
            "checked": wish.tsa_ca is not None}


def _tell(store: EvidenceStore, checkpoint: Checkpoint, data: bytes, wish: Wish,
          taken: Acquisition, stamp: dict[str, Any] | None, trouble: RegForensicsError | None, *,
          as_json: bool) -> None:
    if as_json:
        signed = str(beside(wish.file, SIGNATURE)) if wish.file and wish.key else None
        out_json("seal", {
            "checkpoint": msgspec.to_builtins(checkpoint),
            "sha256": hashlib.sha256(data).hexdigest(),
            "file": str(wish.file) if wish.file else None, "signature": signed,
            "time_stamp": stamp, **({"error": trouble.message} if trouble else {}),
            "exhibit": taken.exhibit, "custody_head": store.custody_head})
        return
    if wish.file is None:
        out_bytes(data)
        return
    sealed = checkpoint.custody
    out(f"sealed {sealed.lines} custody lines, head {sealed.head}  {wish.file}")
    if wish.key:
        out(f"signed  {beside(wish.file, SIGNATURE)}")
    if stamp is not None:
        checked = "" if stamp["checked"] else "; its signature is not checked without --tsa-ca"
        out(f"time-stamp of {stamp['time']}  {stamp['file']}{checked}")
