"""The card beside the mouse that tells what is under it, and the line at the foot that tells where a bar comes from."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QPen

from monitor.ui.chart.scene import Scene

_ASIDE_PX, _PAD_PX, _LEAD_PX = 16, 8, 3
_FOOT_PX = 6


class Line(NamedTuple):
    """A line of a card: ``colour`` names one of the palette."""

    text: str
    colour: str = "text"


def paint_card(painter: QPainter, scene: Scene, at: QPoint, lines: Sequence[Line]) -> QRect:
    """Paint a card beside ``at``, all of it in the plot as far as it has room; gives its place."""
    metrics, plot = painter.fontMetrics(), scene.plot
    room = max(40, plot.width() - 2 * _PAD_PX - 8)
    texts = [metrics.elidedText(line.text, Qt.TextElideMode.ElideRight, room) for line in lines]
    width = max(metrics.horizontalAdvance(text) for text in texts) + 2 * _PAD_PX
    row = metrics.height() + _LEAD_PX
    height = row * len(texts) - _LEAD_PX + 2 * _PAD_PX - 4
    left = at.x() + _ASIDE_PX
    if left + width > plot.right():
        left = at.x() - _ASIDE_PX - width
    top = at.y() + _ASIDE_PX
    if top + height > plot.bottom():
        top = at.y() - _ASIDE_PX - height
    place = QRect(min(max(left, 4), max(4, plot.right() - width)), max(top, 4), width, height)
    painter.fillRect(place, scene.colours.colour("header"))
    painter.setPen(QPen(scene.colours.colour("line"), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(place.adjusted(0, 0, -1, -1))
    for number, (line, text) in enumerate(zip(lines, texts, strict=True)):
        painter.setPen(scene.colours.colour(line.colour))
        at_line = QRect(place.left() + _PAD_PX, place.top() + _PAD_PX - 2 + number * row, width, metrics.height())
        painter.drawText(at_line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
    return place


def paint_foot(painter: QPainter, scene: Scene, text: str) -> None:
    """A dim line at the foot of the plot, on a ground that the volume shines through."""
    metrics, plot = painter.fontMetrics(), scene.plot
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, plot.width() - 24)
    place = QRect(
        6, plot.bottom() - _FOOT_PX - metrics.height(), metrics.horizontalAdvance(shown) + 8, metrics.height()
    )
    painter.fillRect(place, scene.colours.colour("panel", 200))
    painter.setPen(scene.colours.colour("dim"))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shown)
