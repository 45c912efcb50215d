"""The audit panel: a table of what was done with the sign-in and the data, with a filter and rows to copy."""

from contextlib import suppress

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHeaderView,
    QLineEdit,
    QStackedWidget,
    QTableView,
    QToolButton,
)

from monitor.errors import StoreUnavailable
from monitor.live.events import Audited
from monitor.ports import AuditEntry
from monitor.ui.audit.model import ENTRY_ROLE, LIMIT, AuditFilter, AuditModel, cells
from monitor.ui.cells import dress, row_height
from monitor.ui.icons import wear
from monitor.ui.message import Message
from monitor.ui.panel import Panel
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts

TASK = "audit"
_RENEWALS = "audit/renewals"
_NOTHING = "Nothing yet: sign-ins, renewals, refusals, sign-outs, exports and deletions will stand here."


class AuditPanel(Panel):
    """Reads what is on disk when it is made, and hears of every entry from then on."""

    def __init__(self, ports: ViewPorts, theme: Theme) -> None:
        super().__init__("Audit")
        self._ports = ports
        self.model = AuditModel(theme)
        self._shown = AuditFilter(self.model, self)
        self._trouble = ""
        self.filter = QLineEdit()
        self.renewals = QCheckBox("Show renewals")
        self.copy_button = QToolButton()
        self.table = QTableView()
        self.message = Message(self)
        self._body = QStackedWidget()
        self._body.addWidget(self.table)
        self._body.addWidget(self.message)
        self.set_body(self._body)
        self._set_up_header(theme)
        self._set_up_table(theme)
        self._take_filter()
        self._stop = ports.bus.listen(Audited, self._hear)
        self.load()

    def load(self) -> None:
        """Read the newest entries from disk."""
        self._ports.tasks.start(TASK, self._load())

    def close_panel(self) -> None:
        """Stop listening."""
        self._stop()

    async def _load(self) -> None:
        try:
            with suppress(StoreUnavailable):  # of which the store tells by itself
                await self._ports.recorder.flushed()  # what was noted before this panel could hear of it
            stored = await self._ports.archive.audit(LIMIT)
        except StoreUnavailable as error:
            self._trouble = error.sentence
        else:
            self._trouble = ""
            self.model.put(stored)
        self._show_state()

    def _hear(self, event: Audited) -> None:
        bar = self.table.verticalScrollBar()
        before, place = self._shown.rowCount(), bar.value()
        self.model.add(event.entry)
        self._show_state()
        if place > 0:  # whoever reads further down keeps the rows before their eyes
            self.table.doItemsLayout()
            bar.setValue(place + (self._shown.rowCount() - before) * row_height())

    # ------------------------------------------------------------------ what is shown

    def _take_filter(self) -> None:
        self._shown.show_matching(self.filter.text(), self.renewals.isChecked())
        self._show_state()

    def _take_renewals(self, shown: bool) -> None:
        self._ports.preferences.set(_RENEWALS, "on" if shown else "off")
        self._take_filter()

    def _show_state(self) -> None:
        rows = self._shown.rowCount()
        if rows:
            self._body.setCurrentWidget(self.table)
        elif self._trouble:
            self.message.say(f"The audit could not be read. {self._trouble}", "Try again", self.load)
            self._body.setCurrentWidget(self.message)
        else:
            self.message.say(self._why_empty())
            self._body.setCurrentWidget(self.message)
        self.set_note(self._trouble if rows else "")
        self._show_copyable()

    def _why_empty(self) -> str:
        if not self.model.rowCount():
            return _NOTHING
        if self.filter.text().strip():
            return f"Nothing here holds “{self.filter.text().strip()}”."
        return "Nothing but renewals so far."

    # ------------------------------------------------------------------ copying

    def copy(self) -> None:
        """Put the selected rows on the clipboard, a line each, columns apart by tabs."""
        lines = ["\t".join(cells(entry)) for entry in self._selected()]
        if lines:
            QGuiApplication.clipboard().setText("\n".join(lines))

    def _selected(self) -> list[AuditEntry]:
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self._shown.index(row, 0).data(ENTRY_ROLE) for row in rows]

    def _show_copyable(self) -> None:
        self.copy_button.setEnabled(self.table.selectionModel().hasSelection())

    # ------------------------------------------------------------------ how it is built

    def _set_up_header(self, theme: Theme) -> None:
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter the audit")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(180)
        self.filter.textChanged.connect(self._take_filter)
        clear = QShortcut(QKeySequence(Qt.Key.Key_Escape), self.filter, self.filter.clear)
        clear.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.renewals.setToolTip("Also the renewals of the access token, one about every 25 minutes")
        self.renewals.setChecked(self._ports.preferences.get(_RENEWALS) == "on")
        self.renewals.toggled.connect(self._take_renewals)
        self.copy_button.setToolTip("Copy the selected rows (Ctrl+C)")
        self.copy_button.setAccessibleName("Copy the selected rows")
        self.copy_button.clicked.connect(self.copy)
        wear(self.copy_button, "copy", theme)
        for widget in (self.filter, self.renewals, self.copy_button):
            self.header_row.addWidget(widget)

    def _set_up_table(self, theme: Theme) -> None:
        table = self.table
        table.setModel(self._shown)
        dress(table, theme)
        table.setObjectName("audit")
        table.setAccessibleName("Audit")
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = table.horizontalHeader()
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(0, 192)
        header.resizeSection(1, 148)
        table.selectionModel().selectionChanged.connect(self._show_copyable)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), table)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy)
