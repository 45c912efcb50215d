"""What is seen between two windows."""

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from monitor.ui.owner.curtain import Curtain


def test_it_stays_until_the_next_window_takes_it_away(qtbot: QtBot) -> None:
    curtain = Curtain()
    qtbot.addWidget(curtain)
    curtain.fall("Opening the sandbox…")
    qtbot.keyClick(curtain, Qt.Key.Key_Escape)
    curtain.close()
    assert curtain.isVisible()
    curtain.hide()
    assert not curtain.isVisible()
