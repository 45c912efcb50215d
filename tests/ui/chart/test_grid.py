"""Several charts in one window: layouts, the one in focus, what comes back, and how often each paints."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QShortcut
from PySide6.QtWidgets import QApplication, QSplitter
from pytestqt.qtbot import QtBot

from monitor.analysis.indicators import Settings
from monitor.live.events import BarsArrived, BoardChanged
from monitor.market.bar import Bar, Interval
from monitor.market.drawing import Anchor, DrawingKind
from monitor.market.quote import Quote
from monitor.ui.chart import pace
from monitor.ui.chart.grid import ChartGrid
from monitor.ui.chart.grid_layout import GridLayout
from monitor.ui.chart.kinds import Kind
from monitor.ui.chart.panel import ChartPanel
from monitor.ui.link_groups import LinkGroups
from monitor.ui.palettes import DARK
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from monitor.ui.window import MainWindow
from tests.support.hand_timer import HandTimer
from tests.support.ports import NOW_MS, FakeArchive, FakePreferences, minutes, until, view_ports

Open = Callable[..., Awaitable[MainWindow]]
SYMBOLS = ("AAPL", "MSFT", "NVDA", "SPY")


@pytest_asyncio.fixture
async def open_window(qtbot: QtBot) -> AsyncIterator[Open]:
    """Opens windows whose first chart is of AAPL, over an archive with minutes of a few symbols."""
    opened: list[tuple[MainWindow, ViewPorts]] = []

    async def open_one(preferences: FakePreferences | None = None, keep_layout: bool = True) -> MainWindow:
        archive, preferences = FakeArchive(), preferences or FakePreferences()
        for symbol in SYMBOLS:
            archive.put(minutes(symbol))
        if not preferences.get("symbol"):
            preferences.set("symbol", "AAPL")
        ports = view_ports(archive=archive, preferences=preferences)
        window = MainWindow(ports, Theme(), keep_layout=keep_layout)
        opened.append((window, ports))
        qtbot.addWidget(window)
        window.show()
        window.activateWindow()
        await until(window.isActiveWindow)
        await until(lambda: all(chart.bar_count for chart in window.charts.charts))
        return window

    yield open_one
    for window, ports in opened:
        window.close()
        await ports.tasks.close()


@pytest_asyncio.fixture
async def window(open_window: Open) -> MainWindow:
    return await open_window()


async def show(window: MainWindow, layout: GridLayout) -> list[ChartPanel]:
    """Choose the layout in the menu; every chart has its bars."""
    window.commands.layouts._actions[layout].trigger()
    await until(lambda: all(chart.bar_count for chart in window.charts.charts))
    return window.charts.charts


def print_trade(ports: ViewPorts, symbol: str, price: float, volume: int) -> None:
    """A print of 100 shares reaches the board and the screen; ``volume`` is the day's, and grows."""
    if ports.board.quote(symbol) is None:
        ports.board.take_quote(Quote(symbol=symbol, volume=1))
    ports.board.take_quote(Quote(symbol=symbol, last=price, last_size=100, volume=volume, trade_time=NOW_MS))
    ports.bus.publish(BoardChanged(frozenset({symbol}), frozenset({symbol}), frozenset()))


class Paints(QObject):
    """Counts how often the view of a chart was painted."""

    def __init__(self, chart: ChartPanel) -> None:
        super().__init__(chart)
        self.count = 0
        chart.view.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def painted() -> None:
    """What is due to be painted is."""
    QApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest)
    QApplication.sendPostedEvents(None, QEvent.Type.UpdateLater)


# -------------------------------------------------------------------------------------------- layouts


@pytest.mark.parametrize("layout", list(GridLayout))
async def test_each_layout_shows_its_charts_where_its_icon_says(window: MainWindow, layout: GridLayout) -> None:
    charts = await show(window, layout)
    assert len(charts) == layout.count == sum(layout.lines.counts)
    assert all(chart.isVisible() and chart.awake for chart in charts)
    corners = [chart.mapTo(window, QPoint()) for chart in charts]
    lines, rest = [], corners
    for count in layout.lines.counts:
        lines.append(rest[:count])
        rest = rest[count:]
    along, across = (QPoint.y, QPoint.x) if layout.lines.columns else (QPoint.x, QPoint.y)
    for line in lines:
        assert len({across(corner) for corner in line}) == 1
        assert sorted({along(corner) for corner in line}) == [along(corner) for corner in line]
    firsts = [across(line[0]) for line in lines]
    assert sorted(set(firsts)) == firsts
    assert window.commands.layouts._actions[layout].isChecked()


