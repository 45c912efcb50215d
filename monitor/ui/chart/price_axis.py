"""The price axis: where prices are in the plot, by themselves or by hand, and its round ticks."""

import math
from collections.abc import Iterable
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

#: Room for the legend above, and for volume below, when the scale fits itself.
LEGEND_PX = 34
VOLUME_SHARE = 0.2
_TICK_PX = 46
#: Where the highest price is so many times the lowest, a logarithmic axis has ticks at 1, 2 and 5 of each power.
_DECADES = 4.0


class Fit(StrEnum):
    """What the scale follows: all that is in view, that with the last price in the middle, or nothing."""

    ALL = "all"
    CENTRE = "centre"
    OFF = "off"


class PriceScale:
    """Maps prices to pixels from the plot's top; fits the visible bars unless a range is set by hand.

    ``logarithmic``, ``percent`` and ``inverted`` are as the person chose. Percent counts from ``base`` and changes the
    ticks and their words only.
    """

    def __init__(self, legend_px: int = LEGEND_PX, volume_share: float = VOLUME_SHARE) -> None:
        """Room is left for the legend above, and for a share of the height below."""
        self._legend_px, self._volume_share = legend_px, volume_share
        self.height = 1
        self.low = 0.0
        self.high = 1.0
        self.base = 0.0
        self.fitting = Fit.ALL
        self.logarithmic = self.percent = self.inverted = False

    @property
    def automatic(self) -> bool:
        """Whether the scale follows what is in view."""
        return self.fitting is not Fit.OFF

    def fit(self, low: float, high: float, last: float | None = None) -> None:
        """Show ``low`` to ``high``, and ``last`` in the middle if that is chosen, unless the person set the range."""
        if not self.automatic:
            return
        if self.fitting is Fit.CENTRE and last is not None:
            reach = max(high - last, last - low)
            low, high = last - reach, last + reach
        room = max((high - low) * 0.02, abs(high) * 1e-4, 1e-6)
        lowest = low / 2 if self.logarithmic and low > 0 else -math.inf
        self.low, self.high = max(low - room, lowest), high + room

    def holds(self, low: float, high: float) -> bool:
        """Whether these prices need no new fit."""
        return not self.automatic or (low >= self.low and high <= self.high)

    @property
    def _is_log(self) -> bool:
        """Prices that are not above zero have no logarithm: those are shown as they are."""
        return self.logarithmic and self.low > 0

    @property
    def _top(self) -> float:
        return min(self._legend_px, self.height * 0.3)

    @property
    def _band(self) -> float:
        """Pixels between the highest and the lowest price."""
        return max(1.0, self.height * (0.97 - self._volume_share) - self._top)

    @property
    def _ends(self) -> tuple[float, float]:
        """The lowest and the highest price as the axis counts, which is in powers when it is logarithmic."""
        return (math.log(self.low), math.log(self.high)) if self._is_log else (self.low, self.high)

    def y(self, price: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Pixels from the plot's top, kept within what a painter can take."""
        low, high = self._ends
        at = np.asarray(price, float)
        if self._is_log:
            at = np.log(np.maximum(at, 1e-12))
        share = (at - low) if self.inverted else (high - at)
        y = self._top + share * (self._band / (high - low))
        return np.rint(np.clip(y, -20_000, 20_000)).astype(np.int64)

    def price(self, y: float) -> float:
        """The price at ``y`` pixels from the plot's top."""
        low, high = self._ends
        share = (y - self._top) * (high - low) / self._band
        at = low + share if self.inverted else high - share
        return math.exp(min(at, 700.0)) if self._is_log else at

    def stretch(self, factor: float) -> None:
        """Show ``factor`` times the range of prices about its middle, by hand from now on."""
        self.fitting = Fit.OFF
        low, high = self._ends
        middle, half = (high + low) / 2, (high - low) / 2 * factor
        size = 1.0 if self._is_log else max(abs(middle), 1.0)
        half = min(max(half, size * 1e-6), size * (20 if self._is_log else 100))
        self._set_ends(middle - half, middle + half)

    def shift(self, pixels: float) -> None:
        """Move a range that was set by hand down by ``pixels``."""
        if not self.automatic:
            low, high = self._ends
            move = pixels * (high - low) / self._band * (-1 if self.inverted else 1)
            self._set_ends(low + move, high + move)

    def _set_ends(self, low: float, high: float) -> None:
        if self._is_log:
            low, high = math.exp(max(low, -300.0)), math.exp(min(high, 300.0))
        self.low, self.high = low, high

    # ---------------------------------------------------------------------------------------- ticks and words

    def ticks(self) -> list[float]:
        """Round prices, or prices at round percents, from the bottom of the plot to its top, some 46 pixels apart."""
        bottom, top = sorted((self.price(self.height), self.price(0)))
        if self.percent and self.base:
            lowest, highest = sorted((price / self.base - 1) * 100 for price in (bottom, top))
            return [self.base * (1 + share / 100) for share in self._round(lowest, highest, 0.01)]
        return self._round(bottom, top, 0.01 if abs(top) >= 1 else 0.0001)

    def words(self, price: float) -> str:
        """A price as the axis labels it."""
        if self.percent and self.base:
            return f"{(price / self.base - 1) * 100:+.2f} %".replace("-", "−")
        return f"{price:,.{2 if max(abs(self.high), abs(self.low)) >= 1 else 4}f}"

    def _round(self, bottom: float, top: float, least: float) -> list[float]:
        if self._is_log and not self.percent and top > bottom * _DECADES > 0:
            return _powers(bottom, top, _TICK_PX / max(1, self.height) * math.log10(top / bottom))
        step = round_step((top - bottom) * _TICK_PX / max(1, self.height), least)
        return [n * step for n in range(math.ceil(bottom / step), math.floor(top / step) + 1)]


def _powers(bottom: float, top: float, least: float) -> list[float]:
    """1, 2 and 5 of each power of ten, or fewer of them where they would stand closer than ``least`` powers."""
    digits = next((d for d in ((1, 2, 5), (1, 3), (1,)) if min(_gaps(d)) >= least), (1,))
    step = max(1, math.ceil(least))
    powers = range(math.floor(math.log10(bottom)) // step * step, math.ceil(math.log10(top)) + 1, step)
    return [d * 10.0**power for power in powers for d in digits if bottom <= d * 10.0**power <= top]


def _gaps(digits: tuple[int, ...]) -> list[float]:
    ends = (*digits, 10)
    return [math.log10(after / before) for before, after in pairwise(ends)]


def round_step(least: float, smallest: float) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below ``least``, a multiple of ``smallest``."""
    least = max(least, smallest)
    power = 10.0 ** math.floor(math.log10(least))
    steps: Iterable[float] = (1, 2, 2.5, 5, 10) if power >= smallest * 10 else (1, 2, 5, 10)
    return next(step * power for step in steps if step * power >= least * (1 - 1e-9))
