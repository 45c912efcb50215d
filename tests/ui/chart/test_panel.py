"""The chart as a person sees it: its data, its states, its gestures."""

import asyncio
from collections.abc import Callable
from datetime import date, time, timedelta
from itertools import count
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from monitor.errors import StoreUnavailable
from monitor.live.events import BarsArrived, BoardChanged, HistoryProgress
from monitor.market.bar import Bar, BarSeries, Interval
from monitor.market.calendar import at_new_york, from_ms
from monitor.market.quote import Quote
from monitor.ports import Wanted
from monitor.ui.chart import panel as chart_panel
from monitor.ui.chart.legend import legend
from monitor.ui.chart.panel import ChartPanel
from monitor.ui.day_field import put_day
from monitor.ui.link import LinkGroup
from monitor.ui.palettes import DARK, LIGHT
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import NOW_MS, FakeArchive, FakeSignIn, minutes, until, view_ports

MAKE = Callable[..., tuple[ChartPanel, ViewPorts]]


@pytest.fixture
def make(qtbot: QtBot) -> MAKE:
    """A shown chart of AAPL with 390 minutes, or with the bars given."""

    def build(bars: list[Bar] | None = None, **overrides: Any) -> tuple[ChartPanel, ViewPorts]:
        archive = overrides.pop("archive", None) or FakeArchive()
        for each in [minutes()] if bars is None else [bars]:
            if each:
                archive.put(each)
        ports = view_ports(archive=archive, **overrides)
        link = LinkGroup(1, "#c0392b")
        link.choose("AAPL")
        panel = ChartPanel(ports, link, Theme())
        qtbot.addWidget(panel)
        panel.resize(790, 520)
        panel.show()
        QApplication.processEvents()
        return panel, ports

    return build


def said(panel: ChartPanel, index: int | None = None) -> str:
    return "".join(piece.text for piece in legend(panel.view.scene, index))


def print_trade(ports: ViewPorts, price: float, time: int = NOW_MS) -> None:
    """A print of 100 shares reaches the board and the screen."""
    before = ports.board.quote("AAPL")
    volume = (before.volume or 0) if before else 0
    ports.board.take_quote(Quote(symbol="AAPL", volume=volume or 1))
    ports.board.take_quote(Quote(symbol="AAPL", last=price, last_size=100, volume=(volume or 1) + 100, trade_time=time))
    ports.bus.publish(BoardChanged(frozenset({"AAPL"}), frozenset({"AAPL"}), frozenset()))


def colours(panel: ChartPanel) -> set[str]:
    image = panel.view.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(0, 728, 1) for y in range(40, 480, 7)}


def test_candles_of_both_colours_appear_and_follow_the_theme(make: MAKE) -> None:
    panel, _ = make()
    assert {DARK.up, DARK.down, DARK.panel} <= colours(panel)
    panel.view._theme.use(False)
    assert {LIGHT.up, LIGHT.down, LIGHT.panel} <= colours(panel)
    panel.view._theme.use(True)


def test_the_symbol_is_watched_and_its_history_ensured(make: MAKE) -> None:
    panel, ports = make()
    assert ports.watching.wishes == {"chart": Wanted(quotes=frozenset({"AAPL"}), bars=frozenset({"AAPL"}))}
    assert ports.loader.ensured == ["AAPL"]
    panel.link.choose("MSFT")
    assert ports.watching.wishes["chart"].bars == {"MSFT"}
    assert ports.loader.ensured[-1] == "MSFT"


def test_the_legend_reads_the_last_bar_or_the_one_under_the_mouse(make: MAKE) -> None:
    panel, ports = make()
    ports.board.take_quote(Quote(symbol="AAPL", exchange_name="NASDAQ", close=584.0))
    ports.bus.publish(BoardChanged(frozenset({"AAPL"}), frozenset(), frozenset()))
    last = minutes()[-1]
    assert said(panel).startswith(f"AAPL · 1m · NASDAQ   O {last.open:.2f}   H {last.high:.2f}")
    assert f"C {last.close:.2f}" in said(panel)
    view = panel.view
    view.point_at(QPoint(int(view.scene.viewport.centre_of(380)), 200))
    assert view.hovered_index == 380
    assert f"O {minutes()[380].open:.2f}" in said(panel, view.hovered_index)
    view.point_at(None)
    assert view.hovered_index is None


