"""The ruler: bars, time, price and percent between two places; it is never kept."""

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from monitor.market.drawing import Anchor
from monitor.span import two_units
from monitor.ui import format as words
from monitor.ui.chart.drawings.places import Places
from monitor.ui.chart.scene import Scene

_ARROW_PX = 4.0
_PAD_PX = 8.0


class Measure(NamedTuple):
    """From one place to another; once it is ``done`` the next click takes it away."""

    begin: Anchor
    end: Anchor
    done: bool = False


def measured(measure: Measure, places: Places) -> tuple[str, str]:
    """What is measured, as two lines: price and percent, bars and time."""
    begin, end = measure.begin, measure.end
    bars = round(places.index(end.time) - places.index(begin.time))
    price = end.price - begin.price
    decimals = 2 if max(abs(begin.price), abs(end.price)) >= 1 else 4
    first = f"{price:+,.{decimals}f}" if round(price, decimals) else f"{0:.{decimals}f}"
    if begin.price:
        first += f"  ({words.percent(price / abs(begin.price) * 100)} %)"
    span = two_units(abs(end.time - begin.time))
    return first, f"{bars:,} {'bar' if abs(bars) == 1 else 'bars'}, {'−' if end.time < begin.time else ''}{span}"


def paint_measure(painter: QPainter, scene: Scene, measure: Measure) -> None:
    """The area between the two places in the colour of the move, an arrow each way, and the words beside it."""
    places, plot = Places.of(scene), QRectF(scene.plot)
    begin, end = places.point(measure.begin), places.point(measure.end)
    colour = scene.colours.colour("up" if measure.end.price >= measure.begin.price else "down")
    pale = QColor(colour)
    pale.setAlpha(36)
    area = QRectF(begin, end).normalized()
    painter.fillRect(area.intersected(plot.adjusted(-1, -1, 1, 1)), pale)
    middle = area.center()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _arrow(painter, colour, QPointF(begin.x(), middle.y()), QPointF(end.x(), middle.y()))
    _arrow(painter, colour, QPointF(middle.x(), begin.y()), QPointF(middle.x(), end.y()))
    _words(painter, scene, measured(measure, places), area, colour, rising=end.y() <= begin.y())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _arrow(painter: QPainter, colour: QColor, begin: QPointF, end: QPointF) -> None:
    run = end - begin
    length = abs(run.x()) + abs(run.y())  # one of them is nothing
    if length < 2:
        return
    painter.setPen(QPen(colour, 1))
    painter.drawLine(begin, end)
    if length > 3 * _ARROW_PX:
        on = run / length * _ARROW_PX
        aside = QPointF(-on.y(), on.x())
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([end, end - on * 1.6 + aside, end - on * 1.6 - aside]))


def _words(painter: QPainter, scene: Scene, lines: tuple[str, str], area: QRectF, colour: QColor, rising: bool) -> None:
    """A box beyond the end of the move, kept inside the plot."""
    metrics, plot = painter.fontMetrics(), scene.plot
    width = max(metrics.horizontalAdvance(line) for line in lines) + 2 * _PAD_PX
    height = 2 * metrics.height() + _PAD_PX
    top = area.top() - height - 6 if rising else area.bottom() + 6
    left = min(max(4.0, area.center().x() - width / 2), max(4.0, plot.right() - width - 4))
    box = QRectF(left, min(max(4.0, top), max(4.0, plot.bottom() - height - 4)), width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(scene.colours.colour("panel"))
    for number, line in enumerate(lines):
        row = QRectF(box.left(), box.top() + _PAD_PX / 2 + number * metrics.height(), box.width(), metrics.height())
        painter.drawText(row, Qt.AlignmentFlag.AlignCenter, line)
