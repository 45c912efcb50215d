"""The table of movers: in the order in which they are ranked, or sorted by any column."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QObject, QSortFilterProxyModel, Qt

from monitor.market.screener import Ranked
from monitor.ui.cells import COLOUR_ROLE, Index
from monitor.ui.movers.phrases import COLUMNS, cells, order
from monitor.ui.rows import ColumnsModel
from monitor.ui.theme import Theme

RANKED_ROLE = int(Qt.ItemDataRole.UserRole)
ORDER_ROLE = RANKED_ROLE + 40
_LAST, _PERCENT = 2, 4
_SORTING = "Click to sort, again to reverse, a third time for the ranking"


class MoversModel(ColumnsModel[Ranked]):
    """One list as it came."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(COLUMNS, theme)

    @property
    def symbols(self) -> list[str]:
        """Those ranked, the first first."""
        return [row.symbol for row in self.entries]

    def show(self, rows: Sequence[Ranked]) -> None:
        """Take over a new list; where the same symbols stand in the same places only their numbers change."""
        if [row.symbol for row in rows] == self.symbols:
            self.entries = list(rows)
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self.entries = list(rows)
        self.endResetModel()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        told = super().headerData(section, orientation, role)
        is_tip = orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole
        return f"{told}\n{_SORTING}".strip() if is_tip else told

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row, column = self.entries[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return cells(row)[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.side(column)
        if role == COLOUR_ROLE:
            return _colour(row) if _LAST <= column <= _PERCENT else "dim" if column == 1 else "text"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.symbol} · {row.description}" if row.description else row.symbol
        return {RANKED_ROLE: row, ORDER_ROLE: order(row)[column]}.get(role)


class MoversOrder(QSortFilterProxyModel):
    """Sorts numbers as numbers; sorted by no column it is the ranking."""

    def __init__(self, model: MoversModel, parent: QObject) -> None:
        super().__init__(parent)
        self.setSortRole(ORDER_ROLE)
        self.setSourceModel(model)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By no column it is the ranking, whichever way the one before was sorted."""
        super().sort(column, order if column >= 0 else Qt.SortOrder.AscendingOrder)

    def ranked(self, row: int) -> Ranked:
        """What a row of the screen shows."""
        found = self.index(row, 0, QModelIndex()).data(RANKED_ROLE)
        assert isinstance(found, Ranked)  # noqa: S101
        return found


def _colour(row: Ranked) -> str:
    moved = round(row.net_percent_change or row.net_change or 0, 2)
    return "up" if moved > 0 else "down" if moved < 0 else "text"
