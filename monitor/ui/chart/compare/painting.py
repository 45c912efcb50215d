"""Compared symbols painted: their lines over the bars, their newest values at the price axis, dots at the crosshair."""

from functools import partial

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter

from monitor.ui import format as words
from monitor.ui.chart.axis_tags import Rank, Tag, paint_words
from monitor.ui.chart.compare.compared import Compared
from monitor.ui.chart.scene import Scene, draw_lines, fill_rects
from monitor.ui.chart.series import Bins

_DOT_PX = 3


def paint_compared(painter: QPainter, scene: Scene, bins: Bins, lead: int) -> None:
    """The lines for these bins, of which the first ``lead`` are only where lines come from."""
    if len(bins) <= lead:
        return
    for each in scene.compared:
        if each.drawn and scene.scale.base > 0:
            _paint_line(painter, scene, each, bins, lead)


def _paint_line(painter: QPainter, scene: Scene, each: Compared, bins: Bins, lead: int) -> None:
    assert each.line is not None  # noqa: S101  asked before, as ``drawn``
    colour, times, view = scene.colours.colour(each.colour_name), each.scaled(scene.scale.base), scene.viewport
    found = each.line.merged(bins)
    known = ~np.isnan(found.low)
    if bins.size > 1:  # columns from lowest to highest, and to where the one before ended
        known[:lead] = False
        before = np.concatenate([found.low[:1], found.last[:-1]])
        before = np.where(np.isnan(before), found.low, before)
        one, other = (
            scene.scale.y(np.nan_to_num(part) * times)
            for part in (np.fmin(found.low, before), np.fmax(found.high, before))
        )
        left = view.left_of(bins.index)
        right = np.maximum(left, view.left_of(bins.index + bins.size) - 1)
        top, bottom = np.minimum(one, other), np.maximum(one, other)
        fill_rects(painter, colour, left[known], top[known], right[known], bottom[known])
        return
    x, y = view.centre_of(bins.index), scene.scale.y(np.nan_to_num(found.last) * times)
    joined = known[:-1] & known[1:]
    for lower in (0, 1):  # two thin lines stand out as a thick one does, which takes Qt five times as long
        below = y + lower
        draw_lines(painter, colour, 1.0, x[:-1][joined], below[:-1][joined], x[1:][joined], below[1:][joined])
    alone = known.copy()  # a point, where nothing comes before or after it
    alone[1:] &= ~known[:-1]
    alone[:-1] &= ~known[1:]
    fill_rects(painter, colour, x[alone], y[alone], x[alone], y[alone])


def paint_dots(painter: QPainter, scene: Scene, index: int) -> None:
    """A dot on each line at the bar under the crosshair."""
    x = int(scene.viewport.centre_of(index))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for each in scene.compared:
        if not each.drawn or each.line is None or scene.scale.base <= 0:
            continue
        value = each.line.at(index) * each.scaled(scene.scale.base)
        if value == value:
            painter.setBrush(scene.colours.colour(each.colour_name))
            y = int(scene.scale.y(value))
            painter.drawEllipse(QRect(x - _DOT_PX, y - _DOT_PX, 2 * _DOT_PX + 1, 2 * _DOT_PX + 1))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def compared_tags(scene: Scene) -> list[Tag]:
    """The newest percent of each line, for the price axis, its symbol before it."""
    tags = []
    for each in scene.compared:
        percent = each.percent(scene.bars, None)
        if each.drawn and percent == percent and scene.scale.base > 0:
            y = int(scene.scale.y(scene.scale.base * (1 + percent / 100)))
            tags.append(Tag(y, 1, Rank.COMPARED, partial(_paint_tag, scene, each, percent)))
    return tags


def _paint_tag(scene: Scene, each: Compared, percent: float, painter: QPainter, place: QRect) -> None:
    colour, panel = scene.colours.colour(each.colour_name), scene.colours.colour("panel")
    paint_words(painter, place, [percent_words(percent)], colour, panel)
    wide = painter.fontMetrics().horizontalAdvance(each.symbol) + 8
    name = QRect(place.left() - 2 - wide, place.top(), wide, place.height())
    painter.fillRect(name, colour)
    painter.drawText(name.adjusted(4, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, each.symbol)


def percent_words(percent: float) -> str:
    """A change as axis and legend tell it; a dash where it is not known."""
    return f"{words.percent(percent)} %".replace("-", "−") if percent == percent else words.DASH
