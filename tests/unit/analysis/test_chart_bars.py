"""Bars as a chart asks for them: hours left out, counted from the session's open or from the clock."""

from datetime import date, time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.bars import Alignment, aggregate, interval_start
from monitor.analysis.chart_bars import Making
from monitor.market.bar import BAR_DTYPE, BarSeries, Interval
from monitor.market.calendar import at_new_york, from_ms
from monitor.market.hours import Hours

DAY = date(2026, 11, 20)


def minutes(begin: time = time(4), count: int = 960, day: date = DAY) -> BarSeries:
    bars = np.zeros(count, BAR_DTYPE)
    bars["start"] = at_new_york(day, begin) + np.arange(count) * 60_000
    for name in ("open", "high", "low", "close"):
        bars[name] = 100 + np.arange(count) % 50
    bars["volume"] = 1
    return bars


def clocks(bars: BarSeries) -> list[str]:
    return [from_ms(int(start)).strftime("%H:%M") for start in bars["start"]]


def test_hours_from_the_open_and_from_the_clock() -> None:
    regular = Making(Interval.H1, hours=Hours.REGULAR)
    assert clocks(regular.of(minutes())) == ["09:30", "10:30", "11:30", "12:30", "13:30", "14:30", "15:30"]
    by_clock = Making(Interval.H1, Alignment.CLOCK, Hours.REGULAR)
    assert clocks(by_clock.of(minutes())) == ["09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00"]
    assert by_clock.of(minutes())["volume"].tolist() == [30, 60, 60, 60, 60, 60, 60]


def test_the_last_regular_bar_knows_nothing_of_what_came_after_the_close() -> None:
    found = Making(Interval.H1, hours=Hours.REGULAR).of(minutes())
    assert found["volume"].tolist() == [60, 60, 60, 60, 60, 60, 30]


@pytest.mark.parametrize(
    ("making", "from_minutes"),
    [
        (Making(Interval.M5), False),
        (Making(Interval(180)), False),
        (Making(Interval.M30, Alignment.CLOCK), False),
        (Making(Interval.H1, Alignment.CLOCK), True),
        (Making(Interval(2700), Alignment.CLOCK), True),
        (Making(Interval.M1, hours=Hours.REGULAR), True),
        (Making(Interval.DAY, Alignment.CLOCK, Hours.REGULAR), False),
    ],
)
def test_what_the_archive_has_is_not_made_again(making: Making, from_minutes: bool) -> None:
    assert making.from_minutes is from_minutes


@given(
    number=st.integers(1, 1439),
    alignment=st.sampled_from(Alignment),
    day=st.dates(date(2024, 1, 1), date(2027, 1, 1)),
    at=st.integers(0, 1439),
)
def test_every_number_of_minutes_divides_days_without_a_hole(
    number: int, alignment: Alignment, day: date, at: int
) -> None:
    interval = Interval(number * 60)
    ms = at_new_york(day, time(0)) + at * 60_000
    start = interval_start(ms, interval, alignment)
    assert start <= ms
    assert interval_start(start, interval, alignment) == start
    assert interval_start(start - 60_000, interval, alignment) < start


@given(number=st.sampled_from([2, 3, 7, 45, 90, 120, 180, 600]), alignment=st.sampled_from(Alignment))
def test_no_minute_is_lost_or_counted_twice(number: int, alignment: Alignment) -> None:
    bars = np.concatenate([minutes(day=date(2026, 10, 30)), minutes(day=date(2026, 11, 2))])
    found = aggregate(bars, Interval(number * 60), alignment)
    assert found["volume"].sum() == len(bars)
    assert np.all(np.diff(found["start"]) > 0)
