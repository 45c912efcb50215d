"""The list of tables and views with their columns; a double click, or Enter, puts a name into the query."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QTreeWidgetItemIterator

from monitor.ports import StoredTable
from monitor.ui.sql.statements import quoted
from monitor.ui.theme import Theme, data_font


class TableList(QTreeWidget):
    """``chosen`` carries the name as a query writes it."""

    chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("sqlTables")
        self.setAccessibleName("Tables and columns")
        self.setFont(data_font())
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setIndentation(14)
        self.setUniformRowHeights(True)
        self.setExpandsOnDoubleClick(False)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.itemDoubleClicked.connect(self._choose)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            enter = QShortcut(QKeySequence(key), self, lambda: self._choose(self.currentItem()))
            enter.setContext(Qt.ShortcutContext.WidgetShortcut)
        theme.changed.connect(self._colour)

    def put(self, tables: Sequence[StoredTable]) -> None:
        """Show these, closed."""
        self.clear()
        for table in tables:
            item = QTreeWidgetItem([table.name, "" if table.kind == "table" else table.kind])
            item.setToolTip(0, f"{table.name}: {len(table.columns)} columns. Double-click to write its name.")
            item.addChildren([QTreeWidgetItem([name, kind.lower()]) for name, kind in table.columns])
            self.addTopLevelItem(item)
        self._colour()

    def _colour(self) -> None:
        dim = self._theme.colours.colour("dim")
        every = QTreeWidgetItemIterator(self)
        while (item := every.value()) is not None:
            item.setForeground(1, dim)
            every += 1

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(quoted(item.text(0)))
