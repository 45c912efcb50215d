"""Where anchors are on the canvas: time goes by bars, price by the scale, to pixels and back.

A bar fills its own time evenly; time in which there are no bars takes no room. Before the first bar and beyond the last
the axis goes on by the interval. So an anchor keeps its place on every interval, and while older history is loaded.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF

from monitor.market.bar import Interval
from monitor.market.drawing import Anchor
from monitor.ui.chart.price_axis import PriceScale
from monitor.ui.chart.scene import Scene
from monitor.ui.chart.viewport import Viewport

Starts = npt.NDArray[np.int64]
_DAY_MS = 86_400_000
#: Prices are kept to the millionth: less than that no pixel shows.
_DECIMALS = 6
_FAR_PX = 1e9
_NEAR_PX = 0.01
_GUESSES = 6
#: Further away a scale that is not divided evenly may have prices without end.
_GUESSED_PX = 20_000


def longest_ms(interval: Interval) -> int:
    """How long a bar of the interval can be."""
    return 31 * _DAY_MS if interval is Interval.MONTH else interval.milliseconds


def index_at(starts: Starts, longest: int, time: int) -> float:
    """The place of ``time`` on the axis, in bars: bar ``i`` fills ``i`` to ``i + 1``; there must be a bar."""
    count = len(starts)
    bar = bisect_right(starts, time) - 1
    if bar < 0:
        return (time - int(starts[0])) / longest
    passed = time - int(starts[bar])
    if bar == count - 1:
        return bar + passed / longest
    return bar + min(1.0, passed / min(longest, int(starts[bar + 1] - starts[bar])))


def time_at(starts: Starts, longest: int, index: float) -> int:
    """The time, ms UTC, at a place on the axis in bars; there must be a bar."""
    count = len(starts)
    bar = min(count - 1, max(0, math.floor(index)))
    length = longest
    if 0 <= index < count - 1:
        length = min(longest, int(starts[bar + 1] - starts[bar]))
    return int(starts[bar]) + round((index - bar) * length)


def exact_y(scale: PriceScale, price: float) -> float:
    """As ``scale.y``, between pixels too, and without its bounds: a line's far end decides on its slope.

    Found by asking for the prices at pixels, so that it holds however the scale is divided; where it is divided evenly
    the first guess is right.
    """
    y = _guessed(scale, price)
    return y if y is not None else _searched(scale, price)


def _guessed(scale: PriceScale, price: float) -> float | None:
    """Along the slope between two pixels, again and again; None where that does not come near soon."""
    y = scale.height / 2
    for _ in range(_GUESSES):
        here, below = scale.price(y), scale.price(y + 1)
        if here == below:
            return None
        step = (price - here) / (below - here)
        y += step
        if abs(step) < _NEAR_PX:
            return y
        if abs(y) > _GUESSED_PX:
            return None
    return None


def _searched(scale: PriceScale, price: float) -> float:
    """Between two pixels that have the price between them."""
    begin, end = 0.0, float(scale.height)
    grows = scale.price(end) > scale.price(begin)

    def beyond(y: float) -> bool:
        return (scale.price(y) > price) is grows

    step = end
    while beyond(begin) and step < _FAR_PX:
        begin, step = begin - step, step * 2
    step = end
    while not beyond(end) and step < _FAR_PX:
        end, step = end + step, step * 2
    while end - begin > _NEAR_PX:
        middle = (begin + end) / 2
        begin, end = (begin, middle) if beyond(middle) else (middle, end)
    return (begin + end) / 2


@dataclass(frozen=True, slots=True)
class Places:
    """Turns anchors into pixels and pixels into anchors, on a chart that has bars."""

    starts: Starts
    longest: int
    viewport: Viewport
    scale: PriceScale

    @classmethod
    def of(cls, scene: Scene) -> "Places":
        return cls(scene.bars.start, longest_ms(scene.interval), scene.viewport, scene.scale)

    def index(self, time: int) -> float:
        """The place of a time on the axis, in bars."""
        return index_at(self.starts, self.longest, time)

    def time(self, index: float) -> int:
        """The time at a place on the axis."""
        return time_at(self.starts, self.longest, index)

    def x(self, time: int) -> float:
        return float(self.viewport.left_of(0)) + self.index(time) * self.viewport.bar_px

    def y(self, price: float) -> float:
        return exact_y(self.scale, price)

    def point(self, anchor: Anchor) -> QPointF:
        return QPointF(self.x(anchor.time), self.y(anchor.price))

    def bar_at(self, x: float) -> int:
        """The index of the bar at ``x``; below 0 or beyond the last one where there is none."""
        return math.floor((x - float(self.viewport.left_of(0))) / self.viewport.bar_px)

    def anchor(self, point: QPointF) -> Anchor:
        """The middle of the bar at a point, and its price."""
        time = self.time(self.bar_at(point.x()) + 0.5)
        return Anchor(time, round(self.scale.price(point.y()), _DECIMALS))

    def shifted(self, anchor: Anchor, bars: int, pixels: float) -> Anchor:
        """The anchor so many bars on and pixels further down; without pixels its price stays as it is."""
        price = self.scale.price(self.y(anchor.price) + pixels) if pixels else anchor.price
        time = self.time(self.index(anchor.time) + bars) if bars else anchor.time
        return Anchor(time, round(price, _DECIMALS) if pixels else price)
