"""The request budget: never more than the limit in any 60 seconds, nearly all of it when work waits, in due order."""

import asyncio
import itertools
import math
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import Transient, Unusable
from monitor.ports import LEAST_LIMIT, MOST_LIMIT, USUAL_LIMIT, Priority
from monitor.schwab.limit import RequestBudget
from monitor.schwab.sent_file import SentFile
from tests.support.virtual_time import VirtualLoop, run

HELD = [priority for priority in Priority if priority is not Priority.SIGN_IN]


def most_in_any_minute(stamps):
    stamps, most, first = sorted(stamps), 0, 0
    for last, stamp in enumerate(stamps):
        while stamp - stamps[first] >= 60:
            first += 1
        most = max(most, last - first + 1)
    return most


@dataclass
class Bench:
    """A loop with its own time, the budget on it, and what was sent: moment, priority, number of the request."""

    limit: int = USUAL_LIMIT
    path: Path | None = None
    loop: VirtualLoop = field(default_factory=VirtualLoop)
    sent: list[tuple[float, Priority, int]] = field(default_factory=list)
    pauses: list[tuple[float, float]] = field(default_factory=list)
    asked: list[tuple[float, Priority]] = field(default_factory=list)

    def __post_init__(self):
        self.start()

    def start(self):
        """A program begins, or begins anew."""
        file = SentFile(self.path, self.loop.wall_ms) if self.path else None
        self.budget = RequestBudget(self.limit, self.loop.time, asyncio.sleep, file)
        return self.budget

    async def ask(self, priority=Priority.BACKGROUND, after=0.0, budget=None):
        await asyncio.sleep(after)
        number = len(self.asked)
        self.asked.append((self.loop.now, priority))
        await (budget or self.budget).turn(priority)
        self.sent.append((self.loop.now, priority, number))

    async def refuse(self, after, seconds):
        """A 429 to what was sent last."""
        await asyncio.sleep(after)
        if self.sent:
            self.budget.window.slow_down(self.sent[-1][0], seconds)
            self.pauses.append((self.loop.now, self.loop.now + seconds))

    async def cancel(self, task, after):
        await asyncio.sleep(after)
        task.cancel()

    def stamps(self, *priorities):
        return [moment for moment, priority, _ in self.sent if not priorities or priority in priorities]


ARRIVALS = st.lists(
    st.tuples(st.floats(0, 200), st.sampled_from(Priority), st.none() | st.floats(0, 100)), min_size=1, max_size=60
)
REFUSALS = st.lists(st.tuples(st.floats(0, 200), st.floats(0, 90)), max_size=4)


@settings(max_examples=150, deadline=None)
@given(ARRIVALS, REFUSALS, st.integers(LEAST_LIMIT, 14), st.lists(st.floats(1, 200), max_size=3))
def test_whatever_comes_no_minute_holds_more_than_the_limit(tmp_path_factory, arrivals, refusals, limit, restarts):
    bench = Bench(limit, tmp_path_factory.mktemp("profile") / "requests.sent")

    async def begin_anew(after):
        await asyncio.sleep(after)
        bench.budget.window.close()
        bench.start()

    async def scenario():
        work, cancelled = [], []
        for number, (after, priority, cancel_after) in enumerate(arrivals):
            # Every third one asks a program that was started before: both share the file.
            budget = None if number % 3 else bench.budget
            task = asyncio.ensure_future(bench.ask(priority, after, budget))
            work.append(task)
            if cancel_after is not None:
                cancelled.append(bench.cancel(task, after + cancel_after))
        await asyncio.gather(
            *work,
            *cancelled,
            *(bench.refuse(*refusal) for refusal in refusals),
            *(begin_anew(after) for after in restarts),
            return_exceptions=True,
        )
        for task in work:
            assert task.cancelled() or task.exception() is None

    run(scenario(), bench.loop)
    assert most_in_any_minute(bench.stamps()) <= limit
    for begin, end in bench.pauses:
        assert not [moment for moment in bench.stamps(*HELD) if begin < moment < end]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from(HELD)), min_size=2, max_size=80), st.integers(10, 12))
