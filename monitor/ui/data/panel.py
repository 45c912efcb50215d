"""The data panel: the gap map with its filter and intervals, and what repairs, downloads, deletes and compares."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from monitor.analysis.repair import Request
from monitor.errors import MonitorError, StoreUnavailable
from monitor.live.events import BarsArrived, HistoryProgress
from monitor.market.bar import Interval
from monitor.market.calendar import from_ms
from monitor.ui.data import phrases
from monitor.ui.data.canvas import GapMapCanvas
from monitor.ui.data.controls import Controls
from monitor.ui.data.deletion import DeletionDialog
from monitor.ui.data.download import DownloadDialog
from monitor.ui.data.expiring import ExpiringNotice
from monitor.ui.data.model import GapMap, Picked, in_order, shown_days
from monitor.ui.data.order import Order
from monitor.ui.data.report import ReportSheet
from monitor.ui.data.running import Running
from monitor.ui.data.strip import Strip
from monitor.ui.message import Message
from monitor.ui.panel import Panel
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts

TASK, REFRESH_TASK, COST_TASK = "data", "data refresh", "repair cost"
#: Bars come in many parts: cells are read again, and costs counted, at most so often.
_REFRESH_MS, _PAUSE_MS = 200, 120
_MINUTE_MS = 60_000
Days = tuple[date, date]


class DataPanel(Panel):
    """Reads while it can be seen; ``watched`` gives the symbols of the list that is shown."""

    symbol_chosen = Signal(str)

    def __init__(self, ports: ViewPorts, theme: Theme, watched: Callable[[], Sequence[str]]) -> None:
        super().__init__("Data")
        self._ports, self._theme, self._watched = ports, theme, watched
        self.map = GapMap()
        self.running: Running | None = None
        self._outcome: tuple[str, bool] | None = None
        self._plan: Sequence[Request] | None = None
        self._trouble = self._uncounted = ""
        self._kept: frozenset[str] | None = None
        self._dirty: dict[str, Days] = {}
        self._refreshing = False
        self.controls = Controls(ports.preferences)
        self.expiring = ExpiringNotice(ports)
        self.canvas = GapMapCanvas(self.map, theme)
        self.message = Message(self)
        self.strip = Strip(theme)
        self._set_up_header()
        self._set_up_body()
        self._refresh = QTimer(self, interval=_REFRESH_MS, singleShot=True)
        self._refresh.timeout.connect(self._begin_refresh)
        self._pause = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._ask_cost)
        self._minute = QTimer(self, interval=_MINUTE_MS)
        self._minute.timeout.connect(self.look_at_today)
        self._connect()

    # ------------------------------------------------------------------------------------------ what others call

    def load(self) -> None:
        """Read everything that is shown from disk; a hidden panel does so when it is shown."""
        if self.isVisible():
            self._ports.tasks.start(TASK, self._load())

    def look_at_today(self) -> None:
        """Once a minute: how far the day under way is, and what has left the source's reach."""
        now = self._ports.meters.now_ms()
        if shown_days(self.map.interval, now) != self._shown:
            self.load()
        elif (today := self.map.under_way()) is not None:
            self._touch(self.map.known, (today, today))

    def repair(self) -> None:
        """Fetch what is missing of the selection, or of everything where nothing is selected."""
        picked, plan = self.picked, self._plan
        if picked is None or not plan or self.running is not None:
            return
        self._begin(Order(picked.symbols, self.map.interval, *picked.span, plan=tuple(plan)))

    def cancel(self) -> None:
        """Stop the repair under way; what has come so far is kept."""
        if self.running is not None:
            running, self.running = self.running, None
            self._outcome = f"Cancelled after {running.done:,} of {running.total:,} requests. What came is kept.", True
            for symbol in running.symbols:
                self._ports.repair.cancel(symbol)
            self._repair_over()

    def open_download(self) -> DownloadDialog:
        """Offer to fetch chosen symbols and days; the selection is proposed."""
        area, picked = self.canvas.area, self.picked
        chosen = picked if area is not None and picked is not None else None
        symbols = chosen.symbols if chosen else self.map.symbols
        span = (chosen.first, chosen.last) if chosen else None
        dialog = DownloadDialog(self._ports, symbols, self.map.interval, span, self)
        dialog.ordered.connect(self._begin)
        dialog.open()
        return dialog

    def open_deletion(self) -> DeletionDialog | None:
        """Ask whether the selection is to be deleted; None where nothing is selected."""
        picked = self.picked
        if self.canvas.area is None or picked is None:
            self._outcome = "Select first what to delete: click, drag, or Ctrl+A for everything.", False
            self._show_line()
            return None
        dialog = DeletionDialog(self._ports, picked, self.map.interval, self)
        dialog.deleted.connect(self.load)
        dialog.open()
        return dialog

    def open_report(self) -> ReportSheet:
        """Show how streamed minutes compare with history."""
        sheet = ReportSheet(self._ports, self._theme, self)
        sheet.open()
        return sheet

    def close_panel(self) -> None:
        """Stop listening."""
        for stop in self._stops:
            stop()
        for timer in (self._refresh, self._pause, self._minute):
            timer.stop()

    @property
    def picked(self) -> Picked | None:
        """What is selected, or else all that is shown and over."""
        area = self.canvas.area
        return self.map.pick(area) if area is not None else self.map.everything()

    # ------------------------------------------------------------------------------------------ reading

    async def _load(self) -> None:
        interval, now = self.controls.interval, self._ports.meters.now_ms()
        coverage, self._shown = self._ports.coverage, shown_days(interval, now)
        try:
            kept = await coverage.kept()
            symbols = in_order(self._watched(), kept)
            found = await coverage.days(symbols, interval, *self._shown)
        except StoreUnavailable as error:
            self._trouble = error.sentence
        else:
            self._trouble, self._kept = "", frozenset(kept)
            self._dirty.clear()
            self.map.load(interval, symbols, found, now)
            self.canvas.show_map()
            self.expiring.look()
        self._show_state()

    def _touch(self, symbols: Sequence[str], days: Days) -> None:
        """Have the cells of these days read again, soon."""
        self._remember(dict.fromkeys(symbols, days))
        if self.isVisible() and not self._refresh.isActive():
            self._refresh.start()

    def _remember(self, dirty: Mapping[str, Days]) -> None:
        for symbol, days in dirty.items():
            first, last = self._dirty.get(symbol, days)
            self._dirty[symbol] = min(first, days[0]), max(last, days[1])

    def _begin_refresh(self) -> None:
        if not self._kept:  # the first history of all
            self.load()
        elif self._dirty and not self._refreshing:
            self._refreshing = True
            self._ports.tasks.start(REFRESH_TASK, self._read_dirty())

    async def _read_dirty(self) -> None:
        dirty, self._dirty = self._dirty, {}
        interval = self.map.interval
        first, last = min(days[0] for days in dirty.values()), max(days[1] for days in dirty.values())
        try:
            found = await self._ports.coverage.days(list(dirty), interval, first, last)
        except StoreUnavailable as error:
            self._remember(dirty)  # for the next time
            self.strip.say(f"The map is not up to date. {error.sentence}", tone="failure")
            return
        finally:
            self._refreshing = False
        if interval is not self.map.interval:
            return
        if not self.map.put(found, self._ports.meters.now_ms()):
            self.load()  # a day has begun, or a symbol is new
            return
        self.canvas.viewport().update()
        self._show_line()
        if self._dirty:
            self._refresh.start()

    def _hear_bars(self, event: BarsArrived) -> None:
        if event.interval is self.map.interval and event.bars and event.symbol in self.map.known:
            first, last = (from_ms(bar.start).date() for bar in (event.bars[0], event.bars[-1]))
            self._touch([event.symbol], (min(first, last), max(first, last)))

    def _hear_progress(self, event: HistoryProgress) -> None:
        if self.running is not None and self.running.hear(event):
            if self.running.over:
                self._outcome, self.running = self.running.outcome(), None
                self._repair_over()
            self._show_running()
        if not self.isVisible():
            return
        if event.symbol in self.map.known:
            self._touch([event.symbol], self._shown)
            if event.finished:
                self._pause.start()
                self.expiring.look()
        elif event.finished:
            self.load()

    # ------------------------------------------------------------------------------------------ repairing

    def _begin(self, order: Order) -> None:
        """Send what the plan of an order says, and follow it."""
        planned = {request.symbol for request in order.plan}
        symbols = [symbol for symbol in order.symbols if symbol in planned]
        self._outcome = None
        if self.running is None:
            self.running = Running(order.plan)
        else:
            self.running.add(order.plan)
        if not self._ports.sign_in.signed_in:
            self._outcome = "There is no sign-in: the repair begins once there is one.", False
        self._show_running()
        self._ports.repair.repair(symbols, order.interval, order.start_ms, order.end_ms, again=order.again)

    def _repair_over(self) -> None:
        self._show_running()
        self._pause.start()
        self.expiring.look()

    def _ask_cost(self) -> None:
        self._plan = None
        picked = self.picked
        if picked is not None and self.isVisible():
            self._ports.tasks.start(COST_TASK, self._count(picked))
        self._show_line()

    async def _count(self, picked: Picked) -> None:
        try:
            self._plan = await self._ports.repair.plan(picked.symbols, self.map.interval, *picked.span)
        except MonitorError as error:
            self._uncounted = f"The requests could not be counted. {error.sentence}"
        else:
            self._uncounted = ""
        self._show_line()

    # ------------------------------------------------------------------------------------------ what is shown

    def _show_state(self) -> None:
        """The map, or why there is none."""
        empty = self._why_empty()
        if empty is not None:
            self.message.say(*empty)
        self._body.setCurrentWidget(self.message if empty else self.canvas)
        self.strip.setVisible(empty is None or self.running is not None)
        days = len(self.map.days)
        what = phrases.plural(self.map.interval).capitalize()
        self.set_title(f"{what} on disk, last {phrases.counted(days, 'trading day')}" if days else "Data")
        self._show_line()

    def _why_empty(self) -> tuple[str, str, Callable[[], object]] | None:
        if self._trouble:
            return f"What is on disk could not be read. {self._trouble}", "Try again", self.load
        if not self.map.known:
            return "No history is kept yet, and the watchlist is empty.", "Download…", self.open_download
        if not self.map.symbols:
            return (
                f"No symbol here holds “{self.controls.filter.text().strip()}”.",
                "Show all",
                self.controls.filter.clear,
            )
        if self._kept == frozenset() and self.running is None:
            requests, ceiling = len(self._plan or ()), self._ports.meters.requests().ceiling
            sentence, button = phrases.nothing_kept(self.map.symbols, self.map.interval, requests, ceiling)
            return sentence, button, self.repair if requests else self.open_download
        return None

    def _take_selection(self) -> None:
        self._outcome = None
        self._plan = None
        self._pause.start()
        self._show_line()

    def _show_line(self) -> None:
        """What is selected and what it costs, or how far the repair is, or what came of it."""
        picked, chosen = self.picked, self.canvas.area is not None
        requests = None if self._plan is None else len(self._plan)
        self.strip.setEnabled(picked is not None or self.running is not None)
        self.strip.offer(
            phrases.repair(requests, chosen=chosen),
            enabled=bool(requests),
            tip="" if chosen else "All days that are over, of every symbol shown",
        )
        if self._outcome is not None:
            sentence, well = self._outcome
            self.strip.say(sentence, tone="success" if well else "warning")
        elif self.running is not None:
            self.strip.say(self.running.words())
        elif self._uncounted or picked is None:
            self.strip.say(self._uncounted, tone="warning")
        else:
            self.strip.say(*phrases.selection(picked, self.map.interval, requests, chosen=chosen))
        if self._kept == frozenset() and self._body.currentWidget() is self.message and not self._trouble:
            self.message.say(*(self._why_empty() or ("",)))

    def _show_running(self) -> None:
        self.strip.show_running(self.running)
        if self.running is not None and self.running.done and self._outcome:
            self._outcome = None
        if self._body.currentWidget() is self.message:
            self._show_state()
        else:
            self._show_line()

    def _open_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chosen = self.canvas.area is not None
        requests = None if self._plan is None else len(self._plan)
        menu.addAction(phrases.repair(requests, chosen=chosen), self.repair).setEnabled(
            bool(requests) and self.running is None
        )
        menu.addAction("Download…", self.open_download)
        menu.addSeparator()
        menu.addAction("Select all", QKeySequence("Ctrl+A"), self.canvas.select_all)
        menu.addAction("Delete…", QKeySequence("Del"), self.open_deletion).setEnabled(chosen)
        menu.popup(at)

    # ------------------------------------------------------------------------------------------ how it is built

    def _set_up_header(self) -> None:
        self.header_row.removeWidget(self._note)
        self._note.hide()
        self.header_row.addSpacing(8)
        self.header_row.addWidget(self.expiring, 1)
        self.header_row.addWidget(self.controls)

    def _set_up_body(self) -> None:
        self._body = QStackedWidget()
        self._body.addWidget(self.canvas)
        self._body.addWidget(self.message)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strip)
        column.addWidget(self._body, 1)
        self.set_body(body)
        self.setFocusProxy(self.canvas)
        self._shown = shown_days(Interval.M1, self._ports.meters.now_ms())

    def _connect(self) -> None:
        self.controls.interval_chosen.connect(self.load)
        self.controls.filter_changed.connect(self._take_filter)
        self.controls.download.clicked.connect(self.open_download)
        self.controls.delete.clicked.connect(self.open_deletion)
        self.controls.report.clicked.connect(self.open_report)
        self.expiring.ordered.connect(self._begin)
        self.strip.repair_wanted.connect(self.repair)
        self.strip.cancel_wanted.connect(self.cancel)
        self.canvas.selection_changed.connect(self._take_selection)
        self.canvas.symbol_chosen.connect(self.symbol_chosen)
        self.canvas.deletion_wanted.connect(self.open_deletion)
        self.canvas.menu_wanted.connect(self._open_menu)
        self._stops = (
            self._ports.bus.listen(BarsArrived, self._hear_bars),
            self._ports.bus.listen(HistoryProgress, self._hear_progress),
        )

    def _take_filter(self, words: str) -> None:
        self.map.filter(words)
        self.canvas.show_map()
        self._show_state()

    # ------------------------------------------------------------------------------------------ Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.load()
        self._minute.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._minute.stop()
