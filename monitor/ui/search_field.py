"""A field to search in, whose arrow keys move through the list of what was found."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QListWidget

_MOVES = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}


class SearchField(QLineEdit):
    """``name`` is what a reader of the screen calls it."""

    def __init__(self, hint: str, name: str, found: QListWidget) -> None:
        super().__init__()
        self._found = found
        self.setPlaceholderText(hint)
        self.setAccessibleName(name)
        self.setClearButtonEnabled(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _MOVES:
            QApplication.sendEvent(self._found, event)
        else:
            super().keyPressEvent(event)
