"""The choice of when there is to be a stream: around the clock, or only while the market trades."""

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from monitor.market.hours import Hours
from monitor.ports import Preferences

_KEY = "stream-hours"
_WORDS = {
    Hours.ALWAYS: "&Around the clock",
    Hours.EXTENDED: "While the market trades, with &pre- and post-market",
    Hours.REGULAR: "In &regular hours only",
}


def chosen_hours(preferences: Preferences) -> Hours:
    """What was chosen; around the clock unless told."""
    chosen = preferences.get(_KEY, Hours.ALWAYS)
    return Hours(chosen) if chosen in set(Hours) else Hours.ALWAYS


class StreamHours(QMenu):
    """One of the hours is ticked; a choice holds from the next second on."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__("When to strea&m", parent)
        self._preferences = preferences
        self._group = QActionGroup(self)
        for hours, words in _WORDS.items():
            action = self.addAction(words)
            action.setCheckable(True)
            action.setData(hours.value)
            action.setChecked(hours is chosen_hours(preferences))
            self._group.addAction(action)
        self._group.triggered.connect(self._choose)

    def _choose(self, action: QAction) -> None:
        self._preferences.set(_KEY, action.data())
