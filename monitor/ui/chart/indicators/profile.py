"""The volume profile of what is in view: rows at the right edge of the prices, in the still layer."""

import numpy as np
from PySide6.QtGui import QPainter

from monitor.ui.chart.indicators.shown import Shown
from monitor.ui.chart.scene import Scene, fill_rects

#: The longest row's share of the plot's width.
_WIDTH = 0.22
_TINT_OUTSIDE, _TINT_INSIDE = 0.22, 0.42


def paint_profiles(painter: QPainter, scene: Scene) -> None:
    """Rows by price, rising volume first; those of the value area are stronger, the point of control is a line."""
    for shown in scene.indicators:
        if shown.profile is not None and shown.visible:
            _paint(painter, scene, shown)


def _paint(painter: QPainter, scene: Scene, shown: Shown) -> None:
    assert shown.profile is not None  # noqa: S101  asked before
    view, scale, right = scene.viewport, scene.scale, scene.plot.right()
    profile = shown.profile.of(scene.bars, view.first, view.last)
    if not len(profile):
        return
    edges = profile.low + np.arange(len(profile) + 1) * profile.step
    y = scale.y(edges)
    top, bottom = np.minimum(y[1:], y[:-1]) + 1, np.maximum(y[1:], y[:-1])
    most = max(float(profile.total.max()), 1.0)
    up, both = (
        np.rint(part / most * scene.plot.width() * _WIDTH).astype(np.int64) for part in (profile.up, profile.total)
    )
    rows = np.arange(len(profile))
    inside = (rows >= profile.area[0]) & (rows <= profile.area[1])
    hidden = shown.settings.hidden
    colours = {output.name: shown.settings.colour(output) for output in shown.outputs}
    for which, share in ((inside, _TINT_INSIDE), (~inside, _TINT_OUTSIDE)):
        for name, left, end in (("up", right - up, np.full_like(up, right)), ("down", right - both, right - up - 1)):
            some = which & (end >= left)
            if name not in hidden:
                fill_rects(painter, scene.tint(colours[name], share), left[some], top[some], end[some], bottom[some])
    if "control" not in hidden:
        middle = int(scale.y(profile.middle(profile.control)))
        painter.fillRect(
            right - int(both.max()), middle, int(both.max()) + 1, 1, scene.colours.colour(colours["control"])
        )
