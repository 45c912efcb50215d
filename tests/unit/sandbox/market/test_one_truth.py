"""Days, minutes, trades and Level 1 all tell the same story, whoever asks, whenever and in any order."""

from collections.abc import Callable
from datetime import date
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.market.bar import Interval
from monitor.market.book import BookService
from monitor.sandbox.exchange import Candle
from monitor.sandbox.market.minutes import MinuteMarket
from monitor.sandbox.market.simulated import SimulatedExchange
from monitor.sandbox.market.ticks import Minute, minute_row, trades_of
from monitor.sandbox.market.universe import universe

At = Callable[[str], int]
MARKET = MinuteMarket(11)
SYMBOLS = st.sampled_from(["AAPL", "TDOC", "BKNG", "SPY", "F", "$SPX"])
DAYS = st.sampled_from([date(2026, 11, 20), date(2026, 11, 22), date(2026, 7, 6), date(2026, 11, 27)])
PLACES = st.integers(0, 10**6)


@settings(max_examples=60, deadline=None)
@given(SYMBOLS, DAYS, PLACES)
def test_the_trades_of_a_minute_make_its_candle(symbol: str, day: date, place: int) -> None:
    minutes = MARKET.of_day(symbol, day, True)
    minute = minute_row(minutes, place % len(minutes.start))
    trades = trades_of(11, universe()[symbol], minute)
    assert trades.candle(minute.start, minute.start + 59_999) == Candle(*minute[:6])
    assert len(trades.time) == len(set(trades.time)) == minute.trades
    assert trades.time == sorted(trades.time)
    assert minute.start < trades.time[0] <= trades.time[-1] < minute.start + 60_000
    assert min(trades.size) >= (0 if symbol == "$SPX" else 1)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 12), st.lists(st.integers(900, 1100), min_size=4, max_size=4), st.integers(0, 10**6))
def test_few_trades_reach_every_price_of_their_candle(count: int, cents: list[int], place: int) -> None:
    low, open_, close, high = sorted(cents)
    open_ = open_ if count > 1 else close
    high, low = (high if count > 2 else close), (low if count > 3 else open_)
    prices = (open_ / 100, high / 100, low / 100, close / 100)
    minute = Minute(place * 60_000, *prices, volume=count + place, trades=count, regular=1, official=1)
    assert trades_of(1, universe()["F"], minute).candle(0, minute.start + 60_000) == Candle(0, *prices, count + place)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(universe())), st.integers(0, 190))
def test_the_regular_minutes_of_a_day_make_its_daily_candle(symbol: str, back: int) -> None:
    exchange = SimulatedExchange(11, lambda: 1_795_300_000_000, real_hours=True)
    days = exchange.candles(symbol, Interval.DAY, 0, 1_795_300_000_000, False)
    day = days[-1 - back]
    minutes = exchange.candles(symbol, Interval.M1, day.start, day.start + 80_000_000, False)
    assert (minutes[0].open, minutes[-1].close) == (day.open, day.close)
    assert (max(m.high for m in minutes), min(m.low for m in minutes)) == (day.high, day.low)
    assert sum(m.volume for m in minutes) == day.volume


@settings(max_examples=25, deadline=None)
@given(SYMBOLS, st.integers(0, 1289))
def test_level_one_at_the_end_of_a_minute_agrees_with_the_candles(symbol: str, minute: int) -> None:
    midnight = 1_795_150_800_000
    edge = midnight + 60_000 * (minute + 1)
    exchange = SimulatedExchange(11, lambda: edge + 1)
    so_far = exchange.candles(symbol, Interval.M1, midnight, edge, True)
    state = exchange.level_one(symbol, edge)
    assert state["8"] == sum(c.volume for c in so_far)
    if so_far:
        assert (state["3"], so_far[-1]) == (so_far[-1].close, exchange.candle(symbol, so_far[-1].start))
    regular = exchange.candles(symbol, Interval.DAY, midnight, edge, False)
    told = (state["17"], state["10"], state["11"])
    assert told == ((regular[0].open, regular[0].high, regular[0].low) if regular else (0, 0, 0))


def test_five_minutes_are_five_times_one(friday: SimulatedExchange, at: At) -> None:
    start, end = at("2026-11-18 00:00"), at("2026-11-19 00:00")
    ones = friday.candles("AAPL", Interval.M1, start, end, True)
    for five in friday.candles("AAPL", Interval.M5, start, end, True):
        parts = [c for c in ones if five.start <= c.start < five.start + 300_000]
        assert five.open == parts[0].open
        assert five.close == parts[-1].close
        assert (five.high, five.low) == (max(c.high for c in parts), min(c.low for c in parts))
        assert five.volume == sum(c.volume for c in parts)


def test_the_running_minute_grows_towards_what_it_becomes(at: At) -> None:
    now = at("2026-11-20 10:30")
    clock = [now]
    exchange = SimulatedExchange(11, lambda: clock[0])
    seen = []
    for clock[0] in range(now + 1_000, now + 61_000, 5_000):
        newest = exchange.candles("AAPL", Interval.M1, now - 600_000, now + 600_000, True)[-1]
        state = exchange.level_one("AAPL", clock[0])
        assert newest.close == state["3"]
        seen.append(newest)
    assert {candle.start for candle in seen} == {now}
    assert [c.volume for c in seen] == sorted({c.volume for c in seen})
    clock[0] = now + 60_000
    assert exchange.candle("AAPL", now) == exchange.candles("AAPL", Interval.M1, now, now + 1, True)[0]


def test_a_minute_still_running_has_no_finished_candle(at: At) -> None:
    now = at("2026-11-20 10:30")
    exchange = SimulatedExchange(11, lambda: now + 30_000)
    assert exchange.candle("AAPL", now) is None


@settings(max_examples=8, deadline=None)
@given(st.randoms(use_true_random=False))
def test_two_markets_agree_in_any_order_of_questions(random: Random) -> None:
    now = 1_795_192_200_000
    questions = [
        *(("level_one", s, now + n * 33_333) for s in ("AAPL", "$VIX", "TDOC") for n in range(4)),
        *(("book", "AAPL", BookService.NASDAQ, now + n * 500) for n in range(4)),
        *(("candle", "F", now - n * 60_000) for n in range(4)),
        ("candles", "MSFT", Interval.WEEK, now - 10**10, now, True),
        ("candles", "MSFT", Interval.M30, now - 10**8, now, True),
    ]
    one = SimulatedExchange(5, lambda: now + 200_000)
    answers = {str(q): getattr(one, q[0])(*q[1:]) for q in questions}
    other = SimulatedExchange(5, lambda: now + 200_000)
    random.shuffle(questions)
    assert all(getattr(other, q[0])(*q[1:]) == answers[str(q)] for q in questions)


def test_another_seed_is_another_market(friday: SimulatedExchange, at: At) -> None:
    moment = at("2026-11-20 10:30")
    other = SimulatedExchange(12, lambda: moment)
    assert other.level_one("AAPL", moment)["3"] != friday.level_one("AAPL", moment)["3"]
