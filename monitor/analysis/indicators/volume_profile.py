"""Volume by price of a range of bars: rows of equal height, the point of control and the value area.

A bar's volume is spread evenly from its low to its high, and counts as rising where it did not close below its open.
Rows lie at multiples of a round step, so that they keep their places while a chart is panned.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from monitor.analysis.indicators.calculation import Bars
from monitor.analysis.indicators.settings import Settings
from monitor.analysis.indicators.source import Floats
from monitor.market.bar import BarSeries

#: Bars whose rows are kept together, so that a long range is a sum of blocks.
BLOCK = 4096
_STEPS = (1, 2, 2.5, 5, 10)
#: Of how many steps the blocks' rows are kept: those of the zoom that is shown, and the last ones.
_KEPT_STEPS = 4


class Profile(Struct, frozen=True):
    """Rows from low to high prices: row n reaches from ``low + n * step`` to ``low + (n + 1) * step``.

    ``control`` is the row with most volume. The value area, rows ``area[0]`` to ``area[1]``, both included, grows
    from there to the neighbour with more volume until it holds its share. Without volume there are no rows.
    """

    low: float
    step: float
    up: Floats
    down: Floats
    control: int
    area: tuple[int, int]

    def __len__(self) -> int:
        return len(self.up)

    @property
    def total(self) -> Floats:
        """Volume of each row."""
        return self.up + self.down

    def middle(self, row: int) -> float:
        """The price in the middle of a row."""
        return self.low + (row + 0.5) * self.step


class _Rows(NamedTuple):
    """Volume by row of some bars: ``first`` is the number of the lowest row, counted in steps from price 0."""

    first: int
    volumes: Floats  # two rows: of rising bars, of falling ones


class VolumeProfile:
    """The profile of any range of a chart's bars; remembers blocks of bars that it has looked at."""

    def __init__(self, settings: Settings) -> None:
        values = settings.values
        self._most, self._share = int(values["rows"]), float(values["area"]) / 100
        self._extremes: dict[int, tuple[float, float]] = {}
        self._blocks: dict[float, dict[int, _Rows]] = {}

    def forget(self, first: int) -> None:
        """The bars from index ``first`` on have changed, or were appended."""
        for block in [block for block in self._extremes if (block + 1) * BLOCK > first]:
            del self._extremes[block]
            for kept in self._blocks.values():
                kept.pop(block, None)

    def of(self, bars: Bars, first: int, last: int) -> Profile:
        """The profile of the bars ``first`` to ``last`` - 1."""
        first, last = max(first, 0), min(last, len(bars))
        begin, end = -(-first // BLOCK), last // BLOCK
        if end - begin < 1:
            rows = bars.rows(first, max(first, last))
            edges, blocks = [rows], range(0)
        else:
            edges, blocks = [bars.rows(first, begin * BLOCK), bars.rows(end * BLOCK, last)], range(begin, end)
        edges = [rows for rows in edges if len(rows)]
        extremes = [*map(_extremes, edges), *(self._extremes_of(bars, block) for block in blocks)]
        if not extremes:
            return _EMPTY
        low, high = min(low for low, _ in extremes), max(high for _, high in extremes)
        step = round_step((high - low) / self._most)
        parts = [_spread(rows, step) for rows in edges] + self._rows_of(bars, blocks, step)
        return _profile(parts, step, self._share)

    def _extremes_of(self, bars: Bars, block: int) -> tuple[float, float]:
        if block not in self._extremes:
            self._extremes[block] = _extremes(_block(bars, block))
        return self._extremes[block]

    def _rows_of(self, bars: Bars, blocks: range, step: float) -> list[_Rows]:
        if not blocks:
            return []
        kept = self._blocks.pop(step, {})
        self._blocks[step] = kept  # the last used is the last to go
        while len(self._blocks) > _KEPT_STEPS:
            del self._blocks[next(iter(self._blocks))]
        for block in blocks:
            if block not in kept:
                kept[block] = _spread(_block(bars, block), step)
        return [kept[block] for block in blocks]


def profile(bars: BarSeries, settings: Settings) -> Profile:
    """The profile of all ``bars``, in one go."""
    if len(bars) == 0:
        return _EMPTY
    low, high = _extremes(bars)
    values = settings.values
    step = round_step((high - low) / int(values["rows"]))
    return _profile([_spread(bars, step)], step, float(values["area"]) / 100)


def round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 by a power of ten that is ``least`` or more; a cent where that is nothing."""
    if least <= 0:
        return 0.01
    exponent = math.floor(math.log10(least))
    return next(step for factor in _STEPS if (step := float(f"{factor}e{exponent}")) >= least * (1 - 1e-9))


def _block(bars: Bars, block: int) -> BarSeries:
    return bars.rows(block * BLOCK, (block + 1) * BLOCK)


def _extremes(rows: BarSeries) -> tuple[float, float]:
    return float(rows["low"].min()), float(rows["high"].max())


def _spread(rows: BarSeries, step: float) -> _Rows:
    """The volume of the bars by row: a part in the rows of low and high, the same in each between them."""
    low, high, volume = rows["low"], rows["high"], rows["volume"]
    lowest = np.floor(low / step + 1e-9).astype(np.int64)
    highest = np.floor(high / step + 1e-9).astype(np.int64)
    first = int(lowest.min())
    count = int(highest.max()) - first + 1
    height = high - low
    whole = lowest == highest
    with np.errstate(divide="ignore", invalid="ignore"):
        density = np.where(whole, 0.0, volume / height)
    side = np.where(rows["close"] < rows["open"], count + 1, 0) - first  # falling ones lie behind the rising ones
    bottom, top = lowest + side, highest + side

    def summed(places: npt.NDArray[np.int64], weights: Floats) -> Floats:
        sums = np.bincount(places, weights, 2 * (count + 1)).astype(np.float64, copy=False)
        return sums.reshape(2, count + 1)

    full = density * step
    between = np.cumsum(summed(bottom + 1, full) - summed(top, full), axis=1)
    bottoms = np.where(whole, volume, ((lowest + 1) * step - low) * density)
    tops = (high - highest * step) * density
    volumes = between + summed(bottom, bottoms) + summed(top, tops)
    return _Rows(first, np.maximum(volumes[:, :count], 0))


def _profile(parts: list[_Rows], step: float, share: float) -> Profile:
    first = min(part.first for part in parts)
    count = max(part.first + part.volumes.shape[1] for part in parts) - first
    volumes = np.zeros((2, count))
    for part in parts:
        begin = part.first - first
        volumes[:, begin : begin + part.volumes.shape[1]] += part.volumes
    total = volumes.sum(axis=0)
    if not total.any():
        return _EMPTY
    control = int(np.argmax(total))
    return Profile(first * step, step, volumes[0], volumes[1], control, _area(total.tolist(), control, share))


def _area(total: list[float], control: int, share: float) -> tuple[int, int]:
    wanted = sum(total) * share
    low = high = control
    held = total[control]
    while held < wanted and (low > 0 or high < len(total) - 1):
        below = total[low - 1] if low > 0 else -1.0
        above = total[high + 1] if high < len(total) - 1 else -1.0
        if above >= below:
            high += 1
        else:
            low -= 1
        held += max(above, below)
    return low, high


_EMPTY = Profile(0.0, 0.01, np.zeros(0), np.zeros(0), 0, (0, 0))
