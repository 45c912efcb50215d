"""The audit's rows: bounded, newest first; what is filtered away stays behind."""

from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QModelIndex, QObject, QSortFilterProxyModel, Qt

from monitor.ports import AuditEntry
from monitor.ui import format as fmt
from monitor.ui.audit.kinds import RENEWAL, kind_of
from monitor.ui.cells import Index
from monitor.ui.icons import icon
from monitor.ui.rows import RowsModel
from monitor.ui.theme import Theme

#: Three months of renewals in a program that never rests.
LIMIT = 5000
COLUMNS = ("When (ET)", "What", "Details")
ENTRY_ROLE = int(Qt.ItemDataRole.UserRole)


@lru_cache(maxsize=LIMIT)
def cells(entry: AuditEntry) -> tuple[str, str, str]:
    """The row as it reads; a filter reads every row at every letter."""
    return fmt.full_day_and_clock(entry.at_ms), kind_of(entry.kind).words, entry.sentence


class AuditModel(RowsModel[AuditEntry]):
    """The newest LIMIT entries; sentences are plain text whatever they hold."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(COLUMNS, theme)

    def put(self, stored: Sequence[AuditEntry]) -> None:
        """Show what is on disk (newest first) behind what came since it was asked for."""
        known = set(stored)
        self.beginResetModel()
        self.entries = [*(entry for entry in self.entries if entry not in known), *stored][:LIMIT]
        self.endResetModel()

    def add(self, entry: AuditEntry) -> None:
        """Put the entry at the top."""
        self.beginInsertRows(QModelIndex(), 0, 0)
        self.entries.insert(0, entry)
        self.endInsertRows()
        if len(self.entries) > LIMIT:
            self.remove(LIMIT)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry, column = self.entries[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return cells(entry)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return fmt.both_clocks(entry.at_ms) if column == 0 else entry.sentence
        if role == ENTRY_ROLE:
            return entry
        kind, colours = kind_of(entry.kind), self.theme.colours
        if role == Qt.ItemDataRole.DecorationRole and column == 1:
            return icon(kind.icon, getattr(colours, kind.colour))
        if role == Qt.ItemDataRole.ForegroundRole and column < 2:
            return colours.colour("dim" if column == 0 else kind.colour)
        return None


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
