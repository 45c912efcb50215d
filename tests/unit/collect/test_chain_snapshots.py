"""Chain snapshots on schedule: taken at their moment, told when late, partial or missed, and never forgotten."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import date, time, timedelta
from typing import Any

import pytest

from monitor.collect.chain_snapshots import ChainSnapshots
from monitor.errors import StoreUnavailable, Transient
from monitor.live.bus import Bus
from monitor.live.events import ChainSlotKept, Notice
from monitor.market.calendar import at_new_york
from monitor.market.chain import Chain, OptionContract, OptionSide
from monitor.market.chain_schedule import ChainSchedule, ChainSlot
from monitor.ports import ChainAnswer, KeptSchedule

THURSDAY = date(2026, 11, 19)
OPEN = at_new_york(THURSDAY, time(9, 30))
MINUTE = 60_000
CONTRACT = OptionContract(symbol="SPY   261120C00670000", expiry=date(2026, 11, 20), strike=670, side=OptionSide.CALL)


class Desk:
    """Clock, schedules, chains and recorder in one; time passes only while everybody sleeps."""

    def __init__(self, *schedules: ChainSchedule, now: int = OPEN - 5 * MINUTE, since: int | None = None) -> None:
        self.now = now
        self.schedules = list(schedules)
        self.since = now if since is None else since
        self.slots: dict[tuple[str, int], ChainSlot] = {}
        self.chains_kept: list[Chain | None] = []
        self.asked: list[tuple[str, date | None]] = []
        self.answer: Callable[[str], Any] = lambda _symbol: self.whole()
        self.trouble: StoreUnavailable | None = None
        self.sleeping: asyncio.Future[None] | None = None
        self.wakes_ms = 0
        self.told: list[str] = []
        bus = Bus()
        bus.listen(Notice, lambda notice: self.told.append(notice.sentence))
        self.heard: list[ChainSlot] = []
        bus.listen(ChainSlotKept, lambda event: self.heard.append(event.slot))
        self.snapshots = ChainSnapshots(
            self,  # type: ignore[arg-type]
            self,  # type: ignore[arg-type]
            self,  # type: ignore[arg-type]
            bus,
            now_ms=lambda: self.now,
            sleep=self.sleep,
        )

    # what ChainSnapshots sees

    async def all(self) -> list[KeptSchedule]:
        if self.trouble:
            trouble, self.trouble = self.trouble, None
            raise trouble
        newest = {
            s.symbol: max((at for symbol, at in self.slots if symbol == s.symbol), default=0) for s in self.schedules
        }
        return [KeptSchedule(s, self.since, newest[s.symbol]) for s in self.schedules]

    async def chain(
        self, symbol: str = "SPY", first: date | None = None, last: date | None = None, **_: Any
    ) -> ChainAnswer:
        self.asked.append((symbol, last))
        result = self.answer(symbol)
        return await result if asyncio.iscoroutine(result) or isinstance(result, asyncio.Future) else result

    def record_chain(self, slot: ChainSlot, chain: Chain | None = None) -> None:
        assert (slot.symbol, slot.slot_ms) not in self.slots
        self.slots[slot.symbol, slot.slot_ms] = slot
        self.chains_kept.append(chain)

    async def sleep(self, seconds: float) -> None:
        self.wakes_ms = self.now + round(seconds * 1000)
        self.sleeping = asyncio.get_running_loop().create_future()
        await self.sleeping

    # what a test does

    def whole(self, contracts: int = 1, is_whole: bool = True) -> ChainAnswer:
        return ChainAnswer(Chain("SPY", self.now, (CONTRACT,) * contracts), is_whole, {})

    async def idle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def until(self, ms: int) -> None:
        """Let the clock run to ``ms``, from one waking to the next."""
        await self.idle()
        while self.sleeping is not None and self.wakes_ms <= ms:
            self.now = max(self.now, self.wakes_ms)
            self.wake()
            await self.idle()
        self.now = max(self.now, ms)
        await self.idle()

    def wake(self) -> None:
        if self.sleeping is not None and not self.sleeping.done():
            self.sleeping.set_result(None)
        self.sleeping = None

    def states(self, symbol: str = "SPY") -> list[tuple[int, str, str]]:
        """Minutes after the open, state and sentence of what was kept."""
        found = sorted(slot for (of, _), slot in self.slots.items() if of == symbol for slot in [slot.slot_ms])
        kept = [self.slots[symbol, at] for at in found]
        return [((slot.slot_ms - OPEN) // MINUTE, slot.state.value, slot.sentence) for slot in kept]


@pytest.fixture
async def running() -> Any:
    tasks: list[asyncio.Task[None]] = []

    def start(desk: Desk) -> asyncio.Task[None]:
        task = asyncio.create_task(desk.snapshots.run())
        tasks.append(task)
        return task

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def taken(minutes: Iterable[int]) -> list[tuple[int, str, str]]:
    return [(minute, "taken", "") for minute in minutes]


async def test_a_snapshot_is_taken_at_each_moment(running: Any) -> None:
    desk = Desk(ChainSchedule("SPY", 15, 30), ChainSchedule("QQQ", 60))
    running(desk)
    await desk.until(OPEN + 61 * MINUTE)
    assert desk.states() == taken([0, 15, 30, 45, 60])
    assert desk.states("QQQ") == taken([0, 60])
    assert desk.told == []
    assert ("SPY", THURSDAY + timedelta(days=30)) in desk.asked
    assert ("QQQ", None) in desk.asked
    assert {slot.taken_ms for slot in desk.heard} == {OPEN + minute * MINUTE for minute in (0, 15, 30, 45, 60)}


async def test_what_passed_while_the_program_was_off_is_missed_and_nobody_is_disturbed(running: Any) -> None:
    desk = Desk(ChainSchedule("SPY", 15), now=OPEN + 31 * MINUTE, since=OPEN - MINUTE)
    running(desk)
    await desk.until(OPEN + 32 * MINUTE)
    missed = [(minute, "missed", "The program was not running.") for minute in (0, 15)]
    assert desk.states() == [*missed, (30, "taken", "")]
    assert desk.told == []


async def test_a_year_off_is_all_missed_moments_and_the_newest_is_taken(running: Any) -> None:
    desk = Desk(ChainSchedule("SPY", 5), now=OPEN + MINUTE, since=OPEN - 366 * 86_400_000)
    running(desk)
    await desk.until(OPEN + 2 * MINUTE)
    states = desk.states()
    assert len(states) > 19_000
    assert states[-1] == (0, "taken", "")
    assert {state for _, state, _ in states[:-1]} == {"missed"}


async def test_one_that_fails_is_missed_with_the_reason_and_told_once(running: Any) -> None:
    desk = Desk(ChainSchedule("SPY", 15))
    failing = True

    def answer(_symbol: str) -> ChainAnswer:
        if failing:
            raise Transient("Schwab cannot be reached.")
        return desk.whole()

    desk.answer = answer
    running(desk)
    await desk.until(OPEN + 16 * MINUTE)
    failing = False
    await desk.until(OPEN + 31 * MINUTE)
    why = "Schwab cannot be reached."
    assert desk.states() == [(0, "missed", why), (15, "missed", why), (30, "taken", "")]
    assert desk.told == [f"The 09:30 snapshot of the options of SPY was missed. {why}"]
    failing = True
    await desk.until(OPEN + 46 * MINUTE)
    assert len(desk.told) == 2


async def test_one_that_comes_late_says_so_and_one_that_is_not_whole_too(running: Any) -> None:
    desk = Desk(ChainSchedule("SPY", 15))
    waiting: list[asyncio.Future[ChainAnswer]] = []

    def answer(_symbol: str) -> asyncio.Future[ChainAnswer]:
        waiting.append(asyncio.get_running_loop().create_future())
        return waiting[-1]

    desk.answer = answer
    running(desk)
    await desk.until(OPEN + 6 * MINUTE)
    waiting[0].set_result(desk.whole())
    await desk.until(OPEN + 15 * MINUTE)
    waiting[1].set_result(desk.whole(is_whole=False))
    await desk.until(OPEN + 16 * MINUTE)
    assert desk.states() == [
        (0, "late", "Taken 6.0 minutes after its moment."),
        (15, "partial", "Schwab could not send all of it."),
    ]


async def test_a_machine_that_slept_has_missed_what_passed(running: Any) -> None:
    desk = Desk(ChainSchedule("SPY", 15))
    running(desk)
    await desk.until(OPEN + MINUTE)
    desk.now = OPEN + 62 * MINUTE
    desk.wake()
    await desk.until(OPEN + 63 * MINUTE)
    held_up = "The program was held up, or the machine asleep."
    assert desk.states() == [
        (0, "taken", ""),
        *((minute, "missed", held_up) for minute in (15, 30, 45)),
        (60, "taken", ""),
    ]


async def test_one_that_has_not_come_when_the_next_is_due_is_missed(running: Any) -> None:
    desk = Desk(ChainSchedule("SPY", 15), now=OPEN + 15 * MINUTE - 20, since=OPEN - MINUTE)  # 20 ms are left
    desk.answer = lambda _symbol: asyncio.get_running_loop().create_future()
    running(desk)
    async with asyncio.timeout(60):
        while not desk.slots:  # noqa: ASYNC110  the deadline itself is what is waited for
            await asyncio.sleep(0.005)
    assert desk.states() == [(0, "missed", "It had not come when the next one was due.")]


async def test_the_end_of_the_program_is_a_miss_of_what_is_on_its_way() -> None:
    desk = Desk(ChainSchedule("SPY", 15))
    desk.answer = lambda _symbol: asyncio.get_running_loop().create_future()
    task = asyncio.create_task(desk.snapshots.run())
    await desk.until(OPEN + MINUTE)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert desk.states() == [(0, "missed", "The program ended while it was on its way.")]


async def test_a_database_that_cannot_be_read_is_asked_again(running: Any) -> None:
    desk = Desk(ChainSchedule("SPY", 15))
    desk.trouble = StoreUnavailable("locked")
    running(desk)
    await desk.until(OPEN + MINUTE)
    assert desk.states() == taken([0])


async def test_one_can_be_taken_at_any_time(running: Any) -> None:
    desk = Desk()
    running(desk)
    await desk.until(OPEN - 3 * MINUTE)
    desk.snapshots.take("SPY")
    desk.snapshots.take("SPY")
    await desk.until(OPEN)
    assert desk.states() == taken([-3])
