"""When the market trades, by the calendar and around the clock."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise

import pytest

from monitor.market import calendar
from monitor.market.bar import Interval
from monitor.market.calendar import Phase
from monitor.sandbox.market.simulated import SimulatedExchange

At = Callable[[str], int]
DAYS = {
    "Sunday": "2026-11-22",
    "holiday": "2026-11-26",
    "half day": "2026-11-27",
    "clocks go back": "2026-11-01",
    "clocks go forward": "2026-03-08",
    "weekday": "2026-11-20",
}


@pytest.mark.parametrize("day", DAYS.values(), ids=list(DAYS))
def test_real_hours_are_the_calendars(by_the_calendar: SimulatedExchange, day: str) -> None:
    assert by_the_calendar.sessions(day) == calendar.sessions(date.fromisoformat(day))


@pytest.mark.parametrize("day", DAYS.values(), ids=list(DAYS))
def test_always_open_fills_the_day_without_a_gap(friday: SimulatedExchange, at: At, day: str) -> None:
    sessions = friday.sessions(day)
    assert sessions[0].start == at(f"{day} 00:00")
    assert all(one.end == following.start for one, following in pairwise(sessions))
    following_day = date.fromisoformat(day).toordinal() + 1
    assert sessions[-1].end == at(f"{date.fromordinal(following_day)} 00:00")
    assert set(calendar.sessions(date.fromisoformat(day))) <= set(sessions)
    assert all(s.phase is Phase.REGULAR for s in set(sessions) - set(calendar.sessions(date.fromisoformat(day))))


@pytest.mark.parametrize("day", DAYS.values(), ids=list(DAYS))
def test_a_liquid_name_trades_in_every_minute_of_the_day(at: At, day: str) -> None:
    start = at(f"{day} 00:00")
    exchange = SimulatedExchange(11, lambda: start + 30 * 3_600_000)
    sessions = exchange.sessions(day)
    candles = exchange.candles("SPY", Interval.M1, start, sessions[-1].end, True)
    assert [c.start for c in candles] == list(range(start, sessions[-1].end, 60_000))
    jumps = [abs(b.open / a.close - 1) for a, b in pairwise(candles)]
    assert max(jumps) < 0.005


def test_a_closed_market_stands_still(by_the_calendar: SimulatedExchange, at: At) -> None:
    evening = by_the_calendar.level_one("AAPL", at("2026-11-20 20:00"))
    assert by_the_calendar.level_one("AAPL", at("2026-11-21 13:00")) == evening
    assert by_the_calendar.level_one("AAPL", at("2026-11-22 12:00")) == evening
    weekend = (at("2026-11-21 00:00"), at("2026-11-22 12:00"))
    assert by_the_calendar.candles("AAPL", Interval.M1, *weekend, True) == []
    assert by_the_calendar.candle("AAPL", at("2026-11-21 13:00")) is None


def test_an_open_sunday_has_a_daily_candle_of_its_own(at: At) -> None:
    now = at("2026-11-22 12:00") + 30_000
    exchange = SimulatedExchange(11, lambda: now)
    saturdays_and_sundays = exchange.candles("AAPL", Interval.DAY, at("2026-11-21 00:00"), now, False)
    minutes = exchange.candles("AAPL", Interval.M1, at("2026-11-22 00:00"), now, False)
    assert [c.start for c in saturdays_and_sundays] == [at("2026-11-22 01:00")]
    sunday = saturdays_and_sundays[0]
    assert sunday.volume == sum(c.volume for c in minutes) == exchange.level_one("AAPL", now)["8"]
    assert (sunday.open, sunday.close) == (minutes[0].open, exchange.level_one("AAPL", now)["3"])
    assert sunday.high == exchange.level_one("AAPL", now)["10"]
