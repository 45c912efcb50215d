"""The reconcile report: where two sources tell of the same bars, how many differ, and the worst of them as a table."""

from collections.abc import Sequence
from datetime import time, timedelta
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from monitor.errors import MonitorError
from monitor.market.bar import Bar, Interval
from monitor.market.calendar import at_new_york, from_ms
from monitor.ports import Difference, Reconciliation
from monitor.ui import format as fmt
from monitor.ui.cells import COLOUR_ROLE, CellDelegate, Index, dress
from monitor.ui.data.phrases import counted
from monitor.ui.export.dialog import ExportDialog
from monitor.ui.export.forms import WatchlistForm
from monitor.ui.export.job import Table
from monitor.ui.message import Message
from monitor.ui.panel import named
from monitor.ui.rows import RowsModel
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts

TASK = "reconcile report"


class Comparison(NamedTuple):
    """What is compared, in the words of the sheet.

    ``was`` and ``now`` head the columns of the two sources, ``sources`` are their names in a file.
    """

    heading: str
    bar: str
    was: str
    now: str
    sources: tuple[str, str]
    compared: str
    agreed: str
    nothing: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The heads of the table."""
        prices = "Symbol", f"{self.bar} (ET)", "Price", self.was, self.now, "Difference", "%"
        return *prices, "Volume", self.now, "Difference"

    @property
    def titles(self) -> tuple[str, ...]:
        """Heads that stay clear without the columns beside them."""
        was, now = self.sources
        prices = "symbol", "start", "price", was, now, "difference", "percent"
        return *prices, f"volume_{was}", f"volume_{now}", "volume_difference"


MINUTES = Comparison(
    heading="Streamed minutes against history",
    bar="Minute",
    was="Streamed",
    now="History",
    sources=("streamed", "settled"),
    compared="{} compared with history",
    agreed="Every one of them is as history has it.",
    nothing="Nothing to compare yet: a minute that was streamed is compared once history has answered for its day.",
)
LONGER = Comparison(
    heading="Longer bars against Schwab's own",
    bar="Bar",
    was="Computed",
    now="Schwab",
    sources=("computed", "schwab"),
    compared="{} compared with Schwab's own",
    agreed="Every one of them is as Schwab has it.",
    nothing="Nothing to compare: Schwab's own longer bars are not here, or not all of their minutes.",
)
COLUMNS = MINUTES.columns
#: What is compared, in days back from today; 0 is today alone.
_SPANS = (("Today", 0), ("Last 7 days", 6), ("Last 30 days", 29), ("Everything", 365_000))
_PRICES = ("Open", "High", "Low", "Close")
_WIDTHS = (80, 160, 56, 84, 84, 84, 64, 96, 88, 76)


def written(difference: Difference) -> tuple[str, ...]:
    """A row, each number digit for digit; of the four prices the one that was furthest off."""
    was, now = difference.was, difference.now
    pairs = [(getattr(was, name.lower()), getattr(now, name.lower())) for name in _PRICES]
    worst = max(range(len(pairs)), key=lambda n: abs(pairs[n][1] - pairs[n][0]))
    ours, theirs = pairs[worst]
    return (
        was.symbol,
        _moment(was),
        _PRICES[worst] if ours != theirs else fmt.DASH,
        f"{ours}",
        f"{theirs}",
        f"{theirs - ours:+.4f}",
        f"{difference.percent:.3f}",
        f"{was.volume}",
        f"{now.volume}",
        f"{difference.volume:+}",
    )


def _moment(bar: Bar) -> str:
    """When a bar begins, and unless it is a minute its interval."""
    words = f"{from_ms(bar.start):%Y-%m-%d %H:%M}" if bar.interval.intraday else f"{from_ms(bar.start):%Y-%m-%d}"
    return words if bar.interval is Interval.M1 else f"{words} {bar.interval.label}"


class DifferencesModel(RowsModel[Difference]):
    """The differences as they came: the worst first."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(COLUMNS, theme)

    def show(self, differences: Sequence[Difference], columns: Sequence[str] = COLUMNS) -> None:
        """These, and no others, under these heads."""
        self.beginResetModel()
        self.entries, self._columns = list(differences), tuple(columns)
        self.endResetModel()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return super().headerData(section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return written(self.entries[index.row()])[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == COLOUR_ROLE:
            return "amber" if index.column() == 6 else "dim" if index.column() in (1, 2) else "text"
        return None


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column < 3 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


class ReportForm(WatchlistForm):
    """The report, row for row as it is on the screen."""

    title = "Export the reconcile report"

    def stem(self) -> str:
        return "reconcile"


class ReportSheet(QDialog):
    """Opened with ``open()``; reads the chosen days anew whenever they change."""

    def __init__(self, ports: ViewPorts, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Reconcile report — SANDBOX" if ports.profile.sandbox else "Reconcile report")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._ports = ports
        self.model = DifferencesModel(theme)
        self.span = QComboBox()
        for words, back in _SPANS:
            self.span.addItem(words, back)
        self.span.setCurrentIndex(1)
        self.span.setAccessibleName("Days that are compared")
        self.kind = QComboBox()
        for comparison in (MINUTES, LONGER):
            self.kind.addItem(comparison.heading, comparison)
        self.kind.setAccessibleName("What is compared")
        self.counts = QLabel()
        self.table = QTableView()
        self.message = Message(self)
        self._body = QStackedWidget()
        self._body.addWidget(self.table)
        self._body.addWidget(self.message)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.export_button = self._buttons.addButton("&Export…", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy_button = self._buttons.addButton("&Copy", QDialogButtonBox.ButtonRole.ActionRole)
        for button in (self.copy_button, self.export_button):
            button.setEnabled(False)
        self._set_up_table(theme)
        self._lay_out()
        self.span.currentIndexChanged.connect(self.load)
        self.kind.currentIndexChanged.connect(self.load)
        self.copy_button.clicked.connect(self.copy)
        self.export_button.clicked.connect(self.export)
        self._buttons.rejected.connect(self.reject)
        self.load()

    def load(self) -> None:
        """Compare what is chosen, of the chosen days."""
        self._ports.tasks.start(TASK, self._load(self._comparison, int(self.span.currentData())))

    @property
    def _comparison(self) -> Comparison:
        return (MINUTES, LONGER)[self.kind.currentIndex()]

    def copy(self) -> None:
        """Put the table on the clipboard, columns apart by tabs."""
        lines = ["\t".join(row) for row in (self._comparison.columns, *map(written, self.model.entries))]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def export(self) -> ExportDialog:
        """Offer the table as a file."""
        rows = [written(each) for each in self.model.entries]
        dialog = ExportDialog(self._ports, ReportForm(Table(self._comparison.titles, rows)), self)
        dialog.open()
        return dialog

    def done(self, result: int) -> None:
        self._ports.tasks.cancel(TASK)
        super().done(result)

    async def _load(self, comparison: Comparison, back: int) -> None:
        today = from_ms(self._ports.meters.now_ms()).date()
        start = at_new_york(today - timedelta(days=back), time(0)) if back < 365_000 else 0
        try:
            coverage = self._ports.coverage
            compare = coverage.reconciliation if comparison is MINUTES else coverage.longer_bars
            found = await compare(start, 2**62)
        except MonitorError as error:
            self._show(comparison, Reconciliation(0, 0), f"The report could not be made. {error.sentence}")
            return
        self._show(comparison, found, _why_empty(comparison, found))

    def _show(self, comparison: Comparison, found: Reconciliation, sentence: str) -> None:
        self.model.show(found.differences, comparison.columns)
        self.counts.setText(summary(comparison, found) if found.compared else "")
        for button in (self.copy_button, self.export_button):
            button.setEnabled(bool(found.differences))
        if sentence:
            self.message.say(sentence)
        self._body.setCurrentWidget(self.message if sentence else self.table)

    def _set_up_table(self, theme: Theme) -> None:
        table = self.table
        table.setModel(self.model)
        dress(table, theme)
        table.setItemDelegate(CellDelegate(theme, table))
        table.setAccessibleName("Differences, the worst first")
        header = table.horizontalHeader()
        for column, width in enumerate(_WIDTHS):
            header.resizeSection(column, width)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def _lay_out(self) -> None:
        self.counts.setTextFormat(Qt.TextFormat.PlainText)
        self.counts.setWordWrap(True)
        top = QHBoxLayout()
        top.addWidget(self.kind)
        top.addWidget(self.span)
        top.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addWidget(named(QLabel("Reconcile report"), "heading"))
        column.addLayout(top)
        column.addWidget(self.counts)
        column.addWidget(self._body, 1)
        column.addWidget(self._buttons)
        self.resize(980, 460)


def summary(comparison: Comparison, found: Reconciliation) -> str:
    """The counts in a sentence, the worst in another."""
    share = found.differing / found.compared * 100
    bars = counted(found.compared, "streamed minute" if comparison is MINUTES else "longer bar")
    words = f"{comparison.compared.format(bars)}: {found.differing:,} differ"
    words += f" ({share:.2f} %)." if found.differing else "."
    if found.worst is not None:
        symbol, minute, price, was, now, *_ = written(found.worst)
        words += f" The worst: {symbol} {minute}, {price.lower()} {was} instead of {now} ({found.worst.percent:.3f} %)."
    if len(found.differences) < found.differing:
        words += f" The table shows the {len(found.differences):,} largest."
    return words


def _why_empty(comparison: Comparison, found: Reconciliation) -> str:
    if found.differences:
        return ""
    return comparison.agreed if found.compared else comparison.nothing
