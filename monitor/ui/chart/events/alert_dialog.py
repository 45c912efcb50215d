"""The dialog of one alert: its price, which way and how often it fires, and a note."""

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from monitor.analysis.alert_rules import tick_of
from monitor.market.alert import Alert
from monitor.ui.chart.events.alert_words import DIRECTIONS
from monitor.ui.panel import named

_LONGEST_NOTE = 200
_HIGHEST = 10_000_000.0


class AlertDialog(QDialog):
    """Opened with ``open()``; ``chosen`` carries the alert as it should be, which waits for the price again."""

    chosen = Signal(object)

    def __init__(self, alert: Alert, new: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._alert = alert
        title = f"{'New alert' if new else 'Alert'} · {alert.symbol}"
        self.setWindowTitle(title)
        self.price = _price_field(alert.price, alert.price, -_HIGHEST)
        self.direction = QComboBox()
        for direction, words in DIRECTIONS.items():
            self.direction.addItem(words.capitalize(), direction)
        self.direction.setCurrentIndex(list(DIRECTIONS).index(alert.direction))
        self.again = QCheckBox("&Again, once the price was")
        self.again.setChecked(alert.again)
        self.rearm = _price_field(alert.rearm, alert.price, 0.0)
        self.rearm.setAccessibleName("How far the price has to go from the line before the alert fires again")
        self.rearm.setEnabled(alert.again)
        self.again.toggled.connect(self.rearm.setEnabled)
        self.note = QLineEdit(alert.note)
        self.note.setMaxLength(_LONGEST_NOTE)
        self.note.setPlaceholderText("Told with the alert")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self._take)
        self.buttons.rejected.connect(self.reject)
        self._lay_out(title)
        self.price.setFocus()
        self.price.selectAll()

    def _lay_out(self, title: str) -> None:
        again = QHBoxLayout()
        again.addWidget(self.again)
        again.addWidget(self.rearm)
        again.addWidget(named(QLabel("away"), "hint"))
        again.addStretch(1)
        form = QFormLayout()
        form.addRow("&Price", self.price)
        form.addRow("&Crossed", self.direction)
        form.addRow("", again)
        form.addRow("&Note", self.note)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(named(QLabel(title), "heading"))
        column.addLayout(form)
        column.addWidget(self.buttons)

    def _take(self) -> None:
        if not self.price.value():
            self.price.setFocus()
            return
        self.chosen.emit(
            replace(
                self._alert,
                price=self.price.value(),
                direction=self.direction.currentData(),
                again=self.again.isChecked(),
                rearm=self.rearm.value(),
                note=self.note.text().strip(),
                active=True,
            )
        )
        self.accept()


def _price_field(value: float, price: float, least: float) -> QDoubleSpinBox:
    """A field for a price, or a distance of one, with the decimals that ``price`` needs."""
    tick = tick_of(price)
    decimals = next((n for n in range(2 if tick == 0.01 else 4, 6) if round(price, n) == price), 6)
    field = QDoubleSpinBox()
    field.setDecimals(decimals)
    field.setRange(least, _HIGHEST)
    field.setSingleStep(10.0**-decimals)
    field.setValue(value)
    return field
