"""The services beside shares: what the streamer tells of options, futures, currencies, screeners, orders and news."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from monitor.market.calendar import from_ms
from monitor.sandbox.commands import Subscriptions
from monitor.sandbox.jackson import whole
from monitor.sandbox.market.futures import contract
from monitor.sandbox.market.round_the_clock import last_traded, session_start
from monitor.sandbox.market.screeners import Asked, asked
from monitor.sandbox.market.simulated import SimulatedExchange
from monitor.sandbox.server import Sandbox
from monitor.sandbox.venue_feed import VenueFeed
from tests.support.exchange import NOW
from tests.support.ports import until
from tests.support.visitor import Line, Visitor, streamer_url

MINUTE = 60_000
#: Saturday 2026-10-10, 12:00 New York.
SATURDAY = NOW + (3 * 24 * 60 + 89) * MINUTE + 30_000
ALL = ",".join(map(str, range(56)))
PREFIXES = ("NASDAQ", "$SPX", "EQUITY_ALL")


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def market(clock: Clock) -> SimulatedExchange:
    return SimulatedExchange(7, clock)


@pytest.fixture
def option(market: SimulatedExchange) -> dict[str, Any]:
    """A contract on SPY near its price, as /chains has it."""
    price = float(market.level_one("SPY", NOW)["3"])
    return min(market.contracts("SPY", NOW), key=lambda c: abs(c["strikePrice"] - price))


def ask(market: SimulatedExchange, service: str, *keys: str, fields: str = ALL) -> VenueFeed:
    """A feed whose connection has subscribed to keys of one service."""
    subscriptions = Subscriptions()
    subscriptions.substitute(service, list(keys), frozenset(fields.split(",")))
    return VenueFeed(market.venues, subscriptions)


def told(feed: VenueFeed, service: str, *keys: str) -> list[dict[str, Any]]:
    """What a subscription is answered with."""
    return [item for frame in feed.subscribed(service, list(keys), NOW) for item in _items(frame.payload)]


def news(feed: VenueFeed, now: int) -> list[dict[str, Any]]:
    """What came in the second that ends at ``now``."""
    return [item for slot in range(4) for frame in feed.changes(slot, now) for item in _items(frame.payload)]


async def images_of(feed: VenueFeed) -> dict[str, Any]:
    """The first images of screeners by key, as soon as they have been worked out."""
    images: dict[str, Any] = {}

    def came() -> bool:
        images.update({item["key"]: item for item in news(feed, NOW)})
        return bool(images)

    await until(came, 20)
    return images


def _items(payload: bytes) -> list[dict[str, Any]]:
    return json.loads(payload)["data"][0]["content"]


@pytest.mark.parametrize(
    ("service", "key"),
    [
        ("LEVELONE_FUTURES", "/ES"),
        ("LEVELONE_FUTURES", "/GC"),
        ("LEVELONE_FOREX", "USD/JPY"),
        ("LEVELONE_FUTURES_OPTIONS", "./ESZ26C6900"),
    ],
)
def test_a_snapshot_comes_first_and_then_what_changed(market: SimulatedExchange, service: str, key: str) -> None:
    feed = ask(market, service, key)
    (snapshot,) = told(feed, service, key)
    (change,) = news(feed, NOW + 2_000)
    assert {"key", "delayed", "assetMainType", "1", "2", "3"} <= snapshot.keys()
    assert 1 < len(change) < len(snapshot) - 5
    assert all(snapshot[name] != value for name, value in change.items() if name != "key")


def test_an_option_is_the_contract_of_the_chain(market: SimulatedExchange, option: dict[str, Any]) -> None:
    (item,) = told(ask(market, "LEVELONE_OPTIONS", option["symbol"]), "LEVELONE_OPTIONS", option["symbol"])
    assert {n for n in item if n.isdigit()} == {str(n) for n in range(1, 56)}
    names = {"2": "bid", "3": "ask", "9": "openInterest", "20": "strikePrice", "28": "delta", "37": "mark"}
    assert {number: item[number] for number in names} == {n: whole(option[name]) for n, name in names.items()}


def test_greeks_that_cannot_be_computed_have_their_placeholders(market: SimulatedExchange) -> None:
    far = next(c["symbol"] for c in market.contracts("SPY", NOW) if c["delta"] == -999.0)
    (item,) = told(ask(market, "LEVELONE_OPTIONS", far), "LEVELONE_OPTIONS", far)
    assert {item[n] for n in ("10", "28", "29", "30", "31", "32")} == {-999}
    assert item["34"] == -1


def test_the_book_of_an_option_begins_at_its_quote(market: SimulatedExchange, option: dict[str, Any]) -> None:
    (book,) = told(ask(market, "OPTIONS_BOOK", option["symbol"]), "OPTIONS_BOOK", option["symbol"])
    bids, asks = book["2"], book["3"]
    assert (bids[0]["0"], asks[0]["0"]) == (whole(option["bid"]), whole(option["ask"]))
    assert [level["0"] for level in bids] == sorted((level["0"] for level in bids), reverse=True)
    for level in (*bids, *asks):
        assert (level["1"], level["2"]) == (sum(m["1"] for m in level["3"]), len(level["3"]))


@pytest.mark.parametrize(
    ("service", "key"),
    [
        *(("LEVELONE_OPTIONS", k) for k in ("NOPE  261016C00100000", "SPY   269999C00100000", "SPY   261016C00000001")),
        *(("LEVELONE_FUTURES", k) for k in ("/XX", "/ESF26", "/ESZ99", "ES")),
        *(("LEVELONE_FOREX", k) for k in ("EUR/EUR", "EUR/XXX", "EURUSD")),
        *(("LEVELONE_FUTURES_OPTIONS", k) for k in ("./ESZ26C1", "./XXZ26C6900", "/ESZ26C6900")),
        *(("SCREENER_EQUITY", "NASDAQ_VOLUME_31"), ("CHART_FUTURES", "/XX"), ("NEWS_HEADLINE", "NOPE")),
    ],
)
async def test_nothing_is_said_of_what_does_not_exist(market: SimulatedExchange, service: str, key: str) -> None:
    feed = ask(market, service, key)
    assert told(feed, service, key) == []
    assert news(feed, NOW + 60_000) == []


def test_a_root_is_its_active_contract(market: SimulatedExchange) -> None:
    today = from_ms(NOW).date()
    active = contract("/ES", today)
    assert active is not None
    root, own = (market.venues["LEVELONE_FUTURES"].fields(key, NOW) for key in ("/ES", active.symbol))
    assert root == own
    assert (root["34"], root["32"]) == ("/ESZ26", True)  # type: ignore[index]
    later = market.venues["LEVELONE_FUTURES"].fields("/ESH27", NOW)
    assert later is not None
    assert (later["32"], later["34"]) == (False, "/ESZ26")


def test_the_day_s_figures_hold_every_minute(market: SimulatedExchange) -> None:
    prices = [market.venues["LEVELONE_FUTURES"].fields("/NQ", NOW + n * 7_000) for n in range(60)]
    bars = market.venues["CHART_FUTURES"].since("/NQ", session_start(NOW), NOW)
    assert all(p is not None and p["13"] <= p["3"] <= p["12"] for p in prices)
    assert prices[0] is not None
    assert prices[0]["12"] >= max(bar["3"] for bar in bars)
    assert prices[0]["13"] <= min(bar["4"] for bar in bars)
    assert all(bar["4"] <= min(bar["2"], bar["5"]) <= max(bar["2"], bar["5"]) <= bar["3"] for bar in bars)


def test_bars_come_one_by_one_with_their_numbers(market: SimulatedExchange) -> None:
    feed = ask(market, "CHART_FUTURES", "/ES")
    (last,) = told(feed, "CHART_FUTURES", "/ES")
    new = news(feed, NOW + 3 * MINUTE)
    assert [bar["seq"] for bar in (last, *new)] == [0, 1, 2, 3]
    assert [bar["1"] - last["1"] for bar in new] == [MINUTE, 2 * MINUTE, 3 * MINUTE]
    assert news(feed, NOW + 3 * MINUTE + 100) == []


def test_currencies_agree_with_each_other(market: SimulatedExchange) -> None:
    last = {pair: market.venues["LEVELONE_FOREX"].fields(pair, NOW)["3"] for pair in ("EUR/USD", "GBP/USD", "EUR/GBP")}  # type: ignore[index]
    assert last["EUR/GBP"] == pytest.approx(last["EUR/USD"] / last["GBP/USD"], rel=1e-5)


def test_prices_stand_still_when_nobody_trades(clock: Clock) -> None:
    market = SimulatedExchange(7, clock, real_hours=True)
    assert from_ms(last_traded(SATURDAY)).strftime("%A %H:%M") == "Friday 16:59"
    for service, key in (("LEVELONE_FUTURES", "/ES"), ("LEVELONE_FOREX", "EUR/USD")):
        venue = market.venues[service]
        assert venue.fields(key, SATURDAY) == venue.fields(key, SATURDAY + 60 * MINUTE)
    assert market.venues["CHART_FUTURES"].since("/ES", SATURDAY, SATURDAY + 60 * MINUTE) == []


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("NASDAQ_VOLUME_30", Asked("NASDAQ", "VOLUME", 30)),
        ("$SPX_PERCENT_CHANGE_UP_0", Asked("$SPX", "PERCENT_CHANGE_UP", 0)),
        ("EQUITY_ALL_AVERAGE_PERCENT_VOLUME_60", Asked("EQUITY_ALL", "AVERAGE_PERCENT_VOLUME", 60)),
        ("EQUITY_ALL_VOLUME_2", None),
        ("EQUITY_ALL_BEAUTY_5", None),
        ("LSE_VOLUME_5", None),
    ],
)
def test_what_a_screener_s_key_asks_for(key: str, parts: Asked | None) -> None:
    assert asked(key, PREFIXES) == parts


async def test_screeners_lead_with_those_that_lead(market: SimulatedExchange) -> None:
    keys = ("NASDAQ_VOLUME_30", "EQUITY_ALL_PERCENT_CHANGE_DOWN_0", "$SPX_TRADES_5")
    feed = ask(market, "SCREENER_EQUITY", *keys)
    assert told(feed, "SCREENER_EQUITY", *keys) == []  # not worked out yet
    images = await images_of(feed)
    volumes = [row["volume"] for row in images["NASDAQ_VOLUME_30"]["4"]]
    assert (len(volumes), volumes) == (10, sorted(volumes, reverse=True))
    changes = [row["netPercentChange"] for row in images["EQUITY_ALL_PERCENT_CHANGE_DOWN_0"]["4"]]
    assert changes == sorted(changes)
    assert (images["$SPX_TRADES_5"]["2"], images["$SPX_TRADES_5"]["3"]) == ("TRADES", 5)


async def test_the_screener_of_options_keeps_calls_and_puts_apart(market: SimulatedExchange) -> None:
    keys = ("OPTION_CALL_VOLUME_0", "OPTION_PUT_VOLUME_0")
    feed = ask(market, "SCREENER_OPTION", *keys)
    images = await images_of(feed)
    kinds = {key: {row["symbol"][12] for row in images[key]["4"]} for key in keys}
    assert kinds == {"OPTION_CALL_VOLUME_0": {"C"}, "OPTION_PUT_VOLUME_0": {"P"}}


def test_an_account_says_that_it_listens_and_then_tells_of_orders(market: SimulatedExchange) -> None:
    feed = ask(market, "ACCT_ACTIVITY", "mine")
    assert told(feed, "ACCT_ACTIVITY", "mine") == [{"seq": 0, "key": "mine", "1": "", "2": "SUBSCRIBED", "3": ""}]
    events = news(feed, NOW + 10 * MINUTE)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    lives: dict[str, list[str]] = {}
    for event in events:
        lives.setdefault(json.loads(event["3"])["SchwabOrderID"], []).append(event["2"])
    whole_lives = [life for life in lives.values() if life[0] == "OrderCreated"][:-1]
    assert {life[-1] for life in whole_lives} == {"OrderFillCompleted", "OrderUROutCompleted"}
    assert len(whole_lives) >= 8


def test_headlines_say_that_they_are_simulated_and_are_told_once(market: SimulatedExchange) -> None:
    feed = ask(market, "NEWS_HEADLINE", "AAPL")
    told(feed, "NEWS_HEADLINE", "AAPL")
    first, second = news(feed, NOW + 10 * MINUTE), news(feed, NOW + 10 * MINUTE)
    assert len(first) >= 5
    assert second == []
    assert all(item["4"].startswith("SIMULATED-") and item["7"] == ["AAPL"] for item in first)


class TestOnTheWire:
    @pytest.fixture
    def house(self, market: SimulatedExchange) -> Sandbox:
        return Sandbox(exchange=market)

    @pytest.fixture
    async def wire(self, guest: Visitor, session: aiohttp.ClientSession) -> AsyncIterator[Line]:
        async with session.ws_connect(streamer_url(guest)) as socket:
            line = Line(socket, guest.access)
            await line.log_in()
            yield line

    async def test_the_stream_and_rest_agree(self, wire: Line, guest: Visitor, clock: Clock) -> None:
        await wire.ask("LEVELONE_FUTURES", "SUBS", keys="/CL,NOPE", fields="0,1,2,3")
        item = (await wire.next("data"))["content"][0]
        quotes = await guest.get("quotes", symbols="/CL,EUR/USD,./LOZ26C60,NOPE")
        assert item["3"] == quotes["/CL"]["quote"]["lastPrice"]
        assert quotes["errors"] == {"invalidSymbols": ["NOPE"]}
        assert "ssid" not in quotes["EUR/USD"]
        clock.now += 2_000
        assert (await wire.next("data"))["content"][0]["key"] == "/CL"

    async def test_a_future_s_history_is_what_the_stream_sent(self, wire: Line, guest: Visitor) -> None:
        await wire.ask("CHART_FUTURES", "SUBS", keys="/ES", fields="0,1,2,3,4,5,6")
        bar = (await wire.next("data"))["content"][0]
        asked = {"symbol": "/ES", "periodType": "day", "period": 1, "endDate": NOW}
        candles = (await guest.get("pricehistory", **asked))["candles"]
        last = next(c for c in candles if c["datetime"] == bar["1"])
        assert [last[name] for name in ("open", "high", "low", "close", "volume")] == [bar[n] for n in "23456"]
        assert await guest.status("pricehistory", symbol="/XX") == 404
