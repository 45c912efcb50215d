"""While you were away: one notice after an absence, with what was fetched, what failed, what moved and the sign-in."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from monitor.collect.away import LEAST_MS, WhileAway, movers
from monitor.live.board import Board
from monitor.live.bus import Bus
from monitor.live.events import BarsArrived, GapChanged, HistoryProgress, Level, Notice, StreamChanged
from monitor.market.bar import Bar, Interval
from monitor.market.gap import Cause, Gap
from monitor.market.quote import Quote
from monitor.ports import StreamPhase
from tests.support.ports import NOW_MS, FakeSignIn, FakeWatchlists

MINUTE_MS, HOUR_MS = 60_000, 3_600_000


class Morning:
    """A program that starts at NOW_MS, with a clock that stands still and sleeps that end at once."""

    def __init__(self, last_seen_ms: int) -> None:
        self.bus, self.board = Bus(), Board()
        self.told: list[Notice] = []
        self.bus.listen(Notice, self.told.append)
        self.slept: list[float] = []
        self.now = NOW_MS
        self.sign_in = FakeSignIn()
        lists = FakeWatchlists({"Tech": ["AAPL", "NVDA"], "Funds": ["SPY"]})
        self.away = WhileAway(
            self.bus, self.board, lists, self.sign_in, last_seen_ms, now_ms=lambda: self.now, sleep=self.sleep
        )

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def live(self) -> None:
        self.bus.publish(StreamChanged(StreamPhase.LIVE, "Streaming."))

    def fetch(self, symbol: str, starts: list[int]) -> None:
        bars = tuple(Bar(symbol, Interval.M1, start, 1, 1, 1, 1, 1) for start in starts)
        self.bus.publish(HistoryProgress(symbol, 0, 1))
        self.bus.publish(BarsArrived(symbol, Interval.M1, bars))
        self.bus.publish(HistoryProgress(symbol, 1, 1))

    async def settle(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)


@pytest.fixture
async def morning() -> AsyncIterator[Morning]:
    made = Morning(NOW_MS - 8 * HOUR_MS)
    running = asyncio.create_task(made.away.run())
    await made.settle()
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_one_notice_says_what_was_fetched_what_moved_and_how_the_sign_in_stands(morning: Morning) -> None:
    for symbol, last in (("AAPL", 101.0), ("NVDA", 94.0), ("SPY", 100.0)):
        morning.board.take_quote(Quote(symbol=symbol, last=last, close=100.0))
    morning.live()
    morning.fetch("AAPL", [NOW_MS - HOUR_MS, NOW_MS - HOUR_MS + MINUTE_MS, NOW_MS - 9 * HOUR_MS])
    morning.fetch("SPY", [NOW_MS - 2 * HOUR_MS])
    await morning.settle()
    assert [(notice.level, notice.stays) for notice in morning.told] == [(Level.INFO, True)]
    assert morning.told[0].sentence.startswith(
        "While you were away (8 h 0 min): 3 minutes of 2 symbols were fetched; quotes and books of that time are not to"
        " be had. Moved most: NVDA -6.0 %, AAPL +1.0 %. The sign-in is good for"
    )
    morning.live()
    await morning.settle()
    assert len(morning.told) == 1


async def test_it_waits_for_the_repair_and_names_what_failed(morning: Morning) -> None:
    morning.live()
    morning.bus.publish(HistoryProgress("AAPL", 0, 3))
    for _ in range(10):
        await asyncio.sleep(0)
    assert morning.told == []
    morning.bus.publish(HistoryProgress("AAPL", 1, 3, failed="Schwab cannot be reached."))
    await morning.settle()
    assert "The history of AAPL could not be fetched and is tried again." in morning.told[0].sentence
    assert "no minutes were missing" in morning.told[0].sentence


async def test_a_repair_that_takes_long_is_not_waited_for_for_ever(morning: Morning) -> None:
    morning.live()
    morning.bus.publish(HistoryProgress("AAPL", 0, 3))
    await morning.settle()
    assert "More is on its way." in morning.told[0].sentence


async def test_a_sleep_is_an_absence_too(morning: Morning) -> None:
    morning.live()
    await morning.settle()
    morning.told.clear()
    begin = morning.now
    morning.now += 2 * HOUR_MS
    morning.bus.publish(GapChanged(Gap("LEVELONE_EQUITIES", begin, Cause.SLEEP)))
    morning.fetch("AAPL", [begin + HOUR_MS])  # history may be quicker than the stream
    morning.live()
    await morning.settle()
    assert morning.told[0].sentence.startswith("While you were away (2 h 0 min): 1 minute of one symbol was fetched")


@pytest.mark.parametrize("last_seen_ms", [0, NOW_MS - LEAST_MS + 1])
async def test_a_first_start_and_a_short_absence_are_none(last_seen_ms: int) -> None:
    morning = Morning(last_seen_ms)
    running = asyncio.create_task(morning.away.run())
    await morning.settle()
    morning.live()
    await morning.settle()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert morning.told == []


async def test_a_loss_that_is_no_sleep_is_none(morning: Morning) -> None:
    morning.live()
    await morning.settle()
    morning.told.clear()
    begin = morning.now
    morning.now += 2 * HOUR_MS
    morning.bus.publish(GapChanged(Gap("LEVELONE_EQUITIES", begin, Cause.CONNECTION)))
    morning.live()
    await morning.settle()
    assert morning.told == []


def test_movers_are_short() -> None:
    assert movers([("A", None), ("B", 0)]) == ""
    assert movers([("A", 1.0), ("B", -2.04), ("C", 3), ("D", 0.5)]) == "Moved most: C +3.0 %, B -2.0 %, A +1.0 %."
