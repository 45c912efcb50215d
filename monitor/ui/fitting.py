"""A label that says less where there is less room."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget


class FittingLabel(QLabel):
    """Plain words that give way instead of widening their surroundings.

    They take a shorter form, or end in an ellipsis where they have none: a number must not be cut in its middle.
    """

    def __init__(self, words: str = "", parent: QWidget | None = None) -> None:
        super().__init__(words, parent)
        self._shorter: tuple[str, ...] = ()
        self.setTextFormat(Qt.TextFormat.PlainText)

    def show_words(self, words: str, *shorter: str) -> None:
        """Say ``words``, or the first ``shorter`` form that fits."""
        self._shorter = shorter
        self.setText(words)

    @property
    def fitting(self) -> str:
        """The words as they are painted."""
        metrics, room = self.fontMetrics(), self.width()
        for words in (self.text(), *self._shorter):
            if metrics.horizontalAdvance(words) <= room:
                return words
        return "" if self._shorter else metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002  Qt's signature
        QPainter(self).drawText(self.rect(), self.alignment(), self.fitting)
