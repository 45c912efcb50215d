"""Longer bars from shorter ones, series joined without a seam, and the running minute built from prints.

Intraday bars are aligned to the session: within a day they count from 09:30 New York, so an hourly chart shows
09:30, 10:30, … and pre-market bars end exactly at the open.
"""

from datetime import date, time, timedelta

import numpy as np

from monitor.market.bar import BAR_DTYPE, Bar, BarSeries, BarSource, Interval
from monitor.market.calendar import at_new_york, from_ms
from monitor.market.quote import Number
from monitor.market.trade import Trade

_OPEN = time(9, 30)


def day_start(ms: int) -> int:
    """Midnight New York of the day that holds ``ms``."""
    return at_new_york(from_ms(ms).date(), time(0))


def interval_start(ms: int, interval: Interval) -> int:
    """The start of the ``interval`` that holds ``ms``, session-aligned, ms UTC."""
    day = from_ms(ms).date()
    if interval.intraday:
        anchor = at_new_york(day, _OPEN)
        return anchor + (ms - anchor) // interval.milliseconds * interval.milliseconds
    return at_new_york(_first_day(day, interval), time(0))


def _first_day(day: date, interval: Interval) -> date:
    if interval is Interval.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval is Interval.MONTH else day


def aggregate(bars: BarSeries, interval: Interval) -> BarSeries:
    """Bars of ``interval`` from shorter ones (ascending BAR_DTYPE rows); the last one may be unfinished."""
    if len(bars) == 0:
        return bars
    starts = _interval_starts(bars["start"], interval)
    first = np.flatnonzero(np.r_[True, starts[1:] != starts[:-1]])
    result = np.empty(len(first), BAR_DTYPE)
    result["start"] = starts[first]
    result["open"] = bars["open"][first]
    result["high"] = np.maximum.reduceat(bars["high"], first)
    result["low"] = np.minimum.reduceat(bars["low"], first)
    result["close"] = bars["close"][np.r_[first[1:] - 1, len(bars) - 1]]
    result["volume"] = np.add.reduceat(bars["volume"], first)
    return result


def _interval_starts(times: np.ndarray, interval: Interval) -> np.ndarray:
    """The session-aligned start for each time: one look-up of the zone a day, the rest arithmetic."""
    result = np.empty(len(times), np.int64)
    done = 0
    while done < len(times):
        midnight = day_start(int(times[done]))
        end = int(np.searchsorted(times, day_start(midnight + 90_000_000), side="left"))
        end = max(end, done + 1)
        if interval.intraday:
            anchor = at_new_york(from_ms(midnight).date(), _OPEN)
            step = interval.milliseconds
            result[done:end] = anchor + (times[done:end] - anchor) // step * step
        else:
            result[done:end] = interval_start(midnight, interval)
        done = end
    return result


def join(older: BarSeries, newer: BarSeries) -> BarSeries:
    """Both series as one, ascending, each start once; where both have a bar, ``newer`` wins."""
    if len(older) == 0 or len(newer) == 0:
        return newer if len(older) == 0 else older
    if newer["start"][0] > older["start"][-1]:
        return np.concatenate([older, newer])
    both = np.concatenate([newer, older])
    _, first = np.unique(both["start"], return_index=True)
    return both[first]


class RunningBar:
    """The minute that is still open, built from prints until Schwab's own bar replaces it."""

    __slots__ = ("_close", "_end", "_high", "_low", "_open", "_symbol", "_volume")

    def __init__(self, symbol: str) -> None:
        self._symbol = symbol
        self._end = 0  # of the open minute; 0 before the first print
        self._open: Number = 0
        self._high: Number = 0
        self._low: Number = 0
        self._close: Number = 0
        self._volume: Number = 0

    @property
    def bar(self) -> Bar | None:
        """The minute as it now stands, or None before the first print."""
        if not self._end:
            return None
        prices = (self._open, self._high, self._low, self._close)
        return Bar(self._symbol, Interval.M1, self._end - 60_000, *prices, self._volume, BarSource.COMPUTED)

    def add(self, trade: Trade) -> None:
        """Take in a print, its unseen volume too.

        A print older than the open minute counts into that minute: it is late, and the confirmed bar will place it.
        """
        price, time = trade.price, trade.time
        if time >= self._end:
            self._end = time // 60_000 * 60_000 + 60_000
            self._open = self._high = self._low = price
            self._volume = 0
        elif price > self._high:
            self._high = price
        elif price < self._low:
            self._low = price
        self._close = price
        self._volume += trade.size + trade.unseen
