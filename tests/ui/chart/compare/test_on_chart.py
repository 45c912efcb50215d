"""Compared symbols as a person meets them: added, hidden, removed, loading, failed, ticking, there the next time."""

import csv
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from monitor.analysis.indicators import Settings
from monitor.errors import StoreUnavailable
from monitor.live.events import BarsArrived, BoardChanged, HistoryProgress
from monitor.market.bar import Bar, BarSeries, Interval
from monitor.market.quote import Quote
from monitor.ports import Wanted
from monitor.ui.chart.compare.compared import Compared, State
from monitor.ui.chart.compare.dialog import CompareDialog
from monitor.ui.chart.compare.painting import percent_words
from monitor.ui.chart.legend import aloud, legend
from monitor.ui.chart.panel import ChartPanel
from monitor.ui.link import LinkGroup
from monitor.ui.palettes import DARK
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import NOW_MS, FakeArchive, FakeSignIn, minutes, until, view_ports
from tests.ui.chart.conftest import Make

NOW_MINUTE = NOW_MS // 60_000 * 60_000


@pytest.fixture
def make(make: Make) -> Make:
    """A chart of AAPL, over an archive that holds minutes of MSFT too, but none of NVDA."""

    def build(**overrides: Any) -> tuple[ChartPanel, ViewPorts]:
        panel, ports = make(**overrides)
        archive = ports.archive
        assert isinstance(archive, FakeArchive)
        archive.put(minutes("MSFT", first=400.0))
        archive.put(minutes("SPY", first=650.0))
        return panel, ports

    return build


async def compared(panel: ChartPanel, *symbols: str) -> list[Compared]:
    """Compare with these, and wait until something is known of each."""
    for symbol in symbols:
        panel.comparison.add(symbol)
        await until(lambda symbol=symbol: symbol in panel.comparison.symbols)
    await settled(panel)
    return panel.comparison.compared


async def settled(panel: ChartPanel) -> None:
    def done() -> bool:
        there = panel.comparison.compared
        return len(panel.view.scene.bars) > 0 and all(
            each.state is not State.LOADING and (each.line is not None or each.state is State.FAILED) for each in there
        )

    await until(done)
    panel.view.grab()


def colours_in(panel: ChartPanel) -> set[str]:
    image = panel.view.grab().toImage()
    plot = panel.view.scene.plot
    return {image.pixelColor(x, y).name() for x in range(0, plot.width(), 2) for y in range(90, plot.height())}


def press(qtbot: QtBot, panel: ChartPanel, symbol: str, action: str) -> None:
    """Hover over a row, and click on one of its signs."""
    view = panel.view
    row = next(hit.place for hit in view.compared_hits if hit.compared.symbol == symbol and not hit.action)
    view.point_at(row.center())
    view.grab()
    sign = next(hit for hit in view.compared_hits if hit.compared.symbol == symbol and hit.action == action)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=sign.place.center())


def trade(ports: ViewPorts, symbol: str, price: float, time: int = NOW_MS) -> None:
    before = ports.board.quote(symbol)
    volume = (before.volume or 0) if before else 0
    ports.board.take_quote(Quote(symbol=symbol, volume=volume or 1))
    ports.board.take_quote(Quote(symbol=symbol, last=price, last_size=100, volume=(volume or 1) + 100, trade_time=time))
    ports.bus.publish(BoardChanged(frozenset({symbol}), frozenset({symbol}), frozenset()))


async def test_a_symbol_is_typed_found_and_drawn_in_its_colour(make: Make, qtbot: QtBot) -> None:
    panel, ports = make()
    await settled(panel)
    panel.view.activateWindow()
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_Plus)
    dialog = panel.findChild(CompareDialog)
    assert dialog is not None
    qtbot.keyClicks(dialog.field, "msft")
    await until(lambda: dialog.found.currentItem() is not None)
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    await until(lambda: panel.comparison.compared)
    await settled(panel)
    (msft,) = panel.comparison.compared
    assert (msft.symbol, msft.state) == ("MSFT", State.SHOWN)
    assert DARK.series[0] in colours_in(panel)
    assert dialog.chosen.count() == 1
    assert "MSFT" in ports.loader.ensured
    dialog.remove_button.click()
    assert panel.comparison.compared == []
    assert DARK.series[0] not in colours_in(panel)


