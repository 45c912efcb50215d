"""What a connection is sent of a living market: snapshots and deltas of Level 1, books, finished minutes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from datetime import date
from typing import Any, Protocol
from zlib import crc32

from monitor.market.bar import Interval
from monitor.market.book import BookService
from monitor.market.calendar import from_ms
from monitor.sandbox import commands
from monitor.sandbox.commands import CHART, LEVEL_ONE, NASDAQ_BOOK, NYSE_BOOK, Subscriptions
from monitor.sandbox.data_frame import DataFrame
from monitor.sandbox.exchange import Candle, Exchange, LevelOne, Listing
from monitor.sandbox.jackson import whole
from monitor.sandbox.venue_feed import VenueFeed

MINUTE_MS = 60_000
#: A finished minute is sent this long after its end.
CHART_DELAY_MS = 2_500
_SLOTS = 4
_SLOT_MS = 1000 // _SLOTS
_BOOK_EVERY_SLOTS = 2
_SNAPSHOTS_A_FRAME = 20
_DAY_OPENS_MINUTE = 7 * 60
_EPOCH = date(1970, 1, 1)
_LOOK_BACK_MS = (2 * 3_600_000, 6 * 86_400_000)


Send = Callable[[DataFrame], Awaitable[None]]


class Feed(Protocol):
    """Where a connection's data come from."""

    def subscribed(self, service: str, keys: list[str]) -> AsyncIterator[DataFrame]:
        """What a subscription to ``keys`` is answered with; each frame is to be sent before the next is made."""

    async def run(self, send: Send) -> None:
        """Sends all that follows, until cancelled."""


