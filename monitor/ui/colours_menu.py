"""The choice of a palette, in the menu beside dark and light."""

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from monitor.ports import Preferences
from monitor.ui.palettes import Palette
from monitor.ui.theme import Theme


class ColoursMenu(QMenu):
    """The palette in use is ticked; a choice holds at once, and is kept."""

    def __init__(self, theme: Theme, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__("&Colours", parent)
        self._theme, self._preferences = theme, preferences
        self._group = QActionGroup(self)
        for palette in Palette:
            action = self.addAction(palette.words)
            action.setCheckable(True)
            action.setData(palette)
            self._group.addAction(action)
        self._group.triggered.connect(lambda action: self._choose(Palette(action.data())))
        theme.changed.connect(self._tick)
        self._tick()

    def _choose(self, palette: Palette) -> None:
        self._theme.choose(palette)
        self._theme.keep(self._preferences)

    def _tick(self) -> None:
        for action in self._group.actions():
            action.setChecked(action.data() == self._theme.palette)
