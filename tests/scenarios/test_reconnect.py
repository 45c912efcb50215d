"""The recording services through a stream that is cut, goes silent, or whose other side goes away and comes back.

Afterwards it streams again, everything wanted is subscribed again, and history has filled the minutes between.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from monitor.apps import wiring
from monitor.apps.wiring import Services, running_services
from monitor.live.events import BoardChanged, HistoryProgress, StreamChanged
from monitor.market.bar import Interval
from monitor.ports import StreamPhase, Wanted
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from monitor.schwab.timing import Timing
from tests.support.sandbox import RunningSandbox, running_sandbox, sandbox

__all__ = ["sandbox"]  # the fixture

CHARTED = frozenset({"AAPL", "F"})
WANTED = Wanted(CHARTED | {"SPY"}, frozenset({"AAPL", "F"}), CHARTED)
MINUTE_MS = 60_000
OUTAGE_MS = 10 * MINUTE_MS
LIMIT_SECONDS = 60
TIMING = Timing()


class Watched:
    """Running services with what they told: phases, the symbols heard since the last look, finished downloads."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.phases: list[StreamPhase] = []
        self.sentences: list[str] = []
        self.quotes: set[str] = set()
        self.books: set[str] = set()
        self.filled: set[str] = set()
        services.bus.listen(StreamChanged, self._take_phase)
        services.bus.listen(BoardChanged, self._take_changes)
        services.bus.listen(HistoryProgress, self._take_progress)

    def _take_phase(self, change: StreamChanged) -> None:
        self.phases.append(change.phase)
        self.sentences.append(change.sentence)
        if change.phase is StreamPhase.SUBSCRIBING:  # what counts from now on comes over this connection
            self.services.board.changes()
            self.quotes, self.books = set(), set()

    def _take_changes(self, changed: BoardChanged) -> None:
        self.quotes |= changed.quotes
        self.books |= changed.books

    def _take_progress(self, progress: HistoryProgress) -> None:
        assert not progress.failed
        if progress.finished:
            self.filled.add(progress.symbol)

    def has_everything(self) -> bool:
        return self.quotes == WANTED.quotes and self.books == WANTED.books

    async def comes_back(self) -> None:
        await until(lambda: self.phases.count(StreamPhase.LIVE) == 2 and self.has_everything())
        await until(lambda: self.filled == CHARTED)
        await self.services.store.recorder.flushed()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        while not condition():  # noqa: ASYNC110  many things are waited for, not one event
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def _after_a_longer_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes are long: the hole is taken to begin ten of them before the stream was lost."""
    monkeypatch.setattr(wiring, "_BAR_LATE_MS", OUTAGE_MS)


@asynccontextmanager
async def watched(base_url: str, folder: Path, timing: Timing = TIMING) -> AsyncIterator[Watched]:
    """Services that are signed in, subscribed, and have heard everything they want once."""
    address = Address.of_sandbox(base_url)
    async with running_services(address, folder, timing=timing) as services:
        details = await sandbox_details(base_url)
        services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        await sign_in_headless(services.sign_in, address, details.username, details.password)
        heard = Watched(services)
        services.subscriptions.want("test", WANTED)
        await until(heard.has_everything)
        yield heard


async def minutes_missed(heard: Watched, symbol: str, lost_ms: int) -> list[tuple[Any, ...]]:
    """What history says of the minutes of the hole that were over when the stream was lost."""
    start, end = (ms // MINUTE_MS * MINUTE_MS for ms in (lost_ms - OUTAGE_MS + MINUTE_MS, lost_ms))
    bars = (await heard.services.history.bars(symbol, Interval.M1, start, end)).bars
    assert len(bars) > 3
    return [(bar.start, bar.open, bar.high, bar.low, bar.close, bar.volume, 0) for bar in bars]


def rows(folder: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{folder / 'monitor.db'}?mode=ro", uri=True)) as database:
        return database.execute(sql, values).fetchall()


async def assert_whole(heard: Watched, folder: Path, lost_ms: int) -> None:
    """The hole is filled with history's minutes, once and never revised, and no print was counted twice."""
    for symbol in CHARTED:
        expected = await minutes_missed(heard, symbol, lost_ms)
        stored = rows(
            folder,
            "SELECT start_ms, open, high, low, close, volume, revision FROM bar JOIN instrument ON id = instrument_id"
            " WHERE symbol = ? AND interval_s = 60 AND start_ms BETWEEN ? AND ? ORDER BY start_ms",
            *(symbol, expected[0][0], expected[-1][0]),
        )
        assert stored == expected
        covered = await heard.services.store.archive.coverage(symbol, Interval.M1)
        settled = expected[-1][0] - 2 * MINUTE_MS  # the newest minutes are asked for again later
        assert any(first <= expected[0][0] and last > settled for first, last in covered)
    assert rows(folder, "SELECT volume FROM trade GROUP BY instrument_id, volume HAVING count(*) > 1") == []
    assert heard.services.streaming.tally.rejected == {}


@pytest.mark.parametrize("lever", ["drop", "close"])
async def test_a_cut_stream_is_back_with_everything(sandbox: RunningSandbox, tmp_path: Path, lever: str) -> None:
    async with watched(sandbox.base_url, tmp_path) as heard:
        lost_ms = time.time_ns() // 1_000_000
        assert await asyncio.to_thread(sandbox.lever, lever) == 1
        await heard.comes_back()
        await assert_whole(heard, tmp_path, lost_ms)


async def test_a_stream_gone_silent_is_noticed(sandbox: RunningSandbox, tmp_path: Path) -> None:
    async with watched(sandbox.base_url, tmp_path, Timing(silence=2.0)) as heard:
        lost_ms = time.time_ns() // 1_000_000
        assert await asyncio.to_thread(sandbox.lever, "silence") == 1
        await heard.comes_back()
        await assert_whole(heard, tmp_path, lost_ms)
    assert any(sentence.startswith("Nothing came from the streamer") for sentence in heard.sentences)


async def test_a_sandbox_that_was_away_is_found_again(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        with running_sandbox() as first:
            heard = await stack.enter_async_context(watched(first.base_url, tmp_path))
        lost_ms = time.time_ns() // 1_000_000
        await until(lambda: heard.phases.count(StreamPhase.WAITING) > 1)
        second = stack.enter_context(running_sandbox("--port", first.base_url.rpartition(":")[2]))
        await heard.comes_back()
        await assert_whole(heard, tmp_path, lost_ms)
        sent = (await asyncio.to_thread(second.status))["sent"]
        assert sent.keys() == {"LEVELONE_EQUITIES", "NASDAQ_BOOK", "NYSE_BOOK", "CHART_EQUITY"}
