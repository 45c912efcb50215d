"""Price history asked for and read: every interval, from captured answers."""

import json
import re
from datetime import date, time, timedelta

import httpx
import pytest

from monitor.errors import BadData, Refused, SignInNeeded, Transient
from monitor.market.bar import BarSource, Interval
from monitor.market.calendar import NEW_YORK, at_new_york, from_ms
from monitor.sandbox import history as sandbox_history
from monitor.schwab.library import AsyncClient
from monitor.schwab.rest import SchwabMarketData, market_client
from monitor.schwab.rest.price_history import COMBINATIONS, frequency_of

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
ALL = (0, 2**62)
EMPTY = b'{"symbol":"SPY","empty":true,"candles":[]}'
NONE_HERE = b'{"symbol":"SPY","empty":false,"candles":[]}'
GIVEN = [interval for interval in Interval if interval not in (Interval.H1, Interval.H4)]


async def test_daily_bars_begin_at_midnight_in_new_york(market_data, schwab, answer_with, samples):
    body = (samples / "pricehistory_SPY_daily_2025-06.json").read_bytes()
    answer_with(body)
    bars = (await market_data.bars("SPY", Interval.DAY, *ALL)).bars
    assert [(b.open, b.high, b.low, b.close, b.volume) for b in bars] == [
        (c["open"], c["high"], c["low"], c["close"], c["volume"]) for c in json.loads(body)["candles"]
    ]
    starts = [from_ms(bar.start, NEW_YORK) for bar in bars]
    assert str(starts[0]) == "2025-06-18 00:00:00-04:00"
    assert {(s.hour, s.minute) for s in starts} == {(0, 0)}
    assert (bars[0].interval, bars[0].source, bars[0].symbol) == (Interval.DAY, BarSource.REST, "SPY")
    asked = schwab.requests[-1].url.params
    assert (asked["periodType"], asked["frequencyType"]) == ("year", "daily")


@pytest.mark.parametrize("name", ["pricehistory_SPY_1min_ext_2026-10-05", "pricehistory_AAPL_1min_10day_ext_2024-05"])
async def test_minute_bars_are_clipped_to_what_was_asked(market_data, answer_with, samples, name):
    body = (samples / f"{name}.json").read_bytes()
    answer_with(body)
    candles = {c["datetime"]: c for c in json.loads(body)["candles"]}
    times = sorted(candles)
    answer = await market_data.bars("SPY", Interval.M1, times[10], times[40])
    assert [bar.start for bar in answer.bars] == times[10:40]
    assert (answer.is_empty, answer.rejected) == (False, {})
    kept = [(b.open, b.high, b.low, b.close, b.volume) for b in answer.bars]
    sent = [tuple(candles[t][name] for name in ("open", "high", "low", "close", "volume")) for t in times[10:40]]
    assert repr(kept) == repr(sent)  # 214 stays 214


async def test_a_long_range_is_asked_for_in_pieces_of_ten_days(market_data, schwab, answer_with):
    answer_with(EMPTY)
    start, end = at_new_york(date(2026, 10, 20), time(7)), at_new_york(date(2026, 11, 14), time(12))
    await market_data.bars("SPY", Interval.M1, start, end)
    asked = [request.url.params for request in schwab.requests]
    midnights = [at_new_york(date(2026, *day), time(0)) for day in ((10, 30), (11, 9))]
    assert [(int(p["startDate"]), int(p["endDate"])) for p in asked] == [
        (start, midnights[0]),
        (midnights[0], midnights[1]),  # an hour longer than ten times 24: the clocks were set back
        (midnights[1], end),
    ]
    assert asked[0]["needExtendedHoursData"] == "true"


@pytest.mark.parametrize(("interval", "pieces"), [(Interval.M5, 6), (Interval.M30, 1), (Interval.DAY, 1)])
async def test_longer_bars_come_in_longer_pieces(market_data, schwab, answer_with, interval, pieces):
    answer_with(EMPTY)
    end = 1_791_208_800_000
    await market_data.bars("SPY", interval, end - 274 * DAY_MS, end)
    assert len(schwab.requests) == pieces


