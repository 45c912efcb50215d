"""The lowest and highest value of many bars at a time, for bars that share a column of pixels.

Merging costs the same for a thousand bars and for millions: wide bins are read from blocks of 16 bars that were merged
before, those from blocks of 256, and so on.
"""

from typing import NamedTuple

import numpy as np

from monitor.analysis.indicators.source import Floats

BLOCK = 16
#: Bins are read from blocks when they hold at least this many of them, as the chart's bins of bars are.
_BLOCKS_A_BIN = 8


class Bins(NamedTuple):
    """Merged values: bin n holds the bars from ``first + n * size`` on; NaN where none of them has a value."""

    first: int
    size: int
    low: Floats
    high: Floats


class Merged:
    """The blocks of one output, made when they are first needed and kept while their bars stay as they are."""

    def __init__(self) -> None:
        #: By level: lows and highs of the blocks, and how many of them are as their values are.
        self._levels: list[Floats] = []
        self._valid: list[int] = []

    def forget(self, first: int) -> None:
        """The values from index ``first`` on have changed, or were appended."""
        for level, valid in enumerate(self._valid):
            first //= BLOCK
            self._valid[level] = min(valid, first)

    def bins(self, values: Floats, first: int, last: int, size: int) -> Bins:
        """The bins of ``size`` values that touch ``first`` to ``last`` - 1; they count from value 0."""
        first = max(0, first) // size * size
        last = max(first, min(len(values), -(-last // size) * size))
        level, unit = 0, 1
        while size % (unit * BLOCK) == 0 and size >= unit * BLOCK * _BLOCKS_A_BIN:
            level, unit = level + 1, unit * BLOCK
        if level == 0:
            return Bins(first, size, *_reduced(values[first:last], values[first:last], size))
        low, high = self._blocks(values, level)
        rows = slice(first // unit, -(-last // unit))
        return Bins(first, size, *_reduced(low[rows], high[rows], size // unit))

    def _blocks(self, values: Floats, level: int) -> tuple[Floats, Floats]:
        """Lows and highs of the blocks of ``BLOCK ** level`` values, the last of which may be a part."""
        low, high = (values, values) if level == 1 else self._blocks(values, level - 1)
        count = -(-len(low) // BLOCK)
        if len(self._levels) < level:
            self._levels.append(np.empty((2, 0)))
            self._valid.append(0)
        blocks, valid = self._levels[level - 1], min(self._valid[level - 1], count)
        if count > blocks.shape[1]:
            room = np.empty((2, count + count // 4))
            room[:, :valid] = blocks[:, :valid]
            self._levels[level - 1] = blocks = room
        begin = valid * BLOCK
        blocks[0, valid:count], blocks[1, valid:count] = _reduced(low[begin:], high[begin:], BLOCK)
        self._valid[level - 1] = count
        return blocks[0, :count], blocks[1, :count]


def _reduced(low: Floats, high: Floats, size: int) -> tuple[Floats, Floats]:
    if size == 1 or len(low) == 0:
        return low, high
    begins = np.arange(0, len(low), size)
    return np.fmin.reduceat(low, begins), np.fmax.reduceat(high, begins)
