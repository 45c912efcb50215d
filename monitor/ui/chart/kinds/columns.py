"""Where a bar stands: the first and last pixel of its body, and the pixel of its wick."""

import numpy as np
import numpy.typing as npt

from monitor.ui.chart.scene import Scene
from monitor.ui.chart.series import Bins

#: Below this many pixels a bar there is no room for a gap between bars.
_SOLID_PX = 2.0

Ints = npt.NDArray[np.int64]


def body_width(bar_px: float) -> int:
    """An odd number of pixels, about four fifths of a bar, that leaves a gap of at least one."""
    room = int(bar_px) - 1
    width = int(min(room, bar_px * 0.8))
    if width % 2 == 0:
        width += 1 if width < room else -1
    return max(1, width)


def edges(scene: Scene, bins: Bins) -> tuple[Ints, Ints, Ints]:
    """The first and last pixel of each bin's body, and the pixel of its wick."""
    view = scene.viewport
    if bins.size > 1 or view.bar_px < _SOLID_PX:
        left = view.left_of(bins.index)
        return left, np.maximum(left, view.left_of(bins.index + bins.size) - 1), left
    wick = view.centre_of(bins.index)
    half = body_width(view.bar_px) // 2
    return wick - half, wick + half, wick
