"""The table of an answer: cells to select, and to copy with or without their header."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTableView

from monitor.ports import Value
from monitor.ui.cells import CellDelegate, dress
from monitor.ui.sql.model import AnswerModel
from monitor.ui.sql.phrases import copied
from monitor.ui.theme import Theme

_NARROWEST, _WIDEST = 56, 360
_LOOKED_AT = 100


class AnswerTable(QTableView):
    """``export_wanted`` tells that the menu's export was chosen, ``selected`` that the selection has changed."""

    export_wanted = Signal()
    selected = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.answer = AnswerModel()
        self.setModel(self.answer)
        dress(self, theme)
        self.setItemDelegate(CellDelegate(theme, self))
        self.setObjectName("sqlAnswer")
        self.setAccessibleName("Answer")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().setVisible(True)
        self.verticalHeader().setHighlightSections(False)
        self.horizontalHeader().setResizeContentsPrecision(_LOOKED_AT)
        self.selectionModel().selectionChanged.connect(self.selected)
        self.answer.modelReset.connect(self.selected)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self._key("Ctrl+C", self.copy)
        self._key("Ctrl+Shift+C", self.copy_with_header)

    def put(self, columns: Sequence[str], rows: Sequence[tuple[Value, ...]]) -> None:
        """Show another answer from its first row, columns as wide as it needs, within bounds."""
        self.answer.put(columns, rows)
        self.resizeColumnsToContents()
        header = self.horizontalHeader()
        for section in range(header.count()):
            header.resizeSection(section, min(max(header.sectionSize(section) + 8, _NARROWEST), _WIDEST))
        self.scrollToTop()

    def copy(self) -> None:
        """Put the selected cells on the clipboard, a line a row, columns apart by tabs."""
        self._copy(with_header=False)

    def copy_with_header(self) -> None:
        """As ``copy``, the names of the columns in the first line."""
        self._copy(with_header=True)

    def _copy(self, with_header: bool) -> None:
        chosen = self._chosen()
        if not chosen:
            return
        columns = sorted(set().union(*chosen.values()))
        lines = [
            "\t".join(copied(self.answer.rows[row][at]) if at in chosen[row] else "" for at in columns)
            for row in sorted(chosen)
        ]
        if with_header:
            lines.insert(0, "\t".join(copied(self.answer.columns[at]) for at in columns))
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _chosen(self) -> dict[int, set[int]]:
        """The columns selected in each row; by ranges, for there may be as many cells as there are."""
        selection = self.selectionModel().selection()
        chosen: defaultdict[int, set[int]] = defaultdict(set)
        for part in (selection.at(number) for number in range(selection.count())):
            for row in range(part.top(), part.bottom() + 1):
                chosen[row].update(range(part.left(), part.right() + 1))
        return chosen

    def _open_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy", QKeySequence("Ctrl+C"), self.copy)
        menu.addAction("Copy with header", QKeySequence("Ctrl+Shift+C"), self.copy_with_header)
        menu.addAction("Select all", QKeySequence("Ctrl+A"), self.selectAll)
        menu.addSeparator()
        menu.addAction("Export all rows…", self.export_wanted.emit)
        menu.popup(self.viewport().mapToGlobal(at))

    def _key(self, keys: str, do: Callable[[], object]) -> None:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(do)
