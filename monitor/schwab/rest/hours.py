"""GET /markets: when each product of each market trades on a day."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from monitor.errors import BadData
from monitor.market.calendar import to_ms
from monitor.ports import MARKETS, HoursAnswer, MarketHours, ProductHours
from monitor.schwab.rest.client import Asking
from monitor.schwab.rest.reading import as_list, as_mapping, as_struct, mapping

_Moment = Annotated[datetime, Meta(tz=True)]


class _Stretch(Struct):
    start: _Moment
    end: _Moment


class _Product(Struct, rename={"is_open": "isOpen", "name": "productName", "hours": "sessionHours"}):
    date: str
    is_open: bool | None = None
    name: str = ""
    hours: dict[str, Any] = {}


def read_hours(content: bytes, where: str = "markets") -> HoursAnswer:
    """An answer. On a closed day a product has the name of its market, and no sessions. Raises BadData."""
    products: list[ProductHours] = []
    rejected: Counter[str] = Counter()
    for market, inner in mapping(content, where).items():
        for key, raw in as_mapping(inner).items():
            found = as_struct(_Product, raw)
            if found is None:
                rejected["unreadable"] += 1
                continue
            sessions = {name: _stretches(stretches, rejected) for name, stretches in found.hours.items()}
            is_open = bool(sessions) if found.is_open is None else found.is_open
            products.append(ProductHours(market, key, found.name or key, found.date, is_open, sessions))
    return HoursAnswer(tuple(products), rejected)


def _stretches(raw: object, rejected: Counter[str]) -> tuple[tuple[int, int], ...]:
    stretches = []
    for one in as_list(raw):
        stretch = as_struct(_Stretch, one)
        if stretch is not None and stretch.start < stretch.end:
            stretches.append((to_ms(stretch.start), to_ms(stretch.end)))
        else:
            rejected["unreadable"] += 1
    return tuple(stretches)


class SchwabHours(Asking):
    """Implements the port TradingHours, and the equity market's hours of PriceHistory."""

    async def product_hours(self, day: str = "", markets: Sequence[str] = MARKETS) -> HoursAnswer:
        try:
            asked = date.fromisoformat(day) if day else None
        except ValueError as error:
            raise BadData(f"“{day}” is not a date. Example: 2026-10-07.") from error
        kinds: Any = self._client.MarketHours.Market
        try:
            wanted = [kinds(market) for market in markets]
        except ValueError as error:
            raise BadData(f"Schwab's markets are {', '.join(MARKETS)}.") from error
        return read_hours((await self._client.get_market_hours(wanted, date=asked)).content)

    async def market_hours(self, day: str = "") -> MarketHours:
        products = (await self.product_hours(day, ["equity"])).products
        equity = next((product for product in products if product.market == "equity"), None)
        if equity is None:
            raise BadData("Schwab's answer holds no hours of the equity market.")
        pre, regular, post = (equity.sessions.get(name, ()) for name in ("preMarket", "regularMarket", "postMarket"))
        return MarketHours(equity.day, equity.is_open, pre, regular, post)
