"""Merging of bars: extremes are kept, bins do not depend on what is in view, live bars find their place."""

from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ui.chart import series
from monitor.ui.chart.series import ChartBars, bin_size
from tests.support.bars import walk

LONG = walk(40_000)


@given(st.integers(0, 39_000), st.integers(1, 39_000), st.floats(0.01, 3000))
def test_merging_keeps_extremes_ends_and_volume(first: int, count: int, bars_per_pixel: float) -> None:
    bins = ChartBars(LONG).merge(first, first + count, bin_size(bars_per_pixel))
    part = LONG[bins.index[0] : bins.index[-1] + bins.size]
    assert bins.index[0] <= first
    assert bins.high.max() == part["high"].max()
    assert bins.low.min() == part["low"].min()
    assert bins.open[0] == part["open"][0]
    assert bins.close[-1] == part["close"][-1]
    assert bins.volume.sum() == pytest.approx(part["volume"].sum())


@given(st.floats(0.01, 3000), st.integers(0, 20_000), st.integers(1, 500))
def test_bins_stay_the_same_while_panning(bars_per_pixel: float, first: int, move: int) -> None:
    size = bin_size(bars_per_pixel)
    before, after = (ChartBars(LONG).merge(at, at + 15_000, size) for at in (first, first + move))
    shared, here, there = np.intersect1d(before.index, after.index, return_indices=True)
    assert len(shared) or size > 10_000
    for name in ("start", "open", "high", "low", "close", "volume"):
        assert np.array_equal(getattr(before, name)[here], getattr(after, name)[there])


@given(st.floats(0.001, 100_000))
def test_a_bin_is_at_least_a_pixel_wide_and_little_more(bars_per_pixel: float) -> None:
    size = bin_size(bars_per_pixel)
    assert size >= bars_per_pixel * (1 - 1e-6)
    assert size <= max(1, np.ceil(bars_per_pixel)) * 1.125


def test_the_work_of_merging_does_not_grow_with_the_bars() -> None:
    bars = ChartBars(LONG)
    assert len(bars.merge(0, 40_000, bin_size(400))) == 100
    assert len(bars.merge(0, 40_000, bin_size(4000))) == 10


def test_bars_made_ready_have_nothing_left_to_merge(monkeypatch: pytest.MonkeyPatch) -> None:
    ready, fresh = ChartBars(LONG).ready(), ChartBars(LONG)
    expected = {size: ChartBars(LONG).merge(0, 40_000, size) for size in (1, 128, 4_096)}
    monkeypatch.setattr(series, "_as_rows", Mock(side_effect=AssertionError("merged again")))
    for size, bins in expected.items():
        assert np.array_equal(ready.merge(0, 40_000, size).high, bins.high)
    with pytest.raises(AssertionError, match="merged again"):
        fresh.merge(0, 40_000, 128)


@given(st.integers(1, 700), st.lists(st.tuples(st.integers(0, 720), st.floats(1, 500)), max_size=30))
def test_put_agrees_with_merging_anew(count: int, changes: list[tuple[int, float]]) -> None:
    bars = ChartBars(walk(count)).ready()
    expected = {int(row["start"]): row.copy() for row in walk(count)}
    for minute, close in changes:
        row = walk(721)[minute : minute + 1]
        row["close"], row["high"] = close, max(close, float(row["high"][0]))
        bars.put(row)
        expected[int(row["start"][0])] = row[0]
    fresh = np.array([expected[start] for start in sorted(expected)], walk(1).dtype)
    assert np.array_equal(bars.rows(), fresh)
    for size in (1, 7, 128):
        grown, anew = bars.merge(0, len(bars), size), ChartBars(fresh).merge(0, len(fresh), size)
        assert np.array_equal(grown.high, anew.high)
        assert np.array_equal(grown.close, anew.close)
        assert np.allclose(grown.volume, anew.volume)


def test_put_tells_a_tick_from_a_new_bar() -> None:
    rows = walk(11)
    bars = ChartBars(rows[:10].copy())
    tick = rows[9:10].copy()
    tick["close"] += 0.01
    assert bars.put(tick) == len(bars) - 1
    assert bars.put(rows[3:4]) is None
    assert bars.put(rows[10:]) == 10
    assert bars.put(rows[3:4].copy()) is None
    corrected = rows[3:4].copy()
    corrected["volume"] += 1
    assert bars.put(corrected) == 3
