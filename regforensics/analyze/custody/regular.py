"""When captures are regular enough that one can be missing: the usual time between two of them."""

from collections.abc import Sequence
from datetime import timedelta

_PAIRS = 6  # distances between captures that make a rhythm
_REGULAR, _NEAR = 0.75, 0.25  # so many of them lie so near the one of middle length
_LATE = 1.75  # times the usual distance: at least one capture is missing
_LEAST = timedelta(seconds=90)  # what is shorter is no gap
_QUICKEST = timedelta(seconds=30)  # nothing that is asked for more often goes on by itself


def usual(lengths: Sequence[timedelta]) -> timedelta | None:
    """The usual time between two captures; None where they have no regular one."""
    if len(lengths) < _PAIRS:
        return None
    middle = sorted(lengths)[len(lengths) // 2]
    close = sum(near(length, middle) for length in lengths)
    return middle if middle >= _QUICKEST and close >= _REGULAR * len(lengths) else None


def near(length: timedelta, rhythm: timedelta) -> bool:
    """True where two captures so far apart fit a rhythm."""
    return abs(length - rhythm) <= _NEAR * rhythm


def missing(length: timedelta, rhythm: timedelta | None) -> int:
    """How many captures of a rhythm are missing between two that lie so far apart."""
    late = rhythm is not None and length >= max(_LATE * rhythm, _LEAST)
    return round(length / rhythm) - 1 if late and rhythm else 0
