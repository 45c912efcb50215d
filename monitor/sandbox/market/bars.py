"""Candles of every interval, from days and minutes, as far as they have begun."""

from datetime import date, timedelta

import numpy as np

from monitor.market.bar import Interval
from monitor.market.calendar import from_ms
from monitor.sandbox.exchange import Candle
from monitor.sandbox.market.chance import Ints
from monitor.sandbox.market.days import axis, central_midnight
from monitor.sandbox.market.minutes import MinuteMarket, Minutes, joined
from monitor.sandbox.market.sessions import MINUTE_MS
from monitor.sandbox.market.standing import Standings

#: How far back minutes are told, and how far those between the real sessions.
MINUTE_DAYS, EXTRA_DAYS = 280, 3


class Bars:
    """Price history of a market in its present."""

    def __init__(self, minutes: MinuteMarket, standings: Standings, real_hours: bool) -> None:
        self._minutes = minutes
        self._standings = standings
        self._extra = not real_hours

    def intraday(self, symbol: str, seconds: int, start: int, end: int, extended: bool, now: int) -> list[Candle]:
        """Candles of so many seconds that start in [start, end) and have begun; without ``extended`` regular ones."""
        today = from_ms(now).date()
        first = max(from_ms(start).date(), today - timedelta(days=MINUTE_DAYS))
        last = min(from_ms(max(end - 1, start)).date(), today)
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        minutes = joined([self._told(symbol, day, today, extended) for day in days])
        minutes = self._so_far(symbol, minutes, now)
        width = seconds * 1000
        return [c for c in _grouped(minutes, minutes.start // width * width) if start <= c.start < end]

    def daily(self, symbol: str, start: int, end: int, now: int) -> list[Candle]:
        """Daily candles stamped in [start, end); today's as far as it has come."""
        today, days = from_ms(now).date(), self._minutes.daily.of(symbol)
        finished = int(np.searchsorted(axis().ordinals, today.toordinal()))
        low, high = np.searchsorted(axis().stamps, (start, end))
        chosen = slice(int(low), min(int(high), finished))
        columns = (axis().stamps, *days[:4], days.volume)
        candles = [Candle(*row) for row in zip(*(c[chosen].tolist() for c in columns), strict=True)]
        running = self._today(symbol, today, now) if start <= central_midnight(today) < end else None
        return [*candles, running] if running else candles

    def longer(self, symbol: str, interval: Interval, start: int, end: int, now: int) -> list[Candle]:
        """Weeks (stamped on their Monday) or months (on their first) that start in [start, end)."""
        spare = 32 * 86_400_000
        groups: dict[date, Candle] = {}
        for c in self.daily(symbol, start - spare, end + spare, now):
            day = from_ms(c.start).date()
            first = day - timedelta(days=day.weekday()) if interval is Interval.WEEK else day.replace(day=1)
            held = groups.get(first, c._replace(start=central_midnight(first), volume=0))
            groups[first] = held._replace(
                high=max(held.high, c.high), low=min(held.low, c.low), close=c.close, volume=held.volume + c.volume
            )
        return [c for c in groups.values() if start <= c.start < end]

    def _told(self, symbol: str, day: date, today: date, extended: bool) -> Minutes:
        extra = self._extra and day >= today - timedelta(days=EXTRA_DAYS)
        minutes = self._minutes.of_day(symbol, day, extra)
        return minutes if extended else minutes.where(minutes.regular == 1)

    def _so_far(self, symbol: str, minutes: Minutes, now: int) -> Minutes:
        """The minutes that have begun by ``now``, the running one as far as it has come."""
        minute = now - now % MINUTE_MS
        finished = minutes.where(minutes.start < minute)
        running = minutes.where(minutes.start == minute)
        trades = self._standings.trades(symbol, minute) if len(running.start) else None
        candle = trades.candle(minute, now) if trades else None
        if candle is None:
            return finished
        so_far = [np.array([value]) for value in candle]
        return joined([finished, Minutes(*so_far, *running[len(so_far) :])])

    def _today(self, symbol: str, today: date, now: int) -> Candle | None:
        minutes = self._minutes.of_day(symbol, today, self._extra)
        if axis().place(today) is not None:
            minutes = minutes.where(minutes.official == 1)
        minutes = self._so_far(symbol, minutes, now)
        candles = _grouped(minutes, np.zeros(len(minutes.start), np.int64))
        return candles[0]._replace(start=central_midnight(today)) if candles else None


def _grouped(minutes: Minutes, starts: Ints) -> list[Candle]:
    """One candle for each run of equal ``starts``."""
    if not len(starts):
        return []
    first = np.flatnonzero(np.concatenate(([True], starts[1:] != starts[:-1])))
    last = np.concatenate((first[1:], [len(starts)])) - 1
    columns = (
        starts[first],
        minutes.open[first],
        np.maximum.reduceat(minutes.high, first),
        np.minimum.reduceat(minutes.low, first),
        minutes.close[last],
        np.add.reduceat(minutes.volume, first),
    )
    return [Candle(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]
