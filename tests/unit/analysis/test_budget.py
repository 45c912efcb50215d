"""What a plan costs: costs add up and grow with symbols; what is said to fit does fit, and one more does not."""

from collections import deque
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.budget import (
    MOST_CONTRACTS_A_REQUEST,
    Excess,
    Fit,
    History,
    Limit,
    Plan,
    Running,
    Snapshots,
    Sort,
    StreamPlaces,
    bytes_a_day,
    cost,
    excesses,
    most_that_fit,
    requests_a_snapshot,
    snapshots_of,
    ways_to_fit,
)
from monitor.analysis.rates import ASSUMED, BYTES_A_CONTRACT, Rate, Rows
from monitor.market.chain_schedule import EVERY_MINUTES, ChainSchedule
from monitor.market.instrument import Kind
from monitor.ports import Wanted
from monitor.schwab.services import MOST_SYMBOLS, SERVED, keys_by_service

SYMBOLS = tuple(f"S{number}" for number in range(1, 400))
OPTION = "SPY   260928C00772000"
PLACES = StreamPlaces(SERVED, MOST_SYMBOLS, {})

sorts = st.frozensets(st.sampled_from(Sort))
mixed = st.lists(
    st.sampled_from((*SYMBOLS[:60], "$SPX", "$NDX", OPTION, "/ES", "./OZCZ23C565", "EUR/USD")), unique=True, max_size=40
).map(tuple)
plans = st.builds(
    Plan,
    symbols=mixed,
    sorts=sorts,
    every=st.none() | st.sampled_from(EVERY_MINUTES),
    requests=st.none() | st.integers(1, 60),
    history=st.builds(History, st.integers(0, 60), st.integers(0, 20)),
    keeps_history=st.booleans(),
)
kept = st.lists(
    st.builds(
        lambda number, every, requests: Snapshots(ChainSchedule(f"K{number}", every), 2_400, requests),
        st.integers(0, 30),
        st.sampled_from(EVERY_MINUTES),
        st.integers(1, 40),
    ),
    unique_by=lambda each: each.schedule.symbol,
    max_size=8,
).map(tuple)
running = st.builds(
    Running,
    places=st.builds(
        lambda bars, most: StreamPlaces(
            SERVED, {"CHART_EQUITY": most, "LEVELONE_OPTIONS": 1}, {"CHART_EQUITY": frozenset(bars)}
        ),
        st.sets(st.sampled_from(SYMBOLS[30:80]), max_size=20),
        st.integers(0, 60),
    ),
    snapshots=kept,
    limit=st.integers(10, 120),
    free_bytes=st.sampled_from((0.0, 1e8, 1e10, 1e13)),
)


@given(plans, running, st.integers(0, 40))
def test_the_cost_of_two_plans_is_that_of_both_together(plan: Plan, now: Running, cut: int) -> None:
    whole = cost(plan, now)
    parts = [cost(replace(plan, symbols=symbols), now) for symbols in (plan.symbols[:cut], plan.symbols[cut:])]
    assert whole.a_minute == pytest.approx(sum(part.a_minute for part in parts))
    assert whole.at_once == sum(part.at_once for part in parts)
    assert whole.places == parts[0].places + parts[1].places
    assert whole.daily == pytest.approx(sum(part.daily for part in parts))
    assert whole.monthly == pytest.approx(sum(part.monthly for part in parts))
    assert whole.download == sum(part.download for part in parts)
    assert whole.evening == sum(part.evening for part in parts)


@given(plans, running)
def test_another_symbol_never_makes_it_cheaper(plan: Plan, now: Running) -> None:
    costs = [cost(plan.first(count), now) for count in range(len(plan.symbols) + 1)]
    for fewer, more in pairwise(costs):
        assert fewer.a_minute <= more.a_minute
        assert fewer.at_once <= more.at_once
        assert fewer.places <= more.places
        assert fewer.monthly <= more.monthly
        assert fewer.download <= more.download


@given(plans, running)
def test_what_would_fit_does_fit_and_one_more_does_not(plan: Plan, now: Running) -> None:
    count = most_that_fit(plan, now)
    if count:
        assert excesses(plan.first(count), now) == []
    if count < len(plan.symbols):
        assert excesses(plan.first(count + 1), now)