async def test_nothing_is_asked_of_no_time_at_all(market_data, schwab):
    answer = await market_data.bars("SPY", Interval.M1, DAY_MS * 9000, DAY_MS * 9000)
    assert (answer.bars, answer.is_empty, schwab.requests) == ((), False, [])


async def test_empty_at_the_source_is_told_from_no_bars_in_the_stretch(market_data, answer_with, samples):
    at = 1_791_208_800_000
    answer_with((samples / "pricehistory_empty.DOC.json").read_bytes())
    assert (await market_data.bars("XXX", Interval.M5, at, at + DAY_MS)).is_empty
    answer_with(NONE_HERE)
    assert not (await market_data.bars("XXX", Interval.M5, at, at + DAY_MS)).is_empty
    answer_with((samples / "pricehistory_SPY_1min_ext_2026-10-05.json").read_bytes())
    outside = await market_data.bars("SPY", Interval.M1, at, at + DAY_MS)
    assert (outside.bars, outside.is_empty) == ((), False)


@pytest.mark.parametrize(("bodies", "is_empty"), [((EMPTY, NONE_HERE), False), ((EMPTY, EMPTY), True)])
async def test_it_is_empty_only_if_every_answer_is(market_data, answer_with, bodies, is_empty):
    answer_with(*bodies)
    end = 1_791_208_800_000
    assert (await market_data.bars("SPY", Interval.M1, end - 20 * DAY_MS, end)).is_empty is is_empty


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (Interval.M1, ("day", "minute", "1", "true")),
        (Interval.M5, ("day", "minute", "5", "true")),
        (Interval.M10, ("day", "minute", "10", "true")),
        (Interval.M15, ("day", "minute", "15", "true")),
        (Interval.M30, ("day", "minute", "30", "true")),
        (Interval.DAY, ("year", "daily", "1", "false")),
        (Interval.WEEK, ("year", "weekly", "1", "false")),
        (Interval.MONTH, ("year", "monthly", "1", "false")),
    ],
)
async def test_each_interval_in_schwabs_words(market_data, schwab, answer_with, interval, words):
    answer_with(EMPTY)
    await market_data.bars("SPY", interval, 1_700_000_000_000, 1_700_100_000_000)
    asked = schwab.requests[-1].url.params
    names = ("periodType", "frequencyType", "frequency", "needExtendedHoursData")
    assert tuple(asked[name] for name in names) == words
    assert "period" not in asked


@pytest.mark.parametrize("interval", [Interval.H1, Interval.H4])
async def test_hours_are_no_interval_of_schwabs(market_data, schwab, interval):
    with pytest.raises(Refused, match=interval.label):
        await market_data.bars("SPY", interval, 0, DAY_MS * 9000)
    assert schwab.requests == []


@pytest.mark.parametrize("interval", GIVEN)
def test_what_is_asked_is_a_combination_that_schwab_takes(interval):
    period_type, frequency_type, frequency = frequency_of(interval)
    assert frequency in COMBINATIONS[period_type].frequencies[frequency_type]
    kinds = AsyncClient.PriceHistory
    assert kinds.PeriodType(period_type)
    assert kinds.FrequencyType(frequency_type)
    assert kinds.Frequency(frequency)


