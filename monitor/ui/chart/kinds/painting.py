"""Bars painted as the scene's kind of chart asks."""

from collections.abc import Callable

from PySide6.QtGui import QPainter

from monitor.ui.chart.kinds import Kind
from monitor.ui.chart.kinds.candles import paint_candles, paint_hollow, paint_ticked
from monitor.ui.chart.kinds.lines import paint_area, paint_baseline, paint_line
from monitor.ui.chart.kinds.volume import paint_volume
from monitor.ui.chart.scene import Scene
from monitor.ui.chart.series import Bins

#: ``paint(painter, scene, bins, lead)``: the first ``lead`` bins are only looked back at.
_PAINTERS: dict[Kind, Callable[[QPainter, Scene, Bins, int], None]] = {
    Kind.CANDLES: paint_candles,
    Kind.HOLLOW: paint_hollow,
    Kind.BARS: paint_ticked,
    Kind.LINE: paint_line,
    Kind.AREA: paint_area,
    Kind.BASELINE: paint_baseline,
    Kind.HEIKIN_ASHI: paint_candles,
}


#: What is filled down to the volume would hide it.
_BEHIND_VOLUME = {Kind.AREA, Kind.BASELINE}


def paint_bars(painter: QPainter, scene: Scene, bins: Bins, lead: int) -> None:
    """The bars and their volume; of ``bins`` the first ``lead`` are only looked back at."""
    if len(bins) <= lead:
        return
    paint = _PAINTERS[scene.kind]
    if scene.kind in _BEHIND_VOLUME:
        paint(painter, scene, bins, lead)
        paint_volume(painter, scene, bins)
    else:
        paint_volume(painter, scene, bins.part(slice(lead, None)))
        paint(painter, scene, bins, lead)