@given(plans, running)
def test_each_way_to_fit_does(plan: Plan, now: Running) -> None:
    ways = ways_to_fit(plan, now)
    if not excesses(plan, now):
        assert ways == []
    for way in ways:
        given_way = plan.first(way.symbols)
        if way.every:
            given_way = replace(given_way, every=way.every)
        if way.without:
            given_way = replace(given_way, sorts=given_way.sorts - {way.without})
        assert given_way != plan
        assert excesses(given_way, now) == []


@given(kept, st.integers(10, 120))
def test_snapshots_that_fit_are_all_sent_in_time(planned: tuple[Snapshots, ...], limit: int) -> None:
    """Followed for three hours: chains side by side, each one's requests in turn, and none late."""
    if not planned:
        return
    last = planned[-1]
    plan = Plan((last.schedule.symbol,), every=last.schedule.every_minutes, requests=last.requests)
    late = False
    waiting: deque[tuple[int, int]] = deque()  # what a snapshot still has to ask, and the latest minute for it
    for minute in range(180):
        for each in planned:
            every = each.schedule.every_minutes
            if minute % every == 0:
                waiting.append((each.requests, minute + {1: 0, 5: 2}.get(every, 5)))
        for _ in range(max(1, limit - 1)):
            if waiting:
                left, latest = waiting.popleft()
                late = late or minute > latest
                if left > 1:
                    waiting.append((left - 1, latest))
    assert excesses(plan, Running(PLACES, planned[:-1], limit)) or not late


def test_a_small_chain_each_minute_need_not_wait_for_large_ones() -> None:
    small = snapshots_of(ChainSchedule("QQQ", 1), requests=1)
    assert not excesses(Plan(SYMBOLS[:20], every=5, requests=7), Running(PLACES, (small,)))
    assert excesses(Plan(SYMBOLS[:109], every=5, requests=7), Running(PLACES, (small,)))


def test_what_one_moment_leaves_goes_before_the_next() -> None:
    kept = tuple(Snapshots(ChainSchedule(symbol, 5), 2_400, 9) for symbol in SYMBOLS[:30])
    now = Running(PLACES, kept, limit=110)
    assert not excesses(Plan(SYMBOLS[30:35], every=10, requests=66), now)
    assert excesses(Plan(SYMBOLS[30:35], every=10, requests=68), now) == [Excess(Limit.REQUESTS, 335, 327)]


def test_twenty_large_chains_each_minute_need_more_than_is_allowed() -> None:
    plan = Plan(SYMBOLS[:20], every=1, requests=7)
    now = Running(PLACES, limit=110)
    assert cost(plan, now).a_minute == 140
    assert excesses(plan, now) == [Excess(Limit.REQUESTS, 140, 109)]
    assert ways_to_fit(plan, now) == [Fit(20, every=5), Fit(15)]


def test_schedules_that_are_kept_count_and_one_that_is_changed_counts_once() -> None:
    before = snapshots_of(ChainSchedule("SPY", 1), requests=60)
    now = Running(PLACES, (before,), limit=110)
    assert excesses(Plan(("QQQ",), every=1, requests=50), now)
    assert not excesses(Plan(("SPY",), every=1, requests=70), now)
    assert cost(Plan(("SPY",), every=5, requests=60), now).a_minute == 12 - 60


def test_minute_bars_have_three_hundred_places_and_quotes_no_known_limit() -> None:
    plan = Plan(SYMBOLS[:340], frozenset({Sort.QUOTES, Sort.BARS}))
    now = Running(replace(PLACES, taken={"CHART_EQUITY": frozenset({"AAPL"})}))
    assert excesses(plan, now) == [Excess(Limit.PLACES, 341, 300, "CHART_EQUITY")]
    assert ways_to_fit(plan, now) == [Fit(340, without=Sort.BARS), Fit(299)]


