"""Longer bars from shorter ones, joined series, and the running minute."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.bars import RunningBar, aggregate, interval_end, interval_start, interval_starts, join
from monitor.live.board import Board
from monitor.market.bar import BAR_DTYPE, Bar, BarSeries, BarSource, Interval, series
from monitor.market.calendar import from_ms
from tests.support.builders import a_bar, a_trade, ms
from tests.support.captures import BURST, CONFLATED, frames, play

LONGER = [interval for interval in Interval if interval is not Interval.M1]
FIRST_MINUTE = ms("07:00", date(2026, 2, 27)) // 60_000


@st.composite
def minute_series(draw: st.DrawFn) -> BarSeries:
    """Minutes over ten weeks that hold a change to summer time, with holes, in any price."""
    minutes = sorted(draw(st.sets(st.integers(0, 70 * 24 * 60), max_size=40)))
    price = st.integers(1, 500).map(float)
    rows = []
    for minute in minutes:
        first, last, top, bottom = draw(price), draw(price), draw(price), draw(price)
        high, low = max(first, last, top, bottom), min(first, last, top, bottom)
        rows.append(((FIRST_MINUTE + minute) * 60_000, first, high, low, last, float(draw(st.integers(0, 999)))))
    return np.array(rows, BAR_DTYPE)


@given(minute_series(), st.sampled_from(LONGER))
def test_each_longer_bar_is_what_its_minutes_say_one_by_one(minutes: BarSeries, interval: Interval) -> None:
    groups: dict[int, list[np.void]] = {}
    for bar in minutes:
        groups.setdefault(interval_start(int(bar["start"]), interval), []).append(bar)
    expected = [
        (
            start,
            group[0]["open"],
            max(bar["high"] for bar in group),
            min(bar["low"] for bar in group),
            group[-1]["close"],
            sum(bar["volume"] for bar in group),
        )
        for start, group in groups.items()
    ]
    assert aggregate(minutes, interval).tolist() == expected


@given(minute_series())
def test_going_by_way_of_five_minutes_makes_the_same_hours(minutes: BarSeries) -> None:
    by_way = aggregate(aggregate(minutes, Interval.M5), Interval.H1)
    assert np.array_equal(by_way, aggregate(minutes, Interval.H1))


@pytest.mark.parametrize(
    ("at", "interval", "start"),
    [
        ("09:29", Interval.H1, "08:30"),
        ("09:30", Interval.H1, "09:30"),
        ("10:29", Interval.H1, "09:30"),
        ("09:30", Interval.H4, "09:30"),
        ("13:29", Interval.H4, "09:30"),
        ("13:30", Interval.H4, "13:30"),
        ("09:29", Interval.H4, "05:30"),
        ("23:59", Interval.H4, "21:30"),
        ("09:44", Interval.M15, "09:30"),
        ("15:59", Interval.M30, "15:30"),
        ("07:03", Interval.M5, "07:00"),
        ("15:59", Interval.DAY, "00:00"),
    ],
)
def test_intervals_within_a_day_count_from_the_open(at: str, interval: Interval, start: str) -> None:
    assert interval_start(ms(at), interval) == ms(start)


@pytest.mark.parametrize("day", [date(2026, 3, 9), date(2026, 11, 2)])
def test_hours_still_begin_at_the_open_when_the_clocks_have_changed(day: date) -> None:
    bars = series([a_bar(at=at, day=day) for at in ("09:00", "09:30", "10:30")])
    assert [from_ms(int(start)).strftime("%H:%M") for start in aggregate(bars, Interval.H1)["start"]] == [
        "08:30",
        "09:30",
        "10:30",
    ]


#: Any minute from 2015 to 2035, as often as not in a night in which the clocks change.
MOMENTS = st.one_of(
    st.integers(ms("00:00", date(2015, 1, 1)) // 60_000, ms("00:00", date(2035, 1, 1)) // 60_000),
    st.sampled_from([date(2026, 3, 8), date(2026, 11, 1), date(2027, 3, 14), date(2027, 11, 7)]).flatmap(
        lambda day: st.integers(ms("00:00", day) // 60_000 - 360, ms("00:00", day) // 60_000 + 720)
    ),
).map(lambda minute: minute * 60_000)


@given(MOMENTS, st.sampled_from(LONGER))
def test_each_moment_is_in_one_bar_and_bars_follow_each_other_without_a_seam(at: int, interval: Interval) -> None:
    start = interval_start(at, interval)
    end = interval_end(start, interval)
    assert start <= at < end
    assert interval_start(start, interval) == interval_start(end - 60_000, interval) == start
    assert interval_start(end, interval) == end


@given(st.lists(MOMENTS, max_size=30), st.sampled_from(LONGER))
def test_many_starts_at_once_are_those_of_each(times: list[int], interval: Interval) -> None:
    times.sort()
    assert interval_starts(np.array(times, np.int64), interval).tolist() == [interval_start(t, interval) for t in times]


@pytest.mark.parametrize(
    ("first", "night", "hours"),
    [("21:30", date(2026, 3, 7), 3), ("21:30", date(2026, 10, 31), 5), ("21:30", date(2026, 3, 9), 4)],
)
def test_the_four_hours_of_the_night_give_or_take_the_hour_of_the_clocks(first: str, night: date, hours: int) -> None:
    start = ms(first, night)
    assert interval_end(start, Interval.H4) - start == hours * 3_600_000


def test_days_become_weeks_that_start_on_monday_and_months_that_start_on_the_first() -> None:
    days = [date(2026, 11, 27), date(2026, 11, 30), date(2026, 12, 1)]
    bars = series([a_bar(at="00:00", day=day, interval=Interval.DAY) for day in days])
    starts = {
        interval: [from_ms(int(start)).date().isoformat() for start in aggregate(bars, interval)["start"]]
        for interval in (Interval.WEEK, Interval.MONTH)
    }
    assert starts[Interval.WEEK] == ["2026-11-23", "2026-11-30"]
    assert starts[Interval.MONTH] == ["2026-11-01", "2026-12-01"]


@given(minute_series(), minute_series())
def test_joined_series_ascend_and_hold_every_start_once_with_the_newer_bar(older: BarSeries, newer: BarSeries) -> None:
    expected = {int(bar["start"]): bar.tolist() for bar in older} | {int(bar["start"]): bar.tolist() for bar in newer}
    assert join(older, newer).tolist() == [expected[start] for start in sorted(expected)]


def test_prints_make_the_running_minute_and_the_next_minute_begins_anew() -> None:
    running = RunningBar("AAPL")
    assert running.bar is None
    running.add(a_trade(at="09:30:01", price=10, size=100))
    running.add(a_trade(at="09:30:02", price=12, size=50, unseen=25))
    running.add(a_trade(at="09:30:59.999", price=9, size=1))
    assert running.bar == Bar("AAPL", Interval.M1, ms("09:30"), 10, 12, 9, 9, 176, BarSource.COMPUTED)
    running.add(a_trade(at="09:31", price=11, size=5))
    assert running.bar == Bar("AAPL", Interval.M1, ms("09:31"), 11, 11, 11, 11, 5, BarSource.COMPUTED)


def test_a_late_print_does_not_reopen_an_old_minute() -> None:
    running = RunningBar("AAPL")
    running.add(a_trade(at="09:31", price=11, size=5))
    running.add(a_trade(at="09:30:59", price=13, size=5))
    bar = running.bar
    assert bar is not None
    assert (bar.start, bar.high, bar.volume) == (ms("09:31"), 13, 10)


def test_the_minutes_of_a_real_market_follow_from_its_prints(shared: Path) -> None:
    computed, sent = _minutes(shared, BURST)
    assert len(sent) == 9
    assert [computed[bar.start] for bar in sent] == [
        (bar.start, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in sent
    ]


def test_conflated_prints_stay_within_the_minutes_of_the_market_and_lose_no_volume(shared: Path) -> None:
    computed, sent = _minutes(shared, CONFLATED)
    assert len(sent) == 39
    assert all(bar.low <= computed[bar.start][3] <= computed[bar.start][2] <= bar.high for bar in sent)
    assert sum(computed[bar.start][5] for bar in sent) == sum(bar.volume for bar in sent)


def _minutes(shared: Path, name: str) -> tuple[dict[int, tuple[float, ...]], list[Bar]]:
    """The minutes that our prints add up to, by start, and those that were sent."""
    board, running, sent = Board(), RunningBar("AAPL"), []
    computed: dict[int, tuple[float, ...]] = {}
    for frame in frames(shared, name):
        trades, bars = play(board, frame)
        for trade in trades:
            running.add(trade)
            bar = running.bar
            assert bar is not None
            computed[bar.start] = (bar.start, bar.open, bar.high, bar.low, bar.close, bar.volume)
        sent += [bar.bar() for bar in bars]
    return computed, sent
