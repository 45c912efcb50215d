"""Bars as contiguous columns that grow at the end, and merged into bins for one pixel column each.

Merging costs the same for a thousand bars and for ten million: wide bins are read from blocks of 16 bars that were
merged before, those from blocks of 256, and so on. Bins count from bar 0, so they stay the same while panning.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from monitor.analysis.bars import join
from monitor.market.bar import BAR_DTYPE, BarSeries

BLOCK = 16
#: Bins are read from blocks when they hold at least this many of them; less would make bins visibly too wide.
_BLOCKS_A_BIN = 8

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bins:
    """Merged bars: ``index`` is the first bar of each bin, ``size`` how many it holds (the last may hold less)."""

    size: int
    index: Ints
    start: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        return len(self.index)

    def part(self, rows: slice) -> "Bins":
        """Some of the bins."""
        return Bins(
            self.size,
            self.index[rows],
            self.start[rows],
            self.open[rows],
            self.high[rows],
            self.low[rows],
            self.close[rows],
            self.volume[rows],
        )


def bin_size(bars_per_pixel: float) -> int:
    """How many bars to merge so that a bin is at least a pixel wide, and at most an eighth wider."""
    size, unit = max(1, math.ceil(bars_per_pixel - 1e-9)), 1
    while size >= unit * BLOCK * _BLOCKS_A_BIN:
        unit *= BLOCK
    return -(-size // unit) * unit


class BarColumns:
    """A series of bars, ascending by start; ``put`` replaces or appends, ``merge`` reads."""

    def __init__(self, rows: BarSeries) -> None:
        self._load(rows)

    def _load(self, rows: BarSeries) -> None:
        self._count = len(rows)
        self._columns = {name: np.ascontiguousarray(rows[name]) for name in BAR_DTYPE.names or ()}
        self._blocks: BarColumns | None = None

    def __len__(self) -> int:
        return self._count

    @property
    def start(self) -> Ints:
        """The start of every bar, ms UTC."""
        return self._columns["start"][: self._count]

    def rows(self, first: int = 0, last: int | None = None) -> BarSeries:
        """The bars from index ``first`` up to but without ``last``, as BAR_DTYPE rows."""
        last = self._count if last is None else min(last, self._count)
        result = np.empty(max(0, last - first), BAR_DTYPE)
        for name, column in self._columns.items():
            result[name] = column[first:last]
        return result

    def put(self, rows: BarSeries) -> bool:
        """Replace the bars that have the same start, append the newer ones; older unknown ones find their place.

        True when more has changed than the figures of the last bar.
        """
        moved = False
        for row in rows:
            index = int(np.searchsorted(self.start, row["start"]))
            if index == self._count:
                self._append(row)
                moved = True
            elif self.start[index] != row["start"]:
                self._load(join(self.rows(), rows))
                return True
            elif any(column[index] != row[name] for name, column in self._columns.items()):
                moved = moved or index < self._count - 1
                self._write(index, row)
        return moved

    def _append(self, row: np.void) -> None:
        if self._count == len(self._columns["start"]):
            room = max(64, self._count // 4)
            for name, column in self._columns.items():
                self._columns[name] = np.concatenate([column, np.zeros(room, column.dtype)])
        self._count += 1
        self._write(self._count - 1, row)

    def _write(self, index: int, row: np.void) -> None:
        for name, column in self._columns.items():
            column[index] = row[name]
        if self._blocks is not None:
            block = index // BLOCK * BLOCK
            self._blocks.put(_as_rows(self._merge_here(block, min(block + BLOCK, self._count), BLOCK)))

    def merge(self, first: int, last: int, size: int) -> Bins:
        """The bins of ``size`` bars (a result of ``bin_size``) that touch the bars ``first`` to ``last`` - 1."""
        first = max(0, first) // size * size
        last = max(first, min(self._count, -(-last // size) * size))
        if size < BLOCK * _BLOCKS_A_BIN:
            return self._merge_here(first, last, size)
        if self._blocks is None:
            self._blocks = BarColumns(_as_rows(self._merge_here(0, self._count, BLOCK)))
        bins = self._blocks.merge(first // BLOCK, -(-last // BLOCK), size // BLOCK)
        return replace(bins, size=size, index=bins.index * BLOCK)

    def _merge_here(self, first: int, last: int, size: int) -> Bins:
        start, opened, high, low, close, volume = (column[first:last] for column in self._columns.values())
        index = np.arange(first, last, size)
        if size == 1 or first == last:
            return Bins(size, index, start, opened, high, low, close, volume)
        begin = index - first
        return Bins(
            size,
            index,
            start[begin],
            opened[begin],
            np.maximum.reduceat(high, begin),
            np.minimum.reduceat(low, begin),
            close[np.minimum(begin + size, last - first) - 1],
            np.add.reduceat(volume, begin),
        )


def _as_rows(bins: Bins) -> BarSeries:
    rows = np.empty(len(bins), BAR_DTYPE)
    for name in BAR_DTYPE.names or ():
        rows[name] = getattr(bins, name)
    return rows
