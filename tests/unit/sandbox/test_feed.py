"""The feed of a living market on a loop that others use too."""

import asyncio

from monitor.sandbox.commands import LEVEL_ONE, Subscriptions
from monitor.sandbox.exchange import LevelOne
from monitor.sandbox.feed import LiveFeed
from tests.support.exchange import LISTINGS, StillExchange


class CountingExchange(StillExchange):
    """Remembers how many turns others had before a symbol was first asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0
        self.first_asked: dict[str, int] = {}

    def level_one(self, symbol: str, at_ms: int) -> LevelOne:
        self.first_asked.setdefault(symbol, self.turns)
        return super().level_one(symbol, at_ms)

    async def count_turns(self) -> None:
        while True:
            self.turns += 1
            await asyncio.sleep(0)


async def test_others_have_a_turn_before_each_symbol_is_worked_out() -> None:
    exchange, wanted = CountingExchange(), Subscriptions()
    keys = [listing.symbol for listing in LISTINGS]
    wanted.substitute(LEVEL_ONE, keys, frozenset({"1"}))
    others = asyncio.create_task(exchange.count_turns())
    await asyncio.sleep(0)
    frames = [frame async for frame in LiveFeed(exchange, wanted).subscribed(LEVEL_ONE, keys)]
    others.cancel()
    assert sum(frame.items for frame in frames) == len(keys)
    turns = [exchange.first_asked[key] for key in keys]
    assert turns == sorted(set(turns))
