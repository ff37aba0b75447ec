"""Figures that tests of faults and attacks print: how much was tried, and what came of it."""

from dataclasses import dataclass, field

import pytest


@dataclass
class Figures:
    """``full`` asks for the whole count, which takes minutes; without it a sample is tried."""

    full: bool
    rows: list[str] = field(default_factory=list)

    def times(self, whole: int, sample: int) -> int:
        """How often to try."""
        return whole if self.full else sample

    def say(self, tried: str, came: str) -> None:
        """Add a row to what is printed at the end."""
        self.rows.append(f"| {tried} | {came} |")


FIGURES = pytest.StashKey[Figures]()
