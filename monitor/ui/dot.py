"""A dot of colour that says how something is doing; what is not well is a ring, so that colour is not all it has."""

from functools import cache

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

DOT = 8
_SCALE = 2
_RING = 3.0


@cache
def dot(colour: str, ring: bool = False) -> QIcon:
    """The dot in ``colour``, given as #rrggbb."""
    pixmap = QPixmap(QSize(DOT, DOT) * _SCALE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if ring:
        painter.setPen(QPen(QColor(colour), _RING))
        inset = _RING / 2
        painter.drawEllipse(QRectF(pixmap.rect()).adjusted(inset, inset, -inset, -inset))
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(pixmap.rect())
    painter.end()
    pixmap.setDevicePixelRatio(_SCALE)
    return QIcon(pixmap)
