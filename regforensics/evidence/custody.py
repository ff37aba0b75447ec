"""Chain: custody.jsonl in memory, and the head that stands beside it.

One compact JSON object a line. ``prev`` is the SHA-256 of the whole line before with its LF (64
zeros in line 1), so ``sed -n 3p custody.jsonl | sha256sum`` prints what line 4 carries. The chain
says nothing about its own last line nor about lines cut off its end: ``custody-head.json`` does.
"""

from array import array
from collections.abc import Iterator, Sequence
from hashlib import sha256
from io import BytesIO
from threading import Lock
from typing import overload

import msgspec

from regforensics.errors import IntegrityError, WrongUsage
from regforensics.evidence.exhibit import Acquisition
from regforensics.evidence.forms import Stored, forms_fault, take_forms
from regforensics.evidence.naming import FILE_NAME, label
from regforensics.evidence.record import (
    RECORDS,
    ROWS,
    UNREADABLE,
    Row,
    acquisition_of,
    row_of,
)
from regforensics.evidence.threads import Threads, about, sort

CUSTODY, HEAD = "custody.jsonl", "custody-head.json"
HEAD_SCHEMA = "regforensics/custody-head/1"
ZEROS = "0" * 64
_STEP = 1 << 16  # bytes between two kept states of the digest over the whole file


def fault_of(row: Row, exhibits: dict[str, Stored]) -> str | None:
    """What a line says about its exhibit that cannot be, given the lines before; None if nothing.

    The directory may come from somebody else: a file name in it is not to be trusted either.
    """
    if row.forms:
        return forms_fault(row.exhibit, row.forms, exhibits)
    if row.exhibit is None:
        return "names a file but no exhibit" if row.file or row.in_place else None
    known = exhibits.get(row.exhibit)
    place = row.in_place
    if place is not None and (not place.startswith("/") or (known and not known.places)):
        return f"says of {row.exhibit} that it stands where it cannot"
    if known:
        same = row.sha256 == known.sha256 and row.size == known.size and row.file is None
        return None if same else f"says of {row.exhibit} what an earlier line does not say"
    if row.exhibit != label(len(exhibits) + 1):
        return f"names {row.exhibit!r} where the next exhibit is {label(len(exhibits) + 1)}"
    name = FILE_NAME.fullmatch(row.file or "")
    if not name or name[1] != row.exhibit or row.sha256 is None or len(row.sha256) != 64 \
            or row.size is None:
        return f"does not say file, sha256 and size of {row.exhibit} as it must"
    return None


def take_row(row: Row, exhibits: dict[str, Stored]) -> None:
    """Add what a faultless line says about its exhibit."""
    if row.exhibit is None:
        take_forms(row.forms, exhibits)
        return
    stored = exhibits.get(row.exhibit)
    if stored is None:
        stored = Stored(row.exhibit, row.file or "", row.sha256 or "", row.size or 0)
        exhibits[row.exhibit] = stored
    stored.lines.append(row.seq)
    if row.in_place is not None:
        stored.places.append(row.in_place)


