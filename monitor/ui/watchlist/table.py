"""The watchlist's table: keys, pointer and header turned into what the person means by them."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QEnterEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QTableView, QWidget

from monitor.ui.cells import Index, dress
from monitor.ui.panel import named
from monitor.ui.theme import Theme
from monitor.ui.watchlist.delegate import WatchlistDelegate
from monitor.ui.watchlist.model import WatchlistModel
from monitor.ui.watchlist.row import TITLES, Column

#: How wide the columns are when there is room for all of them; in a wider or narrower panel they keep their ratio.
_WIDTHS = {
    Column.SYMBOL: 57,
    Column.LAST: 66,
    Column.CHANGE: 56,
    Column.PERCENT: 62,
    Column.BID: 66,
    Column.ASK: 66,
    Column.SIZES: 83,
    Column.VOLUME: 52,
    Column.DAY_RANGE: 80,
}
#: Below this share of their width the columns scroll instead of becoming narrower still.
_NARROWEST = 0.94


class WatchlistTable(QTableView):
    """Tells of the symbol the person moved to, of the key that removes, and of a right-click on a row."""

    chosen = Signal(str)
    removal_wanted = Signal(str)
    menu_wanted = Signal(str, QPoint)
    columns_changed = Signal()

    def __init__(self, model: WatchlistModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "watchlistTable")
        self._model = model
        self.setModel(model)
        model.in_sight = self.rows_in_sight
        self.setItemDelegate(WatchlistDelegate(model, theme, self))
        dress(self, theme)
        self.setAccessibleName("Watchlist")
        self.setMouseTracking(True)
        self.setDragDropMode(QTableView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDragDropOverwriteMode(False)
        self._build_header()

    def _build_header(self) -> None:
        heads = self.horizontalHeader()
        heads.setSectionsClickable(True)
        heads.setSectionsMovable(True)
        heads.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        heads.customContextMenuRequested.connect(lambda at: self._open_columns(heads.mapToGlobal(at)))
        heads.sectionClicked.connect(self.cycle_sort)
        heads.sectionMoved.connect(self.columns_changed)
        heads.setToolTip("Click to sort, again to reverse, a third time for your own order. Right-click: columns")
        heads.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.columns_changed.connect(self._fit_columns)

    # ------------------------------------------------------------------ columns and sorting

    def shown_columns(self) -> list[Column]:
        """The visible columns from left to right."""
        heads = self.horizontalHeader()
        return [c for c in sorted(Column, key=heads.visualIndex) if not self.isColumnHidden(c)]

    def show_columns(self, columns: Sequence[Column]) -> None:
        """Show just these; Symbol always is."""
        for column in Column:
            self.setColumnHidden(column, column not in columns and column != Column.SYMBOL)
        self._fit_columns()

    def arrangement(self) -> str:
        """All columns from left to right, those hidden with a minus before them, for ``arrange``."""
        heads = self.horizontalHeader()
        order = sorted(Column, key=heads.visualIndex)
        return ",".join(f"-{c.name}" if self.isColumnHidden(c) else c.name for c in order)

    def arrange(self, arrangement: str) -> None:
        """Put the columns back as ``arrangement`` tells; names it does not know are passed over."""
        heads = self.horizontalHeader()
        names = [name for name in arrangement.split(",") if name.removeprefix("-") in Column.__members__]
        for place, name in enumerate(names):
            heads.moveSection(heads.visualIndex(Column[name.removeprefix("-")]), place)
        self.show_columns([Column[name] for name in names if not name.startswith("-")])

    def _fit_columns(self) -> None:
        """Share the panel's width among the columns; only ever for the panel's sake, never for what a cell holds."""
        shown = self.shown_columns()
        room = self.viewport().width() / sum(_WIDTHS[column] for column in shown)
        scale = room if room >= _NARROWEST else 1.0
        for column in shown:
            self.setColumnWidth(column, int(_WIDTHS[column] * scale))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit_columns()

    def columns_menu(self, parent: QWidget) -> QMenu:
        """A menu that shows and hides columns."""
        menu = QMenu("Columns", parent)
        for column in list(Column)[1:]:
            entry = menu.addAction(TITLES[column])
            entry.setCheckable(True)
            entry.setChecked(not self.isColumnHidden(column))
            entry.toggled.connect(lambda shown, column=column: self._toggle_column(column, shown))
        return menu

    def _toggle_column(self, column: Column, shown: bool) -> None:
        self.setColumnHidden(column, not shown)
        self.columns_changed.emit()

    def _open_columns(self, at: QPoint) -> None:
        menu = self.columns_menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    def cycle_sort(self, section: int) -> None:
        """First by this column (numbers from the highest), then reversed, then the person's own order again."""
        column, first = Column(section), section != Column.SYMBOL
        if self._model.sorting == (column, first):
            self._model.sort_by(column, not first)
        elif self._model.sorting == (column, not first):
            self._model.sort_by(None)
        else:
            self._model.sort_by(column, first)

    # ------------------------------------------------------------------ selection

    def select(self, symbol: str) -> None:
        """Highlight the row of ``symbol``, or none where it is not in the list."""
        row = self._model.row_of(symbol)
        if row < 0:
            self.clearSelection()
        elif row != self.currentIndex().row() or not self.selectionModel().isRowSelected(row):
            self.setCurrentIndex(self._model.index(row, 0))

    def current_symbol(self) -> str:
        """The highlighted symbol, or an empty string."""
        row = self.currentIndex().row()
        return self._model.symbol_at(row) if 0 <= row < self._model.rowCount() else ""

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if current.isValid():
            self.chosen.emit(self._model.symbol_at(current.row()))

    def rows_in_sight(self) -> range:
        """The rows that can be seen now, by their numbers."""
        if not self.isVisible():
            return range(0)
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        return range(max(first, 0), (last if last >= 0 else self._model.rowCount() - 1) + 1)

    # ------------------------------------------------------------------ keys and pointer

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.current_symbol():
            self.removal_wanted.emit(self.current_symbol())
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._model.hold(True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._model.hold(False)
        super().leaveEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if index.isValid():
            self.menu_wanted.emit(self._model.symbol_at(index.row()), event.globalPos())
