"""What a panel wants from the stream while it is seen, closed, behind a tab or in a minimised window."""

import pytest
from PySide6.QtWidgets import QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from monitor.ports import Wanted
from monitor.ui.panel import Panel
from monitor.ui.wish import Wish
from tests.support.ports import FakeWatching

AAPL, MSFT = (Wanted(books=frozenset({symbol})) for symbol in ("AAPL", "MSFT"))


@pytest.fixture
def panel(qtbot: QtBot) -> QWidget:
    panel = QWidget()
    qtbot.addWidget(panel)
    return panel


def test_a_closed_panel_wants_nothing_and_wants_again_when_shown(panel: QWidget) -> None:
    watching = FakeWatching()
    wish = Wish(panel, watching, "book")
    wish.want(AAPL)
    assert watching.wanted == Wanted()
    panel.show()
    assert watching.wishes == {"book": AAPL}
    panel.hide()
    wish.want(MSFT)
    assert watching.wanted == Wanted()
    panel.show()
    assert watching.wishes == {"book": MSFT}


def test_a_panel_behind_a_tab_wants_nothing(qtbot: QtBot) -> None:
    watching, tabs, panel = FakeWatching(), QTabWidget(), QWidget()
    qtbot.addWidget(tabs)
    tabs.addTab(panel, "Level 2")
    tabs.addTab(QWidget(), "Log")
    Wish(panel, watching, "book").want(AAPL)
    tabs.show()
    assert watching.wanted == AAPL
    tabs.setCurrentIndex(1)
    assert watching.wanted == Wanted()


def test_a_minimised_window_goes_on_wanting(panel: QWidget) -> None:
    watching = FakeWatching()
    Wish(QWidget(panel), watching, "book").want(AAPL)
    panel.show()
    panel.showMinimized()
    assert watching.wanted == AAPL


def test_a_panel_whose_dock_is_behind_a_tab_wants_nothing(qtbot: QtBot) -> None:
    watching, panel = FakeWatching(), Panel("Level 2")
    qtbot.addWidget(panel)
    Wish(panel, watching, "book").want(AAPL)
    panel.show()
    assert watching.wanted == AAPL
    panel.cover(True)
    assert watching.wanted == Wanted()
    panel.cover(False)
    assert watching.wanted == AAPL
