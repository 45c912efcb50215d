"""The buttons in the chart's header: the tools to draw with, what to do with all drawings, and the magnet."""

from collections.abc import Callable

from PySide6.QtWidgets import QMenu, QToolButton

from monitor.ui.chart.drawings.desk import DrawingDesk
from monitor.ui.chart.drawings.tools import MEASURE, TOOLS, Tool, with_keys
from monitor.ui.icons import icon, wear
from monitor.ui.panel import named
from monitor.ui.theme import Theme


class DrawButton(QToolButton):
    """A menu of tools; while one is in hand the button shows it."""

    def __init__(self, desk: DrawingDesk, theme: Theme) -> None:
        super().__init__()
        named(self, "draw")
        self._desk = desk
        self._theme = theme
        self.setAccessibleName("Draw")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setCheckable(True)
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill)
        self.setMenu(self._menu)
        desk.changed.connect(self._show)
        theme.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        tool, c = self._desk.tool, self._theme.colours
        self.setChecked(tool is not None)
        self.setIcon(icon(tool.icon if tool else "draw", c.text if tool else c.dim))
        hidden = " · all are hidden now" if self._desk.all_hidden else ""
        self.setToolTip(tool.title if tool else f"Draw on the chart, or measure (Shift+drag){hidden}")

    def _fill(self) -> None:
        menu, desk = self._menu, self._desk
        menu.clear()
        for tool in TOOLS:
            text = with_keys(tool.title, tool.keys) if tool is not MEASURE else f"{tool.title}\tShift+Drag"
            action = menu.addAction(text, self._taker(tool))
            action.setIcon(icon(tool.icon, self._theme.colours.text))
        menu.addSeparator()
        self._toggle("Magnet", desk.magnet, desk.set_magnet)
        self._toggle(with_keys("Hide all", "Ctrl+Alt+H"), desk.all_hidden, desk.hide_all)
        hidden = sum(each.hidden for each in desk.drawings)
        menu.addAction(f"Show {hidden} hidden" if hidden else "Show hidden", desk.show_hidden).setEnabled(hidden > 0)
        menu.addSeparator()
        menu.addAction(with_keys("Undo", "Ctrl+Z"), desk.undo).setEnabled(desk.can_undo)
        menu.addAction(with_keys("Redo", "Ctrl+Y"), desk.redo).setEnabled(desk.can_redo)
        menu.addAction(with_keys("Paste", "Ctrl+V"), desk.paste).setEnabled(desk.copied is not None)
        menu.addSeparator()
        menu.addAction("Remove all", desk.remove_all).setEnabled(bool(desk.drawings))

    def _taker(self, tool: Tool) -> Callable[[], None]:
        return lambda: self._desk.choose(tool)

    def _toggle(self, text: str, on: bool, turn: Callable[[bool], None]) -> None:
        action = self._menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(on)
        action.toggled.connect(turn)


class MagnetButton(QToolButton):
    """Points are drawn to the prices of bars while it is down."""

    def __init__(self, desk: DrawingDesk, theme: Theme) -> None:
        super().__init__()
        named(self, "magnet")
        self.setCheckable(True)
        self.setAccessibleName("Magnet")
        self.setToolTip("Draw points to the open, high, low or close of the bar; Ctrl inverts it while a point is set")
        wear(self, "magnet", theme)
        self.setChecked(desk.magnet)
        self.toggled.connect(desk.set_magnet)
        desk.changed.connect(lambda: self.setChecked(desk.magnet))
