"""Cells: times that read back to the millisecond, and text that runs nothing."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.store.csv_text import received_text, safe_cell, safe_text, time_text
from tests.support.builders import ms


def test_times_carry_new_yorks_offset_and_the_milliseconds() -> None:
    assert time_text(ms("09:30:00.004")) == "2025-05-21T09:30:00.004-04:00"
    assert received_text(ms("09:30") * 1000 + 7) == "2025-05-21T09:30:00.000007-04:00"
    assert time_text(1_735_741_800_000) == "2025-01-01T09:30:00.000-05:00"
    assert time_text(None) == ""


@given(st.integers(0, 253_402_300_799_999))
def test_a_time_reads_back_to_the_same_millisecond(instant: int) -> None:
    moment = datetime.fromisoformat(str(time_text(instant)))
    assert int(moment.replace(microsecond=0).timestamp()) * 1000 + moment.microsecond // 1000 == instant


@pytest.mark.parametrize("instant", [-1, 10**18, 2**62])
def test_a_number_no_calendar_holds_stays_a_number(instant: int) -> None:
    assert time_text(instant) == instant


@given(st.text())
def test_no_text_begins_like_a_formula_and_none_is_changed_otherwise(text: str) -> None:
    cell = safe_text(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.removeprefix("'") == text.removeprefix("'")


@pytest.mark.parametrize("cell", ["-0.35", "+1.20", "-0.35%", "1,234", "12.3M", "-1e-05", "AAPL", "", "–", "214.0"])
def test_numbers_on_the_screen_stay_numbers(cell: str) -> None:
    assert safe_cell(cell) == cell


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\tx", "-", "-M"])
def test_what_would_run_is_text(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell
