"""Going to a day: a small dialog that asks for it."""

from datetime import date

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from monitor.ui.day_field import day_field, day_of


class GoToDialog(QDialog):
    """Opened with ``open()``; ``chosen`` carries the day."""

    chosen = Signal(object)

    def __init__(self, day: date, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Go to date")
        self.day = day_field(day)
        form = QFormLayout()
        form.addRow("&Day", self.day)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._go)
        buttons.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(20, 16, 20, 16)
        whole.setSpacing(12)
        whole.addLayout(form)
        whole.addWidget(buttons)

    def _go(self) -> None:
        self.chosen.emit(day_of(self.day))
        self.accept()
