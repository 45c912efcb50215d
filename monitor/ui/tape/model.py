"""Time and sales as a table model: the prints of one symbol, newest on top, bounded, filtered by size."""

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from monitor.market.calendar import from_ms
from monitor.market.trade import Side, Trade
from monitor.ui import format as text
from monitor.ui.cells import BOLD_ROLE, COLOUR_ROLE, Index

TITLES = ("Time", "Price", "Size", "Side")
LENGTH = 1000
#: A print this many times the mean of those before it is bold.
BIG = 5
_ENOUGH_FOR_A_MEAN = 20
_WORDS = {Side.AT_ASK: "at ask", Side.AT_BID: "at bid", Side.BETWEEN: "between", Side.UNKNOWN: text.DASH}
_COLOURS = {Side.AT_ASK: "up", Side.AT_BID: "down"}
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_ROOT = QModelIndex()


class Print(NamedTuple):
    """One row: its trade, the texts of its columns, and whether it is big."""

    trade: Trade
    texts: tuple[str, str, str, str]
    big: bool


class TapeModel(QAbstractTableModel):
    """Row 0 is the newest print. While held, new prints wait and are counted."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._prints: deque[Print] = deque(maxlen=LENGTH)
        self._rows: list[Print] = []
        self._waiting: list[Trade] = []
        self._held = False
        self._minimum: float = 0
        self._total: float = 0

    # ------------------------------------------------------------------ prints

    @property
    def kept(self) -> int:
        """How many prints there are, whether they pass the filter or not."""
        return len(self._prints)

    @property
    def waiting(self) -> int:
        """How many prints that pass the filter wait until the table is let go."""
        return sum(trade.size >= self._minimum for trade in self._waiting)

    @property
    def unseen_percent(self) -> float | None:
        """How much of the volume over the rows shown passed without a print; None without rows."""
        unseen = sum(row.trade.unseen for row in self._rows)
        passed = unseen + sum(row.trade.size for row in self._rows)
        return unseen / passed * 100 if passed else None

    def show(self, trades: Sequence[Trade]) -> None:
        """Show other prints altogether, given oldest first."""
        self.beginResetModel()
        self._prints.clear()
        self._waiting, self._total = [], 0
        for trade in trades:
            self._take(trade)
        self._filter()
        self.endResetModel()

    def add(self, trades: Sequence[Trade]) -> None:
        """New prints, oldest first: on top at once, or waiting while the table is held."""
        if self._held:
            self._waiting = [*self._waiting, *trades][-LENGTH:]
            return
        fresh = [row for row in map(self._take, trades) if row.trade.size >= self._minimum][-LENGTH:]
        if fresh:
            self.beginInsertRows(_ROOT, 0, len(fresh) - 1)
            self._rows[:0] = reversed(fresh)
            self.endInsertRows()
        if len(self._rows) > LENGTH:
            self.beginRemoveRows(_ROOT, LENGTH, len(self._rows) - 1)
            del self._rows[LENGTH:]
            self.endRemoveRows()

    def hold(self, held: bool) -> None:
        """Let the rows stand still; letting go shows what has waited."""
        self._held = held
        if not held and self._waiting:
            waiting, self._waiting = self._waiting, []
            self.add(waiting)

    def show_from(self, minimum: float) -> None:
        """Show only prints of at least this many shares."""
        self.beginResetModel()
        self._minimum = minimum
        self._filter()
        self.endResetModel()

    def _filter(self) -> None:
        self._rows = [row for row in reversed(self._prints) if row.trade.size >= self._minimum]

    def _take(self, trade: Trade) -> Print:
        """Work out the row of a print and keep it; big is measured against the prints kept before it."""
        kept = len(self._prints)
        big = kept >= _ENOUGH_FOR_A_MEAN and trade.size >= BIG * self._total / kept
        texts = (
            text.clock(trade.time, milliseconds=True),
            text.price(trade.price),
            text.size(trade.size),
            _WORDS[trade.side],
        )
        self._total += trade.size - (self._prints[0].trade.size if kept == LENGTH else 0)
        row = Print(trade, texts, big)
        self._prints.append(row)
        return row

    # ------------------------------------------------------------------ Qt's questions

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(TITLES)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return row.texts[column]
        if role == COLOUR_ROLE:
            return ("dim", _COLOURS.get(row.trade.side, "dim"), "text", "dim")[column]
        if role == BOLD_ROLE:
            return row.big and column in (1, 2)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column else _LEFT
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tool_tip(row.trade)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return TITLES[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT if section else _LEFT
        return None


def _tool_tip(trade: Trade) -> str:
    missed = f"{text.size(trade.unseen)} shares passed unseen before it" if trade.unseen else "nothing unseen before it"
    return f"{from_ms(trade.time):%a %d %b %Y} · day's volume {text.size(trade.volume)} · {missed}"
