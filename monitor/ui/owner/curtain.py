"""What is seen between two windows, while one world's services end and the next one's begin."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QLabel, QProgressBar, QVBoxLayout

from monitor.ui.panel import named

_WIDTH = 360


class Curtain(QDialog):
    """A few words and a moving bar; a person cannot close it, the next window takes it away."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Market Monitor")
        self._words = named(QLabel(), "heading")
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        progress = QProgressBar()
        progress.setRange(0, 0)
        progress.setTextVisible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(self._words)
        column.addWidget(progress)
        self.setFixedWidth(_WIDTH)

    def fall(self, words: str) -> None:
        """Say what is going on, until ``hide``."""
        self._words.setText(words)
        self.show()

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()

    def reject(self) -> None:
        """Esc changes nothing either."""
