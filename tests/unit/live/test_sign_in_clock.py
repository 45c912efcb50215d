"""The seven days of a sign-in are told in good time, once a stage, however the clock runs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from random import Random

import pytest

from monitor.analysis.renewal import good_moment
from monitor.live.bus import Bus
from monitor.live.events import Level, Notice, Offer, SignInChanged
from monitor.live.sign_in_clock import SignInClock
from monitor.market.calendar import Phase, at_new_york, phase_at
from monitor.ports import SignInState

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
LIFE_MS = 7 * DAY_MS
OVER = "The seven days of the sign-in are over. What is on disk stays usable; sign in again to go on."


def new_york(day: str, clock: str) -> int:
    return at_new_york(date.fromisoformat(day), time.fromisoformat(clock))


#: Tuesday 24 November 2026, 09:12 New York.
END = new_york("2026-11-24", "09:12")


@dataclass
class SignInDouble:
    state: SignInState = SignInState.SIGNED_IN
    expires_ms: int | None = END


class World:
    """A clock that only sleeping moves, a sign-in, and every notice with the time at which it came."""

    def __init__(self, starts_ms: int) -> None:
        self.now = starts_ms
        self.sign_in = SignInDouble()
        self.bus = Bus()
        self.heard: list[tuple[int, Notice]] = []
        self.longest_sleep = 0.0
        self.bus.listen(Notice, lambda notice: self.heard.append((self.now, notice)))
        self.clock = SignInClock(self.sign_in, self.bus, lambda: self.now, self._sleep)
        self._moments: list[tuple[int, Callable[[], None]]] = []
        self._until = 0
        self.oversleep: Callable[[], int] = lambda: 0

    def at(self, moment: int, happens: Callable[[], None]) -> None:
        self._moments.append((moment, happens))

    def change(self, state: SignInState, expires_ms: int | None = None) -> None:
        self.sign_in.state, self.sign_in.expires_ms = state, expires_ms
        self.bus.publish(SignInChanged(state, "", expires_ms))

    async def run(self, until: int) -> list[str]:
        self._until = until
        with pytest.raises(asyncio.CancelledError):
            await self.clock.run()
        return [notice.sentence for _, notice in self.heard]

    async def _sleep(self, seconds: float) -> None:
        self.longest_sleep = max(self.longest_sleep, seconds)
        self.now += round(seconds * 1000) + self.oversleep()
        due = [moment for moment in self._moments if moment[0] <= self.now]
        for moment in due:
            self._moments.remove(moment)
            moment[1]()
        if self.now >= self._until:
            raise asyncio.CancelledError


async def test_three_notices_tell_the_end_each_with_one_offer() -> None:
    world = World(END - 3 * DAY_MS)
    assert await world.run(END + DAY_MS) == [
        "The sign-in ends Tuesday 09:12 ET, in 2 days. A good moment to renew it is today 18:00;"
        " the stream goes on meanwhile.",
        "The sign-in ends today 09:12 ET, in 1 hour. Renew it now; the stream goes on meanwhile.",
        OVER,
    ]
    assert [(notice.level, notice.offer) for _, notice in world.heard] == [
        (Level.WARNING, Offer.RENEW), (Level.WARNING, Offer.RENEW), (Level.ERROR, Offer.SIGN_IN),
    ]  # fmt: skip
    dues = (END - 2 * DAY_MS, new_york("2026-11-24", "08:00"), END)
    late = [at - due for (at, _), due in zip(world.heard, dues, strict=True)]
    assert all(0 <= wait <= MINUTE_MS for wait in late)
    assert world.longest_sleep <= 60


async def test_an_end_in_the_night_is_told_the_evening_before() -> None:
    world = World(END - 3 * DAY_MS)
    world.sign_in.expires_ms = new_york("2026-11-24", "02:00")
    sentences = await world.run(END)
    assert sentences[1] == (
        "The sign-in ends tomorrow 02:00 ET, in 6 hours. Now is a good moment to renew it;"
        " the stream goes on meanwhile."
    )


@pytest.mark.parametrize(
    ("left_ms", "beginning"),
    [
        (LIFE_MS, None),
        (30 * HOUR_MS, "The sign-in ends tomorrow 09:12 ET, in 30 hours."),
        (30 * MINUTE_MS, "The sign-in ends today 09:12 ET, in 30 minutes."),
        (-5 * DAY_MS, "The seven days of the sign-in are over."),
    ],
)
async def test_a_program_started_late_tells_the_stage_that_is_due_once(left_ms: int, beginning: str | None) -> None:
    world = World(END - left_ms)
    sentences = await world.run(END - left_ms + 10 * MINUTE_MS)
    assert [sentence.startswith(beginning or "never") for sentence in sentences] == ([True] if beginning else [])


async def test_an_early_end_is_told_at_once_and_not_again_after_seven_days() -> None:
    world = World(END - 5 * DAY_MS)
    told_after: list[int] = []

    def end() -> None:
        world.change(SignInState.ENDED)
        told_after.append(len(world.heard))

    world.at(END - 4 * DAY_MS, end)
    assert await world.run(END + DAY_MS) == [
        "Schwab has ended the sign-in before its seven days were over."
        " What is on disk stays usable; sign in again to go on."
    ]
    assert told_after == [1]


async def test_schwab_ending_it_when_it_is_over_is_not_told_again() -> None:
    world = World(END - HOUR_MS)
    world.at(END + 20 * MINUTE_MS, lambda: world.change(SignInState.ENDED))
    assert (await world.run(END + DAY_MS))[1:] == [OVER]


async def test_an_end_found_at_the_start_is_told_without_guessing_why() -> None:
    world = World(END)
    world.sign_in.state, world.sign_in.expires_ms = SignInState.ENDED, None
    sentences = await world.run(END + HOUR_MS)
    assert sentences == ["The sign-in has ended. What is on disk stays usable; sign in again to go on."]


async def test_a_renewal_silences_the_old_stages_and_starts_new_ones() -> None:
    world = World(END - 3 * DAY_MS)
    world.at(END - 2 * DAY_MS + HOUR_MS, lambda: world.change(SignInState.SIGNED_IN, END + 5 * DAY_MS))
    sentences = await world.run(END + 4 * DAY_MS)
    assert [sentence.partition(",")[0] for sentence in sentences] == [
        "The sign-in ends Tuesday 09:12 ET",
        "The sign-in ends Sunday 09:12 ET",
    ]


async def test_who_signed_out_hears_nothing() -> None:
    world = World(END - 3 * DAY_MS)
    world.at(END - 60 * HOUR_MS, lambda: world.change(SignInState.SIGNED_OUT))
    assert await world.run(END + DAY_MS) == []


async def test_a_clock_that_trembles_at_a_stage_tells_it_once() -> None:
    world = World(END - 2 * DAY_MS - HOUR_MS)
    for minutes in range(2, 40, 4):
        world.at(END - 2 * DAY_MS + minutes * MINUTE_MS, lambda: setattr(world, "now", world.now - 3 * MINUTE_MS))
    assert len(await world.run(END - DAY_MS)) == 1


async def test_what_a_wrong_clock_told_too_early_is_told_again_when_it_is_due() -> None:
    world = World(END - 4 * DAY_MS)
    world.at(END - 4 * DAY_MS + HOUR_MS, lambda: setattr(world, "now", END + DAY_MS))
    world.at(END + DAY_MS + HOUR_MS, lambda: setattr(world, "now", END - 4 * DAY_MS + HOUR_MS))
    sentences = await world.run(END + 2 * DAY_MS)
    assert [sentence == OVER for sentence in sentences] == [True, False, False, True]


async def test_a_hundred_weeks_hold_no_surprise() -> None:
    """On a machine that sleeps up to three hours at a time, with a person who renews at the moment proposed."""
    chance = Random(46)
    world = World(new_york("2026-02-03", "11:17"))
    world.oversleep = lambda: chance.randrange(3 * HOUR_MS) if chance.random() < 0.3 else 10 * MINUTE_MS
    renewals: list[int] = []

    def sign_in() -> None:
        renewals.append(world.now)
        world.change(SignInState.SIGNED_IN, world.now + LIFE_MS)

    def take_the_advice(notice: Notice) -> None:
        end = world.sign_in.expires_ms
        assert end is not None
        assert end - world.now >= 12 * HOUR_MS
        assert len(renewals) == 1 or phase_at(end) is Phase.CLOSED
        moment = good_moment(end, world.now)
        assert moment is not None
        assert phase_at(moment) is Phase.CLOSED
        assert "A good moment to renew it is" in notice.sentence or moment == world.now
        weeks.append(notice.sentence)
        world.now = moment
        sign_in()

    weeks: list[str] = []
    sign_in()
    world.bus.listen(Notice, take_the_advice)
    await world.run(world.now + 100 * LIFE_MS)
    assert len(weeks) == len(world.heard) == len(renewals) - 1
    assert len(weeks) >= 100
