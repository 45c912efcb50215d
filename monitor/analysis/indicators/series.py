"""The values of an indicator for a series of bars, brought up to date as the bars change."""

import numpy as np

from monitor.analysis.indicators.calculation import Bars, Calculation
from monitor.analysis.indicators.description import Pane
from monitor.analysis.indicators.merged import Bins, Merged
from monitor.analysis.indicators.prior_levels import PriorLevels
from monitor.analysis.indicators.settings import Settings
from monitor.analysis.indicators.source import Floats
from monitor.analysis.indicators.streamed import Streamed
from monitor.analysis.indicators.vwap import AnchoredVwap, SessionVwap
from monitor.errors import BadData
from monitor.market.bar import BarSeries, Interval
from monitor.market.calendar import Trading, sessions


class IndicatorSeries:
    """An indicator's values, a value a bar; ``interval`` and ``trading`` say how long the bars are and when they trade.

    The first computation may take long (a second and more for a million bars and some indicators of cycles): it can
    be done in another thread, on bars that nobody changes meanwhile. After that ``update`` is for one thread, and costs
    the same however many bars there are. Raises BadData where TA-Lib refuses the settings.
    """

    def __init__(
        self, settings: Settings, bars: BarSeries, interval: Interval = Interval.M1, trading: Trading = sessions
    ) -> None:
        self.settings = settings
        self._shown = len(settings.description.outputs)
        self._calculation = _calculation(settings, interval, trading)
        self._count = 0
        self._values = np.empty((self._calculation.rows, 0))
        self._merged = [Merged() for _ in range(self._shown)]
        self.update(_Given(bars), 0)

    def __len__(self) -> int:
        """How many bars it has values for."""
        return self._count

    @property
    def outputs(self) -> tuple[Floats, ...]:
        """A float64 array for each output of the description, NaN where there is no value.

        They are views: ``update`` changes them, and they keep their length.
        """
        return tuple(self._values[row, : self._count] for row in range(self._shown))

    @property
    def cheap_from(self) -> int:
        """Changes from this bar on cost as much as there are bars after them; one before it computes all anew."""
        return self._calculation.cheap_from()

    def merge(self, output: int, first: int, last: int, size: int) -> Bins:
        """Lowest and highest value of output number ``output`` in each bin of ``size`` bars.

        The bins are those that touch the bars ``first`` to ``last`` - 1, and count from bar 0. As long as they are
        few it is quick however many bars they hold, but for the first time, and after changes far back.
        """
        return self._merged[output].bins(self._values[output, : self._count], first, last, size)

    def update(self, bars: Bars, first: int) -> int:
        """Bring the values up to date: ``bars`` were changed or appended, or are fewer, from index ``first`` on.

        Returns the index of the first bar whose values may have changed.
        """
        count = len(bars)
        first = min(first, self._count, max(count - 1, 0))
        if count > self._values.shape[1]:
            room = np.empty((len(self._values), count + max(64, count // 4)))
            room[:, : self._count] = self._values[:, : self._count]
            self._values = room
        self._count = count
        begin = self._calculation.update(bars, first, self._values) if count else 0
        for merged in self._merged:
            merged.forget(begin)
        return begin


def compute(
    bars: BarSeries, settings: Settings, interval: Interval = Interval.M1, trading: Trading = sessions
) -> tuple[Floats, ...]:
    """The outputs of an indicator, in one go: arrays of float64 as long as ``bars``, NaN where there is no value."""
    return IndicatorSeries(settings, bars, interval, trading).outputs


def _calculation(settings: Settings, interval: Interval, trading: Trading) -> Calculation:
    if not settings.description.own:
        return Streamed(settings)
    if settings.description.pane is Pane.BESIDE:
        raise BadData(f"{settings.description.title} has no value for each bar.")
    if settings.name == "VWAP_ANCHORED":
        return AnchoredVwap(settings)
    return (SessionVwap if settings.name == "VWAP" else PriorLevels)(settings, interval, trading)


class _Given:
    """An array of bars, as the calculations read them."""

    def __init__(self, bars: BarSeries) -> None:
        self._bars = bars

    def __len__(self) -> int:
        return len(self._bars)

    def rows(self, first: int = 0, last: int | None = None) -> BarSeries:
        return self._bars[first:last]

    def place(self, start_ms: int) -> int:
        return int(np.searchsorted(self._bars["start"], start_ms))
