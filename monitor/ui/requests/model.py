"""The table of requests: only rows that changed are painted; sorted by any column, filtered by endpoint and result."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QModelIndex, QObject, QSortFilterProxyModel, Qt

from monitor.ports import RequestRecord, Result
from monitor.ui import format as fmt
from monitor.ui.cells import COLOUR_ROLE, Index
from monitor.ui.requests.phrases import COLOURS, COLUMNS, RESULT, cells, order, story
from monitor.ui.rows import ColumnsModel
from monitor.ui.theme import Theme

RECORD_ROLE = int(Qt.ItemDataRole.UserRole)
ORDER_ROLE = RECORD_ROLE + 40


class RequestsModel(ColumnsModel[RequestRecord]):
    """The newest requests, the oldest first; a request keeps its row until it is too old."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(COLUMNS, theme)

    def show(self, records: Sequence[RequestRecord]) -> None:
        """Take over how they stand now; their numbers ascend."""
        first = records[0].number if records else 0
        gone = sum(1 for entry in self.entries if not records or entry.number < first)
        if gone:
            self.beginRemoveRows(QModelIndex(), 0, gone - 1)
            del self.entries[:gone]
            self.endRemoveRows()
        known = len(self.entries)
        for row, record in enumerate(records[:known]):
            if record is not self.entries[row]:
                self._change(row, record)
        fresh = records[known:]
        if fresh:
            self.beginInsertRows(QModelIndex(), known, known + len(fresh) - 1)
            self.entries.extend(fresh)
            self.endInsertRows()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        record, column = self.entries[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return cells(record)[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.side(column)
        if role == COLOUR_ROLE:
            return COLOURS[record.result] if column == RESULT else "dim" if column == 0 else "text"
        if role == Qt.ItemDataRole.ToolTipRole:
            return fmt.both_clocks(record.asked_ms) if column == 0 else story(record)
        return {RECORD_ROLE: record, ORDER_ROLE: order(record)[column]}.get(role)

    def _change(self, row: int, record: RequestRecord) -> None:
        before, self.entries[row] = self.entries[row], record
        old, new = cells(before), cells(record)
        changed = [column for column in range(len(COLUMNS)) if old[column] != new[column]]
        if changed:
            self.dataChanged.emit(self.index(row, changed[0]), self.index(row, changed[-1]))


class RequestsFilter(QSortFilterProxyModel):
    """Lets through one endpoint's, and those with some results; sorts numbers as numbers."""

    def __init__(self, model: RequestsModel, parent: QObject) -> None:
        super().__init__(parent)
        self._endpoint = ""
        self._results: frozenset[Result] = frozenset(Result)
        self.setSortRole(ORDER_ROLE)
        self.setSourceModel(model)

    def show_matching(self, endpoint: str, results: Collection[Result]) -> None:
        """Without an endpoint those of all."""
        self.beginFilterChange()
        self._endpoint, self._results = endpoint, frozenset(results)
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: ARG002  Qt's signature
        model = self.sourceModel()
        assert isinstance(model, RequestsModel)  # noqa: S101
        record = model.entries[row]
        return record.result in self._results and self._endpoint in ("", record.endpoint)
