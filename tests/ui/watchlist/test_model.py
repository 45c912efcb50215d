"""The watchlist's model: order, sorting, flash, and which rows it tells the view about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPersistentModelIndex, Qt

from monitor.live.board import Board
from monitor.market.quote import Quote
from monitor.ui.cells import COLOUR_ROLE
from monitor.ui.watchlist.flash import FLASH_SECONDS
from monitor.ui.watchlist.model import FLASH_ROLE, WatchlistModel
from monitor.ui.watchlist.row import Column
from tests.support.ports import NOW_MS


class Clock:
    """Seconds that a test sets."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def board():
    return Board()


@pytest.fixture
def model(qapp, board, clock):
    model = WatchlistModel(board, now=clock)
    for symbol, last in (("AAPL", 585.5), ("MSFT", 512.3), ("NVDA", 1182.4)):
        board.take_quote(Quote(symbol=symbol, last=last, bid=last - 1))
    model.set_symbols(["AAPL", "MSFT", "NVDA", "F"])
    return model


def shown(model):
    return [model.symbol_at(row) for row in range(model.rowCount())]


def tick(model, board, symbol, **change):
    board.take_quote(Quote(symbol=symbol, **change))
    model.show({symbol})


def strength(model, symbol, column):
    return model.index(model.row_of(symbol), column).data(FLASH_ROLE)


def test_a_rise_flashes_up_and_a_fall_down_in_the_cell_that_changed(model, board):
    tick(model, board, "AAPL", last=586.0)
    tick(model, board, "MSFT", bid=500.0)
    assert strength(model, "AAPL", Column.LAST) == 1
    assert strength(model, "MSFT", Column.BID) == -1
    assert strength(model, "MSFT", Column.LAST) == strength(model, "AAPL", Column.BID) == 0


def test_a_number_that_cannot_be_right_is_amber_and_the_tip_says_why(model, board):
    tick(model, board, "AAPL", bid=600, ask=590)
    cells = [model.cell(model.row_of("AAPL"), column) for column in (Column.LAST, Column.BID, Column.ASK)]
    assert [cell.colour for cell in cells] == ["text", "amber", "amber"]
    tip = model.index(model.row_of("AAPL"), Column.BID).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.endswith("\nThe bid is above the ask.")


def test_a_delayed_quote_never_looks_live(model, board):
    tick(model, board, "AAPL", delayed=True, net_percent_change=1.5)
    row = model.row_of("AAPL")
    assert {model.cell(row, column).colour for column in list(Column)[1:]} == {"dim"}
    assert model.cell(row, Column.SYMBOL) == ("AAPL D", "amber", *model.cell(row, Column.SYMBOL)[2:])


def test_the_tip_of_a_halted_symbol_says_so(model, board):
    tick(model, board, "AAPL", security_status="Halted")
    assert "halted" in model.index(model.row_of("AAPL"), 0).data(Qt.ItemDataRole.ToolTipRole)


def test_a_flash_fades_and_ends(model, board, clock):
    tick(model, board, "AAPL", last=586.0)
    clock.now += FLASH_SECONDS / 2
    assert strength(model, "AAPL", Column.LAST) == pytest.approx(0.5)
    clock.now += FLASH_SECONDS
    model.flashes.tick()
    assert strength(model, "AAPL", Column.LAST) == 0
    assert not model.flashes.running


def test_a_fading_row_is_painted_once_and_an_ended_flash_always(model, board, clock):
    told = []
    model.dataChanged.connect(lambda first, _: told.append(model.symbol_at(first.row())))
    tick(model, board, "AAPL", last=586.0)
    clock.now += FLASH_SECONDS / 2
    model.flashes.tick()
    assert told == ["AAPL"]
    model.flashes.tick()
    assert told == ["AAPL", "AAPL"]
    tick(model, board, "AAPL", volume=1)
    clock.now += FLASH_SECONDS
    model.flashes.tick()
    assert told == ["AAPL"] * 4


def test_the_first_value_and_an_equal_one_do_not_flash(model, board):
    tick(model, board, "F", last=13.1)
    tick(model, board, "AAPL", last=585.5)
    assert strength(model, "F", Column.LAST) == strength(model, "AAPL", Column.LAST) == 0


def test_nothing_flashes_when_switched_off(model, board):
    model.flashing = False
    tick(model, board, "AAPL", last=586.0)
    assert not model.flashes.running


def test_a_frame_tells_of_its_rows_in_runs(model, qtbot):
    told = []
    model.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    model.show({"AAPL", "NVDA", "MSFT", "TSLA"})
    model.show({"AAPL", "NVDA"})
    assert told == [(0, 2), (0, 0), (2, 2)]


