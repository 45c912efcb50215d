"""Line, area and baseline: the closes joined by a line; merged bins are columns from high to low."""

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter

from monitor.ui.chart.scene import Scene, draw_lines, fill_rects
from monitor.ui.chart.series import Bins

_TINT = 0.16


def paint_line(painter: QPainter, scene: Scene, bins: Bins, lead: int) -> None:
    """A line in the accent's colour."""
    _stroke(painter, scene, bins, lead, "accent")


def paint_area(painter: QPainter, scene: Scene, bins: Bins, lead: int) -> None:
    """A line with the room below it filled."""
    _fill_to(painter, scene, bins, lead, scene.plot.height(), "accent")
    _stroke(painter, scene, bins, lead, "accent")


def paint_baseline(painter: QPainter, scene: Scene, bins: Bins, lead: int) -> None:
    """A line that is filled towards the middle of the plot, in one colour above it and in another below."""
    plot, middle = scene.plot, baseline(scene)
    clip = painter.clipRegion()
    above = QRect(0, 0, plot.width(), middle)
    below = QRect(0, middle, plot.width(), plot.height() - middle)
    for part, name in (
        (above, "down" if scene.scale.inverted else "up"),
        (below, "up" if scene.scale.inverted else "down"),
    ):
        painter.setClipRect(part)
        _fill_to(painter, scene, bins, lead, middle, name)
        _stroke(painter, scene, bins, lead, name)
    painter.setClipRegion(clip)


def baseline(scene: Scene) -> int:
    """Pixels from the plot's top to the baseline."""
    return scene.plot.height() // 2


def _stroke(painter: QPainter, scene: Scene, bins: Bins, lead: int, name: str) -> None:
    colour = scene.colours.colour(name)
    if bins.size > 1:
        top, bottom, left, right = _columns(scene, bins, lead)
        fill_rects(painter, colour, left, top, right, bottom)
        return
    x, y = scene.viewport.centre_of(bins.index), scene.scale.y(bins.close)
    if len(x) == 1:
        fill_rects(painter, colour, x, y, x, y)  # a point, where nothing comes before it
    draw_lines(painter, colour, 1.5, x[:-1], y[:-1], x[1:], y[1:])


def _fill_to(painter: QPainter, scene: Scene, bins: Bins, lead: int, floor: int, name: str) -> None:
    """Fill between the line and ``floor``, a column a pixel."""
    colour = scene.tint(name, _TINT)
    if bins.size > 1:
        top, bottom, left, right = _columns(scene, bins, lead)
        fill_rects(painter, colour, left, np.minimum(top, floor), right, np.maximum(bottom, floor))
        return
    x, y = scene.viewport.centre_of(bins.index), scene.scale.y(bins.close)
    if len(x) < 2:
        return
    columns = np.arange(max(0, int(x[0])), min(scene.plot.width(), int(x[-1]) + 1))
    heights = np.rint(np.interp(columns, x, y)).astype(np.int64)
    fill_rects(painter, colour, columns, np.minimum(heights, floor), columns, np.maximum(heights, floor))


def _columns(scene: Scene, bins: Bins, lead: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    bins = bins.part(slice(lead, None))
    high, low = scene.scale.y(bins.high), scene.scale.y(bins.low)
    left = scene.viewport.left_of(bins.index)
    right = np.maximum(left, scene.viewport.left_of(bins.index + bins.size) - 1)
    return np.minimum(high, low), np.maximum(high, low), left, right
