"""Market data on request, from captured answers."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from monitor.errors import BadData, Refused, SignInNeeded, Transient
from monitor.market.bar import BarSource, Interval
from monitor.market.calendar import NEW_YORK, from_ms
from monitor.schwab.rest import SchwabHistory, market_client

DAY_MS = 86_400_000


@pytest.fixture
def samples(shared):
    return shared / "schwab/samples/rest"


@pytest.fixture
def history(schwab, signed_in):
    return SchwabHistory(market_client(signed_in, schwab.transport))


def answer_with(schwab, *bodies):
    left = list(bodies)
    schwab.answer = lambda _request: httpx.Response(200, content=left.pop(0) if len(left) > 1 else left[0])


async def test_daily_bars_begin_at_midnight_in_new_york(history, schwab, samples):
    body = (samples / "pricehistory_SPY_daily_2025-06.json").read_bytes()
    answer_with(schwab, body)
    bars = await history.daily_bars("SPY")
    assert [(b.open, b.high, b.low, b.close, b.volume) for b in bars] == [
        (c["open"], c["high"], c["low"], c["close"], c["volume"]) for c in json.loads(body)["candles"]
    ]
    starts = [from_ms(bar.start, NEW_YORK) for bar in bars]
    assert str(starts[0]) == "2025-06-18 00:00:00-04:00"
    assert {(s.hour, s.minute) for s in starts} == {(0, 0)}
    assert (bars[0].interval, bars[0].source, bars[0].symbol) == (Interval.DAY, BarSource.REST, "SPY")
    asked = schwab.requests[-1].url.params
    assert (asked["periodType"], asked["period"], asked["frequencyType"]) == ("year", "20", "daily")


@pytest.mark.parametrize(("years", "period"), [(1, "1"), (4, "5"), (20, "20"), (50, "20")])
async def test_years_are_rounded_up_to_what_schwab_offers(history, schwab, years, period):
    assert await history.daily_bars("SPY", years) == []
    assert schwab.requests[-1].url.params["period"] == period


@pytest.mark.parametrize("name", ["pricehistory_SPY_1min_ext_2026-10-05", "pricehistory_AAPL_1min_10day_ext_2024-05"])
async def test_minute_bars_are_clipped_to_what_was_asked(history, schwab, samples, name):
    body = (samples / f"{name}.json").read_bytes()
    answer_with(schwab, body)
    candles = {c["datetime"]: c for c in json.loads(body)["candles"]}
    times = sorted(candles)
    first, end = times[10], times[40]
    bars = await history.minute_bars("SPY", first, end)
    assert [bar.start for bar in bars] == times[10:40]
    assert all(candles[b.start]["close"] == b.close and candles[b.start]["volume"] == b.volume for b in bars)


async def test_a_long_range_is_asked_for_in_chunks_of_ten_days(history, schwab):
    end = 1_791_208_800_000
    await history.minute_bars("SPY", end - 25 * DAY_MS, end)
    asked = [request.url.params for request in schwab.requests[1:]]
    stretches = [(int(p["startDate"]), int(p["endDate"])) for p in asked]
    assert [(b - a) // DAY_MS for a, b in stretches] == [10, 10, 5]
    assert (stretches[0][0], stretches[-1][1]) == (end - 25 * DAY_MS, end)
    assert asked[0]["needExtendedHoursData"] == "true"
    assert await history.minute_bars("SPY", end, end) == []


async def test_an_empty_answer_is_no_bars(history, schwab, samples):
    answer_with(schwab, (samples / "pricehistory_empty.DOC.json").read_bytes())
    assert await history.daily_bars("XXX") == []


async def test_instruments_are_found(history, schwab, samples):
    answer_with(schwab, (samples / "instruments_SPY_2026-10-05.json").read_bytes())
    found = await history.find_instruments("SPY")
    assert [(f.symbol, f.asset_type) for f in found] == [("SPY", "ETF")]
    assert schwab.requests[-1].url.params["projection"] == "symbol-search"


@pytest.mark.parametrize("name", ["instruments_fundamental_AAPL_2024-10-18", "instruments_cusip_037833100_2024-10-18"])
async def test_other_projections_are_read_too(history, schwab, samples, name):
    answer_with(schwab, (samples / f"{name}.json").read_bytes())
    assert [f.symbol for f in await history.find_instruments("AAPL")] == ["AAPL"]


async def test_an_unknown_instrument_is_none(history, schwab, samples):
    answer_with(schwab, (samples / "instruments_unknown_2026-10-05.json").read_bytes())
    assert await history.find_instruments("ZQZQZ") == []


async def test_a_search_looks_at_symbols_and_descriptions(history, schwab):
    both = [{"symbol": s, "description": "", "exchange": "X", "assetType": "INDEX"} for s in ("$SPX", "$SPXEW")]
    answer_with(schwab, json.dumps({"instruments": both}).encode(), json.dumps({"instruments": both[:1]}).encode())
    assert [f.symbol for f in await history.search_instruments("$sp")] == ["$SPX", "$SPXEW"]
    asked = [(r.url.params["projection"], r.url.params["symbol"]) for r in schwab.requests[1:]]
    assert asked == [("symbol-regex", "\\$SP.*"), ("desc-search", "$sp")]


async def test_words_are_searched_in_descriptions_only(history, schwab):
    await history.search_instruments("exchange traded, fund")
    assert [r.url.params["projection"] for r in schwab.requests[1:]] == ["desc-search"]


async def test_hours_of_an_open_day(history, schwab, samples):
    answer_with(schwab, (samples / "markets_open_2026-10-07.json").read_bytes())
    hours = await history.market_hours("2026-10-07")
    assert (hours.day, hours.is_open) == ("2026-10-07", True)
    start, end = hours.regular[0]
    assert datetime.fromtimestamp(start / 1000, UTC).isoformat() == "2026-10-07T13:30:00+00:00"
    assert end - start == 6.5 * 3_600_000
    assert hours.pre[0][1] == start
    assert hours.post[0][0] == end
    assert schwab.requests[-1].url.params["date"] == "2026-10-07"


@pytest.mark.parametrize(
    "name", ["markets_holiday_2026-11-26", "markets_weekend_2026-10-10", "market_single_equity_closed_2025-07-20"]
)
async def test_hours_of_a_closed_day(history, schwab, samples, name):
    answer_with(schwab, (samples / f"{name}.json").read_bytes())
    hours = await history.market_hours()
    assert not hours.is_open
    assert (hours.pre, hours.regular, hours.post) == ((), (), ())
    assert "date" not in schwab.requests[-1].url.params


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(404, b"{}", Refused), (503, b"upstream request timeout", Transient), (200, b"{}x", BadData), (401, b"", Refused)],
)
async def test_failures_are_of_our_own_kinds(history, schwab, status, body, kind):
    schwab.answer = lambda _request: httpx.Response(status, content=body)
    with pytest.raises(kind):
        await history.daily_bars("SPY")


async def test_a_day_that_is_none_and_an_answer_without_hours(history):
    with pytest.raises(BadData, match="not a date"):
        await history.market_hours("tomorrow")
    with pytest.raises(BadData, match="equity market"):
        await history.market_hours()


async def test_signed_out_it_says_so(schwab, sign_in):
    with pytest.raises(SignInNeeded):
        await SchwabHistory(market_client(sign_in, schwab.transport)).daily_bars("SPY")


async def test_the_newest_of_quote_and_trade_is_when_a_symbol_moved(history, schwab, samples):
    answer_with(schwab, (samples / "quotes_AAPL_AMD_2024-10-18.json").read_bytes())
    assert await history.quote_times(["AAPL", "AMD"]) == {"AAPL": 1729295935436, "AMD": 1729295948896}
    asked = schwab.requests[-1].url.params
    assert (asked["symbols"], asked["fields"]) == ("AAPL,AMD", "quote")


async def test_symbols_without_times_are_missing_among_them(history, schwab):
    odd = {"A": {"quote": {"quoteTime": "x"}}, "B": {}, "C": 7, "errors": {"invalidSymbols": ["D"]}}
    answer_with(schwab, json.dumps(odd | {"E": {"quote": {"tradeTime": 5}}}).encode())
    assert await history.quote_times(["A", "B", "C", "D", "E"]) == {"E": 5}
