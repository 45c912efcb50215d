"""The chart panel: reads a symbol's history, joins what the stream adds, and shows how far the download is."""

from collections import defaultdict, deque
from datetime import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from monitor.analysis.chart_bars import Making
from monitor.errors import MonitorError
from monitor.live.events import BarsArrived, BoardChanged, GapChanged, HistoryProgress
from monitor.market.bar import Bar, Interval
from monitor.market.calendar import at_new_york, from_ms
from monitor.market.quote import Quote
from monitor.ports import Wanted
from monitor.ui.chart.copies import ChartCopies
from monitor.ui.chart.drawings.desk import DrawingDesk
from monitor.ui.chart.drawings.draw_button import DrawButton, MagnetButton
from monitor.ui.chart.drawings.hand import DrawingHand
from monitor.ui.chart.go_to import GoToDialog
from monitor.ui.chart.indicators.on_chart import ChartIndicators
from monitor.ui.chart.looks import Looks, LooksMenu, keep_looks, kept_looks
from monitor.ui.chart.reading import Reading, made_ready
from monitor.ui.chart.tail import EMPTY, Tail
from monitor.ui.chart.view import ChartView
from monitor.ui.link import LinkGroup
from monitor.ui.message import Message
from monitor.ui.panel import Panel, named
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from monitor.ui.wish import Wish

_OWNER = "chart"
#: Bars from history come in many parts; the archive is read again at most this often.
_RELOAD_MS = 500


