"""The line that each compared symbol has on the chart: its colour, its percent, and what can be done with it."""

from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter

from monitor.ui.chart.compare.compared import Compared, State
from monitor.ui.chart.compare.painting import percent_words
from monitor.ui.chart.indicators.legend import BUTTON_PX, FIRST_ROW_PX, LEFT_PX, ROW_PX
from monitor.ui.chart.scene import Scene, back_words

_SWATCH_PX = 8
#: What the signs of a row do, and the words for who hovers over them.
_HIDE, _REMOVE, _RETRY = ("hide", "◉"), ("remove", "✕"), ("retry", "↻")
ACTIONS = {"hide": "Show or hide", "remove": "Remove", "retry": "Try again"}
_TONES = {State.LOADING: "dim", State.SHOWN: "text", State.EMPTY: "amber", State.FAILED: "bad"}


class Hit(NamedTuple):
    """A place in a row that takes a click; ``action`` is empty for the row itself."""

    place: QRect
    compared: Compared
    action: str


def paint_rows(painter: QPainter, scene: Scene, index: int | None, mouse: QPoint | None) -> list[Hit]:
    """Paint a row for each symbol, below the chart's own, and say where they take clicks."""
    hits: list[Hit] = []
    for place, each in enumerate(scene.compared):
        top = FIRST_ROW_PX + place * ROW_PX
        if top + ROW_PX <= scene.plot.bottom():
            hits += _paint_row(painter, scene, each, top, index, mouse)
    return hits


def _paint_row(
    painter: QPainter, scene: Scene, each: Compared, top: int, index: int | None, mouse: QPoint | None
) -> list[Hit]:
    metrics, x = painter.fontMetrics(), LEFT_PX
    row = QRect(0, top, scene.plot.width() // 2, ROW_PX)
    colour = scene.colours.colour(each.colour_name if each.visible else "dim")
    x += _SWATCH_PX + 6
    tone = "dim" if not each.visible else _TONES[each.state]
    pieces = ((each.symbol, colour), (told(scene, each, index), scene.colours.colour(tone)))
    words = sum(metrics.horizontalAdvance(text) + 8 for text, _ in pieces)
    back_words(painter, scene, QRect(LEFT_PX - 4, top + 1, _SWATCH_PX + 6 + words, ROW_PX - 1))
    painter.fillRect(QRect(LEFT_PX, top + (ROW_PX - _SWATCH_PX) // 2, _SWATCH_PX, _SWATCH_PX), colour)
    for text, ink in pieces:
        width = metrics.horizontalAdvance(text)
        painter.setPen(ink)
        painter.drawText(QRect(x, top, width + 1, ROW_PX), Qt.AlignmentFlag.AlignVCenter, text)
        x += width + 8
    troubled = each.state in (State.EMPTY, State.FAILED)
    signs = [_RETRY] if troubled else []
    if mouse is not None and row.contains(mouse):
        signs = [*signs, _HIDE, _REMOVE]
    hits = []
    for action, sign in signs:
        place = QRect(x, top, BUTTON_PX, ROW_PX)
        lit = mouse is not None and place.contains(mouse)
        painter.setPen(scene.colours.colour("text" if lit else "dim"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, sign)
        hits.append(Hit(place, each, action))
        x += BUTTON_PX + 2
    return [*hits, Hit(row, each, "")]


def told(scene: Scene, each: Compared, index: int | None) -> str:
    """What the row says behind the symbol: its percent at a bar or at the newest, or why there is none."""
    if not each.visible:
        return "hidden"
    value = percent_words(each.percent(scene.bars, index)) if each.line is not None and len(each.line.bars) else ""
    if each.state is State.SHOWN:
        return value
    state = "loading…" if each.state is State.LOADING else each.state.value
    return f"{value}  {state}".strip()
