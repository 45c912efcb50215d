"""Sessions, holidays and half days of the New York market."""

import warnings
from datetime import date, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.market.calendar import (
    Phase,
    at_new_york,
    from_ms,
    futures_sessions,
    holiday_name,
    is_half_day,
    is_trading_day,
    phase_at,
    sessions,
    to_ms,
    trading_days,
)

ORDINARY = date(2026, 11, 20)
THANKSGIVING = date(2026, 11, 26)
days = st.dates(date(2005, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("clock", "phase"),
    [
        (time(6, 59, 59), Phase.CLOSED),
        (time(7), Phase.PRE),
        (time(9, 29, 59), Phase.PRE),
        (time(9, 30), Phase.REGULAR),
        (time(15, 59, 59), Phase.REGULAR),
        (time(16), Phase.POST),
        (time(19, 59, 59), Phase.POST),
        (time(20), Phase.CLOSED),
    ],
)
def test_an_ordinary_day_goes_through_its_sessions(clock: time, phase: Phase) -> None:
    assert phase_at(at_new_york(ORDINARY, clock)) is phase


def test_the_day_after_thanksgiving_closes_at_one_and_ends_at_five() -> None:
    day = date(2026, 11, 27)
    assert is_half_day(day)
    assert phase_at(at_new_york(day, time(12, 59))) is Phase.REGULAR
    assert phase_at(at_new_york(day, time(13))) is Phase.POST
    assert phase_at(at_new_york(day, time(17))) is Phase.CLOSED


def test_a_holiday_has_a_name_and_no_sessions() -> None:
    assert holiday_name(THANKSGIVING) == "Thanksgiving Day"
    assert sessions(THANKSGIVING) == ()
    assert phase_at(at_new_york(THANKSGIVING, time(11))) is Phase.CLOSED
    assert holiday_name(ORDINARY) == ""


def test_independence_day_on_a_saturday_is_kept_on_the_friday_without_a_half_day() -> None:
    assert not is_trading_day(date(2026, 7, 3))
    assert not is_half_day(date(2026, 7, 2))


def test_trading_days_leave_out_weekends_and_holidays_and_take_in_both_ends() -> None:
    found = trading_days(date(2026, 11, 25), date(2026, 11, 30))
    assert found == [date(2026, 11, 25), date(2026, 11, 27), date(2026, 11, 30)]
    assert trading_days(date(2026, 11, 30), date(2026, 11, 25)) == []


def test_summer_time_moves_the_open_by_an_hour_of_utc() -> None:
    winter, summer = (at_new_york(day, time(9, 30)) for day in (date(2026, 3, 6), date(2026, 3, 9)))
    assert summer - winter == 3 * 86_400_000 - 3_600_000


def test_holidays_and_half_days_are_those_that_exchange_calendars_knows() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it makes of pandas is not ours to mend
        import exchange_calendars

        theirs = exchange_calendars.get_calendar("XNYS", start="2006-01-01", end="2039-12-31")
        open_days = [day.date() for day in theirs.sessions]
        early = {day.date() for day in theirs.early_closes}
        closes = {day.date(): close.tz_convert("America/New_York") for day, close in theirs.closes.items()}
    assert trading_days(date(2006, 1, 1), date(2039, 12, 31)) == open_days
    assert {day for day in open_days if is_half_day(day)} == early
    for day in open_days:
        regular = next(session for session in sessions(day) if session.phase is Phase.REGULAR)
        assert from_ms(regular.end).time() == closes[day].time()


@given(days)
def test_sessions_follow_each_other_without_a_hole_and_stay_within_their_day(day: date) -> None:
    stretches = sessions(day)
    assert bool(stretches) == is_trading_day(day)
    assert all(s.start < s.end for s in stretches)
    assert all(a.end == b.start for a, b in pairwise(stretches))
    assert all(from_ms(s.start).date() == day == from_ms(s.end).date() for s in stretches)


@given(st.integers(0, 4_000_000_000_000))
def test_milliseconds_survive_the_way_to_a_datetime_and_back(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms


def test_futures_rest_from_friday_evening_to_sunday_evening_and_an_hour_each_day() -> None:
    week = {}
    for number in range(7):
        day = date(2026, 11, 16) + timedelta(days=number)
        week[f"{day:%a}"] = [
            tuple(f"{from_ms(ms):%a %H:%M}" for ms in (session.start, session.end)) for session in futures_sessions(day)
        ]
    assert week["Mon"] == [("Mon 00:00", "Mon 17:00"), ("Mon 18:00", "Tue 00:00")]
    assert week["Thu"] == [("Thu 00:00", "Thu 17:00"), ("Thu 18:00", "Fri 00:00")]
    assert (week["Fri"], week["Sat"], week["Sun"]) == ([("Fri 00:00", "Fri 17:00")], [], [("Sun 18:00", "Mon 00:00")])
