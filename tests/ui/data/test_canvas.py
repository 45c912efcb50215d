"""The map as it is painted and touched: selecting with mouse and keys, tooltips, marks beside colours, scrolling."""

from datetime import date, timedelta

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from monitor.analysis.coverage import Counts, DayCoverage, DayState
from monitor.market.bar import Interval
from monitor.market.calendar import trading_days
from monitor.ui.data.canvas import GapMapCanvas
from monitor.ui.data.looks import NAMES, Pitch, compose
from monitor.ui.data.model import Area, Code, GapMap
from monitor.ui.palettes import DARK, LIGHT
from monitor.ui.theme import Theme
from tests.support.ports import NOW_MS

LAST = date(2026, 11, 20)
DAYS = trading_days(LAST - timedelta(days=366), LAST)
SYMBOLS = ["AAPL", "MSFT", "NVDA", "SPY"]
NEWEST = len(DAYS) - 1
LEFT, SHIFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def canvas(qtbot: QtBot) -> GapMapCanvas:
    """Four symbols by a year, all complete but two days of MSFT."""
    gap_map = GapMap()
    rows = {
        symbol: [DayCoverage(day, DayState.COMPLETE, 780, Counts(600, 180, 0), day > date(2026, 10, 3)) for day in DAYS]
        for symbol in SYMBOLS
    }
    rows["MSFT"][-3] = DayCoverage(DAYS[-3], DayState.PARTIAL, 780, Counts(400, 166, 2), True)
    rows["MSFT"][-4] = DayCoverage(DAYS[-4], DayState.FAILED, 780, Counts(), True, NOW_MS + 3_600_000)
    gap_map.load(Interval.M1, SYMBOLS, rows, NOW_MS)
    shown = GapMapCanvas(gap_map, Theme())
    qtbot.addWidget(shown)
    shown.resize(900, 120)
    shown.show()
    shown.show_map()
    return shown


def at(canvas: GapMapCanvas, row: int, column: int) -> QPoint:
    return canvas.rect_of(row, column).center()


def test_the_newest_day_is_at_the_right_edge(canvas: GapMapCanvas) -> None:
    right = canvas.rect_of(0, NEWEST).right()
    assert 0 <= canvas.viewport().width() - right <= 2
    canvas.resize(700, 120)
    assert 0 <= canvas.viewport().width() - canvas.rect_of(0, NEWEST).right() <= 2


def test_whoever_looks_at_the_newest_day_follows_it_and_nobody_else(canvas: GapMapCanvas) -> None:
    def load(days: list[date]) -> None:
        row = [DayCoverage(day, DayState.COMPLETE, 780, Counts(), in_reach=True) for day in days]
        canvas._map.load(Interval.M1, SYMBOLS, dict.fromkeys(SYMBOLS, row), NOW_MS)
        canvas.show_map()

    bar = canvas.horizontalScrollBar()
    load(DAYS[:-20])
    assert bar.value() == bar.maximum() > 0
    load(DAYS)
    assert bar.value() == bar.maximum()
    bar.setValue(300)
    load(DAYS[:-20])
    assert bar.value() == 300


def test_a_click_selects_a_day_and_shift_extends_to_a_rectangle(canvas: GapMapCanvas, qtbot: QtBot) -> None:
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=at(canvas, 1, NEWEST - 3))
    assert canvas.area == Area(1, NEWEST - 3, 1, NEWEST - 3)
    qtbot.mouseClick(canvas.viewport(), LEFT, SHIFT, at(canvas, 2, NEWEST - 1))
    assert canvas.area == Area(1, NEWEST - 3, 2, NEWEST - 1)
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=at(canvas, 0, NEWEST))
    assert canvas.area == Area(0, NEWEST, 0, NEWEST)


def test_dragging_selects_a_rectangle_also_backwards(canvas: GapMapCanvas, qtbot: QtBot) -> None:
    qtbot.mousePress(canvas.viewport(), LEFT, pos=at(canvas, 2, NEWEST))
    qtbot.mouseMove(canvas.viewport(), at(canvas, 0, NEWEST - 9))
    qtbot.mouseRelease(canvas.viewport(), LEFT, pos=at(canvas, 0, NEWEST - 9))
    assert canvas.area == Area(0, NEWEST - 9, 2, NEWEST)


