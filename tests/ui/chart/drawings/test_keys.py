"""The keys of drawings in the whole window: theirs while the chart has the keyboard, and nobody else's then."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from monitor.market.drawing import Anchor, DrawingKind
from monitor.ui.chart.drawings import tools
from monitor.ui.theme import Theme
from monitor.ui.window import MainWindow
from tests.support.ports import NOW_MS, FakeArchive, FakePreferences, minutes, until, view_ports

ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
LETTERS = {
    Qt.Key.Key_T: tools.TREND,
    Qt.Key.Key_H: tools.HORIZONTAL,
    Qt.Key.Key_V: tools.VERTICAL,
    Qt.Key.Key_C: tools.CHANNEL,
    Qt.Key.Key_F: tools.FIBONACCI,
}


@pytest_asyncio.fixture
async def window(qtbot: QtBot) -> AsyncIterator[MainWindow]:
    """A window with a chart of AAPL, which has the keyboard."""
    archive, preferences = FakeArchive(), FakePreferences()
    archive.put(minutes())
    preferences.set("symbol", "AAPL")
    ports = view_ports(archive=archive, preferences=preferences)
    made = MainWindow(ports, Theme())
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    await until(made.isActiveWindow)
    await until(lambda: made.chart.bar_count and made.chart.view.hasFocus())
    yield made
    made.close()
    await ports.tasks.close()


def ambiguous(window: MainWindow) -> list[str]:
    """Fills with every key that was pressed and meant two things."""
    heard: list[str] = []
    for shortcut in window.findChildren(QShortcut):
        shortcut.activatedAmbiguously.connect(partial(heard.append, shortcut.key().toString()))
    return heard


@pytest.mark.parametrize("key", LETTERS)
async def test_alt_and_a_letter_draw_while_the_chart_has_the_keyboard(
    window: MainWindow, qtbot: QtBot, key: Qt.Key
) -> None:
    doubtful = ambiguous(window)
    qtbot.keyClick(window.chart.view, key, ALT)
    assert window.chart.drawing.tool is LETTERS[key]
    assert window.menuBar().activeAction() is None
    assert doubtful == []


async def test_the_keys_of_alerts_mean_one_thing(window: MainWindow, qtbot: QtBot) -> None:
    doubtful, desk, view = ambiguous(window), window.chart.events.desk, window.chart.view
    for key, modifiers in (
        (Qt.Key.Key_A, ALT),
        (Qt.Key.Key_Up, ALT),
        (Qt.Key.Key_Down, ALT),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier),
    ):
        qtbot.keyClick(view, key, modifiers)
    assert (desk.alerts, doubtful) == ((), [])
    qtbot.keyClick(view, Qt.Key.Key_Z, CTRL)
    assert len(desk.alerts) == 1
    desk.select(None)
    window.watchlist.table.setFocus()
    await until(window.watchlist.table.hasFocus)
    qtbot.keyClick(window.watchlist.table, Qt.Key.Key_A, ALT)
    assert len(desk.alerts) == 1


@pytest.mark.parametrize("key", LETTERS)
async def test_elsewhere_they_are_not_the_charts(window: MainWindow, qtbot: QtBot, key: Qt.Key) -> None:
    table = window.watchlist.table
    table.setFocus()
    await until(table.hasFocus)
    qtbot.keyClick(table, key, ALT)
    assert window.chart.drawing.tool is None


async def test_every_key_of_drawings_means_one_thing(window: MainWindow, qtbot: QtBot) -> None:
    desk, view, doubtful = window.chart.drawing, window.chart.view, ambiguous(window)
    desk.put(None, desk.new(DrawingKind.HORIZONTAL, [Anchor(NOW_MS, 585.0)]))

    def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> int:
        qtbot.keyClick(view, key, modifiers)
        return len(desk.drawings)

    assert press(Qt.Key.Key_C, CTRL) == 1
    assert press(Qt.Key.Key_V, CTRL) == 2
    assert press(Qt.Key.Key_Z, CTRL) == 1
    assert press(Qt.Key.Key_Y, CTRL) == 2
    assert press(Qt.Key.Key_Z, CTRL) == 1
    assert press(Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier) == 2
    assert press(Qt.Key.Key_Delete) == 2  # nothing is selected
    desk.select(desk.drawings[0])
    assert press(Qt.Key.Key_Delete) == 1
    press(Qt.Key.Key_H, CTRL | ALT)
    assert desk.all_hidden
    press(Qt.Key.Key_H, CTRL | ALT)
    desk.select(desk.drawings[0])
    press(Qt.Key.Key_Escape)
    assert desk.selected is None
    assert doubtful == []


async def test_no_menu_and_no_action_of_the_window_has_a_key_of_drawings(window: MainWindow) -> None:
    keys = {"Alt+T", "Alt+H", "Alt+V", "Alt+C", "Alt+F", "Ctrl+Alt+H", "Ctrl+Z", "Ctrl+Y", "Ctrl+C", "Ctrl+V", "Del"}
    chart = [shortcut.key().toString() for shortcut in window.chart.view.findChildren(QShortcut)]
    assert {key: chart.count(key) for key in keys} == dict.fromkeys(keys, 1)
    mnemonics = {QKeySequence.mnemonic(action.text()).toString() for action in window.menuBar().actions()}
    assert mnemonics & keys == set()
    everywhere = (Qt.ShortcutContext.WindowShortcut, Qt.ShortcutContext.ApplicationShortcut)
    others = {
        key.toString()
        for action in window.findChildren(QAction)
        if action.shortcutContext() in everywhere
        for key in action.shortcuts()
    } | {shortcut.key().toString() for shortcut in window.findChildren(QShortcut) if shortcut.context() in everywhere}
    assert others & keys == set()


async def test_the_buttons_can_be_reached_and_have_names(window: MainWindow) -> None:
    names = {each.accessibleName() for each in window.chart.header.findChildren(QWidget)}
    assert {"Draw", "Magnet"} <= names
