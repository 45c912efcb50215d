"""The tables of the sheet: a line each, with what it takes in each tier, and how long and how much of it is kept."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSpinBox, QWidget

from monitor.ports import STREAMED, Keep, Tier, TierUse
from monitor.ui.panel import named
from monitor.ui.storage import phrases

_HEADS = (
    "",
    "In the database",
    "In files beside it",
    "In files elsewhere",
    "Keep for",
    "Keep at most",
    "Would be deleted",
)
_HINTS = {
    1: "monitor.db: what is new, and reads fastest",
    2: "The folder “warm” in the data folder",
    3: "The folder or bucket for old files, chosen below",
    4: "Older days are deleted for good; only what is in files is",
    5: "Of files, both kinds together; the oldest days go first",
}
_GB = 1024**3


class TableLines(QWidget):
    """``changed`` tells that ``keep`` may be another."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.used: dict[tuple[str, Tier], QLabel] = {}
        self.days: dict[str, QSpinBox] = {}
        self.gigabytes: dict[str, QSpinBox] = {}
        self.freed: dict[str, QLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        for column, words in enumerate(_HEADS):
            head = named(QLabel(words), "hint")
            head.setToolTip(_HINTS.get(column, ""))
            grid.addWidget(head, 0, column)
        for row, (table, words) in enumerate(STREAMED.items(), start=1):
            grid.addWidget(QLabel(words.capitalize()), row, 0)
            for column, tier in enumerate(Tier, start=1):
                label = self.used[table, tier] = QLabel("…")
                grid.addWidget(label, row, column)
            days = self.days[table] = self._box(" days", "for ever", f"Days to keep {words}")
            size = self.gigabytes[table] = self._box(" GB", "any size", f"Gigabytes of {words} to keep")
            freed = self.freed[table] = QLabel("")
            for column, widget in enumerate((days, size, freed), start=4):
                grid.addWidget(widget, row, column)
        grid.setColumnStretch(len(_HEADS) - 1, 1)

    @property
    def keep(self) -> dict[str, Keep]:
        """The rules that are not “for ever, and any size”."""
        rules = {
            table: Keep(self.days[table].value() or None, (self.gigabytes[table].value() * _GB) or None)
            for table in STREAMED
        }
        return {table: rule for table, rule in rules.items() if rule != Keep()}

    def show_keep(self, keep: dict[str, Keep]) -> None:
        """Fill the boxes."""
        for table in STREAMED:
            rule = keep.get(table, Keep())
            self.days[table].setValue(rule.days or 0)
            self.gigabytes[table].setValue(-(-(rule.bytes or 0) // _GB))

    def show_uses(self, uses: Sequence[TierUse]) -> None:
        """Say what each table takes in each tier."""
        found = {(use.table, use.tier): use for use in uses}
        for key, label in self.used.items():
            label.setText(phrases.used(found.get(key)))
            label.setToolTip(phrases.days_of(found.get(key)))

    def show_unknown(self, sentence: str) -> None:
        """Say why nobody knows what is taken."""
        for label in self.used.values():
            label.setText("unknown")
            label.setToolTip(sentence)

    def show_freed(self, uses: Sequence[TierUse], known: bool = True) -> None:
        """Say what would be deleted of each, where that is known."""
        for table, label in self.freed.items():
            of_it = [use for use in uses if use.table == table]
            ruled = self.days[table].value() or self.gigabytes[table].value()
            label.setText(phrases.freed(of_it) if known and ruled else "")
            label.setToolTip("\n".join(phrases.days_of(use) for use in of_it))

    def _box(self, unit: str, none: str, name: str) -> QSpinBox:
        box = QSpinBox()
        box.setRange(0, 36_500)
        box.setSuffix(unit)
        box.setSpecialValueText(none)
        box.setAccessibleName(name)
        box.setMinimumWidth(110)
        give_air(box)
        box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # a wheel that passes by changes nothing
        box.valueChanged.connect(lambda _: self.changed.emit())
        return box


def give_air(box: QSpinBox) -> None:
    """Keep the number off the frame, where it stands with a style sheet."""
    box.lineEdit().setTextMargins(6, 0, 0, 0)
