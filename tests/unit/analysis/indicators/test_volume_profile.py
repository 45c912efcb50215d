"""The volume profile equals a plain loop over bars and rows, however the range is put together from blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.analysis.indicators import Settings, VolumeProfile, profile
from monitor.analysis.indicators.volume_profile import BLOCK, Profile, round_step
from monitor.market.bar import BAR_DTYPE, BarSeries
from tests.support.changing_bars import KINDS, ChangingBars, bars_of

WANTED = Settings("VOLUME_PROFILE", {"rows": 24})


def plain(bars: BarSeries, found: Profile) -> list[tuple[float, float]]:
    """Rising and falling volume of each of the rows found, bar by bar and row by row."""
    rows = [[0.0, 0.0] for _ in range(len(found))]
    for _, open_, high, low, close, volume in bars.tolist():
        for number in range(len(rows)):
            bottom = found.low + number * found.step
            top = bottom + found.step
            if high == low:
                part = 1.0 if bottom - 1e-9 <= low < top - 1e-9 else 0.0
            else:
                part = max(0.0, min(high, top) - max(low, bottom)) / (high - low)
            rows[number][close < open_] += volume * part
    return [(up, down) for up, down in rows]


def assert_same(found: Profile, wanted: Profile) -> None:
    assert (len(found), found.low, found.step) == (len(wanted), wanted.low, wanted.step)
    scale = float(wanted.total.sum())
    np.testing.assert_allclose(found.up, wanted.up, rtol=1e-9, atol=1e-11 * scale)
    np.testing.assert_allclose(found.down, wanted.down, rtol=1e-9, atol=1e-11 * scale)


@settings(max_examples=60)
@given(st.sampled_from(KINDS), st.integers(1, 200), st.integers(0, 1000))
def test_rows(kind: str, count: int, seed: int) -> None:
    bars = bars_of(kind, count, seed)
    found = profile(bars, WANTED)
    if not bars["volume"].any():
        assert len(found) == 0
        return
    assert len(found) <= 24 + 2
    assert found.low <= bars["low"].min() + 1e-9
    assert found.low + len(found) * found.step >= bars["high"].max() - 1e-9
    np.testing.assert_allclose(
        np.array([found.up, found.down]).T, plain(bars, found), rtol=1e-6, atol=1e-6 * float(bars["volume"].sum())
    )
    assert float(found.total.sum()) == pytest.approx(float(bars["volume"].sum()))
    total = found.total
    assert total[found.control] == total.max()
    low, high = found.area
    assert low <= found.control <= high
    held = total[low : high + 1].sum()
    assert held >= total.sum() * 0.7 - 1e-6
    # Without the row that was taken last it would have been too little.
    if low < high:
        ends = [total[end] for end in (low, high) if end != found.control]
        assert held - max(ends) < total.sum() * 0.7 + 1e-6 or held - min(ends) < total.sum() * 0.7 + 1e-6


def test_value_area_grows_to_the_side_with_more() -> None:
    bars = np.zeros(7, BAR_DTYPE)
    bars["open"] = bars["high"] = bars["low"] = bars["close"] = [10, 11, 12, 13, 14, 15, 16]
    bars["volume"] = [5, 5, 30, 40, 10, 5, 5]
    found = profile(bars, Settings("VOLUME_PROFILE", {"rows": 6}))
    assert (found.step, found.low, found.control) == (1.0, 10.0, 3)
    assert found.area == (2, 3)
    assert found.middle(3) == 13.5
    assert profile(bars, Settings("VOLUME_PROFILE", {"rows": 6, "area": 75})).area == (2, 4)
    assert profile(bars, Settings("VOLUME_PROFILE", {"rows": 6, "area": 100})).area == (0, 6)


@pytest.mark.parametrize("kind", ["walk", "thin", "flat"])
def test_blocks_make_no_difference(kind: str) -> None:
    bars = ChangingBars(bars_of(kind, 4 * BLOCK + 500, 5))
    kept = VolumeProfile(WANTED)
    for first, last in (
        (0, len(bars)),
        (10, len(bars) - 10),
        (BLOCK, 3 * BLOCK),
        (BLOCK - 1, 2 * BLOCK + 1),
        (5, BLOCK),
        (100, 200),
        (BLOCK, BLOCK),
        (-5, 10**9),
    ):
        assert_same(kept.of(bars, first, last), profile(bars.bars[max(first, 0) : last], WANTED))


def test_changed_bars_are_looked_at_again_and_the_others_are_not() -> None:
    bars = ChangingBars(bars_of("walk", 5 * BLOCK + 500, 5))
    kept = VolumeProfile(WANTED)
    kept.of(bars, 0, len(bars))
    bars.revise(len(bars) - 1, 0.01)
    kept.forget(len(bars) - 1)
    bars.asked = 0
    assert_same(kept.of(bars, 0, len(bars)), profile(bars.bars, WANTED))
    assert bars.asked == 500
    bars.bars["volume"][3 * BLOCK + 7] += 1_000_000
    kept.forget(3 * BLOCK + 7)
    bars.asked = 0
    assert_same(kept.of(bars, 0, len(bars)), profile(bars.bars, WANTED))
    assert bars.asked <= 2 * 2 * BLOCK + 500  # two blocks, for their extremes and for their rows


def test_steps_are_round() -> None:
    assert [round_step(least) for least in (0.011, 0.02, 0.021, 0.3, 1, 7, 120, 0)] == [
        0.02,
        0.02,
        0.025,
        0.5,
        1,
        10,
        200,
        0.01,
    ]


def test_no_bars_have_no_rows() -> None:
    assert len(profile(np.zeros(0, BAR_DTYPE), WANTED)) == 0
    assert len(VolumeProfile(WANTED).of(ChangingBars(np.zeros(0, BAR_DTYPE)), 0, 10)) == 0