def test_a_print_moves_the_last_candle_and_the_streams_bar_confirms_it(make: MAKE) -> None:
    panel, ports = make()
    start = NOW_MS // 60_000 * 60_000
    print_trade(ports, 600.0)
    bars = panel.view.scene.bars
    assert len(bars) == 391
    assert bars.rows(390).tolist() == [(start, 600, 600, 600, 600, 100)]
    confirmed = Bar("AAPL", Interval.M1, start, 599.0, 601.0, 598.0, 600.5, 12_345)
    ports.bus.publish(BarsArrived("AAPL", Interval.M1, (confirmed,)))
    assert bars.rows(390).tolist() == [(start, 599, 601, 598, 600.5, 12_345)]
    print_trade(ports, 700.0)
    assert bars.rows(390)["high"].tolist() == [601]


def test_a_tick_paints_only_what_lives(make: MAKE) -> None:
    panel, ports = make()
    print_trade(ports, float(minutes()[-1].close))
    panel.view.grab()
    still = panel.view._still.cacheKey()
    print_trade(ports, float(minutes()[-1].close))
    panel.view.grab()
    assert panel.view._still.cacheKey() == still
    print_trade(ports, 900.0)
    panel.view.grab()
    assert panel.view._still.cacheKey() != still


def test_the_view_follows_at_the_right_edge_only(make: MAKE) -> None:
    panel, ports = make()
    viewport = panel.view.scene.viewport
    print_trade(ports, 585.0)
    assert viewport.right == 396
    assert panel.view.latest_button.isHidden()
    viewport.pan(-150)
    panel.view.refresh()
    before = viewport.right
    print_trade(ports, 585.0, NOW_MS + 60_000)
    assert viewport.right == before
    panel.view.latest_button.click()
    assert viewport.right == 397


def test_the_view_stands_still_while_the_mouse_is_down(make: MAKE, qtbot: QtBot) -> None:
    panel, ports = make()
    view, place = panel.view, QPoint(300, 200)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=place)
    before, high = view.scene.viewport.right, view.scene.scale.high
    print_trade(ports, 900.0)
    view.grab()
    assert (view.scene.viewport.right, view.scene.scale.high) == (before, high)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=place)
    view.grab()
    assert view.scene.scale.high > 900


def test_bars_read_anew_move_nothing_while_the_mouse_is_down(make: MAKE, qtbot: QtBot) -> None:
    panel, ports = make(bars=minutes()[200:])
    view, place = panel.view, QPoint(300, 200)
    view.grab()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=place)
    scene = view.scene
    start = int(scene.bars.start[scene.viewport.bar_at(place.x())])
    before, high = int(scene.viewport.left_of(scene.bars.place(start))), scene.scale.high
    later = Bar("AAPL", Interval.M1, NOW_MS // 60_000 * 60_000, 585.0, 900.0, 584.0, 585.0, 1)
    ports.archive.put([*minutes(), later])
    ports.bus.publish(HistoryProgress("AAPL", 5, 5))
    view.grab()
    assert (int(scene.viewport.left_of(scene.bars.place(start))), scene.scale.high) == (before, high)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=place)
    view.grab()
    assert len(scene.bars) == 391
    assert scene.scale.high > 900


def test_a_button_let_go_elsewhere_holds_nothing(make: MAKE, qtbot: QtBot) -> None:
    panel, ports = make()
    view = panel.view
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    right = view.scene.viewport.right
    moved = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(400, 200),
        view.mapToGlobal(QPointF(400, 200)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(view, moved)
    assert view.scene.viewport.right == right
    print_trade(ports, 585.0)
    assert view.scene.viewport.right == right + 1
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(400, 200))


def test_dragging_pans_and_the_price_axis_scales(make: MAKE, qtbot: QtBot) -> None:
    panel, _ = make()
    view, scene = panel.view, panel.view.scene
    right = scene.viewport.right
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    qtbot.mouseMove(view, QPoint(370, 200))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(370, 200))
    assert scene.viewport.right == pytest.approx(right - 10)
    axis = QPoint(scene.plot.right() + 20, 200)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=axis)
    qtbot.mouseMove(view, axis + QPoint(0, 80))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=axis)
    assert not scene.scale.automatic
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=axis)
    assert scene.scale.automatic


