"""The choices each kind of export offers; a form gives a title, a default name and the job."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from monitor.errors import BadData
from monitor.market.bar import Interval
from monitor.market.calendar import at_new_york, from_ms, trading_days
from monitor.market.hours import Hours
from monitor.market.instrument import parse_symbols
from monitor.ports import SYMBOLLESS, ExportRequest
from monitor.ui.day_field import day_field, day_of
from monitor.ui.export.job import Job, Table
from monitor.ui.panel import named

_NOWHERE = Path()
_KINDS = (
    ("Quotes", "quotes"),
    ("Trades", "trades"),
    ("Bars", "bars"),
    ("Level 2 book", "book"),
    ("Option snapshots", "options"),
    ("Audit", "audit"),
)
_HOURS = (
    ("All hours", Hours.ALWAYS),
    ("Extended hours (07:00 to 20:00 ET)", Hours.EXTENDED),
    ("Regular hours (09:30 to 16:00 ET)", Hours.REGULAR),
)


class ExportForm(QWidget):
    """The part of the dialog above the file name."""

    changed = Signal()
    title = "Export"
    described = True  # in a file beside it

    def stem(self) -> str:
        """The file name without its ending."""
        raise NotImplementedError

    def days(self) -> int:
        """Over how many trading days a recipe of this goes; 0 where it can be none."""
        return 0

    def job(self) -> Job:
        """What to write. Raises BadData when a field holds something else than it should."""
        raise NotImplementedError


class ChartForm(ExportForm):
    """The chart's bars from the disk: those of the time in view ([start, end) ms UTC), or all."""

    title = "Export chart bars"

    def __init__(
        self, symbol: str, interval: Interval, visible: tuple[int, int], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._symbol, self._interval, self._visible = symbol, interval, visible
        anything = visible[0] < visible[1]
        self.in_view = QRadioButton(f"The bars in view{_span(visible, interval) if anything else ''}")
        self.on_disk = QRadioButton(f"All {interval.label} bars of {symbol} on disk")
        self.hours = _hours_field()
        self._group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for button in (self.in_view, self.on_disk):
            self._group.addButton(button)
            column.addWidget(button)
        if interval.intraday:
            form = QFormLayout()
            form.addRow("&Hours", self.hours)
            column.addLayout(form)
        self.in_view.setEnabled(anything)
        (self.in_view if anything else self.on_disk).setChecked(True)

    def stem(self) -> str:
        return f"{self._symbol}-{self._interval.label}"

    def job(self) -> Job:
        hours = Hours(self.hours.currentData()) if self._interval.intraday else Hours.ALWAYS
        everything = ExportRequest("bars", (self._symbol,), _NOWHERE, self._interval, hours=hours)
        if not self.in_view.isChecked():
            return everything
        start_ms, end_ms = self._visible
        return replace(everything, start_ms=start_ms, end_ms=end_ms)


class WatchlistForm(ExportForm):
    """The watchlist, row for row as it is on the screen."""

    title = "Export watchlist"
    described = False

    def __init__(self, shown: Table, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = shown
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        text = f"{len(shown.rows):,} rows and {len(shown.header)} columns, as shown now."
        column.addWidget(named(QLabel(text), "hint"))

    def stem(self) -> str:
        return "watchlist"

    def job(self) -> Job:
        return self._shown


class RecordedForm(ExportForm):
    """Recorded quotes, trades, bars, books or option snapshots of chosen symbols and New York days, or the audit."""

    title = "Export recorded data"

    def __init__(self, symbols: Sequence[str], now_ms: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        today = from_ms(now_ms).date()
        self.kind = QComboBox()
        for text, what in _KINDS:
            self.kind.addItem(text, what)
        self.symbols = QLineEdit(", ".join(symbols))
        self.symbols.setPlaceholderText("AAPL, MSFT")
        self.interval = QComboBox()
        for interval in Interval:
            self.interval.addItem(interval.label, int(interval))
        self.hours = _hours_field()
        self.first, self.last = day_field(today), day_field(today)
        self.venues = QCheckBox("A row for each venue")
        self._lay_out()
        self._show_options()
        self.kind.currentIndexChanged.connect(self._show_options)
        self.symbols.textChanged.connect(self.changed)
        self.interval.currentIndexChanged.connect(self._show_options)

    def stem(self) -> str:
        try:
            symbols = parse_symbols(self.symbols.text())
        except BadData:
            symbols = []
        what = str(self.kind.currentData())
        if what in SYMBOLLESS:
            return what
        name = symbols[0] if len(symbols) == 1 else f"{len(symbols)}-symbols"
        return f"{name}-{self._interval().label}" if what == "bars" else f"{name}-{what}"

    def days(self) -> int:
        first, last = day_of(self.first), day_of(self.last)
        return max(len(trading_days(first, last)), 1) if first <= last else 1

    def job(self) -> Job:
        what = str(self.kind.currentData())
        symbols = [] if what in SYMBOLLESS else parse_symbols(self.symbols.text())
        first, last = day_of(self.first), day_of(self.last)
        if not symbols and what not in SYMBOLLESS:
            raise BadData("Name at least one symbol, for example AAPL.")
        if last < first:
            raise BadData("The last day lies before the first.")
        return ExportRequest(
            what=what,
            symbols=tuple(symbols),
            out=_NOWHERE,
            interval=self._interval(),
            start_ms=at_new_york(first, time(0)),
            end_ms=at_new_york(last + timedelta(days=1), time(0)),
            venues=self.venues.isChecked() and self.venues.isEnabled(),
            hours=Hours(self.hours.currentData()) if self.hours.isEnabled() else Hours.ALWAYS,
        )

    def _interval(self) -> Interval:
        return Interval(int(self.interval.currentData()))

    def _lay_out(self) -> None:
        days = QHBoxLayout()
        days.addWidget(self.first)
        days.addWidget(QLabel("to"))
        days.addWidget(self.last)
        days.addWidget(named(QLabel("New York days"), "hint"))
        days.addStretch(1)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("&Data", self.kind)
        form.addRow("&Symbols", self.symbols)
        form.addRow("&Interval", self.interval)
        form.addRow("&Hours", self.hours)
        form.addRow("Days", days)
        form.addRow("", self.venues)

    def _show_options(self) -> None:
        what = self.kind.currentData()
        self.symbols.setEnabled(what not in SYMBOLLESS)
        self.interval.setEnabled(what == "bars")
        self.hours.setEnabled(what == "bars" and self._interval().intraday)
        self.venues.setEnabled(what == "book")
        self.changed.emit()


def _hours_field() -> QComboBox:
    """In which hours the bars begin that are wanted."""
    field = QComboBox()
    for words, hours in _HOURS:
        field.addItem(words, hours)
    field.setAccessibleName("Hours")
    return field


def _span(visible: tuple[int, int], interval: Interval) -> str:
    """From when to when, New York: the days, and the time where bars are shorter than a day."""
    shape = "%Y-%m-%d %H:%M" if interval.intraday else "%Y-%m-%d"
    first, last = (f"{from_ms(ms):{shape}}" for ms in (visible[0], visible[1] - 1))
    return f": {first} to {last}{' ET' if interval.intraday else ''}"
