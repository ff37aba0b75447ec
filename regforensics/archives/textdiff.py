"""Two texts, side by side as unified lines: bounded in time and length, whoever wrote them."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff

MOST_LINES = 1500  # of either side that are matched with each other; more are shown as replaced
LONGEST = 400  # characters of a line that are shown
_AROUND = 120  # characters shown on either side of where two long lines begin to differ
_CONTEXT = 2


@dataclass(frozen=True, slots=True)
class Shown:
    """The lines of a difference (each begins with ``+``, ``-``, a space or ``@``), and how many
    more there are."""

    lines: tuple[str, ...]
    left_out: int = 0


def difference(old: str, new: str, most: int, matched: int = MOST_LINES) -> Shown:
    """The difference of two texts, at most ``most`` lines of it.

    Where more than ``matched`` lines of a side remain between what begins and ends alike, they are
    shown as replaced: matching them takes time that grows with the square of their number.
    """
    before, after = old.split("\n"), new.split("\n")
    start = _same(before, after)
    end = min(_same(before[::-1], after[::-1]), len(before) - start, len(after) - start)
    cut = max(0, start - _CONTEXT)
    mine = before[cut:len(before) - max(0, end - _CONTEXT)]
    theirs = after[cut:len(after) - max(0, end - _CONTEXT)]
    if max(len(mine), len(theirs)) > matched:
        found = [f"@@ line {cut + 1}: {len(mine)} lines became {len(theirs)} @@",
                 *(f"-{line}" for line in mine), *(f"+{line}" for line in theirs)]
    else:
        found = [_place(line, cut) if line.startswith("@@") else line
                 for line in list(unified_diff(mine, theirs, lineterm="", n=_CONTEXT))[2:]]
    return Shown(tuple(_cut(found[:most])), max(0, len(found) - most))


def added(text: str, most: int) -> Shown:
    """A whole text as added lines."""
    lines = text.removesuffix("\n").split("\n")
    return Shown(tuple(_cut([f"+{line}" for line in lines[:most]])), max(0, len(lines) - most))


def _same(one: list[str], other: list[str]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _place(line: str, cut: int) -> str:
    """A hunk's head with the line numbers of the whole texts."""
    def moved(span: str) -> str:
        sign, (first, *rest) = span[0], span[1:].split(",")
        return sign + ",".join([str(int(first) + cut), *rest])

    old, new = line.split(" ")[1:3]
    return f"@@ {moved(old)} {moved(new)} @@"


def _cut(lines: list[str]) -> Iterator[str]:
    """Long lines cut; of a long line that replaces another the part where they differ."""
    removed: list[str] = []
    for line in lines:
        if line.startswith("-"):
            removed.append(line)
            continue
        pair = removed[0] if len(removed) == 1 and line.startswith("+") else None
        at = 0
        if pair is not None and max(len(pair), len(line)) > LONGEST:
            at = max(0, 1 + _same(list(pair[1:]), list(line[1:])) - _AROUND)
        yield from (_short(one, at) for one in removed)
        removed = []
        yield _short(line, at)
    yield from (_short(one, 0) for one in removed)


def _short(line: str, at: int) -> str:
    if len(line) <= LONGEST:
        return line
    head = f"{line[0]}[{at} characters] " if at else ""
    shown = line[at:at + LONGEST] if at else line[:LONGEST]
    rest = len(line) - at - len(shown)
    return f"{head}{shown}" + (f" [{rest} more characters]" if rest else "")
