"""Level 1: complete, sane, and moving as the sessions of the day ask."""

import json
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.sandbox.market.simulated import SimulatedExchange
from monitor.sandbox.market.universe import universe

At = Callable[[str], int]
DAY = 86_400_000
OPEN = SimulatedExchange(11, lambda: 1_795_300_000_000)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(universe())), st.integers(1_795_300_000_000 - 5 * DAY, 1_795_300_000_000))
def test_bid_below_ask_and_last_within_the_day(symbol: str, moment: int) -> None:
    state = OPEN.level_one(symbol, moment)
    assert state["35"] <= moment
    assert state["20"] <= state["3"] * 1.2
    if state["10"] and state["28"] and not universe()[symbol].is_index:
        assert state["11"] <= state["10"]
    if "1" in state:
        assert 0 < state["1"] < state["2"]
        assert min(state["4"], state["5"]) >= 100
        assert state["1"] <= state["33"] <= state["2"]
        assert state["34"] == max(state["37"], state["38"]) <= moment


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(universe())), st.integers(0, 390 * 60_000 - 1))
def test_in_the_regular_session_last_is_within_high_and_low(symbol: str, after_the_open: int) -> None:
    state = OPEN.level_one(symbol, 1_795_185_000_000 + 1 + 60_000 + after_the_open % (388 * 60_000))
    assert state["11"] <= state["3"] <= state["10"]
    assert state["11"] <= state["17"] <= state["10"]
    assert state["20"] <= state["11"] <= state["10"] <= state["19"]


def test_an_equity_has_the_fields_of_the_real_capture(shared: Path, friday: SimulatedExchange, at: At) -> None:
    lines = (shared / "schwab/samples/stream/LEVELONE_EQUITIES_session_roll_PCG_2026-09-29.jsonl").read_text()
    real = json.loads(lines.splitlines()[3])["data"][0]["content"][0]
    ours = friday.level_one("PCG", at("2026-11-20 17:00"))
    numbered = {key: value for key, value in real.items() if key.isdigit()}
    assert ours.keys() - {"0"} == numbered.keys()
    for key, value in numbered.items():
        kinds = (int, float) if type(value) in (int, float) else (type(value),)
        assert type(ours[key]) in kinds, key


def test_an_index_has_no_quote_and_no_sizes(friday: SimulatedExchange, at: At) -> None:
    state = friday.level_one("$SPX", at("2026-11-20 10:30"))
    assert not state.keys() & {"1", "2", "4", "5", "6", "7", "9", "30", "39", "40", "41"}
    assert state.keys() >= {"3", "10", "11", "12", "17", "18", "33", "42"}


def test_whole_numbers_lose_their_point(friday: SimulatedExchange, at: At) -> None:
    moments = range(at("2026-11-20 10:30"), at("2026-11-20 10:50"), 1_000)
    prices = [friday.level_one("AAPL", moment)["3"] for moment in moments]
    assert all(isinstance(price, int) == (float(price) == int(price)) for price in prices)


def test_open_high_and_low_are_none_before_the_open(friday: SimulatedExchange, at: At) -> None:
    before, after = (friday.level_one("AAPL", at(f"2026-11-20 {clock}")) for clock in ("08:15", "09:31"))
    assert [before[n] for n in ("10", "11", "17")] == [0, 0, 0]
    assert min(after[n] for n in ("10", "11", "17")) > 0


def test_a_liquid_name_moves_every_second_even_at_night(friday: SimulatedExchange, at: At) -> None:
    for clock in ("2026-11-20 10:30", "2026-11-20 21:00", "2026-11-22 03:00"):
        moments = range(at(clock), at(clock) + 60_000, 1_000)
        states = [friday.level_one("SPY", moment) for moment in moments]
        assert len({state["8"] for state in states}) > 45
        assert len({(state["1"], state["2"], state["4"], state["5"]) for state in states}) > 30


def test_after_the_close_the_change_since_it_is_told(by_the_calendar: SimulatedExchange, at: At) -> None:
    state = by_the_calendar.level_one("AAPL", at("2026-11-20 18:30"))
    assert state["50"] == round(state["3"] - state["29"], 4)
    assert state["28"] is False
    assert state["36"] < at("2026-11-20 16:00")


def test_totals_begin_anew_at_midnight_of_a_trading_day(by_the_calendar: SimulatedExchange, at: At) -> None:
    evening, night = (by_the_calendar.level_one("AAPL", at(t)) for t in ("2026-11-19 23:00", "2026-11-20 01:00"))
    assert evening["8"] > 0
    assert [night[n] for n in ("8", "10", "11", "17")] == [0, 0, 0, 0]
    assert night["3"] == evening["3"]
    assert night["12"] == night["29"] != evening["12"]
