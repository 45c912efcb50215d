"""The symbols that one chart is compared with: read, kept in step with its bars, and brought back at the next start."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from monitor.analysis.chart_bars import Making
from monitor.errors import BadData, MonitorError
from monitor.live.events import BarsArrived, BoardChanged, HistoryProgress
from monitor.market.bar import BarSeries, Interval
from monitor.market.instrument import parse_symbol
from monitor.ui.chart.compare.compared import Compared, State
from monitor.ui.chart.compare.dialog import CompareDialog
from monitor.ui.chart.compare.hand import CompareHand
from monitor.ui.chart.compare.keeping import MOST, keep_comparison, kept_comparison
from monitor.ui.chart.compare.line import Floats, aligned
from monitor.ui.chart.heard import HeardMinutes
from monitor.ui.chart.looks import Looks, LooksMenu
from monitor.ui.chart.pace import Pace
from monitor.ui.chart.reading import Reading
from monitor.ui.chart.series import ChartBars
from monitor.ui.chart.view import ChartView
from monitor.ui.known_symbol import is_known
from monitor.ui.view_ports import ViewPorts

#: Bars from history come in many parts; the archive is read again at most this often.
_RELOAD_MS = 500


class InStep(NamedTuple):
    """The values of ``bars`` for the bars of a chart that is about to show them."""

    compared: Compared
    bars: ChartBars
    values: Floats


class ChartComparison(QObject):
    """Reads what ``compared`` lists while the panel is shown, and puts it on the view.

    ``wanted`` tells that other symbols are compared with, ``changed`` also that one of them has come, or failed;
    ``refused`` says why one that was typed is not added.
    """

    wanted = Signal()
    changed = Signal()
    refused = Signal(str)

    def __init__(
        self,
        ports: ViewPorts,
        view: ChartView,
        looks: LooksMenu,
        panel: QWidget,
        owner: str,
        pace: Pace,
        awake: Callable[[], bool],
    ) -> None:
        """``owner`` names the chart among the tasks; what comes live is shown at ``pace``, while it is ``awake``."""
        super().__init__(panel)
        self._ports, self._view, self._looks, self._panel, self._owner = ports, view, looks, panel, owner
        self._pace, self._awake = pace, awake
        self.compared, self._gave_percent = kept_comparison(ports.preferences)
        view.scene.compared = self.compared
        self._interval = Interval.M1
        self._grown: set[str] = set()
        pace.due.connect(self._show_newest)
        self._percent = looks.looks.percent
        self._ensured: set[str] = set()
        self._heard = HeardMinutes()
        self._progress: dict[str, HistoryProgress] = {}
        self._due: set[str] = set()
        self._reload = QTimer(self, interval=_RELOAD_MS, singleShot=True)
        self._reload.timeout.connect(self._read_due)
        looks.chosen.connect(self._hear_looks)
        self.hand = CompareHand(view, self)
        self._stops = (
            ports.bus.listen(BarsArrived, self._hear_bars),
            ports.bus.listen(BoardChanged, self._hear_board),
            ports.bus.listen(HistoryProgress, self._hear_progress),
        )

    @property
    def symbols(self) -> frozenset[str]:
        """What is to be streamed beside the chart's own symbol."""
        return frozenset(each.symbol for each in self.compared)

    def close(self) -> None:
        """Read and hear no more."""
        self._reload.stop()
        for stop in self._stops:
            stop()
        self._ports.tasks.cancel(f"{self._owner} compare add")
        for each in self.compared:
            self._cancel(each)

    # ---------------------------------------------------------------------------------------- what a person does

    def open_dialog(self) -> CompareDialog:
        """Offer symbols to compare with."""
        dialog = CompareDialog(self._ports, self, self._view.scene.colours, self._panel)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def objection(self, text: str) -> str:
        """Why what was typed cannot be compared with; empty when it can."""
        try:
            symbol = parse_symbol(text)
        except BadData as error:
            return error.sentence
        if symbol == self._view.scene.symbol:
            return f"{symbol} is the chart's own symbol."
        if symbol in self.symbols:
            return f"{symbol} is on the chart already."
        if len(self.compared) >= MOST:
            return f"A chart compares with {MOST} symbols at most: take one off first."
        return ""

    def add(self, text: str) -> None:
        """Compare with the symbol that was typed, once it is known that Schwab has it."""
        sentence = self.objection(text)
        if sentence:
            self.refused.emit(sentence)
        else:
            self._ports.tasks.start(f"{self._owner} compare add", self._add(parse_symbol(text)))

    async def _add(self, symbol: str) -> None:
        known = await is_known(self._ports, symbol)
        sentence = self.objection(symbol) if known else f"Schwab knows no symbol “{symbol}”."
        if sentence:
            self.refused.emit(sentence)
            return
        taken = {each.colour for each in self.compared}
        first = not self.compared
        self.compared.append(Compared(symbol, next(n for n in range(1, MOST + 1) if n not in taken)))
        if first and not self._looks.looks.percent:
            self._choose_percent(True)
            self._gave_percent = True
        self._want()
        self.keep_up(self._interval)

    def remove(self, compared: Compared) -> None:
        """Take a symbol off; with the last one the scale goes back to how it was before the first."""
        if compared not in self.compared:
            return
        self.compared.remove(compared)
        self._cancel(compared)
        if not self.compared and self._gave_percent:
            self._gave_percent = False
            self._choose_percent(False)
        self._want()

    def toggle(self, compared: Compared) -> None:
        """Hide the line, or show it again."""
        compared.visible = not compared.visible
        self._keep()
        self._view.refresh()
        self.changed.emit()

    def retry(self, compared: Compared) -> None:
        """Fetch its history and read it again."""
        self._progress.pop(compared.symbol, None)
        compared.turn(State.LOADING, f"Loading {compared.symbol}…")
        self._ports.loader.ensure(compared.symbol)
        self._read(compared)
        self._tell()

    def _choose_percent(self, on: bool) -> None:
        self._percent = on
        self._looks.choose(percent=on)

    def _hear_looks(self, looks: Looks) -> None:
        """A percent scale that the person turned off or on themselves stays as they left it."""
        if looks.percent is not self._percent:
            self._percent = looks.percent
            if self._gave_percent:
                self._gave_percent = False
                self._keep()

    def _want(self) -> None:
        self._keep()
        self._view.refresh()
        self.wanted.emit()
        self.changed.emit()

    def _keep(self) -> None:
        keep_comparison(self._ports.preferences, self.compared, self._gave_percent)

    # ---------------------------------------------------------------------------------------- reading

    def open(self, interval: Interval) -> None:
        """The chart turns to another symbol or interval; its bars are on their way."""
        self._interval = interval
        for each in self.compared:
            each.line = None
            if each.asked != self._making:
                each.forget_bars()

    def reload(self) -> None:
        """Read all of them anew: what came while the chart was hidden was not heard."""
        for each in self.compared:
            each.asked = None

    def keep_up(self, interval: Interval) -> None:
        """Read those whose bars are not those that the chart shows."""
        self._interval = interval
        for each in self.compared:
            if each.symbol not in self._ensured:
                self._ensured.add(each.symbol)
                self._ports.loader.ensure(each.symbol)
            if each.asked != self._making:
                self._read(each)

    @property
    def _making(self) -> Making:
        return self._looks.looks.making(self._interval)

    def _task(self, compared: Compared) -> str:
        return f"{self._owner} compare {compared.symbol}"

    def _cancel(self, compared: Compared) -> None:
        self._ports.tasks.cancel(self._task(compared))
        self._ports.tasks.cancel(f"{self._task(compared)} in step")

    def _read(self, compared: Compared) -> None:
        if self._awake():
            compared.asked = self._making
            self._ports.tasks.start(self._task(compared), self._take(compared, self._making))

    async def _take(self, compared: Compared, making: Making) -> None:
        """Read the archive; an answer about bars that are no longer shown is dropped."""
        try:
            reading = Reading(self._ports, compared.symbol, making)
            bars = await reading.bars()
            tail = await reading.tail(bars)
        except MonitorError as error:
            if compared.asked == making:
                compared.turn(State.FAILED, error.sentence)
                self._tell()
            return
        if compared.asked != making or compared not in self.compared:
            return
        compared.take_bars(ChartBars(bars), tail)
        tail.take_minutes(self._heard.of(compared.symbol))
        self._take_open(compared)
        self._put(compared)
        await self._align(compared)

    async def _align(self, compared: Compared) -> None:
        """Bring the bars in step with those of the chart, off the loop, and again when either were read meanwhile."""
        scene = self._view.scene
        while compared.bars is not None:
            chart, bars = scene.bars, compared.bars
            since = compared.unsure_from(chart)
            values = await asyncio.to_thread(aligned, chart.start, bars.start, bars.close)
            if scene.bars is chart and compared.bars is bars:
                compared.draw(values, chart, since)
                break
        self._judge(compared)
        self._view.refresh()
        self.changed.emit()

    async def in_step(self, chart: BarSeries) -> list[InStep]:
        """What is there, for bars that the chart is about to show."""
        found = []
        for each in list(self.compared):
            if each.bars is not None:
                bars = each.bars
                values = await asyncio.to_thread(aligned, chart["start"], bars.start, bars.close)
                found.append(InStep(each, bars, values))
        return found

    def show(self, found: list[InStep]) -> None:
        """Draw these, now that the chart shows the bars they are for; what was read meanwhile is brought in step."""
        chart = self._view.scene.bars
        values = {id(each.bars): each.values for each in found}
        for each in self.compared:
            if each.bars is None:
                continue
            if id(each.bars) in values:
                each.draw(values[id(each.bars)], chart, each.unsure_from(chart))
                self._judge(each)
            else:
                each.line = None
                self._ports.tasks.start(f"{self._task(each)} in step", self._align(each))

    def _judge(self, compared: Compared) -> None:
        """Say how it stands after its bars were read."""
        progress = self._progress.get(compared.symbol)
        if progress is not None and progress.failed:
            compared.turn(State.FAILED, progress.failed)
        elif compared.bars is not None and len(compared.bars):
            compared.turn(State.SHOWN)
        elif progress is not None and not progress.finished:
            compared.turn(State.LOADING, _downloading(progress))
        elif not self._ports.sign_in.signed_in:
            compared.turn(State.EMPTY, f"No history of {compared.symbol} yet: sign in to download it.")
        else:
            compared.turn(State.EMPTY, f"No history of {compared.symbol} at this interval yet.")

    def _read_due(self) -> None:
        due, self._due = self._due, set()
        for each in self.compared:
            if each.symbol in due and self._ports.tasks.is_running(self._task(each)):  # it is let finish first
                self._due.add(each.symbol)
                self._reload.start()
            elif each.symbol in due:
                self._read(each)

    # ---------------------------------------------------------------------------------------- what comes live

    def _find(self, symbol: str) -> Compared | None:
        return next((each for each in self.compared if each.symbol == symbol), None)

    def _hear_bars(self, event: BarsArrived) -> None:
        self._heard.take(event)
        compared = self._find(event.symbol)
        if compared is None or not self._awake():
            return
        tail = compared.tail
        if event.interval is Interval.M1 and tail is not None and tail.take_minutes(event.bars):
            self._grown.add(event.symbol)
            self._pace.ask()
            return
        self._due.add(event.symbol)
        if not self._reload.isActive():
            self._reload.start()

    def _hear_board(self, event: BoardChanged) -> None:
        grown = self.symbols & event.trades
        if grown and self._awake():
            self._grown |= grown
            self._pace.ask()

    def _show_newest(self) -> None:
        """Show what the stream has brought since this was last done."""
        grown, self._grown = self._grown, set()
        for each in self.compared:
            if each.symbol in grown:
                self._take_open(each)
                self._put(each)

    def _take_open(self, compared: Compared) -> None:
        running = self._ports.board.running_bar(compared.symbol)
        if running is not None and compared.tail is not None:
            compared.tail.take_open(running)

    def _put(self, compared: Compared) -> None:
        if compared.tail is None:
            return
        rows = compared.tail.rows(self._ports.board.quote(compared.symbol))
        first = compared.put(rows, self._view.scene.bars)
        if len(rows) and compared.state is State.EMPTY and compared.line is not None:
            self._judge(compared)
            self._tell()
        if first is not None:
            self._view.take_compared(first)

    def _hear_progress(self, event: HistoryProgress) -> None:
        compared = self._find(event.symbol)
        if compared is None:
            return
        self._progress[event.symbol] = event
        if event.failed:
            compared.turn(State.FAILED, event.failed)
        elif event.finished:
            self._read(compared)
        else:
            compared.turn(State.LOADING, _downloading(event))
        self._tell()

    def _tell(self) -> None:
        """A row says something else."""
        self._view.update()
        self.changed.emit()


def _downloading(progress: HistoryProgress) -> str:
    return f"Downloading the history of {progress.symbol}: {progress.done} of {progress.total} requests."
