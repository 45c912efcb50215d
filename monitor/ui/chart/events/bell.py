"""The bell that marks an alert, drawn in a square of any size."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen


def paint_bell(painter: QPainter, place: QRectF, ink: QColor, filled: bool = True, struck: bool = False) -> None:
    """A bell within ``place``; one that is ``struck`` through rings no more."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(place.topLeft())
    painter.scale(place.width() / 16, place.height() / 16)
    body = QPainterPath(QPointF(2.5, 12))
    body.cubicTo(QPointF(5, 10), QPointF(3.5, 6.5), QPointF(5, 4.5))
    body.cubicTo(QPointF(6, 2.8), QPointF(10, 2.8), QPointF(11, 4.5))
    body.cubicTo(QPointF(12.5, 6.5), QPointF(11, 10), QPointF(13.5, 12))
    body.closeSubpath()
    painter.setPen(QPen(ink, 1.3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(ink if filled else Qt.BrushStyle.NoBrush)
    painter.drawPath(body)
    painter.drawLine(QPointF(6.8, 14.3), QPointF(9.2, 14.3))
    if struck:
        painter.drawLine(QPointF(2.5, 14.5), QPointF(13.5, 2))
    painter.restore()
