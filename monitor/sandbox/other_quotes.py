"""What GET /quotes says of options, futures, options on futures and currencies (PROTOCOL 4.1)."""

from collections.abc import Callable, Mapping
from typing import Any
from zlib import crc32

from monitor.sandbox.venue import Fields, Venue

#: REST's name, the streamer's field number, and the kind of value REST prints.
Rows = tuple[tuple[str, str, Callable[[Any], Any]], ...]
_PRICES_OF_FUTURES: Rows = (
    *(("askPrice", "2", float), ("askSize", "5", int), ("askTime", "37", int), ("bidPrice", "1", float)),
    *(("bidSize", "4", int), ("bidTime", "38", int), ("closePrice", "14", float)),
    *(("futurePercentChange", "20", float), ("highPrice", "12", float), ("lastPrice", "3", float)),
    *(("lastSize", "9", int), ("lowPrice", "13", float), ("mark", "24", float), ("netChange", "19", float)),
    *(("openInterest", "23", int), ("openPrice", "18", float), ("quoteTime", "10", int)),
    *(("quotedInSession", "39", bool), ("securityStatus", "22", str), ("settleTime", "40", int)),
    *(("tick", "25", float), ("tickAmount", "26", float), ("totalVolume", "8", int), ("tradeTime", "11", int)),
)
_FACTS_OF_FUTURES: Rows = (
    *(("description", "16", str), ("exchange", "15", str), ("exchangeName", "21", str)),
    *(("futureExpirationDate", "35", int), ("futureIsActive", "32", bool), ("futureMultiplier", "31", float)),
    *(("futurePriceFormat", "28", str), ("futureSettlementPrice", "33", float), ("futureTradingHours", "29", str)),
    ("product", "27", str),
)
_PRICES_OF_FOREX: Rows = (
    *(("52WeekHigh", "27", float), ("52WeekLow", "28", float), ("askPrice", "2", float), ("askSize", "5", int)),
    *(("bidPrice", "1", float), ("bidSize", "4", int), ("closePrice", "12", float), ("highPrice", "10", float)),
    *(("lastPrice", "3", float), ("lastSize", "7", int), ("lowPrice", "11", float), ("mark", "29", float)),
    *(("netChange", "16", float), ("netPercentChange", "17", float), ("openPrice", "15", float)),
    *(("quoteTime", "8", int), ("securityStatus", "20", str), ("tick", "21", float), ("tickAmount", "22", float)),
    *(("totalVolume", "6", int), ("tradeTime", "9", int)),
)
_FACTS_OF_FOREX: Rows = (
    *(("description", "14", str), ("exchange", "13", str), ("exchangeName", "18", str), ("isTradable", "25", bool)),
)
_PRICES_OF_OPTIONS: Rows = (
    *(("52WeekHigh", "50", float), ("52WeekLow", "51", float), ("askPrice", "3", float), ("askSize", "17", int)),
    *(("bidPrice", "2", float), ("bidSize", "16", int), ("closePrice", "7", float), ("delta", "28", float)),
    *(("gamma", "29", float), ("highPrice", "5", float), ("indAskPrice", "52", float), ("indBidPrice", "53", float)),
    *(("indQuoteTime", "54", int), ("impliedYield", "47", float), ("lastPrice", "4", float), ("lastSize", "18", int)),
    *(("lowPrice", "6", float), ("mark", "37", float), ("markChange", "45", float)),
    *(("markPercentChange", "46", float), ("moneyIntrinsicValue", "11", float), ("netChange", "19", float)),
    *(("netPercentChange", "44", float), ("openInterest", "9", int), ("openPrice", "15", float)),
    *(("quoteTime", "38", int), ("rho", "32", float), ("securityStatus", "33", str)),
    *(("theoreticalOptionValue", "34", float), ("theta", "30", float), ("timeValue", "25", float)),
    *(("totalVolume", "8", int), ("tradeTime", "39", int), ("underlyingPrice", "35", float), ("vega", "31", float)),
    ("volatility", "10", float),
)
_FACTS_OF_OPTIONS: Rows = (
    *(("contractType", "21", str), ("daysToExpiration", "27", int), ("deliverables", "24", str)),
    *(("description", "1", str), ("exchange", "40", str), ("exchangeName", "41", str), ("exerciseType", "55", str)),
    *(("expirationDay", "26", int), ("expirationMonth", "23", int), ("expirationType", "36", str)),
    *(("expirationYear", "12", int), ("isPennyPilot", "48", bool), ("lastTradingDay", "42", int)),
    *(("multiplier", "13", float), ("settlementType", "43", str), ("strikePrice", "20", float)),
    ("underlying", "22", str),
)
_PRICES_OF_FUTURE_OPTIONS: Rows = (
    *(("askPrice", "2", float), ("askSize", "5", int), ("bidPrice", "1", float), ("bidSize", "4", int)),
    *(("closePrice", "14", float), ("highPrice", "12", float), ("lastPrice", "3", float), ("lastSize", "9", int)),
    *(("lowPrice", "13", float), ("mark", "19", float), ("openInterest", "18", int), ("openPrice", "17", float)),
    *(("quoteTime", "10", int), ("securityStatus", "29", str), ("tick", "20", float), ("tickAmount", "21", float)),
    *(("totalVolume", "8", int), ("tradeTime", "11", int)),
)
_FACTS_OF_FUTURE_OPTIONS: Rows = (
    *(("contractType", "28", str), ("description", "16", str), ("exchange", "30", str), ("exchangeName", "31", str)),
    *(("expirationDate", "26", int), ("multiplier", "22", float), ("strikePrice", "25", float)),
    ("underlying", "24", str),
)
_CLASSES: dict[str, tuple[Rows, Rows]] = {
    "LEVELONE_OPTIONS": (_PRICES_OF_OPTIONS, _FACTS_OF_OPTIONS),
    "LEVELONE_FUTURES": (_PRICES_OF_FUTURES, _FACTS_OF_FUTURES),
    "LEVELONE_FUTURES_OPTIONS": (_PRICES_OF_FUTURE_OPTIONS, _FACTS_OF_FUTURE_OPTIONS),
    "LEVELONE_FOREX": (_PRICES_OF_FOREX, _FACTS_OF_FOREX),
}


def other_quote(venues: Mapping[str, Venue], symbol: str, at_ms: int, blocks: tuple[str, ...]) -> dict[str, Any] | None:
    """The entry of a symbol that is no share, fund or index; None where no venue knows it."""
    for service, (prices, facts) in _CLASSES.items():
        venue = venues.get(service)
        fields = venue.fields(symbol, at_ms) if venue else None
        if venue is None or fields is None:
            continue
        entry: dict[str, Any] = {"assetMainType": venue.asset_type, "realtime": True}
        if service != "LEVELONE_FOREX":
            entry["ssid"] = crc32(symbol.encode()) >> 1
        made = {"quote": _printed(prices, fields), "reference": _printed(facts, fields)}
        if service == "LEVELONE_OPTIONS":
            made["quote"] |= {"postMarketChange": 0.0, "postMarketPercentChange": 0.0}
            made["reference"]["underlyingAssetType"] = "INDEX" if fields["22"].startswith("$") else "EQUITY"
        return entry | {"symbol": symbol} | {name: made[name] for name in blocks if name in made}
    return None


def _printed(rows: Rows, fields: Fields) -> dict[str, Any]:
    return {name: kind(fields[number]) for name, number, kind in rows}
