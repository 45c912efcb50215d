"""The download dialog: symbols, an interval and days, with the number of requests before anything is sent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from monitor.analysis.coverage import DEPTHS, first_reachable
from monitor.errors import BadData, MonitorError
from monitor.market.bar import Interval
from monitor.market.calendar import at_new_york, from_ms
from monitor.market.instrument import parse_symbols
from monitor.ui.data.order import Order
from monitor.ui.data.phrases import counted, plural, takes
from monitor.ui.day_field import day_field, day_of, put_day
from monitor.ui.panel import named, rename
from monitor.ui.view_ports import ViewPorts

COST_TASK, TASK = "download cost", "download"
#: The cost is counted once the typing pauses.
_PAUSE_MS = 150


class DownloadDialog(QDialog):
    """Opened with ``open()``; ``ordered`` carries the Order once its symbols are known to exist."""

    ordered = Signal(object)

    def __init__(
        self,
        ports: ViewPorts,
        symbols: Sequence[str],
        interval: Interval,
        span: tuple[date, date] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """``span`` are the days proposed; without it, all that Schwab has of the interval."""
        super().__init__(parent)
        self.setWindowTitle("Download history — SANDBOX" if ports.profile.sandbox else "Download history")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(520)
        self._ports = ports
        self._known = frozenset(symbols)
        self._proposed = span is None
        self._order: Order | None = None
        self.symbols = QLineEdit(", ".join(symbols))
        self.symbols.setPlaceholderText("AAPL, MSFT")
        self.interval = QComboBox()
        for each in DEPTHS:
            self.interval.addItem(each.label, int(each))
        self.interval.setCurrentIndex(list(DEPTHS).index(interval))
        self.first, self.last = day_field(), day_field()
        self.again = QCheckBox("Fetch again what is on disk already")
        self.sentence = named(QLabel(), "hint")
        self.start = QPushButton("&Download")
        self.close_button = QPushButton("Close")
        self._lay_out()
        if span is None:
            self._propose_days()
        else:
            put_day(self.first, span[0])
            put_day(self.last, span[1])
        self._pause = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self.count)
        self._connect()
        self.count()

    def count(self) -> None:
        """Ask what it would cost."""
        self._order = None
        try:
            order = self._read()
        except BadData as error:
            self._say(error.sentence, "failure")
            self.start.setEnabled(False)
            return
        self._ports.tasks.start(COST_TASK, self._count(order))

    def begin(self) -> None:
        """Check the symbols, then hand on the order."""
        if self._order is not None:
            self.start.setEnabled(False)
            self._ports.tasks.start(TASK, self._begin(self._order))

    def done(self, result: int) -> None:
        for task in (COST_TASK, TASK):
            self._ports.tasks.cancel(task)
        super().done(result)

    # ------------------------------------------------------------------------------------------ what is asked

    def _read(self) -> Order:
        symbols = parse_symbols(self.symbols.text())
        first, last = day_of(self.first), day_of(self.last)
        if not symbols:
            raise BadData("Name at least one symbol, for example AAPL.")
        if last < first:
            raise BadData("The last day lies before the first.")
        span = at_new_york(first, time(0)), at_new_york(last + timedelta(days=1), time(0))
        return Order(tuple(symbols), self._interval(), *span, self.again.isChecked())

    async def _count(self, order: Order) -> None:
        try:
            plan = await self._ports.repair.plan(
                order.symbols, order.interval, order.start_ms, order.end_ms, again=order.again
            )
        except MonitorError as error:
            self._say(f"The requests could not be counted. {error.sentence}", "failure")
            self.start.setEnabled(False)
            return
        self._order = replace(order, plan=tuple(plan))
        self.start.setEnabled(bool(plan))
        if plan:
            requests, ceiling = counted(len(plan), "request"), self._ports.meters.requests().ceiling
            self.start.setText(f"&Download · {requests}")
            self._say(f"This costs {requests}, {takes(len(plan), ceiling)}. {self._reach()}", "hint")
        else:
            self.start.setText("&Download")
            self._say(f"There is nothing to fetch: it is on disk, or Schwab does not have it. {self._reach()}", "hint")

    def _reach(self) -> str:
        interval, now = self._interval(), self._ports.meters.now_ms()
        first = from_ms(first_reachable(interval, now)).date()
        return f"Schwab has {plural(interval)} from {first} on."

    async def _begin(self, order: Order) -> None:
        new = [symbol for symbol in order.symbols if symbol not in self._known]
        if new:
            try:
                found = await self._ports.history.find_instruments(",".join(new))
            except MonitorError as error:
                self._say(f"{', '.join(new)} could not be looked up. {error.sentence}", "failure")
                self.start.setEnabled(True)
                return
            self._ports.recorder.record_instruments(found)
            if unknown := [symbol for symbol in new if symbol not in {each.symbol for each in found}]:
                verb = "is not a symbol" if len(unknown) == 1 else "are not symbols"
                self._say(f"{', '.join(unknown)} {verb} that Schwab knows.", "failure")
                return
        self.ordered.emit(order)
        self.accept()

    # ------------------------------------------------------------------------------------------ how it is built

    def _interval(self) -> Interval:
        return Interval(int(self.interval.currentData()))

    def _take_interval(self) -> None:
        if self._proposed:  # days that somebody chose stay as they are
            self._propose_days()
        self._pause.start()

    def _take_days(self) -> None:
        self._proposed = False
        self._pause.start()

    def _propose_days(self) -> None:
        now = self._ports.meters.now_ms()
        for field, day in (
            (self.first, from_ms(first_reachable(self._interval(), now)).date()),
            (self.last, from_ms(now).date()),
        ):
            field.blockSignals(True)
            put_day(field, day)
            field.blockSignals(False)

    def _say(self, sentence: str, tone: str) -> None:
        rename(self.sentence, tone)
        self.sentence.setText(sentence)

    def _connect(self) -> None:
        self.symbols.textChanged.connect(self._pause.start)
        self.interval.currentIndexChanged.connect(self._take_interval)
        self.again.toggled.connect(self._pause.start)
        for field in (self.first, self.last):
            field.dateChanged.connect(self._take_days)
        self.start.clicked.connect(self.begin)
        self.close_button.clicked.connect(self.reject)

    def _lay_out(self) -> None:
        days = QHBoxLayout()
        for field, words in ((self.first, "First day"), (self.last, "Last day")):
            field.setAccessibleName(words)
        days.addWidget(self.first)
        days.addWidget(QLabel("to"))
        days.addWidget(self.last)
        days.addWidget(named(QLabel("New York days"), "hint"))
        days.addStretch(1)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("&Symbols", self.symbols)
        form.addRow("&Interval", self.interval)
        form.addRow("Days", days)
        form.addRow("", self.again)
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setMinimumHeight(2 * self.sentence.fontMetrics().height())
        self.start.setDefault(True)
        self.start.setEnabled(False)
        self.close_button.setAutoDefault(False)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        buttons.addWidget(self.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(named(QLabel("Download history"), "heading"))
        column.addLayout(form)
        column.addWidget(self.sentence)
        column.addStretch(1)
        column.addLayout(buttons)
