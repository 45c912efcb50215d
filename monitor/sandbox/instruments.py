"""GET /instruments and /instruments/{cusip}: search by symbol, description or cusip (PROTOCOL 4.7)."""

import asyncio
import random
import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

from monitor.sandbox.answers import Refusal, answer
from monitor.sandbox.exchange import Exchange, LevelOne, Listing, Value

#: Ratios that do not follow from Level 1: name, and the bounds between which a symbol's own value lies.
_RATIOS = (
    *(("pegRatio", 0.5, 4.0), ("pbRatio", 0.8, 40.0), ("prRatio", 0.5, 12.0), ("pcfRatio", 4.0, 40.0)),
    *(("grossMarginTTM", 15.0, 80.0), ("grossMarginMRQ", 15.0, 80.0), ("netProfitMarginTTM", 1.0, 35.0)),
    *(("netProfitMarginMRQ", 1.0, 35.0), ("operatingMarginTTM", 2.0, 40.0), ("operatingMarginMRQ", 2.0, 40.0)),
    *(("returnOnEquity", 2.0, 90.0), ("returnOnAssets", 1.0, 25.0), ("returnOnInvestment", 1.0, 50.0)),
    *(("quickRatio", 0.4, 3.0), ("currentRatio", 0.6, 4.0), ("interestCoverage", 0.0, 30.0)),
    *(("totalDebtToCapital", 0.0, 70.0), ("ltDebtToEquity", 0.0, 200.0), ("totalDebtToEquity", 0.0, 220.0)),
)
_CHANGES = (
    *(("epsChangePercentTTM", -30.0, 60.0), ("epsChangeYear", -10.0, 20.0), ("epsChange", -5.0, 5.0)),
    *(("revChangeYear", -10.0, 30.0), ("revChangeTTM", -10.0, 30.0), ("revChangeIn", -5.0, 5.0)),
)


class Instruments:
    """Answers about the listed instruments of one market."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/marketdata/v1/instruments", self.search),
            web.get("/marketdata/v1/instruments/{cusip}", self.by_cusip),
        ]

    async def search(self, request: web.Request) -> web.Response:
        """What matches under a projection; nothing found is an empty object, not an error."""
        text, projection = request.query.get("symbol", ""), request.query.get("projection", "")
        if not text:
            raise Refusal(400, "symbol is required", {"parameter": "symbol"})
        matches = _matcher(projection, text)
        found = [listing for listing in self._exchange.listings() if matches(listing)]
        return answer(await self._wrapped(found, fundamentals=projection == "fundamental"))

    async def by_cusip(self, request: web.Request) -> web.Response:
        """The instrument with a cusip, wrapped in ``instruments`` as the wire has it."""
        cusip = request.match_info["cusip"]
        found = [listing for listing in self._exchange.listings() if listing.cusip and listing.cusip == cusip]
        if not found:
            raise Refusal(404)
        return answer(await self._wrapped(found, fundamentals=False))

    async def _wrapped(self, listings: list[Listing], fundamentals: bool) -> dict[str, Any]:
        entries = []
        for listing in listings:
            entries.append(self._entry(listing, fundamentals))
            await asyncio.sleep(0)  # the streamer's turn: the fundamentals of a whole market take a while
        return {"instruments": entries} if entries else {}

    def _entry(self, listing: Listing, fundamentals: bool) -> dict[str, Any]:
        entry: dict[str, Any] = {}
        if fundamentals:
            state = self._exchange.level_one(listing.symbol, self._exchange.now_ms())
            entry["fundamental"] = _fundamental(listing, state)
        return entry | {
            "cusip": listing.cusip,
            "symbol": listing.symbol,
            "description": listing.description,
            "exchange": "NASDAQ" if listing.exchange == "Q" else listing.exchange_name,
            "assetType": "ETF" if listing.asset_subtype == "ETF" else listing.asset_type,
        }


def _matcher(projection: str, text: str) -> Callable[[Listing], bool]:
    words = text.upper().split()
    match projection:
        case "symbol-search" | "fundamental":
            symbols = {part.strip().upper() for part in text.split(",")}
            return lambda x: x.symbol in symbols
        case "symbol-regex":
            pattern = _pattern(text)
            return lambda x: bool(pattern.fullmatch(x.symbol))
        case "desc-search":
            return lambda x: all(word in x.description.upper() for word in words)
        case "desc-regex":
            pattern = _pattern(text)
            return lambda x: bool(pattern.search(x.description))
        case "search":
            return lambda x: x.symbol.startswith(text.upper()) or all(w in x.description.upper() for w in words)
        case _:
            raise Refusal(400, "Invalid value for projection", {"parameter": "projection"})


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error:
        raise Refusal(400, "Invalid regular expression", {"parameter": "symbol"}) from None


def _fundamental(listing: Listing, state: LevelOne) -> dict[str, Value]:
    """About fifty figures: those of Level 1, and ratios that a symbol keeps for good."""
    own = random.Random(listing.symbol)
    last, ratio, dividend = (float(state.get(n, 0.0)) for n in ("3", "21", "22"))
    shares = float(own.randrange(50, 16_000) * 1_000_000)
    ex_date = str(state.get("26", "")).strip()

    def dated(*names: str) -> dict[str, Value]:
        return dict.fromkeys(names, ex_date) if ex_date else {}

    volume = int(state.get("8", 0))
    figures: dict[str, Value] = {
        "symbol": listing.symbol,
        "high52": float(state.get("19", 0.0)),
        "low52": float(state.get("20", 0.0)),
        "dividendAmount": dividend,
        "dividendYield": float(state.get("23", 0.0)),
        **dated("dividendDate"),
        "peRatio": ratio,
    }
    figures |= {name: round(own.uniform(low, high), 4) for name, low, high in _RATIOS}
    earnings = round(last / ratio, 5) if ratio else 0.0
    figures["epsTTM"] = earnings
    figures |= {name: round(own.uniform(low, high), 4) for name, low, high in _CHANGES}
    figures |= {"sharesOutstanding": shares, "marketCapFloat": 0.0, "marketCap": round(shares * last, 2)}
    figures |= {"bookValuePerShare": round(last / 4, 5), "shortIntToFloat": 0.0, "shortIntDayToCover": 0.0}
    figures |= {"divGrowthRate3Year": 0.0, "dividendPayAmount": round(dividend / 4, 5)}
    figures |= dated("dividendPayDate")
    figures |= {"beta": round(own.uniform(0.4, 1.9), 5), "vol1DayAvg": 0.0, "vol10DayAvg": 0.0, "vol3MonthAvg": 0.0}
    figures |= {"avg10DaysVolume": volume, "avg1DayVolume": volume, "avg3MonthVolume": volume}
    figures |= dated("declarationDate")
    figures |= {"dividendFreq": 4 if dividend else 0, "eps": earnings, "dtnVolume": volume}
    return figures | dated("nextDividendPayDate", "nextDividendDate") | {"fundLeverageFactor": 0.0}
