"""Chain: custody.jsonl in memory, and the head that stands beside it.

One compact JSON object a line. ``prev`` is the SHA-256 of the whole line before with its LF (64
zeros in line 1), so ``sed -n 3p custody.jsonl | sha256sum`` prints what line 4 carries. The chain
says nothing about its own last line nor about lines cut off its end: ``custody-head.json`` does.
"""

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from io import BytesIO
from typing import overload

import msgspec

from regforensics.errors import IntegrityError, WrongUsage
from regforensics.evidence.exhibit import Acquisition
from regforensics.evidence.forms import Stored, forms_fault, take_forms
from regforensics.evidence.naming import FILE_NAME, label
from regforensics.evidence.numbers import Numbers
from regforensics.evidence.questions import answered
from regforensics.evidence.record import (
    RECORDS,
    SEEN,
    UNREADABLE,
    Row,
    Seen,
    acquisition_of,
    row_of,
)
from regforensics.evidence.shelf import Shelf, number_of
from regforensics.evidence.tape import Tape
from regforensics.evidence.threads import Threads, about, sort

CUSTODY, HEAD = "custody.jsonl", "custody-head.json"
HEAD_SCHEMA = "regforensics/custody-head/1"
ZEROS = "0" * 64
_STEP = 1 << 20  # bytes of custody that are read at once


_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


def fault_of(row: Row | Seen, exhibits: Mapping[str, Stored]) -> str | None:
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
    if not name or name[1] != row.exhibit or not _HEX.fullmatch(row.sha256 or "") \
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
    if row.in_place is not None:
        stored.places.append(row.in_place)


class Chain:
    """The lines taken in so far: where each starts, and what is looked up by their content.

    The lines themselves are read from the file when they are asked for. One thread may extend the
    chain while others read lines that were in it before.
    """

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.ends = array("Q", [0])  # of line 0, which is none, and of every line
        self.digest = ZEROS
        self.exhibits = Shelf()
        self.subjects, self.kinds = Threads(), Threads()
        self.answers = Numbers()
        self._fault: IntegrityError | None = None

    def __len__(self) -> int:
        return len(self.ends) - 1

    @property
    def size(self) -> int:
        """Bytes up to the end of the last line."""
        return self.tape.size

    def catch_up(self, end: int | None = None) -> bytes:
        """Take the complete lines of the file, those before byte ``end`` where one is given.

        Returns the bytes after the last LF. Raises OSError, and IntegrityError as ``extend``.
        """
        step = _STEP
        while True:
            most = step if end is None else max(0, min(step, end - self.size))
            data = self.tape.ahead(most)
            if self.extend(data):
                continue
            if len(data) < step:
                return data
            step *= 2  # a line longer than that

    def extend(self, data: bytes) -> int:
        """Take the complete lines of ``data``, which follow those taken so far; their size.

        Raises IntegrityError naming the first line that does not fit.
        """
        if self._fault is not None:
            raise self._fault
        end = data.rfind(b"\n") + 1
        body = data[:end]
        try:
            self._take(body, self._seen(body))
        except IntegrityError as error:
            self._fault = error
            raise
        return end

    def _take(self, body: bytes, lines: Sequence[Seen]) -> None:
        if len(lines) != body.count(b"\n"):
            raise IntegrityError(f"{CUSTODY} holds an empty line", hint=VERIFY_HINT)
        end, digest, number = self.size, self.digest, len(self)
        ends = array("Q")
        for line, seen in zip(BytesIO(body), lines, strict=True):
            number += 1
            if seen.prev != digest or seen.seq != number:
                break
            digest = sha256(line).hexdigest()
            end += len(line)
            ends.append(end)
        self.tape.take(body)  # before anybody can look the lines up
        self.ends.extend(ends)
        self.digest = digest
        for seen in lines[:len(ends)]:
            self._shelve(seen)
        if len(ends) < len(lines):
            raise _broken(number, "does not follow the line before")

    def _seen(self, body: bytes) -> list[Seen]:
        try:
            return SEEN.decode_lines(body)
        except UNREADABLE:
            for number, line in enumerate(BytesIO(body), len(self) + 1):
                if isinstance(why := row_of(line), str):
                    raise _broken(number, f"is unreadable: {why}") from None
            raise _broken(len(self) + 1, "or a later one is unreadable") from None

    def _shelve(self, seen: Seen) -> None:
        """Note what a line can be looked up by."""
        number, exhibits = 0, self.exhibits
        if seen.exhibit is not None:
            number = number_of(seen.exhibit)
            if seen.file is not None or seen.in_place is not None or seen.forms \
                    or not exhibits.says(number, seen.sha256, seen.size):
                self._check(seen)
        elif seen.file is not None or seen.in_place is not None or seen.forms:
            self._check(seen)
        exhibits.used(number)
        self.subjects.add(about(seen.subject))
        self.kinds.add(sort(seen.kind, seen.subject))
        for key, keeps in answered(seen):
            if not (keeps and self.answers.get(key)):
                self.answers.set(key, seen.seq)

    def _check(self, seen: Seen) -> None:
        """Take what a line newly says about exhibits. Raises IntegrityError."""
        fault = fault_of(seen, self.exhibits)
        if fault:
            raise _broken(seen.seq, fault)
        if seen.file is not None:
            self.exhibits.add(seen.file, seen.sha256 or "", seen.size or 0)
        for name in (seen.exhibit if seen.in_place is not None else None,
                     *(form.exhibit for form in seen.forms),
                     *(form.keyframe for form in seen.forms)):
            self.exhibits.pin(name)
        if seen.in_place is not None and seen.exhibit is not None:
            self.exhibits[seen.exhibit].places.append(seen.in_place)
        take_forms(seen.forms, self.exhibits)

    def until(self, head: str) -> "Chain":
        """The chain as it was when the line of digest ``head`` was its last.

        Raises WrongUsage where no line has that digest.
        """
        for seq in range(len(self), 0, -1):
            if sha256(self.line(seq)).hexdigest() == head:
                past = Chain(self.tape.again())
                past.catch_up(self.span(seq)[1])
                past.exhibits.know_later(self.exhibits)
                return past
        raise WrongUsage(f"no line of {CUSTODY} has the digest {head}",
                         hint="regforensics verify shows the head of this evidence directory")

    def span(self, seq: int) -> tuple[int, int]:
        """[start, end) of a line with its LF; ``seq`` is 1-based and in range."""
        return self.ends[seq - 1], self.ends[seq]

    def line(self, seq: int) -> bytes:
        """A line with its LF."""
        return self.tape.read(*self.span(seq))

    def record(self, seq: int) -> Acquisition:
        """A line, decoded. Raises IntegrityError where it is no custody record."""
        try:
            return acquisition_of(RECORDS.decode(self.line(seq)))
        except UNREADABLE as error:
            raise _broken(seq, f"is unreadable: {error}") from error

    def digest_before(self, end: int) -> str:
        """SHA-256 hex of the file's first ``end`` bytes."""
        return self.tape.digest_before(end)

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
