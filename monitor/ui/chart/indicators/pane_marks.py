"""What stands in the panes beside their values: fixed levels, the axis, and the tags of the newest values."""

import math

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPen

from monitor.analysis.indicators import Draw
from monitor.ui.chart.indicators.legend import value_words
from monitor.ui.chart.indicators.shown import MARKS, Shown
from monitor.ui.chart.panes import Pane
from monitor.ui.chart.scene import Scene, fill_rects

_LABEL_PX = 16


def paint_levels(painter: QPainter, scene: Scene) -> None:
    """The grid and the fixed levels of each pane; of the still layer."""
    for shown in scene.indicators:
        pane = shown.pane
        if pane is None or not shown.visible:
            continue
        painter.save()
        painter.setClipRect(pane.rect)
        painter.translate(0, pane.rect.top())
        rows = pane.scale.y(pane.scale.ticks())
        fill_rects(painter, scene.tint("line", 0.35), 0, rows, scene.plot.right(), rows)
        painter.setPen(QPen(scene.tint("dim", 0.55), 1, Qt.PenStyle.DotLine))
        for y in pane.scale.y(list(shown.description.levels)).tolist():
            painter.drawLine(0, y, scene.plot.right(), y)
        painter.restore()


def paint_axes(painter: QPainter, scene: Scene) -> None:
    """Each pane's labels on the axis, and the newest value of each line in its colour."""
    for pane in scene.panes:
        here = [shown for shown in scene.indicators if shown.pane is pane]
        if not here:
            continue
        taken = _paint_tags(painter, scene, pane, here)
        painter.setPen(scene.colours.colour("dim"))
        levels = {level for shown in here if shown.visible for level in shown.description.levels}
        for value in (*sorted(levels), *pane.scale.ticks()):
            y = int(pane.scale.y(value)) + pane.rect.top()
            place = QRect(scene.plot.right() + 8, y - _LABEL_PX // 2, 120, _LABEL_PX)
            inside = pane.rect.top() + 6 < y < pane.rect.bottom() - 4
            if inside and not any(place.intersects(tag) for tag in taken):
                painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, value_words(here[0], value))
                taken.append(place)


def _paint_tags(painter: QPainter, scene: Scene, pane: Pane, here: list[Shown]) -> list[QRect]:
    """A tag for the newest value of each line, the lowest at its place, those in its way above it; gives the places."""
    newest = sorted(
        (value, shown.settings.colour(output), value_words(shown, value))
        for shown in here
        if shown.visible
        for number, output in shown.drawn
        if output.draw not in {*MARKS, Draw.HISTOGRAM}
        and not math.isnan(value := shown.at(number, len(scene.bars) - 1))
    )
    taken: list[QRect] = []
    for value, colour, text in newest:
        y = min(max(int(pane.scale.y(value)), 8), pane.rect.height() - 9) + pane.rect.top()
        place = QRect(scene.plot.right() + 2, y - 8, scene.canvas.width() - scene.plot.width() - 2, _LABEL_PX)
        if taken and place.intersects(taken[-1]):
            place.moveBottom(taken[-1].top() - 1)
        if place.top() < pane.rect.top():
            continue
        painter.fillRect(place, scene.colours.colour(colour))
        painter.setPen(scene.colours.colour("panel"))
        painter.drawText(place.adjusted(6, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
        taken.append(place)
    return taken