async def test_percents_count_from_the_first_bar_in_view_for_all(make: Make) -> None:
    panel, _ = make()
    (msft,) = await compared(panel, "MSFT")
    scene = panel.view.scene
    closes = {symbol: [bar.close for bar in minutes(symbol, first=first)] for symbol, first in FIRST.items()}
    for pan in (0, -150, -60):
        scene.viewport.pan(pan)
        panel.view.refresh()
        panel.view.grab()
        first = scene.viewport.first
        assert scene.bins.size == 1
        for index in (first, first + 20):
            expected = (closes["MSFT"][index] / closes["MSFT"][first] - 1) * 100
            assert msft.percent(scene.bars, index) == pytest.approx(expected)
            own = (closes["AAPL"][index] / closes["AAPL"][first] - 1) * 100
            assert percent_words(own) in "".join(piece.text for piece in legend(scene, index))
        assert msft.percent(scene.bars, None) == pytest.approx((closes["MSFT"][-1] / closes["MSFT"][first] - 1) * 100)
        # Both begin at one height: that of 0 %.
        assert scene.scale.words(scene.scale.base) in {"+0.00 %", "0.00 %"}
        low, high = msft.extremes(scene.bins, scene.scale.base) or (0, 0)
        assert scene.scale.low <= low <= high <= scene.scale.high
    assert f"MSFT {percent_words(msft.percent(scene.bars, 300))}" in aloud(scene, 300)


FIRST = {"AAPL": 585.0, "MSFT": 400.0}


async def test_the_percent_scale_comes_with_the_first_and_goes_with_the_last(make: Make, qtbot: QtBot) -> None:
    panel, _ = make()
    assert not panel.view.scene.scale.percent
    await compared(panel, "MSFT", "SPY")
    assert panel.view.scene.scale.percent
    press(qtbot, panel, "MSFT", "remove")
    panel.view.grab()
    assert panel.view.scene.scale.percent
    press(qtbot, panel, "SPY", "remove")
    assert panel.comparison.compared == []
    assert not panel.view.scene.scale.percent


@pytest.mark.parametrize("before", [True, False])
async def test_a_scale_that_the_person_chose_stays(make: Make, before: bool) -> None:
    panel, _ = make()
    if before:
        panel.looks_menu.choose(percent=True)
    (msft,) = await compared(panel, "MSFT")
    if not before:  # off and on again by hand: from then on it is theirs
        panel.looks_menu.choose(percent=False)
        panel.looks_menu.choose(percent=True)
    panel.comparison.remove(msft)
    assert panel.view.scene.scale.percent


async def test_they_are_streamed_while_the_chart_is_in_sight(make: Make) -> None:
    panel, ports = make()
    await compared(panel, "MSFT")
    both = frozenset({"AAPL", "MSFT"})
    assert ports.watching.wishes["chart"] == Wanted(quotes=both, bars=both)
    panel.hide()
    assert "chart" not in ports.watching.wishes
    panel.show()
    assert ports.watching.wishes["chart"] == Wanted(quotes=both, bars=both)
    panel.comparison.remove(panel.comparison.compared[0])
    assert ports.watching.wishes["chart"].quotes == {"AAPL"}


async def test_they_are_there_again_the_next_time(make: Make) -> None:
    panel, ports = make()
    _, spy = await compared(panel, "MSFT", "SPY")
    panel.comparison.remove(panel.comparison.compared[0])
    panel.comparison.toggle(spy)
    again, _ = make(preferences=ports.preferences)
    await settled(again)
    (kept,) = again.comparison.compared
    assert (kept.symbol, kept.colour, kept.visible) == ("SPY", 2, False)
    assert again.view.scene.scale.percent
    again.comparison.remove(kept)
    assert not again.view.scene.scale.percent


@pytest.mark.parametrize(
    "text", ["nonsense", '{"symbols":[{"symbol":"MSFT","colour":12}]}', '{"symbols":[{"symbol":"a b","colour":1}]}']
)
async def test_what_was_kept_and_cannot_be_read_is_left_out(make: Make, text: str) -> None:
    _, ports = make()
    ports.preferences.set("chart/compared", text)
    panel, _ = make(preferences=ports.preferences)
    assert panel.comparison.compared == []


async def test_a_print_moves_the_newest_value_and_the_streams_bar_confirms_it(make: Make) -> None:
    panel, ports = make()
    (msft,) = await compared(panel, "MSFT")
    scene = panel.view.scene
    trade(ports, "MSFT", 410.0)
    assert msft.line is not None
    assert len(scene.bars) == len(msft.line.values) == 390
    trade(ports, "AAPL", 586.0)
    assert len(scene.bars) == 391
    assert msft.line.at(390) == 410.0
    trade(ports, "MSFT", 411.0)
    assert msft.line.at(390) == 411.0
    confirmed = Bar("MSFT", Interval.M1, NOW_MINUTE, 409.0, 412.0, 408.0, 410.5, 12_345)
    ports.bus.publish(BarsArrived("MSFT", Interval.M1, (confirmed,)))
    assert msft.line.at(390) == 410.5


