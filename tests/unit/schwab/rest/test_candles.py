"""Candles sifted: what no market can have made is left out and counted by kind, and its neighbours stay."""

import json
from datetime import date, time

import pytest

from monitor.market.bar import Interval
from monitor.market.bar_fault import BarFault
from monitor.market.calendar import at_new_york
from monitor.schwab.rest.candles import read_candles, sift

AT = 1_791_208_800_000  # a whole hour, and no midnight in Chicago
MINUTE = 60_000
ALL = (0, 2**62)
GOOD = {"open": 10, "high": 12.5, "low": 9, "close": 11, "volume": 100, "datetime": AT}


def sifted(*candles, interval=Interval.M1, symbol="AAPL", stretch=ALL, text=None):
    """Bars and counts of an answer with these candles."""
    found = found_in(*candles, interval=interval, symbol=symbol, stretch=stretch, text=text)
    return found.bars, found.rejected


def found_in(*candles, interval=Interval.M1, symbol="AAPL", stretch=ALL, text=None):
    """All that is made of an answer with these candles."""
    body = text or json.dumps({"candles": candles, "empty": False})
    return sift(symbol, interval, read_candles(body.encode()).candles, *stretch)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"high": 8}, BarFault.HIGH_BELOW_LOW),
        ({"open": 13}, BarFault.OUTSIDE),
        ({"open": 8}, BarFault.OUTSIDE),
        ({"close": 12.6}, BarFault.OUTSIDE),
        ({"close": 8.9}, BarFault.OUTSIDE),
        ({"low": -1}, BarFault.NEGATIVE),
        ({"volume": -1}, BarFault.NEGATIVE),
        ({"open": "NaN"}, BarFault.NOT_A_NUMBER),
        ({"volume": float("nan")}, BarFault.NOT_A_NUMBER),
        ({"close": float("nan")}, BarFault.NOT_A_NUMBER),
        ({"high": float("inf")}, BarFault.UNREADABLE),
        ({"high": 10**400}, BarFault.UNREADABLE),
        ({"close": None}, BarFault.UNREADABLE),
        ({"close": "11"}, BarFault.UNREADABLE),
        ({"close": True}, BarFault.UNREADABLE),
        ({"datetime": "x"}, BarFault.UNREADABLE),
        ({"datetime": 0}, BarFault.TIME),
        ({"datetime": -AT}, BarFault.TIME),
        ({"datetime": AT // 1000}, BarFault.TIME),  # in seconds
        ({"datetime": AT * 1000}, BarFault.TIME),  # in microseconds
        ({"datetime": 10**30}, BarFault.TIME),
        ({"datetime": AT + 1}, BarFault.OFF_GRID),
    ],
)
def test_an_impossible_candle_is_counted_by_its_kind_and_its_neighbours_stay(change, fault):
    before, after = GOOD | {"datetime": AT - MINUTE}, GOOD | {"datetime": AT + MINUTE}
    bars, rejected = sifted(before, GOOD | change, after)
    assert [bar.start for bar in bars] == [AT - MINUTE, AT + MINUTE]
    assert rejected == {fault: 1}


def test_what_is_no_candle_at_all():
    bars, rejected = sifted(GOOD, None, 7, [], {})
    assert len(bars) == 1
    assert rejected == {BarFault.UNREADABLE: 4}


