"""GET /quotes and /{symbol}/quotes: the Level 1 state of the market under REST's names (PROTOCOL 4.1)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zlib import crc32

from aiohttp import web

from monitor.market.calendar import from_ms
from monitor.sandbox.answers import Refusal, answer, refuse
from monitor.sandbox.exchange import Exchange, LevelOne, Listing, Value
from monitor.sandbox.other_quotes import other_quote

MAX_SYMBOLS = 500
_BLOCKS = ("extended", "fundamental", "quote", "reference", "regular")
_FIELDS_RULE = "valid fields should be any of all,fundamental,reference,extended,quote,regular or empty value"
_SEARCH_POINTER = {"pointer": ["/data/attributes/symbols", "/data/attributes/cusips", "/data/attributes/ssids"]}

#: REST's name, the streamer's field number, and the kind of number REST prints.
Table = tuple[tuple[str, str, Callable[[Value], Value]], ...]
_QUOTE: Table = (
    ("52WeekHigh", "19", float),
    ("52WeekLow", "20", float),
    ("askMICId", "39", str),
    ("askPrice", "2", float),
    ("askSize", "5", int),
    ("askTime", "38", int),
    ("bidMICId", "40", str),
    ("bidPrice", "1", float),
    ("bidSize", "4", int),
    ("bidTime", "37", int),
    ("closePrice", "12", float),
    ("highPrice", "10", float),
    ("lastMICId", "41", str),
    ("lastPrice", "3", float),
    ("lastSize", "9", int),
    ("lowPrice", "11", float),
    ("mark", "33", float),
    ("markChange", "44", float),
    ("markPercentChange", "45", float),
    ("netChange", "18", float),
    ("netPercentChange", "42", float),
    ("openPrice", "17", float),
    ("postMarketChange", "50", float),
    ("postMarketPercentChange", "51", float),
    ("quoteTime", "34", int),
    ("securityStatus", "32", str),
    ("totalVolume", "8", int),
    ("tradeTime", "35", int),
)
_OF_AN_INDEX = {
    *("52WeekHigh", "52WeekLow", "closePrice", "highPrice", "lastPrice", "lowPrice", "netChange"),
    *("netPercentChange", "openPrice", "securityStatus", "totalVolume", "tradeTime"),
}
_INDEX_QUOTE: Table = tuple(row for row in _QUOTE if row[0] in _OF_AN_INDEX)
_REGULAR: Table = (
    ("regularMarketLastPrice", "29", float),
    ("regularMarketLastSize", "30", int),
    ("regularMarketNetChange", "31", float),
    ("regularMarketPercentChange", "43", float),
    ("regularMarketTradeTime", "36", int),
)


class Quotes:
    """Answers for quotes of one market."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/marketdata/v1/quotes", self.several),
            web.get("/marketdata/v1/{symbol}/quotes", self.single),
        ]

    async def several(self, request: web.Request) -> web.Response:
        """An object keyed by symbol; unknown symbols are listed under ``errors``, which is no HTTP error."""
        symbols = [s for s in request.query.get("symbols", "").split(",") if s]
        if not symbols:
            raise Refusal(400, "Search combination should have min of 1.", _SEARCH_POINTER)
        if len(symbols) > MAX_SYMBOLS:
            raise Refusal(400, "Search combination should not exceed 500.", _SEARCH_POINTER)
        blocks = _blocks(request)
        payload: dict[str, Any] = {}
        for symbol in symbols:
            if entry := self._entry(symbol, blocks):
                payload[symbol] = entry
            await asyncio.sleep(0)  # the streamer's turn: 500 quotes take a while
        if unknown := [s for s in dict.fromkeys(symbols) if s not in payload]:
            payload["errors"] = {"invalidSymbols": unknown}
        return answer(payload)

    async def single(self, request: web.Request) -> web.Response:
        """The same object for one symbol; an unknown one is a 404 here."""
        symbol = request.match_info["symbol"]
        entry = None if "/" in symbol else self._entry(symbol, _blocks(request))
        return answer({symbol: entry}) if entry else refuse(Refusal(404))

    def _entry(self, symbol: str, blocks: tuple[str, ...]) -> dict[str, Any] | None:
        listing = self._exchange.listing(symbol)
        if listing is None:
            return other_quote(self._exchange.venues, symbol, self._exchange.now_ms(), blocks)
        state = self._exchange.level_one(listing.symbol, self._exchange.now_ms())
        entry: dict[str, Any] = {"assetMainType": listing.asset_type}
        if listing.asset_type == "EQUITY":
            entry |= {"assetSubType": listing.asset_subtype, "quoteType": "NBBO"}
        entry |= {"realtime": True, "ssid": crc32(listing.symbol.encode()) >> 1, "symbol": listing.symbol}
        made = _index_blocks(listing, state) if listing.asset_type == "INDEX" else _equity_blocks(listing, state)
        return entry | {name: made[name] for name in blocks if name in made}


