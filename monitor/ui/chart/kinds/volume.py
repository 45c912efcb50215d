"""Volume in the lower fifth of the plot, in the pale colour of its bar."""

import numpy as np
from PySide6.QtGui import QPainter

from monitor.ui.chart.kinds.columns import edges
from monitor.ui.chart.scene import Scene, fill_rects
from monitor.ui.chart.series import Bins

_TINT = 0.45


def paint_volume(painter: QPainter, scene: Scene, bins: Bins) -> None:
    """A column a bin."""
    left, right, _ = edges(scene, bins)
    bottom = scene.plot.height() - 1
    top = np.minimum(scene.volume_top(bins.volume), bottom)
    rising = bins.close >= bins.open
    for which, name in ((rising, "up"), (~rising, "down")):
        traded = which & (bins.volume > 0)
        fill_rects(painter, scene.tint(name, _TINT), left[traded], top[traded], right[traded], bottom)
