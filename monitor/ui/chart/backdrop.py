"""What stands behind the candles: extended hours shaded, the grid, day separators, and the time axis."""

from datetime import time, timedelta

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

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
    px = size * scene.viewport.bar_px
    ticks = time_axis.ticks(starts, px, scene.interval, size, scene.zone, _word_widths(painter.font()))
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
    """Bars outside the regular session a little darker, on each day in view that has one."""
    view, starts = scene.viewport, scene.bars.start
    if view.first >= view.last:
        return
    day, last = (from_ms(int(starts[i])).date() for i in (view.first, view.last - 1))
    if (last - day).days > _MOST_DAYS:
        return
    shade = scene.tint("ground", 0.8)
    while day <= last:
        # Where a day has none, only a sandbox or futures trade, around the clock.
        regular = [session for session in sessions(day) if session.phase is Phase.REGULAR]
        midnight, next_midnight = (at_new_york(day + timedelta(days=n), time(0)) for n in (0, 1))
        open_and_close = []
        for session in regular:
            reaching = session.start - scene.interval.milliseconds + 1  # bars from then on end after the open
            open_and_close += [max(midnight, reaching), session.end]
        edges = (midnight, *open_and_close, next_midnight) if regular else ()
        marks = np.array([scene.bars.place(at) for at in edges], np.int64).reshape(-1, 2)
        for (first, beyond), (left, right) in zip(marks.tolist(), view.left_of(marks).tolist(), strict=True):
            if first < len(starts) == beyond:  # what is to come is of the same hours, as far as can be told
                right = scene.plot.right() + 1
            area = QRect(left, 0, right - left, scene.body.height()) & scene.body
            painter.fillRect(area, shade)
        day += timedelta(days=1)


def _separate_days(painter: QPainter, scene: Scene, starts: np.ndarray, indexes: np.ndarray) -> None:
    firsts = time_axis.day_changes(starts)
    if len(firsts) > _MOST_DAYS:
        return
    x = scene.viewport.left_of(indexes[firsts])
    x = x[(x >= 0) & (x <= scene.plot.right())]
    y = np.arange(0, scene.body.height(), _DOT_PX)
    dots_x, dots_y = np.repeat(x, len(y)), np.tile(y, len(x))
    fill_rects(painter, scene.tint("dim", 0.5), dots_x, dots_y, dots_x, dots_y)


def _bold(font: QFont) -> QFont:
    """The font of ticks that begin a larger unit."""
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold


def _word_widths(font: QFont) -> time_axis.Width:
    """What the words of ticks take in this font."""
    usual, bold = QFontMetricsF(font), QFontMetricsF(_bold(font))
    return lambda text, major: (bold if major else usual).horizontalAdvance(text)


def _paint_time_axis(painter: QPainter, scene: Scene, ticks: list[time_axis.Tick], columns: list[int]) -> None:
    plot, font, bottom = scene.plot, painter.font(), scene.body.bottom()
    bold = _bold(font)
    newest = int(scene.bars.start[-1]) if len(scene.bars) else 0
    zone = time_axis.zone_word(newest, scene.zone if scene.interval.intraday else Zone.NEW_YORK)
    corner = QRect(plot.right() + 1, bottom + 1, scene.canvas.width() - plot.width(), TIME_AXIS_PX)
    if scene.corner_taken:
        width = painter.fontMetrics().horizontalAdvance(zone) + 12
        corner = QRect(plot.right() - width, bottom + 2, width, TIME_AXIS_PX)
    scene.zone_place = corner
    for tick, x in zip(ticks, columns, strict=True):
        painter.setFont(bold if tick.major else font)
        painter.setPen(scene.colours.colour("text" if tick.major else "dim"))
        width = painter.fontMetrics().horizontalAdvance(tick.text)
        place = QRect(x - width // 2, bottom + 1, width + 1, TIME_AXIS_PX)
        if place.left() >= 0 and place.right() < min(plot.right(), corner.left()):  # part of a word misleads
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, tick.text)
    painter.setFont(font)
    painter.setPen(scene.colours.colour("dim"))
    painter.drawText(corner, Qt.AlignmentFlag.AlignCenter, zone)


def bar_time(start_ms: int, interval: Interval, zone: Zone = Zone.NEW_YORK) -> str:
    """A bar's time for the crosshair's label and for a reader of the screen."""
    moment = time_axis.in_zone(start_ms, zone if interval.intraday else Zone.NEW_YORK)
    if interval.intraday:
        return f"{moment:%a} {moment.day} {moment:%b}  {moment:%H:%M} {time_axis.zone_word(start_ms, zone)}"
    return f"{moment:%b %Y}" if interval is Interval.MONTH else f"{moment:%a} {moment.day} {moment:%b %Y}"
