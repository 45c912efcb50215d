"""Values merged into bins are the lowest and highest of each, however they have changed since the last time."""

import warnings

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.indicators import IndicatorSeries, Settings
from monitor.analysis.indicators.merged import Merged
from monitor.ui.chart.series import bin_size
from tests.support.changing_bars import ChangingBars, bars_of, joined
from tests.support.examples import examples


def plain(values: npt.NDArray[np.float64], first: int, last: int, size: int) -> list[tuple[float, float]]:
    """The bins by a loop."""
    found = []
    for begin in range(first // size * size, min(last, len(values)), size):
        part = values[begin : begin + size]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a bin without a value
            found.append((float(np.nanmin(part)), float(np.nanmax(part))))
    return found


SIZES = (1, 2, 7, 16, 128, 144, 256, 2048, 2304, 4096, bin_size(300), bin_size(5000))


@examples(25)
@given(st.data())
def test_bins(data: st.DataObject) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 999)))
    values = random.normal(0, 1, data.draw(st.integers(0, 20_000)))
    values[: data.draw(st.integers(0, 300))] = np.nan
    merged = Merged()
    for _ in range(data.draw(st.integers(1, 6))):
        size = data.draw(st.sampled_from(SIZES))
        first = data.draw(st.integers(0, 20_000))
        last = first + data.draw(st.integers(1, 20_000))
        bins = merged.bins(values, first, last, size)
        assert (bins.first, bins.size) == (first // size * size, size)
        np.testing.assert_array_equal(
            np.array([bins.low, bins.high]).T.reshape(-1, 2), np.array(plain(values, first, last, size)).reshape(-1, 2)
        )
        # The values change at the end: more of them, fewer, or others.
        begin = data.draw(st.integers(max(0, len(values) - 400), len(values)))
        values = np.r_[values[:begin], random.normal(0, 5, data.draw(st.sampled_from([0, 1, 50, 3_000])))]
        merged.forget(begin)


@pytest.mark.parametrize("size", [1, 128, 512])
def test_an_indicators_bins_follow_its_values(size: int) -> None:
    bars = ChangingBars(bars_of("walk", 3_000, 1))
    series = IndicatorSeries(Settings("BBANDS"), bars.bars)
    for change in range(40):
        first = len(bars)
        if change % 3:
            first -= 1 + change % 90
            bars.revise(first, 0.3)
        else:
            bars.append(joined(bars.bars, 1, change))
        series.update(bars, first)
        for number, values in enumerate(series.outputs):
            bins = series.merge(number, 2_000, len(bars), size)
            np.testing.assert_array_equal(np.array([bins.low, bins.high]).T, plain(values, 2_000, len(bars), size))
