"""Candles, solid and hollow, and bars with ticks: each bin by its open, high, low and close."""

import numpy as np
from PySide6.QtGui import QPainter

from monitor.ui.chart.kinds.columns import edges
from monitor.ui.chart.scene import Scene, fill_rects
from monitor.ui.chart.series import Bins


def paint_candles(painter: QPainter, scene: Scene, bins: Bins, lead: int) -> None:
    """Wicks and bodies, rising and falling ones each in one go."""
    bins = bins.part(slice(lead, None))
    left, right, wick = edges(scene, bins)
    high, low, top, bottom = _heights(scene, bins)
    rising = bins.close >= bins.open
    for which, name in ((rising, "up"), (~rising, "down")):
        colour = scene.colours.colour(name)
        if bins.size == 1:
            fill_rects(painter, colour, wick[which], high[which], wick[which], low[which])
        fill_rects(painter, colour, left[which], top[which], right[which], bottom[which])


def paint_hollow(painter: QPainter, scene: Scene, bins: Bins, lead: int) -> None:
    """Bodies are empty where a bar closed above its open; colours tell whether it closed above the bar before."""
    before = np.concatenate([bins.open[:1], bins.close[:-1]])
    up = (bins.close >= before)[lead:]
    bins = bins.part(slice(lead, None))
    left, right, wick = edges(scene, bins)
    high, low, top, bottom = _heights(scene, bins)
    hollow = (bins.close >= bins.open) & (bins.size == 1) & (right - left >= 2)
    for which, name in ((up, "up"), (~up, "down")):
        colour = scene.colours.colour(name)
        solid, frame = which & ~hollow, which & hollow
        if bins.size == 1:
            fill_rects(painter, colour, wick[solid], high[solid], wick[solid], low[solid])
            fill_rects(painter, colour, wick[frame], high[frame], wick[frame], top[frame])
            fill_rects(painter, colour, wick[frame], bottom[frame], wick[frame], low[frame])
        fill_rects(painter, colour, left[solid], top[solid], right[solid], bottom[solid])
        for x0, x1, y0, y1 in (
            (left, right, top, top),
            (left, right, bottom, bottom),
            (left, left, top, bottom),
            (right, right, top, bottom),
        ):
            fill_rects(painter, colour, x0[frame], y0[frame], x1[frame], y1[frame])


def paint_ticked(painter: QPainter, scene: Scene, bins: Bins, lead: int) -> None:
    """A line from high to low, with a tick to the left at the open and one to the right at the close."""
    bins = bins.part(slice(lead, None))
    left, right, wick = edges(scene, bins)
    scale = scene.scale
    top, bottom = _ordered(scale.y(bins.high), scale.y(bins.low))
    opened, close = scale.y(bins.open), scale.y(bins.close)
    thick = 1 if scene.viewport.bar_px >= _THICK_PX and bins.size == 1 else 0
    rising = bins.close >= bins.open
    for which, name in ((rising, "up"), (~rising, "down")):
        colour = scene.colours.colour(name)
        fill_rects(painter, colour, wick[which], top[which], wick[which] + thick, bottom[which])
        if bins.size == 1:
            fill_rects(painter, colour, left[which], opened[which], wick[which], opened[which] + thick)
            fill_rects(painter, colour, wick[which], close[which], right[which], close[which] + thick)


#: From this many pixels a bar lines are two pixels wide.
_THICK_PX = 9.0

Heights = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _heights(scene: Scene, bins: Bins) -> Heights:
    """The pixels of the wick's top and bottom and of the body's; merged bins have a body from high to low."""
    scale = scene.scale
    high, low = _ordered(scale.y(bins.high), scale.y(bins.low))
    if bins.size > 1:
        return high, low, high, low
    return high, low, *_ordered(scale.y(bins.open), scale.y(bins.close))


def _ordered(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Top before bottom, whichever way the scale goes."""
    return np.minimum(one, other), np.maximum(one, other)
