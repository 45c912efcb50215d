"""Anchors keep their place in time and price, whatever the view does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF

from monitor.market.bar import Interval
from monitor.market.drawing import Anchor
from monitor.ui.chart.drawings.places import Places, exact_y, index_at, longest_ms, time_at
from monitor.ui.chart.price_axis import PriceScale
from monitor.ui.chart.viewport import Viewport

_BEGIN = 1_795_185_000_000
INTERVALS = st.sampled_from(list(Interval))


@st.composite
def series(draw: st.DrawFn) -> tuple[np.ndarray, Interval]:
    """Starts of bars with closed time between some of them."""
    interval = draw(INTERVALS)
    longest = longest_ms(interval)
    gaps = draw(st.lists(st.sampled_from([1, 1, 1, 2, 17, 80]), min_size=0, max_size=40))
    starts = _BEGIN + np.r_[0, np.cumsum(np.array(gaps, np.int64) * longest)].astype(np.int64)
    return starts, interval


@st.composite
def views(draw: st.DrawFn) -> Places:
    """A chart after some panning, zooming and scaling."""
    starts, interval = draw(series())
    view, scale = Viewport(), PriceScale()
    view.resize(draw(st.integers(50, 2_000)))
    view.begin(len(starts))
    view.pan(draw(st.floats(-200, 200)))
    view.zoom(draw(st.floats(0.2, 20)), draw(st.floats(0, view.width)))
    scale.height = draw(st.integers(40, 1_200))
    scale.fit(100.0, draw(st.floats(100.01, 400)))
    scale.stretch(draw(st.floats(0.05, 20)))
    return Places(starts, longest_ms(interval), view, scale)


def _slack(places: Places) -> float:
    """A fiftieth of a pixel, and what a millionth of the price is on the scale."""
    return 0.02 + 1e-6 / abs(places.scale.price(1) - places.scale.price(0))


@given(series(), st.floats(-100, 150))
def test_a_place_on_the_axis_comes_back_from_its_time(chart: tuple[np.ndarray, Interval], index: float) -> None:
    starts, interval = chart
    longest = longest_ms(interval)
    assert index_at(starts, longest, time_at(starts, longest, index)) == pytest.approx(index, abs=1e-4)


@given(series(), st.integers(-(10**10), 10**11), st.integers(0, 10**10))
def test_later_is_never_further_left(chart: tuple[np.ndarray, Interval], after: int, more: int) -> None:
    starts, interval = chart
    time, longest = _BEGIN + after, longest_ms(interval)
    assert index_at(starts, longest, time) <= index_at(starts, longest, time + more)


@given(views(), st.floats(0, 1), st.floats(0, 1))
def test_an_anchor_set_at_a_pixel_is_drawn_in_that_bar_at_that_pixel(places: Places, right: float, down: float) -> None:
    point = QPointF(right * places.viewport.width, down * places.scale.height)
    again = places.point(places.anchor(point))
    assert abs(again.x() - point.x()) <= places.viewport.bar_px / 2 + 0.01
    assert places.bar_at(again.x()) == places.bar_at(point.x())
    assert again.y() == pytest.approx(point.y(), abs=_slack(places))
    assert places.anchor(again).time == places.anchor(point).time


@given(views(), st.integers(-60, 60), st.floats(-500, 500))
def test_what_is_moved_and_moved_back_is_where_it_was(places: Places, bars: int, pixels: float) -> None:
    anchor = places.anchor(QPointF(places.viewport.width / 2, places.scale.height / 2))
    back = places.shifted(places.shifted(anchor, bars, pixels), -bars, -pixels)
    assert back.time == pytest.approx(anchor.time, abs=1)
    assert places.y(back.price) == pytest.approx(places.y(anchor.price), abs=2 * _slack(places))


@given(series(), st.integers(0, 39), st.floats(0, 0.999))
def test_older_history_moves_no_anchor_off_its_bar(
    chart: tuple[np.ndarray, Interval], earlier: int, share: float
) -> None:
    starts, interval = chart
    longest = longest_ms(interval)
    earlier = min(earlier, len(starts) - 1)
    time = int(starts[earlier]) + int(share * longest)
    older, newer = index_at(starts, longest, time), index_at(starts[earlier:], longest, time)
    assert older == pytest.approx(newer + earlier, abs=1e-6)


def test_a_minute_lies_in_its_hour_and_its_day() -> None:
    minutes = _BEGIN + np.arange(600, dtype=np.int64) * 60_000
    time = time_at(minutes, 60_000, 90.5)
    hours = _BEGIN + np.arange(10, dtype=np.int64) * 3_600_000
    assert index_at(hours, 3_600_000, time) == pytest.approx(1 + 30.5 / 60)
    days = np.array([_BEGIN - 86_400_000, _BEGIN], np.int64)
    assert 1 < index_at(days, 86_400_000, time) < 1.1


def test_closed_time_takes_no_room() -> None:
    starts = np.array([_BEGIN, _BEGIN + 60_000, _BEGIN + 50_000_000], np.int64)
    night = [_BEGIN + 120_000, _BEGIN + 20_000_000, _BEGIN + 49_999_999]
    assert {index_at(starts, 60_000, time) for time in night} == {2.0}


def test_beyond_the_bars_the_axis_goes_on_by_the_interval() -> None:
    starts = np.array([_BEGIN, _BEGIN + 60_000], np.int64)
    assert index_at(starts, 60_000, _BEGIN - 180_000) == -3
    assert index_at(starts, 60_000, _BEGIN + 360_000) == 6
    assert time_at(starts, 60_000, -3) == _BEGIN - 180_000


def test_months_are_as_long_as_they_are() -> None:
    february = np.array([_BEGIN, _BEGIN + 28 * 86_400_000, _BEGIN + 59 * 86_400_000], np.int64)
    longest = longest_ms(Interval.MONTH)
    assert index_at(february, longest, _BEGIN + 14 * 86_400_000) == 0.5
    assert index_at(february, longest, _BEGIN + (28 + 31) * 86_400_000 - 1) == pytest.approx(2)


class Logarithmic(PriceScale):
    """A scale on which equal ratios are equal distances."""

    def y(self, price: float) -> np.ndarray:  # type: ignore[override]
        part = np.log(self.high / price) / np.log(self.high / self.low)
        return np.rint(np.clip(part * self.height, -20_000, 20_000)).astype(np.int64)

    def price(self, y: float) -> float:
        return float(self.high * (self.low / self.high) ** (y / self.height))


class Inverted(PriceScale):
    """A scale with the lowest price on top."""

    def y(self, price: float) -> np.ndarray:  # type: ignore[override]
        return self.height - super().y(price)

    def price(self, y: float) -> float:
        return super().price(self.height - y)


@pytest.mark.parametrize("kind", [PriceScale, Logarithmic, Inverted])
@given(low=st.floats(1, 500), share=st.floats(0.0005, 0.8), ratio=st.floats(0.01, 100))
def test_far_prices_are_exact_on_every_scale(kind: type[PriceScale], low: float, share: float, ratio: float) -> None:
    """A line that began years ago at half the price must pass where it does, though its end is a mile below."""
    scale, price = kind(), low * ratio
    scale.height, scale.low, scale.high = 500, low, low * (1 + share)
    y = exact_y(scale, price)
    assert scale.price(y) == pytest.approx(price, abs=abs(scale.price(y + 0.02) - scale.price(y)))


def test_a_shift_without_pixels_keeps_the_price_digit_for_digit() -> None:
    starts = _BEGIN + np.arange(10, dtype=np.int64) * 60_000
    view, scale = Viewport(), PriceScale()
    view.resize(100)
    view.begin(10)
    places = Places(starts, 60_000, view, scale)
    assert places.shifted(Anchor(_BEGIN, 1.23456789), 2, 0) == Anchor(_BEGIN + 120_000, 1.23456789)