async def test_a_tick_that_leaves_the_scale_fits_it_anew_and_another_does_not(make: Make) -> None:
    panel, ports = make()
    (msft,) = await compared(panel, "MSFT")
    trade(ports, "AAPL", float(minutes()[-1].close))
    trade(ports, "MSFT", float(minutes("MSFT", first=400.0)[-1].close))
    panel.view.grab()
    still = panel.view._still.cacheKey()
    trade(ports, "MSFT", float(minutes("MSFT", first=400.0)[-1].close) + 0.01)
    panel.view.grab()
    assert panel.view._still.cacheKey() == still
    trade(ports, "MSFT", 480.0)
    panel.view.grab()
    assert panel.view._still.cacheKey() != still
    scene = panel.view.scene
    assert scene.scale.base * (1 + msft.percent(scene.bars, None) / 100) < scene.scale.high


async def test_it_follows_the_chart_to_another_interval_and_symbol(make: Make) -> None:
    panel, _ = make()
    (msft,) = await compared(panel, "MSFT")
    panel.set_interval(Interval.M5)
    assert (msft.line, msft.bars, msft.tail) == (None, None, None)  # minutes are of no use beside longer bars
    await settled(panel)
    assert msft.line is not None
    assert np.array_equal(msft.line.values, msft.line.bars.close)
    assert len(msft.line.values) == len(panel.view.scene.bars) < 100
    five = msft.bars
    panel.link.choose("SPY")
    await settled(panel)
    assert msft.bars is five  # which needed not be read again
    assert msft.line is not None
    assert len(msft.line.values) == len(panel.view.scene.bars)


async def test_bars_that_were_not_heard_while_hidden_are_read_when_shown(make: Make) -> None:
    panel, ports = make()
    (msft,) = await compared(panel, "MSFT")
    panel.hide()
    trade(ports, "MSFT", 410.0)
    assert msft.bars is not None
    assert msft.bars.close[-1] != 410.0
    late = minutes("MSFT", count=391, end_ms=NOW_MS + 60_000, first=300.0)
    ports.archive.put(late)
    ports.archive.put(minutes("AAPL", count=391, end_ms=NOW_MS + 60_000))
    panel.show()
    await until(lambda: msft.line is not None and msft.line.at(389) == late[389].close)


async def test_a_symbol_without_history_says_so_and_is_loaded_once_more(make: Make, qtbot: QtBot) -> None:
    panel, ports = make()
    (nvda,) = await compared(panel, "NVDA")
    assert nvda.state is State.EMPTY
    assert "No history of NVDA" in panel.comparison.hand.words(QPoint(20, 38))
    ports.bus.publish(HistoryProgress("NVDA", 2, 7))
    assert nvda.state is State.LOADING
    assert nvda.words == "Downloading the history of NVDA: 2 of 7 requests."
    ports.bus.publish(HistoryProgress("NVDA", 3, 7, failed="Schwab's service for prices is down."))
    assert nvda.state is State.FAILED
    panel.view.grab()
    assert panel.comparison.hand.words(QPoint(20, 38)) == "Schwab's service for prices is down."
    ports.archive.put(minutes("NVDA"))
    before = ports.loader.ensured.count("NVDA")
    press(qtbot, panel, "NVDA", "retry")
    assert ports.loader.ensured.count("NVDA") == before + 1
    await settled(panel)
    assert nvda.state is State.SHOWN
    assert panel.comparison.hand.words(QPoint(20, 38)).startswith("NVDA ")


async def test_a_database_that_cannot_be_read_costs_the_one_line(make: Make) -> None:
    panel, ports = make()
    await settled(panel)
    ports.archive.failure = None
    usual = ports.archive.bars

    async def bars(symbol: str, *rest: Any) -> BarSeries:
        if symbol == "MSFT":
            raise StoreUnavailable("The database cannot be read.")
        return await usual(symbol, *rest)

    ports.archive.bars = bars  # type: ignore[method-assign]
    msft, spy = await compared(panel, "MSFT", "SPY")
    assert (msft.state, msft.words) == (State.FAILED, "The database cannot be read.")
    assert spy.state is State.SHOWN


async def test_without_a_sign_in_an_empty_one_says_so(make: Make) -> None:
    panel, _ = make(sign_in=FakeSignIn(signed_in=False))
    (nvda,) = await compared(panel, "NVDA")
    assert nvda.words == "No history of NVDA yet: sign in to download it."


async def test_the_download_of_a_symbol_brings_its_line(make: Make) -> None:
    panel, ports = make()
    (nvda,) = await compared(panel, "NVDA")
    ports.archive.put(minutes("NVDA"))
    ports.bus.publish(HistoryProgress("NVDA", 7, 7))
    await until(lambda: nvda.state is State.SHOWN)


