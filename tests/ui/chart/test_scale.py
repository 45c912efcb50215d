"""The price scale: linear and logarithmic, upright and inverted, in prices and percent, fitted, centred and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ui.chart.price_axis import Fit, PriceScale


def scale(low: float = 100, high: float = 200, **how: object) -> PriceScale:
    made = PriceScale()
    made.height = 600
    for name, value in how.items():
        setattr(made, name, value)
    made.fit(low, high)
    return made


@given(
    low=st.floats(0.05, 500),
    times=st.floats(1.01, 50),
    share=st.floats(0, 1),
    logarithmic=st.booleans(),
    inverted=st.booleans(),
    by_hand=st.floats(0.5, 2),
    moved=st.integers(-200, 200),
)
def test_a_price_is_found_where_it_was_put(
    low: float, times: float, share: float, logarithmic: bool, inverted: bool, by_hand: float, moved: int
) -> None:
    found = scale(low, low * times, logarithmic=logarithmic, inverted=inverted)
    found.stretch(by_hand)
    found.shift(moved)
    price = found.low + (found.high - found.low) * share
    y = float(found.y(price))
    apart = abs(found.price(y + 1) - found.price(y - 1))
    assert found.price(y) == pytest.approx(price, abs=apart)


def test_equal_steps_of_a_logarithmic_scale_are_equal_shares() -> None:
    found = scale(10, 1000, logarithmic=True)
    y = found.y([10, 100, 1000]).tolist()
    assert y[0] - y[1] == pytest.approx(y[1] - y[2], abs=1)
    assert {10, 20, 50, 100, 200, 500, 1000} <= {round(price) for price in found.ticks()}


def test_prices_at_or_below_zero_have_no_logarithm_and_are_shown_as_they_are() -> None:
    plain, found = scale(-5, 10), scale(-5, 10, logarithmic=True)
    assert found.y([-5, 0, 10]).tolist() == plain.y([-5, 0, 10]).tolist()


def test_inverted_puts_the_lowest_price_at_the_top() -> None:
    upright, found = scale(), scale(inverted=True)
    assert upright.y(200) < upright.y(100)
    assert (int(found.y(100)), int(found.y(200))) == (int(upright.y(200)), int(upright.y(100)))


def test_percent_has_round_shares_of_the_base() -> None:
    found = scale(base=125.0, percent=True)
    assert "+0.00 %" in [found.words(price) for price in found.ticks()]
    shares = np.array(found.ticks()) / 125 * 100
    assert np.allclose(shares, np.round(shares))
    assert (found.words(100), found.words(150)) == ("−20.00 %", "+20.00 %")


def test_the_last_price_stays_in_the_middle_when_centred() -> None:
    found = PriceScale()
    found.height, found.fitting = 600, Fit.CENTRE
    found.fit(100, 200, 190)
    middle = (int(found.y(found.high)) + int(found.y(found.low))) / 2
    assert int(found.y(190)) == pytest.approx(middle, abs=1)
    assert found.low < 100
    assert found.high > 200


@given(moved=st.integers(-300, 300), logarithmic=st.booleans(), inverted=st.booleans())
def test_a_scale_moved_by_hand_follows_the_hand(moved: int, logarithmic: bool, inverted: bool) -> None:
    found = scale(logarithmic=logarithmic, inverted=inverted)
    found.stretch(1.0)
    before = int(found.y(150))
    found.shift(moved)
    assert int(found.y(150)) - before == pytest.approx(moved, abs=1)
