"""The signs that mark events: a bell for an alert, a diamond for a revised bar; drawn once for each size and colour."""

from functools import lru_cache

from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

#: Half of a diamond's width.
DIAMOND_PX = 3


def paint_bell(painter: QPainter, place: QRect, ink: QColor, *, filled: bool = True, struck: bool = False) -> None:
    """A bell within the square ``place``; one that is ``struck`` through rings no more."""
    ratio = painter.device().devicePixelRatio()
    painter.drawPixmap(place.topLeft(), _bell(place.width(), ratio, ink.name(), filled, struck))


@lru_cache(maxsize=64)
def _bell(side: int, ratio: float, colour: str, filled: bool, struck: bool) -> QPixmap:
    picture, painter = _picture(side, ratio)
    painter.scale(side / 16, side / 16)
    body = QPainterPath(QPointF(2.5, 12))
    body.cubicTo(QPointF(5, 10), QPointF(3.5, 6.5), QPointF(5, 4.5))
    body.cubicTo(QPointF(6, 2.8), QPointF(10, 2.8), QPointF(11, 4.5))
    body.cubicTo(QPointF(12.5, 6.5), QPointF(11, 10), QPointF(13.5, 12))
    body.closeSubpath()
    ink = QColor(colour)
    painter.setPen(QPen(ink, 1.3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(ink if filled else Qt.BrushStyle.NoBrush)
    painter.drawPath(body)
    painter.drawLine(QPointF(6.8, 14.3), QPointF(9.2, 14.3))
    if struck:
        painter.drawLine(QPointF(2.5, 14.5), QPointF(13.5, 2))
    painter.end()
    return picture


def paint_diamond(painter: QPainter, middle: QPoint, ink: QColor) -> None:
    """The small mark of a bar that was revised."""
    ratio = painter.device().devicePixelRatio()
    painter.drawPixmap(middle - QPoint(DIAMOND_PX, DIAMOND_PX), _diamond(ratio, ink.name()))


@lru_cache(maxsize=16)
def _diamond(ratio: float, colour: str) -> QPixmap:
    side = 2 * DIAMOND_PX + 1
    picture, painter = _picture(side, ratio)
    half = side / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawPolygon([QPointF(half, 0), QPointF(side, half), QPointF(half, side), QPointF(0, half)])
    painter.end()
    return picture


def _picture(side: int, ratio: float) -> tuple[QPixmap, QPainter]:
    picture = QPixmap(round(side * ratio), round(side * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return picture, painter
