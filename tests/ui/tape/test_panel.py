"""The time and sales panel: what it preloads, follows, holds and says."""

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QLabel

from monitor.errors import StoreUnavailable
from monitor.ports import Wanted
from monitor.ui.cells import PADDING
from monitor.ui.link import LinkGroup
from monitor.ui.tape.panel import TapePanel, older
from monitor.ui.theme import Theme, data_font
from tests.support.builders import a_quote, a_trade
from tests.support.ports import view_ports


@pytest.fixture
def ports():
    return view_ports()


@pytest.fixture
def link():
    return LinkGroup(1, "#c0392b")


@pytest.fixture
def panel(qtbot, ports, link):
    panel = TapePanel(ports, link, Theme())
    qtbot.addWidget(panel)
    panel.resize(400, 300)
    panel.show()
    return panel


def print_seen(ports, volume, size=100, symbol="AAPL"):
    """The quote reports a print that brings the day's volume to ``volume``."""
    ports.board.take_quote(a_quote(symbol, last=585.0, last_size=size, volume=volume, trade_time=volume))
    ports.bus.publish(ports.board.changes())


def sizes(panel):
    return [panel.model.index(row, 2).data() for row in range(panel.model.rowCount())]


def note(panel):
    return panel.findChild(QLabel, "panelNote").text()


def sentences(panel):
    return [label.text() for label in panel.findChildren(QLabel, "hint") if label.isVisible()]


def test_it_says_what_to_do_and_what_it_waits_for(panel, link):
    assert sentences(panel) == ["Choose a symbol in the watchlist to see its prints."]
    link.choose("AAPL")
    assert sentences(panel) == ["No print of AAPL yet. They appear as its quotes report them."]


def test_it_wants_the_quotes_it_is_made_of_while_it_is_shown(panel, ports, link):
    link.choose("AAPL")
    assert ports.watching.wishes == {"tape": Wanted(quotes=frozenset({"AAPL"}))}
    panel.hide()
    assert ports.watching.wishes == {}


def test_a_button_that_appears_does_not_widen_a_narrow_panel(panel, link):
    link.choose("AAPL")
    panel.newer.setText("12,345 new")
    panel.newer.show()
    assert panel.minimumSizeHint().width() < 300


def test_an_index_is_said_to_have_none(panel, link):
    link.choose("$SPX")
    assert sentences(panel) == ["No prints of $SPX: an index does not trade."]


def test_prints_appear_as_quotes_report_them(panel, ports, link):
    link.choose("AAPL")
    for volume in (1000, 1100, 1300):
        print_seen(ports, volume)
    print_seen(ports, 50, symbol="MSFT")
    assert sizes(panel) == ["100", "100"]
    assert note(panel) == "from quotes · 33 % unseen"


def test_recorded_prints_come_before_those_on_the_board_and_none_twice(panel, ports, link):
    ports.board.follow_tape("AAPL")
    for volume in (1000, 1001):
        print_seen(ports, volume, size=1)
    on_board = list(ports.board.tape("AAPL"))
    ports.archive.prints["AAPL"] = [a_trade(at=1, size=7), a_trade(at=2, size=8), *on_board]
    link.choose("AAPL")
    assert sizes(panel) == ["1", "8", "7"]


def test_what_waits_for_the_disk_is_written_before_it_is_read(panel, ports, link):
    async def flushed():
        ports.archive.prints["AAPL"] = [a_trade(at=1, size=7)]

    ports.recorder.flushed = flushed
    link.choose("AAPL")
    assert sizes(panel) == ["7"]


def test_a_disk_that_takes_nothing_hides_no_print(panel, ports, link):
    async def flushed():
        raise StoreUnavailable("The disk is full.")

    ports.recorder.flushed = flushed
    ports.archive.prints["AAPL"] = [a_trade(at=1, size=7)]
    link.choose("AAPL")
    assert sizes(panel) == ["7"]
    for volume in (1000, 1100):
        print_seen(ports, volume)
    assert sizes(panel) == ["100", "7"]


def test_recorded_prints_that_overlap_by_time_are_left_out():
    live = [a_trade(at=10), a_trade(at=11)]
    assert older([a_trade(at=9), a_trade(at=10, size=5)], live) == [a_trade(at=9)]
    assert older([a_trade(at=9)], []) == [a_trade(at=9)]


def test_it_stands_still_under_the_pointer_and_counts(panel, ports, link, qtbot):
    link.choose("AAPL")
    for volume in (1000, 1100):
        print_seen(ports, volume)
    QApplication.sendEvent(panel.table.viewport(), QEvent(QEvent.Type.Enter))
    for volume in (1200, 1300):
        print_seen(ports, volume)
    assert len(sizes(panel)) == 1
    assert panel.newer.text() == "2 new"
    panel.newer.click()
    assert len(sizes(panel)) == 3
    assert not panel.newer.isVisible()


def test_it_stands_still_while_scrolled_down(panel, ports, link):
    ports.archive.prints["AAPL"] = [a_trade(at=n, size=n) for n in range(1, 101)]
    link.choose("AAPL")
    panel.table.scrollToBottom()
    for volume in (1000, 1100):
        print_seen(ports, volume)
    assert panel.newer.isVisible()
    panel.table.scrollToTop()
    assert sizes(panel)[:2] == ["100", "100"]
    assert len(sizes(panel)) == 101


def test_the_smallest_size_is_remembered_and_explains_an_empty_table(panel, ports, link, qtbot):
    link.choose("AAPL")
    for volume in (1000, 1100):
        print_seen(ports, volume)
    panel.show_from(5000)
    assert sentences(panel) == ["No print is as large as the smallest size chosen above."]
    again = TapePanel(ports, link, Theme())
    qtbot.addWidget(again)
    assert again.sizes.text() == "≥ 5,000 ▾"


def test_another_symbol_shows_its_own_prints(panel, ports, link):
    link.choose("AAPL")
    for volume in (1000, 1100):
        print_seen(ports, volume)
    ports.archive.prints["AAPL"] = list(ports.board.tape("AAPL"))  # recorded as they came
    link.choose("MSFT")
    assert sizes(panel) == []
    link.choose("AAPL")
    assert sizes(panel) == ["100"]
    print_seen(ports, 1250)
    assert sizes(panel) == ["100", "100"]


def test_where_numbers_would_be_cut_the_side_gives_way(panel, ports, link):
    link.choose("AAPL")
    print_seen(ports, 1000)
    print_seen(ports, 2000)
    heads = panel.table.horizontalHeader()
    assert not panel.table.isColumnHidden(3)
    panel.resize(240, 300)
    QApplication.processEvents()
    assert panel.table.isColumnHidden(3)
    room = QFontMetrics(data_font()).horizontalAdvance("1,000.00") + 2 * PADDING
    assert min(heads.sectionSize(column) for column in range(3)) >= room
    panel.resize(400, 300)
    QApplication.processEvents()
    assert not panel.table.isColumnHidden(3)
