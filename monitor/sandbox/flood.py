"""More quotes than any market sends: Level 1 of the subscribed symbols at a chosen rate, to see who keeps up."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

from monitor.sandbox import commands
from monitor.sandbox.commands import LEVEL_ONE, Subscriptions
from monitor.sandbox.data_frame import DataFrame
from monitor.sandbox.exchange import Exchange, LevelOne
from monitor.sandbox.feed import Feed, Send

_BEAT = 0.01
_ITEMS_A_FRAME = 100
#: A stop (a slow client, a sleeping machine) is not caught up with beyond this.
_CATCH_UP_SECONDS = 1.0
_CENT, _REACH = 0.01, 20


class FloodedFeed:
    """A feed with ``rate`` Level 1 items a second on top, the subscribed symbols in turn.

    The prices stay within cents of the market's; the stamps (quote, trade, bid, ask) are those of the sending.
    """

    def __init__(self, feed: Feed, exchange: Exchange, subscriptions: Subscriptions, rate: float) -> None:
        self._feed = feed
        self._exchange = exchange
        self._subscriptions = subscriptions
        self._rate = rate
        self._bases: dict[str, LevelOne] = {}
        self._random = random.Random(rate)
        self._turn = 0

    def subscribed(self, service: str, keys: list[str]) -> AsyncIterator[DataFrame]:
        """What the feed beneath answers."""
        return self._feed.subscribed(service, keys)

    async def run(self, send: Send) -> None:
        """Both feeds, until cancelled."""
        flood = asyncio.create_task(self._flood(send))
        try:
            await self._feed.run(send)
        finally:
            flood.cancel()
            await asyncio.gather(flood, return_exceptions=True)

    async def _flood(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        owed_since = loop.time()
        while True:
            await asyncio.sleep(_BEAT)
            owed_since = max(owed_since, loop.time() - _CATCH_UP_SECONDS)
            owed = int((loop.time() - owed_since) * self._rate)
            if not (keys := self._known()):
                owed_since = loop.time()
                continue
            owed_since += owed / self._rate
            for first in range(0, owed, _ITEMS_A_FRAME):
                number = min(_ITEMS_A_FRAME, owed - first)
                now = self._exchange.now_ms()
                items = [self._item(keys[(self._turn + n) % len(keys)], now) for n in range(number)]
                self._turn += number
                await send(DataFrame(LEVEL_ONE, number, commands.data(LEVEL_ONE, now, items)))

    def _known(self) -> list[str]:
        """The subscribed keys with a bid and an ask."""
        return [key for key in self._subscriptions.of(LEVEL_ONE) if "2" in self._base(key)]

    def _base(self, key: str) -> LevelOne:
        if key not in self._bases:
            known = self._exchange.listing(key)
            self._bases[key] = self._exchange.level_one(key, self._exchange.now_ms()) if known else {}
        return self._bases[key]

    def _item(self, key: str, now: int) -> dict[str, Any]:
        base, draw = self._base(key), self._random.randrange(1 << 30)
        away = (draw % (2 * _REACH + 1) - _REACH) * _CENT
        bid = round(max(float(base.get("1", 1.0)) + away, _CENT), 2)
        ask = round(bid + (1 + draw % 3) * _CENT, 2)
        base["8"] = volume = int(base.get("8", 0)) + 100
        values = {
            "1": bid,
            "2": ask,
            "3": bid if draw & 1 else ask,
            "4": 100 + draw % 900,
            "5": 100 + draw // 7 % 900,
            "8": volume,
            "9": 100,
            "33": round((bid + ask) / 2, 4),
            **dict.fromkeys(("34", "35", "37", "38"), now),
        }
        wanted = self._subscriptions.of(LEVEL_ONE).get(key, frozenset())
        return {"key": key} | {name: value for name, value in values.items() if name in wanted}
