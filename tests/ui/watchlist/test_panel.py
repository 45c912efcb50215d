"""The watchlist panel as a person uses it."""

import asyncio

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QInputDialog, QMessageBox

from monitor.errors import StoreUnavailable, Transient
from monitor.live.events import Notice
from monitor.market.instrument import Instrument
from monitor.market.quote import Quote
from monitor.ui.link import LinkGroup
from monitor.ui.palettes import DARK
from monitor.ui.theme import Theme
from monitor.ui.watchlist.lists import FIRST_SYMBOLS
from monitor.ui.watchlist.panel import WatchlistPanel
from monitor.ui.watchlist.row import Column
from tests.support.ports import NOW_MS, FakeHistory, FakePreferences, FakeWatchlists, until, view_ports


@pytest.fixture
def open_panel(qtbot):
    panels = []  # kept here: a panel that only cycles hold may be collected while it paints

    def opened(**overrides):
        ports = view_ports(**overrides)
        panel = WatchlistPanel(ports, LinkGroup(1, "#c0392b"), Theme())
        qtbot.addWidget(panel)
        panel.resize(330, 600)
        panel.show()
        panels.append(panel)
        return panel, ports

    return opened


def enter(qtbot, panel, text):
    panel.entry.field.setText(text)
    qtbot.keyClick(panel.entry.field, Qt.Key.Key_Return)


def test_the_very_first_start_makes_a_list(open_panel):
    panel, ports = open_panel(watchlists=FakeWatchlists())
    assert panel.symbols() == list(FIRST_SYMBOLS)
    assert ports.watchlists.lists == {"Watchlist": list(FIRST_SYMBOLS)}
    assert panel.link.symbol == "AAPL"


def test_a_typed_symbol_is_looked_up_added_kept_and_wanted(open_panel, qtbot):
    panel, ports = open_panel()
    enter(qtbot, panel, "spy")
    assert panel.symbols() == ports.watchlists.lists["Tech"] == ["AAPL", "MSFT", "NVDA", "SPY"]
    assert ports.loader.ensured == ["SPY"]
    assert ports.watching.wishes["watchlist"].quotes == frozenset(panel.symbols())
    assert panel.link.symbol == "SPY"
    assert panel.entry.sentence == ""


def test_an_unknown_symbol_is_named_and_the_others_are_added(open_panel, qtbot):
    panel, _ = open_panel()
    enter(qtbot, panel, "SPY, XYZQ, AMD")
    assert panel.symbols() == ["AAPL", "MSFT", "NVDA", "SPY", "AMD"]
    assert panel.entry.sentence == "“XYZQ” is not a symbol that Schwab knows. Added: SPY, AMD."


def test_what_cannot_be_looked_up_is_said_and_given_back(open_panel, qtbot):
    history = FakeHistory()
    history.failure = Transient("Schwab does not answer.")
    panel, _ = open_panel(history=history)
    enter(qtbot, panel, "SPY")
    assert panel.symbols() == ["AAPL", "MSFT", "NVDA"]
    assert panel.entry.sentence == "SPY could not be looked up. Schwab does not answer."
    assert panel.entry.field.text() == "SPY"


def test_a_symbol_that_is_there_already_is_shown_without_asking(open_panel, qtbot):
    panel, ports = open_panel()
    enter(qtbot, panel, "NVDA")
    assert panel.entry.sentence == "NVDA is in this list already."
    assert panel.link.symbol == "NVDA"
    assert ports.loader.ensured == []


class SlowHistory(FakeHistory):
    """Answers when the test lets it."""

    def __init__(self):
        super().__init__()
        self.gate = asyncio.Event()

    async def find_instruments(self, text):
        await self.gate.wait()
        return await super().find_instruments(text)


async def test_several_symbols_are_looked_up_at_once_and_it_says_so(open_panel):
    panel, ports = open_panel(history=SlowHistory())
    await until(panel.symbols)
    panel.add_symbol("SPY")
    panel.add_symbol("AMD")
    await until(lambda: panel.entry.sentence == "Looking up AMD…")
    ports.history.gate.set()
    await until(lambda: ports.watchlists.lists["Tech"] == ["AAPL", "MSFT", "NVDA", "SPY", "AMD"])
    assert panel.entry.sentence == ""


async def test_a_symbol_goes_to_the_list_in_which_it_was_typed(open_panel):
    lists = FakeWatchlists({"Tech": ["AAPL"], "Funds": ["QQQ"]})
    panel, ports = open_panel(history=SlowHistory(), watchlists=lists)
    await until(panel.symbols)
    panel.add_symbol("AMD")
    await until(lambda: panel.entry.sentence)
    panel.lists.show("Funds")
    ports.history.gate.set()
    await until(lambda: lists.lists == {"Tech": ["AAPL", "AMD"], "Funds": ["QQQ"]})
    assert panel.symbols() == ["QQQ"]


async def test_changes_made_at_once_are_all_kept(open_panel):
    panel, ports = open_panel()
    await until(panel.symbols)
    panel.remove_symbol("AAPL")
    panel.remove_symbol("MSFT")
    panel.lists.create("Funds", ["SPY"])
    await until(lambda: ports.watchlists.lists == {"Tech": ["NVDA"], "Funds": ["SPY"]})