def test_what_is_streamed_already_costs_nothing_more() -> None:
    taken = {"LEVELONE_EQUITIES": frozenset({"AAPL"}), "NASDAQ_BOOK": frozenset({"AAPL"})}
    now = Running(replace(PLACES, taken=taken))
    both = cost(Plan(("AAPL", "MSFT"), frozenset({Sort.QUOTES, Sort.BOOKS}), keeps_history=True), now)
    one = cost(Plan(("MSFT",), frozenset({Sort.QUOTES, Sort.BOOKS}), keeps_history=True), now)
    assert both == one
    assert one.places == {"LEVELONE_EQUITIES": 1, "NASDAQ_BOOK": 1, "NYSE_BOOK": 1}
    assert one.evening == 2


def test_bytes_are_rows_times_their_size_by_kind_of_symbol() -> None:
    rates = {Rows.QUOTE: Rate(100, 10, 3), Rows.TRADE: Rate(10, 10, 3)}
    sizes = {
        symbol: cost(Plan((symbol,), frozenset({Sort.QUOTES})), Running(PLACES), rates).bytes_a_day
        for symbol in ("AAPL", "$SPX", OPTION)
    }
    assert sizes == {
        "AAPL": {"quote": 1000, "trade": 100},
        "$SPX": {"quote": 1000},
        OPTION: {"quote": 1000, "trade": 100, "quote_detail": ASSUMED[Rows.DETAIL].bytes_a_day},
    }


def test_snapshots_take_bytes_by_contract_and_only_shares_and_indices_have_them() -> None:
    plan = Plan(("SPY", "/ES", OPTION), every=60, contracts={"SPY": 1_000})
    assert cost(plan, Running(PLACES)).bytes_a_day == {"option_quote": 8 * 1_000 * BYTES_A_CONTRACT}
    assert cost(plan, Running(PLACES)).at_once == 1


def test_a_chain_too_large_for_one_answer_takes_its_parts_and_what_finds_them() -> None:
    most = MOST_CONTRACTS_A_REQUEST
    assert [requests_a_snapshot(each) for each in (1, most, most + 1, 2 * most, 2 * most + 1)] == [1, 1, 4, 4, 8]


def test_history_is_asked_in_ten_days_of_minutes_and_all_days_at_once() -> None:
    plan = Plan(("AAPL", "MSFT"), history=History(minute_days=48, day_years=20))
    assert cost(plan, Running(PLACES)).download == 2 * (5 + 1)
    assert cost(plan, Running(PLACES)).bytes_once > 0
    assert cost(replace(plan, history=History()), Running(PLACES)).download == 0


def test_a_disk_that_a_month_would_fill_is_told() -> None:
    plan = Plan(SYMBOLS[:10], frozenset({Sort.BOOKS}))
    added = cost(plan, Running(PLACES)).monthly
    assert excesses(plan, Running(PLACES, free_bytes=added - 1)) == [Excess(Limit.DISK, added, added - 1)]
    assert excesses(plan, Running(PLACES, free_bytes=added)) == []
    assert ways_to_fit(plan, Running(PLACES, free_bytes=added - 1)) == [Fit(9)]
    kept = snapshots_of(ChainSchedule("SPY", 60), 1_000)
    both = Running(PLACES, (kept,), free_bytes=added)
    (over,) = excesses(plan, both)
    assert over.needed == pytest.approx(added + 21 * 8 * 1_000 * BYTES_A_CONTRACT)


@given(plans)
def test_what_was_added_brings_what_was_said(plan: Plan) -> None:
    before = Running(PLACES)
    sorts = {sort: frozenset(plan.symbols) if sort in plan.sorts else frozenset() for sort in Sort}
    wanted = Wanted(quotes=sorts[Sort.QUOTES], books=sorts[Sort.BOOKS], bars=sorts[Sort.BARS])
    after = Running(replace(PLACES, taken=keys_by_service(wanted)), plan.snapshots())
    assert bytes_a_day(after) == pytest.approx(cost(plan, before).daily)
    assert {service: len(keys) for service, keys in after.places.taken.items() if keys} == cost(plan, before).places
    assert cost(replace(plan, every=None), after).daily == 0


def test_every_kind_of_symbol_has_its_quotes() -> None:
    assert all(SERVED[Sort.QUOTES, kind] for kind in Kind)
