"""How a file is laid out: its format, the zone of its times, its decimal mark, and a description beside it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QHBoxLayout, QWidget

from monitor.ports import DecimalMark, Layout, Preferences, Zone

_FORMATS = (("CSV", ".csv"), ("Parquet", ".parquet"))
_ZONES = tuple((zone.words, zone) for zone in Zone)
_DECIMALS = (("1.5 and commas", DecimalMark.POINT), ("1,5 and semicolons", DecimalMark.COMMA))


class LayoutFields(QWidget):
    """The fields as they were left, and kept again with ``keep``; ``format_chosen`` gives how its name ends."""

    format_chosen = Signal(str)

    def __init__(self, preferences: Preferences, described: bool, parent: QWidget | None = None) -> None:
        """``described`` is whether what is exported can have a description beside it."""
        super().__init__(parent)
        self._preferences = preferences
        self._described = described
        self.format, self.zone, self.decimal = QComboBox(), QComboBox(), QComboBox()
        for box, key, choices in (
            (self.format, "format", _FORMATS),
            (self.zone, "zone", _ZONES),
            (self.decimal, "decimal", _DECIMALS),
        ):
            for words, value in choices:
                box.addItem(words, value)
            box.setCurrentIndex(max(box.findData(preferences.get(f"export/{key}")), 0))
        self.sidecar = QCheckBox("Describe it in a JSON file beside it: range, sources, gaps")
        self.sidecar.setChecked(preferences.get("export/sidecar", "yes") == "yes")
        numbers = QHBoxLayout()
        numbers.addWidget(self.format)
        numbers.addWidget(self.decimal, 1)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("&Format", numbers)
        form.labelForField(numbers).setBuddy(self.format)  # type: ignore[attr-defined]
        form.addRow("&Times in", self.zone)
        form.addRow("", self.sidecar)
        for field in (self.zone, self.sidecar):  # a table has its texts already
            form.setRowVisible(field, described)
        self.format.setAccessibleName("Format")
        self.decimal.setAccessibleName("Decimals and columns")
        self.format.currentIndexChanged.connect(self._take_format)
        self._take_format()

    @property
    def suffix(self) -> str:
        """How the file's name ends."""
        return str(self.format.currentData())

    def chosen(self) -> Layout:
        return Layout(Zone(self.zone.currentData()), DecimalMark(self.decimal.currentData()))

    def wants_sidecar(self) -> bool:
        return self._described and self.sidecar.isChecked()

    def show_suffix(self, suffix: str) -> None:
        """Take up the format that a file's name tells; any other end changes nothing."""
        place = self.format.findData(suffix.lower())
        if place >= 0:
            self.format.setCurrentIndex(place)

    def keep(self) -> None:
        """Remember the choices for the next time."""
        for box, key in ((self.format, "format"), (self.zone, "zone"), (self.decimal, "decimal")):
            self._preferences.set(f"export/{key}", str(box.currentData()))
        if self._described:
            self._preferences.set("export/sidecar", "yes" if self.sidecar.isChecked() else "no")

    def _take_format(self) -> None:
        self.decimal.setEnabled(self.suffix == ".csv")
        self.format_chosen.emit(self.suffix)
