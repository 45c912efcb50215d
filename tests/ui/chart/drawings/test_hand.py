"""Drawing with real mouse and key events on the chart: every tool, every way to change what is drawn."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from monitor.errors import StoreUnavailable
from monitor.live.events import BoardChanged
from monitor.market.bar import Interval
from monitor.market.drawing import Anchor, Dash, Drawing, DrawingKind, Style
from monitor.market.quote import Quote
from monitor.ui.chart.drawings import tools
from monitor.ui.chart.drawings.draw_button import DrawButton, MagnetButton
from monitor.ui.chart.drawings.drawing_menu import DrawingMenu
from monitor.ui.chart.drawings.measure import measured
from monitor.ui.chart.drawings.places import Places
from monitor.ui.palettes import DARK
from tests.support.chart_hand import ALT, CTRL, LEFT, NONE, SHIFT, ChartHand, pick
from tests.support.ports import NOW_MS, FakeDrawings, minutes


class Chart(ChartHand):
    """A hand that draws, and the disk that drawings are kept on."""

    def __init__(self, qtbot: QtBot, **overrides: Any) -> None:
        self.disk = FakeDrawings()
        super().__init__(qtbot, **{"drawn": self.disk} | overrides)
        self.desk = self.panel.drawing

    @property
    def drawings(self) -> list[Drawing]:
        return list(self.ports.drawings.of(self.view.scene.symbol))

    @property
    def only(self) -> Drawing:
        (drawing,) = self.drawings
        return drawing

    def at(self, bar: int, price: float) -> QPoint:
        """The pixel of a price at the middle of a bar."""
        scene = self.view.scene
        return QPoint(int(scene.viewport.centre_of(bar)), int(scene.scale.y(price)))

    def anchor(self, place: QPoint) -> Anchor:
        return Places.of(self.view.scene).anchor(QPointF(place))

    def draw(self, tool: tools.Tool, *places: QPoint) -> Drawing:
        self.desk.choose(tool)
        self.click(*places)
        return self.drawings[-1]

    def choose(self, place: QPoint, *path: str) -> None:
        """Choose an entry of the menu of the drawing at a place."""
        pick(self.menu(place), *path)
        if not self.panel.hand.entry.isVisible():
            self.focus()

    def colours(self, place: QPoint) -> set[str]:
        """The colours within two pixels of a place."""
        image = self.view.grab().toImage()
        return {image.pixelColor(place + QPoint(x, y)).name() for x in (-2, -1, 0, 1, 2) for y in (-2, -1, 0, 1, 2)}


@pytest.fixture
def chart(qtbot: QtBot) -> Iterator[Chart]:
    made = Chart(qtbot)
    yield made
    made.panel.close_panel()


# -------------------------------------------------------------------------------------------- the tools


@pytest.mark.parametrize("tool", [tool for tool in tools.TOOLS if tool.kind not in (None, DrawingKind.TEXT)])
def test_every_tool_draws_by_clicks_and_keeps_what_it_drew(chart: Chart, tool: tools.Tool) -> None:
    places = [QPoint(200, 150), QPoint(400, 250), QPoint(300, 300)][: tool.clicks]
    chart.desk.choose(tool)
    chart.click(*places[:-1])
    assert chart.drawings == []
    chart.click(places[-1])
    drawing = chart.only
    assert drawing.kind is tool.kind
    assert list(drawing.anchors) == [chart.anchor(place) for place in places]
    assert chart.disk.kept == {"AAPL": {drawing.id: drawing}}
    assert chart.desk.tool is None
    assert chart.desk.selected == drawing


@pytest.mark.parametrize("tool", [tools.TREND, tools.RAY, tools.RECTANGLE, tools.FIBONACCI])
def test_two_places_may_be_drawn_in_one_drag(chart: Chart, tool: tools.Tool) -> None:
    chart.desk.choose(tool)
    right = chart.view.scene.viewport.right
    chart.drag(QPoint(200, 150), QPoint(400, 250))
    assert list(chart.only.anchors) == [chart.anchor(QPoint(200, 150)), chart.anchor(QPoint(400, 250))]
    assert chart.view.scene.viewport.right == right


def test_a_channel_is_dragged_and_then_made_wide(chart: Chart) -> None:
    chart.desk.choose(tools.CHANNEL)
    chart.drag(QPoint(200, 250), QPoint(400, 200))
    assert chart.drawings == []
    chart.click(QPoint(300, 150))
    assert list(chart.only.anchors) == [chart.anchor(QPoint(*at)) for at in ((200, 250), (400, 200), (300, 150))]


@pytest.mark.parametrize(
    ("key", "tool"),
    [
        (Qt.Key.Key_T, tools.TREND),
        (Qt.Key.Key_H, tools.HORIZONTAL),
        (Qt.Key.Key_V, tools.VERTICAL),
        (Qt.Key.Key_C, tools.CHANNEL),
        (Qt.Key.Key_F, tools.FIBONACCI),
    ],
)
def test_keys_take_up_tools(chart: Chart, key: Qt.Key, tool: tools.Tool) -> None:
    chart.key(key, ALT)
    assert chart.desk.tool is tool
    chart.key(Qt.Key.Key_Escape)
    assert chart.desk.tool is None


def test_a_drawing_follows_the_mouse_until_it_is_set(chart: Chart) -> None:
    chart.desk.choose(tools.TREND)
    chart.click(QPoint(200, 150))
    chart.qtbot.mouseMove(chart.view, QPoint(400, 150))
    live = chart.view.drawings.live
    assert live is not None
    assert list(live.anchors) == [chart.anchor(QPoint(200, 150)), chart.anchor(QPoint(400, 150))]
    assert "#4c8dff" in chart.colours(QPoint(260, 152))
    assert chart.view.drawings.hint == "Trend line: click where it ends · Esc cancels"
    chart.key(Qt.Key.Key_Escape)
    assert (chart.view.drawings.live, chart.view.drawings.hint, chart.drawings) == (None, "", [])


def test_a_second_click_on_the_same_place_sets_nothing(chart: Chart) -> None:
    chart.desk.choose(tools.TREND)
    place = QPoint(200, 150)
    chart.click(place)
    chart.qtbot.mouseDClick(chart.view, LEFT, pos=place)
    chart.qtbot.mouseRelease(chart.view, LEFT, pos=place)
    assert chart.drawings == []
    chart.click(QPoint(300, 150))
    assert len(chart.only.anchors) == 2


def test_a_tool_taken_up_by_its_key_shows_at_once_where_it_would_draw(chart: Chart) -> None:
    chart.qtbot.mouseMove(chart.view, QPoint(300, 200))
    chart.key(Qt.Key.Key_H, ALT)
    live = chart.view.drawings.live
    assert live is not None
    assert live.anchors == (chart.anchor(QPoint(300, 200)),)


def test_the_axes_can_be_dragged_with_a_tool_in_hand(chart: Chart) -> None:
    chart.desk.choose(tools.TREND)
    chart.click(QPoint(200, 150))
    place, width = QPoint(300, chart.view.scene.plot.bottom() + 10), chart.view.scene.viewport.bar_px
    chart.press(place)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(place + QPoint(80, 0)),
        QPointF(chart.view.mapToGlobal(place + QPoint(80, 0))),
        Qt.MouseButton.NoButton,
        LEFT,
        NONE,
    )
    QApplication.sendEvent(chart.view, event)
    chart.qtbot.mouseRelease(chart.view, LEFT, NONE, place)
    assert chart.view.scene.viewport.bar_px > width
    chart.click(QPoint(400, 250))
    assert chart.only.kind is DrawingKind.TREND


def test_words_have_sizes(chart: Chart) -> None:
    chart.desk.put(None, chart.desk.new(DrawingKind.TEXT, [chart.anchor(QPoint(300, 150))], "Gap"))
    chart.choose(QPoint(306, 150), "Size", "Large")
    assert chart.only.style.width == 3


def test_another_tool_drops_what_was_begun(chart: Chart) -> None:
    chart.desk.choose(tools.CHANNEL)
    chart.click(QPoint(200, 150), QPoint(300, 200))
    chart.key(Qt.Key.Key_H, ALT)
    chart.click(QPoint(250, 180))
    assert chart.only.kind is DrawingKind.HORIZONTAL


def test_a_right_click_puts_the_tool_away(chart: Chart) -> None:
    chart.desk.choose(tools.TREND)
    place = QPoint(300, 200)
    QApplication.sendEvent(chart.view, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, place))
    assert chart.desk.tool is None
    assert chart.view.findChildren(DrawingMenu) == []


def test_nothing_is_drawn_on_the_axes_or_without_bars(chart: Chart) -> None:
    chart.desk.choose(tools.HORIZONTAL)
    plot = chart.view.scene.plot
    chart.click(QPoint(plot.right() + 20, 100), QPoint(100, plot.bottom() + 10))
    assert chart.drawings == []
    chart.panel.link.choose("NOBODY")
    chart.desk.choose(tools.HORIZONTAL)
    chart.click(QPoint(100, 100))
    assert chart.drawings == []


# -------------------------------------------------------------------------------------------- text


def test_text_is_written_where_it_was_clicked(chart: Chart) -> None:
    chart.desk.choose(tools.TEXT)
    chart.click(QPoint(300, 150))
    entry = chart.panel.hand.entry
    assert entry.isVisible()
    assert chart.drawings == []
    chart.qtbot.keyClicks(entry, " Earnings beat ")
    chart.qtbot.keyClick(entry, Qt.Key.Key_Return)
    assert (chart.only.text, chart.only.anchors) == ("Earnings beat", (chart.anchor(QPoint(300, 150)),))
    assert not entry.isVisible()
    assert chart.view.hasFocus()


def test_every_key_in_the_field_is_for_its_words(chart: Chart) -> None:
    chart.draw(tools.HORIZONTAL, QPoint(300, 300))
    chart.desk.choose(tools.TEXT)
    chart.click(QPoint(300, 150))
    entry, right = chart.panel.hand.entry, chart.view.scene.viewport.right
    chart.qtbot.waitUntil(entry.hasFocus)
    chart.qtbot.keyClicks(entry, "ac")
    chart.qtbot.keyClick(entry, Qt.Key.Key_Left)
    chart.qtbot.keyClicks(entry, "b")
    chart.qtbot.keyClick(entry, Qt.Key.Key_Delete)
    chart.qtbot.keyClick(entry, Qt.Key.Key_Z, CTRL)
    assert entry.text() == "abc"
    assert (len(chart.drawings), chart.view.scene.viewport.right) == (1, right)
    chart.qtbot.keyClick(entry, Qt.Key.Key_Escape)
    assert len(chart.drawings) == 1
    assert not entry.isVisible()


def test_a_click_elsewhere_takes_the_words_and_none_leave_nothing(chart: Chart) -> None:
    chart.desk.choose(tools.TEXT)
    chart.click(QPoint(300, 150))
    chart.qtbot.waitUntil(chart.panel.hand.entry.hasFocus)
    chart.qtbot.keyClicks(chart.panel.hand.entry, "Gap")
    chart.click(QPoint(500, 300))
    chart.qtbot.waitUntil(lambda: len(chart.drawings) == 1)
    assert chart.only.text == "Gap"
    chart.desk.choose(tools.TEXT)
    chart.click(QPoint(400, 250))
    chart.qtbot.keyClick(chart.panel.hand.entry, Qt.Key.Key_Return)
    assert len(chart.drawings) == 1


def test_a_double_click_opens_the_words_and_empty_ones_remove_the_text(chart: Chart) -> None:
    text = chart.desk.new(DrawingKind.TEXT, [chart.anchor(QPoint(300, 150))], "Gap")
    chart.desk.put(None, text)
    chart.qtbot.mouseDClick(chart.view, LEFT, pos=QPoint(306, 150))
    entry = chart.panel.hand.entry
    assert entry.text() == "Gap"
    chart.qtbot.keyClicks(entry, "Gap filled")
    chart.qtbot.keyClick(entry, Qt.Key.Key_Return)
    assert chart.only == replace(text, text="Gap filled")
    chart.choose(QPoint(306, 150), "Edit text…")
    chart.qtbot.keyClick(entry, Qt.Key.Key_Delete)
    chart.qtbot.keyClick(entry, Qt.Key.Key_Return)
    assert chart.drawings == []
    chart.key(Qt.Key.Key_Z, CTRL)
    assert chart.only.text == "Gap filled"


# -------------------------------------------------------------------------------------------- selecting and moving


def test_a_click_selects_and_one_elsewhere_deselects(chart: Chart) -> None:
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.click(QPoint(600, 300))
    assert chart.desk.selected is None
    chart.click(QPoint(300, 204))
    assert chart.desk.selected == line
    assert chart.only == line
    chart.click(QPoint(300, 215))
    assert chart.desk.selected is None


def test_dragging_moves_whole_bars_and_freezes_the_view(chart: Chart) -> None:
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    right, places = chart.view.scene.viewport.right, Places.of(chart.view.scene)
    chart.drag(QPoint(300, 200), QPoint(335, 240))
    assert chart.view.scene.viewport.right == right
    assert [each.time for each in chart.only.anchors] == [each.time + 5 * 60_000 for each in line.anchors]
    for before, after in zip(line.anchors, chart.only.anchors, strict=True):
        assert places.y(after.price) - places.y(before.price) == pytest.approx(40, abs=0.1)
    chart.key(Qt.Key.Key_Z, CTRL)
    assert chart.only == line
    chart.key(Qt.Key.Key_Y, CTRL)
    assert chart.only != line


def test_the_view_is_held_against_live_bars_while_a_drawing_is_dragged(chart: Chart) -> None:
    chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.press(QPoint(300, 200))
    high, right = chart.view.scene.scale.high, chart.view.scene.viewport.right
    ports = chart.ports
    ports.board.take_quote(Quote(symbol="AAPL", volume=1))
    ports.board.take_quote(Quote(symbol="AAPL", last=900.0, last_size=100, volume=101, trade_time=NOW_MS))
    ports.bus.publish(BoardChanged(frozenset({"AAPL"}), frozenset({"AAPL"}), frozenset()))
    chart.view.grab()
    assert (chart.view.scene.scale.high, chart.view.scene.viewport.right) == (high, right)
    chart.qtbot.mouseRelease(chart.view, LEFT, NONE, QPoint(300, 200))
    chart.view.grab()
    assert chart.view.scene.scale.high > 900


def test_a_handle_moves_one_end(chart: Chart) -> None:
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.drag(QPoint(402, 251), QPoint(500, 100))
    assert chart.only == replace(line, anchors=(line.anchors[0], chart.anchor(QPoint(500, 100))))


def test_escape_takes_a_drag_back(chart: Chart) -> None:
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.press(QPoint(300, 200))
    chart.qtbot.mouseMove(chart.view, QPoint(350, 260))
    assert chart.view.drawings.live != line
    chart.key(Qt.Key.Key_Escape)
    assert chart.view.drawings.live == line
    chart.qtbot.mouseRelease(chart.view, LEFT, NONE, QPoint(350, 260))
    assert chart.only == line


def test_ctrl_and_a_drag_clone(chart: Chart) -> None:
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.drag(QPoint(300, 200), QPoint(335, 260), CTRL)
    first, clone = chart.drawings
    assert first == line
    assert (clone.kind, clone.style) == (line.kind, line.style)
    assert clone.anchors[0].time == line.anchors[0].time + 5 * 60_000
    assert chart.desk.selected == clone


def test_a_drawing_is_hit_where_the_view_has_moved_it(chart: Chart) -> None:
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.desk.select(None)
    chart.key(Qt.Key.Key_Left)  # a bar of seven pixels
    chart.click(QPoint(225, 150))
    assert chart.desk.selected is None
    chart.click(QPoint(207, 150))
    assert chart.desk.selected == line


def test_a_press_on_empty_ground_still_pans(chart: Chart) -> None:
    chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    right = chart.view.scene.viewport.right
    chart.drag(QPoint(500, 350), QPoint(570, 350))
    assert chart.view.scene.viewport.right == pytest.approx(right - 10)


def test_the_pointer_shows_what_it_could_take(chart: Chart) -> None:
    chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    shapes = []
    for place in (QPoint(300, 200), QPoint(400, 250), QPoint(500, 350)):
        chart.qtbot.mouseMove(chart.view, place)
        shapes.append(chart.view.cursor().shape())
    assert shapes == [
        Qt.CursorShape.PointingHandCursor,
        Qt.CursorShape.SizeAllCursor,
        Qt.CursorShape.CrossCursor,
    ]


def test_delete_removes_what_is_selected(chart: Chart) -> None:
    chart.draw(tools.HORIZONTAL, QPoint(300, 200))
    chart.key(Qt.Key.Key_Delete)
    assert chart.drawings == []
    assert chart.disk.kept == {"AAPL": {}}
    chart.key(Qt.Key.Key_Delete)
    chart.key(Qt.Key.Key_Z, CTRL)
    assert chart.only.kind is DrawingKind.HORIZONTAL


def test_the_foremost_is_taken_and_can_be_changed(chart: Chart) -> None:
    below = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    above = chart.draw(tools.TREND, QPoint(200, 250), QPoint(400, 150))
    chart.desk.select(None)
    chart.click(QPoint(300, 200))
    assert chart.desk.selected == above
    chart.choose(QPoint(220, 160), "Bring to front")
    chart.desk.select(None)
    chart.click(QPoint(300, 200))
    assert chart.desk.selected is not None
    assert chart.desk.selected.id == below.id


# -------------------------------------------------------------------------------------------- the menu


def test_the_menu_locks_and_a_locked_drawing_stays_where_it_is(chart: Chart) -> None:
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.choose(QPoint(300, 200), "Locked")
    assert chart.only == replace(line, locked=True)
    right = chart.view.scene.viewport.right
    chart.drag(QPoint(300, 200), QPoint(370, 200))
    assert chart.only == replace(line, locked=True)
    assert chart.view.scene.viewport.right == pytest.approx(right - 10)  # the chart is dragged instead
    chart.key(Qt.Key.Key_Delete)
    assert chart.only.locked
    assert chart.view.drawings.hint == "Locked: right-click to unlock it"


def test_the_menu_changes_the_look_and_the_next_one_looks_so_too(chart: Chart) -> None:
    chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    for path in (("Colour", "Red"), ("Width", "3 px"), ("Dash", "Dotted")):
        chart.choose(QPoint(300, 200), *path)
    assert chart.only.style == Style("red", 3, Dash.DOTTED)
    again = chart.draw(tools.TREND, QPoint(200, 300), QPoint(400, 320))
    assert again.style == Style("red", 3, Dash.DOTTED)
    assert chart.draw(tools.RAY, QPoint(200, 330), QPoint(400, 350)).style == Style()
    for _ in range(5):
        chart.key(Qt.Key.Key_Z, CTRL)
    assert chart.only.style == Style()


def test_the_menu_hides_and_the_header_brings_back(chart: Chart) -> None:
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.choose(QPoint(300, 200), "Hide")
    assert chart.only == replace(line, hidden=True)
    chart.click(QPoint(300, 200))
    assert chart.desk.selected is None
    button = chart.panel.header.findChild(DrawButton)
    button.menu().aboutToShow.emit()
    pick(button.menu(), "Show 1 hidden")
    assert chart.only == line


def test_the_menu_duplicates_copies_and_removes(chart: Chart) -> None:
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.choose(QPoint(300, 200), "Duplicate")
    first, second = chart.drawings
    assert first == line
    assert second.anchors[0].time == line.anchors[0].time + 3 * 60_000
    chart.choose(QPoint(300, 200), "Copy")
    copied = chart.desk.copied
    assert copied is not None
    assert copied.drawing == line
    chart.choose(QPoint(300, 200), "Remove")
    assert chart.drawings == [second]


def test_a_right_click_beside_drawings_is_the_charts_own(chart: Chart) -> None:
    chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(500, 350), QPoint(500, 350))
    QApplication.sendEvent(chart.view, event)
    assert chart.view.findChildren(DrawingMenu) == []


def test_the_menu_key_opens_the_menu_of_what_is_selected(chart: Chart) -> None:
    chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), QPoint(5, 5))
    QApplication.sendEvent(chart.view, event)
    (menu,) = chart.view.findChildren(DrawingMenu)
    assert menu.isVisible()
    menu.close()


# -------------------------------------------------------------------------------------------- copies


def test_a_copy_is_put_where_the_mouse_is(chart: Chart) -> None:
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.key(Qt.Key.Key_C, CTRL)
    chart.qtbot.mouseMove(chart.view, QPoint(270, 200))
    chart.key(Qt.Key.Key_V, CTRL)
    copy = chart.drawings[1]
    assert copy.anchors[0].time == line.anchors[0].time + 10 * 60_000
    assert Places.of(chart.view.scene).y(copy.anchors[0].price) == pytest.approx(200, abs=0.1)
    assert copy.id != line.id


def test_a_copy_on_another_symbol_is_in_proportion(chart: Chart) -> None:
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.key(Qt.Key.Key_C, CTRL)
    chart.panel.link.choose("MSFT")
    chart.view.grab()
    assert chart.drawings == []
    chart.qtbot.mouseMove(chart.view, QPoint(200, 150))
    chart.key(Qt.Key.Key_V, CTRL)
    first, second = chart.only.anchors
    assert 35 < first.price < 45
    assert second.price / first.price == pytest.approx(line.anchors[1].price / line.anchors[0].price)
    assert chart.disk.kept["MSFT"] == {chart.only.id: chart.only}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "AAPL",
        "{}",
        '{"symbol":"A","drawing":{"id":"a","kind":"trend","anchors":[]}}',
        '{"symbol":"A","drawing":{"id":"a","kind":"arrow","anchors":[[1,2],[3,4]]}}',
    ],
)
def test_a_clipboard_without_a_drawing_pastes_nothing(chart: Chart, content: str) -> None:
    QGuiApplication.clipboard().setText(content)
    chart.key(Qt.Key.Key_V, CTRL)
    assert chart.drawings == []


# -------------------------------------------------------------------------------------------- magnet, ruler, hiding


def test_the_magnet_draws_to_the_bars_prices_and_ctrl_inverts_it(chart: Chart) -> None:
    bar = minutes()[370]
    near = chart.at(370, bar.high) - QPoint(0, 9)
    chart.panel.header.findChild(MagnetButton).click()
    assert chart.draw(tools.HORIZONTAL, near).anchors[0].price == bar.high
    chart.desk.choose(tools.HORIZONTAL)
    chart.click(near, modifiers=CTRL)
    assert chart.drawings[-1].anchors[0] == chart.anchor(near)
    far = chart.at(370, bar.high) - QPoint(0, 60)
    assert chart.draw(tools.HORIZONTAL, far).anchors[0] == chart.anchor(far)
    assert chart.ports.preferences.get("drawings.magnet") == "on"


def test_the_magnet_finds_the_bar_that_has_the_high_where_many_share_a_pixel(chart: Chart) -> None:
    chart.view.scene.viewport.zoom(0.01, 700)
    chart.view.refresh()
    chart.view.grab()
    assert chart.view.scene.viewport.bar_px < 2
    chart.desk.set_magnet(True)
    highest = max(minutes(), key=lambda bar: bar.high)
    index = minutes().index(highest)
    anchor = chart.draw(tools.HORIZONTAL, chart.at(index, highest.high) - QPoint(0, 5)).anchors[0]
    assert anchor.price in {price for bar in minutes()[index - 2 : index + 3] for price in (bar.high, bar.close)}


def test_shift_and_a_drag_measure_and_the_next_click_takes_it_away(chart: Chart) -> None:
    begin, end = QPoint(200, 250), QPoint(410, 150)
    chart.drag(begin, end, SHIFT)
    measure = chart.view.drawings.measure
    assert measure is not None
    first, second = chart.anchor(begin).price, chart.anchor(end).price
    assert measured(measure, Places.of(chart.view.scene)) == (
        f"+{second - first:.2f}  (+{(second - first) / first * 100:.2f} %)",
        "30 bars, 30 min",
    )
    assert "#26a69a" in {chart.view.grab().toImage().pixelColor(305, y).name() for y in range(90, 150)}
    assert chart.drawings == []
    chart.click(QPoint(600, 350))
    assert chart.view.drawings.measure is None


def test_shift_and_two_clicks_measure_back_in_time(chart: Chart) -> None:
    chart.click(QPoint(410, 150), modifiers=SHIFT)
    chart.qtbot.mouseMove(chart.view, QPoint(300, 180))
    measure = chart.view.drawings.measure
    assert measure is not None
    assert not measure.done
    chart.click(QPoint(200, 250))
    measure = chart.view.drawings.measure
    assert measure is not None
    price, time = measured(measure, Places.of(chart.view.scene))
    assert price.startswith("-")
    assert time == "-30 bars, −30 min"
    chart.key(Qt.Key.Key_Escape)
    assert chart.view.drawings.measure is None


def test_all_are_hidden_by_a_key_and_come_back_with_a_tool(chart: Chart) -> None:
    chart.draw(tools.HORIZONTAL, QPoint(300, 200))
    chart.desk.select(None)
    assert "#4c8dff" in chart.colours(QPoint(600, 200))
    chart.key(Qt.Key.Key_H, CTRL | ALT)
    assert "#4c8dff" not in chart.colours(QPoint(600, 200))
    assert chart.ports.preferences.get("drawings.hidden") == "on"
    chart.key(Qt.Key.Key_T, ALT)
    assert "#4c8dff" in chart.colours(QPoint(600, 200))


def test_the_header_undoes_redoes_pastes_and_removes_all(chart: Chart) -> None:
    chart.draw(tools.HORIZONTAL, QPoint(300, 200))
    chart.draw(tools.VERTICAL, QPoint(300, 200))
    chart.key(Qt.Key.Key_C, CTRL)
    button = chart.panel.header.findChild(DrawButton)

    def choose(entry: str) -> None:
        button.menu().aboutToShow.emit()
        pick(button.menu(), entry)

    choose("Remove all")
    assert chart.drawings == []
    choose("Undo")
    assert len(chart.drawings) == 2
    choose("Redo")
    assert chart.drawings == []
    choose("Paste")
    assert chart.only.kind is DrawingKind.VERTICAL
    choose("Rectangle")
    assert chart.desk.tool is tools.RECTANGLE


# -------------------------------------------------------------------------------------------- layers, symbols, disk


def test_a_tick_paints_no_drawing_that_rests(chart: Chart, monkeypatch: pytest.MonkeyPatch) -> None:
    chart.draw(tools.HORIZONTAL, QPoint(300, 200))
    painted: list[str] = []
    paint = type(chart.view.drawings)._paint
    monkeypatch.setattr(
        type(chart.view.drawings),
        "_paint",
        lambda own, painter, drawing, handles=False: (
            painted.append(drawing.id),
            paint(own, painter, drawing, handles),
        ),
    )

    def painted_by(act: Callable[[], object]) -> int:
        painted.clear()
        act()
        chart.view.grab()
        return len(painted)

    assert painted_by(chart.view.update) == 1  # it is selected
    still = chart.view._still.cacheKey()
    assert painted_by(chart.view.update) == 1
    assert chart.view._still.cacheKey() == still
    assert painted_by(lambda: chart.desk.select(None)) == 1  # once, into the picture
    assert painted_by(chart.view.update) == 0


def test_drawings_keep_their_place_on_another_interval(chart: Chart) -> None:
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.panel.set_interval(Interval.M5)
    chart.view.grab()
    starts = chart.view.scene.bars.start
    places = Places.of(chart.view.scene)
    for anchor in line.anchors:
        bar = places.bar_at(places.x(anchor.time))
        assert starts[bar] <= anchor.time < starts[bar] + 300_000
    assert chart.desk.selected == line


def test_each_symbol_has_its_own_and_they_come_back(chart: Chart) -> None:
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.panel.link.choose("MSFT")
    assert chart.view.drawings.kept == ()
    assert chart.desk.selected is None
    chart.key(Qt.Key.Key_Z, CTRL)  # MSFT has nothing to undo
    chart.panel.link.choose("AAPL")
    assert list(chart.view.drawings.kept) == [line]


def test_a_click_on_a_drawing_gives_the_chart_the_keyboard(chart: Chart) -> None:
    chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.view.clearFocus()
    assert not chart.view.hasFocus()
    chart.click(QPoint(300, 200))
    assert chart.view.hasFocus()


def test_a_drag_of_the_last_symbol_ends_with_it(chart: Chart) -> None:
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    chart.press(QPoint(300, 200))
    chart.qtbot.mouseMove(chart.view, QPoint(320, 220))
    chart.panel.link.choose("MSFT")
    chart.qtbot.mouseMove(chart.view, QPoint(340, 240))
    chart.qtbot.mouseRelease(chart.view, LEFT, NONE, QPoint(340, 240))
    assert chart.drawings == []
    assert list(chart.ports.drawings.of("AAPL")) == [line]


def test_all_charts_of_a_symbol_show_the_same(chart: Chart, qtbot: QtBot) -> None:
    other = Chart(qtbot, ports=chart.ports)
    line = chart.draw(tools.TREND, QPoint(200, 150), QPoint(400, 250))
    assert list(other.view.drawings.kept) == [line]
    other.key(Qt.Key.Key_Z, CTRL)
    assert chart.view.drawings.kept == ()
    assert chart.desk.selected is None
    other.panel.close_panel()


def test_a_drawing_that_cannot_be_kept_stays_and_one_sentence_says_so(chart: Chart) -> None:
    chart.disk.failure = StoreUnavailable("The disk is full.")
    chart.draw(tools.HORIZONTAL, QPoint(300, 200))
    assert [notice.sentence for notice in chart.notices] == ["What is drawn on AAPL was not kept. The disk is full."]
    assert len(chart.view.drawings.kept) == 1


def test_the_header_shows_the_tool_in_hand(chart: Chart) -> None:
    button = chart.panel.header.findChild(DrawButton)
    assert not button.isChecked()
    chart.key(Qt.Key.Key_F, ALT)
    assert button.isChecked()
    assert button.toolTip() == "Fibonacci retracement"
    assert isinstance(button, QWidget)


@pytest.mark.parametrize(
    ("colour", "shown"), [("red", DARK.red), ("#12ab34", "#12ab34"), ("nonsense", "#4c8dff"), ("#zz", "#4c8dff")]
)
def test_inks_are_names_or_colours_of_ones_own(chart: Chart, colour: str, shown: str) -> None:
    drawing = chart.draw(tools.HORIZONTAL, QPoint(300, 200))
    chart.desk.restyle(drawing, Style(colour))
    chart.desk.select(None)
    assert shown in chart.colours(QPoint(600, 200))


def test_words_of_another_symbol_are_not_put_on_this_one(chart: Chart) -> None:
    chart.desk.choose(tools.TEXT)
    chart.click(QPoint(300, 150))
    chart.qtbot.keyClicks(chart.panel.hand.entry, "AAPL only")
    chart.panel.link.choose("MSFT")
    chart.qtbot.keyClick(chart.panel.hand.entry, Qt.Key.Key_Return)
    assert chart.drawings == []
