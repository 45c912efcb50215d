"""The cells of the health table: text as in every table of numbers, and before the service's name its dot."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QIcon, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem

from monitor.ui.cells import PADDING, CellDelegate, Index
from monitor.ui.dot import DOT


class HealthDelegate(CellDelegate):
    """Paints what the model decorates with to the left of the text."""

    def paint_text(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        mark = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(mark, QIcon):
            rect = option.rect
            mark.paint(painter, QRect(rect.left() + PADDING, rect.center().y() - DOT // 2 + 1, DOT, DOT))
            option.rect = rect.adjusted(DOT + PADDING, 0, 0, 0)
        super().paint_text(painter, option, index)