def _blocks(request: web.Request) -> tuple[str, ...]:
    asked = {name for name in request.query.get("fields", "").split(",") if name} or {"all"}
    if not asked <= {"all", *_BLOCKS}:
        raise Refusal(400, _FIELDS_RULE, {"parameter": "fields"})
    return _BLOCKS if "all" in asked else tuple(name for name in _BLOCKS if name in asked)


def _rows(table: Table, state: LevelOne) -> dict[str, Value]:
    """What the state has of a table; a field it lacks is not available for that instrument."""
    return {name: kind(state[number]) for name, number, kind in table if number in state}


def _index_blocks(listing: Listing, state: LevelOne) -> dict[str, Any]:
    zeros = ("avg10DaysVolume", "avg1YearVolume", "divAmount", "divPayAmount", "divYield", "eps", "fundLeverageFactor")
    return {
        "fundamental": dict.fromkeys((*zeros, "peRatio"), 0.0) | {"divFreq": 0},
        "quote": _rows(_INDEX_QUOTE, state),
        "reference": {
            "description": listing.description,
            "exchange": listing.exchange,
            "exchangeName": listing.exchange_name,
        },
    }


def _equity_blocks(listing: Listing, state: LevelOne) -> dict[str, Any]:
    return {
        "extended": _stale_extended(state),
        "fundamental": fundamental(state),
        "quote": _rows(_QUOTE, state),
        "reference": _reference(listing, state),
        "regular": _rows(_REGULAR, state),
    }


def _stale_extended(state: LevelOne) -> dict[str, Value]:
    """Zeros and an old trade, as the block is at Schwab through the regular session."""
    last, size = float(state.get("29", state.get("3", 0.0))), int(state.get("30", 0))
    zeros: dict[str, Value] = {"askPrice": 0.0, "askSize": 0, "bidPrice": 0.0, "bidSize": 0}
    rest = {"mark": 0.0, "quoteTime": 0, "totalVolume": 0, "tradeTime": int(state.get("36", 0)) // 1000 * 1000}
    return zeros | {"lastPrice": last, "lastSize": size} | rest


def fundamental(state: LevelOne) -> dict[str, Value]:
    """The fundamentals that follow from Level 1: dividend, yield, price-earnings ratio and what they imply."""
    last, ratio, dividend = (float(state.get(n, 0.0)) for n in ("3", "21", "22"))
    volume = float(state.get("8", 0))
    block: dict[str, Value] = {"avg10DaysVolume": volume, "avg1YearVolume": volume, "divAmount": dividend}
    ex_date = str(state.get("26", "")).strip()
    if ex_date:
        block["divExDate"] = f"{ex_date[:10]}T00:00:00Z"
    block |= {"divFreq": 4 if dividend else 0, "divPayAmount": round(dividend / 4, 5)}
    block |= {"divYield": float(state.get("23", 0.0)), "eps": round(last / ratio, 5) if ratio else 0.0}
    earnings = from_ms(int(state.get("35", 0))).date() - timedelta(days=45)
    shares = crc32(str(state.get("15", "")).encode()) // 2
    return block | {
        "fundLeverageFactor": 0.0,
        "lastEarningsDate": f"{earnings}T00:00:00Z",
        "peRatio": ratio,
        "sharesOutstanding": shares,
    }


def _reference(listing: Listing, state: LevelOne) -> dict[str, Value]:
    block: dict[str, Value] = {
        "cusip": listing.cusip,
        "description": listing.description,
        "ethOptionEligible": False,
        "exchange": listing.exchange,
        "exchangeName": listing.exchange_name,
        "isHardToBorrow": state.get("48") == 1,
        "isShortable": state.get("49", 1) == 1,
        "optionable": listing.asset_type != "INDEX",
    }
    quantity = int(state.get("46", -1))
    if quantity >= 0:
        block["htbQuantity"] = quantity
    return block | {"htbRate": float(state.get("47", 0.0))}
