"""In a search field letters are typed, and the keys that move go to what was found."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget
from pytestqt.qtbot import QtBot

from monitor.ui.search_field import SearchField


def test_keys_that_move_move_through_what_was_found(qtbot: QtBot) -> None:
    found = QListWidget()
    found.addItems(["one", "two", "three"])
    found.setCurrentRow(0)
    field = SearchField("Search", "Search numbers", found)
    for widget in (found, field):
        qtbot.addWidget(widget)
    qtbot.keyClicks(field, "t")
    qtbot.keyClick(field, Qt.Key.Key_Down)
    qtbot.keyClick(field, Qt.Key.Key_Down)
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert (field.text(), found.currentRow()) == ("t", 1)
