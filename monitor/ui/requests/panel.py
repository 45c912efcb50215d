"""The requests panel: a table that follows what is asked of Schwab, filters, what stands in the way, and the limit."""

from PySide6.QtCore import QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLabel,
    QSpinBox,
    QStackedWidget,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from monitor.ports import LEAST_LIMIT, LIMIT_KEY, MOST_LIMIT, RequestRecord, Result
from monitor.ui.cells import CellDelegate, dress, row_height
from monitor.ui.icons import wear
from monitor.ui.message import Message
from monitor.ui.panel import Panel, named
from monitor.ui.requests.model import RECORD_ROLE, RequestsFilter, RequestsModel
from monitor.ui.requests.phrases import COLUMNS, cells, figures, obstacles
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts

REFRESH_MS = 500
_FILTERS = (
    ("All results", tuple(Result)),
    ("Waiting and under way", (Result.WAITING, Result.UNDER_WAY)),
    ("OK", (Result.OK,)),
    ("All that failed", (Result.REFUSED, Result.SLOWED, Result.FAILED, Result.NOT_SENT)),
    *(
        (result.value.capitalize(), (result,))
        for result in Result
        if result.value not in ("ok", "waiting", "under way")
    ),
)
_ALL = "All endpoints"
_NOTHING = "Nothing has been asked of Schwab yet in this run."
_TIP = (
    "At most so many requests in any 60 seconds, {least} to {most}. Schwab does not tell its real limit; where it asks "
    "to slow down, the program does so by itself."
)


