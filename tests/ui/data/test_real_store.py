"""The data panel over a real database and a real repair: a hole is found, fetched, seen to fill, and deleted again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, time
from pathlib import Path

import pytest_asyncio
from pytestqt.qtbot import QtBot

from monitor.analysis.coverage import Answer, Asked
from monitor.collect.repair import Repair
from monitor.live.bus import Bus
from monitor.market.bar import Bar, Interval
from monitor.market.calendar import at_new_york
from monitor.ports import HistoryAnswer
from monitor.store import Store, open_store
from monitor.store.coverage import StoredCoverage
from monitor.ui.data.model import Cell, Code
from monitor.ui.data.panel import DataPanel
from monitor.ui.theme import Theme
from tests.support.ports import NOW_MS, until, view_ports

M1 = Interval.M1
HOLE = date(2026, 11, 18)
OPEN, CLOSE = (at_new_york(HOLE, time(hour)) for hour in (7, 20))


class Source:
    """History that answers with a bar every tenth minute, once the gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.asked: list[tuple[str, int, int]] = []

    async def bars(self, symbol: str, interval: Interval, start_ms: int, end_ms: int) -> HistoryAnswer:
        self.asked.append((symbol, start_ms, end_ms))
        await self.gate.wait()
        starts = range(start_ms, end_ms, 600_000)
        return HistoryAnswer(tuple(Bar(symbol, interval, start, 1, 2, 1, 2, 100) for start in starts))


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(tmp_path / "monitor.db", sandbox=True, on_trouble=print)
    first, last = (at_new_york(day, time(0)) for day in (date(2026, 10, 3), date(2026, 11, 20)))
    for start, end in ((first, OPEN), (CLOSE, last)):
        opened.recorder.record_coverage("AAPL", M1, Asked(start, end, Answer.COMPLETE, NOW_MS))
    await opened.recorder.flushed()
    yield opened
    await opened.close()


async def test_a_hole_is_found_repaired_and_deleted(qtbot: QtBot, store: Store) -> None:
    bus, source = Bus(), Source()
    coverage = StoredCoverage(store._reader, lambda: NOW_MS)
    repair = Repair(source, coverage, store.recorder, bus, lambda: NOW_MS)
    work = asyncio.create_task(repair.run())
    ports = view_ports(
        bus=bus,
        coverage=coverage,
        repair=repair,
        deletion=store.deletion,
        recorder=store.recorder,
        archive=store.archive,
    )
    panel = DataPanel(ports, Theme(), lambda: ["AAPL"])
    qtbot.addWidget(panel)
    panel.show()

    def code() -> Code:
        place = panel.map.place(Cell("AAPL", HOLE))
        return panel.map.code(*place) if place else Code.CLOSED

    await until(lambda: code() is Code.MISSING)
    await until(lambda: panel.strip.repair.text() == "Repair all · 1 request")
    panel.strip.repair.click()
    await until(lambda: panel.strip.line.text() == "Repairing: 0 of 1 request · AAPL")
    source.gate.set()
    await until(lambda: code() is Code.COMPLETE)
    await until(lambda: panel.strip.line.text() == "Repaired: 1 request.")
    assert source.asked == [("AAPL", OPEN, CLOSE)]
    await until(lambda: panel.strip.repair.text() == "Nothing to repair")

    panel.canvas._select(Cell("AAPL", HOLE), Cell("AAPL", HOLE))
    dialog = panel.open_deletion()
    assert dialog is not None
    await until(dialog.delete.isEnabled)
    assert dialog.words.text().startswith("This deletes 78 minutes of AAPL, 2026-11-18, from this disk.")
    dialog.delete.click()
    await until(lambda: code() is Code.MISSING)
    await until(lambda: panel.strip.repair.text() == "Repair · 1 request")
    (entry,) = await store.archive.audit(5)
    assert (entry.kind, entry.sentence) == ("deletion", "78 bars (1m) of AAPL of 2026-11-18.")
    assert len(await store.archive.bars("AAPL", M1)) == 0

    panel.close_panel()
    work.cancel()
    await asyncio.wait([work])
    await ports.tasks.close()
