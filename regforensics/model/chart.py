"""Chart: numbers over time that a claim rests on, for drawing."""

from dataclasses import dataclass
from datetime import date

from regforensics.model.claim import Claim


@dataclass(frozen=True, slots=True)
class Bar:
    """One day, week or month; ``height`` is None where nothing is known. ``partly``: some of its
    days have no count."""

    start: date
    height: int | None
    partly: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars in order of time, and the claim whose lines hold every number of them."""

    claim: Claim
    title: str
    by: str
    bars: tuple[Bar, ...]
