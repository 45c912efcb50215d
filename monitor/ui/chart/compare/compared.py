"""One symbol that a chart is compared with: its bars, its line, and how far reading them is."""

import math
from enum import StrEnum

from monitor.analysis.chart_bars import Making
from monitor.market.bar import BarSeries
from monitor.ui.chart.compare.line import Floats, Line
from monitor.ui.chart.series import Bins, ChartBars
from monitor.ui.chart.tail import Tail

#: So many of the newest bars may change while a line is computed off the loop.
LIVE_BARS = 5


class State(StrEnum):
    """What there is of a symbol."""

    LOADING = "loading"
    SHOWN = "shown"
    EMPTY = "no bars"
    FAILED = "failed"


class Compared:
    """A symbol beside the chart's own. ``colour`` is its number among the palette's series, from 1.

    ``bars`` are its own, ``line`` is what the chart draws of them, None until both symbols are there. ``words`` is
    the sentence about its ``state``.
    """

    def __init__(self, symbol: str, colour: int, visible: bool = True) -> None:
        self.symbol = symbol
        self.colour = colour
        self.visible = visible
        self.state = State.LOADING
        self.words = f"Loading {symbol}…"
        self.bars: ChartBars | None = None
        self.line: Line | None = None
        #: How the bars are made that were asked for last.
        self.asked: Making | None = None
        self._tail: Tail | None = None

    @property
    def colour_name(self) -> str:
        return f"series{self.colour}"

    def turn(self, state: State, words: str = "") -> None:
        """Another state, with a sentence about it; bars that are there stay on the chart."""
        self.state, self.words = state, words

    def forget_bars(self) -> None:
        """Others are on their way."""
        self.bars = self.line = self._tail = self.asked = None
        self.turn(State.LOADING, f"Loading {self.symbol}…")

    def take_bars(self, bars: ChartBars, tail: Tail) -> None:
        """Bars just read, and what they go on from; the line is drawn once it is in step with the chart's bars."""
        self.bars, self._tail, self.line = bars, tail, None

    @property
    def tail(self) -> Tail | None:
        """What the last bars are made from; None until bars were read."""
        return self._tail

    def put(self, rows: BarSeries, chart: ChartBars) -> int | None:
        """Replace or append bars; the index of the first bar of the chart that has another value."""
        if self.bars is None or not len(rows):
            return None
        if self.line is not None:
            return self.line.put(rows, chart)
        self.bars.put(rows)
        return None

    def follow(self, chart: ChartBars, first: int) -> None:
        """The bars of the chart have changed from index ``first`` on."""
        if self.line is not None:
            self.line.follow(chart, first)

    def draw(self, values: Floats, chart: ChartBars, since: int) -> None:
        """The values of its bars for those of the chart, of which those from index ``since`` on may have changed."""
        if self.bars is not None:
            self.line = Line(self.bars, values)
            self.line.follow(chart, since)

    def unsure_from(self, chart: ChartBars) -> int:
        """The first bar of the chart whose value may change while the line is computed."""
        if self.bars is None or not len(self.bars):
            return 0
        newest = chart.place(int(self.bars.start[max(0, len(self.bars) - LIVE_BARS)]))
        return max(0, min(newest, len(chart) - LIVE_BARS))

    # ---------------------------------------------------------------------------------------- in percent

    def rebase(self, bins: Bins) -> None:
        """Count percents from the first of these bins."""
        if self.line is not None:
            self.line.rebase(bins)

    @property
    def drawn(self) -> bool:
        """Whether there is a line to be seen."""
        return self.visible and self.line is not None and self.line.base == self.line.base

    def percent(self, chart: ChartBars, index: int | None) -> float:
        """The change since the first bar in view at a bar, or at the newest; NaN where it is not known."""
        if self.line is None:
            return math.nan
        return self.line.percent(self.line.newest(chart) if index is None else self.line.at(index))

    def scaled(self, base: float) -> float:
        """How many times a value stands on an axis of prices whose 0 % is ``base``; NaN where it cannot."""
        return base / self.line.base if self.line is not None and base > 0 else math.nan

    def extremes(self, bins: Bins, base: float) -> tuple[float, float] | None:
        """The lowest and highest place of the line on that axis; None where nothing is drawn."""
        if not self.drawn or self.line is None or base <= 0:
            return None
        found, times = self.line.merged(bins), self.scaled(base)
        known = found.low == found.low
        if not known.any():
            return None
        return float(found.low[known].min()) * times, float(found.high[known].max()) * times


def reached(low: float, high: float, compared: list[Compared], bins: Bins, base: float) -> tuple[float, float]:
    """The range of prices with all lines that are compared with them."""
    for each in compared:
        extremes = each.extremes(bins, base)
        if extremes is not None:
            low, high = min(low, extremes[0]), max(high, extremes[1])
    return low, high
