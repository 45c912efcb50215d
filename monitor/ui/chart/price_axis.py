"""The price axis: where prices are in the plot, automatically or by hand, and its round ticks."""

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

#: Room for the legend above, and for volume below, when the scale fits itself.
LEGEND_PX = 34
VOLUME_SHARE = 0.2
_TICK_PX = 46


class PriceScale:
    """Maps prices to pixels from the plot's top; fits the visible bars unless a range is set by hand."""

    def __init__(self) -> None:
        self.height = 1
        self.low = 0.0
        self.high = 1.0
        self.automatic = True

    def fit(self, low: float, high: float) -> None:
        """Show ``low`` to ``high``, unless the person has set the range."""
        if not self.automatic:
            return
        room = max((high - low) * 0.02, abs(high) * 1e-4, 1e-6)
        self.low, self.high = low - room, high + room

    def holds(self, low: float, high: float) -> bool:
        """Whether these prices need no new fit."""
        return not self.automatic or (low >= self.low and high <= self.high)

    @property
    def _top(self) -> float:
        return min(LEGEND_PX, self.height * 0.2)

    @property
    def _band(self) -> float:
        """Pixels between the highest and the lowest price."""
        return max(1.0, self.height * (0.97 - VOLUME_SHARE) - self._top)

    def y(self, price: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Pixels from the plot's top, kept within what a painter can take."""
        y = self._top + (self.high - np.asarray(price, float)) * (self._band / (self.high - self.low))
        return np.rint(np.clip(y, -20_000, 20_000)).astype(np.int64)

    def price(self, y: float) -> float:
        """The price at ``y`` pixels from the plot's top."""
        return self.high - (y - self._top) * (self.high - self.low) / self._band

    def stretch(self, factor: float) -> None:
        """Show ``factor`` times the range of prices about its middle, by hand from now on."""
        self.automatic = False
        middle, half = (self.high + self.low) / 2, (self.high - self.low) / 2 * factor
        size = max(abs(middle), 1.0)
        half = min(max(half, size * 1e-6), size * 100)
        self.low, self.high = middle - half, middle + half

    def shift(self, pixels: float) -> None:
        """Move a range that was set by hand down by ``pixels``."""
        if not self.automatic:
            move = pixels * (self.high - self.low) / self._band
            self.low, self.high = self.low + move, self.high + move

    def ticks(self) -> list[float]:
        """Round prices from the bottom of the plot to its top, at least 46 pixels apart."""
        bottom, top = self.price(self.height), self.price(0)
        least = 0.01 if abs(top) >= 1 else 0.0001
        step = round_step((top - bottom) * _TICK_PX / max(1, self.height), least)
        return [n * step for n in range(math.ceil(bottom / step), math.floor(top / step) + 1)]


def round_step(least: float, smallest: float) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below ``least``, a multiple of ``smallest``."""
    least = max(least, smallest)
    power = 10.0 ** math.floor(math.log10(least))
    steps: Iterable[float] = (1, 2, 2.5, 5, 10) if power >= smallest * 10 else (1, 2, 5, 10)
    return next(step * power for step in steps if step * power >= least * (1 - 1e-9))