async def test_what_cannot_be_added_is_told(make: Make) -> None:
    panel, _ = make()
    await settled(panel)
    dialog = panel.comparison.open_dialog()
    told = []
    for text in ("AAPL", "no such thing!", "XXXX", "MSFT", "MSFT"):
        panel.comparison.add(text)
        await until(lambda text=text: text in panel.comparison.symbols or dialog.sentence.objectName() == "failure")
        told.append(dialog.sentence.text())
        dialog.say("")
    assert told[0] == "AAPL is the chart's own symbol."
    assert told[1]
    assert told[2] == "Schwab knows no symbol “XXXX”."
    assert told[4] == "MSFT is on the chart already."
    assert panel.comparison.symbols == {"MSFT"}
    panel.comparison.compared += [Compared(f"S{n}", n) for n in range(2, 9)]
    panel.comparison.add("SPY")
    assert dialog.sentence.text() == "A chart compares with 8 symbols at most: take one off first."


async def test_a_hidden_line_is_not_drawn_and_leaves_the_scale_alone(make: Make, qtbot: QtBot) -> None:
    panel, ports = make()
    ports.archive.put(minutes("SPY", first=5.0))
    await compared(panel, "SPY")
    scene = panel.view.scene
    far = scene.scale.high - scene.scale.low
    assert DARK.series[0] in colours_in(panel)
    press(qtbot, panel, "SPY", "hide")
    panel.view.point_at(None)
    assert DARK.series[0] not in colours_in(panel)
    assert scene.scale.high - scene.scale.low < far
    dialog = panel.comparison.open_dialog()
    assert dialog.hide_button.text() == "S&how"
    dialog.hide_button.click()
    assert DARK.series[0] in colours_in(panel)


async def test_a_double_click_on_a_row_opens_the_dialog(make: Make, qtbot: QtBot) -> None:
    panel, _ = make()
    await compared(panel, "MSFT")
    first = panel.view.scene.viewport.right
    qtbot.mouseDClick(panel.view, Qt.MouseButton.LeftButton, pos=QPoint(20, 38))
    assert panel.findChild(CompareDialog) is not None
    assert panel.view.scene.viewport.right == first


async def test_the_copied_bars_have_their_closes_and_percents(make: Make) -> None:
    panel, _ = make()
    await compared(panel, "MSFT", "NVDA")
    panel.copies.copy_bars()
    lines = list(csv.DictReader(QGuiApplication.clipboard().text().splitlines()))
    first = panel.view.scene.viewport.first
    msft = minutes("MSFT", first=400.0)
    assert [float(line["MSFT close"]) for line in lines] == [bar.close for bar in msft[first:]]
    assert lines[0]["AAPL %"] == lines[0]["MSFT %"] == "0.0000"
    assert float(lines[5]["MSFT %"]) == pytest.approx((msft[first + 5].close / msft[first].close - 1) * 100, abs=1e-4)
    assert "NVDA close" not in lines[0]


async def test_the_rows_stand_above_those_of_indicators(make: Make) -> None:
    panel, _ = make()
    await compared(panel, "MSFT", "SPY")
    panel.indicators.want([Settings("EMA")])
    await until(lambda: len(panel.view.scene.indicators) == 1, 30)
    panel.view.grab()
    rows = [hit.place for hit in panel.view.compared_hits if not hit.action]
    ema = next(hit.place for hit in panel.view.hits if not hit.action)
    assert rows[0].bottom() < rows[1].top() + 1 <= rows[1].bottom() < ema.top() + 1


async def test_a_chart_without_bars_lists_them_all_the_same(qtbot: QtBot) -> None:
    archive = FakeArchive()
    archive.put(minutes("MSFT", first=400.0))
    ports = view_ports(archive=archive)
    link = LinkGroup(1, "#c0392b")
    link.choose("AAPL")
    panel = ChartPanel(ports, link, Theme())
    qtbot.addWidget(panel)
    panel.show()
    QApplication.processEvents()
    panel.comparison.add("MSFT")
    await until(lambda: panel.comparison.compared and panel.comparison.compared[0].line is not None)
    panel.view.grab()
    (msft,) = panel.comparison.compared
    assert np.isnan(msft.percent(panel.view.scene.bars, None))
    trade(ports, "AAPL", 586.0)  # the first bar of all
    trade(ports, "MSFT", 401.0)
    panel.view.grab()
    assert msft.percent(panel.view.scene.bars, None) == 0
    QApplication.sendEvent(panel.view, QEvent(QEvent.Type.Leave))
