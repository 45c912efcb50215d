"""Quotes on request: every asset class of the captures, what is missing, what is unknown."""

import json
from datetime import date

import pytest

from monitor.errors import BadData
from monitor.market.quote import ForexQuote, FutureOptionQuote, FutureQuote, OptionQuote, Quote
from monitor.schwab.rest.names import FUNDAMENTAL, INSTRUMENT_FUNDAMENTAL, QUOTE, REFERENCE, REGULAR, UNDERLYING
from monitor.schwab.rest.quotes import read_quotes

#: Names of captures that no field of ours has, and why.
LEFT_OUT = {
    "volatility",  # of a share: of nothing that anybody shows
    *("otcMarketTier", "ethOptionEligible", "optionable", "underlyingAssetType", "uvExpirationType"),
}
KINDS = {
    "EQUITY": Quote,
    "INDEX": Quote,
    "MUTUAL_FUND": Quote,
    "OPTION": OptionQuote,
    "FUTURE": FutureQuote,
    "FUTURE_OPTION": FutureOptionQuote,
    "FOREX": ForexQuote,
}


def entries(samples):
    """Every entry of every capture of quotes, by file and symbol."""
    for path in sorted(samples.glob("quote*.json")):
        body = json.loads(path.read_bytes())
        body = {body["symbol"]: body} if "assetMainType" in body else body
        yield from ((path.name, symbol, entry) for symbol, entry in body.items() if symbol != "errors")


def test_every_capture_is_read_and_every_number_kept_as_sent(samples):
    seen = set()
    for name, symbol, entry in entries(samples):
        answer = read_quotes(json.dumps({symbol: entry}).encode())
        assert (answer.rejected, answer.invalid) == ({}, ()), name
        quote = answer.quotes[symbol].quote
        seen.add(entry["assetMainType"])
        assert isinstance(quote, KINDS[entry["assetMainType"]]), name
        for block, names in (("quote", QUOTE), ("reference", REFERENCE), ("regular", REGULAR)):
            for key, value in entry.get(block, {}).items():
                if key in LEFT_OUT and not hasattr(quote, names.get(key, "")):
                    continue
                ours = getattr(quote, names[key])
                empty = value in (-999, -1) or (value == 0 and names[key].endswith("_time"))
                assert repr(ours) == repr(int(value) if key in ("isShortable", "isHardToBorrow") else value) or (
                    empty and ours is None
                ), (name, symbol, key)
    assert seen == set(KINDS) - {"FUTURE_OPTION"}


def test_every_name_leads_to_a_field(samples):
    fields = {name for kind in KINDS.values() for name in kind.__struct_fields__}
    assert {*QUOTE.values(), *REFERENCE.values(), *REGULAR.values(), *UNDERLYING.values()} <= fields
    for name, symbol, entry in entries(samples):
        facts = read_quotes(json.dumps({symbol: entry}).encode()).quotes[symbol].fundamentals
        for key in entry.get("fundamental", {}):
            assert getattr(facts, FUNDAMENTAL[key]) is not None, (name, key)
    assert set(FUNDAMENTAL.values()) & set(INSTRUMENT_FUNDAMENTAL.values())  # one type for both


def one(**entry):
    return read_quotes(json.dumps({"XYZ": entry}).encode()).quotes["XYZ"]


def whole_entry(samples):
    """An entry with every block."""
    body = json.loads((samples / "quote_SPY_weekend_2026-08-08.json").read_bytes())
    return body.get("SPY", body)


def test_a_share_with_everything(samples):
    answer = read_quotes((samples / "quotes_AAPL_AMD_2024-10-18.json").read_bytes())
    apple = answer.quotes["AAPL"]
    assert (apple.quote.symbol, apple.quote.asset_type, apple.quote.asset_subtype) == ("AAPL", "EQUITY", "COE")
    assert (apple.quote.delayed, apple.quote.exchange_name, apple.quote.shortable) == (False, "NASDAQ", 1)
    assert apple.fundamentals.dividend_date == date(2024, 8, 12)
    assert apple.fundamentals.pe_ratio == apple.quote.pe_ratio
    assert apple.extended is None
    spy = whole_entry(samples)
    assert (one(**spy).extended.last, one(**spy).extended.quote_time) == (769.33, None)


def test_greeks_that_could_not_be_computed_are_none(samples):
    answer = read_quotes((samples / "quotes_options_minus999_2026-10-08.json").read_bytes())
    quotes = [snapshot.quote for snapshot in answer.quotes.values()]
    assert len(quotes) == 5
    greeks = ("volatility", "delta", "gamma", "theta", "vega", "rho", "theoretical_value")
    values = [getattr(quote, name) for quote in quotes for name in greeks]
    assert None in values
    assert not {-999, -1} & set(values)


def test_a_delta_of_minus_one_is_one():
    put = one(
        assetMainType="OPTION", quote={"delta": -1.0, "theta": -1.0, "theoreticalOptionValue": -1.0, "rho": "NaN"}
    )
    assert (put.quote.delta, put.quote.theta) == (-1, -1)
    assert (put.quote.theoretical_value, put.quote.rho) == (None, None)


