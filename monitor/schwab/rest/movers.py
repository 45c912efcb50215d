"""GET /movers: the symbols that trade or move most."""

import html
from collections import Counter

from msgspec import Struct

from monitor.errors import BadData
from monitor.market.screener import Ranked, Screener
from monitor.ports import MOVER_LISTS, MOVER_MINUTES, MOVER_SORTS, MoversAnswer
from monitor.schwab.rest.client import Asking
from monitor.schwab.rest.reading import Value, as_struct, mapping, unreadable
from monitor.schwab.wire.items import RankedItem


class _Mover(Struct, rename="camel"):
    """A row; ``net_percent_change`` is a fraction, and the text is escaped for a web page."""

    symbol: str
    description: str = ""
    last_price: Value | None = None
    net_change: Value | None = None
    net_percent_change: Value | None = None
    market_share: Value | None = None
    total_volume: Value | None = None
    volume: Value | None = None
    trades: Value | None = None

    def ranked(self) -> Ranked:
        change, fraction = self.net_change, self.net_percent_change
        if change == self.last_price and fraction == 1:
            change = fraction = None  # after the close Schwab compares with a previous close of 0
        numbers = (self.market_share, self.total_volume, self.volume, self.trades)
        item = RankedItem(self.symbol, html.unescape(self.description), self.last_price, change, fraction, *numbers)
        return item.ranked()


def read_movers(content: bytes, name: str = "", sort: str = "", minutes: int = 0, time: int = 0) -> MoversAnswer:
    """An answer as a screener's list. Raises BadData."""
    rows = mapping(content, "movers").get("screeners")
    if not isinstance(rows, list):
        raise unreadable("movers", "no screeners")
    movers = [mover for mover in (as_struct(_Mover, row) for row in rows) if mover is not None]
    rejected = Counter({"unreadable": len(rows) - len(movers)} if len(movers) < len(rows) else {})
    ranked = tuple(mover.ranked() for mover in movers)
    return MoversAnswer(Screener(name, time, sort, minutes, ranked), rejected)


class SchwabMovers(Asking):
    """Implements the port Movers."""

    async def movers(self, name: str, sort: str = "VOLUME", minutes: int = 0) -> MoversAnswer:
        for value, valid in ((name, MOVER_LISTS), (sort, MOVER_SORTS), (minutes, MOVER_MINUTES)):
            if value not in valid:
                raise BadData(f"“{value}” is none of {', '.join(str(one) for one in valid)}.")
        kinds = self._client.Movers
        response = await self._client.get_movers(
            kinds.Index(name), sort_order=kinds.SortOrder(sort), frequency=kinds.Frequency(minutes)
        )
        return read_movers(response.content, name, sort, minutes, self._now_ms())
