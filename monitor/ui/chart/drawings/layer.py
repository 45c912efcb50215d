"""What is painted of the drawings, and where: all in the still picture, but the one that a hand is on over it."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from monitor.market.drawing import Drawing, DrawingKind
from monitor.ui import format as words
from monitor.ui.chart.axis_tags import Rank, Tag, price_tag
from monitor.ui.chart.backdrop import bar_time
from monitor.ui.chart.drawings.ink import PENS, ink, width_of
from monitor.ui.chart.drawings.measure import Measure, paint_measure
from monitor.ui.chart.drawings.places import Places
from monitor.ui.chart.drawings.shapes import Line, Shape, handle_at, shape_of, touches
from monitor.ui.chart.marks import time_tag
from monitor.ui.chart.scene import Scene, back_words

_HANDLE_PX = 4.0
_AREA_ALPHA = 26
#: What lies under words shines through a little.
_FAINT = 0.45
_HINT_PX = 10
#: Shapes that are remembered besides those of the drawings: a drag leaves one behind with each move.
_SPARE = 50


class DrawingLayer:
    """The drawings of one chart.

    ``kept`` are those of its symbol from back to front, ``live`` the one being drawn, dragged or selected, with its
    handles where ``handled``; ``hint`` says what the next click does. ``tags`` are the labels of
    those at rest on the price axis.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.kept: Sequence[Drawing] = ()
        self.live: Drawing | None = None
        self.handled = True
        self.measure: Measure | None = None
        self.hint = ""
        self.all_hidden = False
        self.tags: list[Tag] = []
        self._shapes: dict[Drawing, Shape] = {}
        self._shaped_for: tuple[object, ...] = ()

    # ---------------------------------------------------------------------------------------- painting

    def paint_still(self, painter: QPainter) -> None:
        """All but the live one, and the labels of lines on the time axis; leaves the painter unclipped."""
        self.tags = []
        resting = [each for each in self._shown() if self.live is None or each.id != self.live.id]
        for drawing in resting:
            self._paint(painter, drawing)
        painter.setClipping(False)
        for drawing in resting:
            self.tags += self._label(painter, drawing, Rank.DRAWING)

    def paint_live(self, painter: QPainter) -> list[Tag]:
        """What a hand is on; gives all labels on the price axis. Leaves the painter clipped to the plot."""
        tags = self.tags
        if len(self._scene.bars) and self.live is not None:
            self._paint(painter, self.live, handles=self.handled and not self.live.locked)
            painter.setClipping(False)
            tags = [*tags, *self._label(painter, self.live, Rank.IN_HAND)]
            painter.setClipRect(self._scene.plot)
        if len(self._scene.bars) and self.measure is not None:
            paint_measure(painter, self._scene, self.measure)
        if self.hint:
            self._paint_hint(painter)
        return tags

    def _shown(self) -> list[Drawing]:
        """Those to be seen, from back to front."""
        if self.all_hidden or not len(self._scene.bars):
            return []
        return [each for each in self.kept if not each.hidden]

    def _paint(self, painter: QPainter, drawing: Drawing, handles: bool = False) -> None:
        font = painter.font()
        painter.setFont(self._font(drawing, font))
        shape = self.shape(drawing, font)
        colour = ink(self._scene.colours, drawing.style.colour)
        area = QColor(colour)
        area.setAlpha(_AREA_ALPHA)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(area)
        for polygon in shape.areas:
            painter.drawPolygon(polygon)
        for line in shape.lines:
            self._paint_line(painter, drawing, line, colour)
        painter.setPen(colour)
        for label in shape.labels:
            back_words(painter, self._scene, label.room.adjusted(-2, 1, 2, 0))
            painter.drawText(label.room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label.text)
        if drawing is self.live:
            self._paint_held(painter, drawing, shape, colour, handles)
        painter.setFont(font)

    def _paint_line(self, painter: QPainter, drawing: Drawing, line: Line, colour: QColor) -> None:
        """Level and upright lines fill whole pixels; others are smoothed."""
        begin, end = line.begin, line.end
        straight = abs(begin.x() - end.x()) < 0.01 or abs(begin.y() - end.y()) < 0.01
        if line.faint:
            colour = QColor(colour)
            colour.setAlphaF(_FAINT)
        pen = QPen(colour, 1 if line.faint else width_of(drawing.style))
        pen.setStyle(PENS[drawing.style.dash] if not line.faint else Qt.PenStyle.DashLine)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        if straight:
            painter.drawLine(begin.toPoint(), end.toPoint())
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        half = QPointF(0.5, 0.5)
        painter.drawLine(begin + half, end + half)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_held(self, painter: QPainter, drawing: Drawing, shape: Shape, colour: QColor, handles: bool) -> None:
        """What shows that a drawing is selected: its handles, or a frame around words; a lock where it is locked."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if drawing.kind is DrawingKind.TEXT:
            for label in shape.labels:
                painter.drawRoundedRect(label.room.adjusted(-4, -3, 4, 3), 3, 3)
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(self._scene.colours.colour("panel"))
        for place in shape.handles if drawing.kind is not DrawingKind.TEXT else ():
            middle = place + QPointF(0.5, 0.5)
            if handles:
                painter.drawEllipse(middle, _HANDLE_PX, _HANDLE_PX)
            elif drawing.locked:
                painter.drawRect(QRectF(middle.x() - 2, middle.y() - 2, 4, 4))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _label(self, painter: QPainter, drawing: Drawing, rank: Rank) -> list[Tag]:
        """Paint the time of an upright line on its axis; give the price of a level one for the price axis."""
        scene, places = self._scene, Places.of(self._scene)
        ground, text = ink(scene.colours, drawing.style.colour), scene.colours.colour("panel")
        anchor = drawing.anchors[0]
        if drawing.kind is DrawingKind.HORIZONTAL:
            y = round(places.y(anchor.price))
            if 0 <= y < scene.plot.height():
                return [price_tag(y, [words.price(anchor.price)], ground, text, rank)]
        elif drawing.kind is DrawingKind.VERTICAL:
            x = round(places.x(anchor.time))
            if 0 <= x <= scene.plot.right():
                time_tag(painter, scene, x, bar_time(anchor.time, scene.interval, scene.zone), ground, text)
        return []

    def _paint_hint(self, painter: QPainter) -> None:
        """A line at the foot of the plot."""
        scene, metrics = self._scene, painter.fontMetrics()
        room = scene.plot.adjusted(_HINT_PX, 0, -_HINT_PX, -_HINT_PX)
        text = metrics.elidedText(self.hint, Qt.TextElideMode.ElideRight, room.width() - 16)
        box = QRect(room.left(), room.bottom() - metrics.height() - 8, metrics.horizontalAdvance(text) + 16, 0)
        box.setBottom(room.bottom())
        painter.fillRect(box, scene.colours.colour("header"))
        painter.setPen(scene.colours.colour("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    @staticmethod
    def _font(drawing: Drawing, font: QFont) -> QFont:
        """Words grow with the width of the pen."""
        larger = QFont(font)
        if drawing.kind is DrawingKind.TEXT:
            larger.setPointSizeF(font.pointSizeF() + 2 * width_of(drawing.style))
        return larger

    # ---------------------------------------------------------------------------------------- what a mouse touches

    def shape(self, drawing: Drawing, font: QFont) -> Shape:
        """A drawing as it lies on the canvas, whose font this is."""
        if (state := self._state(font)) != self._shaped_for or len(self._shapes) > 2 * len(self.kept) + _SPARE:
            self._shaped_for = state
            self._shapes.clear()
        shape = self._shapes.get(drawing)
        if shape is None:
            metrics = QFontMetricsF(self._font(drawing, font))
            shape = shape_of(drawing, Places.of(self._scene), QRectF(self._scene.plot), metrics)
            self._shapes[drawing] = shape
        return shape

    def _state(self, font: QFont) -> tuple[object, ...]:
        """What shapes hang on besides their drawings: as long as it is the same they need not be made anew."""
        scene, view, scale = self._scene, self._scene.viewport, self._scene.scale
        starts = scene.bars.start
        bars = scene.interval, len(starts), int(starts[0]), int(starts[-1])
        prices = tuple(scale.price(scale.height * share) for share in (0, 0.5, 1))
        return (*bars, view.right, view.bar_px, scene.plot.size().toTuple(), prices, font.pointSizeF())

    def under(self, point: QPointF, font: QFont) -> Drawing | None:
        """The foremost drawing at a point; the selected one comes first."""
        shown = self._shown()
        if self.live is not None and any(each.id == self.live.id for each in shown):
            shown = [*(each for each in shown if each.id != self.live.id), self.live]
        return next((each for each in reversed(shown) if touches(self.shape(each, font), point)), None)

    def handle_under(self, point: QPointF, font: QFont) -> int | None:
        """The handle of the selected drawing at a point."""
        if self.live is None or self.live.locked or not self.handled or self.live.kind is DrawingKind.TEXT:
            return None
        return handle_at(self.shape(self.live, font), point)