@pytest.mark.parametrize(
    ("odd", "lost"),
    [
        ({"high": 8}, [(AT, AT + MINUTE)]),  # it tells its time
        ({"close": None}, [(AT, AT + MINUTE)]),
        ({"open": "NaN"}, [(AT, AT + MINUTE)]),
        ({"datetime": "x"}, [(AT - MINUTE, AT + 2 * MINUTE)]),  # anywhere between its neighbours
        ({"datetime": AT // 1000}, [(AT - MINUTE, AT + 2 * MINUTE)]),
        ({"datetime": AT + 1}, [(AT - MINUTE, AT + 2 * MINUTE)]),
        ({"datetime": AT + 2 * MINUTE}, []),  # a duplicate says nothing of what may be missing
    ],
)
def test_where_a_bar_is_missing_is_told(odd, lost):
    before, after = GOOD | {"datetime": AT - 2 * MINUTE}, GOOD | {"datetime": AT + 2 * MINUTE}
    found = found_in(before, GOOD | odd, after, stretch=(AT - 10 * MINUTE, AT + 10 * MINUTE))
    assert (len(found.bars), found.rejected.total(), found.lost) == (2, 1, lost)


def test_a_candle_of_no_time_between_two_minutes_in_a_row_lost_nothing():
    found = found_in(GOOD, GOOD | {"datetime": 5}, GOOD | {"datetime": AT + MINUTE})
    assert (len(found.bars), found.rejected, found.lost) == (2, {BarFault.TIME: 1}, [])


def test_without_neighbours_and_without_order_it_may_be_anywhere():
    stretch = AT - MINUTE, AT + 5 * MINUTE
    assert found_in(None, stretch=stretch).lost == [stretch]
    assert found_in(GOOD, {}, stretch=stretch).lost == [(AT + MINUTE, stretch[1])]
    assert found_in(GOOD | {"datetime": AT + MINUTE}, None, GOOD, stretch=stretch).lost == [stretch]


def test_a_lost_day_ends_at_the_next_midnight():
    start, end = (at_new_york(date(2026, 11, day), time(0)) for day in (1, 2))  # 25 hours: the clocks are set back
    found = found_in(GOOD | {"datetime": start, "high": 1}, interval=Interval.DAY)
    assert (found.lost, end - start) == ([(start, end)], 25 * 3_600_000)


def test_of_two_candles_with_one_start_the_later_is_taken():
    bars, rejected = sifted(GOOD, GOOD | {"close": 10.5}, GOOD | {"datetime": AT - MINUTE})
    assert [(bar.start, bar.close) for bar in bars] == [(AT - MINUTE, 11), (AT, 10.5)]
    assert rejected == {BarFault.DUPLICATE: 1}


def test_candles_out_of_order_are_no_fault():
    bars, rejected = sifted(GOOD, GOOD | {"datetime": AT - MINUTE})
    assert ([bar.start for bar in bars], rejected) == ([AT - MINUTE, AT], {})


@pytest.mark.parametrize("interval", [Interval.M5, Interval.M10, Interval.M15, Interval.M30])
def test_the_grid_is_that_of_the_interval(interval):
    step = interval.milliseconds
    bars, rejected = sifted(*(GOOD | {"datetime": at} for at in (AT, AT + step, AT + step + MINUTE)), interval=interval)
    assert ([bar.start for bar in bars], rejected) == ([AT, AT + step], {BarFault.OFF_GRID: 1})


@pytest.mark.parametrize("interval", [Interval.DAY, Interval.WEEK, Interval.MONTH])
@pytest.mark.parametrize("midnight", [1_790_917_200_000, 1_790_913_600_000], ids=["chicago", "new-york"])
def test_days_begin_at_midnight_in_chicago_or_new_york(interval, midnight):
    """Of 2 October 2026: 05:00Z or 04:00Z."""
    stamps = (midnight, midnight + MINUTE, midnight + 7_200_000, midnight - 7_200_000)
    bars, rejected = sifted(*(GOOD | {"datetime": stamp} for stamp in stamps), interval=interval)
    assert rejected == {BarFault.OFF_GRID: 3}
    day = {Interval.DAY: date(2026, 10, 2), Interval.WEEK: date(2026, 9, 28), Interval.MONTH: date(2026, 10, 1)}
    assert [bar.start for bar in bars] == [at_new_york(day[interval], time(0))]


def test_a_day_that_is_stamped_in_two_ways_is_one():
    midnight = 1_790_913_600_000
    bars, rejected = sifted(
        GOOD | {"datetime": midnight + 3_600_000}, GOOD | {"datetime": midnight}, interval=Interval.DAY
    )
    assert ([bar.start for bar in bars], rejected) == ([midnight], {BarFault.DUPLICATE: 1})


def test_a_candle_outside_the_stretch_is_neither_taken_nor_counted():
    bars, rejected = sifted(GOOD, GOOD | {"high": 1, "datetime": AT + MINUTE}, stretch=(AT, AT + MINUTE))
    assert (len(bars), rejected) == (1, {})


def test_a_future_may_cost_less_than_nothing_but_not_trade_less():
    oil = {"open": -1, "high": 10, "low": -40.32, "close": -37.63, "volume": 5, "datetime": AT}
    assert len(sifted(oil, symbol="/CL")[0]) == 1
    assert sifted(oil, symbol="CL")[1] == {BarFault.NEGATIVE: 1}
    assert sifted(oil | {"volume": -5}, symbol="/CL")[1] == {BarFault.NEGATIVE: 1}


def test_a_candle_without_volume_traded_none():
    [bar] = sifted({name: value for name, value in GOOD.items() if name != "volume"})[0]
    assert bar.volume == 0


def test_numbers_stay_as_they_were_sent():
    text = '{"candles":[{"open":214,"high":214.0,"low":2.1E2,"close":214,"volume":3.5E6,"datetime":AT}]}'.replace(
        "AT", str(AT)
    )
    [bar] = sifted(text=text)[0]
    assert repr((bar.open, bar.high, bar.low, bar.volume)) == "(214, 214.0, 210.0, 3500000.0)"


def test_an_empty_answer_may_leave_the_candles_out():
    read = read_candles(b'{"empty":true}')
    assert (read.candles, read.empty) == ([], True)


def test_every_real_capture_is_taken_whole(samples):
    intervals = {"daily": Interval.DAY}
    names = [path for path in samples.glob("pricehistory_*.json") if "request" not in path.name]
    assert len(names) >= 5
    for path in names:
        sent = json.loads(path.read_bytes())["candles"]
        interval = next((i for word, i in intervals.items() if word in path.name), Interval.M1)
        bars, rejected = sifted(text=path.read_text(), interval=interval)
        assert (len(bars), rejected) == (len(sent), {}), path.name