async def test_a_new_chart_is_a_copy_of_the_one_in_focus(window: MainWindow) -> None:
    window.go_to("MSFT")
    window.set_interval(Interval.M5)
    window.chart.looks_menu.choose(kind=Kind.LINE)
    window.chart.indicators.want([Settings("SMA")])
    window.link.join(window.links[3])
    charts = await show(window, GridLayout.FOUR)
    for chart in charts:
        assert (chart.symbol, chart.interval, chart.looks_menu.looks.kind) == ("MSFT", Interval.M5, Kind.LINE)
        assert [each.name for each in chart.indicators.wanted] == ["SMA"]
        assert chart.link.group is window.links[3]
    charts[2].looks_menu.choose(kind=Kind.AREA)
    assert [chart.looks_menu.looks.kind for chart in charts] == [Kind.LINE, Kind.LINE, Kind.AREA, Kind.LINE]


async def test_the_chart_in_focus_stays_and_the_others_come_back_as_they_were(window: MainWindow) -> None:
    charts = await show(window, GridLayout.FOUR)
    for chart, symbol in zip(charts, SYMBOLS, strict=True):
        chart.link.join(None)
        chart.link.choose(symbol)
    window.charts.focus_on(charts[2])
    await show(window, GridLayout.ONE)
    assert [chart.symbol for chart in window.charts.charts] == ["NVDA"]
    assert await show(window, GridLayout.FOUR)
    assert [chart.symbol for chart in window.charts.charts] == list(SYMBOLS)
    assert window.chart.symbol == "NVDA"


async def test_a_chart_that_is_closed_wants_and_hears_nothing(window: MainWindow) -> None:
    charts = await show(window, GridLayout.BESIDE)
    ports = window._ports
    charts[1].link.join(None)
    charts[1].link.choose("SPY")
    await until(lambda: charts[1].bar_count and charts[1].symbol == "SPY")
    assert ports.watching.wishes["chart 2"].bars == {"SPY"}
    await show(window, GridLayout.ONE)
    assert "chart 2" not in ports.watching.wishes
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    window.commands.colours.trigger()  # what was closed takes no new colours either
    window.commands.colours.trigger()


async def test_two_charts_read_side_by_side(window: MainWindow) -> None:
    charts = await show(window, GridLayout.BESIDE)
    charts[1].link.join(None)
    for chart, symbol in zip(charts, ("NVDA", "SPY"), strict=True):
        chart.link.choose(symbol)  # both read at once, and neither calls the other off
    await until(lambda: all(chart.bar_count for chart in charts))
    assert [chart.view.scene.symbol for chart in charts] == ["NVDA", "SPY"]
    assert {"chart", "chart 2"} <= set(window._ports.watching.wishes)


async def test_everything_comes_back_at_the_next_start(open_window: Open) -> None:
    preferences = FakePreferences()
    first = await open_window(preferences)
    charts = await show(first, GridLayout.THREE)
    for chart, symbol, group in zip(charts, SYMBOLS[:3], (1, 5, 0), strict=True):
        chart.link.join(first.links[group] if group else None)
        chart.link.choose(symbol)
    charts[1].set_interval(Interval.M15)
    charts[2].indicators.want([Settings("EMA")])
    first.charts.focus_on(charts[1])
    first.close()
    again = await open_window(preferences)
    assert again.charts.grid_layout is GridLayout.THREE
    back = again.charts.charts
    assert [chart.symbol for chart in back] == list(SYMBOLS[:3])
    assert [chart.link.group.number if chart.link.group else 0 for chart in back] == [1, 5, 0]
    assert [chart.interval for chart in back] == [Interval.M1, Interval.M15, Interval.M1]
    assert [[each.name for each in chart.indicators.wanted] for chart in back] == [[], [], ["EMA"]]
    assert again.chart is back[1]
    assert again.toolbar.symbol_box.text() == "MSFT"


