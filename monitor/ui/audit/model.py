"""The audit's rows: bounded, newest first; what is filtered away stays behind."""

from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from monitor.ports import AuditEntry
from monitor.ui import format as fmt
from monitor.ui.audit.kinds import RENEWAL, kind_of
from monitor.ui.icons import icon
from monitor.ui.theme import Theme

#: Three months of renewals in a program that never rests.
LIMIT = 5000
COLUMNS = ("When (ET)", "What", "Details")
ENTRY_ROLE = int(Qt.ItemDataRole.UserRole)
Index = QModelIndex | QPersistentModelIndex


@lru_cache(maxsize=LIMIT)
def cells(entry: AuditEntry) -> tuple[str, str, str]:
    """The row as it reads; a filter reads every row at every letter."""
    return fmt.full_day_and_clock(entry.at_ms), kind_of(entry.kind).words, entry.sentence


class AuditModel(QAbstractTableModel):
    """The newest LIMIT entries; sentences are plain text whatever they hold."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._entries: list[AuditEntry] = []
        theme.changed.connect(self._repaint)

    def put(self, stored: Sequence[AuditEntry]) -> None:
        """Show what is on disk (newest first) behind what came since it was asked for."""
        known = set(stored)
        self.beginResetModel()
        self._entries = [*(entry for entry in self._entries if entry not in known), *stored][:LIMIT]
        self.endResetModel()

    def add(self, entry: AuditEntry) -> None:
        """Put the entry at the top."""
        self.beginInsertRows(QModelIndex(), 0, 0)
        self._entries.insert(0, entry)
        self.endInsertRows()
        if len(self._entries) > LIMIT:
            self.beginRemoveRows(QModelIndex(), LIMIT, LIMIT)
            del self._entries[LIMIT]
            self.endRemoveRows()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry, column = self._entries[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return cells(entry)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return fmt.both_clocks(entry.at_ms) if column == 0 else entry.sentence
        if role == ENTRY_ROLE:
            return entry
        kind, colours = kind_of(entry.kind), self._theme.colours
        if role == Qt.ItemDataRole.DecorationRole and column == 1:
            return icon(kind.icon, getattr(colours, kind.colour))
        if role == Qt.ItemDataRole.ForegroundRole and column < 2:
            return colours.colour("dim" if column == 0 else kind.colour)
        return None

    def _repaint(self) -> None:
        if self._entries:
            last = self.index(len(self._entries) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)


class AuditFilter(QSortFilterProxyModel):
    """Lets through what holds the words looked for, and renewals only where they are wanted."""

    def __init__(self, model: AuditModel, parent: QObject) -> None:
        super().__init__(parent)
        self._words: list[str] = []
        self._renewals = False
        self.setSourceModel(model)

    def show_matching(self, text: str, renewals: bool) -> None:
        """Each word of ``text`` must stand somewhere in the row."""
        self.beginFilterChange()
        self._words, self._renewals = text.casefold().split(), renewals
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        entry = self.sourceModel().index(row, 0, parent).data(ENTRY_ROLE)
        if entry.kind == RENEWAL and not self._renewals:
            return False
        text = " ".join(cells(entry)).casefold()
        return all(word in text for word in self._words)
