"""The reconcile report: how many streamed minutes history has corrected, and the worst of them as a table."""

from collections.abc import Sequence
from datetime import time, timedelta

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
COLUMNS = (
    "Symbol",
    "Minute (ET)",
    "Price",
    "Streamed",
    "History",
    "Difference",
    "%",
    "Volume",
    "History",
    "Difference",
)
#: What is compared, in days back from today; 0 is today alone.
_SPANS = (("Today", 0), ("Last 7 days", 6), ("Last 30 days", 29), ("Everything", 365_000))
_PRICES = ("Open", "High", "Low", "Close")
_WIDTHS = (80, 136, 56, 84, 84, 84, 64, 96, 88, 76)


def written(difference: Difference) -> tuple[str, ...]:
    """A row, each number digit for digit; of the four prices the one that was furthest off."""
    was, now = difference.streamed, difference.settled
    pairs = [(getattr(was, name.lower()), getattr(now, name.lower())) for name in _PRICES]
    worst = max(range(len(pairs)), key=lambda n: abs(pairs[n][1] - pairs[n][0]))
    streamed, settled = pairs[worst]
    return (
        was.symbol,
        f"{from_ms(was.start):%Y-%m-%d %H:%M}",
        _PRICES[worst] if streamed != settled else fmt.DASH,
        f"{streamed}",
        f"{settled}",
        f"{settled - streamed:+.4f}",
        f"{difference.percent:.3f}",
        f"{was.volume}",
        f"{now.volume}",
        f"{difference.volume:+}",
    )


class DifferencesModel(RowsModel[Difference]):
    """The differences as they came: the worst first."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(COLUMNS, theme)

    def show(self, differences: Sequence[Difference]) -> None:
        """These, and no others."""
        self.beginResetModel()
        self.entries = list(differences)
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
        self.copy_button.clicked.connect(self.copy)
        self.export_button.clicked.connect(self.export)
        self._buttons.rejected.connect(self.reject)
        self.load()

    def load(self) -> None:
        """Compare the chosen days."""
        self._ports.tasks.start(TASK, self._load(int(self.span.currentData())))

    def copy(self) -> None:
        """Put the table on the clipboard, columns apart by tabs."""
        lines = ["\t".join(row) for row in (COLUMNS, *map(written, self.model.entries))]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def export(self) -> ExportDialog:
        """Offer the table as a file."""
        rows = [written(each) for each in self.model.entries]
        dialog = ExportDialog(self._ports, ReportForm(Table(_TITLES, rows)), self)
        dialog.open()
        return dialog

    def done(self, result: int) -> None:
        self._ports.tasks.cancel(TASK)
        super().done(result)

    async def _load(self, back: int) -> None:
        today = from_ms(self._ports.meters.now_ms()).date()
        start = at_new_york(today - timedelta(days=back), time(0)) if back < 365_000 else 0
        try:
            found = await self._ports.coverage.reconciliation(start, 2**62)
        except MonitorError as error:
            self._show(Reconciliation(0, 0), f"The report could not be made. {error.sentence}")
            return
        self._show(found, _why_empty(found))

    def _show(self, found: Reconciliation, sentence: str) -> None:
        self.model.show(found.differences)
        self.counts.setText(summary(found) if found.compared else "")
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
        top.addWidget(self.counts, 1)
        top.addWidget(self.span, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addWidget(named(QLabel("Streamed minutes against history"), "heading"))
        column.addLayout(top)
        column.addWidget(self._body, 1)
        column.addWidget(self._buttons)
        self.resize(980, 460)


#: Heads that stay clear without the columns beside them.
_TITLES = (
    *("symbol", "start", "price", "streamed", "settled", "difference", "percent"),
    *("volume_streamed", "volume_settled", "volume_difference"),
)


def summary(found: Reconciliation) -> str:
    """The counts in a sentence, the worst in another."""
    share = found.differing / found.compared * 100
    words = f"{counted(found.compared, 'streamed minute')} compared with history: {found.differing:,} differ"
    words += f" ({share:.2f} %)." if found.differing else "."
    if found.worst is not None:
        symbol, minute, price, was, now, *_ = written(found.worst)
        words += f" The worst: {symbol} {minute}, {price.lower()} {was} instead of {now} ({found.worst.percent:.3f} %)."
    if len(found.differences) < found.differing:
        words += f" The table shows the {len(found.differences):,} largest."
    return words


def _why_empty(found: Reconciliation) -> str:
    if found.differences:
        return ""
    if found.compared:
        return "Every one of them is as history has it."
    return "Nothing to compare yet: a minute that was streamed is compared once history has answered for its day."
