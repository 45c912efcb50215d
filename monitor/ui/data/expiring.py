"""The line about history that soon leaves the source's reach, and the button that fetches it before anything else."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from monitor.analysis.repair import Expiring
from monitor.errors import StoreUnavailable
from monitor.ui.data.order import Order
from monitor.ui.data.phrases import leaving
from monitor.ui.fitting import FittingLabel
from monitor.ui.panel import named
from monitor.ui.view_ports import ViewPorts

TASK = "expiring history"


class ExpiringNotice(QWidget):
    """Says nothing while nothing expires. ``ordered`` carries the Order of the button."""

    ordered = Signal(object)

    def __init__(self, ports: ViewPorts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ports = ports
        self._expiring: Sequence[Expiring] = ()
        self.words = named(FittingLabel(), "warning")
        self.fetch_button = named(QToolButton(), "link")
        self.fetch_button.setText("Fetch first")
        self.fetch_button.setToolTip("Fetch it before everything else that waits")
        self.fetch_button.setAccessibleName("Fetch first what soon leaves Schwab's window")
        self.fetch_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.fetch_button.clicked.connect(self.fetch)
        self.fetch_button.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.words)
        row.addWidget(self.fetch_button)
        row.addStretch(1)

    def look(self) -> None:
        """Ask what expires."""
        self._ports.tasks.start(TASK, self._look())

    def fetch(self) -> None:
        """Order what expires of the interval that loses something first."""
        self._ports.tasks.start(TASK, self._fetch())

    async def _look(self) -> None:
        try:
            self._expiring = await self._ports.coverage.expiring()
        except StoreUnavailable:
            self._expiring = ()  # the map says what is wrong
        words, *shorter = leaving(self._expiring, self._ports.meters.now_ms())
        self.words.show_words(words, *shorter)
        self.words.setToolTip(words)
        self.words.setAccessibleName(words)
        self.fetch_button.setVisible(bool(words))

    async def _fetch(self) -> None:
        soonest = min(self._expiring, key=lambda each: each.leaves_ms, default=None)
        if soonest is None:
            return
        alike = [each for each in self._expiring if each.interval is soonest.interval]
        symbols = tuple(dict.fromkeys(each.symbol for each in alike))
        start, end = min(each.start for each in alike), max(each.end for each in alike)
        plan = await self._ports.repair.plan(symbols, soonest.interval, start, end)
        if plan:
            self.ordered.emit(Order(symbols, soonest.interval, start, end, plan=tuple(plan)))