def test_a_list_that_cannot_be_kept_is_told(open_panel, monkeypatch):
    panel, ports = open_panel()
    notices = []
    ports.bus.listen(Notice, notices.append)

    async def full(name, symbols):
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(ports.watchlists, "set_symbols", full)
    panel.remove_symbol("AAPL")
    assert [notice.sentence for notice in notices] == ["The list was not kept. The disk is full."]


def suggested(panel):
    suggestions = panel.entry.field.completer().model()
    return [suggestions.index(row, 0).data() for row in range(suggestions.rowCount())]


async def test_suggestions_come_from_the_disk_and_then_from_schwab(open_panel, qtbot):
    panel, ports = open_panel()
    ports.history.instruments.append(Instrument("MU", "MICRON TECHNOLOGY INC"))
    panel.entry.field.setFocus()
    qtbot.keyClicks(panel.entry.field, "micro")
    await until(lambda: suggested(panel))
    assert suggested(panel) == ["AMD   Advanced Micro Devices Inc", "MSFT   Microsoft Corp"]
    await until(lambda: len(suggested(panel)) == 3)
    assert suggested(panel)[0] == "MU   MICRON TECHNOLOGY INC"


async def test_enter_adds_what_was_typed_and_not_what_is_suggested(open_panel, qtbot):
    panel, ports = open_panel()
    await until(panel.symbols)
    ports.history.instruments.append(Instrument("M", "MACYS INC"))
    panel.entry.field.setFocus()
    qtbot.keyClicks(panel.entry.field, "m")
    popup = panel.entry.field.completer().popup()
    await until(popup.isVisible)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    await until(lambda: panel.symbols()[-1] == "M")


def test_down_moves_and_drives_the_link_group(open_panel, qtbot):
    panel, _ = open_panel()
    qtbot.keyClick(panel.table, Qt.Key.Key_Down)
    assert panel.link.symbol == "MSFT"


def test_the_link_group_moves_the_highlight(open_panel):
    panel, _ = open_panel()
    panel.link.choose("NVDA")
    assert panel.table.current_symbol() == "NVDA"
    panel.link.choose("TSLA")
    assert panel.table.selectionModel().selectedRows() == []


def test_delete_removes_the_row_from_screen_and_list(open_panel, qtbot):
    panel, ports = open_panel()
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    assert panel.symbols() == ports.watchlists.lists["Tech"] == ["MSFT", "NVDA"]
    assert panel.link.symbol == "MSFT"


def test_a_dragged_row_stays_where_it_was_dropped(open_panel):
    panel, ports = open_panel()
    table = panel.table
    place = table.visualRect(panel.model.index(0, 0)).topLeft() + QPoint(5, 1)
    mime = panel.model.mimeData([panel.model.index(2, 0)])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    table.dropEvent(QDropEvent(place, Qt.DropAction.MoveAction, mime, buttons, keys, QEvent.Type.Drop))
    assert panel.symbols() == ports.watchlists.lists["Tech"] == ["NVDA", "AAPL", "MSFT"]


def test_the_header_sorts_reverses_and_restores(open_panel, qtbot):
    panel, ports = open_panel()
    for symbol, last in (("AAPL", 1.0), ("MSFT", 3.0), ("NVDA", 2.0)):
        ports.board.take_quote(Quote(symbol=symbol, last=last))
    panel.model.show(["AAPL", "MSFT", "NVDA"])
    seen, titles = [], []
    for _ in range(3):
        panel.table.cycle_sort(Column.LAST)
        seen.append([row[0] for row in panel.table_as_shown()[1]])
        titles.append(panel.model.headerData(Column.LAST, Qt.Orientation.Horizontal))
    assert titles == ["▼ Last", "▲ Last", "Last"]
    assert seen == [["MSFT", "NVDA", "AAPL"], ["AAPL", "NVDA", "MSFT"], ["AAPL", "MSFT", "NVDA"]]


def test_the_table_for_a_file_has_the_columns_as_shown(open_panel):
    panel, ports = open_panel()
    ports.board.take_quote(Quote(symbol="AAPL", last=1585.5, bid_size=1200, ask_size=300, volume=13600000))
    panel.model.show(["AAPL"])
    header, rows = panel.table_as_shown()
    assert header == ["Symbol", "Last", "Chg %", "Bid size", "Ask size", "Volume"]
    assert rows[0] == ["AAPL", "1585.5", "", "1200", "300", "13600000"]


def test_symbol_list_and_columns_are_remembered(open_panel):
    preferences = FakePreferences()
    lists = {"Tech": ["AAPL"], "Funds": ["SPY", "QQQ"]}
    first, _ = open_panel(preferences=preferences, watchlists=FakeWatchlists(lists))
    first.lists.show("Funds")
    preferences.set("symbol", "QQQ")
    first.table.columns_menu(first).actions()[Column.BID - 1].trigger()
    first.table.horizontalHeader().moveSection(Column.VOLUME, 1)
    second, _ = open_panel(preferences=preferences, watchlists=FakeWatchlists(lists))
    assert second.symbols() == ["SPY", "QQQ"]
    assert second.link.symbol == "QQQ"
    assert second.table.shown_columns()[:2] == [Column.SYMBOL, Column.VOLUME]
    assert Column.BID in second.table.shown_columns()


