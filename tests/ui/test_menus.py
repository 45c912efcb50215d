"""The menus of the window: no two entries of one have the same letter, entries tell their keys, nothing is cut."""

from collections import Counter
from collections.abc import AsyncIterator
from itertools import product
from types import SimpleNamespace

import pytest
import pytest_asyncio
from PySide6.QtCore import QPoint
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar
from pytestqt.qtbot import QtBot

from monitor.market.alert import Alert
from monitor.market.drawing import Anchor, DrawingKind
from monitor.market.screener import Ranked
from monitor.ports import SignInState
from monitor.ui.actions import Actions
from monitor.ui.chart.drawings.drawing_menu import DrawingMenu
from monitor.ui.chart.events.chart_menu import AlertMenu, ChartMenu
from monitor.ui.theme import Theme
from monitor.ui.window import MainWindow
from tests.support.ports import FakeMovers, minutes, until, view_ports

#: So high is the smallest screen that everything has to fit.
SMALL_PX = 720


@pytest_asyncio.fixture
async def window(qtbot: QtBot) -> AsyncIterator[MainWindow]:
    """One that shows bars of AAPL, in a market where TSLA moves."""
    ports = view_ports(movers=FakeMovers(Ranked("TSLA", "Tesla Inc", 402.1)))
    ports.archive.put(minutes("AAPL"))
    shown = MainWindow(ports, Theme(), ["127.0.0.1:1"])
    qtbot.addWidget(shown)
    shown.show()
    shown.go_to("AAPL")
    await until(lambda: shown.chart.bar_count and shown.watchlist.symbols())
    shown.movers.parent().raise_()
    await until(lambda: shown.movers.model.symbols)
    yield shown
    shown.close()
    await ports.tasks.close()


def opened(window: MainWindow) -> list[QMenu]:
    """Every menu, filled as it is when it opens; those of right clicks too."""
    chart = window.chart
    bars = minutes("AAPL")
    last = bars[-1].close
    desk, events = chart.drawing, chart.events
    own: list[QMenu] = [
        window.movers.row_menu(0),
        AlertMenu(events.desk, events.hand, Alert("a", "AAPL", last), chart.view),
        ChartMenu(events.hand, last, ("&Repair 3 minutes", lambda: None), chart.view),
    ]
    for kind in (DrawingKind.TEXT, DrawingKind.TREND):
        drawing = desk.new(kind, [Anchor(bars[0].start, last), Anchor(bars[-1].start, last + 1)], "words")
        own.append(DrawingMenu(desk, drawing, lambda _: None, chart.view))
    window.watchlist.table.menu_wanted.emit("AAPL", QPoint(10, 10))
    window.data.canvas.menu_wanted.emit(QPoint(10, 10))
    found = [*own, *(menu for menu in window.findChildren(QMenu) if menu not in own)]
    for menu in found:
        menu.aboutToShow.emit()
    return found


def letters_twice(menu: QMenu) -> list[str]:
    letters = Counter(
        QKeySequence.mnemonic(action.text()).toString() for action in menu.actions() if action.isVisible()
    )
    return [letter for letter, count in letters.items() if letter and count > 1]


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
async def test_no_menu_has_a_letter_twice(window: MainWindow, dark: bool) -> None:
    if not dark:
        window.commands.colours.trigger()
    menus = opened(window)
    assert len(menus) > 25
    for menu in [*menus, window.menuBar()]:
        assert letters_twice(menu) == [], [action.text() for action in menu.actions()]


@pytest.mark.parametrize("sandbox", [True, False], ids=["sandbox", "live"])
def test_no_state_of_the_sign_in_gives_a_letter_twice(qtbot: QtBot, sandbox: bool) -> None:
    bar = QMenuBar()
    qtbot.addWidget(bar)
    commands = Actions(bar, Theme(), sandbox)
    commands.fill(bar, [])
    said = set()
    for state, locked, configured in product(SignInState, (False, True), (False, True)):
        signed_in = state is SignInState.SIGNED_IN
        commands.name_sign_in(
            SimpleNamespace(state=state, locked=locked, configured=configured, signed_in=signed_in)  # type: ignore[arg-type]
        )
        said.add(commands.sign_in.text())
        assert letters_twice(commands.menus["File"]) == []
    assert len(said) >= 4


async def test_every_menu_fits_a_small_screen(window: MainWindow) -> None:
    for menu in opened(window):
        assert menu.sizeHint().height() <= SMALL_PX, menu.title()


async def test_entries_of_right_clicks_tell_the_keys_that_do_the_same(window: MainWindow) -> None:
    keys = {
        action.text(): action.shortcut().toString()
        for menu in opened(window)
        for action in menu.actions()
        if not action.shortcut().isEmpty()
    }
    told = {"Remove": "Del", "Delete…": "Del", "Select all": "Ctrl+A", "Open chart": "Enter"}
    assert told.items() <= keys.items()
    assert keys["Ma&ximise the chart, or show all"] == "Alt+Enter"  # as the list of keys says it
