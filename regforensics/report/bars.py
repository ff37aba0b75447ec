"""A bar chart: where each bar stands. Geometry only, in pixels of a 760 wide picture.

A stretch without a count is hatched from bottom to top: it is not a bar of no height.
"""

from dataclasses import dataclass

from regforensics.model.chart import Bar
from regforensics.report.document import Charted

WIDTH, TOP, BASE, HEIGHT = 760.0, 22.0, 122.0, 140.0
_LEFT, _RIGHT = 16.0, 744.0


@dataclass(frozen=True, slots=True)
class Rect:
    """One bar, what it says when it is pointed at, and whether anything is known of it."""

    x: float
    y: float
    width: float
    height: float
    title: str
    known: bool
    partly: bool


@dataclass(frozen=True, slots=True)
class Bars:
    """The picture of a chart: bars, the height of the highest, the labels of both ends."""

    id: str
    title: str
    rects: tuple[Rect, ...]
    most: str
    first: str
    last: str


def bars(charted: Charted) -> Bars:
    """The picture of a chart."""
    chart = charted.chart
    most = max((bar.height or 0 for bar in chart.bars), default=0)
    step = (_RIGHT - _LEFT) / max(1, len(chart.bars))
    rects = tuple(_rect(bar, _LEFT + n * step, step, most) for n, bar in enumerate(chart.bars))
    return Bars(charted.listed.id, chart.title, rects, f"{most:,}", str(chart.bars[0].start),
                str(chart.bars[-1].start))


def _rect(bar: Bar, x: float, step: float, most: int) -> Rect:
    full = BASE - TOP
    tall = full if bar.height is None else full * bar.height / most if most else 0.0
    return Rect(round(x, 1), round(BASE - tall, 1), round(max(step - min(2.0, step / 4), 0.5), 1),
                round(tall, 1), f"{bar.start}: {words(bar)}", bar.height is not None, bar.partly)


def words(bar: Bar) -> str:
    """A bar's number, and whether days of it lack."""
    if bar.height is None:
        return "no count"
    return f"{bar.height:,}{', some days without a count' if bar.partly else ''}"
