"""A bar corrected far back: indicators are computed anew in a thread, and ticks go on meanwhile."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from monitor.analysis.indicators import IndicatorSeries, Settings, compute
from monitor.market.bar import BAR_DTYPE, Bar, BarSeries, Interval
from monitor.ui.chart.indicators import on_chart
from monitor.ui.chart.indicators.shown import Shown
from monitor.ui.chart.panel import ChartPanel
from tests.support.bars import walk
from tests.support.ports import NOW_MS, minutes, until
from tests.ui.chart.conftest import Make

_COUNT = 30_000
#: Carried by TA-Lib's handles, from sums, from periods; in the last of them nothing is carried.
_WANTED = [Settings("EMA"), Settings("RSI"), Settings("VWAP"), Settings("OBV"), Settings("VOLUME_PROFILE")]


class Gate:
    """Holds up what is computed in threads until the test opens it."""

    def __init__(self) -> None:
        self.open, self.threads = threading.Event(), list[threading.Thread]()
        self.open.set()

    def compute(self, *args: Any) -> IndicatorSeries:
        self.threads.append(threading.current_thread())
        assert self.open.wait(30)
        return IndicatorSeries(*args)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate()
    monkeypatch.setattr(on_chart, "IndicatorSeries", made.compute)
    yield made
    made.open.set()


async def with_indicators(make: Make, wanted: list[Settings]) -> ChartPanel:
    """A chart of many minutes with these on it."""
    panel, _ = make()
    await until(lambda: len(panel.view.scene.bars))
    panel.view.show_bars("AAPL", Interval.M1, walk(_COUNT, start=NOW_MS // 60_000 * 60_000 - _COUNT * 60_000))
    panel.indicators.want(wanted)
    await until(lambda: len(panel.view.scene.indicators) == len(wanted))
    return panel


def corrected(panel: ChartPanel, index: int, by: float = 5.0) -> BarSeries:
    """A bar as history has it in the end."""
    row = panel.view.scene.bars.rows(index, index + 1)
    row["close"] += by
    row["high"] = max(row["high"], row["close"])
    row["volume"] *= 3
    return row


def tick(panel: ChartPanel, number: int) -> None:
    """A print; with every third one a new minute begins."""
    bars = panel.view.scene.bars
    row = corrected(panel, len(bars) - 1, 0.01 * (number % 5 - 2))
    row["low"] = min(row["low"], row["close"])
    row["start"] += 60_000 * (number % 3 == 2)
    panel.view.put_bars(row)


def right(panel: ChartPanel) -> bool:
    """Whether every value is what computing all of it in one go gives."""
    scene = panel.view.scene
    rows, found = scene.bars.rows(), []
    for each in scene.indicators:
        if each.profile is None:
            outputs = compute(rows, each.settings, scene.interval, on_chart.around_the_clock)
            values = each._series.outputs if each._series else ()
            found += [
                len(value) == len(output) and np.allclose(value, output, rtol=1e-9, atol=1e-7, equal_nan=True)
                for value, output in zip(values, outputs, strict=True)
            ]
    return bool(found) and all(found)


async def test_it_is_done_in_a_thread_and_no_tick_is_lost(make: Make, gate: Gate) -> None:
    panel = await with_indicators(make, _WANTED)
    assert right(panel)
    gate.open.clear()
    before, gate.threads = panel.view.scene.indicators, []
    panel.view.put_bars(corrected(panel, 100))
    await until(lambda: gate.threads)
    assert threading.main_thread() not in gate.threads
    for number in range(40):
        tick(panel, number)
        panel.view.grab()
        last = len(panel.view.scene.bars) - 1
        assert all(np.isfinite(each.at(0, last)) for each in before if each.profile is None)
    assert panel.view.scene.indicators is before
    assert not right(panel)
    gate.open.set()
    await until(lambda: panel.view.scene.indicators is not before)
    assert right(panel)
    tick(panel, 1)
    assert right(panel)


async def test_more_that_is_corrected_meanwhile_is_not_lost(make: Make, gate: Gate) -> None:
    panel = await with_indicators(make, [Settings("EMA"), Settings("VWAP")])
    gate.open.clear()
    gate.threads.clear()
    panel.view.put_bars(corrected(panel, 20_000))
    await until(lambda: gate.threads)
    panel.view.put_bars(corrected(panel, 50))
    tick(panel, 2)
    gate.open.set()
    await until(lambda: right(panel))


async def test_a_bar_that_was_missing_far_back_is_taken_in(make: Make) -> None:
    panel = await with_indicators(make, [Settings("EMA"), Settings("OBV"), Settings("VWAP")])
    rows = panel.view.scene.bars.rows()
    panel.view.show_bars("AAPL", Interval.M1, np.delete(rows, 500))
    panel.indicators.want([Settings("EMA"), Settings("OBV"), Settings("VWAP")])
    await until(lambda: right(panel))
    panel.view.put_bars(rows[500:501])
    tick(panel, 2)
    panel.view.grab()
    await until(lambda: right(panel))
    assert len(panel.view.scene.bars) == len(rows) + 1


async def test_another_symbol_shown_meanwhile_does_not_get_the_values(
    make: Make, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = await with_indicators(make, [Settings("EMA")])
    put: list[int] = []
    show = panel.view.show_indicators

    def shown(indicators: list[Shown]) -> None:
        put.extend(len(each._series or ()) for each in indicators)
        show(indicators)

    monkeypatch.setattr(panel.view, "show_indicators", shown)
    gate.open.clear()
    gate.threads.clear()
    panel.view.put_bars(corrected(panel, 100))
    await until(lambda: gate.threads)
    late = panel.indicators._computing
    archive = panel._ports.archive
    archive.put(minutes("MSFT", 50))  # type: ignore[attr-defined]
    panel.link.choose("MSFT")
    gate.open.set()
    await until(lambda: len(panel.view.scene.bars) == 50 and late is not None and late.done())
    assert put == [50]
    assert right(panel)


async def test_what_is_hidden_meanwhile_stays_hidden(make: Make, gate: Gate) -> None:
    panel = await with_indicators(make, [Settings("EMA"), Settings("RSI")])
    gate.open.clear()
    gate.threads.clear()
    before = panel.view.scene.indicators
    panel.view.put_bars(corrected(panel, 100))
    await until(lambda: gate.threads)
    panel.view.indicator_clicked.emit(before[1], "hide")
    gate.open.set()
    await until(lambda: panel.view.scene.indicators is not before)
    assert [each.visible for each in panel.view.scene.indicators] == [True, False]


async def test_one_put_on_while_the_chart_reads_is_shown(make: Make, gate: Gate) -> None:
    panel = await with_indicators(make, [Settings("EMA")])
    gate.open.clear()
    gate.threads.clear()
    panel.reload()
    await until(lambda: gate.threads)
    panel.indicators.want([*panel.indicators.wanted, Settings("RSI")])
    gate.open.set()
    await until(lambda: len(panel.view.scene.bars) == 390)  # what was read is shown
    assert [each.settings.name for each in panel.view.scene.indicators] == ["EMA", "RSI"]


async def test_the_chart_read_anew_while_one_is_put_on_gives_it_its_bars(make: Make, gate: Gate) -> None:
    panel = await with_indicators(make, [])
    rows = panel.view.scene.bars.rows()
    gate.open.clear()
    panel.indicators.want([Settings("EMA")])
    await until(lambda: gate.threads)
    revised = rows[-390:].copy()
    revised["close"][100] += 3
    revised["high"] = np.maximum(revised["high"], revised["close"])
    archive = panel._ports.archive
    archive.put([Bar("AAPL", Interval.M1, *row) for row in revised.astype(BAR_DTYPE).tolist()])  # type: ignore[attr-defined]
    panel.reload()
    gate.open.set()
    await until(lambda: len(panel.view.scene.bars) == 390 and len(panel.view.scene.indicators) == 1)
    assert right(panel)
