"""The planner: what recording would cost, as one types, beside what is used now; what fits, and a button to add it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from monitor.analysis.budget import Fit, Plan, Sort, cost, excesses, has_chain, ways_to_fit
from monitor.errors import BadData, MonitorError
from monitor.market.bar import Interval
from monitor.market.calendar import at_new_york, from_ms
from monitor.market.chain_schedule import ChainSchedule
from monitor.ports import KeptSchedule, Recorded
from monitor.ui.cells import dress
from monitor.ui.chains.models import every, expiries
from monitor.ui.data.phrases import counted
from monitor.ui.panel import named, rename
from monitor.ui.planner import phrases
from monitor.ui.planner.form import PlanForm
from monitor.ui.planner.model import CostModel
from monitor.ui.planner.running import running_now
from monitor.ui.planner.standing import StandingRecording
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from monitor.ui.watchlist.lists import NamedLists

_LOAD, _COUNT, _ADD = "planner: what is recorded", "planner: requests of history", "planner: adding"
_METER_MS, _PAUSE_MS, _MEASURE_SECONDS = 1_000, 250, 60
#: So many symbols are looked up in one request.
_LOOKED_UP = 100
_MOST_WAYS = 5  # less often, without each of three sorts, fewer symbols
_NAMED = 5
_WORDS = "What it costs to record more, before it begins. Nothing happens until you add it."


class Planner(QDialog):
    """Opened with ``open()``. ``listed`` carries the symbols that the shown watchlist is to have, known to exist."""

    listed = Signal(object)

    def __init__(
        self,
        ports: ViewPorts,
        theme: Theme,
        lists: NamedLists,
        standing: StandingRecording,
        symbols: Sequence[str] = (),
        schedule: ChainSchedule | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """``symbols`` are proposed; with a ``schedule`` it is snapshots of their chains that are asked for."""
        super().__init__(parent)
        self.setWindowTitle("Planner — SANDBOX" if ports.profile.sandbox else "Planner")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._ports, self._standing = ports, standing
        self._kept: Sequence[KeptSchedule] = ()
        self._recorded = Recorded()
        self._trouble = ""
        self._download: tuple[Plan, int] | None = None  # counted by the ledger, for a plan
        self.form = PlanForm({name: lists.symbols_of(name) for name in lists.names}, lists.current)
        self.model = CostModel(theme)
        self.table = QTableView()
        self.verdict, self.basis = named(QLabel(), "hint"), named(QLabel(), "hint")
        self.meter = named(QLabel(), "hint")
        self.done_line, self.recording = named(QLabel(), "hint"), named(QLabel(), "hint")
        self.ways = [QPushButton() for _ in range(_MOST_WAYS)]
        self.stop = QPushButton("S&top recording them")
        self.add, self.close_button = QPushButton("&Add"), QPushButton("Close")
        self._fits: list[Fit] = []
        self._set_up_table(theme)
        self._lay_out()
        self._connect()
        if symbols:
            self.form.put_symbols(symbols)
        if schedule is not None:
            self.form.put_schedule(schedule.every_minutes, schedule.days)
        self.look()
        self.load()
        self.form.symbols.setFocus()

    def load(self) -> None:
        """Read what is recorded already."""
        self._ports.tasks.start(_LOAD, self._load())

    def plan(self) -> Plan:
        """What is asked for."""
        return self.form.plan(self._recorded.contracts)

    def look(self) -> None:
        """Work out what the plan costs, and say it."""
        plan, running = self.plan(), running_now(self._ports, self._kept, self._recorded)
        rates = self._recorded.rates
        added, over = cost(plan, running, rates), excesses(plan, running, rates)
        if self._download is not None and self._download[0] == plan:
            added = replace(added, download=self._download[1])
        taken = frozenset().union(*running.places.taken.values())
        self.form.say_count(len(plan.symbols), sum(symbol not in taken for symbol in plan.symbols))
        self.model.put(phrases.lines(running, added, over, rates))
        ways = {each.limit: ways_to_fit(plan, running, rates, {each.limit}) for each in over}
        self._fits = _offered(list(ways.values()))
        sentences = [
            f"{phrases.too_much(each, plan, running)} {phrases.would_fit(ways[each.limit], plan)}" for each in over
        ]
        if len(ways) > 1:
            sentences.append(phrases.all_would_fit(self._fits, plan))
        self._say_verdict(plan, sentences)
        self._show_ways(plan)
        self.basis.setText(phrases.basis(rates, self._recorded, plan))
        self.add.setText("&Add anyway" if over else "&Add")
        self.add.setEnabled(_does_something(plan))
        self.look_at_meter()

    def look_at_meter(self) -> None:
        """Today's use, which goes on changing."""
        ports = self._ports
        running = running_now(ports, self._kept, self._recorded)
        self.meter.setText(
            phrases.meter(ports.meters.requests(), ports.meters.store(), running, self._recorded)
            + (f" {self._trouble}" if self._trouble else "")
        )

    def begin(self) -> None:
        """Look the symbols up, then do what is asked for."""
        self.add.setEnabled(False)
        self._say_done("Looking the symbols up…", "hint")
        self._ports.tasks.start(_ADD, self._add(self.plan()))

    def done(self, result: int) -> None:
        for timer in (self._meter_timer, self._measure_timer, self._pause):
            timer.stop()
        for task in (_LOAD, _COUNT, _ADD):
            self._ports.tasks.cancel(task)
        super().done(result)

    # ------------------------------------------------------------------------------------------ what is read

    async def _load(self) -> None:
        try:
            self._kept = await self._ports.chain_schedules.all()
            self._recorded = await self._ports.usage.recorded()
            self._trouble = ""
        except MonitorError as error:
            self._trouble = f"What is recorded could not be read. {error.sentence}"
        self.look()

    async def _count(self, plan: Plan) -> None:
        """What is on disk already need not be asked for again."""
        requests = 0
        try:
            for interval, start in _stretches(plan, self._ports.meters.now_ms()):
                requests += len(await self._ports.repair.plan(plan.symbols, interval, start))
        except MonitorError:
            return  # the estimate stays
        self._download = plan, requests
        self.look()

    def _count_later(self) -> None:
        plan = self.plan()
        if plan.symbols and any(plan.history):
            self._ports.tasks.start(_COUNT, self._count(plan))

    # ------------------------------------------------------------------------------------------ what is done

    async def _add(self, plan: Plan) -> None:
        try:
            unknown = await self._look_up(plan.symbols)
            if unknown:
                more = f" and {len(unknown) - _NAMED:,} more" if len(unknown) > _NAMED else ""
                verb = "is not a symbol" if len(unknown) == 1 else "are not symbols"
                raise BadData(f"{', '.join(unknown[:_NAMED])}{more} {verb} that Schwab knows. Nothing was added.")
            await self._put_schedules(plan)
        except MonitorError as error:
            self._say_done(error.sentence, "failure")
            self.add.setEnabled(True)
            return
        listed = self.form.show_in_list.isChecked()
        if listed:
            self.listed.emit(list(plan.symbols))
        self._standing.add(plan.symbols, plan.sorts - {Sort.QUOTES, Sort.BARS} if listed else plan.sorts)
        for interval, start in _stretches(plan, self._ports.meters.now_ms()):
            self._ports.repair.repair(plan.symbols, interval, start)
        self._show_recording()
        self._say_done(f"Added: {counted(len(plan.symbols), 'symbol')}.", "success")
        self.form.put_symbols(())
        await self._load()

    async def _look_up(self, symbols: Sequence[str]) -> list[str]:
        """Those of ``symbols`` that Schwab does not know; what is streamed already is known."""
        taken = frozenset().union(*self._ports.watching.places.taken.values())
        new = [symbol for symbol in symbols if symbol not in taken]
        known = set[str]()
        for at in range(0, len(new), _LOOKED_UP):
            found = await self._ports.history.find_instruments(",".join(new[at : at + _LOOKED_UP]))
            self._ports.recorder.record_instruments(found)
            known |= {each.symbol for each in found}
        return [symbol for symbol in new if symbol not in known]

    async def _put_schedules(self, plan: Plan) -> None:
        if plan.every is None:
            return
        for symbol in filter(has_chain, plan.symbols):
            await self._ports.chain_schedules.put(ChainSchedule(symbol, plan.every, plan.days))
            self._ports.recorder.record_audit(
                "schedule",
                f"Snapshots of the options of {symbol} every {every(plan.every)}, expiries {expiries(plan.days)}.",
            )
        self._ports.chains.look()

    def _stop_recording(self) -> None:
        self._standing.clear()
        self.look()
        self._show_recording()

    # ------------------------------------------------------------------------------------------ what is said

    def _say_verdict(self, plan: Plan, sentences: list[str]) -> None:
        if sentences:
            rename(self.verdict, "failure")
            self.verdict.setText("\n".join(sentences))
        else:
            rename(self.verdict, "success" if _does_something(plan) else "hint")
            self.verdict.setText("It fits." if _does_something(plan) else "Name symbols, and what to record of them.")

    def _show_ways(self, plan: Plan) -> None:
        for index, button in enumerate(self.ways):
            there = index < len(self._fits)
            button.setVisible(there)
            if there:
                words = phrases.way(self._fits[index], plan)
                button.setText(words[0].upper() + words[1:])

    def _take_way(self, index: int) -> None:
        if index < len(self._fits):
            self.form.make_fit(self._fits[index])

    def _say_done(self, sentence: str, tone: str) -> None:
        rename(self.done_line, tone)
        self.done_line.setText(sentence)

    def _show_recording(self) -> None:
        count = self._standing.count
        self.recording.setText(f"{counted(count, 'symbol')} recorded whatever is shown." if count else "")
        self.stop.setVisible(bool(count))

    # ------------------------------------------------------------------------------------------ how it is built

    def _set_up_table(self, theme: Theme) -> None:
        self.table.setModel(self.model)
        dress(self.table, theme)
        self.table.setAccessibleName("Costs")
        self.table.setSelectionMode(QTableView.SelectionMode.NoSelection)
        heads = self.table.horizontalHeader()
        heads.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in enumerate((80, 110, 110, 120), start=1):
            heads.resizeSection(column, width)

    def _lay_out(self) -> None:
        for label in (self.verdict, self.basis, self.meter, self.done_line):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        ways = QHBoxLayout()
        for button in (*self.ways, self.stop, self.close_button):
            button.setAutoDefault(False)
        for button in self.ways:
            ways.addWidget(button)
        ways.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.meter)
        right.addWidget(self.table, 1)
        right.addWidget(self.verdict)
        right.addLayout(ways)
        right.addWidget(self.basis)
        body = QHBoxLayout()
        body.setSpacing(24)
        body.addWidget(self.form)
        body.addLayout(right, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.recording)
        foot.addWidget(self.stop)
        foot.addWidget(self.done_line, 1)
        foot.addWidget(self.close_button)
        foot.addWidget(self.add)
        self.add.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(named(QLabel("Planner"), "heading"))
        column.addWidget(named(QLabel(_WORDS), "hint"))
        column.addLayout(body, 1)
        column.addLayout(foot)
        self.setMinimumSize(940, 600)
        self.resize(1040, 640)
        self._show_recording()

    def _connect(self) -> None:
        self._meter_timer = QTimer(self, interval=_METER_MS)
        self._meter_timer.timeout.connect(self.look_at_meter)
        self._meter_timer.start()
        self._measure_timer = QTimer(self, interval=_MEASURE_SECONDS * 1000)
        self._measure_timer.timeout.connect(self.load)
        self._measure_timer.start()
        self._pause = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._count_later)
        self.form.changed.connect(self.look)
        self.form.changed.connect(self._pause.start)
        for index, button in enumerate(self.ways):
            button.clicked.connect(lambda _=False, way=index: self._take_way(way))
        self.stop.clicked.connect(self._stop_recording)
        self.add.clicked.connect(self.begin)
        self.close_button.clicked.connect(self.reject)


def _offered(ways: list[list[Fit]]) -> list[Fit]:
    """What buttons offer: all ways to keep one bound or another, but only as many symbols as keep them all."""
    less = [each for found in ways for each in found if each.every or each.without]
    counts = [each.symbols for found in ways for each in found[-1:] if not (each.every or each.without)]
    fewest = [Fit(min(counts))] if counts and len(counts) == len(ways) else []
    return [*dict.fromkeys(less), *fewest]


def _does_something(plan: Plan) -> bool:
    return bool(plan.symbols) and bool(plan.sorts or plan.every or any(plan.history))


def _stretches(plan: Plan, now_ms: int) -> list[tuple[Interval, int]]:
    """The intervals to download, each with the moment from which on."""
    today, history = from_ms(now_ms).date(), plan.history
    found = []
    if history.minute_days:
        found.append((Interval.M1, _midnight(today - timedelta(days=history.minute_days))))
    if history.day_years:
        found.append((Interval.DAY, _midnight(today - timedelta(days=365 * history.day_years))))
    return found


def _midnight(day: date) -> int:
    return at_new_york(day, time(0))
