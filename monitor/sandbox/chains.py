"""GET /chains and /expirationchain: option contracts, filtered and put in their maps (PROTOCOL 4.3 and 4.4)."""

import math
from collections.abc import Iterable
from datetime import date
from typing import Any

from aiohttp import web

from monitor.sandbox.answers import Refusal, answer, body_too_big
from monitor.sandbox.exchange import Exchange, LevelOne, Listing

Contract = dict[str, Any]
_SIDES = {"CALL": ("CALL",), "PUT": ("PUT",), "ALL": ("CALL", "PUT")}
_STRATEGIES = {
    *("SINGLE", "ANALYTICAL", "COVERED", "VERTICAL", "CALENDAR", "STRANGLE", "STRADDLE", "BUTTERFLY"),
    *("CONDOR", "DIAGONAL", "COLLAR", "ROLL"),
}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
#: An unfiltered chain with more contracts than this does not pass the gateway; only index chains are that long.
_GATEWAY_LIMIT = 2600
_NARROWING = ("strikeCount", "strike", "range", "fromDate", "toDate", "expMonth")
_NEAR = 0.05


class Chains:
    """Answers with the option contracts of one market."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/marketdata/v1/chains", self.chain),
            web.get("/marketdata/v1/expirationchain", self.expirations),
        ]

    async def chain(self, request: web.Request) -> web.Response:
        """The chain of one underlying; an answer the gateway could not carry is refused with a 502."""
        listing = self._listing(request)
        state = self._exchange.level_one(listing.symbol, self._exchange.now_ms())
        contracts = self._exchange.contracts(listing.symbol, self._exchange.now_ms())
        narrowed = any(request.query.get(name, "ALL") != "ALL" for name in _NARROWING)
        if not narrowed and (listing.symbol == "$SPX" or len(contracts) > _GATEWAY_LIMIT):
            return body_too_big()
        price = float(state.get("3", 0.0))
        kept = _filtered(contracts, request, price)
        payload = _top_level(listing, state, kept, price, _choice(request, "strategy", "SINGLE", _STRATEGIES))
        if request.query.get("includeUnderlyingQuote", "").lower() == "true":
            payload["underlying"] = _underlying(listing, state)
        for side in ("CALL", "PUT"):
            payload[f"{side.lower()}ExpDateMap"] = _by_date_and_strike(c for c in kept if c["putCall"] == side)
        return answer(payload)

    async def expirations(self, request: web.Request) -> web.Response:
        """Every expiry of an underlying, nearest first."""
        listing = self._listing(request)
        entries: dict[tuple[str, str], dict[str, Any]] = {}
        for contract in self._exchange.contracts(listing.symbol, self._exchange.now_ms()):
            day = contract["expirationDate"][:10]
            entries.setdefault(
                (day, contract["optionRoot"]),
                {
                    "expirationDate": day,
                    "daysToExpiration": contract["daysToExpiration"],
                    "expirationType": contract["expirationType"],
                    "settlementType": contract["settlementType"],
                    "optionRoots": contract["optionRoot"],
                    "standard": not contract["nonStandard"],
                },
            )
        return answer({"expirationList": [entries[key] for key in sorted(entries)], "status": None})

    def _listing(self, request: web.Request) -> Listing:
        symbol = request.query.get("symbol", "")
        if not symbol:
            raise Refusal(400, "symbol is required", {"parameter": "symbol"})
        listing = self._exchange.listing(symbol)
        if listing is None:
            raise Refusal(404)
        return listing


def _filtered(contracts: list[Contract], request: web.Request, price: float) -> list[Contract]:
    query = request.query
    sides = _SIDES[_choice(request, "contractType", "ALL", set(_SIDES))]
    first, last = _day(request, "fromDate", date.min), _day(request, "toDate", date.max)
    month = _choice(request, "expMonth", "ALL", {*_MONTHS, "ALL"})
    reach = query.get("range", "ALL")
    kept = [
        c
        for c in contracts
        if c["putCall"] in sides
        and first <= (day := date.fromisoformat(c["expirationDate"][:10])) <= last
        and month in ("ALL", _MONTHS[day.month - 1])
        and _in_range(c, reach, price)
    ]
    if strike := query.get("strike"):
        kept = [c for c in kept if c["strikePrice"] == _number("strike", strike)]
    if count := query.get("strikeCount"):
        kept = _nearest(kept, int(_number("strikeCount", count)), price)
    return kept


def _in_range(contract: Contract, reach: str, price: float) -> bool:
    match reach:
        case "ITM":
            return bool(contract["inTheMoney"])
        case "OTM":
            return not contract["inTheMoney"]
        case "NTM":
            return abs(float(contract["strikePrice"]) - price) <= _NEAR * price
        case _:
            return True


def _nearest(contracts: list[Contract], count: int, price: float) -> list[Contract]:
    """The contracts at the ``count`` strikes nearest to the price, for each expiry."""
    strikes: dict[str, set[float]] = {}
    for c in contracts:
        strikes.setdefault(c["expirationDate"], set()).add(c["strikePrice"])
    near = {day: set(sorted(s, key=lambda strike: abs(strike - price))[:count]) for day, s in strikes.items()}
    return [c for c in contracts if c["strikePrice"] in near[c["expirationDate"]]]


def _by_date_and_strike(contracts: Iterable[Contract]) -> dict[str, dict[str, list[Contract]]]:
    dates: dict[str, dict[str, list[Contract]]] = {}
    for c in sorted(contracts, key=lambda c: (c["expirationDate"], c["strikePrice"])):
        day = f"{c['expirationDate'][:10]}:{c['daysToExpiration']}"
        dates.setdefault(day, {}).setdefault(str(float(c["strikePrice"])), []).append(c)
    return dates


def _top_level(
    listing: Listing, state: LevelOne, contracts: list[Contract], price: float, strategy: str
) -> dict[str, Any]:
    some = bool(contracts)
    return {
        "symbol": listing.symbol,
        "status": "SUCCESS",
        "underlying": None,
        "strategy": strategy,
        "interval": 0.0,
        "isDelayed": False,
        "isIndex": listing.asset_type == "INDEX",
        "interestRate": 4.037 if some else 0.0,
        "underlyingPrice": price if some else 0.0,
        "volatility": 29.0 if some else 0.0,
        "daysToExpiration": float(min((c["daysToExpiration"] for c in contracts), default=0)),
        "dividendYield": float(state.get("23", 0.0)) if some else 0.0,
        "numberOfContracts": len(contracts),
        "assetMainType": listing.asset_type,
        "assetSubType": listing.asset_subtype,
        "isChainTruncated": False,
        "ethOptionEligible": False,
        "hasBinaryOptions": False,
        "callExpDateMap": {},
        "putExpDateMap": {},
    }


def _underlying(listing: Listing, state: LevelOne) -> dict[str, Any]:
    def price(number: str) -> float:
        return float(state.get(number, 0.0))

    def count(number: str) -> int:
        return int(state.get(number, 0))

    return {
        "symbol": listing.symbol,
        "description": listing.description,
        "change": round(price("18"), 2),
        "percentChange": round(price("42"), 2),
        "close": price("12"),
        "quoteTime": count("34"),
        "tradeTime": count("35"),
        "bid": price("1"),
        "ask": price("2"),
        "last": price("3"),
        "mark": price("33"),
        "markChange": round(price("44"), 2),
        "markPercentChange": round(price("45"), 2),
        "bidSize": count("4"),
        "askSize": count("5"),
        "highPrice": price("10"),
        "lowPrice": price("11"),
        "openPrice": price("17"),
        "totalVolume": count("8"),
        "exchangeName": listing.exchange_name,
        "fiftyTwoWeekHigh": price("19"),
        "fiftyTwoWeekLow": price("20"),
        "delayed": False,
    }


def _choice(request: web.Request, name: str, default: str, valid: set[str]) -> str:
    value = request.query.get(name, default)
    if value not in valid:
        raise Refusal(400, f"Invalid value for {name}", {"parameter": name})
    return value


def _day(request: web.Request, name: str, default: date) -> date:
    text = request.query.get(name, "")
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        raise Refusal(400, f"Invalid value for {name}", {"parameter": name}) from None


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise Refusal(400, f"Invalid value for {name}", {"parameter": name})
    return value
