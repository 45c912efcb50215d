"""What is painted of a chart's events: marks at revised bars in the still picture, alerts and words over it."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint
from PySide6.QtGui import QPainter

from monitor.ui.chart.axis_tags import Tag
from monitor.ui.chart.events.alert_layer import AlertLayer
from monitor.ui.chart.events.cards import Line, paint_card, paint_foot
from monitor.ui.chart.events.signs import DIAMOND_PX, paint_diamond
from monitor.ui.chart.scene import Scene

#: Bars narrower than this have no room for a mark.
LEAST_PX = 2.0
_BELOW_PX = 5


class EventLayer:
    """The events of one chart.

    ``revised`` are the starts of bars that had other values before, ascending. ``card`` gives the lines beside the
    mouse at a bar, ``foot`` the line that tells where a bar comes from, ``aloud`` what a reader of the screen hears of
    it besides its figures; ``look`` is called with the times in view whenever the still picture is painted.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.alerts = AlertLayer(scene)
        self.revised: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self.shows_revisions = True
        self.shows_provenance = True
        self.card: Callable[[QPoint, int], Sequence[Line]] = lambda _place, _index: ()
        self.foot: Callable[[int], str] = lambda _index: ""
        self.aloud: Callable[[int], str] = lambda _index: ""
        self.look: Callable[[int, int], None] = lambda _first, _last: None

    def paint_still(self, painter: QPainter) -> None:
        """The marks of revised bars, below their lows."""
        scene, view = self._scene, self._scene.viewport
        if not self.shows_revisions or view.bar_px < LEAST_PX or view.first >= view.last:
            return
        starts = scene.bars.start[view.first : view.last].copy()
        if not len(starts):
            return
        self.look(int(starts[0]), int(starts[-1]) + 1)
        near = np.searchsorted(self.revised, [starts[0], starts[-1] + 1])
        bars = view.first + np.flatnonzero(np.isin(starts, self.revised[near[0] : near[1]], assume_unique=True))
        if not len(bars):
            return
        rows = scene.bars.rows(int(bars[0]), int(bars[-1]) + 1)[bars - bars[0]]
        lows = np.maximum(scene.scale.y(rows["low"]), scene.scale.y(rows["high"]))
        ink = scene.colours.colour("amber")
        for x, y in zip(view.centre_of(bars).tolist(), (lows + _BELOW_PX).tolist(), strict=True):
            paint_diamond(painter, QPoint(x, min(y, scene.plot.bottom() - DIAMOND_PX)), ink)

    def paint_live(self, painter: QPainter) -> list[Tag]:
        """Alerts; gives their tags for the price axis. Leaves the painter clipped to the plot."""
        return self.alerts.paint(painter)

    def paint_words(self, painter: QPainter, mouse: QPoint | None, index: int | None, free_foot: bool) -> None:
        """Over all else: what is told of the place under the mouse; the line at the foot only where that is free."""
        if mouse is None or index is None or self.alerts.dragged is not None:
            return
        if free_foot and self.shows_provenance and (text := self.foot(index)):
            paint_foot(painter, self._scene, text)
        lines = self.card(mouse, index) if self._scene.plot.contains(mouse) else ()
        if lines:
            paint_card(painter, self._scene, mouse, lines)
