"""Threads: which lines of custody carry a key, at four bytes a line."""

from array import array


class Threads:
    """Runs through numbered lines (1-based): from the last line that carries a key back to the
    first. One thread of the program may add lines while others ask.
    """

    def __init__(self) -> None:
        self.last: dict[str, int] = {}
        self.before = array("I")

    def add(self, key: str) -> None:
        """The next line carries ``key``."""
        before, last = self.before, self.last
        before.append(last.get(key, 0))
        last[key] = len(before)

    def of(self, key: str) -> "array[int]":
        """The numbers of the lines that carry ``key``, in order."""
        found, number = array("I"), self.last.get(key, 0)
        while number:
            found.append(number)
            number = self.before[number - 1]
        found.reverse()
        return found


def about(subject: str | None) -> str:
    """The package (a purl) that a line's subject is, or is a version of; empty for no subject."""
    return (subject or "").partition("@")[0]


def sort(kind: str, subject: str | None) -> str:
    """The key of a line's kind, apart for lines that are about nothing in particular."""
    return f"{'-' if subject is None else '+'}{kind}"
