"""Ticks of both axes: round, apart, and at their bars while panning."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.bars import aggregate
from monitor.market.bar import BarSeries, Interval
from monitor.market.calendar import at_new_york
from monitor.ui.chart.price_axis import PriceScale, round_step
from monitor.ui.chart.time_axis import day_changes, local, ticks
from tests.support.bars import walk
from tests.support.ports import open_day

DAY = 86_400_000


def days(count: int) -> BarSeries:
    """Regular sessions of minutes, a week's days in a row."""
    return np.concatenate([walk(390, seed, open_day() + seed * DAY) for seed in range(-4, count - 4)])


@given(st.floats(0.02, 50_000), st.floats(0.001, 0.9), st.integers(120, 1200))
def test_price_ticks_are_round_and_apart(middle: float, share: float, height: int) -> None:
    scale = PriceScale()
    scale.height = height
    scale.fit(middle * (1 - share), middle * (1 + share))
    prices = scale.ticks()
    steps = np.diff(prices)
    assert len(prices) <= height / 46 + 1
    if len(prices) > 1:
        assert np.allclose(steps, steps[0])
        digits = f"{steps[0]:e}".split("e")[0].rstrip("0")
        assert digits in {"1.", "2.", "2.5", "5."}
        assert np.diff(scale.y(prices)).max() <= -45


@pytest.mark.parametrize(("least", "smallest", "step"), [(0.3, 0.01, 0.5), (0.021, 0.01, 0.05), (0.004, 0.01, 0.01)])
def test_steps_are_what_prices_move_in(least: float, smallest: float, step: float) -> None:
    assert round_step(least, smallest) == pytest.approx(step)


@given(st.floats(1, 1000), st.integers(0, 500))
def test_a_price_and_its_pixel_belong_together(price: float, y: int) -> None:
    scale = PriceScale()
    scale.height = 500
    scale.fit(1, 1000)
    assert scale.price(float(scale.y(price))) == pytest.approx(price, abs=1.6)
    assert int(scale.y(scale.price(y))) == y


def test_a_range_set_by_hand_stays() -> None:
    scale = PriceScale()
    scale.fit(10, 20)
    scale.stretch(2)
    low, high = scale.low, scale.high
    scale.fit(1, 2)
    assert (scale.low, scale.high) == (low, high)
    assert scale.holds(1, 500)


def test_minutes_are_named_at_round_times_and_days_stand_out() -> None:
    starts = days(2)["start"]
    found = ticks(starts, 3.0, Interval.M1)
    minor = [tick.text for tick in found if not tick.major]
    assert [tick.text for tick in found if tick.major] == ["Tue 17 Nov"]
    assert {"10:00", "12:30"} <= set(minor)
    assert all(text.endswith((":00", ":30")) for text in minor)


def test_a_missing_minute_does_not_spoil_a_round_name() -> None:
    starts = days(1)["start"]
    sparse = np.delete(starts, np.flatnonzero((starts - starts[0]) // 60_000 % 30 == 0)[1:])
    assert "10:30" in [tick.text for tick in ticks(sparse, 3.0, Interval.M1)]


def test_days_weeks_months_and_years_on_longer_charts() -> None:
    year = np.concatenate([walk(1, n, open_day() + n * DAY) for n in range(-400, 0) if n % 7 < 5])
    daily = aggregate(year, Interval.DAY)["start"]
    assert [tick.text for tick in ticks(daily[:30], 16.0, Interval.DAY)][:2] == ["20 Oct", "27 Oct"]
    far = [tick.text for tick in ticks(daily, 5.0, Interval.DAY)]
    assert "2026" in far
    assert "Feb" in far


@given(st.integers(0, 1000), st.integers(0, 200), st.sampled_from([0.5, 1, 3, 7, 20]))
def test_ticks_stay_at_their_bars_while_panning(first: int, move: int, px: float) -> None:
    starts = days(5)["start"]
    before, after = (starts[at : at + 600] for at in (first, first + move))
    shared = set(before[1:].tolist()) & set(after[1:].tolist())
    majors = [
        {(int(part[t.at]), t.text) for t in ticks(part, px, Interval.M1) if t.major and int(part[t.at]) in shared}
        for part in (before, after)
    ]
    assert majors[0] == majors[1]


def test_days_change_at_new_york_midnight() -> None:
    starts = np.array([open_day(), open_day() + 6 * 3_600_000, open_day() + DAY])
    assert day_changes(starts).tolist() == [2]


def test_the_wall_clock_is_right_on_every_day_in_whatever_order_days_are_asked_for() -> None:
    noon = np.arange(-4_000, 24_000) * DAY + 17 * 3_600_000
    zone = ZoneInfo("America/New_York")
    offsets = [datetime.fromtimestamp(ms / 1000, zone).utcoffset() for ms in noon.tolist()]
    expected = noon + [round(offset.total_seconds() * 1000) for offset in offsets if offset is not None]
    for part in (slice(20_000, 20_400), slice(0, None, 97), slice(9_000, 21_000, 13), slice(None)):
        assert np.array_equal(local(noon[part]), expected[part])


def test_a_day_too_narrow_to_be_named_gives_way_to_the_next_one() -> None:
    morning, few = walk(120, 1, open_day())["start"], walk(21, 2, open_day() + DAY + 87 * 60_000)["start"]
    found = ticks(np.concatenate([morning, few, morning + 2 * DAY]), 3.0, Interval.M1)
    words = [tick.text for tick in found]
    assert words.count("11:00") == 2  # and none of the day that is not named
    assert [tick.text for tick in found if tick.major] == ["Sun 22 Nov"]


def test_the_same_time_is_never_named_twice_in_a_row_without_its_day() -> None:
    """Days of few bars, each too narrow to be named beside the next one."""
    part = np.array([9 * 60 + 30, 10 * 60, 10 * 60 + 30, 11 * 60]) * 60_000 - 9 * 60 * 60_000
    found = ticks(np.concatenate([open_day() + n * DAY + part for n in range(8)]), 20.0, Interval.M1)
    last = ""
    for tick in found:
        assert tick.text != last
        last = tick.text


def test_a_week_in_which_a_year_begins_is_named_by_the_year() -> None:
    days_of = np.array([at_new_york(date(2026, 12, 1) + timedelta(days=n), time(0)) for n in range(70) if n % 7 < 5])
    words = [tick.text for tick in ticks(days_of, 10.0, Interval.DAY)]
    assert "2027" in words
