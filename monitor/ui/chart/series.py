"""The bars of a chart: they grow at the end, and are merged into bins of one pixel column each.

Merging costs the same for a thousand bars and for ten million: wide bins are read from blocks of 16 bars that were
merged before, those from blocks of 256, and so on. Bins count from bar 0, so they stay the same while panning.
"""

import math
from bisect import bisect_left
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


def joined_bins(one: Bins, other: Bins) -> Bins:
    """Bins of the same size, one after the other."""
    if not len(one):
        return other
    return Bins(
        other.size,
        *(
            np.concatenate([getattr(one, name), getattr(other, name)])
            for name in ("index", "start", "open", "high", "low", "close", "volume")
        ),
    )


def bin_size(bars_per_pixel: float) -> int:
    """How many bars to merge so that a bin is at least a pixel wide, and at most an eighth wider."""
    size, unit = max(1, math.ceil(bars_per_pixel - 1e-9)), 1
    while size >= unit * BLOCK * _BLOCKS_A_BIN:
        unit *= BLOCK
    return -(-size // unit) * unit


class ChartBars:
    """A series of bars, ascending by start; ``put`` replaces or appends, ``merge`` reads.

    The rows given become its own without a copy, so that a chart of ten million bars opens at once. ``ready`` merges
    beforehand what the first look from afar would have to, which takes a fifth of a second of ten million.
    """

    def __init__(self, rows: BarSeries) -> None:
        self._load(rows)

    def _load(self, rows: BarSeries) -> None:
        self._count = len(rows)
        self._rows = rows
        self._blocks: ChartBars | None = None

    def __len__(self) -> int:
        return self._count

    def ready(self) -> "ChartBars":
        """Merge every block there is; itself. May be done on another thread, before anybody else has it."""
        if self._count > BLOCK * _BLOCKS_A_BIN:
            self._merged_blocks().ready()
        return self

    def _merged_blocks(self) -> "ChartBars":
        if self._blocks is None:
            self._blocks = ChartBars(_as_rows(self._merge_here(0, self._count, BLOCK)))
        return self._blocks

    @property
    def start(self) -> Ints:
        """The start of every bar, ms UTC."""
        return self._rows["start"][: self._count]

    @property
    def close(self) -> Floats:
        """The close of every bar."""
        return self._rows["close"][: self._count]

    def rows(self, first: int = 0, last: int | None = None) -> BarSeries:
        """The bars from index ``first`` up to but without ``last``; a copy."""
        last = self._count if last is None else min(last, self._count)
        return self._rows[first:last].copy()

    def place(self, start_ms: int) -> int:
        """Index of the first bar that starts at ``start_ms`` or later."""
        return bisect_left(self._rows["start"], start_ms, 0, self._count)

    def put(self, rows: BarSeries) -> int | None:
        """Replace the bars that have the same start, append the newer ones; older unknown ones find their place.

        The index of the first bar that has changed; None when all were here as they are.
        """
        if len(rows) == 0:
            return None
        begin = self.place(rows["start"][0])
        here = self._rows[begin : self._count]
        places = np.searchsorted(here["start"], rows["start"])
        known = np.flatnonzero(places < len(here))
        if np.any(here["start"][places[known]] != rows["start"][known]):
            self._load(join(self.rows(), rows))
            return begin
        revised = known[_as_bits(here[places[known]]) != _as_bits(rows[known])]
        new = np.flatnonzero(places == len(here))
        for number in revised:
            self._write(begin + int(places[number]), rows[number])
        count = self._count
        for number in new:
            self._write(self._count, rows[number])
        first = begin + int(places[revised].min()) if len(revised) else count
        return first if len(revised) or len(new) else None

    def _write(self, index: int, row: np.void) -> None:
        """Put the bar at ``index``, which may be one past the end."""
        if index == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros(max(64, self._count // 4), BAR_DTYPE)])
        self._rows[index] = row
        self._count = max(self._count, index + 1)
        if self._blocks is not None:
            block = index // BLOCK * BLOCK
            self._blocks.put(_as_rows(self._merge_here(block, min(block + BLOCK, self._count), BLOCK)))

    def merge(self, first: int, last: int, size: int) -> Bins:
        """The bins of ``size`` bars (a result of ``bin_size``) that touch the bars ``first`` to ``last`` - 1."""
        first = max(0, first) // size * size
        last = max(first, min(self._count, -(-last // size) * size))
        if size < BLOCK * _BLOCKS_A_BIN:
            return self._merge_here(first, last, size)
        bins = self._merged_blocks().merge(first // BLOCK, -(-last // BLOCK), size // BLOCK)
        return replace(bins, size=size, index=bins.index * BLOCK)

    def _merge_here(self, first: int, last: int, size: int) -> Bins:
        part, index = self._rows[first:last], np.arange(first, last, size)
        if size == 1 or first == last:
            return Bins(size, index, *(part[name] for name in BAR_DTYPE.names or ()))
        begin = index - first
        return Bins(
            size,
            index,
            part["start"][begin],
            part["open"][begin],
            np.maximum.reduceat(part["high"], begin),
            np.minimum.reduceat(part["low"], begin),
            part["close"][np.minimum(begin + size, last - first) - 1],
            np.add.reduceat(part["volume"], begin),
        )


def _as_bits(rows: BarSeries) -> npt.NDArray[np.void]:
    """Rows that compare in one step, as numpy's rows of named columns do not."""
    return np.ascontiguousarray(rows).view(f"V{BAR_DTYPE.itemsize}")


def _as_rows(bins: Bins) -> BarSeries:
    rows = np.empty(len(bins), BAR_DTYPE)
    for name in BAR_DTYPE.names or ():
        rows[name] = getattr(bins, name)
    return rows
