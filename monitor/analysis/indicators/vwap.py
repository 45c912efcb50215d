"""Volume-weighted average price since a session began, or since a moment, with bands of its standard deviation."""

import numpy as np

from monitor.analysis.indicators.calculation import Bars
from monitor.analysis.indicators.periods import Periods
from monitor.analysis.indicators.settings import Settings
from monitor.analysis.indicators.source import Floats, Source
from monitor.market.bar import BarSeries, Interval
from monitor.market.calendar import Trading

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

    def _sum(self, rows: BarSeries, counts: np.ndarray | None, values: Floats, begin: int, carried: int | None) -> None:
        """Fill the columns from ``begin`` on for ``rows``, going on from column ``carried``, or from nothing."""
        end = begin + len(rows)
        price = Source.HLC3.of(rows)
        base = float(price[0]) if carried is None else values[_BASE, carried]
        weight = rows["volume"] if counts is None else np.where(counts, rows["volume"], 0.0)
        away = price - base
        values[_BASE, begin:end] = base
        flow = weight * away
        for row, added in ((_VOLUME, weight), (_PRICE, flow), (_SQUARE, flow * away)):
            before = 0.0 if carried is None else values[row, carried]
            values[row, begin:end] = np.cumsum(np.r_[before, added])[1:]

    def _draw(self, values: Floats, begin: int, end: int) -> None:
        """The outputs of the columns from ``begin`` up to ``end``, from their sums."""
        base, volume, price, square = values[_BASE : _SQUARE + 1, begin:end]
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(volume > 0, price / volume, np.nan)
            values[0, begin:end] = base + mean
            if self._deviations:
                spread = self._deviations * np.sqrt(np.maximum(square / volume - mean * mean, 0))
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
        edges = np.flatnonzero(starts[1:] != starts[:-1]) + 1
        begin = first - before
        for end in [*edges[edges > begin].tolist(), len(rows)]:
            goes_on = begin > 0 and starts[begin] == starts[begin - 1]
            carried = before + begin - 1 if goes_on else None
            self._sum(rows[begin:end], counts[begin:end], values, before + begin, carried)
            begin = end
        self._draw(values, first, len(bars))
        values[:3, first : len(bars)][:, ~counts[first - before :]] = np.nan
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
            self._sum(bars.rows(begin), None, values, begin, begin - 1 if begin > anchor else None)
            self._draw(values, begin, len(bars))
        return first
