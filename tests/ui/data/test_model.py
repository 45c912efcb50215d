"""The gap map as arrays: rows, columns, codes, percentages, and what a selection holds."""

from datetime import date, time

import numpy as np
import pytest

from monitor.analysis.coverage import Counts, DayCoverage, DayState
from monitor.market.bar import Interval
from monitor.market.calendar import at_new_york
from monitor.ui.data.model import Area, Cell, Code, GapMap, in_order, shown_days
from monitor.ui.data.phrases import tip
from tests.support.ports import NOW_MS

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 11, day) for day in range(16, 21))
EVENING = at_new_york(FRIDAY, time(21))


def a_day(day: date, state: DayState = DayState.COMPLETE, stored: int = 780, in_reach: bool = True) -> DayCoverage:
    return DayCoverage(day, state, 780, Counts(0, stored, 0), in_reach)


def a_map(now_ms: int = NOW_MS, **rows: list[DayCoverage]) -> GapMap:
    found = GapMap()
    found.load(Interval.M1, list(rows), rows, now_ms)
    return found


WEEK = [
    a_day(MONDAY, DayState.OUT_OF_REACH, 0, in_reach=False),
    a_day(TUESDAY),
    a_day(WEDNESDAY, DayState.PARTIAL, 580),
    a_day(THURSDAY, DayState.MISSING, 0),
    a_day(FRIDAY, DayState.PARTIAL, 100),
]


def test_rows_are_the_watched_symbols_then_the_others_that_are_kept() -> None:
    assert in_order(["MSFT", "AAPL", "MSFT"], ["ZM", "AAPL", "F"]) == ["MSFT", "AAPL", "F", "ZM"]


def test_columns_are_the_days_that_any_row_has() -> None:
    found = a_map(A=[a_day(MONDAY), a_day(WEDNESDAY)], B=[a_day(TUESDAY)])
    assert found.days == [MONDAY, TUESDAY, WEDNESDAY]
    assert found.codes.tolist() == [[Code.COMPLETE, Code.CLOSED, Code.COMPLETE], [Code.CLOSED, Code.COMPLETE, 0]]
    assert found.cell(0, 1) is None


@pytest.mark.parametrize(("now_ms", "last"), [(NOW_MS, Code.TODAY), (EVENING, Code.PARTIAL)])
def test_today_is_under_way_until_it_is_over(now_ms: int, last: Code) -> None:
    found = a_map(now_ms, A=WEEK)
    assert found.codes[0].tolist() == [Code.OUT_OF_REACH, Code.COMPLETE, Code.PARTIAL, Code.MISSING, last]
    assert found.under_way() == (FRIDAY if last is Code.TODAY else None)


def test_a_percentage_counts_what_can_be_had_and_is_over() -> None:
    empty = [a_day(TUESDAY, DayState.EMPTY, 0), a_day(WEDNESDAY)]
    nothing = [a_day(MONDAY, DayState.OUT_OF_REACH, 0)]
    assert a_map(A=WEEK, B=empty, C=nothing).percents == [58, 100, None]  # (1 + 580/780 + 0) of three days


def test_a_day_with_all_bars_and_no_answer_is_not_called_whole() -> None:
    assert a_map(A=[a_day(TUESDAY), a_day(WEDNESDAY, DayState.PARTIAL, 780)]).percents == [99]


def test_a_filter_narrows_the_rows_and_what_everything_is() -> None:
    found = a_map(AAPL=WEEK, AMD=WEEK, MSFT=WEEK)
    found.filter("a, ms")
    assert found.symbols == ["AAPL", "AMD", "MSFT"]
    found.filter("am")
    assert (found.symbols, found.codes.shape) == (["AMD"], (1, 5))
    everything = found.everything()
    assert everything is not None
    assert (everything.symbols, everything.last) == (("AMD",), THURSDAY)  # today is not repaired with all the rest
    found.filter("")
    assert found.symbols == ["AAPL", "AMD", "MSFT"]


def test_a_selection_counts_what_is_missing_of_days_that_lack_something() -> None:
    found = a_map(A=WEEK, B=[a_day(day, stored=700) for day in (TUESDAY, WEDNESDAY)])
    picked = found.pick(Area(0, 0, 1, 3))
    assert (picked.symbols, picked.first, picked.last, picked.missing) == (("A", "B"), MONDAY, THURSDAY, 200 + 780)
    assert picked.span == (at_new_york(MONDAY, time(0)), at_new_york(FRIDAY, time(0)))
    assert found.pick(Area(0, 4, 0, 4)).missing == 680


def test_what_did_not_trade_is_neither_missing_nor_a_part_of_the_percentage() -> None:
    sparse = DayCoverage(TUESDAY, DayState.PARTIAL, 780, Counts(0, 12, 0), True, answered=390)
    found = a_map(A=[sparse])
    assert found.pick(Area(0, 0, 0, 0)).missing == 390
    assert found.percents == [50]
    words = tip("A", TUESDAY, sparse, Code.PARTIAL, Interval.M1)
    assert "Partial: 12 of 780 minutes on disk" in words
    assert "390 minutes missing: for the others history has answered" in words


def test_cells_are_taken_over_in_place_and_a_new_day_is_told() -> None:
    found = a_map(A=WEEK, B=WEEK)
    assert found.put({"B": [a_day(THURSDAY)]}, NOW_MS)
    assert found.codes[:, 3].tolist() == [Code.MISSING, Code.COMPLETE]
    assert found.percents[1] > found.percents[0]
    assert not found.put({"A": [a_day(date(2026, 11, 23))]}, NOW_MS)
    assert not found.put({"NEW": [a_day(MONDAY)]}, NOW_MS)


def test_a_cell_keeps_its_place_by_symbol_and_day() -> None:
    found = a_map(A=WEEK, B=WEEK)
    assert found.place(Cell("B", WEDNESDAY)) == (1, 2)
    found.filter("b")
    assert (found.place(Cell("B", WEDNESDAY)), found.place(Cell("A", WEDNESDAY))) == ((0, 2), None)


def test_an_empty_map_has_nothing_to_repair() -> None:
    found = GapMap()
    assert found.everything() is None
    assert found.percents == []
    assert np.array_equal(found.codes.shape, (0, 0))


def test_a_year_is_shown_and_five_of_daily_bars() -> None:
    assert [
        (last - first).days for first, last in (shown_days(each, NOW_MS) for each in (Interval.M5, Interval.DAY))
    ] == [
        366,
        5 * 366,
    ]
