"""What is painted of alerts, and where: dashed lines with a bell at the axis, and bells where they fired."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from monitor.live.alert_words import price_words
from monitor.market.alert import Alert, Firing
from monitor.ui import format as words
from monitor.ui.chart.axis_tags import Rank, Tag, height_of, paint_words
from monitor.ui.chart.events.signs import paint_bell
from monitor.ui.chart.scene import Scene

_BELL_PX = 18
_MARK_PX = 12
#: So near to a line the mouse takes hold of it.
_REACH_PX = 4
_FAINT, _FULL = 150, 255
_NEVER = 2**62


class AlertLayer:
    """The alerts of one chart.

    ``kept`` are those of its symbol, ``dragged`` the one under a hand as it would be, ``selected`` and ``hovered`` are
    ids. ``firings`` is what alerts of the symbol have told, oldest first.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.kept: Sequence[Alert] = ()
        self.dragged: Alert | None = None
        self.selected = self.hovered = ""
        self.firings: Sequence[Firing] = ()
        self._tagged: dict[str, QRect] = {}

    @property
    def shown(self) -> list[Alert]:
        """Each as it is to be painted, the one in hand last; none on a chart without bars."""
        if not len(self._scene.bars):
            return []
        held = self.dragged.id if self.dragged else self.selected
        rest = [each for each in self.kept if each.id != held]
        chosen = [each for each in self.kept if each.id == held]
        return [*rest, *([self.dragged] if self.dragged else chosen)]

    def y(self, alert: Alert) -> int:
        """The pixel of its line, from the plot's top."""
        return int(self._scene.scale.y(alert.price))

    # ---------------------------------------------------------------------------------------- painting

    def paint(self, painter: QPainter) -> list[Tag]:
        """Lines, and bells where alerts fired; gives the tags for the axis. Leaves the painter clipped to the plot."""
        scene, tags = self._scene, []
        self._tagged = {}
        painter.setClipRect(scene.plot)
        for alert in self.shown:
            self._paint_line(painter, alert)
            y = self.y(alert)
            if 0 <= y < scene.plot.height():
                rank = Rank.IN_HAND if self._is_held(alert) else Rank.ALERT
                tags.append(Tag(y, 1, rank, partial(self._paint_tag, alert)))
        self._paint_firings(painter)
        return tags

    def _is_held(self, alert: Alert) -> bool:
        return alert is self.dragged or alert.id == self.selected

    def _ink(self, alert: Alert) -> QColor:
        return self._scene.colours.colour("amber" if alert.active else "dim")

    def _paint_line(self, painter: QPainter, alert: Alert) -> None:
        y, ink = self.y(alert), self._ink(alert)
        held = self._is_held(alert)
        ink.setAlpha(_FULL if held or alert.id == self.hovered else _FAINT)
        pen = QPen(ink, 1, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([2, 4] if not alert.active else [6, 4])
        pen.setWidth(2 if held else 1)
        painter.setPen(pen)
        painter.drawLine(0, y, self._scene.plot.right(), y)
        if alert is self.dragged:
            self._paint_price(painter, alert, y)

    def _paint_price(self, painter: QPainter, alert: Alert, y: int) -> None:
        """Beside the bell: where the line would be, and how far from the last price."""
        scene = self._scene
        last = float(scene.bars.rows(len(scene.bars) - 1)[0]["close"])
        text = price_words(alert.price) + (f"  {words.percent((alert.price / last - 1) * 100)} %" if last else "")
        width = painter.fontMetrics().horizontalAdvance(text) + 14
        place = QRect(scene.plot.right() - _BELL_PX - 6 - width, y - 10, width, 20)
        painter.fillRect(place, self._ink(alert))
        painter.setPen(scene.colours.colour("panel"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_tag(self, alert: Alert, painter: QPainter, place: QRect) -> None:
        scene = self._scene
        self._tagged[alert.id] = place
        ground = self._ink(alert) if alert.active else scene.colours.colour("line")
        ink = scene.colours.colour("panel" if alert.active else "text")
        paint_words(painter, place, [price_words(alert.price)], ground, ink)
        box = self._bell_box(place)
        painter.fillRect(box, ground)
        paint_bell(painter, box.adjusted(2, 2, -2, -2), ink, filled=alert.active, struck=not alert.active)
        if alert.id == self.selected:
            painter.setPen(QPen(scene.colours.colour("text"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box.united(place).adjusted(0, 0, -1, -1))

    def _bell_box(self, tag: QRect) -> QRect:
        """The bell's place, before its tag."""
        return QRect(tag.left() - _BELL_PX, tag.top(), _BELL_PX, tag.height())

    def _paint_firings(self, painter: QPainter) -> None:
        ink, ground = self._scene.colours.colour("amber"), self._scene.colours.colour("panel")
        # Those that would hide each other are one.
        for place in {(place.x() // 4, place.y() // 4): place for _, place in self.marks()}.values():
            painter.fillRect(place, ground)
            paint_bell(painter, place, ink)

    # ---------------------------------------------------------------------------------------- what a mouse touches

    def marks(self) -> list[tuple[Firing, QRect]]:
        """Each firing in view, and where its bell is."""
        scene, view = self._scene, self._scene.viewport
        if not self.firings or not len(scene.bars):
            return []
        first, last = max(0, view.first), min(view.last, len(scene.bars))
        if first >= last:
            return []
        starts = scene.bars.start[first:last].copy()
        end_ms = int(scene.bars.start[last]) if last < len(scene.bars) else _NEVER
        begin, end = (bisect_left(self.firings, ms, key=lambda each: each.at_ms) for ms in (int(starts[0]), end_ms))
        firings = self.firings[begin:end]
        bars = first + np.searchsorted(starts, [each.at_ms for each in firings], "right") - 1
        left = (view.centre_of(bars) - _MARK_PX // 2).tolist()
        top = (scene.scale.y([each.line for each in firings]) - _MARK_PX // 2).tolist()
        places = (QRect(x, y, _MARK_PX, _MARK_PX) for x, y in zip(left, top, strict=True))
        return list(zip(firings, places, strict=True))

    def under(self, point: QPointF) -> Alert | None:
        """The alert at a point: its tag and bell first, then the axis beside its line, else the line."""
        place, plot = point.toPoint(), self._scene.plot
        near = [alert for alert in reversed(self.shown) if 0 <= self.y(alert) < plot.height()]
        tags = [self._tagged.get(alert.id, QRect()) for alert in near]
        height = height_of(1)
        beside = [
            QRect(plot.right() + 2, self.y(alert) - height // 2, self._scene.canvas.width(), height) for alert in near
        ]
        for alert, tag in zip([*near, *near], [*tags, *beside], strict=True):
            if tag.contains(place) or self._bell_box(tag).contains(place):
                return alert
        if not plot.contains(place):
            return None
        reached = [alert for alert in near if abs(self.y(alert) - point.y()) <= _REACH_PX]
        return min(reached, key=lambda alert: abs(self.y(alert) - point.y()), default=None)

    def firing_under(self, point: QPointF) -> Firing | None:
        """The newest firing whose bell is at a point."""
        place = point.toPoint()
        return next((f for f, at in reversed(self.marks()) if at.adjusted(-2, -2, 2, 2).contains(place)), None)