def test_the_wheel_zooms_and_keys_move(make: MAKE, qtbot: QtBot) -> None:
    panel, _ = make()
    view, viewport = panel.view, panel.view.scene.viewport
    before, place = viewport.bar_px, QPointF(300, 200)
    turn = (QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(
        view, QWheelEvent(place, view.mapToGlobal(place), *turn, Qt.ScrollPhase.NoScrollPhase, False)
    )
    assert viewport.bar_px > before
    view.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert viewport.first == 0
    qtbot.keyClick(view, Qt.Key.Key_End)
    right = viewport.right
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert viewport.right == right - 1
    qtbot.keyClick(view, Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
    assert viewport.bar_px == 7


def test_an_interval_is_told_and_read(make: MAKE, qtbot: QtBot) -> None:
    panel, _ = make()
    with qtbot.waitSignal(panel.interval_changed) as told:
        panel.set_interval(Interval.M5)
    assert told.args == [Interval.M5]
    assert panel.interval is Interval.M5
    assert len(panel.view.scene.bars) == 79
    assert " · 5m" in said(panel)


def test_without_history_the_chart_offers_to_download(make: MAKE, qtbot: QtBot) -> None:
    panel, ports = make(bars=[])
    assert panel.message.text == "No history for AAPL yet."
    qtbot.mouseClick(panel.message.button, Qt.MouseButton.LeftButton)
    assert ports.loader.ensured == ["AAPL", "AAPL"]
    ports.bus.publish(HistoryProgress("AAPL", 2, 5))
    assert panel.message.text == "Downloading history… 2/5"
    ports.archive.put(minutes())
    ports.bus.publish(HistoryProgress("AAPL", 5, 5))
    assert panel.message.text == ""
    assert len(panel.view.scene.bars) == 390


def test_a_failed_download_says_so_and_can_be_tried_again(make: MAKE, qtbot: QtBot) -> None:
    panel, ports = make(bars=[])
    ports.bus.publish(HistoryProgress("AAPL", 0, 5, failed="Schwab does not answer."))
    assert panel.message.text == "Schwab does not answer."
    ports.archive.put(minutes())
    qtbot.mouseClick(panel.message.button, Qt.MouseButton.LeftButton)
    assert panel.message.text == ""
    ports.bus.publish(HistoryProgress("AAPL", 0, 5, failed="Schwab does not answer."))
    assert panel.retry_button.isVisible()
    assert len(panel.view.scene.bars) == 390


def test_an_archive_that_cannot_be_read_says_so(make: MAKE) -> None:
    archive = FakeArchive()
    archive.failure = StoreUnavailable("The database cannot be read.")
    panel, _ = make(archive=archive)
    assert panel.message.text == "The database cannot be read."


class SlowArchive(FakeArchive):
    """Answers for a symbol when the test opens its gate, even if nobody waits any more."""

    def __init__(self) -> None:
        super().__init__()
        self.gates = {"AAPL": asyncio.Event(), "MSFT": asyncio.Event()}

    async def bars(self, symbol: str, interval: Interval, start_ms: int = 0, end_ms: int = 2**62) -> BarSeries:
        try:
            await self.gates[symbol].wait()
        except asyncio.CancelledError:
            await self.gates[symbol].wait()
        return await super().bars(symbol, interval, start_ms, end_ms)


async def test_a_late_answer_for_another_symbol_is_dropped(make: MAKE) -> None:
    archive = SlowArchive()
    archive.put(minutes("MSFT", 50))
    panel, _ = make(archive=archive)
    await asyncio.sleep(0)
    panel.link.choose("MSFT")
    archive.gates["MSFT"].set()
    await until(lambda: len(panel.view.scene.bars) == 50)
    archive.gates["AAPL"].set()
    await asyncio.sleep(0.01)
    assert panel.view.scene.symbol == "MSFT"
    assert len(panel.view.scene.bars) == 50


async def test_bars_that_keep_coming_do_not_begin_a_slow_reading_anew(
    make: MAKE, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chart_panel, "_RELOAD_MS", 1)
    archive, asked = SlowArchive(), []
    read = archive.bars

    async def counted(*question: Any) -> BarSeries:
        asked.append(question)
        return await read(*question)

    monkeypatch.setattr(archive, "bars", counted)
    panel, ports = make(archive=archive)
    await until(lambda: asked)
    for _ in range(5):
        ports.bus.publish(BarsArrived("AAPL", Interval.M1, tuple(minutes()[:50])))
        looks = count()
        await until(lambda looks=looks: next(looks) > 3)  # the loop goes on, and the timer with it
    assert len(asked) == 1
    archive.gates["AAPL"].set()
    await until(lambda: len(asked) == 2)  # what came besides is read then
    await until(lambda: len(panel.view.scene.bars) == 390)


async def test_a_minute_heard_while_reading_is_not_lost(make: MAKE) -> None:
    archive = SlowArchive()
    panel, ports = make(archive=archive)
    await asyncio.sleep(0)
    heard = Bar("AAPL", Interval.M1, NOW_MS // 60_000 * 60_000, 1, 2, 1, 2, 3)
    ports.bus.publish(BarsArrived("AAPL", Interval.M1, (heard,)))
    archive.gates["AAPL"].set()
    await until(lambda: len(panel.view.scene.bars) == 391)
    assert panel.view.scene.bars.start[-1] == heard.start


async def test_history_does_not_push_out_a_minute_heard_while_reading(make: MAKE) -> None:
    archive = SlowArchive()
    panel, ports = make(archive=archive)
    await asyncio.sleep(0)
    heard = Bar("AAPL", Interval.M1, NOW_MS // 60_000 * 60_000, 1, 2, 1, 2, 3)
    ports.bus.publish(BarsArrived("AAPL", Interval.M1, (heard,)))
    ports.bus.publish(BarsArrived("AAPL", Interval.M1, tuple(minutes()[:50])))
    archive.gates["AAPL"].set()
    await until(lambda: len(panel.view.scene.bars) == 391)
    assert panel.view.scene.bars.start[-1] == heard.start


def test_a_hidden_chart_rests_and_catches_up(make: MAKE) -> None:
    panel, ports = make()
    panel.hide()
    print_trade(ports, 600.0)
    ports.bus.publish(BarsArrived("AAPL", Interval.M1, tuple(minutes(count=3, end_ms=NOW_MS + 120_000))))
    assert len(panel.view.scene.bars) == 390
    panel.show()
    assert len(panel.view.scene.bars) == 392


def test_older_bars_keep_the_view_on_its_bars(make: MAKE) -> None:
    panel, ports = make(bars=minutes()[200:])
    viewport = panel.view.scene.viewport
    viewport.pan(-60)
    seen = panel.view.scene.bars.start[viewport.last - 1]
    ports.archive.put(minutes())
    ports.bus.publish(HistoryProgress("AAPL", 5, 5))
    assert panel.view.scene.bars.start[viewport.last - 1] == seen


def test_history_behind_a_few_live_bars_leaves_the_latest_where_it_was(make: MAKE) -> None:
    panel, ports = make(bars=minutes()[-2:])
    viewport = panel.view.scene.viewport
    room = viewport.right - viewport.count
    ports.archive.put(minutes())
    ports.bus.publish(HistoryProgress("AAPL", 5, 5))
    assert (viewport.count, viewport.right - viewport.count) == (390, room)


def test_the_range_in_view_is_from_its_first_bar_to_its_last(make: MAKE) -> None:
    panel, _ = make()
    viewport, bars = panel.view.scene.viewport, minutes()
    assert panel.bar_count == len(bars)
    assert panel.visible_range() == (bars[viewport.first].start, bars[-1].start + 1)
    viewport.pan(-60)
    assert panel.visible_range() == (bars[viewport.first].start, bars[viewport.last - 1].start + 1)


def test_another_symbol_does_not_keep_the_facts_of_the_last(make: MAKE) -> None:
    panel, ports = make()
    ports.board.take_quote(Quote(symbol="AAPL", exchange_name="NASDAQ", close=580.0))
    ports.bus.publish(BoardChanged(frozenset({"AAPL"}), frozenset(), frozenset()))
    assert said(panel).startswith("AAPL · 1m · NASDAQ")
    panel.link.choose("SPY")
    assert said(panel) == "SPY · 1m"
    assert panel.view.scene.previous_close is None


def test_signed_out_an_empty_chart_offers_the_sign_in(make: MAKE, qtbot: QtBot) -> None:
    panel, _ = make(bars=[], sign_in=FakeSignIn(signed_in=False))
    assert panel.message.text == "Sign in to see the chart of AAPL."
    with qtbot.waitSignal(panel.sign_in_wanted):
        panel.message.button.click()


def test_a_chart_without_bars_has_no_range_in_view(make: MAKE) -> None:
    panel, _ = make(bars=[])
    assert (panel.bar_count, panel.visible_range()) == (0, (0, 0))


def test_a_closed_panel_hears_and_wants_nothing(make: MAKE) -> None:
    panel, ports = make()
    panel.close_panel()
    print_trade(ports, 600.0)
    ports.bus.publish(BarsArrived("AAPL", Interval.M1, tuple(minutes(count=3, end_ms=NOW_MS + 120_000))))
    assert panel.bar_count == 390
    assert ports.watching.wanted == Wanted()


def test_the_countdown_stands_on_the_last_price(make: MAKE) -> None:
    panel, ports = make()
    print_trade(ports, 585.0)
    panel.view.grab()
    assert panel.view._remaining == "00:58"
    ports.meters.now += 20_000
    panel.view._tick_clock()
    panel.view.grab()
    assert panel.view._remaining == "00:38"
    image = panel.view.grab().toImage()
    y = int(panel.view.scene.scale.y(585.0))
    assert image.pixelColor(image.width() - 3, y) in (QColor(DARK.up), QColor(DARK.down))


def test_a_cursor_goes_from_bar_to_bar_and_reads_each_aloud(make: MAKE, qtbot: QtBot) -> None:
    panel, _ = make()
    view, heard = panel.view, []
    view.read_aloud.connect(heard.append)
    view.activateWindow()
    view.setFocus()
    view.grab()
    keys = Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(view, Qt.Key.Key_Left, keys)
    count = len(view.scene.bars)
    assert view.hovered_index == count - 1
    for _ in range(200):
        qtbot.keyClick(view, Qt.Key.Key_Left, keys)
    assert view.hovered_index == count - 201
    assert view.scene.viewport.first <= count - 201
    bar = view.scene.bars.rows(count - 201, count - 200)[0]
    assert f"close {bar['close']:.2f}, volume" in heard[-1]
    assert len(heard) == 201
    qtbot.keyClick(view, Qt.Key.Key_Right, keys)
    assert view.hovered_index == count - 200


@pytest.mark.parametrize(("interval", "first"), [(Interval.WEEK, "2026-11-16"), (Interval.MONTH, "2026-11-01")])
def test_a_day_gone_to_is_in_the_week_or_month_that_holds_it(make: MAKE, interval: Interval, first: str) -> None:
    days = [
        Bar("AAPL", Interval.DAY, at_new_york(date(2016, 11, 1) + timedelta(days=n), time(0)), 1, 1, 1, 1, 1)
        for n in range(4_000)
    ]
    panel, _ = make(days)
    panel.set_interval(interval)
    panel.view.grab()
    dialog = panel.open_go_to()
    put_day(dialog.day, date(2026, 11, 18))
    dialog._go()
    scene = panel.view.scene
    place = scene.bars.place(at_new_york(date.fromisoformat(first), time(0)))
    assert scene.viewport.right == min(
        place + scene.viewport.span * 0.75, scene.viewport.count + scene.viewport.span * 0.6
    )


def test_a_day_is_gone_to(make: MAKE) -> None:
    bars = [bar for days in (3, 2, 1, 0) for bar in minutes(end_ms=NOW_MS - days * 86_400_000)]
    panel, _ = make(bars)
    panel.view.grab()
    dialog = panel.open_go_to()
    put_day(dialog.day, from_ms(NOW_MS - 2 * 86_400_000).date())
    dialog._go()
    scene = panel.view.scene
    place = 390
    assert int(scene.viewport.left_of(place)) == pytest.approx(scene.plot.width() / 4, abs=8)
    earlier = panel.open_go_to()
    put_day(earlier.day, from_ms(NOW_MS - 900 * 86_400_000).date())
    earlier._go()
    assert scene.viewport.first == 0
