"""The line that each indicator has on the chart: its label and values, and what can be done with it under the mouse."""

from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter

from monitor.ui import format as words
from monitor.ui.chart.indicators.shown import MARKS, Shown
from monitor.ui.chart.scene import Scene, back_words

ROW_PX = 18
FIRST_ROW_PX = 30
LEFT_PX = 10
BUTTON_PX = 16
#: What the signs of a row under the mouse do, and the words for who hovers over them.
ACTIONS = (("hide", "◉", "Show or hide"), ("settings", "⚙", "Settings…"), ("remove", "✕", "Remove"))


class Hit(NamedTuple):
    """A place in a row that takes a click; ``action`` is empty for the row itself."""

    place: QRect
    shown: Shown
    action: str


def paint_rows(painter: QPainter, scene: Scene, index: int | None, mouse: QPoint | None) -> list[Hit]:
    """Paint a row for each indicator, and say where they take clicks."""
    hits: list[Hit] = []
    rows_in = {0: len(scene.compared)}  # which have their rows above those of indicators
    for shown in scene.indicators:
        pane = id(shown.pane) if shown.pane is not None else 0
        place = rows_in.get(pane, 0)
        rows_in[pane] = place + 1
        top = (FIRST_ROW_PX if shown.pane is None else shown.pane.rect.top() + 2) + place * ROW_PX
        if top + ROW_PX > (scene.plot if shown.pane is None else shown.pane.rect).bottom():
            continue
        hits += _paint_row(painter, scene, shown, top, index, mouse)
    return hits


def _paint_row(
    painter: QPainter, scene: Scene, shown: Shown, top: int, index: int | None, mouse: QPoint | None
) -> list[Hit]:
    metrics, x = painter.fontMetrics(), LEFT_PX
    row = QRect(0, top, scene.plot.width() // 2, ROW_PX)
    hovered = mouse is not None and row.contains(mouse)
    pieces = [(*piece, metrics.horizontalAdvance(piece[0])) for piece in _pieces(scene, shown, index)]
    signs = len(ACTIONS) * (BUTTON_PX + 2) if hovered else 0
    back_words(painter, scene, QRect(x - 4, top + 1, sum(piece[2] + 8 for piece in pieces) + signs, ROW_PX - 1))
    for text, colour, width in pieces:
        painter.setPen(scene.colours.colour(colour) if shown.visible else scene.colours.colour("dim"))
        painter.drawText(QRect(x, top, width + 1, ROW_PX), Qt.AlignmentFlag.AlignVCenter, text)
        x += width + 8
    hits = []
    if hovered:
        for action, sign, _ in ACTIONS:
            place = QRect(x, top, BUTTON_PX, ROW_PX)
            lit = mouse is not None and place.contains(mouse)
            painter.setPen(scene.colours.colour("text" if lit else "dim"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, sign)
            hits.append(Hit(place, shown, action))
            x += BUTTON_PX + 2
    return [*hits, Hit(row, shown, "")]


def _pieces(scene: Scene, shown: Shown, index: int | None) -> list[tuple[str, str]]:
    at = len(scene.bars) - 1 if index is None else index
    found = [(shown.settings.label, "dim")]
    if not shown.visible:
        return found
    for place, output in shown.drawn:
        value = shown.at(place, at)
        if output.draw in MARKS or (len(found) > 1 and np.isnan(value)):
            continue
        negative = value < 0 and output.falling
        colour = shown.settings.falling(output) if negative else shown.settings.colour(output)
        found.append((value_words(shown, value), colour))
    return found


def value_words(shown: Shown, value: float) -> str:
    """A value as it is shown; a dash where there is none."""
    if np.isnan(value):
        return "–"
    decimals = shown.settings.decimals
    if decimals is None:
        decimals = 2 if abs(value) >= 1 or value == 0 else 4
    if abs(value) >= 100_000:
        return words.volume(value) if value > 0 else f"−{words.volume(-value)}"
    return f"{value:,.{decimals}f}".replace("-", "−")
