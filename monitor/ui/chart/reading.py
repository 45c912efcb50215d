"""What a chart needs from the archive: its bars, the minutes they go on from, and where bars are missing."""

import asyncio
from dataclasses import replace

from monitor.analysis.bars import day_start
from monitor.analysis.chart_bars import Making
from monitor.market.bar import BarSeries, Interval
from monitor.market.hours import Hours
from monitor.ui.chart.gaps import Missing, find_missing
from monitor.ui.chart.series import ChartBars
from monitor.ui.chart.tail import EMPTY, Tail
from monitor.ui.view_ports import ViewPorts

#: Of so many bars it takes longer to merge them than to go to another thread and back.
_MANY = 50_000


async def made_ready(bars: BarSeries) -> ChartBars:
    """The bars for the view; what a look from afar reads of many is merged off the loop."""
    fresh = ChartBars(bars)
    return await asyncio.to_thread(fresh.ready) if len(bars) >= _MANY else fresh


class Reading:
    """Reads for one symbol and one way of making bars. Every method raises MonitorError when the archive cannot."""

    def __init__(self, ports: ViewPorts, symbol: str, making: Making) -> None:
        self._ports, self._symbol = ports, symbol
        # Futures trade around the clock and are shown so.
        self._making = replace(making, hours=Hours.ALWAYS) if symbol.startswith("/") else making

    async def bars(self) -> BarSeries:
        """Every bar there is, ascending."""
        archive = self._ports.archive
        if not self._making.from_minutes:
            return await archive.bars(self._symbol, self._making.interval)
        minutes = await archive.bars(self._symbol, Interval.M1)
        return await asyncio.to_thread(self._making.of, minutes)

    async def tail(self, bars: BarSeries) -> Tail:
        """The minutes and days from which the last of ``bars`` goes on."""
        now, archive, interval = self._ports.meters.now_ms(), self._ports.archive, self._making.interval
        minutes = days = bars[-1:]
        last = int(bars["start"][-1]) if len(bars) else day_start(now)
        if interval is not Interval.M1:
            since = last if interval.intraday else day_start(now)
            minutes = await archive.bars(self._symbol, Interval.M1, since)
        if interval > Interval.DAY:
            days = await archive.bars(self._symbol, Interval.DAY, last)
        return Tail(self._making, minutes, EMPTY if interval.intraday else days, now)

    async def missing(self, bars: BarSeries) -> list[Missing]:
        """Where bars are missing that neither the stream nor history has brought."""
        interval = self._making.interval
        if not interval.intraday or not len(bars):
            return []
        archive, now = self._ports.archive, self._ports.meters.now_ms()
        gaps = await archive.gaps(self._symbol, int(bars["start"][0]), now)
        if not gaps:
            return []
        covered = await archive.coverage(self._symbol, Interval.M1)
        by_calendar = not self._ports.profile.sandbox and not self._symbol.startswith("/")
        return find_missing(gaps, covered, bars["start"], interval, now, by_calendar)
