"""The program's window over a real database, fed by the real market's replay on a clock that the test moves."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from monitor.collect.streaming import Streaming
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.events import BarsArrived, Level, Notice
from monitor.live.frames import FRAME_SECONDS, Frames
from monitor.live.receive import ReceiveClock
from monitor.market.bar import Bar, Interval
from monitor.schwab.delivery import Delivery
from monitor.schwab.wire import Notify, Response
from monitor.store import Store, open_store
from monitor.ui.chart.panel import ChartPanel
from monitor.ui.theme import Theme
from monitor.ui.window import MainWindow
from tests.support.captures import CONFLATED
from tests.support.ports import FakeMeters, minutes, until, view_ports

#: How many times as fast as the market the replay goes.
SPEED = 20
#: 09:30 New York of the replay's day.
OPEN_MS = 1_747_834_200_000
_DAY_MS = 86_400_000


class _Nobody:
    """Nobody waits for what is said of commands."""

    def take_response(self, response: Response) -> None: ...

    def take_notify(self, notify: Notify) -> None: ...


class ReplayedSession:
    """A window, and the stream that goes on by a frame of the screen each time ``frame`` is called."""

    def __init__(self, shared: Path, store: Store) -> None:
        self.store, self.bus, self.board, self.meters = store, Bus(), Board(), FakeMeters()
        self.now_ms = self.meters.now = OPEN_MS
        self.notices: list[Notice] = []
        self.frames_passed = 0
        #: Whether a frame takes its time, so that the replay goes ``SPEED`` times as fast as the market; else none.
        self.paced = False
        self._stop = self.bus.listen(Notice, self.notices.append)
        streaming = Streaming(
            self.board,
            store.recorder,
            ReceiveClock(store.last_received_us(), lambda: self.now_ms * 1_000_000),
            self.bus,
            monotonic=lambda: self.now_ms / 1000,
            wall_ms=lambda: self.now_ms,
        )
        self._delivery = Delivery(streaming, _Nobody())
        self._flush = Frames(self.board, self.bus).flush
        self._waiting = _frames(shared)
        self._next = next(self._waiting)
        self.ports = view_ports(
            archive=store.archive, recorder=store.recorder, bus=self.bus, board=self.board, meters=self.meters
        )
        self.window = MainWindow(self.ports, Theme())
        self.chart._reload.setInterval(0)
        self._oldest = OPEN_MS - 3 * _DAY_MS

    @property
    def chart(self) -> ChartPanel:
        return self.window.chart

    @property
    def errors(self) -> list[str]:
        """What the person was told that went wrong."""
        return [notice.sentence for notice in self.notices if notice.level is Level.ERROR]

    def feed(self) -> None:
        """What comes over the wire in a fiftieth of a second, and the frame that tells the screen of it."""
        self.now_ms += round(FRAME_SECONDS * SPEED * 1000)
        self.meters.now = self.now_ms
        while self._next[0] <= self.now_ms:
            self._delivery.decode_json_string(self._next[1])
            self._next = next(self._waiting, (2**62, ""))
        self._flush()

    def bring_history(self, random: Random) -> None:
        """History corrects a minute of the days before, and reaches a little further back."""
        kept = _history("AAPL", 585.0)
        bar = random.choice(kept)
        corrected = Bar("AAPL", Interval.M1, bar.start, bar.open, bar.high + 0.5, bar.low, bar.close, bar.volume + 1)
        self._oldest -= _DAY_MS // 24
        older = minutes("AAPL", 30, self._oldest, 580.0)
        self.store.recorder.record_bars([*older, corrected])
        self.bus.publish(BarsArrived("AAPL", Interval.M1, (*older, corrected)))

    async def frame(self) -> None:
        """As ``feed``, then whatever waits is done, and the window painted."""
        began = time.monotonic()
        self.feed()
        self.frames_passed += 1
        await asyncio.sleep(0)
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # which only a loop of Qt's own does
        if self.paced:
            await asyncio.sleep(max(0.0, FRAME_SECONDS - (time.monotonic() - began)))

    async def settled(self) -> None:
        """The chart has read what it shows."""
        await until(lambda: not self.chart_is_busy, 20)
        QApplication.processEvents()

    @property
    def chart_is_busy(self) -> bool:
        names = {task.get_name() for task in asyncio.all_tasks()}
        return bool(names & {"chart bars", "chart indicators"})

    async def close(self) -> None:
        self._stop()
        self.window.close()
        await self.ports.tasks.close()


@asynccontextmanager
async def replayed_session(shared: Path, folder: Path) -> AsyncIterator[ReplayedSession]:
    """The session, with three days of history of two symbols on disk."""
    store = open_store(folder / "monitor.db", sandbox=True, on_trouble=_fail)
    try:
        for symbol, last in (("AAPL", 585.0), ("MSFT", 450.0)):
            store.recorder.record_bars(_history(symbol, last))
        await store.recorder.flushed()
        session = ReplayedSession(shared, store)
        try:
            yield session
        finally:
            await session.close()
    finally:
        await store.close()


def _fail(sentence: str) -> None:
    raise AssertionError(sentence)


def _history(symbol: str, last: float) -> list[Bar]:
    return [bar for days in (3, 2, 1) for bar in minutes(symbol, 390, OPEN_MS + 390 * 60_000 - days * _DAY_MS, last)]


def _frames(shared: Path) -> Iterator[tuple[int, str]]:
    with gzip.open(shared / "replay" / CONFLATED, "rt") as lines:
        for line in lines:
            told = json.loads(line)
            yield OPEN_MS + told["t"], json.dumps(told["frame"], separators=(",", ":"))


async def stored_minutes(session: ReplayedSession, symbol: str) -> np.ndarray:
    """What the database has of the day."""
    await session.store.recorder.flushed()
    return await session.store.archive.bars(symbol, Interval.M1, OPEN_MS)
