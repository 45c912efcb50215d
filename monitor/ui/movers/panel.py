"""The movers panel: who trades or moves most, streamed while it can be seen, else on request."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QMenu, QStackedWidget, QTableView, QToolButton

from monitor.errors import MonitorError
from monitor.live.events import BoardChanged, SignInChanged
from monitor.market.screener import Screener
from monitor.ports import MOVER_LISTS, MOVER_MINUTES, MOVER_SORTS, Priority, Wanted, asking
from monitor.ui.cells import CellDelegate, dress
from monitor.ui.icons import wear
from monitor.ui.link import Link, LinkGroup
from monitor.ui.message import Message
from monitor.ui.movers.model import MoversModel, MoversOrder
from monitor.ui.movers.phrases import COLUMNS, LISTS, SORTS, SPANS, Choice, of_when, written
from monitor.ui.panel import Panel
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from monitor.ui.wish import Wish

OWNER = TASK = "movers"
#: A list is asked for again after so long, unless the stream has brought it meanwhile.
REFRESH_SECONDS = 60.0
LOOK_MS = 2_000
_LIST, _SORT, _MINUTES = "movers.list", "movers.sort", "movers.minutes"


class _Kept(NamedTuple):
    """A list, when it came (monotonic seconds), and whether the stream brought it."""

    screener: Screener
    at: float
    streamed: bool


class MoversPanel(Panel):
    """Hidden it asks nobody and wants nothing. ``chart_wanted`` and ``watch_wanted`` carry a symbol."""

    sign_in_wanted = Signal()
    chart_wanted = Signal(str)
    watch_wanted = Signal(str)

    def __init__(
        self, ports: ViewPorts, link: Link | LinkGroup, theme: Theme, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__("Movers", link)
        self._ports = ports
        self._monotonic = monotonic
        self._kept: dict[str, _Kept] = {}
        self._shown_key = ""
        self._asked_at: float | None = None
        self._trouble = ""
        self.model = MoversModel(theme)
        self._order = MoversOrder(self.model, self)
        self.lists, self.sorts, self.spans = QComboBox(), QComboBox(), QComboBox()
        self.refresh_button = QToolButton()
        self.table = QTableView()
        self.message = Message(self)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.table)
        self._pages.addWidget(self.message)
        self.set_body(self._pages)
        self._wish = Wish(self, ports.watching, OWNER)
        self._set_up_header(theme)
        self._set_up_table(theme)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)
        self.sight_changed.connect(self._take_sight)
        self._stops = (
            ports.bus.listen(BoardChanged, self._hear),
            ports.bus.listen(SignInChanged, lambda _: self._hear_sign_in()),
        )
        self.link.symbol_changed.connect(lambda _: self._select())
        self._wish.want(Wanted(screeners=frozenset({self.choice.key})))
        self._show()

    @property
    def choice(self) -> Choice:
        """What is chosen in the header."""
        return Choice(self.lists.currentData(), self.sorts.currentData(), self.spans.currentData())

    def refresh(self) -> None:
        """Ask for the list now: a person waits for it."""
        self._ask(Priority.PERSON)

    def look(self) -> None:
        """Ask for the list when what is shown is a minute old; hidden or minimised never."""
        if not self.in_sight or self.window().isMinimized():
            return
        kept = self._kept.get(self.choice.key)
        newest = max((at for at in (kept.at if kept else None, self._asked_at) if at is not None), default=None)
        if newest is None or self._monotonic() - newest >= REFRESH_SECONDS:
            self._ask(Priority.BACKGROUND if kept else Priority.PERSON)
        else:
            self._show_note()

    def close_panel(self) -> None:
        """Stop listening, ask nobody any more and want nothing from the stream."""
        for stop in self._stops:
            stop()
        self._timer.stop()
        self._ports.tasks.cancel(TASK)
        self._wish.want(Wanted())

    # ------------------------------------------------------------------ where the list comes from

    def _ask(self, priority: Priority) -> None:
        if not self._ports.sign_in.signed_in:
            self._show()
            return
        self._asked_at, self._trouble = self._monotonic(), ""
        self._ports.tasks.start(TASK, self._fetch(self.choice, priority))
        self._show()

    async def _fetch(self, choice: Choice, priority: Priority) -> None:
        with _said(choice, priority):
            try:
                answer = await self._ports.movers.movers(*choice)
            except MonitorError as error:
                self._trouble = error.sentence
                self._show()
                return
        self._take(choice.key, answer.screener, streamed=False)

    def _hear(self, changed: BoardChanged) -> None:
        key = self.choice.key
        if key not in changed.screeners:
            return
        screener, kept = self._ports.board.screener(key), self._kept.get(key)
        # An empty list says nothing where another way has just said more.
        if screener is not None and (screener.rows or kept is None or not kept.screener.rows):
            self._take(key, screener, streamed=True)

    def _take(self, key: str, screener: Screener, streamed: bool) -> None:
        self._kept[key] = _Kept(screener, self._monotonic(), streamed)
        self._trouble = ""
        self._show()

    def _choose(self) -> None:
        choice = self.choice
        for name, value in zip((_LIST, _SORT, _MINUTES), choice, strict=True):
            self._ports.preferences.set(name, str(value))
        self._ports.tasks.cancel(TASK)
        self._asked_at, self._trouble = None, ""
        self._wish.want(Wanted(screeners=frozenset({choice.key})))
        self._show()
        self.look()

    def _hear_sign_in(self) -> None:
        self._asked_at = None
        self._show()
        self.look()

    # ------------------------------------------------------------------ what is shown

    def _show(self) -> None:
        choice = self.choice
        kept = self._kept.get(choice.key)
        if kept is None:
            self._show_rows(choice.key, Screener(choice.key))
            self._say_why_not(choice)
        elif not kept.screener.rows:
            self._show_rows(choice.key, kept.screener)
            self._say(f"Schwab names no {choice.words}.", "Refresh", self.refresh)
        else:
            self._pages.setCurrentWidget(self.table)
            # No row jumps away under the pointer; it comes up to date when the pointer leaves.
            held = choice.key == self._shown_key and self.model.symbols and self.table.viewport().underMouse()
            if not held:
                self._show_rows(choice.key, kept.screener)
        self.refresh_button.setEnabled(self._ports.sign_in.signed_in)
        self._show_note()

    def _say_why_not(self, choice: Choice) -> None:
        if self._trouble:
            self._say(f"The {choice.words} could not be fetched. {self._trouble}", "Retry", self.refresh)
        elif self._ports.sign_in.signed_in:
            self._say(f"Asking for the {choice.words}…")
        else:
            self._say(f"Sign in to see the {choice.words}.", "Sign in…", self.sign_in_wanted.emit)

    def _say(self, sentence: str, button: str = "", act: Callable[[], object] | None = None) -> None:
        self.message.say(sentence, button, act)
        self._pages.setCurrentWidget(self.message)

    def _show_rows(self, key: str, screener: Screener) -> None:
        self._shown_key = key
        self.model.show(screener.rows)
        self._select()

    def _show_note(self) -> None:
        kept = self._kept.get(self.choice.key)
        if kept is None or not kept.screener.rows:
            self.set_note("")
        elif self._trouble:
            self.set_note(f"of {_clock(kept)} · {self._trouble}", self._trouble, doubtful=True)
        else:
            now_ms, sandbox = self._ports.meters.now_ms(), self._ports.profile.sandbox
            self.set_note(*of_when(kept.screener.time, kept.streamed, now_ms, sandbox))

    # ------------------------------------------------------------------ rows, and what is done with them

    def _select(self) -> None:
        """Highlight the linked symbol, or nothing where it is not in the list."""
        symbols = [self._order.ranked(row).symbol for row in range(self._order.rowCount())]
        symbol = self.link.symbol
        if symbol in symbols:
            if symbols.index(symbol) != self.table.currentIndex().row():
                self.table.setCurrentIndex(self._order.index(symbols.index(symbol), 0))
        else:
            self.table.setCurrentIndex(QModelIndex())

    def _go_to(self, index: QModelIndex) -> None:
        if index.isValid():
            self.link.choose(self._order.ranked(index.row()).symbol)

    def _chart(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chart_wanted.emit(self._order.ranked(index.row()).symbol)

    def row_menu(self, row: int) -> QMenu:
        """What can be done with the row of that number on the screen."""
        ranked, clipboard = self._order.ranked(row), QGuiApplication.clipboard()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Open chart", QKeySequence("Enter"), lambda: self.chart_wanted.emit(ranked.symbol))
        menu.addAction("Add to watchlist", lambda: self.watch_wanted.emit(ranked.symbol))
        menu.addSeparator()
        menu.addAction("Copy symbol", lambda: clipboard.setText(ranked.symbol))
        menu.addAction("Copy row", lambda: clipboard.setText("\t".join(written(ranked))))
        return menu

    def _open_menu(self, at: QPoint) -> None:
        index = self.table.indexAt(at)
        if index.isValid():
            self.row_menu(index.row()).popup(self.table.viewport().mapToGlobal(at))

    # ------------------------------------------------------------------ how it is built

    def _set_up_header(self, theme: Theme) -> None:
        chosen = self._ports.preferences.get
        for box, name, values, words in (
            (self.lists, "List", MOVER_LISTS, LISTS),
            (self.sorts, "Ranked by", MOVER_SORTS, SORTS),
        ):
            for value in values:
                box.addItem(words[value], value)
            box.setAccessibleName(name)
            box.setToolTip(name)
        for minutes in MOVER_MINUTES:
            self.spans.addItem(SPANS[minutes].removeprefix("the ").capitalize(), minutes)
        self.spans.setAccessibleName("Span")
        self.spans.setToolTip("The time that is ranked")
        for box, preference, usual in ((self.lists, _LIST, "$SPX"), (self.sorts, _SORT, "VOLUME")):
            box.setCurrentIndex(max(0, box.findData(chosen(preference, usual))))
        kept = chosen(_MINUTES, "0")
        self.spans.setCurrentIndex(max(0, self.spans.findData(int(kept) if kept.isdecimal() else 0)))
        self.refresh_button.setToolTip("Refresh (F5)")
        self.refresh_button.setAccessibleName("Refresh the movers")
        self.refresh_button.clicked.connect(self.refresh)
        wear(self.refresh_button, "reload", theme)
        for box in (self.lists, self.sorts, self.spans):
            box.currentIndexChanged.connect(self._choose)
            self.header_row.addWidget(box)
        self.header_row.addWidget(self.refresh_button)
        again = QShortcut(QKeySequence(Qt.Key.Key_F5), self, self.refresh)
        again.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _set_up_table(self, theme: Theme) -> None:
        table = self.table
        table.setModel(self._order)
        dress(table, theme)
        table.setItemDelegate(CellDelegate(theme, table))
        table.setObjectName("movers")
        table.setAccessibleName("Movers")
        table.setMouseTracking(True)
        table.viewport().installEventFilter(self)
        heads = table.horizontalHeader()
        for section, column in enumerate(COLUMNS):
            heads.resizeSection(section, column.width)
        heads.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        heads.setSortIndicatorClearable(True)
        table.setSortingEnabled(True)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._open_menu)
        table.selectionModel().currentRowChanged.connect(lambda now, _before: self._go_to(now))
        table.clicked.connect(self._go_to)
        table.doubleClicked.connect(self._chart)
        enter = QShortcut(QKeySequence(Qt.Key.Key_Return), table, lambda: self._chart(table.currentIndex()))
        enter.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.setFocusProxy(table)

    # ------------------------------------------------------------------ Qt's events

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave and watched is self.table.viewport():
            QTimer.singleShot(0, self, self._show)
        return super().eventFilter(watched, event)

    def _take_sight(self) -> None:
        if not self.in_sight:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()
            self._show()
            self.look()


def _said(choice: Choice, priority: Priority) -> AbstractContextManager[None]:
    """For what a request is; what is asked for again by itself is tried once."""
    if priority is Priority.PERSON:
        return asking(priority, choice.words)
    return asking(priority, choice.words, REFRESH_SECONDS, attempts=1)


def _clock(kept: _Kept) -> str:
    words, _ = of_when(kept.screener.time, kept.streamed, kept.screener.time, sandbox=True)
    return words.rpartition(" at ")[2]
