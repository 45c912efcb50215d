"""The log's rows: bounded, newest last, with repeats folded into the row before."""

from dataclasses import dataclass, replace

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QIcon

from monitor.live.events import Level
from monitor.ui import format as fmt
from monitor.ui.icons import icon
from monitor.ui.theme import Theme

LIMIT = 5000
COLUMNS = ("Time (ET)", "Level", "What happened")
LEVEL_ROLE = int(Qt.ItemDataRole.UserRole)
ENTRY_ROLE = LEVEL_ROLE + 1
_WORDS = {Level.INFO: "Info", Level.WARNING: "Warning", Level.ERROR: "Error"}
_COLOURS = {Level.INFO: "dim", Level.WARNING: "amber", Level.ERROR: "down"}
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: when it was last said (ms UTC), and how many times in a row."""

    at_ms: int
    level: Level
    sentence: str
    detail: str = ""
    times: int = 1

    @property
    def text(self) -> str:
        """The sentence, with the count of its repeats."""
        return self.sentence if self.times == 1 else f"{self.sentence} (×{self.times})"

    def repeats(self, other: "Entry") -> bool:
        return self.level is other.level and self.sentence == other.sentence


class LogModel(QAbstractTableModel):
    """The last LIMIT entries; the sentence is plain text whatever it holds."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._entries: list[Entry] = []
        theme.changed.connect(self._repaint)

    def add(self, entry: Entry) -> None:
        """Append the entry, or count it on the last row when it says the same."""
        if self._entries and entry.repeats(self._entries[-1]):
            before, last = self._entries[-1], len(self._entries) - 1
            self._entries[-1] = replace(entry, times=before.times + 1, detail=entry.detail or before.detail)
            self.dataChanged.emit(self.index(last, 0), self.index(last, len(COLUMNS) - 1))
            return
        if len(self._entries) >= LIMIT:
            self.beginRemoveRows(QModelIndex(), 0, 0)
            del self._entries[0]
            self.endRemoveRows()
        row = len(self._entries)
        self.beginInsertRows(QModelIndex(), row, row)
        self._entries.append(entry)
        self.endInsertRows()

    def clear(self) -> None:
        self.beginResetModel()
        self._entries.clear()
        self.endResetModel()

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
            return (fmt.clock(entry.at_ms), _WORDS[entry.level], entry.text)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.detail if column == 2 else fmt.day_and_clock(entry.at_ms)
        if role == Qt.ItemDataRole.DecorationRole and column == 1:
            return self._icon(entry.level)
        if role == Qt.ItemDataRole.ForegroundRole and column < 2:
            return self._theme.colours.colour("dim" if column == 0 else _COLOURS[entry.level])
        return {LEVEL_ROLE: entry.level, ENTRY_ROLE: entry}.get(role)

    def _icon(self, level: Level) -> QIcon:
        return icon(level.value, getattr(self._theme.colours, _COLOURS[level]))

    def _repaint(self) -> None:
        if self._entries:
            last = self.index(len(self._entries) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
