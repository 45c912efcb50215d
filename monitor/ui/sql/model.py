"""The answer of a query as Qt's table, on the tuples as they came."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, Qt

from monitor.ports import Value
from monitor.ui.cells import COLOUR_ROLE, Index
from monitor.ui.sql.phrases import cell, tip

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LOOKED_AT = 100


class AnswerModel(QAbstractTableModel):
    """``columns`` and ``rows`` of the newest answer."""

    def __init__(self) -> None:
        super().__init__()
        self.columns: Sequence[str] = ()
        self.rows: Sequence[tuple[Value, ...]] = ()
        self._numeric: list[bool] = []

    def put(self, columns: Sequence[str], rows: Sequence[tuple[Value, ...]]) -> None:
        """Another answer."""
        self.beginResetModel()
        self.columns, self.rows = columns, rows
        newest = rows[:_LOOKED_AT]
        self._numeric = [any(isinstance(row[at], int | float) for row in newest) for at in range(len(columns))]
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        across = orientation is Qt.Orientation.Horizontal
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section] if across else f"{section + 1:,}"
        if role == Qt.ItemDataRole.ToolTipRole and across:
            return tip("", self.columns[section]) or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if not across or self._numeric[section] else _LEFT
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        value = self.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell(value)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            number = isinstance(value, int | float) or (value is None and self._numeric[index.column()])
            return _RIGHT if number else _LEFT
        if role == COLOUR_ROLE:
            return "dim" if value is None or isinstance(value, bytes) else "text"
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self.columns[index.column()], value) or None
        return None
