"""Keys typed anywhere in the window: letters go to the symbol box, digits and the comma to the interval entry.

They are shortcuts rather than an event filter, because a text field overrides a shortcut that is a bare character,
so nothing typed into a field, a table being edited or the sign-in page is ever taken away from it.
"""

import string
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QVBoxLayout, QWidget

from monitor.errors import BadData
from monitor.market.bar import Interval
from monitor.ui.panel import named


def hear_typing(window: QWidget, letter: Callable[[str], None], digit: Callable[[str], None]) -> None:
    """Call ``letter`` or ``digit`` with each such key that no widget of the window takes for itself."""
    for character in string.ascii_uppercase:
        _shortcut(window, character, letter, character)
        _shortcut(window, f"Shift+{character}", letter, character)
    _shortcut(window, "$", letter, "$")
    for character in string.digits[1:]:
        _shortcut(window, character, digit, character)
    _shortcut(window, ",", digit, "")


def _shortcut(window: QWidget, keys: str, call: Callable[[str], None], argument: str) -> None:
    QShortcut(QKeySequence(keys), window, lambda: call(argument))


def parse_typed_interval(text: str) -> Interval:
    """The interval meant by ``5``, ``15m``, ``1h``, ``d``; a bare number is minutes. Raises BadData."""
    typed = text.strip()
    known = {interval.label.lower(): interval for interval in Interval if interval is not Interval.MONTH}
    if typed in ("M", "1M", "1mo"):
        return Interval.MONTH
    return known.get(typed.lower()) or Interval.parse(f"{typed}m" if typed.isdecimal() else typed.lower())


class IntervalEntry(QFrame):
    """A small box over the window that takes an interval; Enter chooses, Esc and a click elsewhere leave."""

    chosen = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._came_from: QWidget | None = None
        self.setObjectName("popup")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.field = QLineEdit()
        self.field.setAccessibleName("Interval")
        self.field.setPlaceholderText("5, 15m, 1h, 4h, D, W, M")
        self.hint = named(QLabel(), "hint")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.addWidget(QLabel("Change interval"))
        column.addWidget(self.field)
        column.addWidget(self.hint)
        self.field.textChanged.connect(self._preview)
        self.field.returnPressed.connect(self._enter)
        self.field.editingFinished.connect(self._leave_unless_focused)
        self.hide()

    def begin(self, text: str) -> None:
        """Show the box with what was typed so far."""
        self._came_from = self._window.focusWidget()
        self.field.setText(text)
        self._preview(text)
        self.setFixedSize(240, self.sizeHint().height())
        area = self._window.rect()
        self.move(area.center().x() - self.width() // 2, area.height() // 4)
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.end(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
            return
        super().keyPressEvent(event)

    def _preview(self, text: str) -> None:
        try:
            self.hint.setText(f"Bars of {parse_typed_interval(text).label}" if text.strip() else "Enter to choose")
        except BadData:
            self.hint.setText("A number of minutes, 1h, 4h, D, W or M")

    def _enter(self) -> None:
        try:
            interval = parse_typed_interval(self.field.text())
        except BadData:
            self.field.selectAll()
            return
        self._leave()
        self.chosen.emit(interval)

    def _leave(self) -> None:
        """Give the keyboard back to where it was."""
        if self._came_from is not None:
            self._came_from.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.hide()

    def _leave_unless_focused(self) -> None:
        if not self.field.hasFocus():
            self.hide()
