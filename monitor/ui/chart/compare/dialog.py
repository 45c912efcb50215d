"""The symbols a chart is compared with: found by symbol or name, added with Enter or a double click, listed beside."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from monitor.ui.chart.compare.compared import Compared, State
from monitor.ui.offers import offers
from monitor.ui.palettes import Colours
from monitor.ui.panel import named, rename
from monitor.ui.search_field import SearchField
from monitor.ui.swatch import swatch
from monitor.ui.view_ports import ViewPorts

if TYPE_CHECKING:
    from monitor.ui.chart.compare.on_chart import ChartComparison

_SEARCH = "compare search"
_HINT = "Every line begins at 0 % at the first bar in view."


class CompareDialog(QDialog):
    """Opened with ``open()``; what is done in it is on the chart at once."""

    def __init__(
        self, ports: ViewPorts, comparison: "ChartComparison", colours: Colours, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Compare symbols")
        self.setMinimumSize(640, 380)
        self._ports, self._comparison, self._colours = ports, comparison, colours
        self.found, self.chosen = QListWidget(), QListWidget()
        self.field = SearchField("Symbol or name", "Symbol to compare with", self.found)
        self.found.setAccessibleName("Symbols found")
        self.chosen.setAccessibleName("Symbols on the chart")
        self.sentence = named(QLabel(_HINT), "hint")
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.add_button, self.hide_button = QPushButton("&Add"), QPushButton("&Hide")
        self.remove_button, self.retry_button = QPushButton("&Remove"), QPushButton("&Try again")
        self.close_button = QPushButton("Close")
        self._lay_out()
        self._connect()
        self._list()

    def say(self, sentence: str) -> None:
        """Why something was not done."""
        rename(self.sentence, "failure" if sentence else "hint")
        self.sentence.setText(sentence or _HINT)

    def add(self) -> None:
        """Compare with the symbol that is selected among those found, else with the one that was typed."""
        item = self.found.currentItem()
        text = str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else self.field.text()
        if text.strip():
            self.say("")
            self.field.selectAll()
            self._comparison.add(text)

    def done(self, result: int) -> None:
        self._ports.tasks.cancel(_SEARCH)
        self._comparison.changed.disconnect(self._list)
        self._comparison.refused.disconnect(self.say)
        super().done(result)

    def _current(self) -> Compared | None:
        place, compared = self.chosen.currentRow(), self._comparison.compared
        return compared[place] if 0 <= place < len(compared) else None

    def _on_current(self, act: Callable[[Compared], None]) -> None:
        current = self._current()
        if current is not None:
            self.say("")
            act(current)

    def _search(self, text: str) -> None:
        self.say("")
        self.found.clear()
        if text.strip():
            self._ports.tasks.start(_SEARCH, self._find(text.strip()))
        else:
            self._ports.tasks.cancel(_SEARCH)
        self._show_usable()

    async def _find(self, text: str) -> None:
        async for instruments in offers(self._ports, text):
            picked = self.found.currentItem()
            before = picked.data(Qt.ItemDataRole.UserRole) if picked is not None else None
            self.found.clear()
            for instrument in instruments:
                item = QListWidgetItem(f"{instrument.symbol}    {instrument.description}".rstrip())
                item.setData(Qt.ItemDataRole.UserRole, instrument.symbol)
                self.found.addItem(item)
                # What was typed whole is what is meant; else nothing is, until one is picked.
                if instrument.symbol in (before, text.upper()):
                    self.found.setCurrentItem(item)

    def _list(self) -> None:
        place = self.chosen.currentRow()
        self.chosen.clear()
        for each in self._comparison.compared:
            words = "hidden" if not each.visible else "" if each.state is State.SHOWN else each.state.value
            item = QListWidgetItem(swatch(self._colours, each.colour_name), f"{each.symbol}   {words}".rstrip())
            item.setToolTip(each.words)
            self.chosen.addItem(item)
        self.chosen.setCurrentRow(min(max(place, 0), self.chosen.count() - 1))
        self._show_usable()

    def _show_usable(self) -> None:
        current = self._current()
        self.add_button.setEnabled(bool(self.field.text().strip()))
        for button in (self.hide_button, self.remove_button):
            button.setEnabled(current is not None)
        self.hide_button.setText("S&how" if current is not None and not current.visible else "&Hide")
        troubled = current is not None and current.state in (State.EMPTY, State.FAILED)
        self.retry_button.setVisible(troubled)
        if current is not None and troubled:
            rename(self.sentence, "warning")
            self.sentence.setText(current.words)
        elif self.sentence.objectName() == "warning":
            self.say("")

    def _connect(self) -> None:
        self._comparison.changed.connect(self._list)
        self._comparison.refused.connect(self.say)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self.add)
        self.found.itemDoubleClicked.connect(self.add)
        self.chosen.currentRowChanged.connect(self._show_usable)
        clicks: tuple[tuple[QPushButton, Callable[[], object]], ...] = (
            (self.add_button, self.add),
            (self.hide_button, lambda: self._on_current(self._comparison.toggle)),
            (self.remove_button, lambda: self._on_current(self._comparison.remove)),
            (self.retry_button, lambda: self._on_current(self._comparison.retry)),
            (self.close_button, self.accept),
        )
        for button, act in clicks:
            button.setAutoDefault(False)
            button.clicked.connect(act)

    def _lay_out(self) -> None:
        lists = QHBoxLayout()
        lists.setSpacing(16)
        columns: tuple[tuple[str, list[QWidget], tuple[QPushButton, ...]], ...] = (
            ("Compare with", [self.field, self.found], (self.add_button,)),
            ("On the chart", [self.chosen], (self.hide_button, self.remove_button, self.retry_button)),
        )
        for title, widgets, buttons in columns:
            column = QVBoxLayout()
            column.addWidget(named(QLabel(title), "heading"))
            for widget in widgets:
                column.addWidget(widget, 1 if isinstance(widget, QListWidget) else 0)
            row = QHBoxLayout()
            for button in buttons:
                row.addWidget(button)
            row.addStretch(1)
            column.addLayout(row)
            lists.addLayout(column, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(20, 16, 20, 16)
        whole.setSpacing(12)
        whole.addLayout(lists, 1)
        last = QHBoxLayout()
        last.addWidget(self.sentence, 1)
        last.addWidget(self.close_button)
        whole.addLayout(last)
