"""The trade level: one minute as the trades and quotes that its candle sums up."""

from bisect import bisect_right
from typing import NamedTuple

import numpy as np

from monitor.sandbox.exchange import Candle
from monitor.sandbox.market.chance import Floats, Ints, stream
from monitor.sandbox.market.minutes import Minutes
from monitor.sandbox.market.sessions import MINUTE_MS
from monitor.sandbox.market.universe import Company

#: Quotes change on this grid.
SLOT_MS = 250
SLOTS = MINUTE_MS // SLOT_MS
#: Exchange letter and MIC of the venues that quote; the first report most.
QUOTING = (("Q", "XNAS"), ("P", "ARCX"), ("Z", "BATS"), ("K", "EDGX"), ("N", "XNYS"), ("V", "IEGX"), ("U", "MEMX"))
#: Trades are also reported from off the exchanges.
REPORTING = (*QUOTING, ("D", "XADF"))
#: How often which venue reports a trade, or has the best quote: the sums of the venues' parts, without the last.
_REPORTED = np.cumsum([0.2, 0.1, 0.09, 0.07, 0.08, 0.04, 0.04])
_QUOTED = np.cumsum([0.3, 0.2, 0.14, 0.12, 0.12, 0.06])
#: A usual spread as a part of the price.
_SPREAD_SHARE = 1.2e-4


class Minute(NamedTuple):
    """One row of Minutes."""

    start: int
    open: float
    high: float
    low: float
    close: float
    volume: int
    trades: int
    regular: int  # 1 in regular stretches
    official: int  # 1 in the exchange's own regular session


class Trades(NamedTuple):
    """The trades of a minute, ascending in ``time`` (ms UTC)."""

    time: list[int]
    price: list[float]
    size: list[int]
    venue: list[int]  # index into REPORTING

    def candle(self, start: int, now: int) -> Candle | None:
        """The minute so far: what traded until ``now``, that millisecond included."""
        count = bisect_right(self.time, now)
        if not count:
            return None
        prices = self.price[:count]
        return Candle(start, prices[0], max(prices), min(prices), prices[-1], sum(self.size[:count]))


class Quotes(NamedTuple):
    """What was quoted in each slot of a minute; prices, sizes in shares, times in ms UTC."""

    bid: list[float]
    ask: list[float]
    bid_size: list[int]
    ask_size: list[int]
    bid_time: list[int]
    ask_time: list[int]
    bid_venue: list[int]  # index into QUOTING
    ask_venue: list[int]


def minute_at(minutes: Minutes, start: int) -> Minute | None:
    """The minute that began at ``start``, if there were trades in it."""
    place = int(np.searchsorted(minutes.start, start))
    if place < len(minutes.start) and minutes.start[place] == start:
        return minute_row(minutes, place)
    return None


def minute_row(minutes: Minutes, place: int) -> Minute:
    """The minute at a place."""
    return Minute._make(column[place].item() for column in minutes)


def trades_of(seed: int, company: Company, minute: Minute) -> Trades:
    """Trades whose open, high, low, close and volume are exactly the minute's."""
    random = stream(seed, company.listing.symbol, "trades", minute.start)
    count = minute.trades
    # One trade in each of ``count`` equal parts, never two at once and never on the minute's edge.
    moments = ((np.arange(count) + 0.95 * random.random(count)) * ((MINUTE_MS - 2) / count)).astype(np.int64)
    sizes = np.zeros(count, np.int64) if company.is_index else _sizes(random, minute.volume, count)
    venues = np.searchsorted(_REPORTED, random.random(count))
    prices = _prices(random, minute)
    return Trades((minute.start + 1 + moments).tolist(), prices.tolist(), sizes.tolist(), venues.tolist())


