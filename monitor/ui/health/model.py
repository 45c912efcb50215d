"""The table of services: a row each, with exact figures in the tooltips; only cells that changed are painted."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from monitor.ports import ServiceHealth
from monitor.ui import format as fmt
from monitor.ui.cells import COLOUR_ROLE
from monitor.ui.dot import dot
from monitor.ui.health.names import name_of
from monitor.ui.theme import Theme

COLUMNS = ("Service", "State", "Age", "Rate", "Lag", "Symbols", "Items", "Rejected", "Gaps", "")
STATE, RESTART = 1, len(COLUMNS) - 1
_TIPS = (
    "",
    "",
    "Since the newest item",
    "Items a second, over the last ten seconds",
    "From when the streamer sent it until it was here: the median of the last minute",
    "Symbols that the streamer has taken",
    "Items since the start",
    "Messages of this service that could not be read",
    "Holes of the last 24 hours, as far as this run knows",
    "",
)
_MOST_QUIET = 30
Index = QModelIndex | QPersistentModelIndex


def cells(service: ServiceHealth) -> tuple[str, ...]:
    """The row as it reads."""
    return (
        name_of(service.service),
        service.sentence or ("Streaming." if service.ok else "Not as it should be."),
        _age(service.age_ms),
        f"{service.rate:,.1f}/s" if service.rate < 1000 else f"{service.rate:,.0f}/s",
        fmt.DASH if service.lag_ms is None else f"{service.lag_ms:,.0f} ms",
        f"{service.symbols:,}",
        fmt.volume(service.items),
        f"{service.rejected:,}",
        f"{service.gaps:,}",
        "",
    )


def _age(age_ms: int | None) -> str:
    if age_ms is None:
        return fmt.DASH
    return f"{age_ms / 1000:.1f} s" if age_ms < 10_000 else fmt.duration(age_ms / 1000)


def _exact(service: ServiceHealth) -> tuple[str, ...]:
    """The same with all digits, for the tooltips."""
    age = "Nothing has come yet" if service.age_ms is None else f"{service.age_ms:,} ms since the newest item"
    lag = "Nothing came in the last minute" if service.lag_ms is None else f"{service.lag_ms:,.1f} ms"
    quiet = "\n".join(service.quiet[:_MOST_QUIET])
    return (
        f"{service.service}: {'as it should be' if service.ok else 'not as it should be'}",
        f"{service.sentence}\n{quiet}".strip(),
        age,
        f"{service.rate:,.2f} items a second over the last ten seconds",
        lag,
        f"{service.symbols:,} symbols",
        f"{service.items:,} items since the start",
        f"{service.rejected:,} messages could not be read",
        f"{service.gaps:,} holes in the last 24 hours",
        "",
    )


class HealthModel(QAbstractTableModel):
    """What ``show`` was given last."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._services: list[ServiceHealth] = []
        self._cells: list[tuple[str, ...]] = []
        theme.changed.connect(self._repaint)

    @property
    def names(self) -> list[str]:
        """The streamer's names of the rows."""
        return [service.service for service in self._services]

    def show(self, services: Sequence[ServiceHealth]) -> bool:
        """Take over new figures; True when the rows are those of other services than before."""
        fresh = [cells(service) for service in services]
        if self.names != [service.service for service in services]:
            self.beginResetModel()
            self._services, self._cells = list(services), fresh
            self.endResetModel()
            return True
        before, well = self._cells, [service.ok for service in self._services]
        self._services, self._cells = list(services), fresh
        for row, (old, new) in enumerate(zip(before, fresh, strict=True)):
            if well[row] != services[row].ok:
                self.dataChanged.emit(self.index(row, 0), self.index(row, STATE))
            for column in range(RESTART):
                if old[column] != new[column]:
                    self.dataChanged.emit(self.index(row, column), self.index(row, column))
        return False

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._cells)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS[section]
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        service, column = self._services[index.row()], index.column()
        colours = self._theme.colours
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cells[index.row()][column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _exact(service)[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return dot(colours.good if service.ok else colours.amber, ring=not service.ok)
        if role == COLOUR_ROLE:
            return _colour(service, column)
        return None

    def _repaint(self) -> None:
        if self._cells:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._cells) - 1, RESTART))


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if STATE < column < RESTART else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _colour(service: ServiceHealth, column: int) -> str:
    if column == STATE:
        return "dim" if service.ok else "amber"
    counted = {7: service.rejected, 8: service.gaps}
    if column in counted:
        return "amber" if counted[column] else "dim"
    return "text"
