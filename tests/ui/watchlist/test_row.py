"""What a watchlist row shows of a quote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.market.quote import Quote
from monitor.ui.watchlist.row import Column, export_titles, row_of


def test_no_quote_is_dashes_and_empty_cells_in_a_file():
    row = row_of("AAPL", None)
    assert row.texts == ("AAPL", "–", "–", "–", "–", "–", "–", "–", "")
    assert [len(row.written(column)) for column in Column] == [1, 1, 1, 1, 1, 1, 2, 1, 2]
    assert {text for column in list(Column)[1:] for text in row.written(column)} == {""}
    assert row.day is None


def test_change_is_what_was_sent():
    row = row_of("AAPL", Quote(symbol="AAPL", last=101.5, close=100, net_change=1.25, net_percent_change=1.2345))
    assert row.texts[Column.CHANGE] == "+1.25"
    assert row.texts[Column.PERCENT] == "▲ +1.23"
    assert row.written(Column.PERCENT) == ("1.2345",)


def test_change_is_worked_out_from_the_close_where_none_was_sent():
    row = row_of("AAPL", Quote(symbol="AAPL", last=584.99, close=590.1))
    assert row.written(Column.CHANGE) == ("-5.11",)
    assert row.texts[Column.PERCENT] == "▼ -0.87"
    assert row.colour == "down"


def test_an_index_has_no_volume_to_show_or_sort_by():
    row = row_of("$SPX", Quote(symbol="$SPX", last=8138.91, volume=0))
    assert (row.texts[Column.VOLUME], row.keys[Column.VOLUME], row.written(Column.VOLUME)) == ("–", None, ("0",))
    assert row_of("AAPL", Quote(symbol="AAPL", volume=0)).texts[Column.VOLUME] == "0"


def test_what_was_never_sent_is_a_dash_and_not_zero():
    row = row_of("AAPL", Quote(symbol="AAPL", bid=10.0))
    assert [row.texts[c] for c in (Column.LAST, Column.CHANGE, Column.PERCENT, Column.ASK, Column.VOLUME)] == ["–"] * 5
    assert [row.written(c) for c in (Column.LAST, Column.VOLUME)] == [("",), ("",)]


def test_a_price_that_cannot_be_right_is_marked_and_nothing_is_worked_out_from_it():
    quote = Quote(symbol="AAPL", last=150.01, bid=99.9, ask=100, close=100, low=90, high=160)
    row = row_of("AAPL", quote)
    assert (row.texts[Column.LAST], row.texts[Column.CHANGE], row.texts[Column.PERCENT]) == ("150.01", "–", "–")
    assert (row.day, list(row.doubts)) == (None, [Column.LAST])
    quote.last = 149.99
    assert row_of("AAPL", quote).texts[Column.CHANGE] == "+49.99"


def test_a_quote_that_is_not_live_says_so_behind_its_symbol_but_not_in_a_file():
    for fields, words in (({"delayed": True}, "AAPL D"), ({"security_status": "Halted"}, "AAPL H")):
        row = row_of("AAPL", Quote(symbol="AAPL", last=1, **fields))
        assert (row.texts[Column.SYMBOL], row.written(Column.SYMBOL)) == (words, ("AAPL",))
    live = Quote(symbol="AAPL", last=1, delayed=False, security_status="Normal")
    assert row_of("AAPL", live).texts[Column.SYMBOL] == "AAPL"


def test_unchanged_has_neither_arrow_nor_colour():
    row = row_of("AAPL", Quote(symbol="AAPL", last=10.0, net_percent_change=0.001))
    assert row.texts[Column.PERCENT] == "0.00"
    assert row.colour == "text"


def test_numbers_for_a_file_are_digit_for_digit():
    quote = Quote(symbol="X", last=1182.4, bid=214, ask=214.0, bid_size=31600, ask_size=8, volume=3.01570298e8)
    row = row_of("X", quote)
    assert row.texts[Column.SIZES] == "31.6K × 8"
    assert [row.written(c) for c in (Column.LAST, Column.BID, Column.ASK)] == [("1182.4",), ("214",), ("214.0",)]
    assert row.written(Column.SIZES) == ("31600", "8")
    assert row.written(Column.VOLUME) == ("301570298.0",)


@given(st.floats(0.01, 1e5), st.floats(0.01, 1e5), st.floats(0.01, 1e5))
def test_the_place_in_the_days_range_is_never_outside_it(last, low, high):
    day = row_of("X", Quote(symbol="X", last=last, low=low, high=high)).day
    assert day is None if high <= low else 0 <= day <= 1


@pytest.mark.parametrize("column", Column)
def test_a_file_has_a_title_for_each_of_its_cells(column):
    assert len(export_titles(column)) == len(row_of("X", None).written(column))
