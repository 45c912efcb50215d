"""Repair plans: exactly what is missing, in the fewest requests, and in the order in which it is worth most."""

from datetime import date, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.coverage import (
    DEPTHS,
    Answer,
    Asked,
    first_reachable,
    holes,
    leaves_reach,
    paint,
    settled,
    trading_of,
    trim,
)
from monitor.analysis.repair import Expiring, Request, expiring, plan, rank, rank_waited
from monitor.market.bar import Interval
from monitor.market.calendar import Trading, around_the_clock, at_new_york, from_ms, sessions

M1, DAY = Interval.M1, Interval.DAY
HOUR = 3_600_000
DAY_MS = 24 * HOUR
ALWAYS = (0, 2**62)
TODAY = date(2026, 11, 20)
NOW = at_new_york(TODAY, time(12, 0, 30))

intervals = st.sampled_from([M1, Interval.M5, Interval.M30, DAY])
moments = st.integers(at_new_york(date(2024, 1, 1), time(0)), at_new_york(date(2027, 12, 31), time(0)))
markets = st.sampled_from([sessions, around_the_clock])


@st.composite
def situations(draw: st.DrawFn) -> tuple[Interval, list[Asked], tuple[int, int], int, Trading]:
    """An interval, any ledger of it, any range, a moment, and a market's hours."""
    interval, now = draw(intervals), draw(moments)
    reach = now - first_reachable(interval, now)
    ledger: list[Asked] = []
    for _ in range(draw(st.integers(0, 6))):
        start = now - draw(st.integers(0, reach + 5 * DAY_MS)) // 60_000 * 60_000
        end = start + draw(st.integers(1, reach // 60_000)) * 60_000
        noted, until = now - draw(st.integers(0, 3 * DAY_MS)), now + draw(st.integers(-HOUR, HOUR))
        ledger = paint(ledger, Asked(start, end, draw(st.sampled_from(Answer)), noted, until, 1))
    first = now - draw(st.integers(0, reach + 5 * DAY_MS))
    wanted = draw(st.sampled_from([ALWAYS, (first, first + draw(st.integers(1, reach)))]))
    return interval, ledger, wanted, now, draw(markets)


def days_of(interval: Interval, missing: list[tuple[int, int]], trading: Trading) -> list[date]:
    """The New York days on which something tradeable is missing, newest first."""
    found = set()
    for start, end in missing:
        day = from_ms(start).date()
        while day <= from_ms(end - 1).date():
            midnights = (at_new_york(d, time(0)) for d in (day, day + timedelta(days=1)))
            low, high = midnights
            if trim((max(start, low), min(end, high)), interval, trading):
                found.add(day)
            day += timedelta(days=1)
    return sorted(found, reverse=True)


def fewest(days: list[date], span: int) -> int:
    """How many windows of ``span`` days it takes to hold all ``days``: from the oldest on, each as far as it goes."""
    count, covered = 0, date.min
    for day in reversed(days):
        if day > covered:
            count, covered = count + 1, day + timedelta(days=span - 1)
    return count


@given(situations())
def test_a_plan_covers_exactly_the_holes_in_the_fewest_requests(
    situation: tuple[Interval, list[Asked], tuple[int, int], int, Trading],
) -> None:
    interval, ledger, wanted, now, trading = situation
    missing = holes(ledger, interval, wanted, now, trading)
    requests = plan("AAPL", interval, missing, now, trading)
    filled = sorted(hole for request in requests for hole in request.holes)
    for start, end in missing:  # cut at midnights only, and nothing that trades is lost between the pieces
        pieces = [piece for piece in filled if start <= piece[0] < end]
        assert (pieces[0][0], pieces[-1][1]) == (start, end)
        assert all(
            a[1] <= b[0] and trim((a[1], b[0]), interval, trading) is None for a, b in pairwise(pieces) if a[1] < b[0]
        )
    assert all(any(start <= a and b <= end for start, end in missing) for a, b in filled)
    assert all(a.start >= b.end for a, b in pairwise(requests))  # newest first, none over another
    for request in requests:
        assert (request.start, request.end) == (request.holes[0][0], request.holes[-1][1])
        assert request.start >= first_reachable(interval, now)
        assert request.end <= settled(interval, now, trading)
        whole_days = (from_ms(request.end - 1).date() - from_ms(request.start).date()).days + 1
        assert whole_days <= DEPTHS[interval].days_a_request
    if interval is not DAY:
        assert len(requests) == fewest(days_of(interval, missing, trading), DEPTHS[interval].days_a_request)


@given(situations())
def test_once_a_plan_is_carried_out_nothing_is_missing(
    situation: tuple[Interval, list[Asked], tuple[int, int], int, Trading],
) -> None:
    interval, ledger, wanted, now, trading = situation
    for request in plan("AAPL", interval, holes(ledger, interval, wanted, now, trading), now, trading):
        ledger = paint(ledger, Asked(request.start, request.end, Answer.COMPLETE, now))
    assert holes(ledger, interval, wanted, now, trading) == []


@given(situations())
def test_what_is_known_to_be_empty_is_never_what_a_request_is_for(
    situation: tuple[Interval, list[Asked], tuple[int, int], int, Trading],
) -> None:
    interval, ledger, wanted, now, trading = situation
    for request in plan("AAPL", interval, holes(ledger, interval, wanted, now, trading), now, trading):
        for asked in ledger:
            if asked.answer is Answer.EMPTY and now < asked.noted_ms + DAY_MS:
                assert all(end <= asked.start or start >= asked.end for start, end in request.holes)


def at(days_ago: int, clock: str) -> int:
    return at_new_york(TODAY - timedelta(days=days_ago), time.fromisoformat(clock))


def test_holes_of_ten_days_share_a_request_and_the_eleventh_has_its_own() -> None:
    missing = [(at(days, "10:00"), at(days, "11:00")) for days in (11, 10, 7, 1)]
    requests = plan("AAPL", M1, missing, NOW)
    assert [request.holes for request in requests] == [tuple(missing[1:]), (missing[0],)]
    assert not any(request.newest for request in requests)


def test_a_fresh_symbol_takes_five_requests_of_minutes_and_one_of_days() -> None:
    minutes = plan("AAPL", M1, holes([], M1, ALWAYS, NOW), NOW)
    assert [request.newest for request in minutes] == [True, False, False, False, False]
    assert len(plan("AAPL", DAY, holes([], DAY, ALWAYS, NOW), NOW)) == 1
    assert trading_of("AAPL") is sessions


def test_what_expires_next_leads_then_the_newest() -> None:
    requests = plan("AAPL", M1, holes([], M1, ALWAYS, NOW), NOW)
    ordered = sorted(requests, key=lambda request: rank(request, NOW))
    assert ordered == [requests[-1], *requests[:-1]]


def test_who_waits_for_a_chart_gets_the_newest_minutes_then_the_days() -> None:
    minutes = plan("AAPL", M1, holes([], M1, ALWAYS, NOW), NOW)
    days = plan("AAPL", DAY, holes([], DAY, ALWAYS, NOW), NOW)
    ordered = sorted([*reversed(minutes), *days], key=rank_waited)
    assert ordered == [minutes[0], *days, *minutes[1:]]


def test_the_guard_names_what_leaves_within_days_and_when() -> None:
    missing = holes([], M1, ALWAYS, NOW)
    start = missing[0][0]
    (found,) = expiring("QQQ", M1, missing, NOW)
    assert found == Expiring("QQQ", M1, start, first_reachable(M1, NOW) + 7 * DAY_MS, leaves_reach(M1, start))
    assert expiring("QQQ", M1, [(at(3, "10:00"), at(3, "11:00"))], NOW) == []
    assert expiring("QQQ", DAY, holes([], DAY, ALWAYS, NOW), NOW) == []


def test_a_request_says_whose_it_is() -> None:
    (request,) = plan("AAPL", M1, [(at(1, "10:00"), at(1, "11:00"))], NOW)
    assert request == Request("AAPL", M1, at(1, "10:00"), at(1, "11:00"), ((at(1, "10:00"), at(1, "11:00")),))