def test_what_cannot_be_below_zero_has_no_such_value():
    put = one(assetMainType="OPTION", quote={"bidPrice": -1, "askSize": -1, "openInterest": -999, "netChange": -1})
    assert (put.quote.bid, put.quote.ask_size, put.quote.open_interest, put.quote.net_change) == (None, None, None, -1)
    future = one(assetMainType="FUTURE", quote={"bidPrice": -37.63, "bidSize": -1, "futurePercentChange": -305.97})
    assert (future.quote.bid, future.quote.bid_size, future.quote.net_percent_change) == (-37.63, None, -305.97)


def test_a_time_of_zero_is_none():
    assert one(quote={"quoteTime": 0, "tradeTime": 5}).quote.quote_time is None


def test_an_unknown_asset_keeps_what_it_has():
    thing = one(assetMainType="CRYPTO", realtime=True, quote={"lastPrice": 5, "staking": 1}, reference={"cusip": "1"})
    assert type(thing.quote).__mro__[1] is Quote
    assert (thing.quote.asset_type, thing.quote.last, thing.quote.cusip) == ("CRYPTO", 5, "1")
    assert one(assetMainType=["?"], quote={"lastPrice": 5}).quote.last == 5


@pytest.mark.parametrize("block", ["quote", "reference", "regular", "fundamental", "extended"])
def test_a_block_that_is_missing_or_odd_costs_nothing_else(samples, block):
    entry = whole_entry(samples)
    for odd in (None, 7, [], "x", {}):
        snapshot = one(**(entry | {block: odd}))
        assert (snapshot.quote.asset_type, snapshot.ssid) == ("EQUITY", entry["ssid"])
        assert (snapshot.quote.last is None) == (block == "quote")
        assert (snapshot.quote.cusip is None) == (block == "reference")
        assert (snapshot.fundamentals is None) == (block == "fundamental")
        assert (snapshot.extended is None) == (block == "extended")


@pytest.mark.parametrize(
    ("entry", "delayed"),
    [
        ({"realtime": True, "quoteType": "NBBO"}, False),
        ({"realtime": False}, True),
        ({"realtime": True, "quoteType": "NFL"}, True),
        ({"quoteType": "NFL"}, True),
        ({}, None),
    ],
)
def test_whether_it_is_delayed(entry, delayed):
    assert one(**entry).quote.delayed is delayed


def test_unknown_symbols_are_told(samples):
    answer = read_quotes((samples / "quotes_unknown_symbol_2026-10-07.json").read_bytes())
    assert (answer.quotes, answer.invalid, answer.rejected) == ({}, ("ZQZQZ",), {})
    both = {"A": {"assetMainType": "EQUITY"}, "B": 7, "errors": {"invalidSymbols": ["Z"], "invalidCusips": ["1"]}}
    answer = read_quotes(json.dumps(both).encode())
    assert (list(answer.quotes), answer.invalid, answer.rejected) == (["A"], ("Z", "1"), {"unreadable": 1})


def test_an_answer_that_is_no_object_is_bad_data():
    for content in (b"[]", b"7", b"{", b"", b'"x"', b"\xff"):
        with pytest.raises(BadData):
            read_quotes(content)


async def test_many_symbols_are_asked_for_in_batches(market_data, schwab, answer_with):
    parts = [{f"S{n}": {"quote": {"lastPrice": n}} for n in range(a, a + 100)} for a in (0, 100, 200)]
    parts[1]["errors"] = {"invalidSymbols": ["S999"]}
    answer_with(*(json.dumps(part).encode() for part in parts))
    heard = []
    symbols = [f"S{n}" for n in range(250)]
    answer = await market_data.quotes([*symbols, "S0"], on_progress=lambda *progress: heard.append(progress))
    assert [len(r.url.params["symbols"].split(",")) for r in schwab.requests] == [100, 100, 50]
    assert heard == [(100, 250), (200, 250), (250, 250)]
    assert (answer.quotes["S249"].quote.last, answer.invalid) == (249, ("S999",))
    assert "fields" not in schwab.requests[0].url.params
    schwab.requests.clear()
    await market_data.quotes(symbols, batch=500)
    assert len(schwab.requests) == 1


@pytest.mark.parametrize(("symbols", "batch"), [(["A"], 0), (["A"], 501), (["A,B"], 100), ([""], 100)])
async def test_what_cannot_be_asked_for(market_data, schwab, symbols, batch):
    with pytest.raises(BadData):
        await market_data.quotes(symbols, batch)
    assert schwab.requests == []


async def test_the_newest_of_quote_and_trade_is_when_a_symbol_moved(market_data, schwab, answer_with, samples):
    answer_with((samples / "quotes_AAPL_AMD_2024-10-18.json").read_bytes())
    assert await market_data.quote_times(["AAPL", "AMD"]) == {"AAPL": 1729295935436, "AMD": 1729295948896}
    asked = schwab.requests[-1].url.params
    assert (asked["symbols"], asked["fields"]) == ("AAPL,AMD", "quote")


async def test_symbols_without_times_are_missing_among_them(market_data, answer_with):
    odd = {"A": {"quote": {"quoteTime": "x"}}, "B": {}, "C": 7, "errors": {"invalidSymbols": ["D"]}}
    answer_with(json.dumps(odd | {"E": {"quote": {"tradeTime": 5}}}).encode())
    assert await market_data.quote_times(["A", "B", "C", "D", "E"]) == {"E": 5}
