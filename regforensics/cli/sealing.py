"""What seal does, and what verify holds a directory against."""

import hashlib
import os
from collections.abc import Iterator
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
    IntegrityError,
    RegForensicsError,
    UnreadableInput,
    WrongUsage,
)
from regforensics.evidence.checkpoint import (
    Checkpoint,
    checkpoint_bytes,
    checkpoint_now,
    checkpoint_of,
    departures,
    lines_after,
)
from regforensics.evidence.exhibit import Acquisition, Entry
from regforensics.evidence.files import shown, writing
from regforensics.evidence.store import EvidenceStore
from regforensics.evidence.walk import Damage
from regforensics.evidence.writer import TOOL
from regforensics.model.instant import iso

SIGNATURE, TOKEN = ".sig", ".tsr"  # what stands beside a checkpoint, after its whole name
_LARGEST = 1 << 20  # bytes of a checkpoint, a signature, a token or certificates
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
        moment = timestamps.vouched_time(reply, data, read_file(wish.tsa_ca, largest=_LARGEST))
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


@dataclass(frozen=True, slots=True)
class Held:
    """What holding a directory against a checkpoint gave: damage, and the document's member."""

    damage: tuple[Damage, ...]
    document: dict[str, Any]

    def lines(self) -> Iterator[str]:
        """The outcome for people."""
        told = self.document
        if told["holds"]:
            after = told["lines_after"]
            what = "that very directory" if not after else \
                f"a continuation of it by {after} custody line{'s' if after != 1 else ''}"
            yield (f"holds against {told['checkpoint']}: {what}; sealed {told['lines']} lines at"
                   f" {told['sealed_at']}, by the clock of whoever sealed")
        yield f"signature: {told['signature']}"
        yield f"time-stamp: {told['time_stamp']}"


def held_against(root: Path, file: Path, allowed: Path | None, tsa_ca: Path | None) -> Held:
    """Hold a directory against a checkpoint, and that against what stands beside it.

    Raises WrongUsage where there is no evidence directory, UnreadableInput where the file is no
    checkpoint.
    """
    data = read_file(file, largest=_LARGEST)
    checkpoint = checkpoint_of(data, str(file))
    damage = list(departures(root, checkpoint))
    after = None if damage else lines_after(root, checkpoint)
    doubts = list[Damage]()
    stamped, moment = _checked_stamp(file, data, tsa_ca, doubts)
    signed = _checked_signature(file, data, allowed, moment, doubts)
    return Held((*damage, *doubts), {
        "checkpoint": str(file), "sha256": hashlib.sha256(data).hexdigest(),
        "sealed_at": checkpoint.sealed_at, "lines": checkpoint.custody.lines,
        "head": checkpoint.custody.head, "holds": not damage and not doubts,
        "lines_after": after, "signature": signed, "time_stamp": stamped})


def _checked_stamp(file: Path, data: bytes, tsa_ca: Path | None, doubts: list[Damage]
                   ) -> tuple[str, datetime | None]:
    place = beside(file, TOKEN)
    if not os.path.lexists(place):
        return _lacking(place, tsa_ca, "--tsa-ca", "time-stamp", doubts), None
    if tsa_ca is None:
        return f"not checked: {place} is there, and no --tsa-ca", None
    authorities = read_file(tsa_ca, largest=_LARGEST)
    try:
        reply = read_file(place, largest=_LARGEST)
        moment = timestamps.vouched_time(reply, data, authorities)
    except (IntegrityError, UnreadableInput) as error:
        doubts.append(Damage("checkpoint", str(place), error.message))
        return "does not hold", None
    return (f"valid: the checkpoint existed at {iso(moment)}, says an authority that {tsa_ca}"
            " vouches for"), moment


def _checked_signature(file: Path, data: bytes, allowed: Path | None, at: datetime | None,
                       doubts: list[Damage]) -> str:
    place = beside(file, SIGNATURE)
    if not os.path.lexists(place):
        return _lacking(place, allowed, "--allowed-signers", "signature", doubts)
    if allowed is None:
        return f"not checked: {place} is there, and no --allowed-signers"
    try:
        who = ssh.signer(data, ssh.readable(read_file(place, largest=_LARGEST)), allowed, at)
    except (IntegrityError, UnreadableInput) as error:
        doubts.append(Damage("checkpoint", str(place), error.message))
        return "does not hold"
    return f"valid: by {who}, whom {allowed} names"


def _lacking(place: Path, wanted: Path | None, option: str, what: str,
             doubts: list[Damage]) -> str:
    if wanted is None:
        return f"none: {place} is not there"
    doubts.append(Damage("checkpoint", str(place), f"is not there, so that {option} finds no"
                         f" {what} to check"))
    return "missing"