class LiveFeed:
    """The feed of an exchange that moves with the clock.

    A key's Level 1 is looked at once a second of the market's (``pace`` of them pass in a real one), a book twice; the
    keys are spread over four moments of the second so that no moment has all of them.
    """

    def __init__(self, exchange: Exchange, subscriptions: Subscriptions, pace: float = 1.0) -> None:
        self._exchange = exchange
        self._slot_seconds = _SLOT_MS / 1000 / pace
        self._subscriptions = subscriptions
        self._beside = VenueFeed(exchange.venues, subscriptions)
        self._level_one: dict[str, LevelOne] = {}
        self._books: dict[tuple[str, str], Any] = {}
        self._seq = 0
        self._minute = _last_published(exchange.now_ms())
        self._worked_out = [0] * _SLOTS  # the newest minute of each slot's keys that the market has worked out

    async def subscribed(self, service: str, keys: list[str]) -> AsyncIterator[DataFrame]:
        """Whole quotes and books, or the last bar that exists, of the keys this market knows."""
        if service in self._exchange.venues:
            for frame in self._beside.subscribed(service, keys, self._exchange.now_ms()):
                yield frame
            return
        known = [listing for key in keys if (listing := self._exchange.listing(key))]
        for first in range(0, len(known), _SNAPSHOTS_A_FRAME):
            some = known[first : first + _SNAPSHOTS_A_FRAME]
            await self._work_out(listing.symbol for listing in some)
            now = self._exchange.now_ms()
            found = (self._first_item(service, listing, now) for listing in some)
            for frame in _framed(service, now, [item for item in found if item]):
                yield frame

    async def run(self, send: Send) -> None:
        """Sends what changes, at the pace of the market."""
        loop = asyncio.get_running_loop()
        beat = loop.time()
        slot = 0
        while True:
            # After a stop (a slow client, a sleeping machine) the missed beats are left out, not caught up with.
            beat = max(beat + self._slot_seconds, loop.time() - _SLOTS * self._slot_seconds)
            await asyncio.sleep(beat - loop.time())
            slot = (slot + 1) % _SLOTS
            keys = [k for k in self._known(LEVEL_ONE) if crc32(k.encode()) % _SLOTS == slot]
            if self._worked_out[slot] != (minute := self._exchange.now_ms() // MINUTE_MS):
                await self._work_out(keys)
                self._worked_out[slot] = minute
            for frame in self._changes(slot, keys):
                await send(frame)

    async def _work_out(self, keys: Iterable[str]) -> None:
        """Let the market work out the minute of each key, which it then knows; others on the loop get their turns."""
        for key in keys:
            self._exchange.level_one(key, self._exchange.now_ms())
            await asyncio.sleep(0)

    def _changes(self, slot: int, keys: list[str]) -> Iterator[DataFrame]:
        now = self._exchange.now_ms()
        yield from _framed(LEVEL_ONE, now, [item for key in keys if (item := self._delta(key, now))])
        if slot % _BOOK_EVERY_SLOTS == 0:
            for service in (NASDAQ_BOOK, NYSE_BOOK):
                found = (self._book(service, key, now) for key in self._known(service))
                yield from _framed(service, now, [item for item in found if item])
        yield from self._finished_minutes(now)
        yield from self._beside.changes(slot, now)

    def _first_item(self, service: str, listing: Listing, now: int) -> dict[str, Any] | None:
        symbol = listing.symbol
        match service:
            case "LEVELONE_EQUITIES":
                return self._snapshot(listing, now)
            case "CHART_EQUITY":
                bar = _last_bar(self._exchange, symbol, now)
                return self._chart_item(symbol, bar) if bar else None
            case _:
                self._books.pop((service, symbol), None)
                return self._book(service, symbol, now)

    def _known(self, service: str) -> list[str]:
        """The subscribed keys that this market has; of others Schwab says nothing."""
        return [key for key in self._subscriptions.of(service) if self._exchange.listing(key)]

    def _wanted(self, key: str, now: int) -> LevelOne:
        fields = self._subscriptions.of(LEVEL_ONE).get(key, frozenset())
        return {n: v for n, v in self._exchange.level_one(key, now).items() if n in fields}

    def _snapshot(self, listing: Listing, now: int) -> dict[str, Any]:
        key = listing.symbol
        state = self._level_one[key] = self._wanted(key, now)
        item: dict[str, Any] = {"key": key, "delayed": False, "assetMainType": listing.asset_type}
        if listing.asset_subtype:
            item["assetSubType"] = listing.asset_subtype
        if listing.cusip:
            item["cusip"] = listing.cusip
        return item | {n: whole(state[n]) for n in sorted(state, key=int)}

    def _delta(self, key: str, now: int) -> dict[str, Any] | None:
        """The changed fields of a key that had its snapshot, or None when nothing moved."""
        before = self._level_one.get(key)
        if before is None:
            return None
        state = self._wanted(key, now)
        changed = dict(state.items() - before.items())
        if not changed:
            return None
        self._level_one[key] = state
        return {"key": key} | {n: whole(changed[n]) for n in sorted(changed, key=int)}

    def _book(self, service: str, key: str, now: int) -> dict[str, Any] | None:
        """The whole book where it is new, or None."""
        book = self._exchange.book(key, BookService(service), now)
        if book is None:
            return None
        sides = (book.get("2"), book.get("3"))
        if self._books.get((service, key)) == sides:
            return None
        self._books[service, key] = sides
        return book

    def _finished_minutes(self, now: int) -> Iterator[DataFrame]:
        newest = _last_published(now)
        for start in range(self._minute + MINUTE_MS, newest + MINUTE_MS, MINUTE_MS):
            bars = ((key, self._exchange.candle(key, start)) for key in self._known(CHART))
            yield from _framed(CHART, now, [self._chart_item(key, bar) for key, bar in bars if bar])
        self._minute = newest

    def _chart_item(self, key: str, bar: Candle) -> dict[str, Any]:
        opened = from_ms(bar.start)
        prices = (bar.open, bar.high, bar.low, bar.close, bar.volume)
        item: dict[str, Any] = {"seq": self._seq, "key": key}
        item["1"] = opened.hour * 60 + opened.minute - _DAY_OPENS_MINUTE
        item |= {str(n): whole(value) for n, value in enumerate(prices, start=2)}
        self._seq += 1
        return item | {"7": bar.start, "8": (opened.date() - _EPOCH).days}


def _framed(service: str, now: int, items: list[Any]) -> Iterator[DataFrame]:
    if items:
        yield DataFrame(service, len(items), commands.data(service, now, items))


def _last_published(now: int) -> int:
    """Start of the newest minute that has been sent by ``now``."""
    return (now - CHART_DELAY_MS) // MINUTE_MS * MINUTE_MS - MINUTE_MS


def _last_bar(exchange: Exchange, key: str, now: int) -> Candle | None:
    """The newest finished minute that has a bar, however long ago."""
    end = _last_published(now) + MINUTE_MS
    for reach in _LOOK_BACK_MS:
        if bars := exchange.candles(key, Interval.M1, end - reach, end, True):
            return bars[-1]
    return None
