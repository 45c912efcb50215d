"""A market that runs faster than the clock, and one that sends more than any market does."""

import time
from collections import Counter

import pytest

from monitor.sandbox.market_clock import MarketClock
from monitor.sandbox.server import Sandbox
from tests.support.exchange import NOW, StillExchange
from tests.support.visitor import Line


def test_time_passes_at_the_pace_asked_for_from_the_moment_asked_for() -> None:
    real = 1_000
    clock = MarketClock(20.0, NOW, lambda: real)
    assert clock.now_ms() == NOW
    real += 500
    assert clock.now_ms() == NOW + 10_000


def test_without_a_wish_it_is_the_machine_s_clock() -> None:
    assert MarketClock(real=lambda: 77).now_ms() == 77


class TestAtTwentyTimes:
    @pytest.fixture
    def house(self, exchange: StillExchange) -> Sandbox:
        return Sandbox(exchange=exchange, market_clock=MarketClock(20.0, NOW))

    async def test_a_second_s_changes_come_in_a_twentieth(self, line: Line, exchange: StillExchange) -> None:
        await line.log_in()
        await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL", fields="0,1")
        await line.next("data")
        began = time.monotonic()
        for number in range(30):
            exchange.moves = {"1": 100.0 + number}
            assert (await line.next("data"))["content"][0]["1"] == 100 + number
        assert time.monotonic() - began < 20  # seconds; at the market's own pace they are 30


class TestAtARate:
    @pytest.fixture
    def house(self, exchange: StillExchange) -> Sandbox:
        return Sandbox(exchange=exchange, rate=2000)

    async def test_the_subscribed_symbols_come_in_turn_and_are_stamped(
        self, line: Line, exchange: StillExchange
    ) -> None:
        await line.log_in()
        await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL,F,SPY,$SPX,NOPE", fields="0,1,2,3,34,35")
        keys: Counter[str] = Counter()
        while keys.total() < 600:
            items = (await line.next("data"))["content"]
            keys.update(item["key"] for item in items)
        assert all(150 <= keys[key] <= 250 for key in ("AAPL", "F", "SPY"))
        assert items[-1]["34"] == exchange.now
        assert items[-1].keys() == {"key", "1", "2", "3", "34", "35"}
