"""Shelf: the exhibits that custody names, at about a hundred bytes each."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import overload
from weakref import WeakValueDictionary

from regforensics.evidence.forms import Stored
from regforensics.evidence.naming import label
from regforensics.evidence.numbers import Numbers
from regforensics.evidence.questions import key_of

_DIGEST = 32  # bytes


def number_of(name: str) -> int:
    """The number in a label, or 0 where it is none."""
    digits = name[3:]
    if name[:3] != "EX-" or not (digits.isdecimal() and digits.isascii()):
        return 0
    return int(digits) if len(digits) == 6 or (6 < len(digits) <= 12 and digits[0] != "0") else 0


class Shelf(Mapping[str, Stored]):
    """Exhibits by their label, and the lines that name each.

    ``used`` must be told of every line, in order. ``pinned`` are the exhibits, by their number, of
    which there is more to know than that they came: where and in which form they stand.
    """

    def __init__(self) -> None:
        self.digests, self.names = bytearray(), bytearray()
        self.sizes, self.ends = array("Q"), array("Q")  # ends: of each name, in ``names``
        self.last, self.before = array("I"), array("I")  # as in Threads, by number
        self.by_digest = Numbers()
        self.pinned: dict[int, Stored] = {}
        self._live: WeakValueDictionary[int, Stored] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self.sizes)

    def __iter__(self) -> Iterator[str]:
        return map(label, range(1, len(self) + 1))

    def __getitem__(self, name: str) -> Stored:
        number = number_of(name)
        if not 1 <= number <= len(self):
            raise KeyError(name)
        return self.at(number)

    def at(self, number: int) -> Stored:
        """The exhibit of a number that is in range: one object as long as anybody holds it."""
        found = self.pinned.get(number) or self._live.get(number)
        if found is None:
            start = self.ends[number - 2] if number > 1 else 0
            made = Stored(label(number), self.names[start:self.ends[number - 1]].decode(),
                          self._digest(number).hex(), self.sizes[number - 1], _Uses(self, number))
            found = self._live.setdefault(number, made)
        return found

    def pin(self, name: str | None) -> None:
        """Keep an exhibit for good, for what will be noted on it; nothing where it is none."""
        number = number_of(name or "")
        if 1 <= number <= len(self):
            self.pinned[number] = self.at(number)

    def says(self, number: int, sha256: str | None, size: int | None) -> bool:
        """Whether the exhibit of a number is there and has that digest and size."""
        return (1 <= number <= len(self.sizes) and self.sizes[number - 1] == size
                and self.digests[_DIGEST * (number - 1):_DIGEST * number].hex() == sha256)

    def add(self, file: str, sha256: str, size: int) -> None:
        """The next exhibit; the line that brings it is told to ``used`` after that."""
        self.digests += bytes.fromhex(sha256)
        self.names += file.encode()
        self.ends.append(len(self.names))
        self.last.append(0)
        self.by_digest.set(key_of(sha256), len(self) + 1)
        self.sizes.append(size)

    def know_later(self, present: "Shelf") -> None:
        """Of exhibits that were left elsewhere, the places that only the present state names."""
        for number, stored in self.pinned.items():
            stored.later = present.at(number).places[len(stored.places):]

    def used(self, number: int) -> None:
        """The next line names the exhibit of a number; none where that is 0."""
        self.before.append(self.last[number - 1] if number else 0)
        if number:
            self.last[number - 1] = len(self.before)

    def lines(self, number: int) -> "array[int]":
        """The lines that name the exhibit of a number, in order."""
        found, line = array("I"), self.last[number - 1]
        while line:
            found.append(line)
            line = self.before[line - 1]
        found.reverse()
        return found

    def holding(self, sha256: str) -> Stored | None:
        """The latest exhibit of a digest (hex)."""
        number = self.by_digest.get(key_of(sha256))
        return self.at(number) if number and self._digest(number).hex() == sha256 else None

    def beginning(self, prefix: str) -> dict[str, Stored]:
        """The exhibits whose digest begins with some hex digits, by digest."""
        found = (self.at(n) for n in range(1, len(self) + 1)
                 if self._digest(n).hex().startswith(prefix))
        return {stored.sha256: stored for stored in found}

    def _digest(self, number: int) -> bytearray:
        return self.digests[_DIGEST * (number - 1):_DIGEST * number]


class _Uses(Sequence[int]):
    """The lines that name an exhibit, looked up when they are asked for."""

    def __init__(self, shelf: Shelf, number: int) -> None:
        self._shelf, self._number = shelf, number

    def __len__(self) -> int:
        return len(self._shelf.lines(self._number))

    def __iter__(self) -> Iterator[int]:
        return iter(self._shelf.lines(self._number))

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        return self._shelf.lines(self._number)[index]
