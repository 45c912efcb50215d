"""GET /movers/{index}: the ten symbols that trade or move most (PROTOCOL 4.6)."""

import asyncio
import html
from collections.abc import Callable
from typing import Any

from aiohttp import web

from monitor.sandbox.answers import Refusal, answer
from monitor.sandbox.exchange import Exchange, Listing

_SHOWN = 10
_DESCRIPTION_LENGTH = 20
#: Level 1 counts no trades; an average print is about this many shares.
SHARES_A_TRADE = 110

#: Who belongs to what may be asked for; screeners use the same names.
MEMBERS: dict[str, Callable[[Listing], bool]] = {
    "$DJI": lambda x: x.asset_subtype == "COE" and x.exchange == "N",
    "$COMPX": lambda x: x.asset_subtype == "COE" and x.exchange == "Q",
    "$SPX": lambda x: x.asset_subtype == "COE",
    "NYSE": lambda x: x.exchange == "N",
    "NASDAQ": lambda x: x.exchange == "Q",
    "OTCBB": lambda _: False,
    "INDEX_ALL": lambda x: x.asset_type == "INDEX",
    "EQUITY_ALL": lambda x: x.asset_type == "EQUITY",
    "OPTION_ALL": lambda _: False,
    "OPTION_PUT": lambda _: False,
    "OPTION_CALL": lambda _: False,
}
_ORDERS: dict[str, Callable[[dict[str, Any]], float]] = {
    "VOLUME": lambda m: -m["volume"],
    "TRADES": lambda m: -m["trades"],
    "PERCENT_CHANGE_UP": lambda m: -m["netPercentChange"],
    "PERCENT_CHANGE_DOWN": lambda m: m["netPercentChange"],
}


class Movers:
    """Answers with the most active symbols of one market."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/marketdata/v1/movers/{index}", self.movers)]

    async def movers(self, request: web.Request) -> web.Response:
        """Ten entries at most; ``netPercentChange`` is a fraction here and ``marketShare`` percent."""
        index = request.match_info["index"]
        if index not in MEMBERS:
            raise Refusal(404)
        order = _ORDERS.get(request.query.get("sort", "VOLUME"))
        if order is None:
            raise Refusal(400, "Invalid value for sort", {"parameter": "sort"})
        entries = []
        for listing in filter(MEMBERS[index], self._exchange.listings()):
            entries.append(self._entry(listing))
            await asyncio.sleep(0)  # the streamer's turn: a whole index takes a while
        total = sum(entry["volume"] for entry in entries)
        for entry in entries:
            entry["totalVolume"] = total
            entry["marketShare"] = round(100 * entry["volume"] / total, 2) if total else 0.0
        return answer({"screeners": sorted(entries, key=order)[:_SHOWN]})

    def _entry(self, listing: Listing) -> dict[str, Any]:
        state = self._exchange.level_one(listing.symbol, self._exchange.now_ms())
        volume, change, close = int(state.get("8", 0)), float(state.get("18", 0.0)), float(state.get("12", 0.0))
        return {
            "description": html.escape(listing.description[:_DESCRIPTION_LENGTH]),
            "volume": volume,
            "lastPrice": float(state.get("3", 0.0)),
            "netChange": change,
            "marketShare": 0.0,
            "totalVolume": 0,
            "trades": volume // SHARES_A_TRADE,
            "netPercentChange": round(change / close, 4) if close else 1.0,
            "symbol": listing.symbol,
        }