class Chain:
    """The lines read so far: their bytes, where each starts, and the exhibits that they name.

    One thread may extend it while others read lines that were in it before.
    """

    def __init__(self) -> None:
        self.data = bytearray()
        self.starts = array("Q")
        self.digest = ZEROS
        self.exhibits: dict[str, Stored] = {}
        self.by_digest: dict[str, str] = {}
        self.subjects, self.kinds = Threads(), Threads()
        self._prefixes = PrefixDigests(self.data)
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self.starts)

    def extend(self, data: bytes) -> int:
        """Take the complete lines of ``data``, which follow those read so far; their size in bytes.

        Raises IntegrityError naming the first line that does not fit.
        """
        end = data.rfind(b"\n") + 1
        body = data[:end]
        rows = self._rows(body)
        if len(rows) != body.count(b"\n"):
            raise IntegrityError(f"{CUSTODY} holds an empty line", hint=VERIFY_HINT)
        start, digest, number = len(self.data), self.digest, len(self.starts)
        starts = array("Q")
        for line, row in zip(BytesIO(body), rows, strict=True):
            number += 1
            if row.prev != digest or row.seq != number:
                raise _broken(number, "does not follow the line before")
            digest = sha256(line).hexdigest()
            known = self.exhibits.get(row.exhibit) if row.exhibit is not None else None
            if known and row.sha256 == known.sha256 and row.size == known.size \
                    and row.file is None and row.in_place is None:
                known.lines.append(number)  # the common case, without two calls a line
            elif row.exhibit is not None or row.file is not None or row.in_place is not None \
                    or row.forms:
                self._take(row)
            self.subjects.add(about(row.subject))
            self.kinds.add(sort(row.kind, row.subject))
            starts.append(start)
            start += len(line)
        with self._lock:
            self.digest = digest
            self.starts.extend(starts)
            self.data += body
        return end

    def _rows(self, body: bytes) -> list[Row]:
        try:
            return ROWS.decode_lines(body)
        except UNREADABLE:
            for number, line in enumerate(BytesIO(body), len(self.starts) + 1):
                if isinstance(why := row_of(line), str):
                    raise _broken(number, f"is unreadable: {why}") from None
            raise _broken(len(self.starts) + 1, "or a later one is unreadable") from None

    def _take(self, row: Row) -> None:
        fault = fault_of(row, self.exhibits)
        if fault:
            raise _broken(row.seq, fault)
        take_row(row, self.exhibits)
        if row.file is not None and row.sha256 is not None:
            self.by_digest[row.sha256] = row.exhibit or ""

    def until(self, head: str) -> "Chain":
        """The chain as it was when the line of digest ``head`` was its last.

        Raises WrongUsage where no line has that digest.
        """
        past = Chain()
        for seq in range(1, len(self) + 1):
            if sha256(self.line(seq)).hexdigest() == head:
                past.extend(bytes(self.data[:self.span(seq)[1]]))
                for stored in past.exhibits.values():
                    stored.later = self.exhibits[stored.label].places[len(stored.places):]
                return past
        raise WrongUsage(f"no line of {CUSTODY} has the digest {head}",
                         hint="regforensics verify shows the head of this evidence directory")

    def span(self, seq: int) -> tuple[int, int]:
        """[start, end) of a line with its LF; ``seq`` is 1-based and in range."""
        with self._lock:
            end = self.starts[seq] if seq < len(self.starts) else len(self.data)
            return self.starts[seq - 1], end

    def line(self, seq: int) -> bytes:
        """A line with its LF."""
        start, end = self.span(seq)
        return bytes(self.data[start:end])

    def record(self, seq: int) -> Acquisition:
        """A line, decoded. Raises IntegrityError where it is no custody record."""
        try:
            return acquisition_of(RECORDS.decode(self.line(seq)))
        except UNREADABLE as error:
            raise _broken(seq, f"is unreadable: {error}") from error

    def digest_before(self, end: int) -> str:
        """SHA-256 hex of the file's first ``end`` bytes."""
        return self._prefixes.at(end)

    def head(self, back: int = 0) -> bytes:
        """What custody-head.json holds for the state ``back`` lines ago."""
        seq = len(self) - back
        if seq == 0:
            return head_bytes(0, 0, ZEROS)
        digest = self.digest if not back else sha256(self.line(seq)).hexdigest()
        return head_bytes(seq, self.span(seq)[1], digest)


class Acquisitions(Sequence[Acquisition]):
    """The lines of a chain as acquisitions, each decoded when it is asked for."""

    def __init__(self, chain: Chain, seqs: Sequence[int]) -> None:
        self._chain, self._seqs = chain, seqs

    def __len__(self) -> int:
        return len(self._seqs)

    def __iter__(self) -> Iterator[Acquisition]:
        return map(self._chain.record, self._seqs)

    @overload
    def __getitem__(self, index: int) -> Acquisition: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Acquisition]: ...
    def __getitem__(self, index: int | slice) -> Acquisition | Sequence[Acquisition]:
        if isinstance(index, slice):
            return Acquisitions(self._chain, self._seqs[index])
        return self._chain.record(self._seqs[index])


class PrefixDigests:
    """SHA-256 of any prefix of a growing buffer, hashing at most one step of it again."""

    def __init__(self, data: bytearray) -> None:
        self._data = data
        self._states = [sha256()]

    def at(self, end: int) -> str:
        """The hex digest of the first ``end`` bytes."""
        while len(self._states) <= end // _STEP:
            state = self._states[-1].copy()
            start = (len(self._states) - 1) * _STEP
            state.update(bytes(self._data[start:start + _STEP]))
            self._states.append(state)
        state = self._states[end // _STEP].copy()
        state.update(bytes(self._data[end // _STEP * _STEP:end]))
        return state.hexdigest()


class Head(msgspec.Struct, frozen=True):
    """custody-head.json: number, end and digest of the last line, as ``prev`` would name it."""

    schema: str
    seq: int
    size: int
    sha256: str


def head_bytes(seq: int, size: int, digest: str) -> bytes:
    """The whole content of custody-head.json; there is no other way to write it."""
    return msgspec.json.encode(Head(HEAD_SCHEMA, seq, size, digest)) + b"\n"


def head_of(data: bytes) -> Head | None:
    """The head that ``data`` is, or None where it is none in the one form it may have."""
    try:
        head = msgspec.json.decode(data, type=Head)
    except UNREADABLE:
        return None
    return head if head_bytes(head.seq, head.size, head.sha256) == data else None


VERIFY_HINT = "run `regforensics verify`: it names every damage; the exhibits are plain files"


def _broken(number: int, why: str) -> IntegrityError:
    return IntegrityError(f"{CUSTODY} line {number} {why}", hint=VERIFY_HINT)
