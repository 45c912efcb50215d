"""Where one is on the way to a sign-in: 1 Terms · 2 Developer key · 3 Keeping · 4 Sign in."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from monitor.ui.icons import SIDE, icon
from monitor.ui.panel import named
from monitor.ui.signin.steps import Step
from monitor.ui.theme import Theme


class StepBar(QWidget):
    """The steps in a row: those done carry a check, the present one stands out; one step alone needs no bar."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("stepBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 10, 16, 10)
        self._row.setSpacing(8)
        self.hide()

    def show_steps(self, steps: Sequence[Step], present: Step | None) -> None:
        """Draw ``steps`` with ``present`` as the one that is open; None hides the bar."""
        self._clear()
        self.setVisible(present in steps and len(steps) > 1)
        if present is None or present not in steps:
            return
        here = list(steps).index(present)
        self.setAccessibleName(f"Step {here + 1} of {len(steps)}: {present}")
        self._row.addStretch(1)
        for index, step in enumerate(steps):
            if index:
                line = named(QLabel(), "stepLine")
                line.setFixedSize(24, 1)
                self._row.addWidget(line)
            tone = "done" if index < here else "here" if index == here else "ahead"
            self._row.addWidget(self._number(index + 1, tone))
            self._row.addWidget(_toned(named(QLabel(step), "stepName"), tone))
        self._row.addStretch(1)

    def _number(self, number: int, tone: str) -> QLabel:
        label = _toned(named(QLabel(str(number)), "stepNumber"), tone)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        if tone == "done":
            label.setPixmap(icon("check", self._theme.colours.good).pixmap(SIDE - 4))
        return label

    def _clear(self) -> None:
        while item := self._row.takeAt(0):
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()


def _toned(label: QLabel, tone: str) -> QLabel:
    label.setProperty("tone", tone)
    return label