def test_a_new_list_is_empty_and_says_what_to_do(open_panel):
    panel, ports = open_panel()
    panel.switcher.ask_new()
    panel.findChild(QInputDialog).textValueSelected.emit(" Funds ")
    assert ports.watchlists.lists["Funds"] == []
    assert panel.lists.current == "Funds"
    assert not panel.table.isVisible()


def test_a_name_that_is_taken_is_asked_for_again(open_panel):
    panel, ports = open_panel()
    panel.switcher.ask_new()
    panel.findChild(QInputDialog).textValueSelected.emit("Tech")
    words = [dialog.labelText() for dialog in panel.findChildren(QInputDialog)]
    assert "There is a list “Tech” already. Choose another name." in words
    assert list(ports.watchlists.lists) == ["Tech"]


def test_lists_are_renamed_duplicated_and_removed(open_panel):
    panel, ports = open_panel()
    assert panel.lists.rename("Chips") == ""
    assert panel.lists.create("Chips copy", panel.lists.symbols) == ""
    panel.switcher.ask_remove()
    box = panel.findChild(QMessageBox)
    next(button for button in box.buttons() if button.text() == "Remove").click()
    assert ports.watchlists.lists == {"Chips": ["AAPL", "MSFT", "NVDA"]}
    assert panel.lists.current == "Chips"


def test_numbers_are_dim_when_the_stream_is_silent(open_panel):
    panel, ports = open_panel()
    ports.meters.age_ms = None
    panel.look_at_age()
    assert panel.model.stale


def test_the_header_says_when_what_it_shows_was_requested(open_panel):
    panel, ports = open_panel()
    ports.board.expect_requested(["AAPL"])
    ports.board.take_requested({"AAPL": Quote(symbol="AAPL", last=1)}, NOW_MS)
    panel.look_at_age()
    assert panel._note.text() == "From a request at 11:46 ET"
    ports.board.take_quote(Quote(symbol="AAPL", last=2))
    panel.look_at_age()
    assert panel._note.text() == ""


def test_the_words_of_an_unknown_symbol_run_over_its_row(open_panel):
    panel, ports = open_panel()

    def amber():
        image = panel.table.viewport().grab().toImage()
        rect = panel.table.visualRect(panel.model.index(1, Column.LAST))
        names = [image.pixelColor(x, y).name() for x in range(rect.right() + 1, image.width()) for y in row(rect)]
        return DARK.amber in names

    def row(rect):
        return range(rect.top(), rect.bottom())

    assert not amber()
    ports.board.expect_requested(["MSFT"])
    ports.board.take_requested({"MSFT": None}, NOW_MS)
    panel.model.show({"MSFT"})
    assert amber()


def paste(qtbot, panel, text):
    panel.entry.field.setFocus()
    panel.entry.field.insert(text)
    panel.entry.field.textEdited.emit(panel.entry.field.text())


def test_a_list_that_the_stream_has_no_places_for_says_so_before_it_is_added(open_panel, qtbot):
    panel, _ = open_panel()
    paste(qtbot, panel, " ".join(f"T{number}" for number in range(310)))
    assert panel.entry.sentence == (
        "Minute bars: stocks: 313 symbols need a place, Schwab has 300 on one connection. 13 would not be streamed."
        " It would fit without minute bars or with 297 of 310 symbols. Enter adds them all the same."
    )
    assert panel.symbols() == ["AAPL", "MSFT", "NVDA"]
    with qtbot.waitSignal(panel.entry.plan_wanted) as wanted:
        panel.entry.planner.click()
    assert len(wanted.args[0]) == 310
    assert panel.entry.sentence == ""
    assert not panel.entry.planner.isVisible()


def test_many_symbols_that_fit_say_what_their_history_takes(open_panel, qtbot):
    panel, _ = open_panel()
    paste(qtbot, panel, " ".join(f"T{number}" for number in range(100)))
    assert panel.entry.sentence.startswith("100 symbols fit: about ")
    assert panel.entry.sentence.endswith("their history takes 600 requests, about 5 min.")
    assert panel.entry.planner.isVisible()


def test_a_few_symbols_are_added_without_a_word(open_panel, qtbot):
    panel, _ = open_panel()
    paste(qtbot, panel, "AMD, SPY")
    assert panel.entry.sentence == ""
    assert not panel.entry.planner.isVisible()


def test_symbols_from_elsewhere_are_put_at_the_end_and_kept(open_panel):
    panel, ports = open_panel()
    panel.put(["MSFT", "AMD", "SPY"])
    assert panel.symbols() == ["AAPL", "MSFT", "NVDA", "AMD", "SPY"]
    assert ports.watchlists.lists["Tech"] == ["AAPL", "MSFT", "NVDA", "AMD", "SPY"]
    assert "SPY" in ports.watching.wanted.quotes
    assert ports.loader.ensured == []
