"""When rows move by themselves: soon after the start, then at half past two in New York, by the rules of the moment."""

import asyncio
from datetime import date, time

import pytest

from monitor.errors import StoreUnavailable
from monitor.market.calendar import at_new_york, from_ms
from monitor.ports import Moved, StorageRules
from monitor.store.tiers.nightly import NightlyMove
from tests.support.ports import FakeTiers


class _Over(Exception):
    """So many nights have passed."""


class Clock:
    """A wall clock that only a sleep moves."""

    def __init__(self, ms: int, until_ms: int) -> None:
        self.ms, self.until_ms = ms, until_ms

    async def sleep(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)
        if self.ms > self.until_ms:
            raise _Over
        await asyncio.sleep(0)


class TimedTiers(FakeTiers):
    """Notes when it is asked to move, and whether gently."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.asked: list[tuple[str, bool]] = []
        self.failures: list[StoreUnavailable] = []

    async def move(self, rules: StorageRules, *rest: object, gently: bool = False) -> Moved:  # type: ignore[override]
        self.asked.append((f"{from_ms(self.clock.ms):%d %H:%M}", gently))
        self.moved_by.append(rules)
        if self.failures:
            raise self.failures.pop(0)
        return self.came_to


BEGIN, END = at_new_york(date(2026, 10, 30), time(15)), at_new_york(date(2026, 11, 3), time(1))


async def nights(tiers: TimedTiers, rules: list[StorageRules]) -> list[str]:
    told: list[str] = []
    nightly = NightlyMove(
        tiers,
        lambda: rules.pop(0),
        told.append,
        lambda said: told.append(f"({said})"),
        lambda: tiers.clock.ms,
        tiers.clock.sleep,
    )
    with pytest.raises(_Over):
        await nightly.run()
    return told


async def test_soon_after_the_start_and_every_night_though_the_clocks_change() -> None:
    tiers = TimedTiers(Clock(BEGIN, END))
    rules = [StorageRules(warm_days=n) for n in range(6)]
    assert await nights(tiers, list(rules)) == []
    assert tiers.asked == [("30 15:01", True), ("31 02:30", True), ("01 02:30", True), ("02 02:30", True)]
    assert tiers.moved_by == rules[1:5]


async def test_what_fails_is_told_once_and_tried_again() -> None:
    tiers = TimedTiers(Clock(BEGIN, END))
    tiers.failures = [StoreUnavailable("The disk is full.") for _ in range(2)]
    tiers.came_to = Moved(troubles=("The bucket is away.",))
    told = await nights(tiers, [StorageRules()] * 6)
    assert told == ["Old rows could not be moved. The disk is full.", "The bucket is away."]
    assert len(tiers.asked) == 4


async def test_what_came_back_is_told_at_the_start() -> None:
    tiers = TimedTiers(Clock(BEGIN, BEGIN + 30_000))
    tiers.adopted = Moved(returned="3 days came back.", troubles=("One is unreadable.",))
    assert await nights(tiers, [StorageRules()]) == ["(3 days came back.)", "One is unreadable."]
    assert tiers.asked == []


async def test_a_database_that_was_saved_meanwhile_is_looked_through_at_once() -> None:
    tiers = TimedTiers(Clock(BEGIN, BEGIN + 400_000))
    tiers.doubts, tiers.adopted = [True, False], Moved(returned="3 days came back.")
    assert await nights(tiers, [StorageRules()] * 3) == ["(3 days came back.)"] * 2
    assert len(tiers.asked) == 1