def _prices(random: np.random.Generator, minute: Minute) -> Floats:
    """From open to close by way of high and low, in cents."""
    count = minute.trades
    known: dict[int, float] = {0: minute.open, count - 1: minute.close}
    if count > 2:
        half = max(count // 2, 2)
        inner = [int(random.integers(1, half)), int(random.integers(half, count - 1)) if count > 3 else half]
        extremes = [p for p in (minute.high, minute.low) if p not in known.values()] or [minute.high]
        known |= dict(zip(inner, random.permutation(extremes).tolist(), strict=False))
    places = sorted(known)
    anchors = [known[place] for place in places]
    everywhere = np.arange(count)
    walk = np.cumsum(random.standard_normal(count))
    walk -= np.interp(everywhere, places, walk[places])
    bounce = walk * (minute.high - minute.low) * 0.5 / np.sqrt(count)
    prices = minute.high - np.abs(minute.high - np.interp(everywhere, places, anchors) - bounce)
    prices = minute.low + np.abs(prices - minute.low)
    digits = 2 if minute.low >= 1 else 4
    prices = np.clip(np.round(prices, digits), minute.low, minute.high)
    prices[places] = anchors
    return np.asarray(prices)


def _sizes(random: np.random.Generator, volume: int, count: int) -> Ints:
    """Odd and round lots that add up to ``volume``, one share at least."""
    weights = np.exp(1.1 * random.standard_normal(count))
    sizes = 1 + ((volume - count) * weights / weights.sum()).astype(np.int64)
    round_lot = (sizes > 100) & (random.random(count) < 0.6)
    sizes = np.where(round_lot, sizes // 100 * 100, sizes)
    sizes[np.argmax(sizes)] += volume - sizes.sum()
    return np.asarray(sizes)


def quotes_of(seed: int, company: Company, start: int, trades: Trades | None, before: float, regular: bool) -> Quotes:
    """The quotes of a minute; most trades happen at the bid or the ask that stood before them.

    ``before`` is the last price ahead of the minute, for minutes without ``trades``.
    """
    random = stream(seed, company.listing.symbol, "quotes", start)
    lively = min(0.15 + company.volume / 4e7, 0.75) * (1.0 if regular else 0.4)
    fresh = random.random((3, SLOTS)) < np.array([[lively], [lively * 0.7], [lively * 0.7]])
    fresh[:, 0] = True
    slots = np.arange(SLOTS)
    price_of, bid_of, ask_of = (np.maximum.accumulate(np.where(row, slots, 0)) for row in fresh)
    tick = 0.01 if before >= 1 else 0.0001
    next_price = np.round(_next_prices(trades, start, before) / tick)
    spread = _spreads(random, company, before, tick, regular)
    lean = random.random(SLOTS)
    below = np.where(lean < 0.42, 0, np.where(lean < 0.84, spread, spread // 2)).astype(np.int64)
    bid = np.maximum(next_price.astype(np.int64) - below, 1)[price_of]
    digits = 2 if tick == 0.01 else 4
    jitter = start + slots * SLOT_MS - random.integers(1, SLOT_MS, SLOTS) * (slots > 0)
    bid_of, ask_of = np.maximum(bid_of, price_of), np.maximum(ask_of, price_of)
    sizes = _quote_sizes(random, company, before)
    venues = np.searchsorted(_QUOTED, random.random((2, SLOTS)))
    return Quotes(
        np.round(bid * tick, digits).tolist(),
        np.round((bid + spread[price_of]) * tick, digits).tolist(),
        sizes[0][bid_of].tolist(),
        sizes[1][ask_of].tolist(),
        jitter[bid_of].tolist(),
        jitter[ask_of].tolist(),
        venues[0][price_of].tolist(),
        venues[1][price_of].tolist(),
    )


def _next_prices(trades: Trades | None, start: int, before: float) -> Floats:
    """For each slot the price of the trade to come, after the last trade that one's."""
    if trades is None:
        return np.full(SLOTS, before)
    coming = np.searchsorted(trades.time, start + SLOT_MS * np.arange(SLOTS))
    return np.array(trades.price)[np.minimum(coming, len(trades.price) - 1)]


def _spreads(random: np.random.Generator, company: Company, price: float, tick: float, regular: bool) -> Ints:
    """Spreads in ticks: narrow for liquid names and funds, wide outside regular hours."""
    share = _SPREAD_SHARE * min(max((company.volume / 1e7 + 1e-3) ** -0.35, 0.3), 8.0)
    usual = price * share / tick * (1.0 if regular else 2.5) * (0.3 if company.listing.asset_subtype == "ETF" else 1.0)
    return np.asarray(np.maximum(np.rint(usual * random.uniform(0.5, 1.6, SLOTS)), 1), np.int64)


def _quote_sizes(random: np.random.Generator, company: Company, price: float) -> Ints:
    """Sizes of both sides in round lots: larger where shares are cheap and many trade."""
    usual = 2.5 * (40 / price) ** 0.5 * (company.volume / 1e7 + 0.02) ** 0.4
    lots = np.exp(0.8 * random.standard_normal((2, SLOTS))) * usual
    return np.asarray(100 * np.maximum(np.rint(lots), 1), np.int64)
