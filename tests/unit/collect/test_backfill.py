"""Backfill: what is asked of history, in which order, and what is said when it fails."""

import asyncio
from collections.abc import Callable, Sequence

import numpy as np

from monitor.analysis.bars import day_start
from monitor.collect.backfill import Backfill
from monitor.errors import Refused, SignInNeeded
from monitor.live.bus import Bus
from monitor.live.events import HistoryProgress
from monitor.market.bar import BAR_DTYPE, Bar, BarSeries, Interval
from monitor.market.instrument import Instrument
from monitor.market.trade import Trade
from monitor.ports import MarketHours, Priority, asked

NOW = 1_790_000_000_000 // 60_000 * 60_000
DAY = 86_400_000


class Source:
    """History that answers one bar at the start of whatever is asked, and remembers the questions."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, int, int]] = []
        self.failure: Exception | None = None
        self.on_ask: Callable[[], None] = lambda: None

    async def minute_bars(self, symbol: str, start_ms: int, end_ms: int) -> list[Bar]:
        self.asked.append(("minutes", symbol, start_ms, end_ms))
        self.on_ask()
        await asyncio.sleep(0)
        if self.failure:
            raise self.failure
        return [Bar(symbol, Interval.M1, start_ms, 1, 1, 1, 1, 1)]

    async def daily_bars(self, symbol: str, years: int = 20) -> list[Bar]:
        self.asked.append(("days", symbol, 0, years))
        return [Bar(symbol, Interval.DAY, NOW - 20 * 365 * DAY, 1, 1, 1, 1, 1)]

    async def find_instruments(self, text: str) -> list[Instrument]:
        return []

    async def search_instruments(self, text: str) -> list[Instrument]:
        return []

    async def market_hours(self, day: str = "") -> MarketHours:
        return MarketHours(day, is_open=True)


class Disk:
    """Recorder and archive at once: coverage that was recorded is known at the next look."""

    def __init__(self) -> None:
        self.covered: dict[tuple[str, Interval], list[tuple[int, int]]] = {}
        self.states: list[str] = []
        self.bars_kept: list[Bar] = []

    def record_bars(self, bars: Sequence[Bar]) -> None:
        self.bars_kept += bars

    def record_coverage(self, symbol: str, interval: Interval, start_ms: int, end_ms: int, state: str) -> None:
        self.states.append(state)
        if state != "failed":
            self.covered.setdefault((symbol, interval), []).append((start_ms, end_ms))

    async def flushed(self) -> None: ...

    async def coverage(self, symbol: str, interval: Interval) -> list[tuple[int, int]]:
        return sorted(self.covered.get((symbol, interval), []))

    async def bars(self, symbol: str, interval: Interval, start_ms: int = 0, end_ms: int = 2**62) -> BarSeries:
        return np.empty(0, BAR_DTYPE)

    async def trades(self, symbol: str, limit: int) -> list[Trade]:
        return []

    async def find_instruments(self, text: str, limit: int = 20) -> list[Instrument]:
        return []


class Bench:
    """A backfill with its fakes, and the progress it publishes."""

    def __init__(self) -> None:
        self.source, self.disk, self.bus = Source(), Disk(), Bus()
        self.progress: list[HistoryProgress] = []
        self.bus.listen(HistoryProgress, self._hear)
        self._changed = asyncio.Event()
        self.backfill = Backfill(self.source, self.disk, self.disk, self.bus, now_ms=lambda: NOW)  # type: ignore[arg-type]

    def _hear(self, event: HistoryProgress) -> None:
        self.progress.append(event)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Run the backfill until ``condition`` holds."""
        running = asyncio.create_task(self.backfill.run())
        try:
            async with asyncio.timeout(10):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        finally:
            running.cancel()
            await asyncio.wait([running])

    def finished(self, count: int = 1) -> Callable[[], bool]:
        return lambda: sum(event.finished for event in self.progress) >= count


async def test_minutes_are_asked_newest_first_and_days_come_second() -> None:
    bench = Bench()
    bench.backfill.ensure("AAPL")
    await bench.until(bench.finished())
    kinds = [kind for kind, *_ in bench.source.asked]
    assert kinds == ["minutes", "days", "minutes", "minutes", "minutes", "minutes"]
    minutes = [(start, end) for kind, _, start, end in bench.source.asked if kind == "minutes"]
    assert minutes[0] == (NOW - 10 * DAY, NOW)
    assert minutes[-1][0] == NOW - 48 * DAY
    assert bench.progress[-1] == HistoryProgress("AAPL", 6, 6)


async def test_what_is_on_disk_is_not_asked_again() -> None:
    bench = Bench()
    bench.backfill.ensure("AAPL")
    await bench.until(bench.finished())
    bench.source.asked.clear()
    bench.backfill.ensure("AAPL")
    await bench.until(bench.finished(2))
    assert bench.source.asked == []