def test_dragging_past_the_edge_scrolls(canvas: GapMapCanvas, qtbot: QtBot) -> None:
    bar = canvas.horizontalScrollBar()
    before = bar.value()
    qtbot.mousePress(canvas.viewport(), LEFT, pos=at(canvas, 1, NEWEST - 5))
    qtbot.mouseMove(canvas.viewport(), QPoint(40, at(canvas, 1, NEWEST).y()))
    assert bar.value() < before
    qtbot.mouseRelease(canvas.viewport(), LEFT)


def test_a_symbol_selects_its_row_and_a_month_its_days(canvas: GapMapCanvas, qtbot: QtBot) -> None:
    y = at(canvas, 1, NEWEST).y()
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=QPoint(20, y))
    assert canvas.area == Area(1, 0, 1, NEWEST)
    qtbot.mouseClick(canvas.viewport(), LEFT, SHIFT, QPoint(20, at(canvas, 3, NEWEST).y()))
    assert canvas.area == Area(1, 0, 3, NEWEST)
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=QPoint(at(canvas, 0, NEWEST).x(), 5))
    assert canvas.area == Area(0, DAYS.index(date(2026, 11, 2)), 3, NEWEST)


def test_a_click_beside_the_map_selects_nothing(canvas: GapMapCanvas, qtbot: QtBot) -> None:
    canvas.select_all()
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=QPoint(300, canvas.viewport().height() - 2))
    assert canvas.area is None


def test_keys_move_extend_and_select_everything(canvas: GapMapCanvas, qtbot: QtBot) -> None:
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert canvas.area == Area(0, NEWEST, 0, NEWEST)
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert canvas.area == Area(1, NEWEST - 1, 1, NEWEST - 1)
    qtbot.keyClick(canvas, Qt.Key.Key_Left, SHIFT)
    qtbot.keyClick(canvas, Qt.Key.Key_Down, SHIFT)
    assert canvas.area == Area(1, NEWEST - 2, 2, NEWEST - 1)
    qtbot.keyClick(canvas, Qt.Key.Key_A, CTRL)
    assert canvas.area == Area(0, 0, 3, NEWEST)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.area is None


def test_the_oldest_day_is_brought_into_view(canvas: GapMapCanvas, qtbot: QtBot) -> None:
    qtbot.keyClick(canvas, Qt.Key.Key_End)
    qtbot.keyClick(canvas, Qt.Key.Key_Home)
    assert canvas.area == Area(0, 0, 0, 0)
    assert canvas.horizontalScrollBar().value() == 0
    qtbot.keyClick(canvas, Qt.Key.Key_Right, CTRL)
    assert canvas.area == Area(0, 21, 0, 21)


def test_what_is_selected_stays_when_rows_are_filtered(canvas: GapMapCanvas, qtbot: QtBot) -> None:
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=at(canvas, 1, NEWEST - 3))
    canvas._map.filter("ms")
    canvas.show_map()
    assert canvas.area == Area(0, NEWEST - 3, 0, NEWEST - 3)
    canvas._map.filter("spy")
    canvas.show_map()
    assert canvas.area is None


def test_the_menu_is_about_what_is_selected(canvas: GapMapCanvas, qtbot: QtBot) -> None:
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=at(canvas, 0, NEWEST - 4))
    qtbot.mouseClick(canvas.viewport(), LEFT, SHIFT, at(canvas, 2, NEWEST))
    qtbot.mousePress(canvas.viewport(), Qt.MouseButton.RightButton, pos=at(canvas, 1, NEWEST - 2))
    assert canvas.area == Area(0, NEWEST - 4, 2, NEWEST)
    qtbot.mousePress(canvas.viewport(), Qt.MouseButton.RightButton, pos=at(canvas, 3, NEWEST))
    assert canvas.area == Area(3, NEWEST, 3, NEWEST)


def test_a_double_click_and_enter_choose_the_symbol(canvas: GapMapCanvas, qtbot: QtBot) -> None:
    with qtbot.waitSignal(canvas.symbol_chosen) as chosen:
        qtbot.mouseDClick(canvas.viewport(), LEFT, pos=at(canvas, 2, NEWEST))
    assert chosen.args == ["NVDA"]
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=at(canvas, 3, NEWEST))
    with qtbot.waitSignal(canvas.symbol_chosen) as chosen:
        qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert chosen.args == ["SPY"]


