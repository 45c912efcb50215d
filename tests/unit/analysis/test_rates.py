"""What a symbol brings a day, from days that were recorded whole or in part."""

from datetime import date

import pytest

from monitor.analysis.rates import ASSUMED, Counted, Rate, Rows, measured

DAY, SESSION_MS = date(2026, 11, 20), 23_400_000


def test_a_session_recorded_in_part_counts_as_if_it_had_gone_on() -> None:
    half = Counted(Rows.QUOTE, DAY, 1_100, 1_000, SESSION_MS // 2, SESSION_MS)
    whole = Counted(Rows.QUOTE, DAY, 3_000, 3_000, SESSION_MS, SESSION_MS)
    assert measured([half])[Rows.QUOTE] == Rate(2_100, ASSUMED[Rows.QUOTE].bytes_a_row, 1)
    assert measured([half, whole])[Rows.QUOTE].rows_a_day == pytest.approx(2_550)


def test_a_few_minutes_tell_nothing() -> None:
    assert measured([Counted(Rows.TRADE, DAY, 500, 500, 60_000, SESSION_MS)]) == {}


def test_rows_that_differ_bring_their_own_size() -> None:
    books = [Counted(Rows.BOOK, DAY, 10, 10, SESSION_MS, SESSION_MS, size) for size in (200.0, 400.0)]
    assert measured(books)[Rows.BOOK] == Rate(10, 300, 2)
    assert books[0].bytes == 2_000
