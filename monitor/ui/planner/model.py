"""The rows of the planner's table."""

from PySide6.QtCore import Qt

from monitor.ui.cells import Index
from monitor.ui.planner.phrases import COLUMNS, Line
from monitor.ui.rows import RowsModel
from monitor.ui.theme import Theme

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NUMBERS = range(1, len(COLUMNS))


class CostModel(RowsModel[Line]):
    """A row a line; what would be too much is red, what nearly is amber."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(COLUMNS, theme)

    def put(self, lines: list[Line]) -> None:
        """Show these and no others."""
        if len(lines) == len(self.entries):
            for row, line in enumerate(lines):
                if line != self.entries[row]:
                    self.entries[row] = line
                    self.repaint_row(row)
            return
        self.beginResetModel()
        self.entries = lines
        self.endResetModel()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.TextAlignmentRole and section in _NUMBERS:
            return _RIGHT
        return super().headerData(section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        line, column = self.entries[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return line[column]
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _NUMBERS:
            return _RIGHT
        if role == Qt.ItemDataRole.ForegroundRole:
            name = line.tone if line.tone and column > 1 else "text" if column else "dim"
            return self.theme.colours.colour(name)
        return None
