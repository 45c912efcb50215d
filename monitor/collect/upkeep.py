"""What keeps history whole: repair at the start, after sleep and after each close, and again what failed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from monitor.analysis.coverage import last_day_over
from monitor.clock import now_ms, since_boot
from monitor.collect.repair import Repair
from monitor.errors import MonitorError
from monitor.market.bar import Interval
from monitor.market.calendar import Trading, sessions
from monitor.ports import Coverage, Watchlists

_log = logging.getLogger(__name__)
LOOK_SECONDS = 30.0
#: A look that comes so much later than it should have come after a sleep.
_SLEPT_SECONDS = 60.0
_KEPT = frozenset({Interval.M1, Interval.DAY})


class Upkeep:
    """Looks every half minute. What a symbol has on disk is kept whole as long as a watchlist or the stream has it."""

    def __init__(
        self,
        repair: Repair,
        coverage: Coverage,
        watchlists: Watchlists,
        streamed: Callable[[], frozenset[str]],
        *,
        keeps: bool = True,
        now_ms: Callable[[], int] = now_ms,
        trading: Trading = sessions,
        clock: Callable[[], float] = since_boot,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``streamed`` gives the symbols whose minutes are streamed. Without ``keeps`` only failures are tried again.

        ``clock`` counts seconds, those of the machine's sleep among them.
        """
        self._repair = repair
        self._coverage = coverage
        self._watchlists = watchlists
        self._streamed = streamed
        self._keeps = keeps
        self._now_ms = now_ms
        self._trading = trading
        self._clock = clock
        self._sleep = sleep

    async def run(self) -> None:
        """Look until cancelled."""
        over = None
        while True:
            began = self._clock()
            try:
                today = last_day_over(self._now_ms(), self._trading)
                if self._keeps and over != today:
                    await self._keep_whole()
                    over = today
                await self._repair.look()
            except MonitorError as error:
                _log.warning("history is not looked after: %s %s", error.sentence, error.detail)
            await self._sleep(LOOK_SECONDS)
            if self._clock() - began > LOOK_SECONDS + _SLEPT_SECONDS:
                over = None

    async def series(self) -> Mapping[str, frozenset[Interval]]:
        """What is kept whole: the minutes and days that were ever asked for of symbols that are watched or streamed.

        Raises StoreUnavailable.
        """
        streamed = self._streamed()
        watched = streamed.union(*(await self._watchlists.all()).values())
        kept = {
            symbol: intervals & _KEPT
            for symbol, intervals in (await self._coverage.kept()).items()
            if symbol in watched
        }
        return kept | {symbol: kept.get(symbol, frozenset()) | {Interval.M1} for symbol in streamed}

    async def _keep_whole(self) -> None:
        for symbol, intervals in (await self.series()).items():
            self._repair.keep(symbol, intervals)
