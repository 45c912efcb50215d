"""The log panel: a table of what was said, a filter by level, and the details of the selected row to copy."""

from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QSplitter,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from monitor.live.events import HistoryProgress, Level, Notice, SignInChanged, StreamChanged
from monitor.ports import StreamPhase
from monitor.ui import format as fmt
from monitor.ui.cells import Index, dress
from monitor.ui.icons import wear
from monitor.ui.log.model import ENTRY_ROLE, LEVEL_ROLE, Entry, LogModel
from monitor.ui.panel import Panel, named
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts

_RANK = {Level.INFO: 0, Level.WARNING: 1, Level.ERROR: 2}
_FILTERS = (("Everything", Level.INFO), ("Warnings and errors", Level.WARNING), ("Errors", Level.ERROR))


class LogPanel(Panel):
    """Listens for notices, the stream, the sign-in and failed downloads from the moment it is made."""

    def __init__(self, ports: ViewPorts, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Log", None, parent)
        self._ports = ports
        self.model = LogModel(theme)
        self._levels = _FromLevel(self)
        self._levels.setSourceModel(self.model)
        self.filter = QComboBox()
        self.follow = QToolButton()
        self.table = QTableView()
        self.details = QPlainTextEdit()
        self.copy_button = QToolButton()
        self._set_up_header(theme)
        self._set_up_table(theme)
        self.set_body(self._body(theme))
        self._listen()

    def _listen(self) -> None:
        bus = self._ports.bus
        self._stops = (
            bus.listen(Notice, self._hear_notice),
            bus.listen(StreamChanged, self._hear_stream),
            bus.listen(SignInChanged, self._hear_sign_in),
            bus.listen(HistoryProgress, self._hear_history),
        )

    def close_panel(self) -> None:
        """Stop listening."""
        for stop in self._stops:
            stop()

    def _set_up_header(self, theme: Theme) -> None:
        for text, level in _FILTERS:
            self.filter.addItem(text, level)
        self.filter.setAccessibleName("Show levels")
        self.filter.currentIndexChanged.connect(self._take_filter)
        self.follow.setCheckable(True)
        self.follow.setChecked(True)
        self.follow.setToolTip("Follow the newest entry")
        self.follow.setAccessibleName("Follow the newest entry")
        self.follow.toggled.connect(self._scroll_if_following)
        wear(self.follow, "follow", theme)
        self.header_row.addWidget(self.filter)
        self.header_row.addWidget(self.follow)

    def _set_up_table(self, theme: Theme) -> None:
        table = self.table
        table.setModel(self._levels)
        dress(table, theme)
        table.setObjectName("log")
        table.setAccessibleName("Log")
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = table.horizontalHeader()
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(0, 84)
        header.resizeSection(1, 92)
        table.selectionModel().selectionChanged.connect(self._show_details)
        table.verticalScrollBar().rangeChanged.connect(self._scroll_if_following)
        table.verticalScrollBar().sliderMoved.connect(self._stop_following)

    def _body(self, theme: Theme) -> QWidget:
        self.details.setReadOnly(True)
        self.details.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.details.setAccessibleName("Details of the selected entry")
        self.copy_button.setToolTip("Copy the entry with its details")
        self.copy_button.setAccessibleName("Copy the entry with its details")
        self.copy_button.clicked.connect(self._copy)
        wear(self.copy_button, "copy", theme)
        self._aside = QWidget()
        column = QVBoxLayout()
        column.addWidget(named(self.copy_button, "quiet"))
        column.addStretch(1)
        row = QHBoxLayout(self._aside)
        row.setContentsMargins(8, 4, 4, 4)
        row.addWidget(self.details, 1)
        row.addLayout(column)
        self._aside.hide()
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.table)
        split.addWidget(self._aside)
        split.setHandleWidth(1)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        split.setSizes([900, 300])
        return split

    def _hear_notice(self, notice: Notice) -> None:
        self._add(notice.level, notice.sentence, notice.detail)

    def _hear_stream(self, event: StreamChanged) -> None:
        lost = event.phase in (StreamPhase.WAITING, StreamPhase.TAKEN, StreamPhase.SIGN_IN)
        level = Level.WARNING if lost else Level.INFO
        self._add(level, event.sentence or f"The stream is {event.phase}.")

    def _hear_sign_in(self, event: SignInChanged) -> None:
        level = Level.INFO if event.signed_in else Level.WARNING
        self._add(level, event.sentence or ("Signed in." if event.signed_in else "Signed out."))

    def _hear_history(self, event: HistoryProgress) -> None:
        if event.failed:
            self._add(Level.WARNING, f"History of {event.symbol}: {event.failed}")

    def _add(self, level: Level, sentence: str, detail: str = "") -> None:
        self.model.add(Entry(self._ports.meters.now_ms(), level, sentence, detail))

    def _take_filter(self, _index: int) -> None:
        self._levels.show_from(Level(self.filter.currentData()))
        self._scroll_if_following()

    def _scroll_if_following(self, *_: object) -> None:
        if self.follow.isChecked():
            self.table.scrollToBottom()

    def _stop_following(self, position: int) -> None:
        """Whoever drags the bar away from the end reads; back at the end they follow again."""
        self.follow.setChecked(position >= self.table.verticalScrollBar().maximum())

    def _selected(self) -> Entry | None:
        rows = self.table.selectionModel().selectedRows()
        entry = rows[0].data(ENTRY_ROLE) if rows else None
        return entry if isinstance(entry, Entry) else None

    def _show_details(self) -> None:
        entry = self._selected()
        self._aside.setVisible(entry is not None)
        if entry is not None:
            self.details.setPlainText("\n\n".join(part for part in (entry.text, entry.detail) if part))

    def _copy(self) -> None:
        entry = self._selected()
        if entry is not None:
            parts = (f"{fmt.day_and_clock(entry.at_ms)} ET", entry.level.value, entry.text, entry.detail)
            QGuiApplication.clipboard().setText("\n".join(part for part in parts if part))


class _FromLevel(QSortFilterProxyModel):
    """Lets through the entries that matter at least as much as a level."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._least = Level.INFO

    def show_from(self, level: Level) -> None:
        self.beginFilterChange()
        self._least = level
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        level = self.sourceModel().index(row, 1, parent).data(LEVEL_ROLE)
        return _RANK[Level(level)] >= _RANK[self._least]
