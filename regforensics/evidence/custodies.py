"""Custodies: all that a directory holds, its own and those handed over to it, and what they repeat.

A custody only ever grows at its end. Two of the same case file are one and the same history as far
as the shorter goes, or one of them was rewritten: that is proven by the two alone, whoever did it.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO

from regforensics.evidence.custody import CUSTODY
from regforensics.evidence.exhibit import Acquisition
from regforensics.evidence.record import RECORDS, UNREADABLE, acquisition_of, row_of
from regforensics.evidence.store import EvidenceStore

KIND = "custody"  # of the exhibit that holds another directory's custody.jsonl
_LONGEST = 1 << 16  # bytes of a first line, which says little
_TOLD = b'"origin":{'


@dataclass(frozen=True, slots=True)
class Custody:
    """A custody file: ``name`` is an exhibit's label or custody.jsonl, ``case`` the digest of the
    case file that its first line names."""

    name: str
    case: str
    sha256: str
    size: int
    opened: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two custodies of one case file, and the first line in which they differ."""

    one: Custody
    other: Custody
    line: int


def custodies_of(store: EvidenceStore, left_out: Container[str] = ()) -> tuple[Custody, ...]:
    """Those of a directory, its own first. Raises IntegrityError where an exhibit is damaged."""
    data = store.custody_bytes()
    found = [_custody(CUSTODY, sha256(data).hexdigest(), len(data), lambda: BytesIO(data))]
    labels = dict.fromkeys(a.exhibit for a in store.of_kind(KIND) if a.exhibit)
    labels |= dict.fromkeys(a.entry.origin.custody for a in store.acquisitions() if a.entry.origin)
    for label in labels:
        if label not in left_out:
            found.append(_of_exhibit(store, label))
    return tuple(custody for custody in found if custody)


def _of_exhibit(store: EvidenceStore, label: str) -> Custody | None:
    exhibit = store.exhibit(label)
    store.ensure_sound(label)
    return _custody(label, exhibit.sha256, exhibit.size, lambda: store.opened(label))


def _custody(name: str, digest: str, size: int, opened: Callable[[], BinaryIO]) -> Custody | None:
    """None where the bytes do not begin as a custody does."""
    with opened() as file:
        first = row_of(file.readline(_LONGEST))
    if isinstance(first, str) or first.seq != 1 or not first.sha256:
        return None
    return Custody(name, first.sha256, digest, size, opened)


def disagreement(here: Iterable[Custody], come: Iterable[Custody]) -> Disagreement | None:
    """Where a custody that came differs from one here, or from another that came with it.

    Of those here the longest of each case stands for all: they were held against each other when
    they came.
    """
    known = tuple(here)
    digests = {custody.sha256 for custody in known}
    new = {custody.sha256: custody for custody in come if custody.sha256 not in digests}
    for case in dict.fromkeys(custody.case for custody in new.values()):
        pool = [custody for custody in new.values() if custody.case == case]
        pool += longest(custody for custody in known if custody.case == case)
        (whole,) = longest(pool)
        for custody in pool:
            line = 0 if custody is whole else _first_difference(whole, custody)
            if line:
                return Disagreement(whole, custody, line)
    return None


def longest(custodies: Iterable[Custody]) -> tuple[Custody, ...]:
    """Of each case the one that holds all others of it, where none disagree."""
    found: dict[str, Custody] = {}
    for custody in custodies:
        held = found.setdefault(custody.case, custody)
        if custody.size > held.size:
            found[custody.case] = custody
    return tuple(found.values())


def _first_difference(one: Custody, other: Custody) -> int:
    """The number of the first line that both have and that differs, or 0."""
    with one.opened() as left, other.opened() as right:
        pairs = enumerate(zip(left, right, strict=False), 1)
        return next((number for number, (mine, theirs) in pairs if mine != theirs), 0)


class Captures:
    """Which lines of several custodies are one capture, told from hand to hand.

    A line that was handed over stands for the one that it repeats where that is held and says the
    same: a claim to repeat a line does not make it one.
    """

    def __init__(self, custodies: Iterable[Custody]) -> None:
        held = longest(custodies)
        told = dict(_told(held))
        wanted = {a.entry.origin.sha256 for a in told.values() if a.entry.origin}
        first = {digest: line for digest, line in _lines(held) if digest in wanted}
        self._before = {digest: a.entry.origin.sha256 for digest, a in told.items()
                        if a.entry.origin and _same(a, first.get(a.entry.origin.sha256))}

    def first(self, digest: str) -> str:
        """The digest of the custody line that made the capture which the line ``digest`` tells."""
        seen = {digest}
        while (before := self._before.get(digest)) and before not in seen:
            digest = before
            seen.add(digest)
        return digest


def digests_of(store: EvidenceStore, captures: Captures) -> set[str]:
    """The lines of captures that a directory made itself or was handed, by their digests."""
    mine = {sha256(line).hexdigest() for line in BytesIO(store.custody_bytes())}
    mine |= {a.entry.origin.sha256 for a in store.acquisitions() if a.entry.origin}
    return mine | set(map(captures.first, mine))


def _lines(custodies: Iterable[Custody]) -> Iterator[tuple[str, bytes]]:
    for custody in custodies:
        with custody.opened() as file:
            for line in file:
                yield sha256(line).hexdigest(), line


def _told(custodies: Iterable[Custody]) -> Iterator[tuple[str, Acquisition]]:
    for digest, line in _lines(custodies):
        if _TOLD in line and (found := _read(line)) is not None:
            yield digest, found


def _read(line: bytes) -> Acquisition | None:
    try:
        return acquisition_of(RECORDS.decode(line))
    except UNREADABLE:
        return None


def _same(told: Acquisition, line: bytes | None) -> bool:
    """Whether a line says what the one does that it repeats, in everything that is not a label."""
    found = _read(line) if line is not None else None
    return found is not None and _said(found) == _said(told)


def _said(acquisition: Acquisition) -> tuple[object, ...]:
    entry = acquisition.entry
    source = replace(entry.source, exhibit="") if entry.source else None
    return (replace(entry, how=entry.way, origin=None, source=source, unchanged_exhibit=None),
            entry.unchanged_exhibit is None, acquisition.sha256, acquisition.size)