class RequestsPanel(Panel):
    """Twice a second while it can be seen it shows how the requests stand; hidden it asks nobody anything."""

    def __init__(self, ports: ViewPorts, theme: Theme) -> None:
        super().__init__("Requests")
        self._ports = ports
        self.model = RequestsModel(theme)
        self._shown = RequestsFilter(self.model, self)
        self.endpoints = QComboBox()
        self.results = QComboBox()
        self.limit = QSpinBox()
        self.copy_button = QToolButton()
        self.table = QTableView()
        self.message = Message(self)
        self.obstacles = named(QLabel(), "obstacles")
        self._pages = QStackedWidget()
        self._pages.addWidget(self.table)
        self._pages.addWidget(self.message)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.obstacles)
        column.addWidget(self._pages, 1)
        self.set_body(body)
        self._set_up_header(theme)
        self._set_up_table(theme)
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self._tick)

    def refresh(self) -> None:
        """Ask how the requests stand, and show what changed."""
        meter, now = self._ports.meters.requests(), self._ports.meters.now_ms()
        self._show_records()
        self._offer_endpoints()
        self._show_state()
        self.set_note(figures(meter), f"{meter.used}/{meter.ceiling}")
        text = "\n".join(obstacles(meter, now))
        if text != self.obstacles.text():
            self.obstacles.setText(text)
        self.obstacles.setVisible(bool(text))
        if not self.limit.hasFocus() and self.limit.value() != self._ports.requests.limit:
            self._show_limit()

    def close_panel(self) -> None:
        """Ask nobody any more."""
        self._timer.stop()

    # ------------------------------------------------------------------ what is shown

    def _tick(self) -> None:
        if not self.window().isMinimized():
            self.refresh()

    def _show_records(self) -> None:
        """Whoever reads further down keeps the rows before their eyes."""
        bar = self.table.verticalScrollBar()
        top = QPersistentModelIndex(self.table.indexAt(self.table.viewport().rect().topLeft()))
        place, row = bar.value(), top.row()
        self.model.show(self._ports.requests.newest())
        if place > 0 and top.isValid() and top.row() != row:
            self.table.doItemsLayout()
            bar.setValue(place + (top.row() - row) * row_height())

    def _offer_endpoints(self) -> None:
        known = {self.endpoints.itemText(index) for index in range(self.endpoints.count())}
        for endpoint in sorted({record.endpoint for record in self.model.entries} - known):
            self.endpoints.addItem(endpoint, endpoint)

    def _take_filter(self) -> None:
        self._shown.show_matching(self.endpoints.currentData(), self.results.currentData())
        self._show_state()

    def _show_state(self) -> None:
        if self._shown.rowCount():
            self._pages.setCurrentWidget(self.table)
        else:
            filtered = self.model.rowCount() > 0
            if filtered:
                self.message.say("No request is like that.", "Show all", self._show_all)
            else:
                self.message.say(_NOTHING)
            self._pages.setCurrentWidget(self.message)
        self._show_copyable()

    def _show_all(self) -> None:
        self.endpoints.setCurrentIndex(0)
        self.results.setCurrentIndex(0)

    # ------------------------------------------------------------------ the limit

    def _take_limit(self, limit: int) -> None:
        self._ports.requests.set_limit(limit)
        self._ports.preferences.set(LIMIT_KEY, str(limit))

    def _show_limit(self) -> None:
        self.limit.blockSignals(True)
        self.limit.setValue(self._ports.requests.limit)
        self.limit.blockSignals(False)

    # ------------------------------------------------------------------ copying

    def copy(self) -> None:
        """Put the selected rows on the clipboard, a line each, columns apart by tabs."""
        lines = ["\t".join((*cells(record), record.sentence)).rstrip() for record in self._selected()]
        if lines:
            QGuiApplication.clipboard().setText("\n".join(lines))

    def _selected(self) -> list[RequestRecord]:
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self._shown.index(row, 0).data(RECORD_ROLE) for row in rows]

    def _show_copyable(self) -> None:
        self.copy_button.setEnabled(self.table.selectionModel().hasSelection())

    # ------------------------------------------------------------------ how it is built

    def _set_up_header(self, theme: Theme) -> None:
        self.endpoints.addItem(_ALL, "")
        self.endpoints.setAccessibleName("Show endpoints")
        self.endpoints.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for words, results in _FILTERS:
            self.results.addItem(words, results)
        self.results.setAccessibleName("Show results")
        for box in (self.endpoints, self.results):
            box.currentIndexChanged.connect(self._take_filter)
        self.limit.setRange(LEAST_LIMIT, MOST_LIMIT)
        self.limit.setPrefix("at most ")
        self.limit.setSuffix(" a minute")
        self.limit.lineEdit().setTextMargins(6, 0, 0, 0)  # the style sheet's padding does not reach it
        self.limit.setKeyboardTracking(False)  # a number that is being typed is not wished for yet
        self.limit.setAccessibleName("Limit of requests a minute")
        self.limit.setToolTip(_TIP.format(least=LEAST_LIMIT, most=MOST_LIMIT))
        self._show_limit()
        self.limit.valueChanged.connect(self._take_limit)
        self.copy_button.setToolTip("Copy the selected rows (Ctrl+C)")
        self.copy_button.setAccessibleName("Copy the selected rows")
        self.copy_button.clicked.connect(self.copy)
        wear(self.copy_button, "copy", theme)
        for widget in (self.endpoints, self.results, self.limit, self.copy_button):
            self.header_row.addWidget(widget)
        self.obstacles.setTextFormat(Qt.TextFormat.PlainText)
        self.obstacles.setWordWrap(True)
        self.obstacles.hide()

    def _set_up_table(self, theme: Theme) -> None:
        table = self.table
        table.setModel(self._shown)
        dress(table, theme)
        table.setItemDelegate(CellDelegate(theme, table))
        table.setObjectName("requests")
        table.setAccessibleName("Requests")
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = table.horizontalHeader()
        for section, column in enumerate(COLUMNS):
            if column.width:
                header.resizeSection(section, column.width)
            else:
                header.setSectionResizeMode(section, QHeaderView.ResizeMode.Stretch)
        table.setSortingEnabled(True)
        table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        table.selectionModel().selectionChanged.connect(self._show_copyable)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), table)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy)

    # ------------------------------------------------------------------ Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
