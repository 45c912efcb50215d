"""What stands behind the bars: hours that are not regular are shaded, and no part of a word stands at an axis' end."""

from datetime import date, time

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from monitor.market.bar import Interval
from monitor.market.calendar import at_new_york
from monitor.ui.chart.view import ChartView
from monitor.ui.theme import Theme
from tests.support.bars import walk

THURSDAY, HOLIDAY = date(2026, 11, 19), date(2026, 11, 26)
ROW = 60


def chart(qtbot: QtBot, start_ms: int, count: int, bar_px: float = 4.0) -> ChartView:
    view = ChartView(Theme(), lambda: 0)
    qtbot.addWidget(view)
    view.resize(700, 400)
    view.show()
    view.show_bars("AAPL", Interval.M1, walk(count, start=start_ms))
    view.scene.viewport.bar_px = bar_px
    view.scene.viewport.go_latest()
    view.refresh()
    view.grab()
    return view


def grounds(view: ChartView, index: float) -> set[str]:
    """The colours of the column of a bar."""
    image, x = view.grab().toImage(), int(view.scene.viewport.centre_of(np.array(index)))
    return {image.pixelColor(x, y).name() for y in range(ROW, view.scene.plot.bottom(), 1)}


def test_before_the_opening_is_shaded_and_after_it_is_not(qtbot: QtBot) -> None:
    view = chart(qtbot, at_new_york(THURSDAY, time(9)), 60, 6.0)
    shade, panel = view.scene.tint("ground", 0.8).name(), view.scene.colours.panel
    assert shade in grounds(view, 10)
    assert panel not in grounds(view, 10)
    assert panel in grounds(view, 50)
    assert shade not in grounds(view, 50)


def test_a_day_without_a_regular_session_is_not_shaded(qtbot: QtBot) -> None:
    view = chart(qtbot, at_new_york(HOLIDAY, time(11)), 60, 6.0)
    shade = view.scene.tint("ground", 0.8).name()
    assert not any(shade in grounds(view, index) for index in (4, 33, 56))  # beside the grid


@pytest.mark.parametrize(("clock", "shaded"), [(time(9), True), (time(10), False)])
def test_the_room_for_what_is_to_come_is_shaded_as_the_newest_bar_is(qtbot: QtBot, clock: time, shaded: bool) -> None:
    view = chart(qtbot, at_new_york(THURSDAY, clock), 20, 6.0)
    beyond = grounds(view, view.scene.viewport.right - 1.5)
    assert (view.scene.tint("ground", 0.8).name() in beyond) is shaded
    assert (view.scene.colours.panel in beyond) is not shaded


def inked(image: QImage, left: int, right: int, top: int, bottom: int, ground: QColor) -> bool:
    return any(image.pixelColor(x, y) != ground for x in range(left, right) for y in range(top, bottom))


def test_no_part_of_a_word_stands_at_the_ends_of_the_time_axis(qtbot: QtBot) -> None:
    view = chart(qtbot, at_new_york(THURSDAY, time(10)), 390)
    view.share_corner(True)
    scene, panel = view.scene, QColor(view.scene.colours.panel)
    top, bottom = scene.body.bottom() + 4, scene.canvas.bottom() - 2
    for bars in range(30):
        scene.viewport.pan(-1 if bars else 0)
        view.refresh()
        image = view.grab().toImage()
        assert not inked(image, 0, 1, top, bottom, panel)
        assert inked(image, scene.zone_place.left(), scene.zone_place.right(), top, bottom, panel)
        assert not inked(image, scene.zone_place.left() - 1, scene.zone_place.left() + 2, top, bottom, panel)


def test_no_part_of_the_zone_looks_out_from_under_a_tag(qtbot: QtBot) -> None:
    view = chart(qtbot, at_new_york(THURSDAY, time(10)), 390)
    view.share_corner(True)
    view.grab()
    scene, place = view.scene, view.scene.zone_place
    view.point_at(QPoint(place.left() - 60, 150))
    image = view.grab().toImage()
    tag = QColor(scene.colours.dim)
    row = [image.pixelColor(x, scene.canvas.bottom() - 12) for x in range(scene.plot.right())]
    end = max(x for x, colour in enumerate(row) if colour == tag)
    assert end > place.left()
    assert not inked(
        image,
        end + 1,
        scene.plot.right(),
        scene.body.bottom() + 4,
        scene.canvas.bottom() - 2,
        QColor(scene.colours.panel),
    )


def test_percents_fit_their_axis(qtbot: QtBot) -> None:
    view = chart(qtbot, at_new_york(THURSDAY, time(10)), 390)
    scale = view.scene.scale
    scale.percent = True
    scale.stretch(1)  # which leaves the range to the hand
    scale.low, scale.high = scale.base * 0.8, scale.base * 1.01  # its lowest words are the longest
    view.refresh()
    view.grab()
    widest = max(view.fontMetrics().horizontalAdvance(scale.words(price)) for price in view.scene.price_ticks)
    assert widest + 8 < view.scene.canvas.width() - view.scene.plot.width()
