"""Volume-weighted average price since a session began, or since a moment, with bands of its standard deviation."""

import numpy as np
import numpy.typing as npt

from monitor.analysis.indicators.calculation import Bars
from monitor.analysis.indicators.periods import Periods
from monitor.analysis.indicators.settings import Settings
from monitor.analysis.indicators.source import Floats, Source
from monitor.market.bar import BarSeries, Interval
from monitor.market.calendar import Trading

Bools = npt.NDArray[np.bool_]

#: Rows of the values after the three outputs: the price from which the others are measured, so that squares stay
#: small, and the sums of volume, of price by volume, and of squared price by volume.
_BASE, _VOLUME, _PRICE, _SQUARE = range(3, 7)


class _Vwap:
    """Sums from bar to bar, and what follows from them."""

    rows = 7

    def __init__(self, settings: Settings) -> None:
        self._deviations = float(settings.values["deviations"])

    def cheap_from(self) -> int:
        return 0

    def _sum(self, rows: BarSeries, counts: Bools, edges: list[int], values: Floats, first: int, goes_on: bool) -> None:
        """Fill the columns from ``first`` on for ``rows``, beginning anew at each of ``edges``, counted within them.

        Where it ``goes_on`` the sums of the column before are carried on, else it begins anew with the first row.
        """
        begins, ends = [0, *edges], [*edges, len(rows)]
        price, carried = Source.HLC3.of(rows), first - 1
        bases = price[begins]
        if goes_on:
            bases[0] = values[_BASE, carried]
        base = np.repeat(bases, np.subtract(ends, begins))
        away = price - base
        weight = np.where(counts, rows["volume"], 0.0)
        flow = weight * away
        values[_BASE, first : first + len(rows)] = base
        for row, added in ((_VOLUME, weight), (_PRICE, flow), (_SQUARE, flow * away)):
            if goes_on:
                added[0] += values[row, carried]
            for begin, end in zip(begins, ends, strict=True):
                np.cumsum(added[begin:end], out=values[row, first + begin : first + end])

    def _draw(self, values: Floats, begin: int, end: int) -> None:
        """The outputs of the columns from ``begin`` up to ``end``, from their sums."""
        base, volume, price, square = values[_BASE : _SQUARE + 1, begin:end]
        spread: Floats | float = np.nan
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(volume > 0, price / volume, np.nan)
            if self._deviations:
                spread = self._deviations * np.sqrt(np.maximum(square / volume - mean * mean, 0))
        values[0, begin:end] = base + mean
        values[1, begin:end] = base + mean + spread
        values[2, begin:end] = base + mean - spread


class SessionVwap(_Vwap):
    """Begins anew with each day, week or month; outside the hours that count there is no value."""

    def __init__(self, settings: Settings, interval: Interval, trading: Trading) -> None:
        super().__init__(settings)
        self._periods = Periods(str(settings.values["period"]), str(settings.values["hours"]), interval, trading)

    def update(self, bars: Bars, first: int, values: Floats) -> int:
        before = max(first - 1, 0)
        rows = bars.rows(before)
        starts, counts = self._periods.starts(rows["start"]), self._periods.counts(rows["start"])
        skipped = first - before  # the bar before, looked at for its period
        edges = np.flatnonzero(starts[1:] != starts[:-1]) + 1 - skipped
        goes_on = skipped > 0 and 0 not in edges
        rows, counts = rows[skipped:], counts[skipped:]
        self._sum(rows, counts, edges[edges > 0].tolist(), values, first, goes_on)
        self._draw(values, first, len(bars))
        values[:3, first : len(bars)][:, ~counts] = np.nan
        return first


class AnchoredVwap(_Vwap):
    """Begins with the first bar at a moment or later; before it there is no value."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._anchor = int(settings.values["anchor"])

    def update(self, bars: Bars, first: int, values: Floats) -> int:
        anchor = bars.place(self._anchor)
        begin = max(first, anchor)
        values[:3, first : min(begin, len(bars))] = np.nan
        if begin < len(bars):
            rows = bars.rows(begin)
            self._sum(rows, np.ones(len(rows), np.bool_), [], values, begin, begin > anchor)
            self._draw(values, begin, len(bars))
        return first
