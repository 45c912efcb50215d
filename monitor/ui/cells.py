"""Table cells painted by hand: a ground, then text in one of the palette's colours; shared by the tables of numbers."""

from typing import NamedTuple

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from monitor.ui.theme import Theme, data_font

Index = QModelIndex | QPersistentModelIndex
#: A model answers this role with the name of a colour of ``theme.Colours``.
COLOUR_ROLE = Qt.ItemDataRole.UserRole + 1
#: … and this one with True where the text is bold.
BOLD_ROLE = Qt.ItemDataRole.UserRole + 2
PADDING = 5
# By name in the module: looking a member up in its enum costs more than what a model does for a cell.
_DISPLAY, _ALIGNMENT = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.TextAlignmentRole
_CENTRED = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_SELECTED, _MOUSE_OVER = QStyle.StateFlag.State_Selected, QStyle.StateFlag.State_MouseOver


class Cell(NamedTuple):
    """What a cell says: its text, the name of its colour, how it is aligned (Qt's flags), and whether it is bold."""

    text: str
    colour: str
    alignment: int
    bold: bool = False


class CellDelegate(QStyledItemDelegate):
    """Paints ground and text without the style sheet's detours, so that a full table costs a few milliseconds."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._font = data_font()
        self._bold = data_font()
        self._bold.setWeight(QFont.Weight.Bold)
        self._metrics, self._bold_metrics = QFontMetrics(self._font), QFontMetrics(self._bold)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.paint_ground(painter, option, index)
        self.paint_text(painter, option, index)

    def paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """The selection across the row, and a strip at its left that shows the keyboard's focus."""
        state, rect, colours = option.state, option.rect, self.theme.colours
        if state & _SELECTED:
            painter.fillRect(rect, colours.colour("selection"))
            if index.column() == 0 and state & QStyle.StateFlag.State_Active:
                painter.fillRect(QRect(rect.left(), rect.top(), 2, rect.height()), colours.colour("accent"))
        elif state & _MOUSE_OVER:
            painter.fillRect(rect, colours.colour("header"))

    def paint_text(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell = self.cell(index)
        if not cell.text:
            return
        painter.setFont(self._bold if cell.bold else self._font)
        painter.setPen(self.theme.colours.colour(cell.colour))
        rect = option.rect.adjusted(PADDING, 0, -PADDING, 0)
        metrics = self._bold_metrics if cell.bold else self._metrics
        text = metrics.elidedText(cell.text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, cell.alignment, text)

    def cell(self, index: Index) -> Cell:
        """What the model says, asked role by role; a model that is painted often has a shorter way."""
        data = index.model().data  # the model itself: by way of the index each answer would go to Qt and back
        alignment = data(index, _ALIGNMENT)
        return Cell(
            data(index, _DISPLAY) or "",
            data(index, COLOUR_ROLE) or "text",
            _CENTRED if alignment is None else int(alignment),
            bool(data(index, BOLD_ROLE)),
        )

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002  Qt's signature
        metrics = QFontMetrics(self._font)
        return QSize(metrics.horizontalAdvance(index.data() or "") + 2 * PADDING, row_height())


def row_height() -> int:
    """The height of a row of data, following the font (20 pixels at 9 points)."""
    return QFontMetrics(data_font()).height() + 6


def dress(table: QTableView, theme: Theme) -> None:
    """Give a table of numbers its calm look: no grid, dense rows of one height, whole rows selected."""
    table.setFont(data_font())
    table.setShowGrid(False)
    table.setFrameShape(QTableView.Shape.NoFrame)
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
    table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
    table.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    rows = table.verticalHeader()
    rows.setVisible(False)
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    rows.setMinimumSectionSize(1)
    rows.setDefaultSectionSize(row_height())
    heads = table.horizontalHeader()
    heads.setHighlightSections(False)
    heads.setMinimumSectionSize(28)
    heads.setFixedHeight(row_height() + 4)
    theme.changed.connect(table.viewport().update)
