"""An indicator as a chart shows it: its settings, its values in step with the bars, and its scale."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitor.analysis.indicators import Draw, IndicatorSeries, Pane, Settings, VolumeProfile
from monitor.ui.chart.panes import Pane as ChartPane
from monitor.ui.chart.series import Bins, ChartBars

Floats = npt.NDArray[np.float64]
#: What lies over the prices may widen their scale by so much of their range, and no further.
_WIDEST = 0.5
#: Values of so many bars are computed between two frames; more would be felt.
_AT_ONCE = 2_000
#: What was merged is asked for again when a frame is fitted, painted and labelled.
_REMEMBERED = 24
#: What is drawn beside the bars, whatever its value.
MARKS = {Draw.MARKS, Draw.ABOVE, Draw.BELOW}


@dataclass(frozen=True, slots=True)
class Extent:
    """The lowest, highest and last value of each bin; NaN where there is none."""

    low: Floats
    high: Floats
    last: Floats


class Shown:
    """One indicator of a chart; ``pane`` is where it is drawn, None over the prices.

    A volume profile has no values a bar, but ``profile``.
    """

    def __init__(self, settings: Settings, series: IndicatorSeries | None, pane: ChartPane | None) -> None:
        self.settings = settings
        self.pane = pane
        self.visible = True
        self.profile = VolumeProfile(settings) if series is None else None
        self._series = series
        self.description = settings.description
        self.outputs = self.description.outputs
        #: The outputs that are drawn by bars, and their places.
        self.drawn = [
            (place, output)
            for place, output in enumerate(self.outputs)
            if series is not None and output.draw is not Draw.NOTHING and output.name not in settings.hidden
        ]
        self._merged: dict[tuple[int, int, int, int], Extent] = {}

    def take(self, bars: ChartBars, first: int) -> bool:
        """The bars have changed from ``first`` on.

        False where that means to compute so many values that it has to be done off the loop. Until then those that
        there are stay, and go on with what changes at the end.
        """
        if self.profile is not None:
            self.profile.forget(first)
        self._merged.clear()
        if self._series is None:
            return True
        begin = first if first >= self._series.cheap_from else 0
        if len(bars) - begin > _AT_ONCE:
            return False
        self._series.update(bars, first)
        return True

    def at(self, place: int, index: int) -> float:
        """An output's value at a bar."""
        inside = self._series is not None and 0 <= index < len(self._series)
        return float(self._series.outputs[place][index]) if self._series and inside else math.nan

    def merged(self, place: int, bins: Bins) -> Extent:
        """An output in the bins of the bars."""
        if not len(bins) or self._series is None or not len(self._series):
            nothing = np.full(len(bins), np.nan)
            return Extent(nothing, nothing, nothing)
        key = (place, int(bins.index[0]), len(bins), bins.size)
        if key not in self._merged:
            if len(self._merged) > _REMEMBERED:
                self._merged.clear()
            self._merged[key] = self._merge(self._series, place, bins)
        return self._merged[key]

    def _merge(self, series: IndicatorSeries, place: int, bins: Bins) -> Extent:
        values, count = series.outputs[place], len(series)
        inside = bins.index < count  # the others were appended just now
        merged = series.merge(place, int(bins.index[0]), int(bins.index[inside][-1]) + bins.size, bins.size)
        last = values[np.minimum(bins.index[inside] + bins.size, count) - 1]
        return Extent(*(_filled(part, inside) for part in (merged.low, merged.high, last)))

    def extremes(self, bins: Bins) -> tuple[float, float] | None:
        """The lowest and highest value in view, with its fixed levels; None where there is none."""
        low, high = np.inf, -np.inf
        for place, output in self.drawn:
            if output.draw in MARKS:
                continue
            found = self.merged(place, bins)
            known = ~np.isnan(found.low)
            if known.any():
                low, high = min(low, float(found.low[known].min())), max(high, float(found.high[known].max()))
        if low > high:
            return None
        if self.pane is not None:
            levels = [*self.description.levels]
            if self.settings.pane is Pane.OWN_FROM_ZERO or any(o.draw is Draw.HISTOGRAM for _, o in self.drawn):
                levels.append(0.0)
            low, high = min(low, *levels, low), max(high, *levels, high)
        return low, high


def _filled(values: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
    """The values where ``inside`` says so, NaN elsewhere."""
    if inside.all():
        return values
    found = np.full(len(inside), np.nan)
    found[inside] = values
    return found


def widened(low: float, high: float, shown: list[Shown], bins: Bins) -> tuple[float, float]:
    """The range of prices with what lies over them."""
    reach = (high - low) * _WIDEST
    for each in shown:
        extremes = each.extremes(bins) if each.pane is None and each.visible else None
        if extremes is not None:
            low, high = min(low, max(extremes[0], low - reach)), max(high, min(extremes[1], high + reach))
    return low, high
