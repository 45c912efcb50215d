"""History fetched: the minutes and days that a symbol's charts need and the disk does not hold, newest first."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from monitor.analysis.bars import day_start
from monitor.analysis.ranges import missing, pieces_newest_first
from monitor.clock import now_ms
from monitor.errors import MonitorError, Refused, SignInNeeded
from monitor.live.bus import Bus
from monitor.live.events import BarsArrived, HistoryProgress
from monitor.market.bar import Bar, Interval
from monitor.ports import Archive, PriceHistory, Priority, Recorder, asking

_log = logging.getLogger(__name__)

#: Schwab gives about 48 days of minutes, and at most 10 days in one answer.
MINUTES_KEPT = timedelta(days=48)
MINUTES_AN_ANSWER = timedelta(days=10)
DAILY_YEARS = 20
#: Seconds that a download stands still, for a pause that Schwab asks for or an outage, until it is given up.
_PATIENCE = 180.0
_ALL = 0

_Step = Callable[[], Awaitable[None]]


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)


class Backfill:
    """Implements HistoryLoader: one symbol at a time, the one asked for last first, progress as events."""

    def __init__(
        self,
        history: PriceHistory,
        archive: Archive,
        recorder: Recorder,
        bus: Bus,
        now_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._history = history
        self._archive = archive
        self._recorder = recorder
        self._bus = bus
        self._now_ms = now_ms
        self._waiting: dict[str, int] = {}  # each symbol with the moment from which on its minutes are wanted
        self._wake = asyncio.Event()
        self._fetching: tuple[str, int] | None = None
        self._task: asyncio.Task[None] | None = None
        self._held = False

    def ensure(self, symbol: str) -> None:
        """Queue ``symbol``, before all others that wait; returns at once."""
        if self._fetching != (symbol, _ALL):
            self._queue(symbol, _ALL)

    def refill(self, symbol: str, since_ms: int) -> None:
        """Queue the minutes of ``symbol`` from ``since_ms`` on: the stream may not have brought them."""
        self._queue(symbol, min(since_ms, self._waiting.get(symbol, since_ms)))

    def cancel(self, symbol: str) -> None:
        """Stop fetching ``symbol``; what has come so far is kept."""
        self._waiting.pop(symbol, None)
        if self._task is not None and self._fetching is not None and self._fetching[0] == symbol:
            self._task.cancel()

    def hold(self) -> None:
        """Ask for nothing more until ``resume``: there is no sign-in."""
        self._held = True

    def resume(self) -> None:
        """Take up what has waited for a sign-in."""
        self._held = False
        self._wake.set()

    async def run(self) -> None:
        """Fetch what is queued until cancelled."""
        while True:
            await self._wake.wait()
            while self._waiting and not self._held:
                await self._fetch_next()
            self._wake.clear()

    def _queue(self, symbol: str, since: int) -> None:
        self._waiting.pop(symbol, None)
        self._waiting[symbol] = since
        self._wake.set()

    async def _fetch_next(self) -> None:
        """Fetch in a task of its own, so that one symbol can be cancelled without the others."""
        symbol, since = self._fetching = self._waiting.popitem()
        # A chart asks for all of it and waits; nobody waits for a hole to be filled.
        with asking(Priority.PERSON if since == _ALL else Priority.BACKGROUND, patience=_PATIENCE):
            self._task = task = asyncio.create_task(self._fetch(symbol, since), name=f"history of {symbol}")
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
            await asyncio.wait([task])
            self._fetching = self._task = None

    async def _fetch(self, symbol: str, since: int) -> None:
        done, total = 0, 1
        try:
            steps = await self._steps(symbol, since)
            total = len(steps)
            for done, step in enumerate(steps):
                self._bus.publish(HistoryProgress(symbol, done, total))
                await step()
            self._bus.publish(HistoryProgress(symbol, total, total))
        except asyncio.CancelledError:
            self._bus.publish(HistoryProgress(symbol, done, total, failed=f"The download for {symbol} was cancelled."))
            raise
        except MonitorError as error:
            if isinstance(error, SignInNeeded):  # the others would fail alike: all of them wait for it
                self.hold()
                self._waiting[symbol] = min(since, self._waiting.get(symbol, since))
            _log.warning("history of %s: %s %s", symbol, error.sentence, error.detail)
            self._bus.publish(HistoryProgress(symbol, done, total, failed=error.sentence))
        except Exception:  # noqa: BLE001  one symbol must not stop the others
            _log.exception("history of %s failed", symbol)
            self._bus.publish(
                HistoryProgress(symbol, done, total, failed=f"The history of {symbol} could not be read; see the log.")
            )

    async def _steps(self, symbol: str, since: int) -> list[_Step]:
        """What is to be asked for: the newest minutes, then the days, then older minutes."""
        end = self._now_ms() // 60_000 * 60_000
        have = await self._archive.coverage(symbol, Interval.M1)
        holes = missing(have, max(since, end - _ms(MINUTES_KEPT)), end)
        pieces = list(pieces_newest_first(holes, _ms(MINUTES_AN_ANSWER)))
        steps: list[_Step] = [self._minutes(symbol, start, stop) for start, stop in pieces]
        today = day_start(end)
        if since == _ALL and missing(await self._archive.coverage(symbol, Interval.DAY), today - 1, today):
            steps.insert(1 if steps else 0, self._days(symbol, today))
        return steps

    def _minutes(self, symbol: str, start: int, end: int) -> _Step:
        async def step() -> None:
            try:
                bars = await self._history.minute_bars(symbol, start, end)
            except Refused:
                self._recorder.record_coverage(symbol, Interval.M1, start, end, "failed")
                raise
            await self._keep(symbol, Interval.M1, start, end, bars)

        return step

    def _days(self, symbol: str, today: int) -> _Step:
        async def step() -> None:
            bars = await self._history.daily_bars(symbol, DAILY_YEARS)
            await self._keep(symbol, Interval.DAY, bars[0].start if bars else today - 1, today, bars)

        return step

    async def _keep(self, symbol: str, interval: Interval, start: int, end: int, bars: Sequence[Bar]) -> None:
        self._recorder.record_bars(bars)
        self._recorder.record_coverage(symbol, interval, start, end, "complete" if bars else "empty")
        await self._recorder.flushed()
        if bars:
            self._bus.publish(BarsArrived(symbol, interval, tuple(bars)))
