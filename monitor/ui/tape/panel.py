"""The time and sales panel: the prints of its link group's symbol, as far as Level 1 lets them be seen."""

import contextlib
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QActionGroup, QFontMetrics
from PySide6.QtWidgets import QHeaderView, QLabel, QMenu, QStackedLayout, QTableView, QToolButton, QWidget

from monitor.errors import StoreUnavailable
from monitor.live.events import BoardChanged
from monitor.market.instrument import is_index
from monitor.market.trade import Trade
from monitor.ports import Wanted
from monitor.ui.cells import PADDING, CellDelegate, dress
from monitor.ui.link import Link, LinkGroup
from monitor.ui.panel import Panel, named
from monitor.ui.tape.model import TITLES, TapeModel
from monitor.ui.theme import Theme, data_font
from monitor.ui.view_ports import ViewPorts
from monitor.ui.wish import Wish

OWNER = "tape"
PRELOADED = 200
MINIMUM_SIZES = (0, 50, 100, 500, 1000, 5000, 10_000)
_FROM_QUOTES = (
    "Schwab sends no time and sales. These prints are seen in the quotes, about one a second.\n"
    "The percentage is the share of the volume that passed between them, unseen."
)
_MINIMUM = "tape.minimum"


class TapePanel(Panel):
    """Follows the link group. It stands still while the pointer is over it or it is scrolled down."""

    def __init__(self, ports: ViewPorts, link: Link | LinkGroup, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Time & sales", link, parent)
        self._ports = ports
        self._symbol = ""
        self._wish = Wish(self, ports.watching, OWNER)
        self._last: Trade | None = None
        self._unfollow: Callable[[], None] | None = None
        self._hovered = False
        self.model = TapeModel(self)
        self.table = named(QTableView(), "tapeTable")
        self._build_header()
        self._build_body(theme)
        self._stop = ports.bus.listen(BoardChanged, self._hear)
        self.link.symbol_changed.connect(self.show_symbol)
        self.show_symbol(self.link.symbol)

    def _build_header(self) -> None:
        self.newer = QToolButton()
        self.newer.setToolTip("Show the newest prints")
        self.newer.clicked.connect(self.to_newest)
        self.newer.hide()
        self.sizes = QToolButton()
        self.sizes.setAccessibleName("Smallest print shown")
        self.sizes.setToolTip("Leave out prints smaller than this")
        self.sizes.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu, group = QMenu(self.sizes), QActionGroup(self.sizes)
        for minimum in MINIMUM_SIZES:
            choice = menu.addAction(_size_words(minimum))
            choice.setCheckable(True)
            choice.triggered.connect(lambda _=False, minimum=minimum: self.show_from(minimum))
            choice.setData(minimum)
            group.addAction(choice)
        self.sizes.setMenu(menu)
        self.header_row.addWidget(self.newer)
        self.header_row.addWidget(self.sizes)

    def _build_body(self, theme: Theme) -> None:
        self.table.setModel(self.model)
        self.table.setItemDelegate(CellDelegate(theme, self.table))
        dress(self.table, theme)
        heads = self.table.horizontalHeader()
        heads.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        heads.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        heads.resizeSection(0, _width_of("00:00:00.000"))
        self._empty = named(QLabel(), "hint")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        body = QWidget()
        self._stack = QStackedLayout(body)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._empty)
        self.set_body(body)
        self.setFocusProxy(self.table)
        self.table.viewport().installEventFilter(self)
        self.table.verticalScrollBar().valueChanged.connect(self._look_whether_held)
        self.show_from(int(self._ports.preferences.get(_MINIMUM, "0")))

    def close_panel(self) -> None:
        """Stop listening and reading, and want nothing more from the stream."""
        self._stop()
        self._follow("")
        self._wish.want(Wanted())
        self._ports.tasks.cancel("tape.load")

    # ------------------------------------------------------------------ which prints

    def show_symbol(self, symbol: str) -> None:
        """Show the prints of ``symbol`` from now on, and before them older ones from disk."""
        self._symbol = symbol
        self._follow(symbol)
        self._wish.want(Wanted(quotes=frozenset([symbol] if symbol else [])))
        self.table.setAccessibleName(f"Time and sales of {symbol}" if symbol else "Time and sales")
        self._show_board([])
        if symbol:
            self._ports.tasks.start("tape.load", self._load(symbol))

    def _follow(self, symbol: str) -> None:
        if self._unfollow:
            self._unfollow()
        self._unfollow = self._ports.board.follow_tape(symbol) if symbol else None

    async def _load(self, symbol: str) -> None:
        with contextlib.suppress(StoreUnavailable):  # then it is without the last moment before
            await self._ports.recorder.flushed()
        recorded = await self._ports.archive.trades(symbol, PRELOADED)
        if recorded:
            self._show_board(recorded)

    def _show_board(self, recorded: list[Trade]) -> None:
        """The board's prints, and before them those of ``recorded`` that it does not have."""
        live = list(self._ports.board.tape(self._symbol))
        self._last = live[-1] if live else None
        self.model.show([*older(recorded, live), *live])
        self._show_state()

    def _hear(self, changed: BoardChanged) -> None:
        if self._symbol in changed.trades:
            fresh: list[Trade] = []
            for trade in reversed(self._ports.board.tape(self._symbol)):
                if trade is self._last:
                    break
                fresh.append(trade)
            if fresh:
                self._last = fresh[0]
                self.model.add(fresh[::-1])
            self._show_state()

    # ------------------------------------------------------------------ standing still

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self._hovered = event.type() == QEvent.Type.Enter
            self._look_whether_held()
        elif event.type() == QEvent.Type.Resize:
            self._make_room()
        return super().eventFilter(watched, event)

    def to_newest(self) -> None:
        """Back to the top, and on with the prints."""
        self._hovered = False
        self.table.scrollToTop()
        self._look_whether_held()

    def _look_whether_held(self) -> None:
        self.model.hold(self._hovered or self.table.verticalScrollBar().value() > 0)
        self._show_state()

    def _make_room(self) -> None:
        """Where the numbers would be cut the side goes: colours say it too."""
        room = self.table.viewport().width() - self.table.columnWidth(0)
        widest = max(map(_width_of, ("1,000.00", "10,000", "between")))
        self.table.setColumnHidden(TITLES.index("Side"), room < 3 * widest)

    # ------------------------------------------------------------------ what is said

    def show_from(self, minimum: int) -> None:
        """Show only prints of at least ``minimum`` shares."""
        self.model.show_from(minimum)
        self._ports.preferences.set(_MINIMUM, str(minimum))
        self.sizes.setText(f"{_size_words(minimum)} ▾")
        for choice in self.sizes.menu().actions():
            choice.setChecked(choice.data() == minimum)
        self._show_state()

    def _show_state(self) -> None:
        unseen, waiting = self.model.unseen_percent, self.model.waiting
        share = "" if unseen is None else f" · {unseen:.0f} % unseen"
        note = f"from quotes{share}"
        self.set_note(note, "from quotes", "quotes")
        self._note.setToolTip(f"{note}\n{_FROM_QUOTES}")
        self.newer.setText(f"{waiting} new")
        self.newer.setVisible(waiting > 0)
        self._empty.setText(self._why_empty())
        self._stack.setCurrentIndex(0 if self.model.rowCount() else 1)

    def _why_empty(self) -> str:
        if not self._symbol:
            return "Choose a symbol in the watchlist to see its prints."
        if is_index(self._symbol):
            return f"No prints of {self._symbol}: an index does not trade."
        if self.model.kept:
            return "No print is as large as the smallest size chosen above."
        return f"No print of {self._symbol} yet. They appear as its quotes report them."


def older(recorded: list[Trade], live: list[Trade]) -> list[Trade]:
    """Those of the recorded prints that came before the board's first one."""
    if not live:
        return recorded
    first = live[0]
    if first in recorded:
        return recorded[: recorded.index(first)]
    return [trade for trade in recorded if trade.time < first.time]


def _width_of(words: str) -> int:
    """What a cell takes that shows these."""
    return QFontMetrics(data_font()).horizontalAdvance(words) + 2 * PADDING + 2


def _size_words(minimum: int) -> str:
    return f"≥ {minimum:,}" if minimum else "All"
