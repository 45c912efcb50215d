"""What the models of lists of entries share: a row an entry, fixed columns, left-aligned heads."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt

from monitor.ui.cells import Index
from monitor.ui.theme import Theme

T_ = TypeVar("T_")
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Column(NamedTuple):
    """A column's title, width in pixels (0 takes what is left), the tip of its head, and whether it holds numbers."""

    title: str
    width: int
    tip: str = ""
    number: bool = False


class RowsModel(QAbstractTableModel, Generic[T_]):
    """``entries`` under ``columns``; subclasses answer ``data`` and tell Qt of what they change."""

    def __init__(self, columns: Sequence[str], theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.entries: list[T_] = []
        self._columns = tuple(columns)
        theme.changed.connect(self._repaint)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT
        return None

    def repaint_row(self, row: int) -> None:
        """The entry of a row is another one now."""
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(self._columns) - 1))

    def append(self, entry: T_) -> None:
        """Put an entry at the end."""
        row = len(self.entries)
        self.beginInsertRows(QModelIndex(), row, row)
        self.entries.append(entry)
        self.endInsertRows()

    def remove(self, row: int) -> None:
        """Take a row away."""
        self.beginRemoveRows(QModelIndex(), row, row)
        del self.entries[row]
        self.endRemoveRows()

    def _repaint(self) -> None:
        if self.entries:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.entries) - 1, len(self._columns) - 1))


class ColumnsModel(RowsModel[T_]):
    """Rows under columns that know on which side they stand; subclasses answer ``data`` for all other roles."""

    def __init__(self, columns: Sequence[Column], theme: Theme) -> None:
        super().__init__([column.title for column in columns], theme)
        self.columns = columns

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return self.columns[section].tip
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.side(section)
        return super().headerData(section, orientation, role)

    def side(self, column: int) -> Qt.AlignmentFlag:
        """Numbers stand on the right, words on the left."""
        return _RIGHT if self.columns[column].number else _LEFT
