"""Listing: the exhibits of a chain, and finding one by its label or its digest."""

import re
from collections.abc import Sequence
from typing import overload

from regforensics.errors import WrongUsage
from regforensics.evidence.custody import Chain
from regforensics.evidence.exhibit import Exhibit
from regforensics.evidence.forms import Stored

_DIGEST_PREFIX = re.compile(r"[0-9a-f]{6,64}", re.ASCII)


class Exhibits(Sequence[Exhibit]):
    """The exhibits of a chain; their acquisitions are decoded when an exhibit is asked for."""

    def __init__(self, chain: Chain, numbers: range) -> None:
        self._chain, self._numbers = chain, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Exhibit: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Exhibit]: ...
    def __getitem__(self, index: int | slice) -> Exhibit | Sequence[Exhibit]:
        if isinstance(index, slice):
            return Exhibits(self._chain, self._numbers[index])
        return exhibit_of(self._chain, self._chain.exhibits.at(self._numbers[index]))


def exhibit_of(chain: Chain, stored: Stored) -> Exhibit:
    """The exhibit with its acquisitions."""
    return Exhibit(stored.label, stored.file, stored.sha256, stored.size,
                   tuple(map(chain.record, stored.lines)),
                   stored.places[-1] if stored.places else None, stored.form)


def named(chain: Chain, ref: str) -> Stored | None:
    """The exhibit of a label, or of a prefix (6 or more digits) of a SHA-256, or None.

    Raises WrongUsage for a prefix of several.
    """
    stored = chain.exhibits.get(ref.upper())
    if stored is not None or not _DIGEST_PREFIX.fullmatch(ref.lower()):
        return stored
    found = chain.exhibits.beginning(ref.lower())
    if len(found) > 1:
        raise WrongUsage(f"sha256 prefix {ref.lower()} names {len(found)} exhibits",
                         hint="give more digits")
    return next(iter(found.values()), None)
