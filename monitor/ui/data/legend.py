"""The legend of the gap map: a cell of each state with its name, painted as on the map."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from monitor.ui.data.looks import NAMES, paint_cell
from monitor.ui.theme import Theme, data_font

_CELL, _GAP, _BETWEEN = (10, 13), 4, 12


class Legend(QWidget):
    """As wide as its words need."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setFont(data_font(8))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Legend: " + ", ".join(NAMES.values()))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        words = sum(map(self.fontMetrics().horizontalAdvance, NAMES.values()))
        return QSize(words + len(NAMES) * (_CELL[0] + _GAP + _BETWEEN), self.fontMetrics().height() + 6)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002  Qt's signature
        painter, metrics, left = QPainter(self), self.fontMetrics(), 0
        baseline = (self.height() + metrics.ascent() - metrics.descent()) // 2
        for code, name in NAMES.items():
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            top = (self.height() - _CELL[1]) // 2
            paint_cell(painter, code, QRectF(left, top, *_CELL), self._theme.colours)
            painter.restore()
            painter.setPen(self._theme.colours.colour("dim"))
            left += _CELL[0] + _GAP
            painter.drawText(left, baseline, name)
            left += metrics.horizontalAdvance(name) + _BETWEEN
