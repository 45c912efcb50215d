"""Words in the middle of an empty panel, with a button when the person can help."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from monitor.ui.panel import named


class Message(QWidget):
    """One sentence and at most one button, centred over its parent; hidden while there is nothing to say."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._act: Callable[[], object] | None = None
        self._label = named(QLabel(), "emptyText")
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._label.setWordWrap(True)
        self._button = named(QPushButton(), "emptyButton")
        self._button.clicked.connect(self._pressed)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(self._label)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown; empty while hidden."""
        return "" if self.isHidden() else self._label.text()

    @property
    def button(self) -> QPushButton:
        return self._button

    def say(self, sentence: str, button: str = "", act: Callable[[], object] | None = None) -> None:
        """Show ``sentence``; a ``button`` with these words does ``act``."""
        self._label.setText(sentence)
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self._act = act
        self.show()
        self.raise_()

    def _pressed(self) -> None:
        if self._act is not None:
            self._act()
