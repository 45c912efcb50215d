"""The choice of colours: a palette, and dark or light, each also as the system has it."""

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from monitor.ports import Preferences
from monitor.ui.palettes import Palette
from monitor.ui.theme import Theme

_SCHEMES = ((True, "&Dark"), (False, "&Light"), (None, ""))


class ColoursMenu(QMenu):
    """What was chosen is ticked; a choice holds at once, and is kept."""

    def __init__(self, theme: Theme, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__("&Colours", parent)
        self._theme, self._preferences = theme, preferences
        self._palettes, self._schemes = QActionGroup(self), QActionGroup(self)
        for palette in (*Palette, None):
            self._add(self._palettes, palette.words if palette else "", palette)
        self.addSeparator()
        for dark, words in _SCHEMES:
            self._add(self._schemes, words, dark)
        self._palettes.triggered.connect(lambda action: self._choose(action.data()))
        self._schemes.triggered.connect(lambda action: self._use(action.data()))
        theme.changed.connect(self._tick)
        self._tick()

    def _add(self, group: QActionGroup, words: str, choice: Palette | bool | None) -> None:
        action = QAction(words, group)
        action.setCheckable(True)
        action.setData(choice)
        self.addAction(action)

    def _choose(self, palette: str | None) -> None:
        self._theme.choose(None if palette is None else Palette(palette))
        self._theme.keep(self._preferences)

    def _use(self, dark: bool | None) -> None:
        self._theme.use(dark)
        self._theme.keep(self._preferences)

    def _tick(self) -> None:
        theme = self._theme
        for group, choice in ((self._palettes, theme.chosen), (self._schemes, theme.scheme)):
            for action in group.actions():
                action.setChecked(action.data() == choice)
        asked = "high contrast" if theme.asked is Palette.HIGH_CONTRAST else "green and red"
        self._palettes.actions()[-1].setText(f"&As the system asks ({asked})")
        self._schemes.actions()[-1].setText("Dark or light as the &system is")
