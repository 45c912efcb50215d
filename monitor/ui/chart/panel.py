"""The chart panel: reads a symbol's history, joins what the stream adds, and shows how far the download is."""

from dataclasses import replace
from datetime import time

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QShortcut
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from monitor.analysis.chart_bars import Making
from monitor.errors import MonitorError
from monitor.live.events import BarsArrived, BoardChanged, GapChanged, HistoryProgress
from monitor.market.bar import Interval
from monitor.market.calendar import at_new_york, from_ms
from monitor.market.quote import Quote
from monitor.ports import Wanted
from monitor.ui.chart.compare.on_chart import ChartComparison
from monitor.ui.chart.copies import ChartCopies
from monitor.ui.chart.drawings.desk import DrawingDesk
from monitor.ui.chart.drawings.draw_button import DrawButton, MagnetButton
from monitor.ui.chart.drawings.hand import DrawingHand
from monitor.ui.chart.events.chart_events import ChartEvents
from monitor.ui.chart.go_to import GoToDialog
from monitor.ui.chart.header import FittingButtons
from monitor.ui.chart.heard import HeardMinutes
from monitor.ui.chart.history_state import HistoryState
from monitor.ui.chart.indicators.on_chart import ChartIndicators
from monitor.ui.chart.linking import ChartLinking
from monitor.ui.chart.looks import Looks, LooksMenu, keep_looks, kept_looks
from monitor.ui.chart.own_preferences import OwnPreferences
from monitor.ui.chart.pace import Pace
from monitor.ui.chart.reading import Reading, made_ready
from monitor.ui.chart.tail import EMPTY, Tail
from monitor.ui.chart.toggles import ScaleToggles
from monitor.ui.chart.view import ChartView
from monitor.ui.icons import wear
from monitor.ui.link import Link, LinkGroup
from monitor.ui.panel import Panel, named
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from monitor.ui.wish import Wish

_INTERVAL = "interval"
#: Bars from history come in many parts; the archive is read again at most this often.
_RELOAD_MS = 500


