"""The indicators of a chart: found by any word, added with Enter or a double click, and listed beside."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from monitor.analysis.indicators import Description, Settings, search
from monitor.ui.chart.indicators.settings_dialog import SettingsDialog
from monitor.ui.palettes import Colours
from monitor.ui.panel import named
from monitor.ui.search_field import SearchField


class IndicatorsDialog(QDialog):
    """Opened with ``open()``; ``changed`` carries the list of Settings each time it is another."""

    changed = Signal(object)

    def __init__(self, indicators: list[Settings], colours: Colours, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Indicators")
        self.setMinimumSize(640, 460)
        self._indicators, self._colours = list(indicators), colours
        self.found, self.chosen = QListWidget(), QListWidget()
        self.field = SearchField("Search, such as rsi, bands or volume", "Search indicators", self.found)
        self.found.setAccessibleName("Indicators found")
        self.chosen.setAccessibleName("Indicators on the chart")
        self.nothing = named(QLabel("Nothing is called so."), "hint")
        self.add_button, self.settings_button = QPushButton("&Add"), QPushButton("&Settings…")
        self.remove_button, self.close_button = QPushButton("&Remove"), QPushButton("Close")
        self.templates_button = QPushButton("&Templates")
        #: Filled by the owner when it is about to be shown.
        self.templates = QMenu(self)
        self.templates_button.setMenu(self.templates)
        self.templates_button.setAutoDefault(False)
        self._lay_out()
        self._connect()
        self._search("")
        self._list()

    def add(self) -> None:
        """Put the indicator that is selected on the chart, with its defaults."""
        if self.found.currentRow() < 0:
            return
        description: Description = self.found.currentItem().data(Qt.ItemDataRole.UserRole)
        self._set([*self._indicators, Settings.beside(description.name, self._indicators)])
        self.chosen.setCurrentRow(len(self._indicators) - 1)

    def take(self, indicators: list[Settings]) -> None:
        """Others are on the chart by now."""
        if indicators is not self._indicators:
            self._indicators = indicators
            self._list()

    def remove(self) -> None:
        """Take the selected one off the chart."""
        place = self.chosen.currentRow()
        if place >= 0:
            self._set([each for n, each in enumerate(self._indicators) if n != place])

    def open_settings(self) -> SettingsDialog | None:
        """Set the parameters and colours of the selected one."""
        place = self.chosen.currentRow()
        if place < 0:
            return None
        dialog = SettingsDialog(self._indicators[place], self._colours, self)
        dialog.chosen.connect(lambda settings: self._replace(place, settings))
        dialog.open()
        return dialog

    def _replace(self, place: int, settings: Settings) -> None:
        self._set([settings if n == place else each for n, each in enumerate(self._indicators)])
        self.chosen.setCurrentRow(place)

    def _set(self, indicators: list[Settings]) -> None:
        self._indicators = indicators
        self._list()
        self.changed.emit(indicators)

    def _search(self, text: str) -> None:
        self.found.clear()
        for description in search(text):
            item = QListWidgetItem(f"{description.title}   {description.short or description.name}")
            item.setData(Qt.ItemDataRole.UserRole, description)
            item.setToolTip(f"{description.group} · {description.name}")
            self.found.addItem(item)
        self.found.setCurrentRow(0)
        self.nothing.setVisible(not self.found.count())

    def _list(self) -> None:
        place = self.chosen.currentRow()
        self.chosen.clear()
        for settings in self._indicators:
            self.chosen.addItem(settings.label)
        self.chosen.setCurrentRow(min(max(place, 0), self.chosen.count() - 1))
        self._show_usable()

    def _show_usable(self) -> None:
        for button in (self.settings_button, self.remove_button):
            button.setEnabled(self.chosen.currentRow() >= 0)

    def _connect(self) -> None:
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self.add)
        self.found.itemDoubleClicked.connect(self.add)
        self.chosen.itemDoubleClicked.connect(self.open_settings)
        self.chosen.currentRowChanged.connect(self._show_usable)
        clicks: tuple[tuple[QPushButton, Callable[[], object]], ...] = (
            (self.add_button, self.add),
            (self.settings_button, self.open_settings),
            (self.remove_button, self.remove),
            (self.close_button, self.accept),
        )
        for button, act in clicks:
            button.setAutoDefault(False)
            button.clicked.connect(act)

    def _lay_out(self) -> None:
        lists = QHBoxLayout()
        lists.setSpacing(16)
        for title, first, box, buttons in (
            ("Indicators", self.field, self.found, (self.add_button,)),
            ("On the chart", None, self.chosen, (self.settings_button, self.remove_button)),
        ):
            column = QVBoxLayout()
            column.addWidget(named(QLabel(title), "heading"))
            if first is not None:
                column.addWidget(first)
                column.addWidget(self.nothing)
            column.addWidget(box, 1)
            row = QHBoxLayout()
            for button in buttons:
                row.addWidget(button)
            row.addStretch(1)
            column.addLayout(row)
            lists.addLayout(column, 3 if first is not None else 2)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(20, 16, 20, 16)
        whole.addLayout(lists, 1)
        last = QHBoxLayout()
        last.addWidget(self.templates_button)
        last.addStretch(1)
        last.addWidget(self.close_button)
        whole.addLayout(last)