def test_a_tooltip_tells_the_numbers(canvas: GapMapCanvas) -> None:
    assert canvas.tip_at(at(canvas, 1, NEWEST - 2)).split("\n") == [
        "MSFT · Wed 18 Nov 2026",
        "Partial: 568 of 780 minutes on disk",
        "400 streamed · 166 from history · 2 computed",
        "Schwab has it until Tue 05 Jan 2027",
    ]
    failed = canvas.tip_at(at(canvas, 1, NEWEST - 3)).split("\n")
    assert failed[1] == "Failed: 0 of 780 minutes on disk"
    assert failed[2].startswith("Not tried again before Fri 20 Nov 12:46 ET")
    canvas.horizontalScrollBar().setValue(0)
    assert canvas.tip_at(at(canvas, 0, 3)).endswith("Schwab has it no longer")
    assert canvas.tip_at(QPoint(20, at(canvas, 1, 0).y())).startswith("MSFT: 99 %")
    assert canvas.tip_at(QPoint(300, 3)) == ""
    assert canvas.tip_at(QPoint(300, 119)) == ""


def test_whoever_listens_hears_the_day(canvas: GapMapCanvas, qtbot: QtBot) -> None:
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=at(canvas, 1, NEWEST - 2))
    assert canvas.accessibleDescription().startswith("MSFT · Wed 18 Nov 2026\nPartial: 568 of 780")
    assert canvas.accessibleName()


def grey(image: QImage) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    """Brightness of each pixel, as somebody sees it who sees no colours."""
    rows = [[QColor(image.pixel(x, y)).lightness() for x in range(image.width())] for y in range(image.height())]
    return np.array(rows)


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_each_state_is_told_by_its_shape_alone(colours) -> None:
    """Where a tile is brighter or darker than its own middle value: no two states are alike in that."""
    shapes = {}
    for code in NAMES:
        pixels = grey(compose(np.array([[code]], np.uint8), Pitch(22, 34, 2.0), colours))[4:-4, :-2]
        edges = np.abs(np.diff(pixels, axis=0))[:, :-1] + np.abs(np.diff(pixels, axis=1))[:-1]
        shapes[code] = edges > 6
    codes = list(shapes)
    for number, one in enumerate(codes):
        for other in codes[number + 1 :]:
            assert (shapes[one] != shapes[other]).sum() > 20, (one, other)


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_a_map_is_put_together_of_its_tiles(colours) -> None:
    codes = np.array([[Code.COMPLETE, Code.MISSING], [Code.CLOSED, Code.TODAY]], np.uint8)
    pitch = Pitch(11, 17)
    whole = compose(codes, pitch, colours)
    assert (whole.width(), whole.height()) == (22, 34)
    for (row, column), code in np.ndenumerate(codes):
        tile = compose(np.array([[code]], np.uint8), pitch, colours)
        assert whole.copy(column * 11, row * 17, 11, 17) == tile.copy(0, 0, 11, 17)


def test_a_cell_is_painted_where_it_is_said_to_be(canvas: GapMapCanvas) -> None:
    image, colours = canvas.viewport().grab().toImage(), Theme().colours
    red, amber = QColor(colours.bad), QColor(colours.amber)
    failed = image.pixelColor(at(canvas, 1, NEWEST - 3))
    assert abs(failed.red() - red.red()) < 40
    lower = canvas.rect_of(1, NEWEST - 2).bottomLeft() + QPoint(2, -4)
    assert abs(image.pixelColor(lower).red() - amber.red()) < 40


@pytest.mark.parametrize("wheel", [1, -1])
def test_zooming_keeps_the_newest_day_in_view(canvas: GapMapCanvas, wheel: int) -> None:
    across = canvas.pitch.across
    canvas._zoom(wheel)
    assert canvas.pitch.across == across + wheel
    assert abs(canvas.viewport().width() - canvas.rect_of(0, NEWEST).right()) <= 2


def test_an_empty_map_takes_clicks_and_keys(qtbot: QtBot) -> None:
    canvas = GapMapCanvas(GapMap(), Theme())
    qtbot.addWidget(canvas)
    canvas.show()
    qtbot.mouseClick(canvas.viewport(), LEFT, pos=QPoint(200, 40))
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Return, Qt.Key.Key_Delete):
        qtbot.keyClick(canvas, key)
    qtbot.keyClick(canvas, Qt.Key.Key_A, CTRL)
    assert (canvas.area, canvas.tip_at(QPoint(200, 40))) == (None, "")
