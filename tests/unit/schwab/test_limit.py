"""The request budget: never more than the limit in any 60 seconds, and nearly all of it when work waits."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import Unusable
from monitor.schwab.limit import CEILING, RequestBudget


class StepClock:
    """A clock for many who sleep at once: time goes to whoever wakes next when nothing else can run."""

    def __init__(self):
        self.now = 0.0
        self.sleepers = []

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        woken = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.now + seconds, woken))
        await woken

    async def run(self, *work):
        tasks = [asyncio.ensure_future(one) for one in work]
        while not all(task.done() for task in tasks):
            for _ in range(3):
                await asyncio.sleep(0)
            if self.sleepers:
                self.sleepers.sort(key=lambda sleeper: sleeper[0])
                self.now, woken = max(self.now, self.sleepers[0][0]), self.sleepers.pop(0)[1]
                woken.set_result(None)
        for task in tasks:
            task.result()


def most_in_any_minute(stamps):
    stamps = sorted(stamps)
    return max(sum(1 for other in stamps[n:] if other - stamp < 60) for n, stamp in enumerate(stamps))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 200), st.booleans()), min_size=1, max_size=60),
    st.integers(1, 12),
)
def test_no_minute_ever_holds_more_than_the_limit(arrivals, limit):
    clock, sent, urgent_sent = StepClock(), [], []

    async def ask(budget, at, urgent):
        await clock.sleep(at)
        await budget.turn(urgent)
        (urgent_sent if urgent else sent).append(clock.now)

    async def scenario():
        budget = RequestBudget(limit, clock, clock.sleep)
        await clock.run(*(ask(budget, at, urgent) for at, urgent in arrivals))

    asyncio.run(scenario())
    assert len(sent) + len(urgent_sent) == len(arrivals)
    assert not sent or most_in_any_minute(sent) <= limit
    assert most_in_any_minute(sent + urgent_sent) <= CEILING


def test_a_backlog_uses_the_whole_limit():
    clock, sent = StepClock(), []

    async def ask(budget):
        await budget.turn()
        sent.append(clock.now)

    async def scenario():
        budget = RequestBudget(110, clock, clock.sleep)
        await clock.run(*(ask(budget) for _ in range(330)))

    asyncio.run(scenario())
    assert most_in_any_minute(sent) == 110
    assert max(sent) < 2.1 * 60


async def test_a_pause_stops_everybody_and_the_meter_tells(clock):
    budget = RequestBudget(2, clock, clock.sleep)
    await budget.turn()
    budget.hold(10)
    await budget.turn(urgent=True)
    assert clock.now == 1010
    meter = budget.meter()
    assert (meter.used, meter.ceiling, meter.waiting) == (2, 2, 0)
    clock.now += 59
    assert budget.meter().used == 1


async def test_what_heeds_no_pause_does_not_wait_behind_what_does(clock):
    over = asyncio.Event()
    budget = RequestBudget(2, clock, lambda _: over.wait())
    budget.hold(500)
    renewal = asyncio.create_task(budget.turn(urgent=True))
    await asyncio.sleep(0)
    await asyncio.wait_for(budget.turn(urgent=True, held=False), 1)
    assert not renewal.done()
    clock.now += 500
    over.set()
    await renewal


def test_a_limit_over_the_ceiling_is_refused():
    with pytest.raises(Unusable, match="120"):
        RequestBudget(CEILING + 1)
