"""What a chart shares with the others of its link group: the interval and the crosshair, where the group says so."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from monitor.analysis.bars import interval_end
from monitor.ui.link import Pointed

if TYPE_CHECKING:
    from monitor.ui.chart.panel import ChartPanel


class ChartLinking(QObject):
    """Joins one chart to its link for as long as it lives."""

    def __init__(self, panel: "ChartPanel") -> None:
        super().__init__(panel)
        self._panel, self._view, self._link = panel, panel.view, panel.link
        panel.interval_changed.connect(self._link.choose_interval)
        self._view.pointed.connect(self._tell_crosshair)
        self._link.interval_changed.connect(panel.set_interval)
        self._link.crosshair_moved.connect(self._show_crosshair)
        self._link.shares_changed.connect(self._settle_interval)
        self._settle_interval()

    def _settle_interval(self) -> None:
        """Take the group's interval over; a group that has none yet takes this one's."""
        group = self._link.group
        if group is None or not group.shares_interval:
            return
        if group.interval is None:
            self._link.choose_interval(self._panel.interval)
        else:
            self._panel.set_interval(group.interval)

    def _tell_crosshair(self) -> None:
        self._link.point_at(self._pointed())

    def _pointed(self) -> Pointed | None:
        scene, index = self._view.scene, self._view.hovered_index
        if index is None:
            return None
        start = int(scene.bars.start[index])
        return Pointed(start, interval_end(start, scene.interval), scene.symbol, self._view.hovered_price)

    def _show_crosshair(self, pointed: Pointed | None) -> None:
        if not self._panel.awake:
            return
        start = self._bar_at(pointed) if pointed else None
        same = pointed is not None and pointed.symbol == self._view.scene.symbol
        self._view.point_along(start, pointed.price if pointed and same else None)

    def _bar_at(self, pointed: Pointed) -> int | None:
        """The start of the bar that holds the moment, or of the first one in it where these bars are shorter."""
        bars = self._view.scene.bars
        index = bars.place(self._panel.making.start_of(pointed.start_ms))
        start = int(bars.start[index]) if index < len(bars) else pointed.end_ms
        return start if start < pointed.end_ms else None
