"""The field over the chart that takes the words of a drawing."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from monitor.ui.panel import named

_WIDTH_PX = 220
_LONGEST = 200


class TextEntry(QLineEdit):
    """Enter and a click elsewhere take what is written, Esc leaves it."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        named(self, "drawingText")
        self._canvas = canvas
        self._take: Callable[[str], None] | None = None
        self.setAccessibleName("Text of the drawing")
        self.setPlaceholderText("Text · Enter keeps it")
        self.setMaxLength(_LONGEST)
        self.returnPressed.connect(self._finish)
        self.hide()

    def begin(self, at: QPoint, text: str, take: Callable[[str], None]) -> None:
        """Show the field with its words at ``at``; ``take`` hears what was written, without blanks around it."""
        self._finish()
        self.setText(text)
        self.setFixedWidth(min(_WIDTH_PX, self._canvas.width() - 8))
        self.adjustSize()
        left = min(max(4, at.x() - 8), self._canvas.width() - self.width() - 4)
        top = min(max(4, at.y() - self.height() // 2), self._canvas.height() - self.height() - 4)
        self.move(left, top)
        self._take = take
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.selectAll()

    def _finish(self) -> None:
        take = self._leave()
        if take is not None:
            take(self.text().strip())

    def _leave(self) -> Callable[[str], None] | None:
        take, self._take = self._take, None
        if take is not None:
            if self.hasFocus():
                self._canvas.setFocus()
            self.hide()
        return take

    def event(self, event: QEvent) -> bool:
        """Every key is for the words, not for the chart below."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._finish()