class ChartPanel(Panel):
    """Candles with volume of the link group's symbol. While hidden it does nothing, and catches up when shown.

    ``number`` tells charts of one window apart, 1 to 9: each has settings of its own, ``kept``.
    """

    interval_changed = Signal(object)
    sign_in_wanted = Signal()

    def __init__(
        self, ports: ViewPorts, link: Link | LinkGroup, theme: Theme, number: int = 1, parent: QWidget | None = None
    ) -> None:
        super().__init__("Chart", link, parent)
        self.kept = OwnPreferences(ports.preferences, number)
        self._ports = ports = replace(ports, preferences=self.kept)
        self._symbol = self.link.symbol
        #: Whose wishes to the stream and whose tasks these are.
        self._owner = chart_name(number)
        self._wish = Wish(self, ports.watching, self._owner)
        self._interval = _kept_interval(self.kept)
        self._tail: Tail | None = None
        self._made = Making()
        self._heard = HeardMinutes()
        self.view = ChartView(theme, ports.meters.now_ms)
        self.pace = Pace(self)
        self.history = HistoryState(ports, self.view, self.set_note)
        self.history.read_wanted.connect(self.reload)
        self.history.sign_in_wanted.connect(self.sign_in_wanted)
        self.message, self.retry_button = self.history.message, self.history.retry_button
        over = QVBoxLayout(self.view)
        over.addWidget(self.message)
        self.looks_button = named(QToolButton(), "chartLooks")
        self.looks_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.looks_button.setToolTip("Kind of chart, price scale, hours and times")
        self.looks_menu = LooksMenu(kept_looks(ports.preferences), self)
        self.looks_menu.chosen.connect(self._take_looks)
        self.looks_button.setMenu(self.looks_menu)
        self.toggles = ScaleToggles(self.view, self.looks_menu)
        self.looks_menu.go_to.triggered.connect(self.open_go_to)
        self.copies = ChartCopies(ports, self.view, self)
        self.looks_menu.save_picture.triggered.connect(self.copies.save_picture)
        self.looks_menu.copy_picture.triggered.connect(self.copies.copy_picture)
        self.looks_menu.copy_bars.triggered.connect(self.copies.copy_bars)
        self.indicators = ChartIndicators(ports, self.view, self, f"{self._owner} indicators")
        self.indicators_button = named(QToolButton(), "chartIndicators")
        self.indicators_button.setText("ƒ Indicators")
        self.indicators_button.setToolTip("Put indicators on the chart (/)")
        self.indicators_button.clicked.connect(self.indicators.open_dialog)
        QShortcut("/", self.view, self.indicators.open_dialog, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.header_row.addWidget(self.retry_button)
        self.header_row.addWidget(self.looks_button)
        self.header_row.addWidget(self.indicators_button)
        self.drawing = DrawingDesk(self.view, ports)
        self.hand = DrawingHand(self.view, self.drawing)
        self.events = ChartEvents(self.view, ports, self.drawing)
        spare = DrawButton(self.drawing, theme), MagnetButton(self.drawing, theme)
        for button in spare:
            self.header_row.addWidget(button)
        self.comparison = ChartComparison(
            ports, self.view, self.looks_menu, self, self._owner, self.pace, lambda: self.awake
        )
        self.comparison.wanted.connect(self._want)
        self.looks_menu.compare.triggered.connect(self.comparison.open_dialog)
        self.compare_button = named(QToolButton(), "chartCompare")
        self.compare_button.setText("+ Compare")
        self.compare_button.setToolTip("Compare with other symbols in percent (+)")
        self.compare_button.clicked.connect(self.comparison.open_dialog)
        self.header_row.insertWidget(self.header_row.indexOf(self.indicators_button), self.compare_button)
        self.enlarge_button = named(QToolButton(), "enlarge")
        self.enlarge_button.setCheckable(True)
        self.enlarge_button.setToolTip("Only this chart, or all of them again (Alt+Enter)")
        self.enlarge_button.setAccessibleName("Maximise the chart")
        self.enlarge_button.hide()
        self.header_row.addWidget(self.enlarge_button)
        wear(self.enlarge_button, "maximise", theme)
        wear(self.looks_button, "candles", theme)
        wear(self.indicators_button, "indicators", theme)
        wear(self.compare_button, "compare", theme)
        FittingButtons(self.header, (self.looks_button, self.compare_button, self.indicators_button), spare)
        self._show_looks()
        self.set_body(self.view)
        self.setFocusProxy(self.view)
        self._reload = QTimer(self, interval=_RELOAD_MS, singleShot=True)
        self._reload.timeout.connect(self._read_again)
        self._grown = self._unread = False
        self.pace.due.connect(self._show_newest)
        self.view.held_changed.connect(self._take_hold)
        self.sight_changed.connect(self._take_sight)
        self.link.symbol_changed.connect(self._open)
        self._stops = (
            ports.bus.listen(BarsArrived, self._hear_bars),
            ports.bus.listen(BoardChanged, self._hear_board),
            ports.bus.listen(HistoryProgress, self.history.hear),
            ports.bus.listen(GapChanged, self._hear_gap),
        )
        self._focused, self._hovered = True, False
        self.linking = ChartLinking(self)
        self._open(self.link.symbol)

    @property
    def symbol(self) -> str:
        return self._symbol

    @property
    def making(self) -> Making:
        """How the bars shown are made."""
        return self._made

    @property
    def awake(self) -> bool:
        """Whether somebody can see the chart."""
        return self.in_sight and not self.window().isMinimized()

    @property
    def interval(self) -> Interval:
        """The length of the bars shown."""
        return self._interval

    def set_interval(self, interval: Interval) -> None:
        """Show bars of another length."""
        if interval is not self._interval:
            self._interval = interval
            self.kept.set(_INTERVAL, str(int(interval)))
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

    @property
    def _reading(self) -> str:
        """The name of the task that reads its bars."""
        return f"{self._owner} bars"

    def close_panel(self) -> None:
        """Stop listening and reading, and want nothing more from the stream."""
        self._reload.stop()
        self.drawing.close()
        self.comparison.close()
        self.events.close()
        for stop in self._stops:
            stop()
        self._ports.tasks.cancel(self._reading)
        self.indicators.stop()
        self._wish.want(Wanted())

    # ---------------------------------------------------------------------------------------- reading

    def _open(self, symbol: str) -> None:
        """Turn to ``symbol`` at the interval in use: ask for its data and read what there is."""
        self._symbol = symbol
        self._tail = None
        told = f"{symbol} {self._interval.label}"
        self.set_title(*(f"Chart · {told}", told, symbol) if symbol else ("Chart",))
        self.comparison.open(self._interval)
        self.view.show_bars(symbol, self._interval, EMPTY)
        self.drawing.open(symbol)
        self.events.open(symbol)
        self.view.show_missing([])
        self._take_facts()
        self.history.begin(symbol)
        if not symbol:
            return
        self._want()
        self._ports.loader.ensure(symbol)
        self.reload()

    def _want(self) -> None:
        """Tell what is to be streamed while the chart is in sight."""
        wanted = frozenset({self._symbol}) | self.comparison.symbols if self._symbol else frozenset()
        self._wish.want(Wanted(quotes=wanted, bars=wanted))

    def reload(self) -> None:
        """Read the bars on disk anew."""
        self._unread = self.pace.held
        if self._symbol and self.awake and not self.pace.held:
            self.comparison.keep_up(self._interval)
            self._ports.tasks.start(self._reading, self._read(self._symbol, self._interval))

    def _read_again(self) -> None:
        """Read what came besides; a reading under way is let finish first, or bars that keep coming would forbid it."""
        if self._ports.tasks.is_running(self._reading):
            self._reload.start()
        else:
            self.reload()

    async def _read(self, symbol: str, interval: Interval) -> None:
        """Read the archive; an answer for a symbol or interval that is no longer shown is dropped."""
        try:
            reading = Reading(self._ports, symbol, self.looks_menu.looks.making(interval))
            bars = await reading.bars()
            tail = await reading.tail(bars)
            holes = await reading.missing(bars)
            shown = await self.indicators.computed(symbol, interval, bars)
            in_step = await self.comparison.in_step(bars)
            ready = await made_ready(bars)
        except MonitorError as error:
            if (symbol, interval) == (self._symbol, self._interval):
                self.history.fail(error.sentence)
            return
        self._unread = self.pace.held
        if (symbol, interval) == (self._symbol, self._interval) and not self.pace.held:
            self._tail, self._made = tail, self.looks_menu.looks.making(interval)
            self.events.read(symbol, interval, self._made)
            self.view.show_bars(symbol, interval, ready)
            self.comparison.show(in_step)
            self.view.show_indicators(shown)
            self.view.show_missing(holes)
            self._catch_up()

    # ---------------------------------------------------------------------------------------- what comes live

    def _hear_bars(self, event: BarsArrived) -> None:
        self._heard.take(event)
        if event.symbol != self._symbol or not self.awake:
            return
        if event.interval is not Interval.M1 or self._tail is None or not self._tail.take_minutes(event.bars):
            if not self._reload.isActive():
                self._reload.start()
            return
        self._grown = True
        self.pace.ask()

    def _hear_gap(self, event: GapChanged) -> None:
        """A hole may have begun, or be over."""
        concerns = event.gap.symbol in ("", self._symbol)
        if concerns and self._tail is not None and self.awake and not self._reload.isActive():
            self._reload.start()

    def _hear_board(self, event: BoardChanged) -> None:
        if self._symbol in event.quotes and self._tail is not None and self.awake:
            self._grown = self._grown or self._symbol in event.trades
            self.pace.ask()

    def _show_newest(self) -> None:
        """Show what the stream has brought since this was last done."""
        self._take_facts()
        if self._grown:
            self._grown = False
            self._take_open()
            self._put_tail()

    def _catch_up(self) -> None:
        """Put what was heard but not read behind the bars just read."""
        if self._tail is None:
            return
        self._tail.take_minutes(self._heard.of(self._symbol))
        self._take_facts()
        self._take_open()
        self._put_tail()
        self.history.settle()

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

    # ---------------------------------------------------------------------------------------- who looks at it

    def be_focused(self, focused: bool) -> None:
        """Whether this is the chart that keys and tool bar act on."""
        self._focused = focused
        self.pace.be_eager(self._focused or self._hovered)

    def show_frame(self, frame: str) -> None:
        """Around the chart: ``plain``, ``focused``, or none."""
        if self.property("frame") != frame:
            self.setProperty("frame", frame)
            self.setContentsMargins(*[1 if frame else 0] * 4)
            self.style().unpolish(self)
            self.style().polish(self)
            self.update()

    def _take_hold(self, held: bool) -> None:
        """While a mouse button is down what comes waits."""
        self.pace.hold(held)
        if not held and self._unread:
            self.reload()

    def _take_sight(self) -> None:
        self.view.be_seen(self.awake)
        if self.awake:
            self.comparison.reload()
            self.reload()
        else:
            self._reload.stop()
            self._ports.tasks.cancel(self._reading)
            self.pace.rest()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._hovered = True
        self.pace.be_eager(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hovered = False
        self.pace.be_eager(self._focused)


def chart_name(number: int) -> str:
    """The name of the chart of that number, under which it asks and is kept."""
    return "chart" if number == 1 else f"chart {number}"


def _kept_interval(kept: OwnPreferences) -> Interval:
    """The interval last shown; a minute where none was, or it cannot be read."""
    try:
        return Interval(int(kept.get(_INTERVAL, "60")))
    except ValueError:
        return Interval.M1