async def test_what_was_dragged_comes_back_for_each_layout(qtbot: QtBot) -> None:
    ports = view_ports()

    def open_grid() -> ChartGrid:
        grid = ChartGrid(ports, LinkGroups(ports.preferences), Theme())
        qtbot.addWidget(grid)
        grid.resize(1200, 800)
        grid.show()
        QApplication.processEvents()
        return grid

    grid, sizes = open_grid(), {}
    for layout, outer, line in ((GridLayout.THREE, [300, 900], [250, 500]), (GridLayout.FOUR, [600, 150], [800, 390])):
        grid.set_layout(layout)
        QApplication.processEvents()
        grid._outer.setSizes(outer)
        grid._lines[-1].setSizes(line)
        sizes[layout] = (grid._outer.sizes(), grid._lines[-1].sizes())
    grid.set_layout(GridLayout.ONE)
    grid.keep()
    grid.close_panel()
    again = open_grid()
    assert sizes[GridLayout.THREE] != sizes[GridLayout.FOUR]
    for layout, (outer, line) in sizes.items():
        again.set_layout(layout)
        QApplication.processEvents()
        assert again._outer.sizes() == pytest.approx(outer, abs=6)
        assert again._lines[-1].sizes() == pytest.approx(line, abs=6)
    again.keep()
    again.close_panel()
    shown_so = open_grid()
    assert shown_so.grid_layout is GridLayout.FOUR
    assert shown_so._outer.sizes() == pytest.approx(sizes[GridLayout.FOUR][0], abs=6)
    shown_so.close_panel()
    await ports.tasks.close()


@pytest.mark.parametrize("spoiled", ["{", '{"layout":"four","shown":[1,2],"focused":1}', '{"shown":[12],"focused":12}'])
async def test_what_was_kept_and_is_spoiled_gives_one_chart(open_window: Open, spoiled: str) -> None:
    preferences = FakePreferences()
    preferences.set("charts", spoiled)
    window = await open_window(preferences)
    assert (window.charts.grid_layout, len(window.charts.charts)) == (GridLayout.ONE, 1)


async def test_where_nothing_is_kept_there_is_one_chart(open_window: Open) -> None:
    preferences = FakePreferences()
    first = await open_window(preferences)
    await show(first, GridLayout.FOUR)
    first.close()
    kept = preferences.get("charts")
    shown = await open_window(preferences, keep_layout=False)
    assert len(shown.charts.charts) == 1
    shown.charts.set_layout(GridLayout.NINE)
    assert preferences.get("charts") == kept


async def test_rows_stay_in_line_when_one_is_dragged(window: MainWindow) -> None:
    charts = await show(window, GridLayout.FOUR)
    upper, lower = window.charts._lines
    handle: QSplitter = upper
    upper.setSizes([200, 400])
    handle.splitterMoved.emit(200, 1)
    assert lower.sizes() == upper.sizes()
    assert charts[0].width() == charts[2].width()


# -------------------------------------------------------------------------------------------- focus


