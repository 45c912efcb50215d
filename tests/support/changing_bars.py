"""Bars of many characters, and a series of them that changes as a chart's does."""

import numpy as np

from monitor.market.bar import BAR_DTYPE, BarSeries
from tests.support.bars import walk

#: Characters of a series: prices on a grid repeat, flat ones never move, thin ones have bars without volume.
KINDS = ("walk", "grid", "flat", "thin", "cheap", "jumps")


def bars_of(kind: str, count: int, seed: int) -> BarSeries:
    """``count`` minute bars of that character, the same for the same seed."""
    random, bars = np.random.default_rng(seed), walk(count, seed)
    if count == 0 or kind == "walk":
        return bars
    if kind == "flat":
        bars["open"] = bars["high"] = bars["low"] = bars["close"] = 100.0
    elif kind == "grid":
        bars["close"] = 100 + np.cumsum(random.integers(-1, 2, count)) * 0.01
        bars["open"] = np.r_[100.0, bars["close"][:-1]]
        bars["high"] = np.maximum(bars["open"], bars["close"]) + random.integers(0, 3, count) * 0.01
        bars["low"] = np.minimum(bars["open"], bars["close"]) - random.integers(0, 3, count) * 0.01
    elif kind == "cheap":
        for name in ("open", "high", "low", "close"):
            bars[name] /= 10_000
    elif kind == "jumps":
        jumps = np.where(random.random(count) < 0.05, random.normal(0, 20, count), 0).cumsum().clip(-40, None)
        for name in ("open", "high", "low", "close"):
            bars[name] += jumps
    if kind in ("flat", "thin"):
        bars["volume"] = np.where(random.random(count) < 0.5, 0, bars["volume"])
    return bars


class ChangingBars:
    """Bars to be read by an indicator; counts how many it asks for."""

    def __init__(self, bars: BarSeries) -> None:
        self.bars = bars.copy()
        self.asked = 0

    def __len__(self) -> int:
        return len(self.bars)

    def rows(self, first: int = 0, last: int | None = None) -> BarSeries:
        part = self.bars[first:last].copy()
        self.asked += len(part)
        return part

    def place(self, start_ms: int) -> int:
        return int(np.searchsorted(self.bars["start"], start_ms))

    def append(self, bars: BarSeries) -> None:
        self.bars = np.concatenate([self.bars, bars])

    def revise(self, index: int, by: float) -> None:
        """Another close, which high and low follow, and another volume."""
        row = self.bars[index : index + 1]
        row["close"] += by
        row["high"], row["low"] = np.maximum(row["high"], row["close"]), np.minimum(row["low"], row["close"])
        row["volume"] += 100


def joined(bars: BarSeries, count: int, seed: int) -> BarSeries:
    """``count`` bars that follow."""
    start = int(bars["start"][-1]) + 60_000 if len(bars) else None
    following = walk(count, seed, start)
    if len(bars):
        for name in ("open", "high", "low", "close"):
            following[name] += bars["close"][-1] - 100
    return following.astype(BAR_DTYPE)
