"""Deleting history is asked about first, with the number of bars and whether they can be had again."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from monitor.analysis.coverage import first_reachable
from monitor.errors import MonitorError
from monitor.live.events import Level, Notice
from monitor.market.bar import Interval
from monitor.ui.data.model import Picked
from monitor.ui.data.phrases import bars, days, names
from monitor.ui.panel import named
from monitor.ui.view_ports import ViewPorts

COUNT_TASK, TASK = "count what is deleted", "delete history"
_WIDTH = 440
_STAYS = "Your lists, and the quotes, prints and books that were recorded, stay as they are."
_AGAIN = "As long as a symbol is on a watchlist, what Schwab still has of it is fetched again."


class DeletionDialog(QDialog):
    """Opened with ``open()``; counts, asks, deletes, and closes when that is done. ``deleted`` carries the number."""

    deleted = Signal(int)

    def __init__(self, ports: ViewPorts, picked: Picked, interval: Interval, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ports, self._picked, self._interval = ports, picked, interval
        self.setWindowTitle("Delete history — SANDBOX" if ports.profile.sandbox else "Delete history")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.words, self.warning = QLabel("Counting the bars…"), named(QLabel(), "warning")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.delete = buttons.addButton("&Delete", QDialogButtonBox.ButtonRole.DestructiveRole)
        self.cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        self.cancel.setDefault(True)
        self.delete.setEnabled(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(16)
        column.addWidget(named(QLabel("Delete history?"), "heading"))
        for label in (self.words, self.warning):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setFixedWidth(_WIDTH)
            column.addWidget(label)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)  # as high as what is said by then
        self.warning.hide()
        column.addWidget(buttons)
        self.cancel.setFocus()
        buttons.rejected.connect(self.reject)
        self.delete.clicked.connect(self._delete)
        ports.tasks.start(COUNT_TASK, self._count())

    def done(self, result: int) -> None:
        self._ports.tasks.cancel(COUNT_TASK)
        super().done(result)

    async def _count(self) -> None:
        picked, interval, count = self._picked, self._interval, self._ports.deletion.count
        start, end = picked.span
        reach = first_reachable(interval, self._ports.meters.now_ms())
        about = f"{names(picked.symbols)}, {days(picked.first, picked.last)}"
        try:
            number = await count(picked.symbols, interval, start, end)
            lost = await count(picked.symbols, interval, start, min(end, reach)) if start < reach else 0
        except MonitorError as error:
            self.words.setText(f"The bars of {about}, could not be counted. {error.sentence}")
            return
        if not number:
            self.words.setText(f"There are no {interval.label} bars of {about}, on this disk.")
            return
        self.words.setText(
            f"This deletes {bars(number, interval)} of {about}, from this disk.\n\n{_STAYS}"
            + (f"\n\n{_AGAIN}" if lost < number and interval in (Interval.M1, Interval.DAY) else "")
        )
        if lost:
            which = "All of them" if lost == number else f"{lost:,} of them"
            self.warning.setText(f"{which} cannot be had again: Schwab does not go back that far.")
            self.warning.show()
        self.delete.setEnabled(True)

    def _delete(self) -> None:
        self.delete.setEnabled(False)
        self._ports.tasks.start(TASK, self._remove())

    async def _remove(self) -> None:
        picked = self._picked
        try:
            number = await self._ports.deletion.delete(picked.symbols, self._interval, *picked.span)
        except MonitorError as error:
            self.words.setText(f"Not everything was deleted. {error.sentence}")
            self.deleted.emit(0)
            return
        sentence = f"Deleted {bars(number, self._interval)} of {names(picked.symbols)}."
        self._ports.bus.publish(Notice(Level.INFO, sentence))
        self.deleted.emit(number)
        self.accept()
