"""The log's rows: bounded, newest last, with repeats folded into the row before."""

from dataclasses import dataclass, replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon

from monitor.live.events import Level
from monitor.ui import format as fmt
from monitor.ui.cells import Index
from monitor.ui.icons import icon
from monitor.ui.rows import RowsModel
from monitor.ui.theme import Theme

LIMIT = 5000
COLUMNS = ("Time (ET)", "Level", "What happened")
LEVEL_ROLE = int(Qt.ItemDataRole.UserRole)
ENTRY_ROLE = LEVEL_ROLE + 1
_WORDS = {Level.INFO: "Info", Level.WARNING: "Warning", Level.ERROR: "Error"}
_COLOURS = {Level.INFO: "dim", Level.WARNING: "amber", Level.ERROR: "bad"}


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


class LogModel(RowsModel[Entry]):
    """The last LIMIT entries; the sentence is plain text whatever it holds."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(COLUMNS, theme)

    def add(self, entry: Entry) -> None:
        """Append the entry, or count it on the last row when it says the same."""
        if self.entries and entry.repeats(self.entries[-1]):
            before, last = self.entries[-1], len(self.entries) - 1
            self.entries[-1] = replace(entry, times=before.times + 1, detail=entry.detail or before.detail)
            self.repaint_row(last)
            return
        if len(self.entries) >= LIMIT:
            self.remove(0)
        self.append(entry)

    def clear(self) -> None:
        self.beginResetModel()
        self.entries.clear()
        self.endResetModel()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry, column = self.entries[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return (fmt.clock(entry.at_ms), _WORDS[entry.level], entry.text)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.detail if column == 2 else fmt.day_and_clock(entry.at_ms)
        if role == Qt.ItemDataRole.DecorationRole and column == 1:
            return self._icon(entry.level)
        if role == Qt.ItemDataRole.ForegroundRole and column < 2:
            return self.theme.colours.colour("dim" if column == 0 else _COLOURS[entry.level])
        return {LEVEL_ROLE: entry.level, ENTRY_ROLE: entry}.get(role)

    def _icon(self, level: Level) -> QIcon:
        return icon(level.value, getattr(self.theme.colours, _COLOURS[level]))
