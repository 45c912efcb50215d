"""The Level 2 book of one symbol at a moment: what venues and market makers offer, around the Level 1 quote."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from monitor.market.book import BookService
from monitor.market.calendar import from_ms
from monitor.sandbox.market.chance import Ints, stream
from monitor.sandbox.market.facts import whole
from monitor.sandbox.market.sessions import MINUTE_MS, midnight
from monitor.sandbox.market.standing import Standing
from monitor.sandbox.market.ticks import SLOT_MS

#: Offers away from the best change on this grid.
IMAGE_MS = 500
_IMAGES = MINUTE_MS // IMAGE_MS
#: What the books call the venues of ticks.QUOTING, in its order; then those that stand further away.
_QUOTING = ("NSDQ", "ARCX", "BATX", "EDGX", "NYSE", "IEXG", "MEMX")
_DEEPER = ("EDGA", "BATY", "MWSE", "MIAX", "CINN", "BOSX", "PHLX")
_MARKET_MAKERS = ("ETMM", "JPMS", "MAXM")
_MOST_AT_BEST = 4
#: Chance that a venue renews its offer from one image to the next.
_RENEWAL = 0.06


class Offer(NamedTuple):
    """What one venue offers: its price in ticks, and when it did so, ms UTC."""

    price: int
    venue: str
    size: int
    time: int


class Depth(NamedTuple):
    """One side's offers beyond the best in a minute, nearest first: a row for each venue, a column for each image."""

    price: Ints  # in ticks, when the offer was made; the market may have come nearer since
    size: Ints
    time: Ints
    gap: list[int]  # ticks that a venue keeps at least from the one before


class Best(NamedTuple):
    """One side of the Level 1 quote."""

    price: float
    size: int
    time: int
    venue: int


def book(seed: int, s: Standing, moment: int) -> dict[str, Any]:
    """A whole image: ``key``, 1 book time, 2 bids, 3 asks; its best levels have Level 1's prices and sizes."""
    q, slot, image = s.quotes, (moment - s.start) // SLOT_MS, (moment - s.start) // IMAGE_MS
    tick = 0.01 if s.before.price >= 1 else 0.0001
    bid = Best(q.bid[slot], q.bid_size[slot], q.bid_time[slot], q.bid_venue[slot])
    ask = Best(q.ask[slot], q.ask_size[slot], q.ask_time[slot], q.ask_venue[slot])
    bids = list(_offers(seed, s, bid, -1, image, tick))
    asks = list(_offers(seed, s, ask, 1, image, tick))
    day_start = midnight(from_ms(s.start).date())
    return {
        "key": s.company.listing.symbol,
        "1": max(offer.time for offer in (*bids, *asks)),
        "2": _levels(bids, tick, day_start),
        "3": _levels(asks, tick, day_start),
    }


def _offers(seed: int, s: Standing, best: Best, side: int, image: int, tick: float) -> Iterator[Offer]:
    """One side, best first: ``side`` is -1 for bids, 1 for asks."""
    names = _names(s.company.listing.book_service)
    venues = [names[best.venue], *(name for name in names if name != names[best.venue])]
    price = round(best.price / tick)
    together = min(best.size // 100, 1 + best.time // 1000 % _MOST_AT_BEST)
    for place in range(together):
        size = best.size - 100 * (together - 1) if place == 0 else 100
        yield Offer(price, venues[place], size, best.time - 37 * place)
    prices = (s.quotes.bid if side < 0 else s.quotes.ask)[:: IMAGE_MS // SLOT_MS]
    depth = _depth(seed, s.company.listing.symbol, s.start, side, tuple(prices), tick, len(venues) - _MOST_AT_BEST)
    # Whoever is not at the best stands deeper; the first ones next to it make room for those who are.
    for row, venue in enumerate(venues[_MOST_AT_BEST:]):
        held = int(depth.price[row, image])
        kept = price + side * depth.gap[row]
        price = min(held, kept) if side < 0 else max(held, kept)
        if price > 0:
            yield Offer(price, venue, int(depth.size[row, image]), int(depth.time[row, image]))


@lru_cache(maxsize=256)
def _depth(seed: int, symbol: str, start: int, side: int, prices: tuple[float, ...], tick: float, rows: int) -> Depth:
    """The offers away from the best through one minute; a venue renews its own now and then, and keeps it else."""
    random = stream(seed, symbol, "depth", side, start)
    spacing = max(prices[0] / tick * 1.2e-4, 1.0)
    gap = np.where(np.arange(rows) % 3 == 2, 0, 1)
    ahead = np.cumsum(np.maximum(gap, random.poisson(spacing, rows) * (gap + random.integers(0, 2, rows))))
    fresh = random.random((rows, _IMAGES)) < _RENEWAL
    fresh[:, 0] = True
    image = np.maximum.accumulate(np.where(fresh, np.arange(_IMAGES), 0), axis=1)
    best = np.rint(np.array(prices) / tick).astype(np.int64)
    price = best[image] + side * ahead[:, None]
    lots = np.maximum(np.rint(np.exp(0.9 * random.standard_normal((rows, _IMAGES))) * 2), 1).astype(np.int64)
    late = random.integers(0, IMAGE_MS, (rows, _IMAGES))
    rows_ = np.arange(rows)[:, None]
    return Depth(price, 100 * lots[rows_, image], start + image * IMAGE_MS - late[rows_, image], gap.tolist())


@lru_cache(maxsize=4)
def _names(service: BookService | None) -> tuple[str, ...]:
    """All names in one book; the Nasdaq's writes other venues in lower case."""
    venues = (*_QUOTING, *_DEEPER)
    if service is BookService.NYSE:
        return (*venues, "AMEX", "G")
    return (*(name if name == "NSDQ" else name.lower() for name in venues), *_MARKET_MAKERS, "G")


def _levels(offers: list[Offer], tick: float, day_start: int) -> list[dict[str, Any]]:
    """Offers in the streamer's shape: price, size, number of makers, makers with ms since midnight New York."""
    levels = []
    for price, group in groupby(offers, key=lambda offer: offer.price):
        makers = sorted(group, key=lambda offer: -offer.size)
        levels.append(
            {
                "0": whole(round(price * tick, 4)),
                "1": sum(maker.size for maker in makers),
                "2": len(makers),
                "3": [{"0": m.venue, "1": m.size, "2": m.time - day_start} for m in makers],
            }
        )
    return levels