async def test_a_click_on_a_chart_or_its_header_puts_it_in_focus(window: MainWindow, qtbot: QtBot) -> None:
    charts = await show(window, GridLayout.FOUR)
    charts[3].link.join(None)
    charts[3].link.choose("SPY")
    charts[3].set_interval(Interval.H1)
    qtbot.mouseClick(charts[3].view, Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    assert window.chart is charts[3]
    assert window.toolbar.symbol_box.text() == "SPY"
    assert window.toolbar._intervals[Interval.H1].isChecked()
    assert charts[3].property("frame") == "focused"
    edge = charts[3].grab().toImage().pixelColor(0, charts[3].height() // 2)
    assert edge.name() == DARK.accent
    qtbot.mouseClick(charts[1].header, Qt.MouseButton.LeftButton)
    assert window.chart is charts[1]
    assert [chart.property("frame") for chart in charts] == ["plain", "focused", "plain", "plain"]
    assert window.toolbar.symbol_box.text() == "AAPL"


async def test_keys_move_the_focus_from_chart_to_chart(window: MainWindow, qtbot: QtBot) -> None:
    charts = await show(window, GridLayout.THREE)
    doubtful: list[str] = []
    for shortcut in window.findChildren(QShortcut):
        shortcut.activatedAmbiguously.connect(lambda shortcut=shortcut: doubtful.append(shortcut.key().toString()))
    seen = []
    for key in [Qt.Key.Key_PageDown] * 3 + [Qt.Key.Key_PageUp]:
        qtbot.keyClick(window.chart.view, key, Qt.KeyboardModifier.ControlModifier)
        assert window.chart.view.hasFocus()
        seen.append(charts.index(window.chart))
    assert (seen, doubtful) == ([1, 2, 0, 2], [])


async def test_what_is_typed_goes_to_the_chart_in_focus(window: MainWindow, qtbot: QtBot) -> None:
    charts = await show(window, GridLayout.BESIDE)
    charts[1].link.join(None)
    window.charts.focus_next(1)
    window.toolbar.symbol_box.chosen.emit("MSFT")
    await until(lambda: charts[1].symbol == "MSFT")
    qtbot.keyClick(charts[1].view, Qt.Key.Key_5)
    qtbot.keyClick(window.interval_entry.field, Qt.Key.Key_Return)
    assert [chart.interval for chart in charts] == [Interval.M1, Interval.M5]
    assert [chart.symbol for chart in charts] == ["AAPL", "MSFT"]
    assert charts[1].view.hasFocus()
    window._ports.loader.ensured.clear()
    window.commands.download.trigger()
    assert window._ports.loader.ensured == ["MSFT"]
    dialog = window.exporting.open_chart()
    assert dialog.path.text().endswith("MSFT-5m-SANDBOX.csv")


async def test_a_row_of_the_watchlist_moves_its_group_only(window: MainWindow) -> None:
    charts = await show(window, GridLayout.BESIDE)
    charts[1].link.join(window.links[2])
    window.watchlist.table.chosen.emit("SPY")
    assert [chart.symbol for chart in charts] == ["SPY", "AAPL"]
    window.watchlist.link.join(window.links[2])
    window.watchlist.table.chosen.emit("NVDA")
    assert [chart.symbol for chart in charts] == ["SPY", "NVDA"]
    assert window.book._symbol == "SPY"


async def test_one_chart_is_maximised_and_all_come_back(window: MainWindow, qtbot: QtBot) -> None:
    charts = await show(window, GridLayout.FOUR)
    dock = window.charts.parent()
    narrow = charts[1].width()
    window.charts.focus_on(charts[1])
    charts[1].setFocus()
    qtbot.keyClick(charts[1].view, Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
    assert [chart.isVisible() for chart in charts] == [False, True, False, False]
    await until(lambda: charts[1].width() > 1.8 * narrow)
    assert dock.titleBarWidget() is charts[1].header
    assert charts[1].view.hasFocus()
    qtbot.keyClick(charts[1].view, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert [chart.isVisible() for chart in charts] == [False, False, True, False]
    assert dock.titleBarWidget() is charts[2].header
    assert charts[1].header.parent() is charts[1]
    qtbot.mouseClick(charts[2].enlarge_button, Qt.MouseButton.LeftButton)
    assert all(chart.isVisible() and chart.header.isVisible() for chart in charts)
    assert dock.titleBarWidget() is window.charts.header
    assert window.charts.header.isVisible()


async def test_a_single_chart_has_one_header_which_is_the_docks(window: MainWindow) -> None:
    dock = window.charts.parent()
    assert dock.titleBarWidget() is window.chart.header
    assert not window.charts.header.isVisible()
    assert window.chart.enlarge_button.isHidden()
    await show(window, GridLayout.BESIDE)
    await show(window, GridLayout.ONE)
    assert dock.titleBarWidget() is window.chart.header
    assert not window.charts.header.isVisible()
    assert window.chart.contentsMargins().left() == 0


async def test_a_dot_offers_the_layouts(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window.chart.view, Qt.Key.Key_Period)
    menu = window.toolbar.layout_button.menu()
    assert menu.isVisible()
    qtbot.keyClick(menu, Qt.Key.Key_F)
    assert (menu.isVisible(), window.charts.grid_layout) == (False, GridLayout.FOUR)


@pytest.mark.parametrize(("width", "words", "spare"), [(600, True, True), (400, False, True), (220, False, False)])
async def test_a_narrow_header_says_less(window: MainWindow, width: int, words: bool, spare: bool) -> None:
    chart = (await show(window, GridLayout.BESIDE))[0]
    chart.header.setFixedWidth(width)
    QApplication.processEvents()
    text_only = chart.looks_button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonTextOnly
    assert (text_only, chart.header.findChild(QObject, "magnet").isVisible()) == (words, spare)


# -------------------------------------------------------------------------------------------- how often they paint


@pytest_asyncio.fixture
async def paced(monkeypatch: pytest.MonkeyPatch, open_window: Open) -> MainWindow:
    """Two charts of AAPL, the first in focus, with timers that are wound by hand."""
    monkeypatch.setattr(pace, "QTimer", HandTimer)
    window = await open_window()
    await show(window, GridLayout.BESIDE)
    painted()
    return window


async def test_the_chart_in_focus_paints_every_frame_the_others_ten_a_second(paced: MainWindow) -> None:
    charts = paced.charts.charts
    counts = [Paints(chart) for chart in charts]
    clock = HandTimer.of(charts[1].pace)
    for frame in range(50):  # a second of frames
        print_trade(paced._ports, "AAPL", 585 + frame / 100, 200 + 100 * frame)
        painted()
        clock.pass_ms(20)
        painted()
    assert counts[0].count == 50
    assert counts[1].count == 1 + 10
    last = [float(chart.view.scene.bars.rows()["close"][-1]) for chart in charts]
    assert last == [585.49, 585.49]  # what came last has arrived


async def test_the_pointer_over_a_chart_makes_it_paint_every_frame(paced: MainWindow) -> None:
    chart = paced.charts.charts[1]
    count = Paints(chart)
    QApplication.sendEvent(chart, _enter())
    for frame in range(5):
        print_trade(paced._ports, "AAPL", 585 + frame / 100, 200 + 100 * frame)
        painted()
    assert count.count == 5
    QApplication.sendEvent(chart, QEvent(QEvent.Type.Leave))
    painted()
    before = count.count
    for frame in range(5, 10):
        print_trade(paced._ports, "AAPL", 585 + frame / 100, 200 + 100 * frame)
        painted()
    assert count.count == before + 1


async def test_while_a_chart_is_dragged_what_comes_waits_for_its_release(paced: MainWindow, qtbot: QtBot) -> None:
    chart, other = paced.charts.charts
    view, place = chart.view, QPoint(120, 100)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=place)
    painted()
    count, before = Paints(chart), chart.view.scene.bars.rows().tolist()
    for frame in range(20):
        print_trade(paced._ports, "AAPL", 590 + frame / 100, 200 + 100 * frame)
    start = NOW_MS // 60_000 * 60_000 - 60_000
    late = Bar("AAPL", Interval.M1, start, 1.0, 2.0, 0.5, 1.5, 10)
    paced._ports.bus.publish(BarsArrived("AAPL", Interval.M1, (late,)))
    chart.reload()
    painted()
    assert (count.count, chart.view.scene.bars.rows().tolist()) == (0, before)
    assert float(other.view.scene.bars.rows()["close"][-1]) != before[-1][4]
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=place)
    assert chart.view.scene.bars.rows().tolist()[-2:] == [
        (start, 1.0, 2.0, 0.5, 1.5, 10.0),
        (start + 60_000, 590.0, 590.19, 590.0, 590.19, 2099.0),
    ]


async def test_bars_that_were_read_during_a_drag_are_read_again(paced: MainWindow, qtbot: QtBot) -> None:
    chart = paced.chart
    view, place = chart.view, QPoint(120, 100)
    chart.reload()  # under way as the button goes down
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=place)
    paced._ports.archive.put(minutes("AAPL", count=500))
    await until(lambda: not paced._ports.tasks._running.get("chart bars"))
    assert chart.bar_count == 390
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=place)
    await until(lambda: chart.bar_count == 500)