def test_the_table_is_that_of_the_protocol(shared):
    """Row by row, as the specification has it; the sandbox refuses the same."""
    text = (shared / "schwab/PROTOCOL.md").read_text()
    rows = re.findall(r"^\| (day|month|year|ytd) \| (.+?) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    assert [row[0] for row in rows] == list(COMBINATIONS)
    for name, periods, kinds, frequencies in rows:
        row = COMBINATIONS[name]
        assert row.periods == tuple(map(int, re.findall(r"\d+", periods)))
        assert set(row.frequencies) == set(re.findall(r"\w+", kinds))
        assert {f for some in row.frequencies.values() for f in some} == set(map(int, frequencies.split()))
        rule = sandbox_history._RULES[name]
        assert (rule.periods, rule.frequency_types) == (row.periods, tuple(row.frequencies))


def midnight(day):
    """In New York; an hour later it is midnight in Chicago."""
    return at_new_york(date.fromisoformat(day), time(0))


@pytest.mark.parametrize(
    ("interval", "first", "starts"),
    [
        (Interval.DAY, "2025-06-19", ["2025-06-20", "2025-06-23"]),
        (Interval.WEEK, "2025-06-16", ["2025-06-16", "2025-06-23"]),
        (Interval.MONTH, "2025-06-01", ["2025-06-01"]),
    ],
)
async def test_days_and_longer_begin_in_new_york(market_data, schwab, answer_with, interval, first, starts):
    stamps = {
        Interval.DAY: ["2025-06-18", "2025-06-20", "2025-06-23", "2025-06-24"],
        Interval.WEEK: ["2025-06-09", "2025-06-17", "2025-06-23"],  # the second began after a holiday
        Interval.MONTH: ["2025-05-01", "2025-06-02"],
    }[interval]
    candles = [
        {"open": 1, "high": 1, "low": 1, "close": 1, "volume": 1, "datetime": midnight(day) + HOUR_MS} for day in stamps
    ]
    answer_with(json.dumps({"candles": candles, "empty": False}).encode())
    end = midnight("2025-06-24")
    answer = await market_data.bars("SPY", interval, midnight(first), end)
    assert [from_ms(bar.start).date().isoformat() for bar in answer.bars] == starts
    assert answer.rejected == {}
    asked = schwab.requests[-1].url.params
    assert (int(asked["startDate"]), int(asked["endDate"])) == (midnight(first), end)


async def test_a_week_that_began_before_the_stretch_is_asked_for_but_not_given(market_data, schwab, answer_with):
    answer_with(EMPTY)
    thursday = 1_750_305_600_000  # 19 June 2025, 00:00 New York
    await market_data.bars("SPY", Interval.WEEK, thursday + 1, thursday + 2)
    asked = schwab.requests[-1].url.params
    assert int(asked["startDate"]) == thursday - 3 * DAY_MS
    assert int(asked["endDate"]) == thursday + DAY_MS


async def test_what_is_left_out_is_counted_over_all_answers_and_logged(market_data, answer_with, caplog):
    end = 1_791_208_800_000
    good = {"open": 1, "high": 1, "low": 1, "close": 1, "volume": 1, "datetime": end - 60_000}
    answer_with(json.dumps({"candles": [good, good | {"high": 0.5}, 7, good | {"close": "NaN"}]}).encode())
    start = at_new_york(from_ms(end).date() - timedelta(days=19), time(0))
    answer = await market_data.bars("SPY", Interval.M1, start, end)
    # The first answer has nothing of its own ten days, but a candle that nobody can read.
    assert [bar.start for bar in answer.bars] == [end - 60_000]
    assert answer.rejected == {"high below low": 1, "unreadable": 2, "not a number": 1}
    before, minute = (start, at_new_york(from_ms(start).date() + timedelta(days=10), time(0))), (end - 60_000, end)
    assert answer.lost == (before, minute, minute)
    assert "history of SPY (1m): left out 1 high below low, 1 not a number, 1 unreadable" in caplog.text


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b"{}", Refused),
        (503, b"upstream request timeout", Transient),
        (200, b"{}x", BadData),
        (200, b"{}", BadData),
        (200, b"[]", BadData),
        (200, b'{"candles":{}}', BadData),
        (401, b"", Refused),
    ],
)
async def test_failures_are_of_our_own_kinds(market_data, schwab, status, body, kind):
    schwab.answer = lambda _request: httpx.Response(status, content=body)
    with pytest.raises(kind):
        await market_data.bars("SPY", Interval.DAY, *ALL)
    with pytest.raises(kind):
        await market_data.bars("SPY", Interval.M1, DAY_MS * 9000, DAY_MS * 9001)


async def test_signed_out_it_says_so(schwab, sign_in):
    with pytest.raises(SignInNeeded):
        await SchwabMarketData(market_client(sign_in, schwab.transport)).bars("SPY", Interval.DAY, *ALL)
