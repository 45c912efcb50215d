"""Alerts on the chart with real mouse and key events: made, dragged, edited, taken back, and fired."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from pytestqt.qtbot import QtBot

from monitor.errors import StoreUnavailable
from monitor.live.events import AlertFired, Notice
from monitor.market.alert import Alert, Direction, Firing
from monitor.market.drawing import Anchor, DrawingKind
from monitor.ui.chart.drawings import tools
from monitor.ui.chart.events.alert_dialog import AlertDialog
from monitor.ui.chart.events.chart_menu import AlertMenu, ChartMenu
from tests.support.builders import a_quote
from tests.support.chart_hand import ALT, CTRL, LEFT, NONE, SHIFT, ChartHand, pick
from tests.support.ports import NOW_MS, FakeAlerts, FakeArchive, minutes, until


class Chart(ChartHand):
    """A hand on alerts."""

    def __init__(self, qtbot: QtBot, **overrides: Any) -> None:
        super().__init__(qtbot, **overrides)
        self.desk, self.hand, self.layer = self.panel.events.desk, self.panel.events.hand, self.view.events.alerts

    @property
    def only(self) -> Alert:
        (alert,) = self.desk.alerts
        return alert

    def y(self, price: float) -> int:
        return int(self.view.scene.scale.y(price))

    def on(self, alert: Alert, x: int = 300) -> QPoint:
        return QPoint(x, self.y(alert.price))

    def price(self, y: int) -> float:
        return round(self.view.scene.scale.price(y), 2)

    def middle(self) -> float:
        """A price in the middle of the plot."""
        return self.price(self.view.scene.plot.center().y())

    def dialog(self) -> AlertDialog:
        return self.view.findChildren(AlertDialog)[-1]


@pytest.fixture
def chart(qtbot: QtBot) -> Chart:
    return Chart(qtbot)


@pytest.fixture
def alerted(qtbot: QtBot) -> Chart:
    """A chart with one alert in the middle of what is in view."""
    made = Chart(qtbot)
    alert = made.desk.new(made.middle())
    assert alert is not None
    made.desk.put(alert)
    made.desk.select(None)
    return made


# ------------------------------------------------------------------------------------------- making


def test_alt_a_makes_one_at_the_price_under_the_cursor(chart: Chart) -> None:
    place = QPoint(300, 150)
    chart.qtbot.mouseMove(chart.view, place)
    chart.view.point_at(place)
    chart.key(Qt.Key.Key_A, ALT)
    alert = chart.only
    assert alert.price == chart.price(150)
    assert (alert.symbol, alert.direction, alert.again, alert.active) == ("AAPL", Direction.ANY, False, True)
    assert chart.desk.selected == alert
    assert chart.said[-1] == f"Alert at {alert.price:.2f}, either way, once"


def test_without_a_cursor_it_is_at_the_last_price_and_without_bars_there_is_none(qtbot: QtBot, chart: Chart) -> None:
    chart.view.point_at(None)
    chart.key(Qt.Key.Key_A, ALT)
    assert chart.only.price == minutes()[-1].close
    empty = Chart(qtbot, archive=FakeArchive())
    empty.key(Qt.Key.Key_A, ALT)
    assert empty.desk.alerts == ()


def test_the_menu_of_a_place_asks_how_it_is_to_be(chart: Chart) -> None:
    menu = chart.menu(QPoint(300, 150))
    assert isinstance(menu, ChartMenu)
    pick(menu, f"Alert at {chart.price(150):,.2f}…")
    dialog = chart.dialog()
    assert dialog.price.value() == chart.price(150)
    dialog.direction.setCurrentIndex(1)
    dialog.again.setChecked(True)
    dialog.rearm.setValue(0.25)
    dialog.note.setText("  take profit ")
    dialog.buttons.accepted.emit()
    alert = chart.only
    assert (alert.direction, alert.again, alert.rearm, alert.note) == (Direction.UP, True, 0.25, "take profit")


def test_a_dialog_that_is_cancelled_makes_none_and_zero_is_no_price(chart: Chart) -> None:
    pick(chart.menu(QPoint(300, 150)), f"Alert at {chart.price(150):,.2f}…")
    chart.dialog().price.setValue(0)
    chart.dialog().buttons.accepted.emit()
    assert chart.dialog().isVisible()
    chart.dialog().reject()
    assert chart.desk.alerts == ()


def test_prices_go_by_the_tick_of_the_contract(qtbot: QtBot) -> None:
    from monitor.market.quote import FutureQuote

    made = Chart(qtbot)
    made.ports.board.take_detailed(FutureQuote(symbol="AAPL", tick=0.25))
    made.view.point_at(QPoint(300, 151))
    made.key(Qt.Key.Key_A, ALT)
    assert made.only.price % 0.25 == 0
    before = made.only.price
    made.key(Qt.Key.Key_Up)
    assert made.only.price == before + 0.25


# ------------------------------------------------------------------------------------------- dragging


def test_a_drag_shows_the_price_and_moves_the_line_on_release(alerted: Chart) -> None:
    before, begin = alerted.only, alerted.on(alerted.only)
    end = begin - QPoint(0, 40)
    right = alerted.view.scene.viewport.right
    alerted.drag(begin, end, release=False)
    dragged = alerted.layer.dragged
    assert dragged is not None
    assert dragged.price == pytest.approx(alerted.price(end.y()), abs=0.02)
    assert alerted.only == before  # nothing is kept yet
    alerted.view.grab()
    alerted.qtbot.mouseRelease(alerted.view, LEFT, NONE, end)
    assert alerted.only.price == dragged.price
    assert alerted.layer.dragged is None
    assert alerted.view.scene.viewport.right == right  # nothing panned


def test_esc_gives_a_drag_up_and_what_follows_is_no_pan(alerted: Chart) -> None:
    before, begin = alerted.only, alerted.on(alerted.only)
    alerted.drag(begin, begin - QPoint(0, 40), release=False)
    alerted.key(Qt.Key.Key_Escape)
    assert alerted.layer.dragged is None
    alerted.qtbot.mouseRelease(alerted.view, LEFT, NONE, begin - QPoint(0, 40))
    assert alerted.only == before


def test_the_tag_on_the_axis_drags_the_line_and_not_the_scale(alerted: Chart) -> None:
    scale = alerted.view.scene.scale
    span = scale.low, scale.high
    begin = alerted.on(alerted.only, alerted.view.scene.plot.right() + 20)
    alerted.drag(begin, begin + QPoint(0, 30))
    assert alerted.only.price == pytest.approx(alerted.price(begin.y() + 30), abs=0.02)
    assert (scale.low, scale.high) == span


def test_beside_the_line_the_chart_pans(alerted: Chart) -> None:
    before, right = alerted.only, alerted.view.scene.viewport.right
    alerted.desk.select(before)
    alerted.drag(alerted.on(before) - QPoint(0, 12), alerted.on(before) + QPoint(60, -12))
    assert alerted.only == before
    assert alerted.view.scene.viewport.right < right
    assert alerted.desk.selected is None


def test_a_click_selects_and_moves_nothing(alerted: Chart) -> None:
    before = alerted.only
    alerted.click(alerted.on(before))
    assert alerted.desk.selected == alerted.only == before


def test_one_that_is_dragged_waits_again(qtbot: QtBot) -> None:
    made = Chart(qtbot)
    made.desk.put(Alert("a", "AAPL", made.middle(), active=False, fired_ms=NOW_MS))
    begin = made.on(made.only)
    made.drag(begin, begin + QPoint(0, 30))
    assert made.only.active


def test_one_that_fires_in_the_hand_has_fired_and_waits_where_it_is_put(alerted: Chart) -> None:
    before, begin = alerted.only, alerted.on(alerted.only)
    alerted.drag(begin, begin - QPoint(0, 40), release=False)
    alerted.ports.board.take_quote(a_quote(last=before.price - 1))
    alerted.release(begin - QPoint(0, 40))
    assert (alerted.only.active, alerted.only.fired_ms) == (True, NOW_MS)
    assert alerted.only.price > before.price
    alerted.undo()
    assert (alerted.only.price, alerted.only.active, alerted.only.fired_ms) == (before.price, False, NOW_MS)


def test_what_is_gone_is_not_brought_back_by_the_menu_that_was_open(alerted: Chart) -> None:
    menu = alerted.menu(alerted.on(alerted.only))
    alerted.ports.alerting.remove(alerted.only)
    pick(menu, "On")
    assert alerted.desk.alerts == ()


def test_a_drag_ends_when_the_symbol_changes(alerted: Chart) -> None:
    before = alerted.only
    begin = alerted.on(before)
    alerted.drag(begin, begin - QPoint(0, 40), release=False)
    alerted.link.choose("MSFT")
    assert alerted.layer.dragged is None
    alerted.qtbot.mouseRelease(alerted.view, LEFT, NONE, begin)
    alerted.link.choose("AAPL")
    assert alerted.only == before


# ------------------------------------------------------------------------------------------- changing


def test_a_double_click_opens_it_and_what_is_chosen_is_kept(alerted: Chart) -> None:
    place = alerted.on(alerted.only)
    alerted.qtbot.mouseDClick(alerted.view, LEFT, NONE, place)
    dialog = alerted.dialog()
    dialog.price.setValue(alerted.only.price + 0.1)
    dialog.buttons.accepted.emit()
    assert alerted.only.price == pytest.approx(alerted.price(place.y()) + 0.1, abs=0.02)
    assert alerted.layer.dragged is None


def test_arrows_move_the_selected_one_by_a_tick_and_say_so(alerted: Chart) -> None:
    alerted.desk.select(alerted.only)
    price = alerted.only.price
    alerted.key(Qt.Key.Key_Up)
    assert alerted.only.price == pytest.approx(price + 0.01)
    alerted.key(Qt.Key.Key_Down, SHIFT)
    assert alerted.only.price == pytest.approx(price - 0.09)
    assert alerted.said[-1] == f"Alert at {alerted.only.price:.2f}, either way, once"


def test_alt_and_arrows_go_from_one_to_the_next(qtbot: QtBot) -> None:
    made = Chart(qtbot)
    middle = made.middle()
    for number, away in enumerate((0.2, 0.0, -0.2)):
        made.desk.put(Alert(str(number), "AAPL", round(middle + away, 2)))
    made.desk.select(None)
    made.key(Qt.Key.Key_Up, ALT)
    first = made.desk.selected
    assert first is not None
    made.key(Qt.Key.Key_Down, ALT)
    made.key(Qt.Key.Key_Down, ALT)
    assert made.desk.selected is not None
    assert made.desk.selected.id == "2"
    made.key(Qt.Key.Key_Up, ALT)
    assert made.desk.selected.id == "1"


def test_enter_opens_the_selected_one_and_esc_lets_it_go(alerted: Chart) -> None:
    alerted.desk.select(alerted.only)
    alerted.key(Qt.Key.Key_Return)
    alerted.dialog().reject()
    alerted.focus()
    alerted.key(Qt.Key.Key_Escape)
    assert alerted.desk.selected is None


def test_del_removes_the_selected_one_and_ctrl_z_brings_it_back(alerted: Chart) -> None:
    before = alerted.only
    alerted.desk.select(before)
    alerted.key(Qt.Key.Key_Delete)
    assert alerted.desk.alerts == ()
    alerted.key(Qt.Key.Key_Z, CTRL)
    assert (alerted.only.id, alerted.only.price) == (before.id, before.price)
    alerted.key(Qt.Key.Key_Y, CTRL)
    assert alerted.desk.alerts == ()
    alerted.key(Qt.Key.Key_Z, CTRL)
    alerted.key(Qt.Key.Key_Z, CTRL)  # and then that it was made
    assert alerted.desk.alerts == ()


def test_ctrl_z_takes_back_what_was_done_last_be_it_an_alert_or_a_drawing(alerted: Chart) -> None:
    drawing = alerted.panel.drawing
    drawing.put(None, drawing.new(DrawingKind.HORIZONTAL, [Anchor(NOW_MS, alerted.middle() + 0.2)]))
    alerted.key(Qt.Key.Key_Z, CTRL)
    assert drawing.drawings == ()
    assert len(alerted.desk.alerts) == 1


def test_the_menu_of_an_alert_turns_it_off_and_removes_it(alerted: Chart) -> None:
    menu = alerted.menu(alerted.on(alerted.only))
    assert isinstance(menu, AlertMenu)
    pick(menu, "On")
    assert not alerted.only.active
    pick(alerted.menu(alerted.on(alerted.only)), "Remove alert")
    assert alerted.desk.alerts == ()


def test_the_menu_key_opens_the_menu_of_the_selected_one(alerted: Chart) -> None:
    alerted.desk.select(alerted.only)
    menu = alerted.menu(QPoint(5, 5), QContextMenuEvent.Reason.Keyboard)
    assert isinstance(menu, AlertMenu)
    menu.close()


# ------------------------------------------------------------------------------------------- beside drawings


def test_a_drawing_on_the_line_keeps_the_mouse_and_the_tag_is_the_alerts(alerted: Chart) -> None:
    drawing, alert = alerted.panel.drawing, alerted.only
    drawing.put(None, drawing.new(DrawingKind.HORIZONTAL, [Anchor(NOW_MS, alert.price)]))
    drawing.select(None)
    alerted.click(alerted.on(alert))
    assert drawing.selected is not None
    assert alerted.desk.selected is None
    assert alerted.hand.alert_at(QPointF(alerted.on(alert, alerted.view.scene.plot.right() + 10))) == alert
    alerted.click(alerted.on(alert, alerted.view.scene.plot.right() + 10))
    assert alerted.desk.selected == alert
    assert drawing.selected is None  # one thing at a time
    alerted.key(Qt.Key.Key_Delete)
    assert (alerted.desk.alerts, len(drawing.drawings)) == ((), 1)


def test_with_a_tool_in_hand_a_click_on_the_line_draws(alerted: Chart) -> None:
    alerted.panel.drawing.choose(tools.HORIZONTAL)
    alerted.click(alerted.on(alerted.only))
    assert len(alerted.panel.drawing.drawings) == 1
    assert alerted.desk.selected is None


def test_a_drawing_selected_lets_the_alert_go(alerted: Chart) -> None:
    alerted.desk.select(alerted.only)
    drawing = alerted.panel.drawing
    drawing.put(None, drawing.new(DrawingKind.HORIZONTAL, [Anchor(NOW_MS, alerted.middle() + 0.2)]))
    assert alerted.desk.selected is None


# ------------------------------------------------------------------------------------------- fired


def test_one_that_fires_changes_its_looks_and_leaves_a_mark_at_its_bar(alerted: Chart) -> None:
    alert, told = alerted.only, list[Notice]()
    alerted.ports.bus.listen(Notice, told.append)
    before = alerted.view.grab().toImage()
    at = alert.price
    alerted.ports.board.take_quote(a_quote(last=at - 1))
    assert not alerted.only.active
    [(firing, place)] = alerted.layer.marks()
    assert (firing.direction, firing.line) == (Direction.DOWN, at)
    assert place.center().y() == pytest.approx(alerted.y(at), abs=1)
    assert alerted.view.grab().toImage() != before
    assert [notice.sentence for notice in told] == [f"AAPL fell to {at:.2f} (last {at - 1:.2f})."]
    alerted.panel.hide()  # and it goes on while the chart is not shown
    alerted.desk.turn(alerted.only, on=True)
    alerted.ports.board.take_quote(a_quote(last=at + 1))
    assert len(told) == 2


def test_what_was_told_before_is_marked_and_said_on_pointing(qtbot: QtBot) -> None:
    bars = minutes()
    firing = Firing(
        "gone", "AAPL", bars[-20].start + 5_000, Direction.DOWN, bars[-20].close, bars[-20].close, note="so"
    )
    made = Chart(qtbot, alerts=FakeAlerts(firings=(replace(firing, at_ms=bars[0].start - 5_000), firing)))
    [(shown, place)] = made.layer.marks()
    assert shown == firing
    lines = made.view.events.card(place.center(), 370)
    assert [line.text for line in lines] == [f"Fell to {firing.line:.2f} at 11:26 (last {firing.line:.2f})", "so"]
    made.ports.bus.publish(AlertFired(firing))  # heard twice is one
    assert len(made.layer.firings) == 2


def test_pointing_at_a_line_says_what_it_waits_for(alerted: Chart) -> None:
    place = alerted.on(alerted.only)
    for away in (30, 0):
        alerted.qtbot.mouseMove(alerted.view, place - QPoint(0, away))
    assert alerted.layer.hovered == alerted.only.id
    lines = [line.text for line in alerted.view.events.card(place, 370)]
    assert lines == [f"Alert at {alerted.only.price:.2f}, either way, once", "Waits for the price"]
    alerted.qtbot.mouseMove(alerted.view, place + QPoint(0, 30))
    assert alerted.layer.hovered == ""


def test_pointing_at_one_that_the_disk_refuses_says_so(qtbot: QtBot) -> None:
    disk = FakeAlerts()
    chart = Chart(qtbot, alerts=disk)
    alert = chart.desk.new(chart.middle())
    assert alert is not None
    chart.desk.put(alert)

    async def refused() -> None:
        task = asyncio.create_task(chart.ports.alerting.run())
        await until(lambda: disk.kept)
        disk.failure = StoreUnavailable("The disk is full.")
        chart.ports.alerting.put(replace(chart.only, note="sell"))
        await until(lambda: chart.notices)
        task.cancel()
        await asyncio.wait({task})

    asyncio.run(refused())
    lines = [line.text for line in chart.view.events.card(chart.on(chart.only), 370)]
    assert lines[1:] == ["sell", "Waits for the price", "Not on disk yet; it fires all the same"]


def test_another_symbol_shows_its_own(alerted: Chart) -> None:
    alerted.link.choose("MSFT")
    assert alerted.layer.kept == ()
    alerted.link.choose("AAPL")
    assert len(alerted.layer.kept) == 1


def test_a_chart_that_is_closed_hears_nothing_more(alerted: Chart) -> None:
    alerted.panel.close_panel()
    alerted.ports.alerting.put(Alert("z", "AAPL", 1.0))
    assert len(alerted.layer.kept) == 1