@pytest.mark.parametrize("hidden", ["covered", "maximised", "closed", "minimised"])
async def test_a_hidden_chart_does_nothing_and_catches_up(paced: MainWindow, hidden: str) -> None:
    chart, ports = paced.charts.charts[1], paced._ports
    hide, back = {
        "covered": (lambda: paced.charts.cover(True), lambda: paced.charts.cover(False)),
        "maximised": (lambda: paced.charts.maximise(True), lambda: paced.charts.maximise(False)),
        "closed": (paced.charts.parent().close, paced.charts.parent().show),
        "minimised": (paced.showMinimized, paced.showNormal),
    }[hidden]
    hide()
    QApplication.processEvents()
    assert not chart.awake
    # What streams is recorded while the window is minimised, whether or not somebody looks.
    assert ("chart 2" in ports.watching.wishes) is (hidden == "minimised")
    count, bars = Paints(chart), chart.view.scene.bars
    for frame in range(10):
        print_trade(ports, "AAPL", 590 + frame / 100, 200 + 100 * frame)
        HandTimer.of(chart.pace).pass_ms(1000)
        painted()
    assert (count.count, chart.view.scene.bars is bars, len(bars)) == (0, True, 390)
    assert chart.view._seconds.isActive() is False
    assert "chart 2 bars" not in ports.tasks._running
    back()
    await until(lambda: chart.bar_count == 391)
    assert float(chart.view.scene.bars.rows()["close"][-1]) == 590.09


def _enter() -> QEvent:
    return QEnterEvent(QPointF(5, 5), QPointF(5, 5), QPointF(5, 5))


async def test_charts_of_a_grid_share_the_magnet_what_is_hidden_and_what_can_be_undone(window: MainWindow) -> None:
    first, second = await show(window, GridLayout.BESIDE)
    second.link.choose("AAPL")
    first.drawing.put(None, first.drawing.new(DrawingKind.HORIZONTAL, [Anchor(NOW_MS, 585.0)]))
    first.drawing.set_magnet(True)
    first.drawing.hide_all(True)
    assert second.drawing.magnet
    assert second.view.drawings.all_hidden
    second.drawing.undo()
    assert first.view.drawings.kept == ()
