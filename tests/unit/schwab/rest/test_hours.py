"""Market hours: every product of every market."""

import json
from datetime import UTC, datetime

import pytest

from monitor.errors import BadData
from monitor.ports import MARKETS
from monitor.schwab.rest.hours import read_hours


async def test_hours_of_an_open_day(market_data, schwab, answer_with, samples):
    answer_with((samples / "markets_open_2026-10-07.json").read_bytes())
    hours = await market_data.market_hours("2026-10-07")
    assert (hours.day, hours.is_open) == ("2026-10-07", True)
    start, end = hours.regular[0]
    assert datetime.fromtimestamp(start / 1000, UTC).isoformat() == "2026-10-07T13:30:00+00:00"
    assert end - start == 6.5 * 3_600_000
    assert hours.pre[0][1] == start
    assert hours.post[0][0] == end
    assert (schwab.requests[-1].url.params["date"], schwab.requests[-1].url.params["markets"]) == (
        *("2026-10-07", "equity"),
    )


@pytest.mark.parametrize(
    "name", ["markets_holiday_2026-11-26", "markets_weekend_2026-10-10", "market_single_equity_closed_2025-07-20"]
)
async def test_hours_of_a_closed_day(market_data, schwab, answer_with, samples, name):
    answer_with((samples / f"{name}.json").read_bytes())
    hours = await market_data.market_hours()
    assert not hours.is_open
    assert (hours.pre, hours.regular, hours.post) == ((), (), ())
    assert "date" not in schwab.requests[-1].url.params


async def test_every_market_is_asked_for_at_once(market_data, schwab, answer_with, samples):
    answer_with((samples / "markets_all_closed_2025-07-20.json").read_bytes())
    products = (await market_data.product_hours("2025-07-20")).products
    assert {product.market for product in products} == set(MARKETS)
    assert not any(product.is_open or product.sessions for product in products)
    assert schwab.requests[-1].url.params["markets"] == ",".join(MARKETS)


def test_index_options_trade_a_quarter_of_an_hour_longer(samples):
    products = {p.product: p for p in read_hours((samples / "markets_open_2026-10-07.json").read_bytes()).products}
    assert set(products) == {"EQ", "EQO", "IND"}
    assert (products["IND"].market, products["IND"].name) == ("option", "index option")
    ends = [products[name].sessions["regularMarket"][0][1] for name in ("IND", "EQO")]
    assert ends[0] - ends[1] == 15 * 60_000


def test_every_capture_is_read(samples):
    paths = [path for path in samples.glob("market*.json") if "400" not in path.name]
    assert len(paths) >= 7
    for path in paths:
        sent = [inner for market in json.loads(path.read_bytes()).values() for inner in market.values()]
        answer = read_hours(path.read_bytes())
        assert answer.rejected == {}
        assert [(p.day, p.is_open) for p in answer.products] == [(one["date"], one["isOpen"]) for one in sent]
        assert [len(p.sessions) for p in answer.products] == [len(one.get("sessionHours", {})) for one in sent]


def test_a_stretch_that_is_none_costs_itself_alone():
    good = {"start": "2026-10-07T09:30:00-04:00", "end": "2026-10-07T16:00:00-04:00"}
    odd = [{"start": "2026-10-07T09:30:00", "end": good["end"]}, {"start": good["end"], "end": good["start"]}, 7]
    inner = {"date": "2026-10-07", "sessionHours": {"regularMarket": [good, *odd], "preMarket": 7}}
    answer = read_hours(json.dumps({"equity": {"EQ": inner, "X": {"isOpen": True}}, "bond": None}).encode())
    [product] = answer.products
    assert (len(product.sessions["regularMarket"]), product.sessions["preMarket"], product.is_open) == (1, (), True)
    assert answer.rejected == {"unreadable": 4}


async def test_a_day_or_market_that_is_none_and_an_answer_without_hours(market_data):
    with pytest.raises(BadData, match="not a date"):
        await market_data.market_hours("tomorrow")
    with pytest.raises(BadData, match="equity, option"):
        await market_data.product_hours(markets=["moon"])
    with pytest.raises(BadData, match="equity market"):
        await market_data.market_hours()
