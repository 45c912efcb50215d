"""Quotes on request: when they are asked for beside the stream, of what, and what becomes of the answers."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, time

import pytest

from monitor.collect.quotes_on_request import (
    AGAIN_CLOSED_SECONDS,
    AGAIN_SECONDS,
    AGAIN_UNKNOWN_SECONDS,
    GRACE_SECONDS,
    LOOK_SECONDS,
    QuotesOnRequest,
)
from monitor.errors import Transient
from monitor.live.board import Board
from monitor.market.calendar import at_new_york
from monitor.market.quote import Quote
from monitor.market.snapshot import Snapshot
from monitor.ports import Priority, QuotesAnswer, StreamPhase, asked
from tests.support.ports import FakeSignIn

NOON = at_new_york(date(2026, 11, 20), time(12))
SATURDAY = at_new_york(date(2026, 11, 21), time(12))


class World:
    """Schwab's quotes, the stream's phase, and a clock that only sleeping moves."""

    def __init__(self, *symbols: str, now_ms: int = NOON) -> None:
        self.board = Board()
        self.sign_in = FakeSignIn()
        self.phase = StreamPhase.WAITING
        self.wanted = frozenset(symbols)
        self.unknown: set[str] = set()
        self.failure: Transient | None = None
        self.during: Callable[[], object] = lambda: None  # happens while a request is on its way
        self.asked: list[tuple[float, tuple[str, ...]]] = []
        self.askings: list[object] = []
        self.seconds = 0.0
        self.start_ms = now_ms
        self._until = 0.0
        self._loop = QuotesOnRequest(
            *(self, self.board, self.sign_in, lambda: self.wanted, lambda: self.phase),
            batch=3,
            now_ms=lambda: self.start_ms + round(self.seconds * 1000),
            clock=lambda: self.seconds,
            sleep=self.sleep,
        )

    async def quotes(
        self, symbols: Sequence[str], batch: int = 100, on_progress: Callable[[int, int], None] = lambda *_: None
    ) -> QuotesAnswer:
        self.asked.append((self.seconds, tuple(symbols)))
        self.askings.append(asked())
        self.during()
        if self.failure:
            raise self.failure
        known = [symbol for symbol in symbols if symbol not in self.unknown]
        found = {symbol: Snapshot(Quote(symbol=symbol, last=100)) for symbol in known}
        return QuotesAnswer(found, tuple(symbol for symbol in symbols if symbol in self.unknown), {})

    async def sleep(self, seconds: float) -> None:
        assert seconds == LOOK_SECONDS
        self.seconds += seconds
        if self.seconds > self._until:
            raise asyncio.CancelledError

    async def run(self, seconds: float) -> list[tuple[float, tuple[str, ...]]]:
        """When what was asked for in the next ``seconds``."""
        self.asked.clear()
        self._until = self.seconds + seconds
        with pytest.raises(asyncio.CancelledError):
            await self._loop.run()
        return self.asked


async def test_at_a_start_all_is_asked_for_at_once_in_batches() -> None:
    world = World("AAPL", "AMD", "MSFT", "NVDA", "SPY")
    assert await world.run(0) == [(0, ("AAPL", "AMD", "MSFT")), (0, ("NVDA", "SPY"))]
    requested = world.board.requested("SPY")
    assert requested is not None
    assert (requested.at_ms, requested.quote) == (NOON, Quote(symbol="SPY", last=100))


async def test_requests_are_background_work_that_is_tried_once() -> None:
    world = World("AAPL", "AMD")
    await world.run(0)
    [said] = world.askings
    assert said.priority is Priority.BACKGROUND  # type: ignore[attr-defined]
    assert said.purpose == "quotes of 2 symbols beside the stream"  # type: ignore[attr-defined]
    assert said.attempts == 1  # type: ignore[attr-defined]


async def test_again_each_minute_as_long_as_the_stream_is_away() -> None:
    world = World("AAPL")
    assert [at for at, _ in await world.run(130)] == [0, AGAIN_SECONDS, 2 * AGAIN_SECONDS]


async def test_outside_trading_hours_seldom_but_for_what_trades_then() -> None:
    world = World("AAPL", "/ES", now_ms=SATURDAY)
    asked_for = await world.run(AGAIN_CLOSED_SECONDS)
    assert [at for at, symbols in asked_for if "AAPL" in symbols] == [0, AGAIN_CLOSED_SECONDS]
    assert [at for at, symbols in asked_for if "/ES" in symbols] == [n * AGAIN_SECONDS for n in range(16)]


async def test_what_the_live_stream_brings_is_not_asked_for() -> None:
    world = World("AAPL", "OTCX")
    world.phase = StreamPhase.LIVE
    world.board.take_quote(Quote(symbol="AAPL", last=1))
    assert await world.run(GRACE_SECONDS + LOOK_SECONDS) == [(6, ("OTCX",))]  # which it had time to bring


async def test_a_short_loss_of_the_stream_asks_for_nothing() -> None:
    world = World("AAPL")
    world.phase = StreamPhase.LIVE
    world.board.take_quote(Quote(symbol="AAPL", last=1))
    assert await world.run(20) == []
    world.phase = StreamPhase.WAITING
    assert await world.run(GRACE_SECONDS - 1) == []
    assert [symbols for _, symbols in await world.run(4)] == [("AAPL",)]


async def test_what_is_wanted_later_is_asked_for_at_once_and_alone() -> None:
    world = World("AAPL")
    await world.run(0)
    world.wanted = frozenset({"AAPL", "AMD"})
    assert [symbols for _, symbols in await world.run(0)] == [("AMD",)]


async def test_what_schwab_does_not_know_is_told_and_not_asked_for_each_minute() -> None:
    world = World("XYZQ")
    world.unknown = {"XYZQ"}
    assert [at for at, _ in await world.run(AGAIN_UNKNOWN_SECONDS)] == [0, AGAIN_UNKNOWN_SECONDS]
    requested = world.board.requested("XYZQ")
    assert requested is not None
    assert requested.quote is None


async def test_what_fails_is_tried_again_after_a_minute_even_when_the_market_is_closed() -> None:
    world = World("AAPL", now_ms=SATURDAY)
    world.failure = Transient("Schwab does not answer.")
    assert [at for at, _ in await world.run(AGAIN_SECONDS)] == [0, AGAIN_SECONDS]
    assert world.board.requested("AAPL") is None


async def test_an_answer_that_the_stream_has_overtaken_is_not_shown() -> None:
    world = World("AAPL", "AMD")
    world.during = lambda: world.board.take_quote(Quote(symbol="AAPL", last=101))
    await world.run(0)
    assert world.board.requested("AAPL") is None
    assert world.board.requested("AMD") is not None


async def test_batches_end_when_the_stream_is_back() -> None:
    world = World("AAPL", "AMD", "MSFT", "NVDA", "SPY")

    def come_back() -> None:
        world.phase = StreamPhase.LIVE

    world.during = come_back
    assert [symbols for _, symbols in await world.run(0)] == [("AAPL", "AMD", "MSFT")]


async def test_without_a_sign_in_nobody_is_asked() -> None:
    world = World("AAPL")
    world.sign_in.signed_in = False
    assert await world.run(AGAIN_SECONDS) == []
    world.sign_in.signed_in = True
    assert len(await world.run(0)) == 1
