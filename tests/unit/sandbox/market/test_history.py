"""Candles of all intervals: depth, stamps, order and plausibility."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from monitor.market.bar import Interval
from monitor.market.calendar import CHICAGO, from_ms, is_trading_day
from monitor.sandbox.market.days import DailyMarket
from monitor.sandbox.market.simulated import SimulatedExchange
from monitor.sandbox.market.universe import universe

At = Callable[[str], int]


def test_daily_candles_go_back_twenty_years_at_midnight_central(friday: SimulatedExchange, at: At) -> None:
    candles = friday.candles("AAPL", Interval.DAY, at("2006-11-20 00:00"), at("2026-11-21 00:00"), False)
    stamps = [from_ms(c.start, CHICAGO) for c in candles]
    assert all(stamp.hour == stamp.minute == 0 and is_trading_day(stamp.date()) for stamp in stamps)
    assert stamps == sorted(set(stamps))
    assert stamps[0].date() == date(2006, 11, 20)
    assert stamps[-1].date() == date(2026, 11, 20)


def test_prices_stay_plausible_for_decades() -> None:
    market = DailyMarket(11)
    for symbol, company in universe().items():
        daily = market.of(symbol)
        assert company.price / 20 < daily.low.min()
        assert daily.high.max() < company.price * 20
        assert (daily.high >= np.maximum(daily.open, daily.close)).all()
        assert (daily.low <= np.minimum(daily.open, daily.close)).all()


def test_returns_of_the_market_and_its_members_go_together() -> None:
    market = DailyMarket(11)
    spy, aapl, tlt, vix = (np.diff(np.log(market.of(s).close[-2500:])) for s in ("SPY", "AAPL", "TLT", "$VIX"))
    assert np.corrcoef(spy, aapl)[0, 1] > 0.4
    assert np.corrcoef(spy, vix)[0, 1] < -0.5
    assert abs(np.corrcoef(spy, tlt)[0, 1]) < 0.4


def test_weeks_and_months_join_days(friday: SimulatedExchange, at: At) -> None:
    start, end = at("2026-06-01 00:00"), at("2026-11-20 23:00")
    days = friday.candles("F", Interval.DAY, start, end, False)
    for interval, stamp in ((Interval.WEEK, "%G-%V"), (Interval.MONTH, "%Y-%m")):
        longer = friday.candles("F", interval, start, end, False)
        assert sum(c.volume for c in longer) == sum(c.volume for c in days)
        assert len({from_ms(c.start).strftime(stamp) for c in longer}) == len(longer)
        assert (longer[0].open, longer[-1].close) == (days[0].open, days[-1].close)


def test_minutes_start_at_seven_and_quiet_names_miss_some(friday: SimulatedExchange, at: At) -> None:
    start, end = at("2026-11-10 00:00"), at("2026-11-11 00:00")
    liquid, quiet = (friday.candles(s, Interval.M1, start, end, True) for s in ("SPY", "TDOC"))
    assert (liquid[0].start, liquid[-1].start) == (at("2026-11-10 07:00"), at("2026-11-10 19:59"))
    assert 390 < len(quiet) < len(liquid) <= 780
    assert all(c.volume > 0 for c in quiet)
    regular = friday.candles("TDOC", Interval.M1, start, end, False)
    assert [c.start for c in regular] == [at("2026-11-10 09:30") + n * 60_000 for n in range(390)]


def test_minutes_between_sessions_are_told_of_the_last_days_only(friday: SimulatedExchange, at: At) -> None:
    recent = friday.candles("SPY", Interval.M30, at("2026-11-19 00:00"), at("2026-11-20 00:00"), True)
    older = friday.candles("SPY", Interval.M30, at("2026-11-12 00:00"), at("2026-11-13 00:00"), True)
    assert (len(recent), len(older)) == (48, 26)


def test_minutes_older_than_their_depth_are_gone(friday: SimulatedExchange, at: At) -> None:
    first = friday.candles("SPY", Interval.M30, at("2025-01-02 00:00"), at("2026-11-20 00:00"), False)[0]
    assert from_ms(first.start).date() >= date(2026, 11, 20) - timedelta(days=280)


def test_nothing_lies_in_the_future(friday: SimulatedExchange, at: At) -> None:
    for interval in Interval:
        candles = friday.candles("AAPL", interval, at("2026-11-19 00:00"), at("2027-06-01 00:00"), True)
        assert all(c.start <= friday.now_ms() for c in candles)


def test_more_trades_at_the_open_than_at_noon(friday: SimulatedExchange, at: At) -> None:
    candles = friday.candles("MSFT", Interval.M30, at("2026-09-01 00:00"), at("2026-11-20 00:00"), False)
    volumes: dict[str, float] = {}
    for c in candles:
        clock = from_ms(c.start).strftime("%H:%M")
        volumes[clock] = volumes.get(clock, 0) + c.volume
    assert volumes["09:30"] > 1.8 * volumes["12:30"]
    assert volumes["15:30"] > 1.3 * volumes["12:30"]


def test_an_index_has_neither_volume_nor_extended_hours(friday: SimulatedExchange, at: At) -> None:
    candles = friday.candles("$SPX", Interval.M1, at("2026-11-10 00:00"), at("2026-11-11 00:00"), True)
    assert len(candles) == 390
    assert {c.volume for c in candles} == {0}
