"""Plausible series of bars for the chart's tests."""

import numpy as np

from monitor.market.bar import BAR_DTYPE, BarSeries
from tests.support.ports import open_day


def walk(count: int, seed: int = 1, start: int | None = None) -> BarSeries:
    """A random walk of ``count`` minute bars, one after the other."""
    random = np.random.default_rng(abs(seed))
    bars = np.zeros(count, BAR_DTYPE)
    bars["start"] = (open_day() if start is None else start) + np.arange(count) * 60_000
    bars["close"] = 100 + np.cumsum(random.normal(0, 0.1, count))
    bars["open"] = np.r_[100.0, bars["close"][:-1]][:count]
    bars["high"] = np.maximum(bars["open"], bars["close"]) + 0.05
    bars["low"] = np.minimum(bars["open"], bars["close"]) - 0.05
    bars["volume"] = random.integers(1, 1000, count)
    return bars