class ChartPanel(Panel):
    """Candles with volume of the link group's symbol. While hidden it does nothing, and catches up when shown."""

    interval_changed = Signal(object)
    sign_in_wanted = Signal()

    def __init__(self, ports: ViewPorts, link: LinkGroup, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Chart", link, parent)
        self._ports = ports
        self._symbol = link.symbol
        self._wish = Wish(self, ports.watching, _OWNER)
        self._interval = Interval.M1
        self._tail: Tail | None = None
        self._made = Making()
        self._progress: HistoryProgress | None = None
        #: The newest minutes of each symbol: those just heard may not be on disk yet when the archive is read.
        self._heard: defaultdict[str, deque[Bar]] = defaultdict(lambda: deque(maxlen=3))
        self.view = ChartView(theme, ports.meters.now_ms)
        self.message = Message(self.view)
        over = QVBoxLayout(self.view)
        over.addWidget(self.message)
        self.looks_button = named(QToolButton(), "chartLooks")
        self.looks_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.looks_button.setToolTip("Kind of chart, price scale, hours and times")
        self.looks_menu = LooksMenu(kept_looks(ports.preferences), self)
        self.looks_menu.chosen.connect(self._take_looks)
        self.looks_button.setMenu(self.looks_menu)
        self.looks_menu.go_to.triggered.connect(self.open_go_to)
        self.copies = ChartCopies(ports, self.view, self)
        self.looks_menu.save_picture.triggered.connect(self.copies.save_picture)
        self.looks_menu.copy_picture.triggered.connect(self.copies.copy_picture)
        self.looks_menu.copy_bars.triggered.connect(self.copies.copy_bars)
        self.indicators = ChartIndicators(ports, self.view, self)
        self.indicators_button = named(QToolButton(), "chartIndicators")
        self.indicators_button.setText("ƒ Indicators")
        self.indicators_button.setToolTip("Put indicators on the chart (/)")
        self.indicators_button.clicked.connect(self.indicators.open_dialog)
        QShortcut("/", self.view, self.indicators.open_dialog, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.retry_button = named(QToolButton(), "chartRetry")
        self.retry_button.setText("Try again")
        self.retry_button.clicked.connect(self._retry)
        self.retry_button.hide()
        self.header_row.addWidget(self.retry_button)
        self.header_row.addWidget(self.looks_button)
        self.header_row.addWidget(self.indicators_button)
        self.drawing = DrawingDesk(self.view, ports.drawings, ports.preferences, ports.bus)
        self.hand = DrawingHand(self.view, self.drawing)
        for button in (DrawButton(self.drawing, theme), MagnetButton(self.drawing, theme)):
            self.header_row.addWidget(button)
        self._show_looks()
        self.set_body(self.view)
        self.setFocusProxy(self.view)
        self._reload = QTimer(self, interval=_RELOAD_MS, singleShot=True)
        self._reload.timeout.connect(self.reload)
        link.symbol_changed.connect(self._open)
        self._stops = (
            ports.bus.listen(BarsArrived, self._hear_bars),
            ports.bus.listen(BoardChanged, self._hear_board),
            ports.bus.listen(HistoryProgress, self._hear_progress),
            ports.bus.listen(GapChanged, self._hear_gap),
        )
        self._open(link.symbol)

    @property
    def interval(self) -> Interval:
        """The length of the bars shown."""
        return self._interval

    def set_interval(self, interval: Interval) -> None:
        """Show bars of another length."""
        if interval is not self._interval:
            self._interval = interval
            self.interval_changed.emit(interval)
            self._open(self._symbol)

    def open_go_to(self) -> GoToDialog:
        """Ask for a day, and show it."""
        start = self.visible_range()[0] or self._ports.meters.now_ms()
        dialog = GoToDialog(from_ms(start).date(), self)
        dialog.chosen.connect(lambda day: self.view.go_to(at_new_york(day, time(0))))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _take_looks(self, looks: Looks) -> None:
        """Show the bars in another way, or other ones where those chosen are made in another."""
        keep_looks(self._ports.preferences, looks)
        self._show_looks()
        if looks.making(self._interval) != self._made:
            self.reload()

    def _show_looks(self) -> None:
        looks = self.looks_menu.looks
        self.looks_button.setText(f"{looks.kind.words} ▾")
        self.view.set_looks(looks)

    @property
    def bar_count(self) -> int:
        """How many bars there are to look at, in view or not."""
        return len(self.view.scene.bars)

    def visible_range(self) -> tuple[int, int]:
        """The time in view, ms UTC, end exclusive; (0, 0) without bars."""
        scene = self.view.scene
        rows = scene.bars.rows(scene.viewport.first, scene.viewport.last)
        return (int(rows["start"][0]), int(rows["start"][-1]) + 1) if len(rows) else (0, 0)

    def close_panel(self) -> None:
        """Stop listening and reading, and want nothing more from the stream."""
        self._reload.stop()
        self.drawing.close()
        for stop in self._stops:
            stop()
        self._ports.tasks.cancel("chart bars")
        self.indicators.stop()
        self._wish.want(Wanted())

    # ---------------------------------------------------------------------------------------- reading

    def _open(self, symbol: str) -> None:
        """Turn to ``symbol`` at the interval in use: ask for its data and read what there is."""
        if symbol != self._symbol:
            self._progress = None
        self._symbol = symbol
        self._tail = None
        self.set_title(f"Chart · {symbol} {self._interval.label}" if symbol else "Chart")
        self._set_trouble("")
        self.view.show_bars(symbol, self._interval, EMPTY)
        self.drawing.open(symbol)
        self.view.show_missing([])
        self._take_facts()
        if not symbol:
            self.message.say("Choose a symbol to see its chart.")
            return
        self.message.say(f"Loading {symbol}…")
        wanted = frozenset({symbol})
        self._wish.want(Wanted(quotes=wanted, bars=wanted))
        self._ports.loader.ensure(symbol)
        self.reload()

    def reload(self) -> None:
        """Read the bars on disk anew."""
        if self._symbol and self.isVisible():
            self._ports.tasks.start("chart bars", self._read(self._symbol, self._interval))

    async def _read(self, symbol: str, interval: Interval) -> None:
        """Read the archive; an answer for a symbol or interval that is no longer shown is dropped."""
        try:
            reading = Reading(self._ports, symbol, self.looks_menu.looks.making(interval))
            bars = await reading.bars()
            tail = await reading.tail(bars)
            holes = await reading.missing(bars)
            shown = await self.indicators.computed(symbol, interval, bars)
            ready = await made_ready(bars)
        except MonitorError as error:
            if (symbol, interval) == (self._symbol, self._interval):
                self._say_failed(error.sentence)
            return
        if (symbol, interval) == (self._symbol, self._interval):
            self._tail, self._made = tail, self.looks_menu.looks.making(interval)
            self.view.show_bars(symbol, interval, ready)
            self.view.show_indicators(shown)
            self.view.show_missing(holes)
            self._catch_up()

    # ---------------------------------------------------------------------------------------- what comes live

    def _hear_bars(self, event: BarsArrived) -> None:
        if event.interval is Interval.M1:
            self._heard[event.symbol].extend(event.bars[-3:])
        if event.symbol != self._symbol or not self.isVisible():
            return
        if event.interval is not Interval.M1 or self._tail is None or not self._tail.take_minutes(event.bars):
            if not self._reload.isActive():
                self._reload.start()
            return
        self._put_tail()

    def _hear_gap(self, event: GapChanged) -> None:
        """A hole may have begun, or be over."""
        concerns = event.gap.symbol in ("", self._symbol)
        if concerns and self._tail is not None and self.isVisible() and not self._reload.isActive():
            self._reload.start()

    def _hear_board(self, event: BoardChanged) -> None:
        if not self.isVisible() or self._tail is None or self._symbol not in event.quotes:
            return
        self._take_facts()
        if self._symbol in event.trades:
            self._take_open()
            self._put_tail()

    def _catch_up(self) -> None:
        """Put what was heard but not read behind the bars just read."""
        if self._tail is None:
            return
        self._tail.take_minutes(self._heard[self._symbol])
        self._take_facts()
        self._take_open()
        self._put_tail()
        if len(self.view.scene.bars):
            self.message.hide()
        else:
            self._say_empty()

    def _take_facts(self) -> None:
        quote = self._ports.board.quote(self._symbol) or Quote(symbol=self._symbol)
        self.view.set_facts(quote.exchange_name or "", quote.close or None, quote.bid or None, quote.ask or None)

    def _take_open(self) -> None:
        running = self._ports.board.running_bar(self._symbol)
        if running is not None and self._tail is not None:
            self._tail.take_open(running)

    def _put_tail(self) -> None:
        if self._tail is None:
            return
        rows = self._tail.rows(self._ports.board.quote(self._symbol))
        if len(rows):
            self.view.put_bars(rows)
            self.message.hide()

    # ---------------------------------------------------------------------------------------- the states

    def _hear_progress(self, event: HistoryProgress) -> None:
        if event.symbol != self._symbol:
            return
        self._progress = event
        if event.failed:
            self._say_failed(event.failed)
        elif event.finished:
            self._set_trouble("")
            self.reload()
        elif len(self.view.scene.bars):
            self.set_note(_downloading(event))
        else:
            self.message.say(_downloading(event))

    def _say_empty(self) -> None:
        progress = self._progress
        if progress is not None and progress.failed:
            self._say_failed(progress.failed)
        elif progress is not None and not progress.finished:
            self.message.say(_downloading(progress))
        elif not self._ports.sign_in.signed_in:
            self.message.say(f"Sign in to see the chart of {self._symbol}.", "Sign in…", self.sign_in_wanted.emit)
        else:
            self.message.say(f"No history for {self._symbol} yet.", "Download", self._download)

    def _say_failed(self, sentence: str) -> None:
        """In the middle of an empty chart; beside the title of one that has bars."""
        if len(self.view.scene.bars):
            self._set_trouble(sentence)
        else:
            self.message.say(sentence, "Try again", self._retry)

    def _set_trouble(self, sentence: str) -> None:
        self.set_note(sentence)
        self.retry_button.setVisible(bool(sentence))

    def _download(self) -> None:
        self.message.say(f"Downloading history of {self._symbol}…")
        self._ports.loader.ensure(self._symbol)

    def _retry(self) -> None:
        self._progress = None
        self._set_trouble("")
        self._ports.loader.ensure(self._symbol)
        self.reload()

    # ---------------------------------------------------------------------------------------- Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reload()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._reload.stop()


def _downloading(progress: HistoryProgress) -> str:
    return f"Downloading history… {progress.done}/{progress.total}"
