"""The closes of another symbol in step with a chart's bars: a value a bar, merged into pixel columns as bars are."""

import math

import numpy as np
import numpy.typing as npt

from monitor.analysis.indicators.merged import Merged
from monitor.market.bar import BarSeries
from monitor.ui.chart.indicators.shown import Extent
from monitor.ui.chart.series import Bins, ChartBars

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
#: What was merged is asked for again when a frame is fitted, painted and labelled.
_REMEMBERED = 8


def aligned(starts: Ints, others: Ints, closes: Floats) -> Floats:
    """A close for each of the ``starts``, from ``closes`` of bars that begin at ``others``; both ascend, in ms UTC.

    It is that of the bar at the same start. Where there is none the last value before it is kept, as nothing was traded
    since; NaN before the other's first bar and after its last one, where nothing is known.
    """
    if not len(others):
        return np.full(len(starts), np.nan)
    place = np.searchsorted(others, starts, side="right") - 1
    values = closes[place].astype(np.float64)
    values[(place < 0) | (starts > others[-1])] = np.nan
    return values


class Line:
    """The values of another symbol's ``bars`` for the bars of a chart, and its value at the first of those in view.

    ``values`` are as ``aligned`` gave them; a million bars take it some 30 ms, which can be spent in another thread.
    After that ``follow`` and ``put`` cost the same however many bars there are.
    """

    def __init__(self, bars: ChartBars, values: Floats) -> None:
        self.bars = bars
        #: What counts as 0 %; NaN while nothing of the other symbol is in view.
        self.base = math.nan
        self._values, self._count = values, len(values)
        self._merged = Merged()
        self._remembered: dict[tuple[int, int, int], Extent] = {}

    @property
    def values(self) -> Floats:
        """A value for each bar of the chart, NaN where there is none."""
        return self._values[: self._count]

    def follow(self, chart: ChartBars, first: int) -> None:
        """The bars of the chart have changed from index ``first`` on."""
        count, first = len(chart), min(first, self._count)
        if count > len(self._values):
            room = np.empty(count + max(64, count // 4))
            room[: self._count] = self.values
            self._values = room
        self._count = count
        if first < count:
            starts = chart.start[first:]
            # Of what lies far back nothing is looked at, for numpy would make a copy of all of it.
            begin = max(0, self.bars.place(int(starts[0])) - 1)
            self._values[first:count] = aligned(starts, self.bars.start[begin:], self.bars.close[begin:])
        self._merged.forget(first)
        self._remembered.clear()

    def put(self, rows: BarSeries, chart: ChartBars) -> int | None:
        """Replace or append bars of the other symbol; gives the first bar of the chart that has another value."""
        ended = int(self.bars.start[-1]) if len(self.bars) else 0
        changed = self.bars.put(rows)
        if changed is None:
            return None
        # What follows the bar that was the last had no value until now.
        first = min(chart.place(int(self.bars.start[changed])), chart.place(ended + 1))
        if first >= len(chart):
            return None
        self.follow(chart, first)
        return first

    def at(self, index: int) -> float:
        """The value at a bar of the chart."""
        return float(self._values[index]) if 0 <= index < self._count else math.nan

    def merged(self, bins: Bins) -> Extent:
        """Lowest, highest and last value in each bin of the chart's bars."""
        inside = bins.index < self._count
        if not inside.any():
            nothing = np.full(len(bins), np.nan)
            return Extent(nothing, nothing, nothing)
        key = (int(bins.index[0]), len(bins), bins.size)
        if key not in self._remembered:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = self._merge(bins, inside)
        return self._remembered[key]

    def _merge(self, bins: Bins, inside: npt.NDArray[np.bool_]) -> Extent:
        index = bins.index[inside]
        found = self._merged.bins(self.values, int(index[0]), int(index[-1]) + bins.size, bins.size)
        last = self._values[np.minimum(index + bins.size, self._count) - 1]
        missing = np.full(len(bins) - len(index), np.nan)
        return Extent(*(np.concatenate([part, missing]) for part in (found.low, found.high, last)))

    def rebase(self, bins: Bins) -> None:
        """Count percents from the first of these bins that has a value above zero."""
        last = self.merged(bins).last
        known = np.flatnonzero(~np.isnan(last))
        base = float(last[known[0]]) if len(known) else math.nan
        self.base = base if base > 0 else math.nan

    def percent(self, value: float) -> float:
        """A value as its change since the first bar in view; NaN where either is not known."""
        return (value / self.base - 1) * 100

    def newest(self, chart: ChartBars) -> float:
        """The last value up to the chart's newest bar; NaN where there is none."""
        place = self.bars.place(int(chart.start[-1]) + 1) - 1 if len(chart) else -1
        return float(self.bars.close[place]) if place >= 0 else math.nan
