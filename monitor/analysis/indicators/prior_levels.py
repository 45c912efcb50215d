"""High, low, close and open of the day, week or month before the one that a bar belongs to."""

import numpy as np

from monitor.analysis.indicators.calculation import Bars
from monitor.analysis.indicators.periods import Periods
from monitor.analysis.indicators.settings import Settings
from monitor.analysis.indicators.source import Floats
from monitor.market.bar import BarSeries, Interval
from monitor.market.calendar import Trading


class PriorLevels:
    """The levels change only where a period begins: then those of the one that has ended are looked up.

    A period without bars in the hours that count leaves the levels as they were.
    """

    rows = 4

    def __init__(self, settings: Settings, interval: Interval, trading: Trading) -> None:
        self._periods = Periods(str(settings.values["period"]), str(settings.values["hours"]), interval, trading)

    def cheap_from(self) -> int:
        return 0

    def update(self, bars: Bars, first: int, values: Floats) -> int:
        count, before = len(bars), max(first - 1, 0)
        times = bars.rows(before)["start"]
        starts = self._periods.starts(times)
        edges = (np.flatnonzero(starts[1:] != starts[:-1]) + 1 + before).tolist()
        if first == 0:
            values[:, : edges[0] if edges else count] = np.nan
        else:
            values[:, first : edges[0] if edges else count] = values[:, first - 1 : first]
        if not edges:
            return first
        offset = bars.place(int(starts[0]))  # the first bar of the period that ends at the first edge
        rows = bars.rows(offset)
        counts = self._periods.counts(rows["start"])
        ended = offset
        for edge, until in zip(edges, [*edges[1:], count], strict=True):
            period = slice(ended - offset, edge - offset)
            values[:, edge:until] = _levels(rows[period], counts[period], values[:, edge - 1])[:, np.newaxis]
            ended = edge
        return first


def _levels(rows: BarSeries, counts: np.ndarray, kept: Floats) -> Floats:
    """High, low, close and open of the rows that count; ``kept`` where none does."""
    chosen = np.flatnonzero(counts)
    if len(chosen) == 0:
        return kept
    rows = rows[chosen[0] : chosen[-1] + 1] if len(chosen) == chosen[-1] - chosen[0] + 1 else rows[chosen]
    return np.array([rows["high"].max(), rows["low"].min(), rows["close"][-1], rows["open"][0]])
