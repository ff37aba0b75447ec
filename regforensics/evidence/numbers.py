"""Numbers: eight-byte keys and a number for each, at twelve bytes an entry."""

from array import array
from bisect import bisect_left

_FEW = 8192  # entries that wait in a dict, whatever the size of the rest


class Numbers:
    """A map; the keys are the first bytes of digests. Two things may share a key: who asks holds
    what the number leads to against what was asked."""

    def __init__(self, keys: "array[int] | None" = None,
                 values: "array[int] | None" = None) -> None:
        """``keys`` ascend, with ``values`` beside them."""
        self._base = (keys or array("Q"), values or array("I"))  # one name: others may be asking
        self._new: dict[int, int] = {}

    def get(self, key: int) -> int:
        """The number of a key, or 0."""
        found = self._new.get(key)
        if found is not None:
            return found
        keys, numbers = self._base
        place = bisect_left(keys, key)
        return numbers[place] if place < len(keys) and keys[place] == key else 0

    def set(self, key: int, number: int) -> None:
        """A key's number from now on."""
        keys, numbers = self._base
        place = bisect_left(keys, key)
        if place < len(keys) and keys[place] == key:
            numbers[place] = number
            return
        self._new[key] = number
        if len(self._new) > _FEW + len(keys) // 4:
            self.settled()

    def settled(self) -> "tuple[array[int], array[int]]":
        """Every key in order, and the numbers beside them."""
        if self._new:
            keys, numbers = array("Q", self._base[0]), array("I", self._base[1])
            keys.extend(self._new)
            numbers.extend(self._new.values())
            order = sorted(range(len(keys)), key=keys.__getitem__)
            self._base = (array("Q", map(keys.__getitem__, order)),
                          array("I", map(numbers.__getitem__, order)))
            self._new.clear()
        return self._base
