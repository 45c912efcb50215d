"""Saving what an export dialog says as a recipe: its name, how many days it takes, and when it is made by itself."""

from msgspec.structs import replace
from PySide6.QtCore import QTime, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from monitor.errors import BadData
from monitor.ports import Recipe, Recipes
from monitor.ui.panel import named, rename
from monitor.ui.view_ports import ViewPorts

_MOST_DAYS = 2000
_TIME_WIDTH = 80


class RecipeDialog(QDialog):
    """Opened with ``open()``; ``draft`` is what the export dialog says. ``saved`` carries the recipe's name."""

    saved = Signal(str)

    def __init__(self, ports: ViewPorts, draft: Recipe, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save as recipe")
        self._ports, self._draft = ports, draft
        self._recipes = Recipes(ports.preferences)
        self._replaceable = ""
        self.name = QLineEdit(draft.name)
        self.days = QSpinBox()
        self.days.setRange(1, _MOST_DAYS)
        self.days.setValue(draft.days)
        self.daily = QCheckBox("Every day at")
        self.at = QTimeEdit(QTime(16, 30))
        self.at.setDisplayFormat("HH:mm")
        self.at.setAccessibleName("Time of day, New York")
        self.at.setMinimumWidth(_TIME_WIDTH)
        self.at.setEnabled(False)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        self.save = self.buttons.button(QDialogButtonBox.StandardButton.Save)
        self._lay_out()
        self.daily.toggled.connect(self.at.setEnabled)
        self.name.textChanged.connect(lambda: self._say("", "hint"))
        self.buttons.accepted.connect(self.keep)
        self.buttons.rejected.connect(self.reject)

    def keep(self) -> None:
        """Save it and close; a name that is taken is asked about."""
        name = self.name.text().strip()
        if name in self._recipes.all() and name != self._replaceable:
            self._replaceable = name
            self._say(f"There is a recipe “{name}” already. Press Save once more to replace it.", "warning")
            return
        daily_at = self.at.time().toString("HH:mm") if self.daily.isChecked() else ""
        recipe = replace(self._draft, name=name, days=self.days.value(), daily_at=daily_at)
        try:
            self._recipes.save(recipe, self._ports.meters.now_ms())
        except BadData as error:
            self._say(error.sentence, "failure")
            return
        self.saved.emit(name)
        self.accept()

    def _say(self, sentence: str, tone: str) -> None:
        rename(self.sentence, tone)
        self.sentence.setText(sentence)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(named(QLabel("Save as recipe"), "heading"))
        days, at = QHBoxLayout(), QHBoxLayout()
        for row, first, words in ((days, self.days, "trading days"), (at, self.at, "New York time")):
            row.addWidget(first)
            row.addWidget(named(QLabel(words), "hint"))
            row.addStretch(1)
        form = QFormLayout()
        form.addRow("&Name", self.name)
        last = QLabel("Of the &last")
        last.setBuddy(self.days)
        form.addRow(last, days)
        form.addRow(self.daily, at)
        column.addLayout(form)
        column.addWidget(named(QLabel(f"Written to {self._draft.folder}, each day under its own name."), "hint"))
        column.addWidget(self.sentence)
        column.addWidget(self.buttons)
