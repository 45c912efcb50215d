"""Instruments looked up, and their fundamentals."""

import json
from datetime import date

import pytest

from monitor.errors import BadData
from monitor.market.instrument import Instrument
from monitor.ports import Projection
from monitor.schwab.rest.instruments import read_instruments
from monitor.schwab.rest.names import INSTRUMENT_FUNDAMENTAL

#: Averages that are 0 in every capture; the volumes stand under other names.
LEFT_OUT = {"symbol", "vol1DayAvg", "vol10DayAvg", "vol3MonthAvg", "dtnVolume"}


def test_every_capture_is_read_with_every_fundamental(samples):
    paths = sorted(samples.glob("instruments_*.json"))
    assert len(paths) >= 6
    for path in paths:
        sent = json.loads(path.read_bytes()).get("instruments", [])
        answer = read_instruments(path.read_bytes())
        assert answer.rejected == {}, path.name
        assert [(i.symbol, i.asset_type, i.cusip) for i in answer.instruments] == [
            (entry["symbol"], entry["assetType"], entry["cusip"]) for entry in sent
        ]
        for entry in sent:
            facts = answer.fundamentals.get(entry["symbol"])
            for name in entry.get("fundamental", {}).keys() - LEFT_OUT:
                ours = getattr(facts, INSTRUMENT_FUNDAMENTAL[name])
                assert ours is not None, (path.name, name)


def test_fundamentals_have_their_names(samples):
    answer = read_instruments((samples / "instruments_fundamental_AAPL_2024-10-18.json").read_bytes())
    facts = answer.fundamentals["AAPL"]
    assert (facts.symbol, facts.pe_ratio, facts.market_cap) == ("AAPL", 35.35277, 3524014873860.0)
    assert (facts.dividend_date, facts.next_dividend_pay_date) == (date(2024, 8, 12), date(2024, 11, 15))
    assert (facts.average_volume_10_days, facts.dividend_frequency) == (37498265, 4)


def test_a_bare_instrument_is_read_too():
    assert read_instruments(b'{"symbol":"A","cusip":"1"}').instruments == (Instrument("A", cusip="1"),)


def test_what_cannot_be_read_is_counted():
    answer = read_instruments(b'{"instruments":[{"symbol":"A","description":7},{"description":"B"},7,{"symbol":""}]}')
    assert (answer.instruments, answer.rejected) == ((Instrument("A"),), {"unreadable": 3})
    assert read_instruments(b'{"instruments":7}').instruments == ()


@pytest.mark.parametrize("projection", Projection)
async def test_each_projection_by_schwabs_name(market_data, schwab, answer_with, samples, projection):
    answer_with((samples / "instruments_SPY_2026-10-05.json").read_bytes())
    answer = await market_data.instruments("SPY", projection)
    assert [i.symbol for i in answer.instruments] == ["SPY"]
    asked = schwab.requests[-1].url.params
    assert (asked["symbol"], asked["projection"]) == ("SPY", projection.value)


async def test_instruments_are_found(market_data, schwab, answer_with, samples):
    answer_with((samples / "instruments_SPY_2026-10-05.json").read_bytes())
    found = await market_data.find_instruments("SPY")
    assert [(f.symbol, f.asset_type) for f in found] == [("SPY", "ETF")]
    assert schwab.requests[-1].url.params["projection"] == "symbol-search"


async def test_an_unknown_instrument_is_none(market_data, answer_with, samples):
    answer_with((samples / "instruments_unknown_2026-10-05.json").read_bytes())
    assert await market_data.find_instruments("ZQZQZ") == []
    assert await market_data.instrument_of_cusip("000000000") is None


async def test_an_instrument_by_its_cusip(market_data, schwab, answer_with, samples):
    answer_with((samples / "instruments_cusip_037833100_2024-10-18.json").read_bytes())
    found = await market_data.instrument_of_cusip(" 037833100 ")
    assert (found.symbol, found.cusip) == ("AAPL", "037833100")
    assert schwab.requests[-1].url.path.endswith("/instruments/037833100")


@pytest.mark.parametrize("text", ["", "1234", "../secret", "03783310/", "03783310é"])
async def test_what_is_no_cusip_is_not_asked_for(market_data, schwab, text):
    with pytest.raises(BadData, match="nine"):
        await market_data.instrument_of_cusip(text)
    assert schwab.requests == []


async def test_fundamentals_of_many_symbols(market_data, schwab, answer_with):
    entries = [{"symbol": s, "fundamental": {"symbol": s, "peRatio": 5}} for s in ("A", "B")]
    answer_with(json.dumps({"instruments": [*entries, {"symbol": "C"}]}).encode())
    found = await market_data.fundamentals([f"S{n}" for n in range(150)])
    assert {symbol: facts.pe_ratio for symbol, facts in found.items()} == {"A": 5, "B": 5}
    assert [len(r.url.params["symbol"].split(",")) for r in schwab.requests] == [100, 50]


async def test_a_search_looks_at_symbols_and_descriptions(market_data, schwab, answer_with):
    both = [{"symbol": s, "description": "", "exchange": "X", "assetType": "INDEX"} for s in ("$SPX", "$SPXEW")]
    answer_with(json.dumps({"instruments": both}).encode(), json.dumps({"instruments": both[:1]}).encode())
    assert [f.symbol for f in await market_data.search_instruments("$sp")] == ["$SPX", "$SPXEW"]
    asked = [(r.url.params["projection"], r.url.params["symbol"]) for r in schwab.requests]
    assert asked == [("symbol-regex", "\\$SP.*"), ("desc-search", "$sp")]


async def test_words_are_searched_in_descriptions_only(market_data, schwab):
    await market_data.search_instruments("exchange traded, fund")
    assert [r.url.params["projection"] for r in schwab.requests] == ["desc-search"]
