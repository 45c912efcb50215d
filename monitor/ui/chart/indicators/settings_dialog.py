"""The parameters, source and colours of one indicator, as its description tells them."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QDateTime, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QColorDialog,
    QComboBox,
    QDateTimeEdit,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from monitor.analysis.indicators import Draw, Kind, Output, Parameter, Settings, Source
from monitor.analysis.indicators.description import SERIES_COLOURS, Value
from monitor.errors import BadData
from monitor.ui.palettes import Colours
from monitor.ui.panel import named, rename
from monitor.ui.swatch import swatch

_NAMED = ("accent", "amber", "up", "down", "dim", "text", *SERIES_COLOURS)
_OTHER = "Other…"


class SettingsDialog(QDialog):
    """Opened with ``open()``; ``chosen`` carries the new Settings once OK is pressed."""

    chosen = Signal(object)

    def __init__(self, settings: Settings, colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        description = settings.description
        self.setWindowTitle(description.title)
        self.setMinimumWidth(380)
        self._settings = settings
        self._palette = colours
        self._read: dict[str, Callable[[], Value]] = {}
        self.fields: dict[str, QWidget] = {}
        self.source = QComboBox()
        self.colours: dict[str, QComboBox] = {}
        self.shown: dict[str, QCheckBox] = {}
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        for parameter in description.parameters:
            field = self._field(parameter, settings.values[parameter.name])
            self.fields[parameter.name] = field
            form.addRow(parameter.title, field)
        if description.source_chosen:
            for source in Source:
                self.source.addItem(source.label, source)
            self.source.setCurrentIndex(self.source.findData(settings.source or description.source))
            form.addRow("Source", self.source)
        for output in description.outputs:
            if output.draw is not Draw.NOTHING:
                form.addRow(output.title, self._line(output))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok
            | QDialogButtonBox.StandardButton.Cancel
            | QDialogButtonBox.StandardButton.RestoreDefaults
        )
        buttons.accepted.connect(self.keep)
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults).clicked.connect(self.restore)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(20, 16, 20, 16)
        whole.setSpacing(12)
        whole.addWidget(named(QLabel(description.title), "heading"))
        whole.addLayout(form)
        whole.addWidget(self.sentence)
        whole.addWidget(buttons)

    def keep(self) -> None:
        """Take what the fields say, and close; a sentence says what does not fit."""
        try:
            settings = self._settings_now()
        except BadData as error:
            rename(self.sentence, "failure")
            self.sentence.setText(error.sentence)
            return
        self.chosen.emit(settings)
        self.accept()

    def restore(self) -> None:
        """The defaults, in place of what was set."""
        self.chosen.emit(Settings(self._settings.name))
        self.accept()

    def _settings_now(self) -> Settings:
        description = self._settings.description
        defaults = {parameter.name: parameter.default for parameter in description.parameters}
        values = {name: read() for name, read in self._read.items()}
        colours = {name: str(box.currentData()) for name, box in self.colours.items()}
        source = self.source.currentData() if description.source_chosen else None
        kept = {key: colour for key, colour in self._settings.colours.items() if key not in colours}
        usual = {output.name: output.colour for output in description.outputs}
        return Settings(
            self._settings.name,
            {name: value for name, value in values.items() if value != defaults[name]},
            Source(source) if source and source != description.source else None,
            kept | {name: colour for name, colour in colours.items() if colour != usual[name]},
            tuple(name for name, box in self.shown.items() if not box.isChecked()),
        )

    def _field(self, parameter: Parameter, value: Value) -> QWidget:
        if parameter.kind is Kind.CHOICE:
            box = QComboBox()
            for option, title in parameter.options:
                box.addItem(title, option)
            box.setCurrentIndex(box.findData(value))
            self._read[parameter.name] = lambda: str(box.currentData())
            return box
        if parameter.kind is Kind.MOMENT:
            edit = QDateTimeEdit(QDateTime.fromMSecsSinceEpoch(int(value)))
            edit.setDisplayFormat("yyyy-MM-dd HH:mm")
            edit.setCalendarPopup(True)
            self._read[parameter.name] = lambda: edit.dateTime().toMSecsSinceEpoch()
            return edit
        if parameter.kind is Kind.WHOLE:
            spin = QSpinBox()
            spin.setRange(int(parameter.least), int(parameter.most))
            spin.setValue(int(value))
            self._read[parameter.name] = spin.value
            return spin
        decimal = QDoubleSpinBox()
        decimal.setDecimals(4)
        decimal.setRange(parameter.least, parameter.most)
        decimal.setSingleStep(max(abs(float(parameter.default)) / 10, 0.01))
        decimal.setValue(float(value))
        self._read[parameter.name] = decimal.value
        return decimal

    def _line(self, output: Output) -> QWidget:
        row, box, shown = QWidget(), QComboBox(), QCheckBox("Shown")
        shown.setChecked(output.name not in self._settings.hidden)
        self._offer_colours(box, self._settings.colour(output))
        box.setAccessibleName(f"Colour of {output.title}")
        box.activated.connect(partial(self._take_other, box))
        columns = QHBoxLayout(row)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.addWidget(box, 1)
        columns.addWidget(shown)
        self.colours[output.name], self.shown[output.name] = box, shown
        return row

    def _offer_colours(self, box: QComboBox, colour: str) -> None:
        for number, name in enumerate(_NAMED):
            words = name.capitalize() if number < 6 else f"Colour {number - 5}"
            box.addItem(swatch(self._palette, name), words, name)
        if colour not in _NAMED:
            box.addItem(swatch(self._palette, colour), colour, colour)
        box.addItem(_OTHER)
        box.setCurrentIndex(box.findData(colour))

    def _take_other(self, box: QComboBox, place: int) -> None:
        """Ask for a colour of one's own."""
        if box.itemText(place) != _OTHER:
            return
        asking = QColorDialog(self)
        asking.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        asking.colorSelected.connect(partial(self._add_colour, box))
        asking.rejected.connect(partial(box.setCurrentIndex, 0))
        asking.finished.connect(asking.deleteLater)
        asking.open()

    def _add_colour(self, box: QComboBox, colour: QColor) -> None:
        box.insertItem(box.count() - 1, swatch(self._palette, colour.name()), colour.name(), colour.name())
        box.setCurrentIndex(box.count() - 2)