async def test_only_the_hole_is_asked_for() -> None:
    bench = Bench()
    bench.disk.covered["AAPL", Interval.M1] = [(0, NOW - DAY)]
    bench.disk.covered["AAPL", Interval.DAY] = [(0, day_start(NOW))]
    bench.backfill.ensure("AAPL")
    await bench.until(bench.finished())
    assert bench.source.asked == [("minutes", "AAPL", NOW - DAY, NOW)]


async def test_a_refill_asks_for_its_minutes_alone_even_while_the_symbol_is_fetched() -> None:
    bench = Bench()
    bench.source.on_ask = lambda: len(bench.source.asked) == 1 and bench.backfill.refill("AAPL", NOW - 5 * 60_000)
    bench.backfill.refill("SPY", NOW - 2 * 60_000)
    bench.backfill.ensure("AAPL")
    bench.disk.covered["AAPL", Interval.M1] = [(0, NOW - 3 * 60_000)]
    bench.disk.covered["AAPL", Interval.DAY] = [(0, day_start(NOW))]
    await bench.until(bench.finished(3))
    assert bench.source.asked == [
        ("minutes", "AAPL", NOW - 3 * 60_000, NOW),
        ("minutes", "SPY", NOW - 2 * 60_000, NOW),
    ]


async def test_a_chart_is_waited_for_and_a_refill_is_not() -> None:
    bench, heard = Bench(), []
    bench.source.on_ask = lambda: heard.append((bench.source.asked[-1][1], asked().priority))
    bench.backfill.refill("SPY", NOW - 60_000)
    bench.backfill.ensure("AAPL")
    await bench.until(bench.finished(2))
    assert set(heard) == {("AAPL", Priority.PERSON), ("SPY", Priority.BACKGROUND)}
    assert asked().priority is Priority.BACKGROUND


async def test_a_refill_does_not_stand_in_for_the_whole_history() -> None:
    bench = Bench()
    bench.backfill.ensure("AAPL")
    bench.backfill.refill("AAPL", NOW - 60_000)
    await bench.until(bench.finished())
    assert len(bench.source.asked) == 6


async def test_stopping_waits_for_the_download_that_runs() -> None:
    bench, begun, ended = Bench(), asyncio.Event(), []

    async def slow_to_end(symbol: str, _start_ms: int, _end_ms: int) -> list[Bar]:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            ended.append(symbol)
        return []

    bench.source.minute_bars = slow_to_end  # type: ignore[method-assign]
    bench.backfill.ensure("AAPL")
    running = asyncio.create_task(bench.backfill.run())
    await begun.wait()
    running.cancel()
    await asyncio.wait([running])
    assert ended == ["AAPL"]


async def test_the_symbol_asked_for_last_comes_first() -> None:
    bench = Bench()
    for symbol in ("AAPL", "MSFT", "SPY"):
        bench.backfill.ensure(symbol)
    await bench.until(bench.finished(3))
    assert list(dict.fromkeys(symbol for _, symbol, *_ in bench.source.asked)) == ["SPY", "MSFT", "AAPL"]


async def test_a_refusal_is_told_in_its_own_words_and_the_next_symbol_goes_on() -> None:
    bench = Bench()
    bench.source.failure = Refused("Schwab does not know ZZZZ.")
    bench.backfill.ensure("ZZZZ")
    await bench.until(bench.finished())
    assert bench.progress[-1].failed == "Schwab does not know ZZZZ."
    assert bench.disk.states == ["failed"]
    bench.source.failure = None
    bench.backfill.ensure("AAPL")
    await bench.until(bench.finished(2))
    assert bench.progress[-1] == HistoryProgress("AAPL", 6, 6)


async def test_what_a_missing_sign_in_stopped_is_asked_once_and_resumed_later() -> None:
    bench = Bench()
    bench.source.failure = SignInNeeded("Sign in to Schwab to go on.")
    bench.backfill.ensure("MSFT")
    bench.backfill.ensure("AAPL")
    await bench.until(bench.finished())
    assert [event.failed for event in bench.progress if event.finished] == ["Sign in to Schwab to go on."]
    bench.source.failure = None
    bench.backfill.resume()
    await bench.until(bench.finished(3))
    assert [event.symbol for event in bench.progress if event.finished and not event.failed] == ["AAPL", "MSFT"]


async def test_nothing_is_asked_while_there_is_no_sign_in() -> None:
    bench = Bench()
    bench.backfill.hold()
    bench.backfill.ensure("AAPL")
    running = asyncio.create_task(bench.backfill.run())
    for _ in range(5):
        await asyncio.sleep(0)
    assert bench.source.asked == []
    bench.backfill.resume()
    await bench.until(bench.finished())
    running.cancel()


async def test_a_cancelled_download_says_so_and_keeps_what_came() -> None:
    bench = Bench()

    def cancel_at_the_third_question() -> None:
        if len(bench.source.asked) == 3:
            bench.backfill.cancel("AAPL")

    bench.source.on_ask = cancel_at_the_third_question
    bench.backfill.ensure("AAPL")
    await bench.until(bench.finished())
    assert bench.progress[-1].failed == "The download for AAPL was cancelled."
    assert len(bench.disk.bars_kept) == 2
