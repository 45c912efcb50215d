"""The end of a series that still grows: stored bars, the stream's minutes, the open minute and today's quote as one."""

from collections.abc import Collection

import numpy as np

from monitor.analysis.bars import aggregate, day_start, join
from monitor.analysis.chart_bars import Making
from monitor.market.bar import BAR_DTYPE, Bar, BarSeries, Interval, series
from monitor.market.calendar import Phase, from_ms, sessions
from monitor.market.quote import Quote

_MINUTE_MS = 60_000
EMPTY = np.empty(0, BAR_DTYPE)


class Tail:
    """What the last bars of a chart are made from; ``rows`` gives them anew after anything came.

    ``minutes`` are those since the last stored bar began (today's for a daily chart and longer ones), ``days`` the
    daily bars since then. Minutes that had not ended by ``now_ms`` count as open, like those made from prints.
    """

    def __init__(self, making: Making, minutes: BarSeries, days: BarSeries, now_ms: int) -> None:
        ended = minutes["start"] + _MINUTE_MS <= now_ms
        self._making, self._interval = making, making.interval
        self._minutes = minutes[ended]
        self._open = self._partial = minutes[~ended]
        self._days = days
        horizon = 0 if making.interval.intraday else day_start(now_ms)
        self._since = int(minutes["start"][0]) if len(minutes) else horizon

    def _horizon(self, at_ms: int) -> int:
        """Minutes before this are of no more use."""
        return self._making.start_of(at_ms) if self._interval.intraday else day_start(at_ms)

    def take_minutes(self, bars: Collection[Bar]) -> bool:
        """Take in the stream's own minutes; False when some are too old to be placed here (read the archive again)."""
        fresh = series(bar for bar in bars if bar.start >= self._since)
        if len(self._minutes):
            # What ``rows`` has not given yet is never dropped: the horizon follows the minutes one call behind.
            self._since = max(self._since, self._horizon(int(self._minutes["start"][-1])))
            self._minutes = self._minutes[self._minutes["start"] >= self._since]
            self._open = self._open[self._open["start"] >= self._since]
        self._minutes = join(self._minutes, fresh)
        return len(fresh) == len(bars) or not self._interval.intraday

    def take_open(self, bar: Bar) -> None:
        """Take in the open minute as the prints so far make it; confirmed minutes stay as they are."""
        if bar.start < self._since or bar.start in self._minutes["start"]:
            return
        row = series([bar])
        if len(self._partial) and self._partial["start"][-1] == bar.start:
            row = widen(self._partial[-1:], row)
        self._open = join(self._open, row)

    def rows(self, quote: Quote | None) -> BarSeries:
        """The last bars of the chart as they stand now; empty when nothing is known yet."""
        minutes = join(self._open, self._minutes)
        if self._interval.intraday:
            return self._making.of(minutes)
        return aggregate(join(self._days, self._today(minutes, quote)), self._interval)

    def _today(self, minutes: BarSeries, quote: Quote | None) -> BarSeries:
        """The running day: the quote's figures, or else what the minutes add to the stored day."""
        told = _day_of(quote)
        if len(told):
            return told
        today = aggregate(_regular(minutes), Interval.DAY)[-1:]
        stored = self._days[np.isin(self._days["start"], today["start"])]
        return widen(stored, today) if len(stored) else today


def widen(before: BarSeries, now: BarSeries) -> BarSeries:
    """One bar from two views of the same interval, the earlier of which saw its beginning."""
    row = now.copy()
    row["open"] = before["open"]
    row["high"] = np.maximum(before["high"], now["high"])
    row["low"] = np.minimum(before["low"], now["low"])
    row["volume"] = np.maximum(before["volume"], now["volume"])
    return row


def _day_of(quote: Quote | None) -> BarSeries:
    """The day that a quote describes; empty before its first trade."""
    if quote is None or not (quote.open and quote.high and quote.low and quote.last and quote.trade_time):
        return EMPTY
    high, low = max(quote.high, quote.last), min(quote.low, quote.last)
    row = (day_start(quote.trade_time), quote.open, high, low, quote.last, quote.volume or 0)
    return np.array([row], BAR_DTYPE)


def _regular(minutes: BarSeries) -> BarSeries:
    """The minutes from the regular session's open on; all of them on a day the calendar knows no session for."""
    if len(minutes) == 0:
        return minutes
    today = sessions(from_ms(int(minutes["start"][-1])).date())
    begins = next((session.start for session in today if session.phase is Phase.REGULAR), 0)
    return minutes[minutes["start"] >= begins]
