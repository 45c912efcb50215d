"""Magnet and hide-all hold for all charts at once, whichever of them turns them on or off."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from monitor.market.drawing import Anchor, DrawingKind
from monitor.ui.chart.drawings import tools
from monitor.ui.chart.drawings.draw_button import DrawButton, MagnetButton
from monitor.ui.chart.drawings.modes import DrawingModes
from tests.support.chart_hand import ALT, CTRL, ChartHand, pick
from tests.support.ports import NOW_MS, FakePreferences

Pair = tuple[ChartHand, ChartHand]


@pytest.fixture
def pair(qtbot: QtBot) -> Pair:
    """Two charts of AAPL, the second one with the keyboard."""
    hand = ChartHand(qtbot)
    return hand, ChartHand(qtbot, ports=hand.ports)


def entry(hand: ChartHand, words: str) -> QAction:
    """An entry of the menu of tools, as it opens now."""
    menu = hand.panel.header.findChild(DrawButton).menu()
    menu.aboutToShow.emit()
    return next(each for each in menu.actions() if each.text().split("\t")[0] == words)


def magnet(hand: ChartHand) -> MagnetButton:
    found: MagnetButton = hand.panel.header.findChild(MagnetButton)
    return found


def test_the_magnet_of_one_chart_is_that_of_the_others(pair: Pair) -> None:
    for first, other in (pair, pair[::-1]):
        for on in (True, False):
            magnet(first).click()
            assert [magnet(each).isChecked() for each in pair] == [on, on]
            assert [entry(each, "Magnet").isChecked() for each in pair] == [on, on]
            assert other.panel.drawing.magnet is on
            assert other.ports.preferences.get("drawings.magnet") == ("on" if on else "off")


def test_the_magnet_that_another_chart_turned_on_draws_points_here(pair: Pair) -> None:
    first, other = pair
    pick(entry(first, "Magnet").parent(), "Magnet")
    scene = other.view.scene
    bar = scene.bars.rows(370, 371)[0]
    near = QPoint(int(scene.viewport.centre_of(370)), int(scene.scale.y(bar["high"])) - 9)
    other.panel.drawing.choose(tools.HORIZONTAL)
    other.click(near)
    assert other.panel.drawing.drawings[0].anchors[0].price == bar["high"]


def test_what_one_chart_hides_is_hidden_on_the_others_and_comes_back_there(pair: Pair) -> None:
    first, other = pair
    desk = first.panel.drawing
    desk.put(None, desk.new(DrawingKind.HORIZONTAL, [Anchor(NOW_MS, first.view.scene.scale.price(200))]))
    other.panel.drawing.select(desk.drawings[0])
    desk.select(None)
    with_it = [each.view.grab().toImage() for each in pair]
    other.key(Qt.Key.Key_H, CTRL | ALT)
    assert [each.view.grab().toImage() == before for each, before in zip(pair, with_it, strict=True)] == [False, False]
    assert other.panel.drawing.selected is None
    assert [entry(each, "Hide all").isChecked() for each in pair] == [True, True]
    assert "all are hidden now" in first.panel.header.findChild(DrawButton).toolTip()
    first.focus()
    first.key(Qt.Key.Key_T, ALT)  # a tool brings them back
    assert [entry(each, "Hide all").isChecked() for each in pair] == [False, False]
    assert first.panel.drawing.tool is tools.TREND
    other.panel.drawing.select(desk.drawings[0])
    assert other.view.grab().toImage() == with_it[1]


def test_hiding_puts_a_tool_away_that_draws_but_not_the_ruler(pair: Pair) -> None:
    first, other = pair
    first.panel.drawing.choose(tools.TREND)
    first.click(QPoint(300, 200))
    other.key(Qt.Key.Key_H, CTRL | ALT)
    assert (first.panel.drawing.tool, first.view.drawings.live) == (None, None)
    first.panel.drawing.choose(tools.MEASURE)
    other.key(Qt.Key.Key_H, CTRL | ALT)
    other.key(Qt.Key.Key_H, CTRL | ALT)
    assert first.panel.drawing.tool is tools.MEASURE


def test_a_chart_that_is_closed_follows_no_more(pair: Pair) -> None:
    first, other = pair
    first.panel.close_panel()
    other.panel.drawing.hide_all(True)
    assert (first.view.drawings.all_hidden, other.view.drawings.all_hidden) == (False, True)


def test_they_are_as_they_were_at_the_next_start() -> None:
    preferences = FakePreferences()
    modes = DrawingModes(preferences)
    told: list[None] = []
    modes.changed.connect(lambda: told.append(None))
    modes.set_magnet(True)
    modes.set_magnet(True)
    modes.hide_all(True)
    assert len(told) == 2
    again = DrawingModes(preferences)
    assert (again.magnet, again.all_hidden) == (True, True)
