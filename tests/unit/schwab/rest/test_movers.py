"""Movers: percentages in percent, and text that was meant for a web page."""

import json

import pytest

from monitor.errors import BadData
from monitor.schwab.rest.movers import read_movers

ROW = {
    "description": "Merck &amp; Co",
    "volume": 5,
    "lastPrice": 86.65,
    "netChange": 0.07,
    "marketShare": 15.28,
    "totalVolume": 30,
    "trades": 3,
    "netPercentChange": 0.0008,
    "symbol": "MRK",
}


def only(row):
    [ranked] = read_movers(json.dumps({"screeners": [row]}).encode()).screener.rows
    return ranked


def test_a_fraction_becomes_percent_and_no_digits_appear():
    ranked = only(ROW)
    assert (ranked.symbol, ranked.description, ranked.last, ranked.net_change) == ("MRK", "Merck & Co", 86.65, 0.07)
    assert (ranked.net_percent_change, ranked.market_share) == (0.08, 15.28)
    assert (ranked.volume, ranked.total_volume, ranked.trades) == (5, 30, 3)


def test_a_change_from_nothing_is_none():
    assert only(ROW | {"netChange": 86.65, "netPercentChange": 1.0}).net_percent_change is None
    doubled = only(ROW | {"lastPrice": 10.0, "netChange": 5.0, "netPercentChange": 1.0})
    assert (doubled.net_change, doubled.net_percent_change) == (5, 100)


def test_every_capture_is_read(samples):
    paths = sorted(samples.glob("movers_*.json"))
    assert len(paths) >= 3
    for path in paths:
        sent = json.loads(path.read_bytes())["screeners"]
        answer = read_movers(path.read_bytes())
        assert answer.rejected == {}
        assert [row.symbol for row in answer.screener.rows] == [row["symbol"] for row in sent]
        assert [row.last for row in answer.screener.rows] == [row.get("lastPrice") for row in sent]
        assert not any("&amp;" in row.description for row in answer.screener.rows)


def test_what_cannot_be_read_is_counted():
    answer = read_movers(json.dumps({"screeners": [ROW, 7, {"volume": 1}, ROW | {"lastPrice": "x"}]}).encode())
    assert [row.last for row in answer.screener.rows] == [86.65, None]
    assert answer.rejected == {"unreadable": 2}
    with pytest.raises(BadData):
        read_movers(b"{}")
    assert read_movers(b'{"screeners":[]}').screener.rows == ()


async def test_movers_are_asked_for_by_list_sort_and_span(market_data, schwab, answer_with, samples):
    answer_with((samples / "movers_2024-10-18.json").read_bytes())
    screener = (await market_data.movers("$DJI", "PERCENT_CHANGE_UP", 5)).screener
    assert (screener.name, screener.sort, screener.minutes, len(screener.rows)) == ("$DJI", "PERCENT_CHANGE_UP", 5, 10)
    assert screener.time == 1_791_417_600_000
    url = schwab.requests[-1].url
    assert (url.path, url.params["sort"], url.params["frequency"]) == (
        *("/marketdata/v1/movers/$DJI", "PERCENT_CHANGE_UP", "5"),
    )


@pytest.mark.parametrize("asked", [("MOON",), ("$DJI", "SIZE"), ("$DJI", "VOLUME", 7)])
async def test_what_cannot_be_asked_for(market_data, schwab, asked):
    with pytest.raises(BadData, match="none of"):
        await market_data.movers(*asked)
    assert schwab.requests == []
