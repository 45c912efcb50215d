"""The sheet on chain snapshots: add, change and remove schedules, take one now, and see what became of each moment."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from monitor.analysis.budget import Plan
from monitor.errors import BadData, MonitorError
from monitor.live.events import ChainSlotKept
from monitor.market.chain_schedule import ChainSchedule
from monitor.market.instrument import Kind, kind_of, parse_symbol
from monitor.ports import KeptSchedule, Recorded
from monitor.ui.cells import dress
from monitor.ui.chains.choices import choose, offer
from monitor.ui.chains.models import Moments, Schedules, every, expiries
from monitor.ui.message import Message
from monitor.ui.panel import named, rename
from monitor.ui.planner.phrases import objections, schedule_costs
from monitor.ui.planner.running import running_now
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts

_LOAD, _EDIT = "chain schedules", "chain schedule"
_WORDS = (
    "Schwab sells no history of options: what is kept here is all there will be. Snapshots are taken in regular hours,"
    " from the open to the close, while the program or the collector runs; a moment that was missed says why."
)
_MOST_MOMENTS = 500


class ChainSheet(QDialog):
    """Opened with ``open()``; ``symbol`` is proposed as the underlying. ``plan_wanted`` carries a schedule to plan."""

    plan_wanted = Signal(object)

    def __init__(self, ports: ViewPorts, theme: Theme, symbol: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Option snapshots — SANDBOX" if ports.profile.sandbox else "Option snapshots")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._ports = ports
        self._showing = ""
        self._recorded, self._measured = Recorded(), False
        self.schedules, self.moments = Schedules(theme), Moments(theme)
        self.underlying = QLineEdit(symbol if _has_options(symbol) else "")
        self.every, self.days = QComboBox(), QComboBox()
        self.put, self.planner = QPushButton("&Add"), QPushButton("&Planner…")
        self.sentence = named(QLabel(), "hint")
        self.table, self.moment_table = QTableView(), QTableView()
        self.body = QStackedWidget()
        self.empty = Message(self)
        self.take, self.remove = QPushButton("&Take one now"), QPushButton("&Remove")
        self.close_button = QPushButton("Close")
        self._fill_choices()
        self._set_up_tables(theme)
        self._lay_out()
        self._connect()
        self._stop = ports.bus.listen(ChainSlotKept, lambda event: self._hear(event.slot.symbol))
        self._look_at_form()
        self._show_chosen()
        self.load()

    def load(self) -> None:
        """Read the schedules from disk."""
        self._ports.tasks.start(_LOAD, self._load())

    def done(self, result: int) -> None:
        self._stop()
        for task in (_LOAD, _EDIT):
            self._ports.tasks.cancel(task)
        super().done(result)

    @property
    def chosen(self) -> KeptSchedule | None:
        """The schedule whose moments are shown."""
        row = self.table.currentIndex().row()
        return self.schedules.entries[row] if 0 <= row < len(self.schedules.entries) else None

    # ------------------------------------------------------------------------------------------ what is on disk

    async def _load(self) -> None:
        chosen = self.chosen.schedule.symbol if self.chosen else self._showing
        try:
            kept = list(await self._ports.chain_schedules.all())
            self.schedules.put(kept)
            if not self._measured:
                self._recorded, self._measured = await self._ports.usage.recorded(), True
            symbols = [each.schedule.symbol for each in kept]
            if symbols:
                self.table.selectRow(symbols.index(chosen) if chosen in symbols else 0)
                await self._load_moments()
        except MonitorError as error:
            self.empty.say(f"The schedules could not be read. {error.sentence}", "Try again", self.load)
            self.body.setCurrentWidget(self.empty)
            return
        if symbols:
            self.body.setCurrentIndex(0)
        else:
            self.empty.say("No snapshots are taken yet. Choose an underlying above, and how often.")
            self.body.setCurrentWidget(self.empty)
        self._look_at_form()
        self._show_chosen()

    async def _load_moments(self) -> None:
        kept = self.chosen
        self._showing = kept.schedule.symbol if kept else ""
        slots = await self._ports.chain_schedules.slots(self._showing, _MOST_MOMENTS) if kept else []
        if self._showing == (self.chosen.schedule.symbol if self.chosen else ""):
            self.moments.put(list(slots))
        self._look_at_form()

    def _hear(self, symbol: str) -> None:
        """A moment was kept: it is on disk in a moment, and read from there."""
        if symbol == self._showing:
            self._ports.tasks.start(_LOAD, self._load_flushed())

    async def _load_flushed(self) -> None:
        await self._ports.recorder.flushed()
        await self._load()

    # ------------------------------------------------------------------------------------------ what a person does

    def begin(self) -> None:
        """Check the underlying, then keep the schedule."""
        try:
            schedule = self._read()
        except BadData as error:
            self._say(error.sentence, "failure")
            return
        self.put.setEnabled(False)
        self._ports.tasks.start(_EDIT, self._put(schedule))

    async def _put(self, schedule: ChainSchedule) -> None:
        ports, symbol = self._ports, schedule.symbol
        try:
            if self._of(symbol) is None:
                found = await ports.history.find_instruments(symbol)
                if not found:
                    raise BadData(f"{symbol} is not a symbol that Schwab knows.")
                ports.recorder.record_instruments(found)
            await ports.chain_schedules.put(schedule)
        except MonitorError as error:
            self._say(error.sentence, "failure")
            self.put.setEnabled(True)
            return
        ports.recorder.record_audit(
            "schedule",
            f"Snapshots of the options of {symbol} every {every(schedule.every_minutes)}, expiries"
            f" {expiries(schedule.days)}.",
        )
        self._showing = symbol
        self.table.clearSelection()
        self.table.setCurrentIndex(self.schedules.index(-1, -1))
        await self._load()
        ports.chains.look()

    def _take_away(self) -> None:
        if self.chosen is not None:
            self._ports.tasks.start(_EDIT, self._remove(self.chosen.schedule.symbol))

    async def _remove(self, symbol: str) -> None:
        try:
            await self._ports.chain_schedules.remove(symbol)
        except MonitorError as error:
            self._say(error.sentence, "failure")
            return
        self._ports.recorder.record_audit("schedule", f"No more snapshots of the options of {symbol}.")
        self.moments.put([])
        await self._load()
        self._say(f"No more snapshots of {symbol} are taken; those on disk stay.", "hint")

    def _take_now(self) -> None:
        if self.chosen is not None:
            symbol = self.chosen.schedule.symbol
            self._ports.chains.take(symbol)
            self._say(f"A snapshot of the options of {symbol} is on its way.", "hint")

    # ------------------------------------------------------------------------------------------ what is said

    def _read(self) -> ChainSchedule:
        symbol = parse_symbol(self.underlying.text())
        if not _has_options(symbol):
            raise BadData(f"{symbol} has no option chain: name a share, a fund or an index.")
        return ChainSchedule(symbol, int(self.every.currentData()), self.days.currentData())

    def _look_at_form(self) -> None:
        """Say what the schedule in the form would cost, before it is kept."""
        try:
            schedule = self._read()
        except BadData:
            self.put.setEnabled(False)
            self._say("", "hint")
            return
        known = self._of(schedule.symbol)
        self.put.setText("&Change" if known else "&Add")
        self.put.setEnabled(known is None or known.schedule != schedule)
        running = running_now(self._ports, self.schedules.entries, self._recorded)
        known_contracts = self._usual_contracts(schedule.symbol)
        contracts = {schedule.symbol: known_contracts} if known_contracts else self._recorded.contracts
        plan = Plan((schedule.symbol,), every=schedule.every_minutes, days=schedule.days, contracts=contracts)
        if too_much := objections(plan, running):
            self._say(" ".join(too_much), "failure")
        else:
            self._say(schedule_costs(plan, running, known=schedule.symbol in contracts), "hint")

    def _usual_contracts(self, symbol: str) -> int:
        if symbol != self._showing:
            return 0
        return next((slot.contracts for slot in self.moments.entries if slot.contracts), 0)

    def _open_planner(self) -> None:
        try:
            self.plan_wanted.emit(self._read())
        except BadData as error:
            self._say(error.sentence, "failure")

    def _of(self, symbol: str) -> KeptSchedule | None:
        return next((each for each in self.schedules.entries if each.schedule.symbol == symbol), None)

    def _choose_row(self) -> None:
        """Show the moments of another schedule, and the schedule in the form."""
        kept = self.chosen
        if kept is not None and kept.schedule.symbol != self._showing:
            self._ports.tasks.start(_LOAD, self._load_moments())
        self._show_chosen()

    def _show_chosen(self) -> None:
        kept = self.chosen
        for button in (self.take, self.remove):
            button.setEnabled(kept is not None)
        if kept is not None:
            self.underlying.setText(kept.schedule.symbol)
            choose(self.every, self.days, kept.schedule.every_minutes, kept.schedule.days)

    def _say(self, sentence: str, tone: str) -> None:
        rename(self.sentence, tone)
        self.sentence.setText(sentence)

    # ------------------------------------------------------------------------------------------ how it is built

    def _fill_choices(self) -> None:
        offer(self.every, self.days)
        self.underlying.setPlaceholderText("SPY")
        self.underlying.setMaximumWidth(140)
        self.underlying.setAccessibleName("Underlying")

    def _set_up_tables(self, theme: Theme) -> None:
        for table, model, name in (
            (self.table, self.schedules, "Schedules"),
            (self.moment_table, self.moments, "Moments"),
        ):
            table.setModel(model)
            dress(table, theme)
            table.setAccessibleName(name)
            table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
            table.horizontalHeader().setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        for column, width in enumerate((110, 110, 140)):
            self.table.horizontalHeader().resizeSection(column, width)
        for column, width in enumerate((170, 130, 90)):
            self.moment_table.horizontalHeader().resizeSection(column, width)
        self.table.setMaximumHeight(170)

    def _lay_out(self) -> None:
        words = named(QLabel(_WORDS), "hint")
        words.setWordWrap(True)
        form = QHBoxLayout()
        for widget in (self.underlying, self.every, self.days, self.put, self.planner):
            form.addWidget(widget)
        form.addStretch(1)
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setMinimumHeight(2 * self.sentence.fontMetrics().height())
        tables = QWidget()
        inner = QVBoxLayout(tables)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        inner.addWidget(self.table)
        inner.addWidget(self.moment_table, 1)
        self.body.addWidget(tables)
        self.body.addWidget(self.empty)
        buttons = QHBoxLayout()
        buttons.addWidget(self.take)
        buttons.addWidget(self.remove)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        self.put.setDefault(True)
        for button in (self.take, self.remove, self.planner, self.close_button):
            button.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(named(QLabel("Option snapshots"), "heading"))
        column.addWidget(words)
        column.addLayout(form)
        column.addWidget(self.sentence)
        column.addWidget(self.body, 1)
        column.addLayout(buttons)
        self.resize(780, 560)

    def _connect(self) -> None:
        self.underlying.textChanged.connect(self._look_at_form)
        self.every.currentIndexChanged.connect(self._look_at_form)
        self.days.currentIndexChanged.connect(self._look_at_form)
        self.table.selectionModel().selectionChanged.connect(self._choose_row)
        self.put.clicked.connect(self.begin)
        self.planner.clicked.connect(self._open_planner)
        self.take.clicked.connect(self._take_now)
        self.remove.clicked.connect(self._take_away)
        self.close_button.clicked.connect(self.reject)


def _has_options(symbol: str) -> bool:
    return bool(symbol) and kind_of(symbol) in {Kind.SHARE, Kind.INDEX}
