"""When chain snapshots are due: from open to close by the exchange's calendar, never outside it, never twice."""

from datetime import date, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.chain_slots import grace_ms, next_slot, slots, slots_a_day
from monitor.market.calendar import Phase, around_the_clock, at_new_york, from_ms, phase_at, sessions
from monitor.market.chain_schedule import EVERY_MINUTES, ChainSchedule

DAY_MS = 86_400_000
THURSDAY = date(2026, 11, 19)
THANKSGIVING, HALF_DAY = date(2026, 11, 26), date(2026, 11, 27)
schedules = st.builds(ChainSchedule, st.just("SPY"), st.sampled_from(EVERY_MINUTES))


def clock_of(slot: int) -> time:
    return from_ms(slot).time()


def of_day(schedule: ChainSchedule, day: date) -> list[int]:
    return list(slots(schedule, at_new_york(day, time(0)), at_new_york(day + timedelta(days=1), time(0))))


def test_a_day_begins_with_its_open_and_ends_with_its_close() -> None:
    hourly = [clock_of(slot) for slot in of_day(ChainSchedule("SPY", 60), THURSDAY)]
    assert hourly == [*(time(hour, 30) for hour in range(9, 16)), time(16)]


def test_half_days_close_early_and_holidays_have_none() -> None:
    assert clock_of(of_day(ChainSchedule("SPY", 30), HALF_DAY)[-1]) == time(13)
    assert of_day(ChainSchedule("SPY", 30), THANKSGIVING) == []


def test_the_next_one_after_the_close_of_a_long_weekend_is_the_next_open() -> None:
    wednesday = of_day(ChainSchedule("SPY", 15), date(2026, 11, 25))
    assert next_slot(ChainSchedule("SPY", 15), wednesday[-1]) == at_new_york(HALF_DAY, time(9, 30))


def test_a_market_without_a_close_has_each_midnight_once() -> None:
    begin = at_new_york(THURSDAY, time(0))
    found = list(slots(ChainSchedule("SPY", 30), begin, begin + 2 * DAY_MS, around_the_clock))
    assert found == list(range(begin, begin + 2 * DAY_MS, 30 * 60_000))


@given(schedules, st.integers(0, 400), st.integers(1, 20))
def test_they_ascend_lie_in_regular_hours_and_are_as_many_as_a_day_has(
    schedule: ChainSchedule, first: int, days: int
) -> None:
    begin = at_new_york(date(2026, 1, 1) + timedelta(days=first), time(0))
    found = list(slots(schedule, begin, begin + days * DAY_MS))
    assert found == sorted(set(found))
    for slot in found:
        closes = {s.end for s in sessions(from_ms(slot).date()) if s.phase is Phase.REGULAR}
        assert phase_at(slot) is Phase.REGULAR or slot in closes
    full = [of_day(schedule, from_ms(slot).date()) for slot in found]
    assert all(len(day) <= slots_a_day(schedule) for day in full)


@given(schedules, st.integers(0, 365 * 24 * 60), st.integers(0, 365 * 24 * 60))
def test_a_range_cut_anywhere_gives_the_same(schedule: ChainSchedule, one: int, other: int) -> None:
    begin = at_new_york(date(2026, 3, 1), time(0))
    cut, end = sorted((begin + one * 1000, begin + other * 1000))
    assert [*slots(schedule, begin, cut), *slots(schedule, cut, end)] == list(slots(schedule, begin, end))


@given(schedules)
def test_what_is_too_late_is_over_before_the_next_one(schedule: ChainSchedule) -> None:
    assert 0 < grace_ms(schedule) < schedule.every_minutes * 60_000
