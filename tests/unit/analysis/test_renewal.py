"""When a sign-in should be renewed, and when to speak of it."""

from datetime import date, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.analysis.renewal import Stage, begins, good_moment, moment_in_words, stage_at
from monitor.market.calendar import Phase, at_new_york, from_ms, phase_at

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LIFE_MS = 7 * DAY_MS
FIRST = at_new_york(date(2026, 2, 1), time())
#: Any minute of a year with holidays, half days and both changes of the clocks.
ends = st.integers(0, 365 * 24 * 60).map(lambda minute: FIRST + minute * 60_000)


def new_york(day: str, clock: str) -> int:
    return at_new_york(date.fromisoformat(day), time.fromisoformat(clock))


def told(moment: int | None) -> str:
    return "" if moment is None else f"{from_ms(moment):%a %H:%M}"


@pytest.mark.parametrize(
    ("end", "now", "moment"),
    [
        (("2026-11-24", "09:12"), ("2026-11-22", "09:12"), "Sun 18:00"),
        (("2026-11-24", "09:12"), ("2026-11-17", "09:12"), "Sun 18:00"),  # just signed in
        (("2026-11-24", "09:12"), ("2026-11-22", "21:30"), "Sun 21:30"),  # now is one
        (("2026-11-24", "09:12"), ("2026-11-23", "08:00"), "Mon 20:00"),
        (("2026-11-25", "10:00"), ("2026-11-23", "10:00"), "Tue 20:00"),
        (("2026-11-25", "10:00"), ("2026-11-24", "22:00"), "Tue 22:00"),
        (("2026-11-22", "17:30"), ("2026-11-15", "17:30"), "Sat 20:00"),  # not half an hour after signing in
        (("2026-11-28", "13:00"), ("2026-11-28", "10:00"), "Sat 10:00"),
        (("2026-11-26", "15:00"), ("2026-11-26", "08:00"), ""),  # Thanksgiving, but the week after is none
        (("2026-11-24", "15:00"), ("2026-11-24", "10:00"), ""),  # the market trades until the end
        (("2026-11-24", "15:00"), ("2026-11-24", "15:00"), ""),  # over
        (("2026-11-19", "16:00"), ("2026-11-19", "10:00"), ""),  # likewise, although Thanksgiving follows in a week
        (("2026-10-30", "10:00"), ("2026-10-28", "10:00"), "Thu 21:00"),  # from 20:00 on it would end after hours
    ],
)
def test_the_moment_proposed(end: tuple[str, str], now: tuple[str, str], moment: str) -> None:
    assert told(good_moment(new_york(*end), new_york(*now))) == moment


@given(ends, st.integers(0, LIFE_MS))
@example(new_york("2026-03-09", "09:30"), LIFE_MS)
def test_a_good_moment_disturbs_no_trading(end: int, left: int) -> None:
    now = end - left
    moment = good_moment(end, now)
    if moment is not None:
        assert now <= moment < end
        assert phase_at(moment) is Phase.CLOSED
        assert phase_at(moment + LIFE_MS) is Phase.CLOSED
    else:
        assert left < DAY_MS or phase_at(now) is not Phase.CLOSED


@given(ends)
def test_two_days_before_the_end_there_always_is_one(end: int) -> None:
    assert good_moment(end, begins(Stage.TWO_DAYS, end)) is not None


@given(ends, st.integers(0, LIFE_MS))
def test_a_sunday_evening_ahead_is_preferred(end: int, left: int) -> None:
    now = end - left
    days = [from_ms(now).date() + timedelta(days=n) for n in range(9)]
    sundays = [at_new_york(day, time(18)) for day in days if day.weekday() == 6]
    if any(max(now, end - 6 * DAY_MS) < sunday < end - 2 * HOUR_MS for sunday in sundays):
        assert good_moment(end, now) in sundays


@given(ends, st.integers(0, LIFE_MS - 1), st.lists(st.integers(0, 6), min_size=12, max_size=12))
def test_who_follows_the_advice_is_never_signed_out_while_the_market_trades(
    end: int, left: int, weekdays_open: list[int]
) -> None:
    """Twelve weeks, in each of which the program is open on one day; the advice is taken when it was open before."""
    now = end - left
    for weekday in weekdays_open:
        opened = now + (weekday - from_ms(now).weekday()) % 7 * DAY_MS
        moment = good_moment(end, opened) if opened < end else None
        if moment is not None:
            now, end = moment, moment + LIFE_MS
            assert phase_at(end) is Phase.CLOSED


@pytest.mark.parametrize(
    ("end", "morning"),
    [("09:12", "Tue 08:00"), ("23:00", "Tue 08:00"), ("08:00", "Mon 20:00"), ("02:00", "Mon 20:00")],
)
def test_the_last_morning_is_the_evening_before_an_early_end(end: str, morning: str) -> None:
    assert told(begins(Stage.LAST_MORNING, new_york("2026-11-24", end))) == morning


@given(ends)
def test_stages_come_in_order_and_the_first_in_good_time(end: int) -> None:
    moments = [begins(stage, end) for stage in Stage]
    assert moments == sorted(moments)
    assert moments[Stage.TWO_DAYS] <= end - 12 * HOUR_MS
    assert moments[Stage.LAST_MORNING] < end
    assert [stage_at(end, moment) for moment in moments] == list(Stage)
    assert [stage_at(end, moment - 1) for moment in moments[1:]] == list(Stage)[:-1]


@pytest.mark.parametrize(
    ("day", "clock", "words"),
    [
        ("2026-11-20", "20:00", "today 20:00"),
        ("2026-11-21", "09:05", "tomorrow 09:05"),
        ("2026-11-22", "18:00", "Sunday 18:00"),
        ("2026-11-27", "11:00", "Friday 27 November 11:00"),
        ("2026-11-19", "11:00", "Thursday 19 November 11:00"),
    ],
)
def test_moments_are_said_as_people_say_them(day: str, clock: str, words: str) -> None:
    assert moment_in_words(new_york(day, clock), new_york("2026-11-20", "11:46")) == words
