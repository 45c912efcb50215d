"""Which of Schwab's services a request asks, and words for what it asks; no more of it is told than symbols."""

from types import MappingProxyType
from typing import Final

import httpx

TOKEN_PATH: Final = "/v1/oauth/token"  # noqa: S105  a path
PREFERENCE_PATH: Final = "/trader/v1/userPreference"
MARKET_DATA: Final = "/marketdata/"

#: Each endpoint, as the last part of its path calls it, with words for people.
NAMES: Final = MappingProxyType(
    {
        "quotes": "quotes",
        "pricehistory": "price history",
        "chains": "option chains",
        "expirationchain": "option expiries",
        "markets": "market hours",
        "movers": "movers",
        "instruments": "symbol search",
        "userPreference": "address of the streamer",
        "token": "sign-in service",
        "other": "other market data",
    }
)
_MARKET_DATA: Final = NAMES.keys() - {"userPreference", "token", "other"}
_MOST_SYMBOLS = 3
_LONGEST_SYMBOL = 32


def endpoint_of(path: str) -> str:
    """One of NAMES: the parts of a path that are symbols or markets do not matter."""
    if path == TOKEN_PATH:
        return "token"
    if path == PREFERENCE_PATH:
        return "userPreference"
    parts = path.strip("/").split("/")[2:]
    if parts[-1:] == ["quotes"]:
        return "quotes"
    return parts[0] if parts and parts[0] in _MARKET_DATA else "other"


def purpose_of(request: httpx.Request, endpoint: str) -> str:
    """Words for what a request asks, for callers who have not said for what it is: “minutes of AAPL”."""
    words = NAMES[endpoint]
    params = request.url.params
    if endpoint == "pricehistory":
        words = "minutes" if params.get("frequencyType") == "minute" else "days"
    elif endpoint not in {"quotes", "chains", "expirationchain"}:
        return words
    if endpoint == "chains":
        words = "option chain"
    symbols = [symbol for symbol in params.get("symbols", params.get("symbol", "")).split(",") if symbol]
    return f"{words} of {_listed(symbols)}" if symbols else words


def _listed(symbols: list[str]) -> str:
    shown = ", ".join(_printable(symbol) for symbol in symbols[:_MOST_SYMBOLS])
    return shown if len(symbols) <= _MOST_SYMBOLS else f"{shown} and {len(symbols) - _MOST_SYMBOLS} more"


def _printable(symbol: str) -> str:
    return "".join(c for c in symbol if c.isprintable())[:_LONGEST_SYMBOL]
