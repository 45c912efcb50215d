"""Packed minutes: every value comes back as it was, whatever it is, and a damaged blob is known for one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.market.bar import BAR_DTYPE, BarSeries
from monitor.store.minute_codec import MINUTE_MS, SOURCES, decode, encode

PRICE = st.one_of(
    st.integers(-(10**7), 10**7).map(lambda cents: cents / 100),
    st.integers(-(10**9), 10**9).map(lambda units: units / 10**6),
    st.integers(0, 10**6),
    st.floats(allow_nan=False, allow_infinity=False),
)
VOLUME = st.one_of(st.integers(0, 10**7), st.integers(0, 2**62), st.floats(0, 1e18))


@st.composite
def minutes(draw: st.DrawFn) -> BarSeries:
    steps = draw(st.lists(st.sampled_from([1, 1, 1, 2, 60, 930, 5_000]), max_size=40))
    bars = np.zeros(len(steps), BAR_DTYPE)
    bars["start"] = draw(st.integers(0, 2**41 // MINUTE_MS)) * MINUTE_MS + np.cumsum(steps) * MINUTE_MS
    price = draw(st.sampled_from([PRICE, PRICE, st.integers(9_000, 11_000).map(lambda cents: cents / 100)]))
    for name in ("open", "high", "low", "close"):
        bars[name] = draw(st.lists(price, min_size=len(bars), max_size=len(bars)))
    bars["volume"] = draw(st.lists(VOLUME, min_size=len(bars), max_size=len(bars)))
    return bars


@given(bars=minutes(), data=st.data())
def test_every_value_comes_back_as_it_was(bars: BarSeries, data: st.DataObject) -> None:
    place = st.integers(0, len(SOURCES) - 1)
    sources = np.array(data.draw(st.lists(place, min_size=len(bars), max_size=len(bars))), np.uint8)
    found, told = decode(encode(bars, sources))
    assert np.array_equal(found, bars)
    assert np.array_equal(told, sources)


def test_minutes_of_a_stock_take_a_few_bytes_each() -> None:
    rng = np.random.default_rng(3)
    bars = np.zeros(10_000, BAR_DTYPE)
    bars["start"] = np.arange(10_000) * MINUTE_MS
    close = 20_000 + np.cumsum(rng.integers(-9, 10, 10_000))
    opened = close - rng.integers(-5, 6, 10_000)
    for name, cents in (
        ("open", opened),
        ("close", close),
        ("high", np.maximum(opened, close) + rng.integers(0, 9, 10_000)),
        ("low", np.minimum(opened, close) - rng.integers(0, 9, 10_000)),
    ):
        bars[name] = cents / 100
    bars["volume"] = rng.lognormal(9, 1.2, 10_000).astype(np.int64)
    assert len(encode(bars, np.zeros(10_000, np.uint8))) < 8 * len(bars)


@pytest.mark.parametrize("damage", [lambda b: b[:20], lambda b: b"\x07" + b[1:], lambda b: b[:-9] + b"damaged!!"])
def test_a_damaged_blob_is_known_for_one(damage: object) -> None:
    bars = np.zeros(50, BAR_DTYPE)
    bars["start"] = np.arange(50) * MINUTE_MS
    blob = encode(bars, np.zeros(50, np.uint8))
    with pytest.raises(ValueError, match="minutes"):
        decode(damage(blob))  # type: ignore[operator]
