"""The menu of layouts: how many charts, and how they stand."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from monitor.ui.chart.grid_layout import GridLayout
from monitor.ui.icons import wear
from monitor.ui.theme import Theme


class LayoutMenu(QMenu):
    """``chosen`` carries a GridLayout."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Chart la&yout", parent)
        group = QActionGroup(self)
        self._actions = {}
        for layout in GridLayout:
            action = self.addAction(layout.title)
            wear(action, layout.icon, theme)
            action.setCheckable(True)
            action.triggered.connect(lambda _checked=False, layout=layout: self.chosen.emit(layout))
            group.addAction(action)
            self._actions[layout] = action

    def show_layout(self, layout: GridLayout) -> None:
        """Mark the layout in use."""
        self._actions[layout].setChecked(True)
