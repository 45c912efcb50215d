"""What stands behind the candles: extended hours shaded, the grid, day separators, and the time axis."""

from datetime import time, timedelta

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QPainter

from monitor.market.bar import Interval
from monitor.market.calendar import Phase, at_new_york, from_ms, sessions
from monitor.ports import Zone
from monitor.ui.chart import time_axis
from monitor.ui.chart.scene import TIME_AXIS_PX, Scene, fill_rects

#: With more days than this in view neither shading nor separators would help.
_MOST_DAYS = 45
_DOT_PX = 3


def paint_backdrop(painter: QPainter, scene: Scene) -> None:
    """Everything behind the candles; leaves the painter unclipped."""
    painter.fillRect(scene.canvas, scene.colours.colour("panel"))
    starts, indexes = _columns(scene)
    size = scene.bins.size
    ticks = time_axis.ticks(starts, size * scene.viewport.bar_px, scene.interval, size, scene.zone)
    if scene.shaded and scene.interval.intraday and len(starts):
        _shade_extended_hours(painter, scene)
    columns = scene.viewport.centre_of(indexes[[tick.at for tick in ticks]]) if ticks else np.empty(0, np.int64)
    _paint_grid(painter, scene, columns[columns <= scene.plot.right()])
    if scene.interval.intraday and len(starts):
        _separate_days(painter, scene, starts, indexes)
    _paint_time_axis(painter, scene, ticks, columns.tolist())


def _columns(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Starts and indexes of the bins in view, with the bar before them to look back at where there is one."""
    bins = scene.bins
    if len(bins) and bins.index[0] > 0:
        before = int(bins.index[0]) - 1
        return np.r_[scene.bars.start[before], bins.start], np.r_[before, bins.index]
    return bins.start, bins.index


def _paint_grid(painter: QPainter, scene: Scene, x: np.ndarray) -> None:
    plot = scene.plot
    grid, axis = scene.tint("line", 0.45), scene.colours.colour("line")
    rows = scene.scale.y(scene.price_ticks)
    fill_rects(painter, grid, 0, rows, plot.right(), rows)
    bottom = scene.body.bottom()
    fill_rects(painter, grid, x, 0, x, bottom)
    painter.fillRect(plot.right() + 1, 0, 1, bottom + 2, axis)
    for edge in (*(pane.rect.top() for pane in scene.panes), bottom + 2):
        painter.fillRect(0, edge - 1, plot.width() + 1, 1, axis)


def _shade_extended_hours(painter: QPainter, scene: Scene) -> None:
    """All but the regular session a little darker, on each trading day in view."""
    view, starts = scene.viewport, scene.bars.start
    if view.first >= view.last:
        return
    day, last = (from_ms(int(starts[i])).date() for i in (view.first, view.last - 1))
    if (last - day).days > _MOST_DAYS:
        return
    shade = scene.tint("ground", 0.6)
    while day <= last:
        regular = [session for session in sessions(day) if session.phase is Phase.REGULAR]
        midnight, next_midnight = (at_new_york(day + timedelta(days=n), time(0)) for n in (0, 1))
        for session in regular:
            marks = [scene.bars.place(at) for at in (midnight, session.start, session.end, next_midnight)]
            for left, right in view.left_of(marks).reshape(2, 2).tolist():
                area = QRect(left, 0, right - left, scene.body.height()) & scene.body
                painter.fillRect(area, shade)
        day += timedelta(days=1)


def _separate_days(painter: QPainter, scene: Scene, starts: np.ndarray, indexes: np.ndarray) -> None:
    firsts = time_axis.day_changes(starts, scene.zone)
    if len(firsts) > _MOST_DAYS:
        return
    x = scene.viewport.left_of(indexes[firsts])
    x = x[(x >= 0) & (x <= scene.plot.right())]
    y = np.arange(0, scene.body.height(), _DOT_PX)
    dots_x, dots_y = np.repeat(x, len(y)), np.tile(y, len(x))
    fill_rects(painter, scene.tint("dim", 0.5), dots_x, dots_y, dots_x, dots_y)


def _paint_time_axis(painter: QPainter, scene: Scene, ticks: list[time_axis.Tick], columns: list[int]) -> None:
    plot, font, bottom = scene.plot, painter.font(), scene.body.bottom()
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    painter.setClipRect(QRect(0, bottom + 2, plot.width(), TIME_AXIS_PX))
    for tick, x in zip(ticks, columns, strict=True):
        painter.setFont(bold if tick.major else font)
        painter.setPen(scene.colours.colour("text" if tick.major else "dim"))
        painter.drawText(QRect(x - 60, bottom + 1, 120, TIME_AXIS_PX), Qt.AlignmentFlag.AlignCenter, tick.text)
    painter.setClipping(False)
    painter.setFont(font)
    painter.setPen(scene.colours.colour("dim"))
    corner = QRect(plot.right() + 1, bottom + 1, scene.canvas.width() - plot.width(), TIME_AXIS_PX)
    newest = int(scene.bars.start[-1]) if len(scene.bars) else 0
    zone = scene.zone if scene.interval.intraday else Zone.NEW_YORK
    painter.drawText(corner, Qt.AlignmentFlag.AlignCenter, time_axis.zone_word(newest, zone))


def bar_time(start_ms: int, interval: Interval, zone: Zone = Zone.NEW_YORK) -> str:
    """A bar's time for the crosshair's label and for a reader of the screen."""
    moment = time_axis.in_zone(start_ms, zone if interval.intraday else Zone.NEW_YORK)
    if interval.intraday:
        return f"{moment:%a} {moment.day} {moment:%b}  {moment:%H:%M} {time_axis.zone_word(start_ms, zone)}"
    return f"{moment:%b %Y}" if interval is Interval.MONTH else f"{moment:%a} {moment.day} {moment:%b %Y}"
