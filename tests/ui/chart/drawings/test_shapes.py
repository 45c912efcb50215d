"""Lines are cut to the plot without changing their slope, and hit within five pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPolygonF
from pytestqt.qtbot import QtBot

from monitor.market.drawing import Anchor, Drawing, DrawingKind
from monitor.ui.chart.drawings.places import Places
from monitor.ui.chart.drawings.shapes import (
    Line,
    Shape,
    clipped,
    distance,
    handle_at,
    moved_handle,
    shape_of,
    touches,
    trimmed,
)
from monitor.ui.chart.price_axis import PriceScale
from monitor.ui.chart.viewport import Viewport

PLOT = QRectF(0, 0, 700, 400)
_BEGIN = 1_795_185_000_000
COORDINATES = st.floats(-5_000, 5_000)
POINTS = st.builds(QPointF, COORDINATES, COORDINATES)


@pytest.fixture
def places() -> Places:
    """A hundred minutes, seven pixels each, at the plot's left edge; prices from 0 at 388 px to 10 at 34 px."""
    view, scale = Viewport(), PriceScale()
    view.resize(700)
    view.begin(100)
    view.right = 100.0
    scale.height, scale.low, scale.high = 400, 0.0, 10.0
    return Places(_BEGIN + np.arange(100, dtype=np.int64) * 60_000, 60_000, view, scale)


def at(bar: float, price: float) -> Anchor:
    return Anchor(_BEGIN + round(bar * 60_000), price)


def laid_out(qtbot: QtBot, places: Places, kind: DrawingKind, *anchors: Anchor, text: str = "") -> Shape:
    return shape_of(Drawing("a", kind, anchors, text=text), places, PLOT, QFontMetricsF(QFont()))


@given(POINTS, POINTS, st.booleans())
def test_what_is_cut_lies_on_the_line_and_in_the_room(begin: QPointF, end: QPointF, endless: bool) -> None:
    cut = clipped(begin, end, PLOT, endless)
    if cut is None:
        return
    run = end - begin
    for point in cut:
        assert PLOT.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(point)
        away = point - begin
        assert away.x() * run.y() - away.y() * run.x() == pytest.approx(0, abs=1e-3 * (1 + run.manhattanLength()))


@given(POINTS, POINTS, st.floats(0, 1))
def test_nothing_in_sight_is_cut_away(begin: QPointF, end: QPointF, share: float) -> None:
    point = begin + (end - begin) * share
    if PLOT.adjusted(1, 1, -1, -1).contains(point):
        cut = clipped(begin, end, PLOT)
        assert cut is not None
        assert distance(Line(*cut), point) < 0.01


@given(POINTS, POINTS, POINTS)
def test_an_area_is_trimmed_to_the_room_and_loses_nothing_in_it(a: QPointF, b: QPointF, c: QPointF) -> None:
    corners = [a, b, c + b - a, c]
    cut = trimmed(corners, PLOT)
    assert all(PLOT.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(point) for point in cut)
    whole, part = QPolygonF(corners), QPolygonF(cut)
    for x, y in ((1, 1), (350, 200), (699, 399), (120, 330), (600, 40)):
        point, rule = QPointF(x, y), Qt.FillRule.OddEvenFill
        near = any(distance(Line(p, q), point) < 0.01 for p, q in zip(corners, corners[1:] + corners[:1], strict=True))
        assert near or whole.containsPoint(point, rule) == part.containsPoint(point, rule)


def test_a_ray_goes_on_and_a_trend_line_ends(qtbot: QtBot, places: Places) -> None:
    ends = at(10.5, 2.0), at(20.5, 3.0)
    trend, ray = (laid_out(qtbot, places, kind, *ends) for kind in (DrawingKind.TREND, DrawingKind.RAY))
    beyond = places.point(at(50.5, 6.0))
    assert touches(ray, beyond)
    assert not touches(trend, beyond)
    before = places.point(at(5.5, 1.5))
    assert not touches(ray, before)


