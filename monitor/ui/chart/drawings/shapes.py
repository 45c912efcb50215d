"""What each kind of drawing is on the canvas: lines, areas, words and handles in pixels, to paint and to hit."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QPolygonF

from monitor.market.drawing import FIBONACCI_LEVELS, Anchor, Drawing, DrawingKind
from monitor.ui import format as words
from monitor.ui.chart.drawings.places import Places

#: A mouse this near a line touches it.
REACH_PX = 5.0
#: Lines are cut off this far outside the plot.
_OUTSIDE_PX = 12.0
_LABEL_PX = 4.0
#: Words reach at most this far to the right of a drawing that is in sight only through them.
_BESIDE_PX = 200.0
#: Kinds that end with their anchors, so that most of them are out of sight at most times.
_BOUNDED = (DrawingKind.TREND, DrawingKind.RECTANGLE, DrawingKind.FIBONACCI)


class Line(NamedTuple):
    """A stretch of a drawing; a ``faint`` one only guides the eye."""

    begin: QPointF
    end: QPointF
    faint: bool = False


class Label(NamedTuple):
    """Words, and the room they take."""

    text: str
    room: QRectF


class Shape(NamedTuple):
    """A drawing in pixels, cut to the plot; ``handles`` stand in the order of ``moved_handle``."""

    lines: list[Line]
    areas: list[QPolygonF]
    labels: list[Label]
    handles: list[QPointF]

    @property
    def empty(self) -> bool:
        """Whether nothing of it is in sight."""
        return not (self.lines or self.areas or self.labels)


class _Sheet(NamedTuple):
    """What the kinds are laid out on."""

    plot: QRectF
    places: Places
    metrics: QFontMetricsF

    @property
    def room(self) -> QRectF:
        return self.plot.adjusted(-_OUTSIDE_PX, -_OUTSIDE_PX, _OUTSIDE_PX, _OUTSIDE_PX)

    def lines(self, *ends: tuple[QPointF, QPointF], faint: bool = False, endless: bool = False) -> list[Line]:
        cut = [clipped(begin, end, self.room, endless) for begin, end in ends]
        return [Line(*pair, faint) for pair in cut if pair is not None]

    def area(self, *corners: QPointF) -> list[QPolygonF]:
        cut = trimmed(corners, self.room)
        return [QPolygonF(cut)] if len(cut) > 2 else []


def shape_of(drawing: Drawing, places: Places, plot: QRectF, metrics: QFontMetricsF) -> Shape:
    """The drawing as it lies in ``plot``."""
    if drawing.kind in _BOUNDED:
        across = [places.x(anchor.time) for anchor in drawing.anchors]
        if max(across) < plot.left() - _BESIDE_PX or min(across) > plot.right() + _OUTSIDE_PX:
            return Shape([], [], [], [])
    points = [places.point(anchor) for anchor in drawing.anchors]
    return _KINDS[drawing.kind](drawing, points, _Sheet(plot, places, metrics))


def _trend(_: Drawing, points: list[QPointF], sheet: _Sheet) -> Shape:
    return Shape(sheet.lines((points[0], points[1])), [], [], points)


def _ray(_: Drawing, points: list[QPointF], sheet: _Sheet) -> Shape:
    return Shape(sheet.lines((points[0], points[1]), endless=True), [], [], points)


def _horizontal(_: Drawing, points: list[QPointF], sheet: _Sheet) -> Shape:
    plot, y = sheet.plot, points[0].y()
    handle = QPointF(min(max(points[0].x(), plot.left() + 8), plot.right() - 8), y)
    return Shape(sheet.lines((QPointF(plot.left(), y), QPointF(plot.right() + 1, y))), [], [], [handle])


def _vertical(_: Drawing, points: list[QPointF], sheet: _Sheet) -> Shape:
    plot, x = sheet.plot, points[0].x()
    handle = QPointF(x, min(max(points[0].y(), plot.top() + 8), plot.bottom() - 8))
    return Shape(sheet.lines((QPointF(x, plot.top()), QPointF(x, plot.bottom() + 1))), [], [], [handle])


def _rectangle(_: Drawing, points: list[QPointF], sheet: _Sheet) -> Shape:
    (a, b), c = points, QPointF(points[0].x(), points[1].y())
    d = QPointF(b.x(), a.y())
    return Shape(sheet.lines((a, c), (c, b), (b, d), (d, a)), sheet.area(a, c, b, d), [], [a, b, c, d])


def _channel(_: Drawing, points: list[QPointF], sheet: _Sheet) -> Shape:
    a, b, beside = points
    apart = _offset(a, b, beside)
    lines = sheet.lines((a, b), (a + apart, b + apart))
    lines += sheet.lines((a + apart / 2, b + apart / 2), faint=True)
    return Shape(lines, sheet.area(a, b, b + apart, a + apart), [], points)


def _offset(a: QPointF, b: QPointF, beside: QPointF) -> QPointF:
    """From the base of a channel to the line beside it: up or down, or sideways where the base is upright."""
    run = b - a
    if abs(run.x()) < 1e-6:
        return QPointF(beside.x() - a.x(), 0)
    return QPointF(0, beside.y() - (a.y() + run.y() / run.x() * (beside.x() - a.x())))


def _fibonacci(drawing: Drawing, points: list[QPointF], sheet: _Sheet) -> Shape:
    one, zero = drawing.anchors
    left, right = sorted(point.x() for point in points)
    lines, labels = sheet.lines((points[0], points[1]), faint=True), list[Label]()
    for level in FIBONACCI_LEVELS:
        price = zero.price + (one.price - zero.price) * level
        y = sheet.places.y(price)
        line = sheet.lines((QPointF(left, y), QPointF(right, y)))
        lines += line
        label = _label(f"{level:g}  {words.price(price)}", _beside(left, right, sheet), y, sheet.metrics)
        if line and not (labels and label.room.intersects(labels[-1].room)):
            labels.append(label)
    return Shape(lines, [], labels, points)


def _beside(left: float, right: float, sheet: _Sheet) -> float:
    """Where the words of levels begin: on the lines where these are long enough, else right of them."""
    widest = sheet.metrics.horizontalAdvance("0.618  0,000.00") + 2 * _LABEL_PX
    begin = max(left, sheet.plot.left())
    return begin if right - begin >= widest else right


def _label(text: str, x: float, y: float, metrics: QFontMetricsF) -> Label:
    """Words that stand on a line at ``y``."""
    return Label(
        text, QRectF(x + _LABEL_PX, y - metrics.height() - 1, metrics.horizontalAdvance(text), metrics.height())
    )


def _text(drawing: Drawing, points: list[QPointF], sheet: _Sheet) -> Shape:
    at, metrics = points[0], sheet.metrics
    room = QRectF(at.x(), at.y() - metrics.height() / 2, metrics.horizontalAdvance(drawing.text), metrics.height())
    seen = room.intersects(sheet.plot)
    return Shape([], [], [Label(drawing.text, room)] if seen else [], [QPointF(at.x() - _LABEL_PX, at.y())])


_KINDS: dict[DrawingKind, Callable[[Drawing, list[QPointF], _Sheet], Shape]] = {
    DrawingKind.TREND: _trend,
    DrawingKind.RAY: _ray,
    DrawingKind.HORIZONTAL: _horizontal,
    DrawingKind.VERTICAL: _vertical,
    DrawingKind.RECTANGLE: _rectangle,
    DrawingKind.CHANNEL: _channel,
    DrawingKind.FIBONACCI: _fibonacci,
    DrawingKind.TEXT: _text,
}


def moved_handle(drawing: Drawing, handle: int, to: Anchor) -> tuple[Anchor, ...]:
    """The anchors of the drawing once one of its handles has been moved."""
    anchors = list(drawing.anchors)
    if handle < len(anchors):
        anchors[handle] = to
    elif handle == 2:  # the other corners of a rectangle: the time of one anchor and the price of the other
        anchors = [Anchor(to.time, anchors[0].price), Anchor(anchors[1].time, to.price)]
    else:
        anchors = [Anchor(anchors[0].time, to.price), Anchor(to.time, anchors[1].price)]
    return tuple(anchors)


def clipped(begin: QPointF, end: QPointF, room: QRectF, endless: bool = False) -> tuple[QPointF, QPointF] | None:
    """The part of a line that is in ``room``; an ``endless`` one goes on beyond its end."""
    run = end - begin
    first, last = 0.0, math.inf if endless and not run.isNull() else 1.0
    for length, near, far in (
        (run.x(), room.left() - begin.x(), room.right() - begin.x()),
        (run.y(), room.top() - begin.y(), room.bottom() - begin.y()),
    ):
        if length == 0:
            if near > 0 or far < 0:
                return None
            continue
        enters, leaves = sorted((near / length, far / length))
        first, last = max(first, enters), min(last, leaves)
    if first > last:
        return None
    return begin + run * first, begin + run * last


def trimmed(corners: Sequence[QPointF], room: QRectF) -> list[QPointF]:
    """The part of an area that is in ``room``: its corners, trimmed side by side."""
    left, top, right, bottom = room.left(), room.top(), room.right(), room.bottom()
    sides: tuple[Callable[[QPointF], float], ...] = (
        lambda point: point.x() - left,
        lambda point: right - point.x(),
        lambda point: point.y() - top,
        lambda point: bottom - point.y(),
    )
    kept = list(corners)
    for depth_of in sides:
        whole, kept = kept, []
        depths = [depth_of(corner) for corner in whole]
        for number, (corner, depth) in enumerate(zip(whole, depths, strict=True)):
            before, depth_before = whole[number - 1], depths[number - 1]
            if (depth < 0) is not (depth_before < 0):
                kept.append(before + (corner - before) * (depth_before / (depth_before - depth)))
            if depth >= 0:
                kept.append(corner)
    return kept


def touches(shape: Shape, point: QPointF, reach: float = REACH_PX) -> bool:
    """Whether a mouse at ``point`` is on the drawing: near a line, or on its words."""
    return any(distance(line, point) <= reach for line in shape.lines) or any(
        label.room.adjusted(-2, -2, 2, 2).contains(point) for label in shape.labels
    )


def distance(line: Line, point: QPointF) -> float:
    """Pixels from a point to the nearest point of a line."""
    run, away = line.end - line.begin, point - line.begin
    square = QPointF.dotProduct(run, run)
    along = 0.0 if square == 0 else min(1.0, max(0.0, QPointF.dotProduct(away, run) / square))
    gap = away - run * along
    return math.hypot(gap.x(), gap.y())


def handle_at(shape: Shape, point: QPointF) -> int | None:
    """Which handle is under a mouse at ``point``."""
    for number, handle in enumerate(shape.handles):
        if math.hypot(handle.x() - point.x(), handle.y() - point.y()) <= REACH_PX + 1:
            return number
    return None
