"""What verify --against holds a directory against, and how it says what came of that."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from regforensics.acquire.foreign import read_file
from regforensics.attest import ssh, timestamps
from regforensics.cli.sealing import LARGEST, SIGNATURE, TOKEN, beside, must_be_there
from regforensics.errors import IntegrityError, UnreadableInput
from regforensics.evidence.checkpoint import Comparison, checkpoint_of, compared, lines_after
from regforensics.evidence.verify import VerifyReport
from regforensics.evidence.walk import Damage
from regforensics.model.instant import iso

_NAMED = 6


@dataclass(frozen=True, slots=True)
class Held:
    """What holding a directory against a checkpoint gave: what the directory has against it,
    ``faults`` of the checkpoint and what stands beside it, and the document's member."""

    comparison: Comparison
    faults: tuple[str, ...]
    document: dict[str, Any]

    @property
    def damage(self) -> tuple[Damage, ...]:
        """Why the directory is not the sealed one, nor a continuation of it."""
        return self.comparison.departures

    def spoilt(self, report: VerifyReport) -> list[str]:
        """The sealed exhibits that are damaged, by their labels."""
        return sorted(self.comparison.exhibits & report.damaged)

    def absent(self, report: VerifyReport) -> list[str]:
        """The sealed exhibits that a hand-over says it leaves out: nobody vouches for that."""
        return sorted(self.comparison.exhibits & report.left_out - report.damaged)

    def holds(self, report: VerifyReport) -> bool:
        """Whether everything that was sealed is there, and everything that was checked holds."""
        return not (self.damage or self.faults or self.spoilt(report) or self.absent(report))

    def told(self, report: VerifyReport) -> dict[str, Any]:
        """The document's member."""
        return {**self.document, "holds": self.holds(report),
                "custody_holds": not self.damage, "faults": list(self.faults),
                "damaged_exhibits": self.spoilt(report),
                "absent_exhibits": self.absent(report)}

    def lines(self, report: VerifyReport) -> Iterator[str]:
        """The outcome for people."""
        told = self.document
        if not self.damage:
            after = told["lines_after"]
            what = "that very directory" if not after else \
                f"a continuation of it by {after} custody line{'s' if after != 1 else ''}"
            only = "holds" if self.holds(report) else "custody holds"
            yield (f"{only} against {told['checkpoint']}: {what}; sealed {told['lines']} lines at"
                   f" {told['sealed_at']}, by the clock of whoever sealed")
        yield from _named(self.spoilt(report), "does not hold", "do not hold")
        yield from _named(self.absent(report), "is not here", "are not here")
        for contradiction in self.comparison.contradictions:
            yield f"{told['checkpoint']} contradicts itself: {contradiction}"
        yield f"signature: {told['signature']}"
        yield f"time-stamp: {told['time_stamp']}"

    def state(self, report: VerifyReport) -> str:
        """The directory's own verdict, in a word or two: what is wrong with the checkpoint, its
        signature or its time-stamp is no damage of the directory."""
        own = len(report.damage)
        state = f"{own} damaged" if own else "intact"
        return f"{state} in itself, but not as sealed" if self.damage else state


def _named(labels: list[str], one: str, many: str) -> Iterator[str]:
    if labels:
        more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
        what = f"exhibit {one}" if len(labels) == 1 else f"exhibits {many}"
        yield f"{len(labels)} sealed {what}: {', '.join(labels[:_NAMED])}{more}"


def held_against(root: Path, file: Path, allowed: Path | None, tsa_ca: Path | None) -> Held:
    """Hold a directory against a checkpoint, and that against what stands beside it.

    Raises WrongUsage where there is no evidence directory, UnreadableInput where the file is no
    checkpoint.
    """
    must_be_there("--allowed-signers", allowed)
    must_be_there("--tsa-ca", tsa_ca)
    data = read_file(file, largest=LARGEST)
    checkpoint = checkpoint_of(data, str(file))
    comparison = compared(root, checkpoint)
    after = None if comparison.departures else lines_after(root, checkpoint)
    faults = [f"{file} contradicts itself: {said}" for said in comparison.contradictions]
    stamped, moment = _checked_stamp(file, data, tsa_ca, faults)
    signed = _checked_signature(file, data, allowed, moment, faults)
    return Held(comparison, tuple(faults), {
        "checkpoint": str(file), "sha256": hashlib.sha256(data).hexdigest(),
        "sealed_at": checkpoint.sealed_at, "lines": checkpoint.custody.lines,
        "head": checkpoint.custody.head, "lines_after": after, "signature": signed,
        "time_stamp": stamped})


def _checked_stamp(file: Path, data: bytes, tsa_ca: Path | None, faults: list[str]
                   ) -> tuple[str, datetime | None]:
    place = beside(file, TOKEN)
    if not os.path.lexists(place):
        return _lacking(place, tsa_ca, "--tsa-ca", "time-stamp", faults), None
    if tsa_ca is None:
        return f"not checked: {place} is there, and no --tsa-ca", None
    authorities = read_file(tsa_ca, largest=LARGEST)
    try:
        reply = read_file(place, largest=LARGEST)
        moment = timestamps.vouched_time(reply, data, authorities)
    except (IntegrityError, UnreadableInput) as error:
        faults.append(f"{place}: {error.message}")
        return f"invalid: {error.message}", None
    return (f"valid: the checkpoint existed at {iso(moment)}, says an authority that {tsa_ca}"
            " vouches for"), moment


def _checked_signature(file: Path, data: bytes, allowed: Path | None, at: datetime | None,
                       faults: list[str]) -> str:
    place = beside(file, SIGNATURE)
    if not os.path.lexists(place):
        return _lacking(place, allowed, "--allowed-signers", "signature", faults)
    if allowed is None:
        return f"not checked: {place} is there, and no --allowed-signers"
    try:
        who = ssh.signer(data, ssh.readable(read_file(place, largest=LARGEST)), allowed, at)
    except (IntegrityError, UnreadableInput) as error:
        faults.append(f"{place}: {error.message}")
        return f"invalid: {error.message}"
    return f"valid: by {who}, whom {allowed} names"


def _lacking(place: Path, wanted: Path | None, option: str, what: str,
             faults: list[str]) -> str:
    if wanted is None:
        return f"none: {place} is not there"
    fault = f"{place} is not there, so that {option} finds no {what} to check"
    faults.append(fault)
    return f"missing: {fault}"
