"""Longer bars from shorter ones, series joined without a seam, and the running minute built from prints.

Intraday bars are aligned to the session: within a day they count from 09:30 New York, so an hourly chart shows
09:30, 10:30, … and pre-market bars end exactly at the open. A chart may have them count from midnight instead.
"""

from datetime import date, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from monitor.market.bar import BAR_DTYPE, Bar, BarSeries, BarSource, Interval
from monitor.market.calendar import at_new_york, from_ms
from monitor.market.quote import Number
from monitor.market.trade import Trade

_OPEN = time(9, 30)
#: Fewer are sooner looked at one by one.
_FEW = 4


class Alignment(StrEnum):
    """What bars within the day count from: 09:30 New York, or the full hours of its clock."""

    SESSION = "session"
    CLOCK = "clock"


class _Day(NamedTuple):
    """Midnight of a New York day, its 09:30, and the next midnight, ms UTC."""

    midnight: int
    anchor: int
    next_midnight: int

    def first(self, step: int) -> int:
        """The first start of a bar of ``step`` ms in the day."""
        return self.anchor - (self.anchor - self.midnight) // step * step


@lru_cache(maxsize=8192)
def _day(day: date, alignment: Alignment = Alignment.SESSION) -> _Day:
    midnight, next_midnight = (at_new_york(d, time(0)) for d in (day, day + timedelta(days=1)))
    return _Day(midnight, at_new_york(day, _OPEN) if alignment is Alignment.SESSION else midnight, next_midnight)


def day_start(ms: int) -> int:
    """Midnight New York of the day that holds ``ms``."""
    return _day(from_ms(ms).date()).midnight


def interval_start(ms: int, interval: Interval, alignment: Alignment = Alignment.SESSION) -> int:
    """The start of the ``interval`` that holds ``ms``, ms UTC.

    What comes before the day's first bar belongs to the last one of the day before: 4 hours from 21:30, or 3 or 5 of
    them in a night in which the clocks change.
    """
    day = from_ms(ms).date()
    if not interval.intraday:
        return _day(_first_day(day, interval)).midnight
    step, hours = interval.milliseconds, _day(day, alignment)
    if ms < hours.first(step):
        hours = _day(day - timedelta(days=1), alignment)
        ms = hours.next_midnight - 1
    return hours.anchor + (ms - hours.anchor) // step * step


def interval_end(start: int, interval: Interval) -> int:
    """Where the ``interval`` that begins at ``start`` ends and the next one begins, ms UTC."""
    day = from_ms(start).date()
    if interval.intraday:
        end, next_midnight = start + interval.milliseconds, _day(day).next_midnight
        return end if end < next_midnight else _day(day + timedelta(days=1)).first(interval.milliseconds)
    if interval is Interval.MONTH:
        return _day((day.replace(day=1) + timedelta(days=31)).replace(day=1)).midnight
    return _day(_first_day(day, interval) + timedelta(days=7 if interval is Interval.WEEK else 1)).midnight


def _first_day(day: date, interval: Interval) -> date:
    if interval is Interval.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval is Interval.MONTH else day


def aggregate(bars: BarSeries, interval: Interval, alignment: Alignment = Alignment.SESSION) -> BarSeries:
    """Bars of ``interval`` from shorter ones (ascending BAR_DTYPE rows); the last one may be unfinished."""
    if len(bars) == 0:
        return bars
    starts = interval_starts(bars["start"], interval, alignment)
    first = np.flatnonzero(np.r_[True, starts[1:] != starts[:-1]])
    result = np.empty(len(first), BAR_DTYPE)
    result["start"] = starts[first]
    result["open"] = bars["open"][first]
    result["high"] = np.maximum.reduceat(bars["high"], first)
    result["low"] = np.minimum.reduceat(bars["low"], first)
    result["close"] = bars["close"][np.r_[first[1:] - 1, len(bars) - 1]]
    result["volume"] = np.add.reduceat(bars["volume"], first)
    return result


def interval_starts(times: np.ndarray, interval: Interval, alignment: Alignment = Alignment.SESSION) -> np.ndarray:
    """``interval_start`` for each of the ascending ``times``: one look-up of the zone a day, the rest arithmetic."""
    if len(times) < _FEW:
        return np.array([interval_start(time, interval, alignment) for time in times.tolist()], np.int64)
    result = np.empty(len(times), np.int64)
    done = 0
    while done < len(times):
        hours = _day(from_ms(int(times[done])).date(), alignment)
        end = int(np.searchsorted(times, hours.next_midnight, side="left"))
        if interval.intraday:
            step = interval.milliseconds
            early = int(np.searchsorted(times[done:end], hours.first(step), side="left")) + done
            result[done:early] = interval_start(hours.midnight, interval, alignment)
            result[early:end] = hours.anchor + (times[early:end] - hours.anchor) // step * step
        else:
            result[done:end] = interval_start(hours.midnight, interval)
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
