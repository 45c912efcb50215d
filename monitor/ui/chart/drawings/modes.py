"""Magnet and hide-all: what holds for the drawings of all charts at once, and is kept."""

from PySide6.QtCore import QObject, Signal

from monitor.ports import Preferences

_MAGNET, _HIDDEN = "drawings.magnet", "drawings.hidden"


class DrawingModes(QObject):
    """``changed`` tells that one of them was turned on or off."""

    changed = Signal()

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self._magnet = preferences.get(_MAGNET) == "on"
        self._hidden = preferences.get(_HIDDEN) == "on"

    @property
    def magnet(self) -> bool:
        """Whether points are drawn to the prices of bars."""
        return self._magnet

    @property
    def all_hidden(self) -> bool:
        """Whether no drawing is shown at all."""
        return self._hidden

    def set_magnet(self, on: bool) -> None:
        if on is not self._magnet:
            self._magnet = on
            self._preferences.set(_MAGNET, "on" if on else "off")
            self.changed.emit()

    def hide_all(self, hidden: bool) -> None:
        if hidden is not self._hidden:
            self._hidden = hidden
            self._preferences.set(_HIDDEN, "on" if hidden else "off")
            self.changed.emit()
