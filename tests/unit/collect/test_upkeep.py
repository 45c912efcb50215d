"""Upkeep: when history is looked after, and whose."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date, time

import pytest

from monitor.collect import upkeep
from monitor.collect.upkeep import Upkeep
from monitor.errors import StoreUnavailable
from monitor.market.bar import Interval
from monitor.market.calendar import at_new_york
from tests.support.ports import FakeWatchlists

M1, DAY = Interval.M1, Interval.DAY
FRIDAY = date(2026, 11, 20)


class Machine:
    """Repair, coverage, clocks and sleep in one; each sleep is one of the ``steps``, the last ends the test."""

    def __init__(self, *steps: float) -> None:
        self.now = at_new_york(FRIDAY, time(12))
        self.seconds = 0.0
        self.steps = list(steps)
        self.done: list[str] = []
        self.trouble: StoreUnavailable | None = None

    def clock(self) -> float:
        return self.seconds

    async def sleep(self, _seconds: float) -> None:
        if not self.steps:
            raise asyncio.CancelledError
        step = self.steps.pop(0)
        self.seconds += step
        self.now += round(step * 1000)

    async def kept(self) -> Mapping[str, frozenset[Interval]]:
        if self.trouble:
            trouble, self.trouble = self.trouble, None
            raise trouble
        both = frozenset({M1, DAY})
        return {"AAPL": both, "MSFT": frozenset({DAY, Interval.M5}), "OLD": both}

    def keep(self, symbol: str, intervals: Iterable[Interval]) -> None:
        self.done.append(f"{symbol} {' '.join(sorted(interval.label for interval in intervals))}")

    async def look(self) -> None:
        self.done.append("look")

    async def run(self, keeps: bool = True) -> list[str]:
        """What was done until the steps were over."""
        with pytest.raises(asyncio.CancelledError):
            await self.upkeep(keeps).run()
        return self.done

    def upkeep(self, keeps: bool = True) -> Upkeep:
        return Upkeep(
            self,  # type: ignore[arg-type]
            self,  # type: ignore[arg-type]
            FakeWatchlists({"Tech": ["AAPL", "MSFT", "NVDA"]}),
            lambda: frozenset({"SPY"}),
            keeps=keeps,
            now_ms=lambda: self.now,
            clock=self.clock,
            sleep=self.sleep,
        )


ALL = ["AAPL 1m D", "MSFT D", "SPY 1m"]


async def test_at_the_start_what_is_watched_and_on_disk_or_streamed_is_made_whole() -> None:
    assert await Machine(upkeep.LOOK_SECONDS).run() == [*ALL, "look", "look"]


async def test_once_more_after_the_close() -> None:
    machine = Machine(upkeep.LOOK_SECONDS, upkeep.LOOK_SECONDS)
    machine.now = at_new_york(FRIDAY, time(20, 14, 45))
    assert await machine.run() == [*ALL, "look", *ALL, "look", "look"]


async def test_once_more_after_sleep() -> None:
    machine = Machine(upkeep.LOOK_SECONDS, 3600, upkeep.LOOK_SECONDS)
    assert await machine.run() == [*ALL, "look", "look", *ALL, "look", "look"]


async def test_who_only_records_tries_failures_again_and_nothing_else() -> None:
    assert await Machine(upkeep.LOOK_SECONDS, 3600).run(keeps=False) == ["look", "look", "look"]


async def test_a_database_that_cannot_be_read_is_looked_at_again() -> None:
    machine = Machine(upkeep.LOOK_SECONDS)
    machine.trouble = StoreUnavailable("locked")
    assert await machine.run() == [*ALL, "look"]