def test_who_is_more_urgent_goes_first_and_then_who_came_first(arrivals, limit):
    bench = Bench(limit)

    async def scenario():
        await asyncio.gather(*(bench.ask(priority, after) for after, priority in arrivals))

    run(scenario(), bench.loop)
    for priority in HELD:
        numbers = [number for _, its, number in bench.sent if its is priority]
        assert numbers == sorted(numbers)
    for (before, first, _), (_, _, number) in itertools.pairwise(bench.sent):
        asked_at, priority = bench.asked[number]
        assert priority >= first or asked_at >= before  # who was sent later although more urgent came later


@pytest.mark.parametrize("limit", [10, 24, 25, 49, 99, 110, 120])
@pytest.mark.parametrize("priority", [Priority.PERSON, Priority.BACKGROUND])
def test_a_backlog_uses_the_limit(limit, priority):
    bench = Bench(limit)

    async def scenario():
        await asyncio.gather(*(bench.ask(priority) for _ in range(limit * 5)))

    run(scenario(), bench.loop)
    stamps = bench.stamps()
    assert most_in_any_minute(stamps) <= limit
    least = 0.95 * limit * (math.floor(stamps[-1] - stamps[0]) // 60)
    assert len([stamp for stamp in stamps if stamp - stamps[0] < 60 * (least / (0.95 * limit))]) >= least > 0


def test_background_work_leaves_room_for_a_person_and_for_a_renewal():
    bench = Bench()

    async def scenario():
        backlog = [asyncio.ensure_future(bench.ask()) for _ in range(400)]
        await asyncio.sleep(100)
        asked = bench.loop.now
        for _ in range(3):
            await bench.ask(Priority.PERSON)
        await bench.ask(Priority.RENEWAL)
        assert bench.loop.now - asked < 0.1
        for task in backlog:
            task.cancel()

    run(scenario(), bench.loop)
    assert len(bench.sent) > 106


def test_background_work_is_spread_over_the_minute_but_for_a_few():
    bench = Bench()

    async def scenario():
        backlog = [asyncio.ensure_future(bench.ask()) for _ in range(200)]
        await asyncio.sleep(0.5)
        assert len(bench.sent) == 5
        await asyncio.sleep(29.5)
        assert 50 <= len(bench.sent) <= 58
        for task in backlog:
            task.cancel()

    run(scenario(), bench.loop)


def test_a_place_is_free_at_once_when_who_waited_for_it_is_gone():
    bench = Bench(10)

    async def scenario():
        await asyncio.gather(*(bench.ask(Priority.PERSON) for _ in range(10)))
        waiting = [asyncio.ensure_future(bench.ask(Priority.PERSON)) for _ in range(3)]
        await asyncio.sleep(1)
        assert bench.budget.waiting() == {Priority.PERSON: 3}
        waiting[0].cancel()
        waiting[1].cancel()
        await asyncio.sleep(0)
        assert bench.budget.waiting() == {Priority.PERSON: 1}
        await waiting[2]

    run(scenario(), bench.loop)
    assert bench.sent[-1][2] == 12
    assert bench.loop.now == pytest.approx(1060.25, abs=0.1)


def test_a_429_halves_the_limit_once_and_nine_tenths_are_back_within_three_minutes():
    bench = Bench(100)

    async def scenario():
        backlog = [asyncio.ensure_future(bench.ask(Priority.PERSON)) for _ in range(2000)]
        await asyncio.sleep(120)
        window, refused = bench.budget.window, bench.loop.now
        for sent in bench.stamps()[-8:]:  # all of them were under way together
            window.slow_down(sent, 5)
        assert window.ceiling() == 50
        await asyncio.sleep(5 + 180)
        assert window.ceiling() >= 90
        await asyncio.sleep(60)
        for task in backlog:
            task.cancel()
        return refused

    refused = run(scenario(), bench.loop)
    stamps = bench.stamps()
    assert not [stamp for stamp in stamps if refused < stamp < refused + 5]
    assert sum(refused + 5 <= stamp < refused + 45 for stamp in stamps) <= 50 + 40 * 100 / 190
    assert sum(refused + 125 <= stamp < refused + 185 for stamp in stamps) >= 90


def test_a_second_429_halves_what_is_left_but_a_renewal_has_all_of_the_limit():
    bench = Bench(100)

    async def scenario():
        window = bench.budget.window
        for half in (50, 25, 12, 6, 3, 1, 1):
            await bench.ask(Priority.RENEWAL)
            window.slow_down(bench.sent[-1][0], 0)
            assert window.ceiling() == half
            await asyncio.sleep(0.01)
        for _ in range(93):
            await bench.ask(Priority.RENEWAL)
        assert bench.loop.now < 1001
        await asyncio.sleep(171)
        assert window.ceiling() >= 90

    run(scenario(), bench.loop)


def test_nobody_waits_for_longer_than_they_want():
    bench = Bench(10)

    async def scenario():
        await asyncio.gather(*(bench.ask(Priority.PERSON) for _ in range(10)))
        last = asyncio.ensure_future(bench.budget.turn(Priority.PERSON, patience=100))
        await asyncio.sleep(0)
        with pytest.raises(Transient, match="used up"):  # behind the other
            await bench.budget.turn(Priority.PERSON, patience=30)
        assert bench.loop.now == pytest.approx(1030, abs=1.1)
        await last
        bench.budget.window.hold(500)
        begun = bench.loop.now
        with pytest.raises(Transient, match=r"slow down \(500 s\)"):
            await bench.budget.turn(Priority.PERSON, patience=30)
        assert bench.loop.now == begun  # what is known beforehand is told at once
        assert bench.budget.waiting() == {}

    run(scenario(), bench.loop)


def test_what_would_be_worthless_after_a_pause_does_not_wait_behind_what_does():
    bench = Bench()

    async def scenario():
        bench.budget.window.hold(500)
        renewal = asyncio.ensure_future(bench.ask(Priority.RENEWAL))
        await asyncio.sleep(0)
        await bench.ask(Priority.SIGN_IN)
        await renewal

    run(scenario(), bench.loop)
    assert bench.sent == [(1000, Priority.SIGN_IN, 1), (1500, Priority.RENEWAL, 0)]


def test_another_limit_holds_at_once():
    bench = Bench(10)

    async def scenario():
        work = asyncio.gather(*(bench.ask(Priority.PERSON) for _ in range(40)))
        await asyncio.sleep(5)
        assert len(bench.sent) == 10
        bench.budget.window.limit = 30
        await asyncio.sleep(1.5)
        assert len(bench.sent) == 29
        await work

    run(scenario(), bench.loop)


def test_who_comes_when_there_is_room_again_does_not_overtake_those_who_wait():
    bench = Bench(10)

    async def scenario():
        waiting = [asyncio.ensure_future(bench.ask(Priority.PERSON)) for _ in range(12)]
        await asyncio.sleep(5.3)
        bench.budget.window.limit = 30  # which those who wait have not noticed yet
        await bench.ask(Priority.PERSON)
        await asyncio.gather(*waiting)

    run(scenario(), bench.loop)
    assert [number for _, _, number in bench.sent] == list(range(13))


@pytest.mark.parametrize("limit", [LEAST_LIMIT - 1, MOST_LIMIT + 1])
def test_a_limit_beyond_the_bounds_is_refused(limit):
    with pytest.raises(Unusable, match="between 10 and 120"):
        RequestBudget(limit)
    budget = RequestBudget()
    with pytest.raises(Unusable, match="between 10 and 120"):
        budget.window.limit = limit
    assert budget.window.limit == USUAL_LIMIT
