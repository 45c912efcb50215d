"""The ledger of history: what a new answer leaves of the old ones, what is missing, and how a day stands."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.coverage import (
    DAY_MS,
    Answer,
    Asked,
    Counts,
    DayCoverage,
    DayState,
    day_by_day,
    days_open,
    fetched_as,
    first_reachable,
    holes,
    is_over,
    last_day_over,
    leaves_reach,
    paint,
    settled,
    trading_of,
    trim,
)
from monitor.market.bar import Interval
from monitor.market.calendar import around_the_clock, at_new_york, futures_sessions, sessions

M1, DAY = Interval.M1, Interval.DAY
MINUTE = 60_000
FRIDAY = date(2026, 11, 20)


def at(day: date, clock: str) -> int:
    return at_new_york(day, time.fromisoformat(clock))


NONE = Counts()
NOON = at(FRIDAY, "12:00:30")
EVENING = at(FRIDAY, "20:15")
ALWAYS = (0, 2**62)

stretches = st.builds(
    lambda start, length, answer, noted: Asked(start, start + length, answer, noted),
    *(st.integers(0, 60), st.integers(1, 30), st.sampled_from(Answer), st.integers(0, 5)),
)


def painted(asked: Sequence[Asked]) -> list[Asked]:
    ledger: list[Asked] = []
    for each in asked:
        ledger = paint(ledger, each)
    return ledger


@given(st.lists(stretches, max_size=12))
def test_the_ledger_is_what_each_moment_was_told_last_and_what_is_complete_stays(asked: list[Asked]) -> None:
    told: dict[int, Answer] = {}
    for each in asked:
        for moment in range(each.start, each.end):
            if told.get(moment) is not Answer.COMPLETE:
                told[moment] = each.answer
    ledger = painted(asked)
    assert {m: a.answer for a in ledger for m in range(a.start, a.end)} == told
    assert all(a.end <= b.start for a, b in pairwise(ledger))
    assert all(a.start < a.end for a in ledger)


def test_complete_stretches_that_touch_are_one_and_keep_the_later_note() -> None:
    ledger = painted([Asked(0, 5, Answer.COMPLETE, 9), Asked(5, 9, Answer.COMPLETE, 7)])
    assert ledger == [Asked(0, 9, Answer.COMPLETE, 9)]


def test_the_newest_two_minutes_and_a_day_under_way_do_not_count_yet() -> None:
    assert settled(M1, NOON) == at(FRIDAY, "11:58")
    assert settled(Interval.M5, NOON) == at(FRIDAY, "11:55")
    assert settled(DAY, NOON) == at(FRIDAY, "00:00")
    assert settled(DAY, EVENING) == at(FRIDAY + timedelta(days=1), "00:00")


def test_a_day_is_over_a_quarter_of_an_hour_after_its_last_session() -> None:
    assert not is_over(FRIDAY, EVENING - 1)
    assert is_over(FRIDAY, EVENING)
    assert is_over(date(2026, 11, 27), at(date(2026, 11, 27), "17:15"))  # closes at 13:00
    assert last_day_over(EVENING - 1) == FRIDAY - timedelta(days=1)
    assert last_day_over(EVENING + 2 * DAY_MS) == FRIDAY


def test_reach_is_whole_days_and_tells_when_a_day_leaves_it() -> None:
    first = first_reachable(M1, NOON)
    assert first == at(FRIDAY - timedelta(days=48), "00:00")
    assert first_reachable(M1, leaves_reach(M1, first) - 1) == first
    assert first_reachable(M1, leaves_reach(M1, first)) > first


@pytest.mark.parametrize(
    ("interval", "fetched"),
    [(M1, M1), (Interval.M15, Interval.M15), (Interval.H1, M1), (DAY, DAY), (Interval.WEEK, DAY)],
)
def test_what_history_is_asked_for_a_chart(interval: Interval, fetched: Interval) -> None:
    assert fetched_as(interval) is fetched


def test_futures_and_currencies_keep_their_own_hours_and_in_the_sandbox_nothing_closes() -> None:
    assert trading_of("AAPL") is sessions
    assert trading_of("/ESZ26") is futures_sessions
    assert trading_of("EUR/USD") is futures_sessions
    assert trading_of("/ESZ26", around_the_clock) is around_the_clock


def test_a_weekend_of_a_future_is_no_hole() -> None:
    sunday = FRIDAY + timedelta(days=2)
    weekend = at(FRIDAY, "16:00"), at(sunday, "19:00")
    monday = at(sunday + timedelta(days=1), "12:00")
    [hole] = holes([], M1, weekend, monday, futures_sessions)
    assert hole == weekend  # one request reaches over what is closed
    answered = [Asked(weekend[0], at(FRIDAY, "17:00"), Answer.COMPLETE, monday)]
    assert holes(answered, M1, weekend, monday, futures_sessions) == [(at(sunday, "18:00"), weekend[1])]
    found = days_open(M1, FRIDAY, sunday, monday, futures_sessions)
    assert [(each.day, each.start, each.end) for each in found] == [
        (FRIDAY, at(FRIDAY, "00:00"), at(FRIDAY, "17:00")),
        (sunday, at(sunday, "18:00"), at(sunday + timedelta(days=1), "00:00")),
    ]


def test_a_stretch_is_trimmed_to_its_trading_hours() -> None:
    saturday = FRIDAY + timedelta(days=1)
    assert trim((at(FRIDAY, "03:00"), at(saturday, "09:00")), M1) == (at(FRIDAY, "07:00"), at(FRIDAY, "20:00"))
    assert trim((at(saturday, "03:00"), at(saturday, "23:00")), M1) is None
    assert trim((at(FRIDAY, "20:00"), at(saturday + timedelta(days=1), "12:00")), M1) is None
    assert trim((at(saturday, "03:00"), at(saturday, "09:00")), M1, around_the_clock) is not None


# What may be asked: every half hour of two weeks, with the state the ledger has it in.
DAYS = [FRIDAY - timedelta(days=n) for n in range(13, -1, -1)]
HALF_HOURS = [at(day, "00:00") + n * 30 * MINUTE for day in DAYS for n in range(48)]
runs = st.lists(
    st.tuples(st.integers(0, len(HALF_HOURS) - 1), st.integers(1, 200), st.sampled_from(Answer)), max_size=8
)


def ledger_of(runs: list[tuple[int, int, Answer]], now: int) -> list[Asked]:
    """A ledger as it could have come about by ``now``: failures wait an hour, empty is known for long."""
    ledger: list[Asked] = []
    for first, length, answer in runs:
        start = HALF_HOURS[first]
        ledger = paint(ledger, Asked(start, start + length * 30 * MINUTE, answer, now - 1000, now + 3_600_000, 1))
    return ledger


def trades(ms: int) -> bool:
    return any(s.start <= ms < s.end for day in DAYS for s in sessions(day))


@given(runs, st.booleans(), st.sampled_from([NOON, EVENING]))
def test_what_is_missing_is_every_trading_moment_that_is_not_answered(
    runs: list[tuple[int, int, Answer]], insist: bool, now: int
) -> None:
    ledger = ledger_of(runs, now)
    known = [
        a for a in ledger if a.answer in {Answer.COMPLETE, Answer.EMPTY} or (not insist and a.answer is Answer.FAILED)
    ]
    if now == NOON:
        known += [a for a in ledger if a.answer is Answer.PROVISIONAL and a.start >= at(FRIDAY, "00:00")]
    found = holes(ledger, M1, (HALF_HOURS[0], 2**62), now, insist=insist)
    for ms in range(HALF_HOURS[0], settled(M1, now), 30 * MINUTE):
        answered = any(a.start <= ms < a.end for a in known)
        is_hole = any(start <= ms < end for start, end in found)
        assert is_hole == (not answered) or not trades(ms)
        assert not (is_hole and answered)
    assert all(end <= settled(M1, now) for _, end in found)
    assert all(trades(start) and trades(end - 1) for start, end in found)
    assert all(a[1] < b[0] for a, b in pairwise(found))


def test_nothing_out_of_reach_is_missing() -> None:
    (hole,) = holes([], M1, ALWAYS, NOON)
    assert hole == (at(FRIDAY - timedelta(days=46), "07:00"), settled(M1, NOON))  # 48 days ago was a Saturday


def test_what_was_empty_is_asked_once_more_a_day_later_if_it_had_only_just_ended() -> None:
    thursday = at(FRIDAY - timedelta(days=1), "07:00"), at(FRIDAY - timedelta(days=1), "20:00")
    asked = Asked(*thursday, Answer.EMPTY, thursday[1] + 3_600_000)
    assert holes([asked], M1, thursday, asked.noted_ms + DAY_MS - 1) == []
    assert holes([asked], M1, thursday, asked.noted_ms + DAY_MS) == [thursday]
    again = asked._replace(noted_ms=asked.noted_ms + DAY_MS)
    assert holes([again], M1, thursday, again.noted_ms + 20 * DAY_MS) == []


def test_what_failed_is_left_in_peace_until_its_time_has_come() -> None:
    today = at(FRIDAY, "07:00"), at(FRIDAY, "09:00")
    failed = [Asked(*today, Answer.FAILED, NOON - 1, NOON + 1, 1)]
    assert holes(failed, M1, today, NOON) == []
    assert holes(failed, M1, today, NOON, insist=True) == [today]
    assert holes(failed, M1, today, NOON + 1) == [today]


def stand(ledger: list[Asked], counts: Counts = NONE, day: date = FRIDAY, now: int = EVENING) -> DayCoverage:
    """How one day of minutes stands."""
    (found,) = day_by_day(days_open(M1, day, day, now), M1, ledger, {day: counts}, now)
    return found


WHOLE = at(FRIDAY, "07:00"), at(FRIDAY, "20:00")
MORNING = at(FRIDAY, "07:00"), at(FRIDAY, "09:30")
SOME = Counts(streamed=3, fetched=4)


@pytest.mark.parametrize(
    ("ledger", "counts", "state"),
    [
        ([Asked(*WHOLE, Answer.COMPLETE, 1)], SOME, DayState.COMPLETE),
        ([Asked(*WHOLE, Answer.COMPLETE, 1)], Counts(), DayState.EMPTY),
        ([Asked(*WHOLE, Answer.EMPTY, 1)], Counts(), DayState.EMPTY),
        ([Asked(*MORNING, Answer.EMPTY, 1), Asked(MORNING[1], WHOLE[1], Answer.COMPLETE, 1)], SOME, DayState.COMPLETE),
        ([Asked(*MORNING, Answer.COMPLETE, 1)], SOME, DayState.PARTIAL),
        ([], SOME, DayState.PARTIAL),
        ([], Counts(), DayState.MISSING),
        ([Asked(*MORNING, Answer.FAILED, 1, 77)], SOME, DayState.FAILED),
        (
            [Asked(0, MORNING[1], Answer.COMPLETE, 1), Asked(MORNING[1], 2**62, Answer.FAILED, 1, 77)],
            SOME,
            DayState.FAILED,
        ),
    ],
)
def test_how_a_day_stands(ledger: list[Asked], counts: Counts, state: DayState) -> None:
    found = stand(ledger, counts)
    assert found.state is state
    assert found.until_ms == (77 if state is DayState.FAILED else 0)
    assert (found.expected, found.stored, found.in_reach) == (780, sum(counts), True)


@pytest.mark.parametrize(
    ("ledger", "counts", "missing"),
    [
        ([Asked(*WHOLE, Answer.COMPLETE, 1)], SOME, 0),
        ([Asked(*MORNING, Answer.COMPLETE, 1)], SOME, 780 - 150),  # that only seven traded is no hole
        ([Asked(*MORNING, Answer.PROVISIONAL, 1)], Counts(streamed=700), 80),
        ([Asked(*MORNING, Answer.FAILED, 1, 77)], SOME, 780 - 7),
        ([Asked(0, WHOLE[1] - MINUTE, Answer.COMPLETE, 1), Asked(WHOLE[1] - MINUTE, 2**62, Answer.FAILED, 1)], SOME, 1),
        ([], SOME, 780 - 7),
    ],
)
def test_a_minute_that_history_has_answered_for_is_not_missing(
    ledger: list[Asked], counts: Counts, missing: int
) -> None:
    assert stand(ledger, counts).missing == missing


def test_a_day_beyond_reach_is_not_called_missing() -> None:
    old = FRIDAY - timedelta(days=58)
    assert stand([], day=old).state is DayState.OUT_OF_REACH
    found = stand([], SOME, day=old)
    assert (found.state, found.in_reach) == (DayState.PARTIAL, False)


def test_of_today_only_what_has_settled_is_expected() -> None:
    found = stand([Asked(WHOLE[0], at(FRIDAY, "11:58"), Answer.PROVISIONAL, NOON)], SOME, now=NOON)
    assert (found.state, found.expected) == (DayState.COMPLETE, 298)
    assert days_open(M1, FRIDAY, FRIDAY, at(FRIDAY, "07:01")) == []


def test_closed_days_have_no_place_and_half_days_are_short() -> None:
    first, last = date(2026, 11, 25), date(2026, 11, 30)
    days = days_open(M1, first, last, at(last, "21:00"))
    assert [(d.day.day, (d.end - d.start) // MINUTE) for d in days] == [(25, 780), (27, 600), (30, 780)]
    assert [d.day.day for d in days_open(DAY, first, last, at(last, "21:00"))] == [25, 27, 30]


@given(runs)
def test_a_day_is_complete_where_nothing_of_it_is_missing(runs: list[tuple[int, int, Answer]]) -> None:
    ledger = ledger_of(runs, EVENING)
    days = days_open(M1, DAYS[0], DAYS[-1], EVENING)
    found = day_by_day(days, M1, ledger, {d.day: SOME for d in days}, EVENING)
    for day, hours in zip(found, days, strict=True):
        final = [a if a.answer is not Answer.PROVISIONAL else a._replace(answer=Answer.COMPLETE) for a in ledger]
        whole = holes(final, M1, (hours.start, hours.end), EVENING, insist=True) == []
        assert (day.state is DayState.COMPLETE) == whole