def test_sorting_puts_rows_without_a_value_last_either_way(model):
    model.sort_by(Column.LAST, descending=True)
    assert shown(model) == ["NVDA", "AAPL", "MSFT", "F"]
    model.sort_by(Column.LAST)
    assert shown(model) == ["MSFT", "AAPL", "NVDA", "F"]


def test_the_persons_own_order_comes_back(model):
    model.sort_by(Column.SYMBOL, descending=True)
    model.sort_by(None)
    assert shown(model) == model.symbols == ["AAPL", "MSFT", "NVDA", "F"]


def test_sorted_rows_move_with_their_numbers_and_take_the_selection_along(model, board):
    model.sort_by(Column.LAST)
    kept = QPersistentModelIndex(model.index(model.row_of("MSFT"), 0))
    tick(model, board, "MSFT", last=9000.0)
    assert shown(model) == ["AAPL", "NVDA", "MSFT", "F"]
    assert kept.data() == "MSFT"


def test_no_row_moves_while_held(model, board):
    model.sort_by(Column.LAST)
    model.hold(True)
    tick(model, board, "MSFT", last=9000.0)
    assert shown(model)[0] == "MSFT"
    model.hold(False)
    assert shown(model)[0] == "AAPL"


def test_a_dropped_row_takes_its_new_place_and_the_order_is_told(model, qtbot):
    mime = model.mimeData([model.index(2, 0)])
    with qtbot.waitSignal(model.ordered) as told:
        model.dropMimeData(mime, Qt.DropAction.MoveAction, 0, 0, model.index(-1, -1))
    assert told.args == [["NVDA", "AAPL", "MSFT", "F"]]
    assert shown(model) == told.args[0]


@given(st.permutations(["AAPL", "MSFT", "NVDA", "F"]), st.integers(0, 3), st.integers(0, 4))
def test_moving_a_row_keeps_every_symbol_and_the_order_of_the_others(order, row, target):
    model = WatchlistModel(Board())
    model.set_symbols(order)
    model.move(order[row], target)
    others = [symbol for symbol in order if symbol != order[row]]
    assert [symbol for symbol in shown(model) if symbol != order[row]] == others
    assert model.row_of(order[row]) == (target - 1 if target > row else target)


def test_rows_cannot_be_dragged_while_sorted(model):
    model.sort_by(Column.LAST)
    assert not model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsDragEnabled
    model.move("NVDA", 0)
    assert model.symbols == ["AAPL", "MSFT", "NVDA", "F"]


def test_adding_twice_is_adding_once_and_removing_closes_the_gap(model):
    model.add("SPY")
    model.add("SPY")
    model.remove("AAPL")
    assert shown(model) == ["MSFT", "NVDA", "F", "SPY"]
    assert model.row_of("SPY") == 3


def test_stale_numbers_are_dim(model):
    index = model.index(0, Column.BID)
    assert index.data(COLOUR_ROLE) == "text"
    model.set_stale(True)
    assert index.data(COLOUR_ROLE) == "dim"


def request(model, board, quotes, at_ms=NOW_MS):
    board.expect_requested(quotes)
    board.take_requested(quotes, at_ms)
    model.show(quotes.keys())


def test_a_requested_value_is_dim_and_says_when_it_was_requested_until_the_stream_brings_its_own(model, board):
    request(model, board, {"F": Quote(symbol="F", last=12.5, net_percent_change=1.0)})
    cell = model.index(model.row_of("F"), Column.LAST)
    assert (cell.data(), cell.data(COLOUR_ROLE)) == ("12.50", "dim")
    assert "From a request at 11:46 ET" in cell.data(Qt.ItemDataRole.ToolTipRole)
    assert model.requested_ms() == NOW_MS
    tick(model, board, "F", last=12.6, net_percent_change=1.0)
    assert (cell.data(), cell.data(COLOUR_ROLE)) == ("12.60", "up")
    assert "request" not in cell.data(Qt.ItemDataRole.ToolTipRole)
    assert model.requested_ms() is None


def test_a_symbol_that_schwab_does_not_know_says_so_in_its_row(model, board):
    request(model, board, {"F": None})
    row = model.row_of("F")
    assert [model.index(row, column).data() for column in Column] == ["F", "not known to Schwab", *[""] * 7]
    assert model.is_unknown(row)
    assert model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole) == "F: not known to Schwab"
    assert model.requested_ms() is None
    assert [len(model.shown_rows()[row].written(column)) for column in Column] == [1, 1, 1, 1, 1, 1, 2, 1, 2]


def test_what_the_stream_brought_stays_where_a_request_knows_nothing(model, board):
    request(model, board, {"AAPL": None})
    assert model.index(model.row_of("AAPL"), Column.LAST).data() == "585.50"
