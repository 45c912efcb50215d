"""What of a bar an indicator is computed from."""

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from monitor.market.bar import BarSeries

Floats = npt.NDArray[np.float64]


class Source(StrEnum):
    """A column of the bars, or a mean of some."""

    OPEN = "open"
    HIGH = "high"
    LOW = "low"
    CLOSE = "close"
    HL2 = "hl2"
    HLC3 = "hlc3"
    OHLC4 = "ohlc4"
    VOLUME = "volume"

    @property
    def label(self) -> str:
        """As people read it: Close, (high + low) / 2."""
        return _TITLES.get(self, self.value.capitalize())

    def of(self, bars: BarSeries) -> Floats:
        """The values of the bars, contiguous, as float64."""
        mean = _MEANS.get(self)
        if mean is None:
            return np.ascontiguousarray(bars[self.value])
        total = bars[mean[0]].copy()
        for name in mean[1:]:
            total += bars[name]
        total /= len(mean)
        return total


_MEANS = {
    Source.HL2: ("high", "low"),
    Source.HLC3: ("high", "low", "close"),
    Source.OHLC4: ("open", "high", "low", "close"),
}
_TITLES = {
    Source.HL2: "(high + low) / 2",
    Source.HLC3: "(high + low + close) / 3",
    Source.OHLC4: "(open + high + low + close) / 4",
}
