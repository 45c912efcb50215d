"""Everything on request, from a sandbox that answers as Schwab does."""

import time

import pytest

from monitor.market.bar import Interval
from monitor.market.calendar import from_ms
from monitor.market.quote import ForexQuote, FutureQuote, OptionQuote
from monitor.ports import MARKETS, Projection
from monitor.schwab.rest import SchwabMarketData
from tests.scenarios.test_schwab import Client, client
from tests.support.sandbox import sandbox

__all__ = ["client", "sandbox"]  # the fixtures

DAY_MS = 86_400_000


@pytest.fixture
def market_data(client: Client) -> SchwabMarketData:
    return client.history


@pytest.mark.parametrize("interval", [each for each in Interval if each not in {Interval.H1, Interval.H4}])
async def test_every_interval_has_bars_and_none_is_rejected(market_data: SchwabMarketData, interval: Interval) -> None:
    end = int(time.time() * 1000)
    start = end - (6 * DAY_MS if interval.intraday else 90 * DAY_MS)
    answer = await market_data.bars("AAPL", interval, start, end)
    starts = [bar.start for bar in answer.bars]
    assert len(starts) >= 2
    assert starts == sorted(set(starts))
    assert start <= starts[0] < starts[-1] < end
    assert (answer.is_empty, answer.rejected) == (False, {})
    assert {bar.interval for bar in answer.bars} == {interval}


async def test_quotes_of_every_kind(market_data: SchwabMarketData) -> None:
    contract = (await market_data.chain("AAPL")).chain.contracts[0]
    symbols = ["AAPL", "SPY", "$SPX", contract.symbol, "/ES", "EUR/USD", "ZQZQZ"]
    answer = await market_data.quotes(symbols, batch=3)
    assert answer.invalid == ("ZQZQZ",)
    assert set(answer.quotes) == set(symbols) - {"ZQZQZ"}
    kinds = {contract.symbol: OptionQuote, "/ES": FutureQuote, "EUR/USD": ForexQuote}
    assert all(isinstance(answer.quotes[symbol].quote, kind) for symbol, kind in kinds.items())
    assert all(snapshot.quote.last is not None for snapshot in answer.quotes.values())


async def test_a_chain_too_large_for_the_gateway_comes_whole(market_data: SchwabMarketData) -> None:
    heard: list[tuple[int, int]] = []
    answer = await market_data.chain("$SPX", on_progress=lambda *progress: heard.append(progress))
    days = {expiration.day for expiration in (await market_data.expirations("$SPX")).expirations}
    assert answer.is_whole
    assert answer.rejected == {}
    assert set(answer.chain.expiries()) == days
    assert heard[-1] == (len(days), len(days))
    assert answer.chain.underlying is not None
    assert answer.chain.underlying.last is not None


async def test_instruments_hours_and_movers(market_data: SchwabMarketData) -> None:
    found = await market_data.instruments("AAPL", Projection.FUNDAMENTAL)
    assert [instrument.symbol for instrument in found.instruments] == ["AAPL"]
    assert "AAPL" in found.fundamentals
    hours = await market_data.product_hours()
    assert {product.market for product in hours.products} == set(MARKETS)
    assert hours.products[0].day == from_ms(int(time.time() * 1000)).date().isoformat()
    movers = await market_data.movers("$SPX", "VOLUME")
    volumes = [row.volume for row in movers.screener.rows]
    assert len(volumes) == 10
    assert volumes == sorted(volumes, reverse=True)
