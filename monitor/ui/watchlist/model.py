"""The watchlist as a table model over the board: rows, their order, and which cells flash."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QMimeData, QModelIndex, QObject, Qt, Signal

from monitor.live.board import Board
from monitor.ui.cells import COLOUR_ROLE, Cell, Index
from monitor.ui.format import clock, from_request, size
from monitor.ui.watchlist.flash import Flashes
from monitor.ui.watchlist.row import FLASHING, TITLES, UNKNOWN, Column, Row, SortKey, row_of

#: The strength of a cell's flash: from 1 fading to 0, negative after a fall.
FLASH_ROLE = Qt.ItemDataRole.UserRole + 11
#: Where the last price lies in the day's range, 0 to 1, or None.
DAY_ROLE = Qt.ItemDataRole.UserRole + 12
SYMBOL_MIME = "application/x-market-monitor-row"
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT_FLAGS, _LEFT_FLAGS = int(_RIGHT), int(_LEFT)
_ROOT = QModelIndex()
# By name in the module: looking members up and joining them costs more than what is done with them, and Qt asks often.
_DISPLAY, _ALIGNMENT = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.TextAlignmentRole
_FIXED = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
_MOVABLE = _FIXED | Qt.ItemFlag.ItemIsDragEnabled


class WatchlistModel(QAbstractTableModel):
    """Symbols in manual or sorted order. ``ordered`` carries them after the person has moved a row."""

    ordered = Signal(list)

    def __init__(self, board: Board, parent: QObject | None = None, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self.flashing = True
        #: The rows that can be seen now: the others are worked out when they are asked for.
        self.in_sight: Callable[[], range] = lambda: range(len(self._shown))
        self._board = board
        self._manual: list[str] = []
        self._shown: list[str] = []
        self._place: dict[str, int] = {}
        self._rows: dict[str, Row] = {}
        self._outdated: set[str] = set()  # whose row is worked out only when somebody asks for it
        self._sort: tuple[Column, bool] | None = None
        self._held = False
        self._stale = False
        self._told: set[str] = set()  # since the flashes' last tick, so they are painted as they should be
        self.flashes = Flashes(now, self)
        self.flashes.faded.connect(self._repaint)

    # ------------------------------------------------------------------ what it holds

    @property
    def symbols(self) -> list[str]:
        """The symbols in the person's own order."""
        return list(self._manual)

    @property
    def sorting(self) -> tuple[Column, bool] | None:
        """The column sorted by and whether it descends, or None in manual order."""
        return self._sort

    @property
    def stale(self) -> bool:
        """Whether the numbers are dimmed."""
        return self._stale

    def symbol_at(self, row: int) -> str:
        return self._shown[row]

    def row_of(self, symbol: str) -> int:
        """The row that shows ``symbol`` now, or -1."""
        return self._place.get(symbol, -1)

    def shown_rows(self) -> list[Row]:
        """Every row, in the order of the screen."""
        return [self._row(symbol) for symbol in self._shown]

    def _row(self, symbol: str) -> Row:
        """The row as the newest quote makes it."""
        if symbol in self._outdated:
            self._outdated.discard(symbol)
            self._rows[symbol] = self._worked_out(symbol)
        return self._rows[symbol]

    def _worked_out(self, symbol: str) -> Row:
        return row_of(symbol, self._board.quote(symbol), self._board.requested(symbol))

    def set_symbols(self, symbols: Sequence[str]) -> None:
        """Show other symbols, in this manual order; nothing flashes for it."""
        self.beginResetModel()
        self._manual = list(dict.fromkeys(symbols))
        self._rows = {symbol: self._worked_out(symbol) for symbol in self._manual}
        self._outdated.clear()
        self.flashes.clear()
        self._arrange(self._in_order())
        self.endResetModel()

    def add(self, symbol: str) -> None:
        """Put ``symbol`` at the end, unless it is there already."""
        if symbol in self._rows:
            return
        end = len(self._shown)
        self.beginInsertRows(_ROOT, end, end)
        self._manual.append(symbol)
        self._rows[symbol] = self._worked_out(symbol)
        self._arrange([*self._shown, symbol])
        self.endInsertRows()
        self._sort_again()

    def remove(self, symbol: str) -> None:
        row = self.row_of(symbol)
        if row < 0:
            return
        self.beginRemoveRows(_ROOT, row, row)
        self._manual.remove(symbol)
        del self._rows[symbol]
        self._outdated.discard(symbol)
        self._arrange([s for s in self._shown if s != symbol])
        self.endRemoveRows()

    def move(self, symbol: str, row: int) -> None:
        """Put ``symbol`` before the row that now is number ``row``; only in manual order."""
        if self._sort is not None or symbol not in self._rows:
            return
        place = self.row_of(symbol)
        target = row - 1 if row > place else row
        order = [s for s in self._manual if s != symbol]
        order.insert(target, symbol)
        if order == self._manual:
            return
        self._manual = order
        self._relayout(order)
        self.ordered.emit(list(order))

    # ------------------------------------------------------------------ what changes

    def show(self, changed: Iterable[str]) -> None:
        """Take in that these symbols changed: what can be seen flashes, and the view is told once a run of rows."""
        touched, place = self._rows.keys() & changed, self._place
        sight = self.in_sight()
        seen = [symbol for symbol in touched if place[symbol] in sight]
        fresh = [symbol for symbol in seen if symbol not in self._outdated]
        self._outdated |= touched
        for symbol in fresh:
            before, after = self._rows[symbol], self._row(symbol)
            if self.flashing:
                self._flash(symbol, before, after)
        self._tell(sorted(place[symbol] for symbol in seen))
        self._told.update(seen)
        if touched:
            self._sort_again()

    def set_stale(self, stale: bool) -> None:
        """Dim every number, because nothing has been heard for too long, or light them up again."""
        if stale != self._stale:
            self._stale = stale
            self._tell(list(range(len(self._shown))))

    def sort_by(self, column: Column | None, descending: bool = False) -> None:
        """Sort by a column, or go back to the manual order with None."""
        self._sort = None if column is None else (column, descending)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(Column) - 1)
        self._relayout(self._in_order())

    def hold(self, held: bool) -> None:
        """While held (the mouse is over the table) sorting waits, so that no row jumps under the pointer."""
        self._held = held
        self._sort_again()

    def _sort_again(self) -> None:
        if self._sort is not None and not self._held:
            self._relayout(self._in_order())

    def _in_order(self) -> list[str]:
        if self._sort is None:
            return list(self._manual)
        column, descending = self._sort
        keys: dict[str, SortKey] = {symbol: self._row(symbol).keys[column] for symbol in self._manual}
        known = [symbol for symbol in self._manual if keys[symbol] is not None]
        known.sort(key=keys.__getitem__, reverse=descending)  # type: ignore[arg-type]
        return known + [symbol for symbol in self._manual if keys[symbol] is None]

    def _relayout(self, order: list[str]) -> None:
        if order == self._shown:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        symbols = [self._shown[index.row()] for index in before]
        self._arrange(order)
        after = [self.index(self._place[s], i.column()) for s, i in zip(symbols, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _arrange(self, order: list[str]) -> None:
        self._shown = order
        self._place = {symbol: row for row, symbol in enumerate(order)}

    def _tell(self, rows: Sequence[int], first: int = 0, last: int = len(Column) - 1) -> None:
        """Emit dataChanged for these columns, once for each run of neighbouring rows."""
        start = 0
        for end in range(1, len(rows) + 1):
            if end == len(rows) or rows[end] != rows[end - 1] + 1:
                self.dataChanged.emit(self.index(rows[start], first), self.index(rows[end - 1], last))
                start = end

    def _flash(self, symbol: str, before: Row, after: Row) -> None:
        for column in FLASHING:
            old, new = before.keys[column], after.keys[column]
            if isinstance(old, int | float) and isinstance(new, int | float) and old and old != new:
                self.flashes.start(symbol, column, 1 if new > old else -1)

    def _repaint(self, symbols: set[str]) -> None:
        fresh = {symbol for symbol in symbols & self._told if self._is_flashing(symbol)}
        self._told.clear()
        rows = sorted(self._place[symbol] for symbol in symbols - fresh if symbol in self._place)
        self._tell(rows, min(FLASHING), max(FLASHING))

    def _is_flashing(self, symbol: str) -> bool:
        return any(self.flashes.strength(symbol, column) for column in FLASHING)

    # ------------------------------------------------------------------ Qt's questions

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        symbol, column = self._shown[index.row()], index.column()
        row = self._row(symbol)
        if role == _DISPLAY:
            return row.texts[column]
        if role == COLOUR_ROLE:
            return self._colour(row, column)
        if role == _ALIGNMENT:
            return _LEFT if column == Column.SYMBOL else _RIGHT
        if role == FLASH_ROLE:
            return self.flashes.strength(symbol, column)
        if role == DAY_ROLE:
            return row.day
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tool_tip(symbol)
        return None

    def cell(self, row: int, column: int) -> Cell:
        """What the cell says, in one answer: it is painted many times a second."""
        shown = self._row(self._shown[row])
        alignment = _LEFT_FLAGS if column == Column.SYMBOL else _RIGHT_FLAGS
        return Cell(shown.texts[column], self._colour(shown, column), alignment)

    def is_unknown(self, row: int) -> bool:
        """Whether the row is of a symbol that Schwab does not know."""
        return self._row(self._shown[row]).unknown

    def requested_ms(self) -> int | None:
        """When the oldest of what requests told in the stream's place was told; None where there is nothing of it."""
        told = (self._board.requested(symbol) for symbol in self._manual)
        return min((each.at_ms for each in told if each is not None and each.quote is not None), default=None)

    def flash(self, row: int, column: int) -> float:
        """How strongly the cell flashes, as FLASH_ROLE tells."""
        return self.flashes.strength(self._shown[row], column)

    def _colour(self, row: Row, column: int) -> str:
        if column in row.doubts:
            return "amber"
        if column == Column.SYMBOL:
            return "amber" if row.texts[column] != row.keys[column] else "text"
        if self._stale or row.delayed or row.requested_ms or row.unknown or column == Column.SIZES:
            return "dim"
        return row.colour if column in (Column.LAST, Column.CHANGE, Column.PERCENT, Column.DAY_RANGE) else "text"

    def _tool_tip(self, symbol: str) -> str:
        row, requested = self._row(symbol), self._board.requested(symbol)
        if row.unknown:
            return f"{symbol}: {UNKNOWN}"
        quote = requested.quote if requested and requested.quote else self._board.quote(symbol)
        if quote is None:
            return f"{symbol}: no quote yet"
        name = f"{symbol} · {quote.description}" if quote.description else symbol
        state = " · delayed" if quote.delayed else ""
        state += " · halted" if quote.security_status == "Halted" else ""
        wrong = "".join(f"\n{why}" for why in dict.fromkeys(row.doubts.values()))
        if row.requested_ms:
            wrong = f"\n{from_request(row.requested_ms)}{wrong}"
        return f"{name}\nVolume {size(quote.volume)} · quote of {clock(quote.quote_time)} ET{state}{wrong}"

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self._title(section)
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _LEFT if section == Column.SYMBOL else _RIGHT
        return None

    def _title(self, section: int) -> str:
        """The column's title; the one sorted by has an arrow, on the side where it does not push the words away."""
        if self._sort is None or self._sort[0] != section:
            return TITLES[section]
        arrow = "▼" if self._sort[1] else "▲"
        return f"{TITLES[section]} {arrow}" if section == Column.SYMBOL else f"{arrow} {TITLES[section]}"

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        return _MOVABLE if self._sort is None else _FIXED

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [SYMBOL_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        mime = QMimeData()
        mime.setData(SYMBOL_MIME, self._shown[indexes[0].row()].encode())
        return mime

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:  # noqa: ARG002  Qt's signature
        if not data.hasFormat(SYMBOL_MIME):
            return False
        end = parent.row() if parent.isValid() else len(self._shown)
        self.move(bytes(data.data(SYMBOL_MIME).data()).decode(), row if row >= 0 else end)
        return True
