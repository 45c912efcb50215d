"""Candles and their volume, painted from bins of one or more bars."""

import numpy as np
from PySide6.QtGui import QPainter

from monitor.ui.chart.scene import Scene, fill_rects
from monitor.ui.chart.series import Bins

_VOLUME_TINT = 0.45
#: Below this many pixels a bar there is no room for a gap between candles.
_SOLID_PX = 2.0


def body_width(bar_px: float) -> int:
    """An odd number of pixels, about four fifths of a bar, that leaves a gap of at least one."""
    room = int(bar_px) - 1
    width = int(min(room, bar_px * 0.8))
    if width % 2 == 0:
        width += 1 if width < room else -1
    return max(1, width)


def paint_bars(painter: QPainter, scene: Scene, bins: Bins) -> None:
    """Volume below, then wicks and bodies, rising and falling ones each in one go."""
    if not len(bins):
        return
    left, right, wick = _edges(scene, bins)
    scale, bottom = scene.scale, scene.plot.height() - 1
    high, low = scale.y(bins.high), scale.y(bins.low)
    body_top, body_bottom = scale.y(np.maximum(bins.open, bins.close)), scale.y(np.minimum(bins.open, bins.close))
    if scene.bins.size > 1:
        body_top, body_bottom = high, low
    volume = scene.volume_top(bins.volume)
    rising = bins.close >= bins.open
    for which, name in ((rising, "up"), (~rising, "down")):
        pale, full = scene.tint(name, _VOLUME_TINT), scene.colours.colour(name)
        traded = which & (bins.volume > 0)
        fill_rects(painter, pale, left[traded], np.minimum(volume[traded], bottom), right[traded], bottom)
        if scene.bins.size == 1:
            fill_rects(painter, full, wick[which], high[which], wick[which], low[which])
        fill_rects(painter, full, left[which], body_top[which], right[which], body_bottom[which])


def _edges(scene: Scene, bins: Bins) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first and last pixel of each candle's body, and the pixel of its wick."""
    view = scene.viewport
    if bins.size > 1 or view.bar_px < _SOLID_PX:
        left = view.left_of(bins.index)
        return left, np.maximum(left, view.left_of(bins.index + bins.size) - 1), left
    wick = view.centre_of(bins.index)
    half = body_width(view.bar_px) // 2
    return wick - half, wick + half, wick
