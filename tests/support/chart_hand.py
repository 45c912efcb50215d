"""A chart of AAPL on the screen, and a hand on its mouse and keys."""

from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from monitor.live.events import Notice
from monitor.ui.chart.panel import ChartPanel
from monitor.ui.link import LinkGroup
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import FakeArchive, minutes, view_ports

LEFT = Qt.MouseButton.LeftButton
NONE, SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


class ChartHand:
    """A shown chart of 390 minutes of AAPL, over an archive that has them of MSFT too.

    Its ports are doubles, of which any can be given by name, or all of them as ``ports``: those of another chart.
    """

    def __init__(self, qtbot: QtBot, ports: ViewPorts | None = None, **overrides: Any) -> None:
        self.ports = ports or view_ports(**{"archive": _archive()} | overrides)
        self.notices: list[Notice] = []
        self.ports.bus.listen(Notice, self.notices.append)
        self.link = LinkGroup(1, "#c0392b")
        self.link.choose("AAPL")
        self.panel = ChartPanel(self.ports, self.link, Theme())
        qtbot.addWidget(self.panel)
        self.panel.resize(790, 520)
        self.panel.show()
        QApplication.processEvents()
        self.qtbot, self.view = qtbot, self.panel.view
        self.said: list[str] = []
        self.view.read_aloud.connect(self.said.append)
        self.focus()

    def focus(self) -> None:
        """Give the chart the keyboard, which the offscreen platform leaves with nobody after a menu."""
        self.view.activateWindow()
        self.view.setFocus()
        self.qtbot.waitUntil(self.view.hasFocus)

    # ---------------------------------------------------------------------------------------- mouse and keys

    def press(self, place: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.qtbot.mouseMove(self.view, place)
        self.qtbot.mousePress(self.view, LEFT, modifiers, place)

    def release(self, place: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.qtbot.mouseRelease(self.view, LEFT, modifiers, place)

    def click(self, *places: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
        for place in places:
            self.press(place, modifiers)
            self.release(place, modifiers)

    def drag(self, begin: QPoint, end: QPoint, modifiers: Qt.KeyboardModifier = NONE, *, release: bool = True) -> None:
        self.press(begin, modifiers)
        for share in (0.3, 0.7, 1.0):
            self.qtbot.mouseMove(self.view, begin + (end - begin) * share)
        if release:
            self.release(end, modifiers)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.qtbot.keyClick(self.view, key, modifiers)

    def undo(self) -> None:
        self.key(Qt.Key.Key_Z, CTRL)

    def redo(self) -> None:
        self.key(Qt.Key.Key_Y, CTRL)

    # ---------------------------------------------------------------------------------------- menus

    def menu(self, place: QPoint, reason: QContextMenuEvent.Reason = QContextMenuEvent.Reason.Mouse) -> QMenu:
        """The menu that a right click opens."""
        QApplication.sendEvent(self.view, QContextMenuEvent(reason, place, self.view.mapToGlobal(place)))
        (menu,) = (each for each in self.view.findChildren(QMenu) if each.isVisible())
        return menu


def pick(menu: QMenu, *path: str) -> None:
    """Choose an entry by its words, without its keys; those before it are of the menus that lead to it."""
    words, *rest = path
    action = next(each for each in menu.actions() if each.text().replace("&", "").split("\t")[0] == words)
    if rest:
        inner = action.menu()
        assert isinstance(inner, QMenu)
        pick(inner, *rest)
    else:
        assert action.isEnabled(), words
        action.trigger()
    menu.close()


def _archive() -> FakeArchive:
    archive = FakeArchive()
    archive.put(minutes())
    archive.put(minutes("MSFT", first=40.0))
    return archive
