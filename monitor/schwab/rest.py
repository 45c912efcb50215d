"""Market data on request: bars, instruments and market hours from Schwab's REST services, in our own types."""

import contextlib
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import httpx
import msgspec

from monitor.errors import BadData
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.calendar import CHICAGO, at_new_york, from_ms, to_ms
from monitor.market.instrument import Instrument, parse_symbol
from monitor.market.quote import Number
from monitor.ports import MarketHours
from monitor.schwab import answers
from monitor.schwab.auth import TokenAuth
from monitor.schwab.library import CurrentToken, MarketClient
from monitor.schwab.oauth import SchwabSignIn
from monitor.schwab.transport import SchwabTransport

_CHUNK_MS = 10 * 86_400_000
_YEARS = (1, 2, 3, 5, 10, 15, 20)
#: Of each step. httpx's own 5 s are too few for a line that takes 2 s each way; the transport limits the whole.
_TIMEOUT = httpx.Timeout(15.0)


def market_client(sign_in: SchwabSignIn, transport: SchwabTransport) -> MarketClient:
    """schwab-py's client over our transport, with the sign-in's tokens; close it with ``close_async_session``."""
    session = httpx.AsyncClient(
        auth=TokenAuth(sign_in),
        transport=transport,
        headers={"Accept": "application/json"},
        follow_redirects=False,
        timeout=_TIMEOUT,
    )
    return MarketClient(session, CurrentToken(sign_in.reveal_access_token), answers.check)


class _Candle(msgspec.Struct, frozen=True):
    open: Number
    high: Number
    low: Number
    close: Number
    datetime: int
    volume: Number = 0


class _History(msgspec.Struct):
    candles: list[_Candle] = []


class _Found(msgspec.Struct, rename={"asset_type": "assetType"}):
    symbol: str
    description: str = ""
    exchange: str = ""
    asset_type: str = ""


class _Instruments(msgspec.Struct):
    instruments: list[_Found] = []


class _Stretch(msgspec.Struct):
    start: datetime
    end: datetime


class _Market(msgspec.Struct, rename={"is_open": "isOpen", "hours": "sessionHours"}):
    date: str
    is_open: bool = False
    hours: dict[str, list[_Stretch]] = {}

    def stretches(self, name: str) -> tuple[tuple[int, int], ...]:
        return tuple((to_ms(s.start), to_ms(s.end)) for s in self.hours.get(name) or ())


class _Quoted(msgspec.Struct):
    """The times of one symbol's newest quote and trade; either may be missing."""

    quote: dict[str, Any] = {}

    @property
    def newest_ms(self) -> int:
        times = (self.quote.get("quoteTime"), self.quote.get("tradeTime"))
        return max((time for time in times if isinstance(time, int)), default=0)


class SchwabHistory:
    """Implements the ports PriceHistory and QuoteTimes."""

    def __init__(self, client: MarketClient) -> None:
        self._client = client

    async def daily_bars(self, symbol: str, years: int = 20) -> list[Bar]:
        kinds = self._client.PriceHistory
        response = await self._client.get_price_history(
            symbol,
            period_type=kinds.PeriodType.YEAR,
            period=kinds.Period(next((known for known in _YEARS if known >= years), _YEARS[-1])),
            frequency_type=kinds.FrequencyType.DAILY,
            frequency=kinds.Frequency.DAILY,
            need_extended_hours_data=False,
        )
        candles = answers.read(response, _History).candles
        return _bars(symbol, Interval.DAY, {_trading_day_start(c.datetime): c for c in candles})

    async def minute_bars(self, symbol: str, start_ms: int, end_ms: int) -> list[Bar]:
        kinds = self._client.PriceHistory
        found: dict[int, _Candle] = {}
        for start, end in pairwise([*range(start_ms, end_ms, _CHUNK_MS), end_ms]):
            response = await self._client.get_price_history(
                symbol,
                period_type=kinds.PeriodType.DAY,
                frequency_type=kinds.FrequencyType.MINUTE,
                frequency=kinds.Frequency.EVERY_MINUTE,
                start_datetime=from_ms(start),
                end_datetime=from_ms(end),
                need_extended_hours_data=True,
            )
            # Times inside a day are not honoured: the answer holds whole days.
            candles = answers.read(response, _History).candles
            found |= {c.datetime: c for c in candles if start_ms <= c.datetime < end_ms}
        return _bars(symbol, Interval.M1, found)

    async def find_instruments(self, text: str) -> list[Instrument]:
        return await self._instruments(text, self._client.Instrument.Projection.SYMBOL_SEARCH)

    async def search_instruments(self, text: str) -> list[Instrument]:
        kinds, found = self._client.Instrument.Projection, list[Instrument]()
        try:
            symbol = parse_symbol(text)
        except BadData:
            pass  # words of a description, which no symbol can begin with
        else:
            found += await self._instruments(f"{_literal(symbol)}.*", kinds.SYMBOL_REGEX)
        found += await self._instruments(text.strip(), kinds.DESCRIPTION_SEARCH)
        return list({instrument.symbol: instrument for instrument in found}.values())

    async def market_hours(self, day: str = "") -> MarketHours:
        try:
            asked = date.fromisoformat(day) if day else None
        except ValueError as error:
            raise BadData(f"“{day}” is not a date. Example: 2026-10-07.") from error
        response = await self._client.get_market_hours([self._client.MarketHours.Market.EQUITY], date=asked)
        markets: dict[str, dict[str, _Market]] = answers.read(response, dict[str, dict[str, _Market]])
        # The inner key is EQ on trading days and equity on others.
        market = next(iter(markets.get("equity", {}).values()), None)
        if market is None:
            raise BadData("Schwab's answer holds no hours of the equity market.")
        pre, regular, post = (market.stretches(name) for name in ("preMarket", "regularMarket", "postMarket"))
        return MarketHours(market.date, market.is_open, pre, regular, post)

    async def quote_times(self, symbols: Sequence[str]) -> dict[str, int]:
        response = await self._client.get_quotes(symbols, fields=[self._client.Quote.Fields.QUOTE])
        found: dict[str, Any] = answers.read(response, dict[str, Any])
        times: dict[str, int] = {}
        for symbol in symbols:  # among the answers are also an “errors” and, for some symbols, other shapes
            with contextlib.suppress(msgspec.ValidationError):
                times[symbol] = msgspec.convert(found.get(symbol), _Quoted).newest_ms
        return {symbol: newest for symbol, newest in times.items() if newest}

    async def _instruments(self, text: str, projection: Any) -> list[Instrument]:
        response = await self._client.get_instruments(text, projection)
        found = answers.read(response, _Instruments).instruments
        return [Instrument(f.symbol, f.description, f.exchange, f.asset_type) for f in found]


def _bars(symbol: str, interval: Interval, candles: dict[int, _Candle]) -> list[Bar]:
    return [
        Bar(symbol, interval, start, c.open, c.high, c.low, c.close, c.volume, BarSource.REST)
        for start, c in sorted(candles.items())
    ]


def _trading_day_start(stamp_ms: int) -> int:
    """Daily candles are stamped midnight in Chicago; ours begin at midnight in New York of the same date."""
    day = from_ms(stamp_ms, CHICAGO).date()
    return at_new_york(day, datetime.min.time())


def _literal(symbol: str) -> str:
    return "".join(f"\\{c}" if c in "$.^/" and c != "/" else c for c in symbol)
