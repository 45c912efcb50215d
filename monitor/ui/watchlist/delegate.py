"""How a cell of the watchlist is painted: the flash behind its number, and the day's range as a bar."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionViewItem, QTableView, QWidget

from monitor.ui.cells import COLOUR_ROLE, PADDING, Cell, CellDelegate, Index
from monitor.ui.theme import Theme, data_font
from monitor.ui.watchlist.model import DAY_ROLE, WatchlistModel
from monitor.ui.watchlist.row import FLASHING, UNKNOWN, Column

_FLASH_ALPHA = 80


class WatchlistDelegate(CellDelegate):
    """Adds flash and range bar to the plain cell."""

    def __init__(self, model: WatchlistModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._model = model

    def cell(self, index: Index) -> Cell:
        return self._model.cell(index.row(), index.column())

    def paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint_ground(painter, option, index)
        column = index.column()
        if column in FLASHING and (strength := self._model.flash(index.row(), column)):
            name = "up" if strength > 0 else "down"
            tint = self.theme.colours.colour(name, round(_FLASH_ALPHA * abs(strength)))
            painter.fillRect(option.rect.adjusted(0, 1, 0, -1), tint)

    def paint_text(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if index.column() != Column.SYMBOL and self._model.is_unknown(index.row()):
            self._paint_unknown(painter, option)
        elif index.column() == Column.DAY_RANGE:
            self._paint_range(painter, option, index)
        else:
            super().paint_text(painter, option, index)

    def _paint_unknown(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        """The words have the row to themselves: each cell paints its part of them."""
        table, rect = self.parent(), QRect(option.rect)
        assert isinstance(table, QTableView)  # noqa: S101  made with it
        rect.setLeft(table.columnViewportPosition(Column.SYMBOL) + table.columnWidth(Column.SYMBOL) + PADDING)
        rect.setRight(table.viewport().width())
        painter.save()
        painter.setClipRect(option.rect)
        painter.setPen(self.theme.colours.colour("amber"))
        painter.setFont(data_font())
        painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, UNKNOWN)
        painter.restore()

    def _paint_range(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """A line from the day's low to its high, and a mark where the last price is."""
        where, colours = index.data(DAY_ROLE), self.theme.colours
        if where is None:
            return
        rect = QRectF(option.rect).adjusted(PADDING, 0, -PADDING, 0)
        middle = rect.center().y()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.colour("dim", 110))
        painter.drawRect(QRectF(rect.left(), middle - 1, rect.width(), 2))
        painter.setBrush(colours.colour(index.data(COLOUR_ROLE)))
        painter.drawRect(QRectF(rect.left() + where * (rect.width() - 4), middle - 5, 4, 10))
