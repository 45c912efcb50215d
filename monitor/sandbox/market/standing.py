"""What stands within one minute of one symbol: the totals ahead of it, its trades and its quotes, worked out once."""

from collections import OrderedDict
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from monitor.market.calendar import Phase
from monitor.sandbox.exchange import LevelOne
from monitor.sandbox.market.days import axis
from monitor.sandbox.market.facts import facts
from monitor.sandbox.market.minutes import MinuteMarket, Minutes
from monitor.sandbox.market.sessions import MINUTE_MS, Days, last_open_moment, stretches
from monitor.sandbox.market.ticks import Quotes, Trades, minute_at, minute_row, quotes_of, trades_of
from monitor.sandbox.market.universe import Company, universe

#: How many minutes of any symbols are kept.
_KEPT_MINUTES = 500
_YEAR = 252


class Print(NamedTuple):
    """A single trade."""

    time: int
    price: float
    size: int
    venue: int
    regular: bool


class Totals(NamedTuple):
    """A day so far: shares, and open, high and low once there is an open (the lists run with a minute's trades)."""

    volume: int
    open: float
    high: float
    low: float
    opened: bool


class Running(NamedTuple):
    """A minute's trades with what they add up to, one by one."""

    trades: Trades
    volume: list[int]
    high: list[float]
    low: list[float]


class Yesterday(NamedTuple):
    """What a day knows from the days before it."""

    facts: LevelOne
    close: float
    year_high: float
    year_low: float


class Standing(NamedTuple):
    """All that Level 1 needs to know within one minute."""

    company: Company
    start: int
    yesterday: Yesterday
    before: Print  # the last trade ahead of the minute
    regular_before: Print
    ahead: Totals
    running: Running | None  # None without trades, or when they belong to the day before
    regular: bool
    counted: bool  # whether the minute's trades count for open, high and low
    quotes: Quotes


class Standings:
    """Standings of any symbol and moment; the most recently asked ones are kept."""

    def __init__(self, minutes: MinuteMarket, real_hours: bool) -> None:
        self._minutes = minutes
        self._extra = not real_hours
        self._days = Days()
        self._kept: OrderedDict[tuple[str, int, date], Standing] = OrderedDict()
        self._newest: dict[str, tuple[int, date, Standing]] = {}
        self.trades = lru_cache(maxsize=_KEPT_MINUTES)(self._trades)
        self._yesterday = lru_cache(maxsize=1024)(self._make_yesterday)

    def at(self, symbol: str, at_ms: int) -> tuple[Standing, int]:
        """The standing that counts at ``at_ms``, and the moment in it: the last open one where the market is closed."""
        asked = self._days.of(at_ms)
        moment = at_ms if self._extra else last_open_moment(at_ms, asked)
        start = moment - moment % MINUTE_MS
        newest = self._newest.get(symbol)
        if newest and newest[0] == start and newest[1] == asked:
            return newest[2], moment
        key = (symbol, start, asked)
        if key not in self._kept:
            self._kept[key] = self._make(universe()[symbol], start, asked)
            if len(self._kept) > _KEPT_MINUTES:
                self._kept.popitem(last=False)
        self._newest[symbol] = (start, asked, self._kept[key])
        return self._kept[key], moment

    def _trades(self, symbol: str, start: int) -> Trades | None:
        """The trades of the minute that began at ``start``."""
        minutes = self._minutes.of_day(symbol, self._days.of(start), self._extra)
        minute = minute_at(minutes, start)
        return trades_of(self._minutes.seed, universe()[symbol], minute) if minute else None

    def _make(self, company: Company, start: int, asked: date) -> Standing:
        symbol, day = company.listing.symbol, self._days.of(start)
        trading = axis().place(asked) is not None
        totals_day = asked if self._extra or trading else day
        # After midnight of a trading day totals begin anew, though the newest trade is still the evening's.
        rolled = totals_day != day
        edge = start + MINUTE_MS if rolled else start
        minutes = self._minutes.of_day(symbol, day, self._extra)
        ahead = minutes.where(slice(0, 0 if rolled else int(np.searchsorted(minutes.start, start))))
        trades = self.trades(symbol, start)
        before = self._last(company, edge, False)
        phase = next(s for s in stretches(day, self._extra) if s.start <= start < s.end)
        regular = phase.phase is Phase.REGULAR
        return Standing(
            company,
            start,
            self._yesterday(symbol, totals_day),
            before,
            self._last(company, edge, True),
            _totals(ahead, official=trading or not self._extra),
            _running(trades) if trades and not rolled else None,
            regular,
            regular and (not phase.extra or not trading),
            quotes_of(self._minutes.seed, company, start, trades, before.price, regular),
        )

    def _make_yesterday(self, symbol: str, day: date) -> Yesterday:
        place = axis().before(day)
        daily = self._minutes.daily.of(symbol)
        close = float(daily.close[place])
        year = slice(max(place - _YEAR + 1, 0), place + 1)
        known = facts(universe()[symbol], day, close)
        return Yesterday(known, close, float(daily.high[year].max()), float(daily.low[year].min()))

    def _last(self, company: Company, edge: int, regular: bool) -> Print:
        """The last trade ahead of ``edge``."""
        symbol, day = company.listing.symbol, self._days.of(edge - 1)
        while True:
            minutes = self._minutes.of_day(symbol, day, self._extra)
            place = int(np.searchsorted(minutes.start, edge)) - 1
            if regular and place >= 0 and not minutes.regular[place]:
                place = int(np.flatnonzero(minutes.regular[:place]).max(initial=-1))
            if place >= 0:
                row = minute_row(minutes, place)
                trades = self.trades(symbol, row.start)
                if trades:
                    return print_at(trades, -1, bool(row.regular))
            day -= timedelta(days=1)


def print_at(trades: Trades, place: int, regular: bool) -> Print:
    """One of the trades."""
    return Print(trades.time[place], trades.price[place], trades.size[place], trades.venue[place], regular)


def _totals(minutes: Minutes, official: bool) -> Totals:
    """What minutes add up to; with ``official`` only the exchange's own session counts for open, high and low."""
    volume = int(minutes.volume.sum())
    first = int(np.argmax(minutes.official)) if official and len(minutes.start) else 0
    last = first + int(minutes.official.sum()) if official else len(minutes.start)
    if first == last:
        return Totals(volume, 0.0, 0.0, 0.0, False)
    high, low = minutes.high[first:last].max(), minutes.low[first:last].min()
    return Totals(volume, float(minutes.open[first]), float(high), float(low), True)


def _running(trades: Trades) -> Running:
    return Running(
        trades, list(accumulate(trades.size)), list(accumulate(trades.price, max)), list(accumulate(trades.price, min))
    )