def test_a_line_is_hit_within_five_pixels(qtbot: QtBot, places: Places) -> None:
    shape = laid_out(qtbot, places, DrawingKind.HORIZONTAL, at(10.5, 5.0))
    y = places.y(5.0)
    assert touches(shape, QPointF(600, y + 5))
    assert not touches(shape, QPointF(600, y + 5.5))


def test_a_rectangle_is_hit_at_its_edges_and_lets_through_its_middle(qtbot: QtBot, places: Places) -> None:
    shape = laid_out(qtbot, places, DrawingKind.RECTANGLE, at(10.5, 2.0), at(60.5, 8.0))
    assert touches(shape, places.point(at(60.5, 5.0)))
    assert not touches(shape, places.point(at(30.5, 5.0)))
    assert len(shape.handles) == 4


def test_a_channels_lines_are_parallel_and_the_third_anchor_is_on_one(qtbot: QtBot, places: Places) -> None:
    shape = laid_out(qtbot, places, DrawingKind.CHANNEL, at(10.5, 2.0), at(50.5, 4.0), at(30.5, 6.0))
    base, beside, middle = shape.lines
    assert distance(beside, places.point(at(30.5, 6.0))) < 0.1
    for line in (beside, middle):
        assert (line.end - line.begin - base.end + base.begin).manhattanLength() < 1e-6
    assert middle.faint


def test_an_upright_channel_has_its_width_sideways(qtbot: QtBot, places: Places) -> None:
    shape = laid_out(qtbot, places, DrawingKind.CHANNEL, at(10.5, 2.0), at(10.5, 4.0), at(30.5, 6.0))
    assert {round(line.begin.x()) for line in shape.lines} == {
        round(places.x(at(b, 0).time)) for b in (10.5, 30.5, 20.5)
    }


def test_fibonacci_levels_stand_between_the_anchors_with_their_prices(qtbot: QtBot, places: Places) -> None:
    shape = laid_out(qtbot, places, DrawingKind.FIBONACCI, at(10.5, 2.0), at(60.5, 8.0))
    assert [label.text for label in shape.labels] == [
        *("0  8.00", "0.236  6.58", "0.382  5.71", "0.5  5.00", "0.618  4.29", "0.786  3.28", "1  2.00"),
    ]
    levels = [line for line in shape.lines if not line.faint]
    assert [line.begin.y() for line in levels] == pytest.approx(
        [places.y(8 - 6 * n) for n in (0, 0.236, 0.382, 0.5, 0.618, 0.786, 1)]
    )


def test_fibonacci_words_never_stand_on_each_other(qtbot: QtBot, places: Places) -> None:
    shape = laid_out(qtbot, places, DrawingKind.FIBONACCI, at(10.5, 5.0), at(60.5, 6.0))
    assert 1 < len(shape.labels) < 7
    assert not any(a.room.intersects(b.room) for a, b in zip(shape.labels, shape.labels[1:], strict=False))


def test_what_is_out_of_sight_has_no_shape(qtbot: QtBot, places: Places) -> None:
    for kind in DrawingKind:
        if kind not in (DrawingKind.HORIZONTAL, DrawingKind.VERTICAL):
            anchors = [at(-900 - n, -500.0 - n) for n in range(kind.anchors)]
            assert laid_out(qtbot, places, kind, *anchors, text="far").empty, kind


def test_each_handle_moves_what_it_stands_on(qtbot: QtBot, places: Places) -> None:
    to = at(80.5, 9.0)
    for kind in DrawingKind:
        anchors = [at(20.5, 2.0), at(60.5, 8.0), at(40.5, 7.0)][: kind.anchors]
        drawing = Drawing("a", kind, tuple(anchors), text="words")
        shape = shape_of(drawing, places, PLOT, QFontMetricsF(QFont()))
        for number, handle in enumerate(shape.handles):
            assert handle_at(shape, handle + QPointF(3, 3)) == number
            moved = Drawing("a", kind, moved_handle(drawing, number, to), text="words")
            again = shape_of(moved, places, PLOT, QFontMetricsF(QFont())).handles[number]
            expected = places.point(to)
            if kind is not DrawingKind.TEXT:
                assert (again - expected).manhattanLength() < 0.1, (kind, number)
        assert handle_at(shape, QPointF(699, 399)) is None
