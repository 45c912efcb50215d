"""Merged values: the lowest, highest and last of each bin, however they came."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.ui.chart.indicators.values import Values
from monitor.ui.chart.series import bin_size

Puts = list[tuple[int, int]]


def plain(values: np.ndarray, first: int, size: int) -> list[tuple[float, float, float]]:
    found = []
    for begin in range(first, len(values), size):
        part = values[begin : begin + size]
        known = part[~np.isnan(part)]
        low, high = (known.min(), known.max()) if len(known) else (np.nan, np.nan)
        found.append((low, high, part[-1]))
    return found


@given(
    count=st.integers(0, 6_000),
    empty=st.integers(0, 400),
    puts=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 50)), max_size=6),
    bars_a_pixel=st.floats(0.1, 900),
    first=st.integers(0, 6_000),
)
@settings(deadline=None)
def test_bins_are_what_the_values_say(count: int, empty: int, puts: Puts, bars_a_pixel: float, first: int) -> None:
    rng = np.random.default_rng(count)
    expected = rng.normal(size=count)
    expected[:empty] = np.nan
    values, size = Values(expected.copy()), bin_size(bars_a_pixel)
    values.merge(0, count, size)  # so that there are blocks to keep in step
    for back, length in puts:
        begin, tail = max(0, len(expected) - back), rng.normal(size=length)
        expected = np.concatenate([expected[:begin], tail])
        values.put(begin, tail)
    first = min(first, len(expected)) // size * size
    found = values.merge(first, len(expected), size)
    told = np.column_stack([found.low, found.high, found.last])
    assert np.array_equal(told, np.array(plain(expected, first, size)).reshape(-1, 3), equal_nan=True)
    assert len(values) == len(expected)
