"""Indicators as a person meets them: found, added, set, hidden, removed, ticking, and there again the next time."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from monitor.analysis.indicators import CATALOGUE, Settings, compute
from monitor.live.events import BarsArrived
from monitor.market.bar import Interval
from monitor.ui.chart.indicators.dialog import IndicatorsDialog
from monitor.ui.chart.indicators.settings_dialog import SettingsDialog
from monitor.ui.chart.indicators.shown import Shown
from monitor.ui.chart.panel import ChartPanel
from tests.support.ports import minutes, until
from tests.ui.chart.conftest import Make


async def shown(panel: ChartPanel, count: int) -> list[Shown]:
    """The indicators on the chart, once there are so many."""
    await until(lambda: len(panel.view.scene.indicators) == count and len(panel.view.scene.bars))
    panel.view.grab()
    return panel.view.scene.indicators


async def test_typing_a_word_and_enter_puts_an_indicator_on_the_chart(make: Make, qtbot: QtBot) -> None:
    panel, _ = make()
    panel.view.activateWindow()
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_Slash)
    dialog = panel.findChild(IndicatorsDialog)
    assert dialog is not None
    qtbot.keyClicks(dialog.field, "relative strength")
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    dialog.field.clear()
    qtbot.keyClicks(dialog.field, "boll")
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    rsi, bands = await shown(panel, 2)
    assert (rsi.settings.name, bands.settings.name) == ("RSI", "BBANDS")
    assert rsi.pane is not None
    assert bands.pane is None
    assert panel.view.scene.panes == [rsi.pane]
    assert panel.view.scene.plot.bottom() < rsi.pane.rect.top() < rsi.pane.rect.bottom() <= panel.view.height()
    qtbot.keyClicks(dialog.field, "zzzz")
    assert dialog.nothing.isVisibleTo(dialog)


async def test_they_are_there_again_the_next_time(make: Make) -> None:
    panel, ports = make()
    panel.indicators.want([Settings("EMA", {"timeperiod": 9}), Settings("MACD")])
    await shown(panel, 2)
    again, _ = make(preferences=ports.preferences)
    assert [each.settings.label for each in await shown(again, 2)] == ["EMA 9", "MACD 12 26 9"]


async def test_what_was_kept_and_no_longer_fits_is_left_out(make: Make) -> None:
    panel, ports = make()
    ports.preferences.set(
        "chart/indicators", '[{"name":"RSI"},{"name":"GONE"},{"name":"EMA","parameters":{"timeperiod":-1}}]'
    )
    again, _ = make(preferences=ports.preferences)
    (rsi,) = await shown(again, 1)
    assert rsi.settings.name == "RSI"
    panel.close_panel()


async def test_each_tick_brings_the_values_up_to_date(make: Make) -> None:
    panel, _ports = make()
    wanted = [Settings("EMA"), Settings("RSI"), Settings("OBV"), Settings("BBANDS")]
    panel.indicators.want(wanted)
    await shown(panel, 4)
    scene = panel.view.scene
    rng = np.random.default_rng(5)
    for _ in range(30):
        row = scene.bars.rows(len(scene.bars) - 1)
        if rng.random() < 0.3:
            row["start"] += 60_000
        row["close"] += rng.normal()
        row["high"], row["low"] = np.maximum(row["high"], row["close"]), np.minimum(row["low"], row["close"])
        row["volume"] += 100
        panel.view.put_bars(row)
    for each in scene.indicators:
        for place, output in enumerate(compute(scene.bars.rows(), each.settings)):
            found = [each.at(place, index) for index in range(len(scene.bars))]
            assert np.allclose(found, output, rtol=1e-9, atol=1e-9, equal_nan=True)


async def test_a_corrected_bar_changes_the_values_that_came_after_it(make: Make) -> None:
    panel, _ports = make()
    panel.indicators.want([Settings("EMA")])
    await shown(panel, 1)
    scene = panel.view.scene
    row = scene.bars.rows(100, 101)
    row["close"] += 50
    panel.view.put_bars(row)
    (expected,) = compute(scene.bars.rows(), Settings("EMA"))
    assert np.allclose([scene.indicators[0].at(0, n) for n in range(len(scene.bars))], expected, equal_nan=True)


async def test_the_signs_in_a_line_hide_and_remove(make: Make, qtbot: QtBot) -> None:
    panel, _ = make()
    panel.indicators.want([Settings("EMA"), Settings("RSI")])
    ema, rsi = await shown(panel, 2)
    assert rsi.pane is not None
    click(panel, qtbot, rsi, "hide")
    assert not rsi.visible
    click(panel, qtbot, rsi, "hide")
    assert rsi.visible
    click(panel, qtbot, rsi, "remove")
    (left,) = await shown(panel, 1)
    assert left.settings is ema.settings
    assert panel.view.scene.panes == []
    click(panel, qtbot, left, "settings")
    assert panel.findChild(SettingsDialog) is not None


def click(panel: ChartPanel, qtbot: QtBot, which: Shown, action: str) -> None:
    view = panel.view
    row = next(hit for hit in view.hits if hit.shown is which and not hit.action)
    qtbot.mouseMove(view, QPoint(20, row.place.center().y()))
    view.grab()
    place = next(hit.place for hit in view.hits if hit.shown is which and hit.action == action)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place.center())
    view.grab()


async def test_settings_change_the_line_and_a_pane_keeps_its_height(make: Make, qtbot: QtBot) -> None:
    panel, _ = make()
    panel.indicators.want([Settings("RSI")])
    (rsi,) = await shown(panel, 1)
    dialog = panel.indicators.open_settings(rsi.settings)
    dialog.fields["timeperiod"].setValue(5)  # type: ignore[attr-defined]
    dialog.source.setCurrentIndex(dialog.source.findData("hl2"))
    dialog.colours["real"].setCurrentIndex(dialog.colours["real"].findData("series2"))
    dialog.keep()
    await until(lambda: panel.view.scene.indicators[0].settings.label == "RSI 5 hl2")
    changed = panel.view.scene.indicators[0].settings
    assert changed.colours == {"real": "series2"}
    again = panel.indicators.open_settings(changed)
    again.restore()
    await until(lambda: panel.view.scene.indicators[0].settings == Settings("RSI"))


async def test_the_edge_of_a_pane_is_dragged(make: Make, qtbot: QtBot) -> None:
    panel, _ = make()
    panel.indicators.want([Settings("RSI"), Settings("MACD")])
    rsi, macd = await shown(panel, 2)
    assert rsi.pane
    assert macd.pane
    view, before, other = panel.view, rsi.pane.rect.height(), macd.pane.rect.height()
    edge = QPoint(300, rsi.pane.rect.top())
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=edge)
    qtbot.mouseMove(view, edge - QPoint(0, 40))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=edge - QPoint(0, 40))
    view.grab()
    assert rsi.pane.rect.height() == pytest.approx(before + 40, abs=2)
    assert macd.pane.rect.height() == other


@pytest.mark.parametrize("bar_px", [9.0, 0.4])
async def test_ticks_paint_what_painting_all_anew_does(make: Make, bar_px: float) -> None:
    panel, _ = make()
    panel.indicators.want([Settings("BBANDS"), Settings("SAR"), Settings("RSI"), Settings("MACD"), Settings("VWAP")])
    await shown(panel, 5)
    view, scene = panel.view, panel.view.scene
    scene.viewport.bar_px = bar_px
    scene.viewport.go_latest()
    view.refresh()
    view.grab()
    row = scene.bars.rows(len(scene.bars) - 1)
    row["close"] += 0.01
    view.put_bars(row)
    ticked = view.grab().toImage()
    view._stale = True
    assert ticked == view.grab().toImage()


@pytest.mark.parametrize("name", sorted({d.name for d in CATALOGUE[::4]} | {"VOLUME_PROFILE"}))
async def test_every_indicator_can_be_painted(make: Make, name: str) -> None:
    panel, _ = make()
    panel.indicators.want([Settings(name)])
    (one,) = await shown(panel, 1)
    for bar_px in (12.0, 0.7):
        panel.view.scene.viewport.bar_px = bar_px
        panel.view.scene.viewport.go_latest()
        panel.view.refresh()
        assert not panel.view.grab().isNull()
    dialog = SettingsDialog(one.settings, panel.view.scene.colours, panel)
    dialog.keep()


async def test_the_profile_is_of_what_is_in_view(make: Make) -> None:
    panel, _ = make()
    plain = panel.view.grab().toImage()
    panel.indicators.want([Settings("VOLUME_PROFILE")])
    (one,) = await shown(panel, 1)
    scene = panel.view.scene
    image, right = panel.view.grab().toImage(), scene.plot.right()
    assert one.profile is not None
    found = one.profile.of(scene.bars, scene.viewport.first, scene.viewport.last)
    control = int(scene.scale.y(found.middle(found.control)))
    assert image.pixelColor(right - 3, control) == scene.colours.colour("amber")
    assert plain.pixelColor(right - 3, control) != scene.colours.colour("amber")


async def test_bars_that_arrive_reach_the_indicators(make: Make) -> None:
    panel, ports = make()
    panel.indicators.want([Settings("SMA")])
    await shown(panel, 1)
    scene = panel.view.scene
    last = minutes()[-1]
    ports.bus.publish(
        BarsArrived("AAPL", Interval.M1, (type(last)(**{**_fields(last), "start": last.start + 60_000}),))
    )
    (expected,) = compute(scene.bars.rows(), Settings("SMA"))
    assert scene.indicators[0].at(0, len(scene.bars) - 1) == pytest.approx(expected[-1])


def _fields(bar: Any) -> dict[str, Any]:
    return {name: getattr(bar, name) for name in bar.__struct_fields__}
