"""Of many captures those that state some file otherwise than the one before: all that drift needs.

Reading a packument of ten megabytes into facts takes ten times as long as seeing that it states of
every file what the last one stated. No I/O of its own, like ``reading``.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol

from regforensics.evidence.ahead import read_ahead
from regforensics.evidence.exhibit import Acquisition
from regforensics.evidence.freshness import freshness
from regforensics.model.history import History
from regforensics.model.package import PackageRef
from regforensics.reading import Archive, Reader, observations, shows_state
from regforensics.registries.prints import PRINTS, Turns


class Shelves(Archive, Protocol):
    """An archive whose exhibits can be read one after the other into the same memory."""

    def read_into(self, label: str, room: bytearray) -> memoryview:
        """An exhibit's bytes, checked against its digest; in ``room`` where they fit there."""


class Thinned(NamedTuple):
    """A history of the captures that matter, and how many captures there are in all."""

    history: History
    captures: int


def thinned(store: Shelves, reader: Reader, package: PackageRef) -> Thinned:
    """The history without captures that state every file as the one before them does.

    Where the place or the order of captures depends on what they say, or a lockfile says something
    that each could contradict, all of them are read.
    """
    mine = store.of_subject(str(package.at(None)))
    groups = sorted(observations(filter(shows_state, mine)), key=lambda group: _made(group[0]))
    pinned = any(package.at(None) in held.pins for _, held in reader.locks())
    if pinned or not _thinnable(mine, groups):
        whole = reader.history(package)
        return Thinned(whole, len(whole.snapshots))
    chosen = _chosen(store, package, [group[0] for group in groups])
    return Thinned(reader.history(package, [groups[i] for i in sorted(chosen)]), len(groups))


def _chosen(store: Shelves, package: PackageRef, leads: Sequence[Acquisition]) -> set[int]:
    turns, unread = Turns(), set[int]()
    runs = [(label, list(run)) for label, run in groupby(
        enumerate(leads), key=lambda item: item[1].exhibit or "")]
    bodies = read_ahead(store.read_into, (label for label, _ in runs))
    for (_, run), (_, body) in zip(runs, bodies, strict=True):
        prints = PRINTS[run[0][1].entry.kind](package.at(None), body)
        for index, lead in run:
            if prints is None or lead.entry.status not in (None, 200, 203, 304):
                unread.add(index)
            else:
                turns.see(lead.entry.registry or "", index, prints)
    return unread | turns.chosen()


def _thinnable(mine: Iterable[Acquisition], groups: Sequence[Sequence[Acquisition]]) -> bool:
    """True where each capture is one document that has prints, all of them at places that custody
    names, or none; where their times are known; and where no package file is stored, which
    statements would have to be held against."""
    leads = [group[0] for group in groups]
    return (all(len(group) == 1 for group in groups)
            and len({bool(lead.entry.registry) for lead in leads}) == 1
            and all(lead.entry.kind in PRINTS and _made(lead)[0] for lead in leads)
            and not any(a.entry.way == "extracted" for a in mine))


def _made(acquisition: Acquisition) -> tuple[str, int]:
    """The earliest moment that an answer can stand for, and its place in custody."""
    since = freshness(acquisition.entry).since
    return (since.utc.isoformat() if since else acquisition.entry.observed_at or "",
            acquisition.seq)
