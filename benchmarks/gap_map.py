"""The gap map of 50 symbols by a year, from a real database to pixels, beside a QTableWidget of as many cells.

``python -m benchmarks.gap_map`` prints a line a figure and ends with one line of JSON; times are milliseconds.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QTableWidget, QTableWidgetItem
from qasync import QEventLoop

from benchmarks.report import report
from monitor.analysis.coverage import Answer, Asked, DayCoverage
from monitor.clock import now_ms
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.calendar import sessions, trading_days
from monitor.store import Store, open_store
from monitor.ui.data.canvas import GapMapCanvas
from monitor.ui.data.model import Code, GapMap, in_order, shown_days
from monitor.ui.theme import Theme

SYMBOLS = [f"S{number:02d}" for number in range(50)]
SIZE = (1600, 900)
OPENINGS, SCROLLS, PEER_OPENINGS, PEER_SCROLLS = 9, 200, 3, 30


async def fill(store: Store) -> None:
    """A year of minutes in the ledger, whole but for a tenth of its days; of each day a few bars."""
    walk = np.random.default_rng(7)
    days = [sessions(day) for day in trading_days(*shown_days(Interval.M1, now_ms()))]
    for symbol in SYMBOLS:
        bars = []
        answered_until = days[0][0].start  # closed hours lie within what one request answers
        for parts in days:
            start, end = parts[0].start, parts[-1].end
            fate = walk.random()
            if fate > 0.1:
                asked = Asked(answered_until, end, Answer.COMPLETE, end)
            elif fate > 0.05:
                asked = Asked(start, end, Answer.FAILED, end, end + 1, 1)
            else:
                asked = Asked(answered_until, (start + end) // 120_000 * 60_000, Answer.COMPLETE, end)
            store.recorder.record_coverage(symbol, Interval.M1, asked)
            answered_until = end
            bars += [
                Bar(
                    symbol,
                    Interval.M1,
                    start + n * 60_000,
                    1,
                    1,
                    1,
                    1,
                    1,
                    BarSource.STREAM if n % 3 else BarSource.REST,
                )
                for n in range(6)
            ]
        store.recorder.record_bars(bars)
        await store.recorder.flushed()


def percentile(times: list[float], percent: float) -> float:
    return round(float(np.percentile(times, percent)), 2)


def timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000


async def read(store: Store) -> tuple[list[str], dict[str, tuple[DayCoverage, ...]], int]:
    """What the panel asks of the store when it opens."""
    now = now_ms()
    symbols = in_order((), await store.coverage.kept())
    return symbols, await store.coverage.days(symbols, Interval.M1, *shown_days(Interval.M1, now)), now


async def ours(store: Store) -> dict[str, float]:
    """From asking the store to the painted map; then scrolling all over it, a step of 37 pixels each way."""
    opened: list[float] = []
    loop_ms: list[float] = []
    theme = Theme()
    for number in range(OPENINGS):
        begin = time.perf_counter()
        gap_map = GapMap()
        canvas = GapMapCanvas(gap_map, theme)
        canvas.resize(*SIZE)
        canvas.show()
        symbols, found, now = await read(store)
        loop_begin = time.perf_counter()
        gap_map.load(Interval.M1, symbols, found, now)
        canvas.show_map()
        canvas.viewport().repaint()
        loop_ms.append((time.perf_counter() - loop_begin) * 1000)
        opened.append((time.perf_counter() - begin) * 1000)
        if number < OPENINGS - 1:
            canvas.close()
    scrolls = scroll(canvas, SCROLLS)
    cells = int((gap_map.codes != Code.CLOSED).sum())
    canvas.close()
    return {
        "cells": cells,
        "open_first_ms": round(opened[0], 1),
        "open_p50_ms": percentile(opened, 50),
        "open_on_the_loop_p50_ms": percentile(loop_ms, 50),
        "scroll_p50_ms": percentile(scrolls, 50),
        "scroll_p95_ms": percentile(scrolls, 95),
    }


def scroll(view: QAbstractScrollArea, steps: int) -> list[float]:
    """Move the view along the days and through the rows, painting each step."""
    across, down = view.horizontalScrollBar(), view.verticalScrollBar()

    def step(number: int) -> None:
        across.setValue(number * 37 % max(across.maximum(), 1))
        down.setValue(number * 11 % max(down.maximum(), 1))
        view.viewport().repaint()

    return [timed(lambda number=number: step(number)) for number in range(steps)]


async def peer(store: Store) -> dict[str, float]:
    """The same cells as coloured items of a QTableWidget, with the same reading before."""
    theme = Theme()
    inks = {name: QColor(getattr(theme.colours, name)) for name in ("up", "amber", "down", "line")}
    opened: list[float] = []
    for number in range(PEER_OPENINGS):
        begin = time.perf_counter()
        table = QTableWidget()
        table.resize(*SIZE)
        table.show()
        symbols, found, _ = await read(store)
        days: list[date] = sorted({each.day for row in found.values() for each in row})
        table.setRowCount(len(symbols))
        table.setColumnCount(len(days))
        table.horizontalHeader().setMinimumSectionSize(1)
        table.horizontalHeader().setDefaultSectionSize(11)
        table.verticalHeader().setDefaultSectionSize(17)
        table.setVerticalHeaderLabels(symbols)
        place = {day: column for column, day in enumerate(days)}
        for row, symbol in enumerate(symbols):
            for each in found[symbol]:
                item = QTableWidgetItem()
                item.setBackground(inks["up" if each.state == "complete" else "amber" if each.in_reach else "line"])
                item.setToolTip(f"{symbol} {each.day}: {each.state}, {each.stored} of {each.expected}")
                table.setItem(row, place[each.day], item)
        table.horizontalScrollBar().setValue(table.horizontalScrollBar().maximum())
        table.viewport().repaint()
        opened.append((time.perf_counter() - begin) * 1000)
        if number < PEER_OPENINGS - 1:
            table.close()
    table.setHorizontalScrollMode(QTableWidget.ScrollMode.ScrollPerPixel)
    table.setVerticalScrollMode(QTableWidget.ScrollMode.ScrollPerPixel)
    scrolls = scroll(table, PEER_SCROLLS)
    table.close()
    return {
        "table_open_p50_ms": percentile(opened, 50),
        "table_scroll_p50_ms": percentile(scrolls, 50),
        "table_scroll_p95_ms": percentile(scrolls, 95),
    }


async def measure() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "monitor.db", sandbox=True, on_trouble=lambda s: print(s, file=sys.stderr))
        try:
            await fill(store)
            figures = await ours(store) | await peer(store)
        finally:
            await store.close()
    figures["open_times_faster"] = round(figures["table_open_p50_ms"] / figures["open_p50_ms"], 1)
    figures["scroll_times_faster"] = round(figures["table_scroll_p50_ms"] / figures["scroll_p50_ms"], 1)
    report("gap_map", figures)


def main() -> None:
    application = QApplication([])
    application.setQuitOnLastWindowClosed(False)
    with QEventLoop(application) as loop:
        loop.run_until_complete(measure())


if __name__ == "__main__":
    main()
