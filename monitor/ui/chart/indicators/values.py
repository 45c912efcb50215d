"""One output of an indicator, a value a bar, merged into the same bins as the bars: lowest, highest and last of each.

Wide bins are read from blocks of 16 values that were merged before, those from blocks of 256, and so on, so that a
million values cost no more than a thousand.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitor.ui.chart.series import BLOCK

Floats = npt.NDArray[np.float64]
#: Bins are read from blocks when they hold at least this many of them, as with bars.
_BLOCKS_A_BIN = 8


@dataclass(frozen=True, slots=True)
class Extent:
    """What each bin holds; NaN where there is no value."""

    low: Floats
    high: Floats
    last: Floats

    def __len__(self) -> int:
        return len(self.last)


class Values:
    """Values that grow at the end; ``put`` replaces from a bar on, ``merge`` reads."""

    def __init__(self, values: Floats) -> None:
        self._low = self._high = self._last = values
        self._count = len(values)
        self._blocks: Values | None = None

    @classmethod
    def _of(cls, extent: Extent) -> "Values":
        made = cls(extent.last)
        made._low, made._high = extent.low, extent.high
        return made

    def __len__(self) -> int:
        return self._count

    def at(self, index: int) -> float:
        """The value of a bar; NaN beyond the last."""
        return float(self._last[index]) if 0 <= index < self._count else math.nan

    def put(self, begin: int, tail: Floats) -> None:
        """Replace all values from ``begin`` on."""
        self._write(begin, Extent(tail, tail, tail))

    def _write(self, begin: int, tail: Extent) -> None:
        count = begin + len(tail)
        single = self._low is self._last
        if count > len(self._last):
            room = max(64, count // 4) + count - len(self._last)
            self._last = np.concatenate([self._last, np.full(room, np.nan)])
            self._low = self._last if single else np.concatenate([self._low, np.full(room, np.nan)])
            self._high = self._last if single else np.concatenate([self._high, np.full(room, np.nan)])
        self._last[begin:count] = tail.last
        if not single:
            self._low[begin:count], self._high[begin:count] = tail.low, tail.high
        self._count = count
        if self._blocks is not None:
            block = begin // BLOCK
            self._blocks._write(block, self._merge_here(block * BLOCK, count, BLOCK))

    def merge(self, first: int, last: int, size: int) -> Extent:
        """The bins of ``size`` values that touch ``first`` to ``last`` - 1; ``first`` is where a bin begins."""
        last = max(first, min(self._count, -(-last // size) * size))
        if size < BLOCK * _BLOCKS_A_BIN:
            return self._merge_here(first, last, size)
        if self._blocks is None:
            self._blocks = Values._of(self._merge_here(0, self._count, BLOCK))
        return self._blocks.merge(first // BLOCK, -(-last // BLOCK), size // BLOCK)

    def _merge_here(self, first: int, last: int, size: int) -> Extent:
        low, high, ends = self._low[first:last], self._high[first:last], self._last[first:last]
        if size == 1 or first == last:
            return Extent(low, high, ends)
        begin = np.arange(0, last - first, size)
        return Extent(
            np.fmin.reduceat(low, begin),
            np.fmax.reduceat(high, begin),
            ends[np.minimum(begin + size, last - first) - 1],
        )
